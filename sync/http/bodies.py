"""Reading the body of a call: bounded in size and in time, before it takes anybody's place."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from sync.errors import BadRequest, BodyLate, BodyTooLarge, BodyUnreadable
from sync.http.operations import BODY_BYTES_MAX, operation_of
from sync.http.requests import BODY

BODY_S: Final = 10.0
"""A body that has not come after this is not waited for: who sends it lives on this computer."""

_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""What a page may send to another site without asking it first (the Fetch standard)."""


@web.middleware
async def read_bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the body of a call, so that what follows has all of it.

    Raises:
        BadRequest: it is no JSON, where the operation takes nothing else.
        BodyTooLarge, BodyLate, BodyUnreadable: nothing was done.
    """
    operation = operation_of(request)
    if operation is not None and operation.body is not bytes:
        _require_json(request)
    most = operation.body_bytes_max if operation is not None else BODY_BYTES_MAX
    try:
        async with asyncio.timeout(BODY_S):
            request[BODY] = await _read(request, most)
    except TimeoutError as error:
        raise BodyLate(seconds=f"{BODY_S:g}") from error
    return await handler(request)


def _require_json(request: web.Request) -> None:
    """Raise if somebody sends anything but JSON, even if it is not looked at.

    A page of another site can post a form, also an empty one, without being asked first, but not
    JSON. Some programs name the kind ``application/octet-stream`` when they send nothing.
    """
    kind = request.content_type
    is_form = "Content-Type" in request.headers and kind in _FORMS
    if is_form or (request.body_exists and kind != "application/json"):
        raise BadRequest(why="send JSON, with the header 'Content-Type: application/json'")


async def _read(request: web.Request, most: int) -> bytes:
    length = request.content_length
    if length is not None and length > most:
        raise BodyTooLarge(most=most // 1024)
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := await request.content.readany():
            size += len(piece)
            if size > most:
                raise BodyTooLarge(most=most // 1024)
            pieces.append(piece)
    except web.RequestPayloadError as error:
        # Broken chunks, or a body that is not compressed as its header says.
        raise BodyUnreadable() from error
    except RuntimeError as error:  # so aiohttp calls a connection that is gone already
        raise ConnectionResetError(str(error)) from error
    return b"".join(pieces)
