"""What stands in a request: its JSON object, and the key that makes it repeatable."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

from sync.errors import BadRequest

KEY_LENGTH_MAX: Final = 255


class Key(NamedTuple):
    """An idempotency key as it was sent, and its 16-byte hash, None without one."""

    text: str
    hash: bytes | None


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        BadRequest: it is something else.
    """
    if request.content_type != "application/json":
        raise BadRequest(why="send JSON, with the header 'Content-Type: application/json'")
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, Any])
    except msgspec.ValidationError as error:
        raise BadRequest(why=f"the body is not a JSON object ({error})") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(why=f"the body is not JSON in UTF-8 ({error})") from error


def idempotency_key(request: web.Request, scope: str) -> Key:
    """The Idempotency-Key of a call, which counts within ``scope`` only.

    Raises:
        BadRequest: it is too long.
    """
    text = request.headers.get("Idempotency-Key", "")
    if len(text) > KEY_LENGTH_MAX or not text.isascii():
        raise BadRequest(why=f"Idempotency-Key has at most {KEY_LENGTH_MAX} ASCII characters")
    data = f"{scope}\0{text}".encode()
    return Key(text, blake2b(data, digest_size=16).digest() if text else None)


def body_hash(body: dict[str, Any]) -> bytes:
    """16 bytes that stand for a body, whatever the order of its names."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=16).digest()
