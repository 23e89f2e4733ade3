"""The cookie of somebody who is signed in, and which calls may make use of it."""

from __future__ import annotations

from typing import Final

from aiohttp import web

NAME: Final = "mrnmesh_session"
SECURE_NAME: Final = f"__Host-{NAME}"
"""Over HTTPS: browsers take a cookie of such a name only from the very host that it is for."""


def put(request: web.Request, response: web.Response, value: str | None) -> web.Response:
    """Set the cookie, or remove it where there is no value; returns the response."""
    name = _name(request)
    if value is None:
        response.del_cookie(name, path="/", secure=request.secure, httponly=True, samesite="Strict")
    else:
        response.set_cookie(
            name, value, path="/", secure=request.secure, httponly=True, samesite="Strict"
        )
    response.headers["Cache-Control"] = "no-store"
    return response


def value_of(request: web.Request) -> str | None:
    """What the cookie of a call says, None where it has none that counts.

    A page at another port of the same host is of the same site, so its calls bring the cookie
    along: they count for nothing, whatever sites the settings name.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"{request.scheme}://{request.host.lower()}":
        return None
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return None
    return request.cookies.get(_name(request))


def _name(request: web.Request) -> str:
    return SECURE_NAME if request.secure else NAME
