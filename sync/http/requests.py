"""Reading requests: the JSON object in the body, keys that make a request repeatable, cookies."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

from sync.errors import BadRequest, InvalidFields

KEY_LENGTH_MAX: Final = 255
COOKIE: Final = "mrnmesh_session"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
"""Browsers take a cookie of such a name only from the very host that it is for."""

BODY: Final = web.RequestKey("body", bytes)
"""The body of a call, read by `sync.http.bodies`."""

SHOWN: Final = web.RequestKey("shown", list[str])
"""The record ids of those whom an answer shows, where it does not say them itself."""

_BYTE: Final = re.compile(r"\(byte (\d+)\)")
"""Where a body is wrong, as `msgspec` says it."""


class Key(NamedTuple):
    """An idempotency key as it was sent, and 16-byte hashes of it, which are None without a key.

    ``hash`` is that of one caller's key, ``shared`` that of the key whoever sends it.
    """

    text: str
    hash: bytes | None
    shared: bytes | None


def read_object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in a request's body.

    Raises:
        BadRequest: it is something else.
    """
    # A page of another site can post a form without being asked first, but not JSON.
    if request.content_type != "application/json":
        raise BadRequest(why="send JSON, with the header 'Content-Type: application/json'")
    try:
        # Programs of Windows put a mark before it, which RFC 8259 lets a reader pass over.
        return msgspec.json.decode(request[BODY].removeprefix(BOM_UTF8), type=dict[str, Any])
    except msgspec.ValidationError as error:
        if "out of range" in str(error):
            raise BadRequest(why="a number in the body is too large") from error
        raise BadRequest(why='the body is not a JSON object, as in {"name": "x"}') from error
    except UnicodeDecodeError as error:
        raise BadRequest(why="the body is not in UTF-8; send JSON in UTF-8") from error
    except RecursionError as error:
        raise BadRequest(why="the body is not as flat as JSON has to be here") from error
    except msgspec.DecodeError as error:
        place = _BYTE.search(str(error))
        where = f"at byte {place[1]}" if place else "at its end, or has half a letter (\\uD800)"
        raise BadRequest(why=f"the body is not JSON {where}; send a JSON object") from error


def idempotency_key(request: web.Request, scope: str) -> Key:
    """Return the Idempotency-Key of a call.

    Args:
        scope: goes into ``hash``, so that equal keys of different callers are different.

    Raises:
        BadRequest: it is too long, or not ASCII.
    """
    text = request.headers.get("Idempotency-Key", "")
    if len(text) > KEY_LENGTH_MAX or not text.isascii():
        raise BadRequest(why=f"Idempotency-Key has at most {KEY_LENGTH_MAX} ASCII characters")
    if not text:
        return Key(text, None, None)
    return Key(text, _key_hash(scope, text), _key_hash("", text))


def _key_hash(scope: str, text: str) -> bytes:
    return blake2b(f"{scope}\0{text}".encode(), digest_size=16).digest()


def body_hash(body: dict[str, Any]) -> bytes:
    """Return 16 bytes that are equal for equal objects, whatever the order of their names."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=16).digest()


def ms_of(text: str | None, field: str) -> int | None:
    """Return a time of a query in milliseconds since 1970, None if none is given.

    Raises:
        InvalidFields: it is no time, or has no zone.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidFields({field: "must be a time, as in 2026-11-01T00:00+05:00"}) from error
    if at.tzinfo is None:
        raise InvalidFields({field: "must have a time zone, as in 2026-11-01T00:00+05:00"})
    return round(at.timestamp() * 1000)


def session_of(request: web.Request, name: str = COOKIE) -> str | None:
    """Return what the cookie of somebody who is signed in says; None if it counts for nothing.

    A page at another port of the same host is of the same site, so its calls bring the cookie
    along: they count for nothing, whatever sites the settings name.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"{request.scheme}://{request.host.lower()}":
        return None
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return None
    return request.cookies.get(cookie_name(request, name))


def cookie_name(request: web.Request, name: str = COOKIE) -> str:
    """Return the name of that cookie, which over HTTPS is for this host alone.

    Browsers take a cookie of such a name only from the very host that it is for.
    """
    return f"__Host-{name}" if request.secure else name
