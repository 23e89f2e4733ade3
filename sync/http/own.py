"""Calls of the daemon's own pages and commands, for which some places are always kept."""

from __future__ import annotations

from typing import Final

from aiohttp import web

OWN_PLACES: Final = 16
"""Calls that are served beside as many as others may make at once."""

AGENT: Final = "mrnmesh"
"""How the User-Agent of the project's own commands begins."""


def is_own(request: web.Request) -> bool:
    """True for a call that a clerk or an administrator makes with what the project brings.

    Every program of this computer could claim that. It keeps programs that know nothing of it, and
    ask too often, from shutting people out; it is no right.
    """
    origin = request.headers.get("Origin", "")
    if origin == f"{request.scheme}://{request.host}":
        return True
    return request.headers.get("User-Agent", "").startswith(AGENT)
