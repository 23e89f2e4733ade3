"""Answers in JSON: compact, in UTF-8, so that an Urdu name can be read as it stands."""

from __future__ import annotations

import msgspec
from aiohttp import web


def json_response(answer: object, status: int = 200) -> web.Response:
    """Return an answer as JSON."""
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")
