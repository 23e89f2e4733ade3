"""What the HTTP APIs of node and coordinator have in common: guards and errors.

An error is answered as ``{"detail": sentence, "code": stable code}``. Where single fields are
wrong, each of them stands beside these two as ``"field": ["what is wrong"]``.
"""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from collections.abc import Callable, Container, Iterable, Sequence
from http.client import UNAUTHORIZED
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sync.errors import (
    BadRequest,
    BodyError,
    Busy,
    InternalError,
    InvalidFields,
    MrnmeshError,
    NotFromHere,
    NumberError,
)
from sync.http.bodies import read_bodies
from sync.http.operations import (
    OBSERVER,
    Needs,
    Observer,
    Operation,
    add_operations,
    json_response,
)
from sync.http.own import OWN_PLACES, is_own
from sync.model import causes

WRITES_AT_ONCE_MAX: Final = 256
ALLOWED_METHODS: Final = "GET, POST, PATCH, DELETE"
ALLOWED_HEADERS: Final = "Authorization, Content-Type, Idempotency-Key"
PREFLIGHT_S: Final = "600"
_HTTP_SENTENCES: Final = {
    404: "There is nothing at this address. Paths end with a slash; /openapi.json lists them.",
    405: "This address does not take that method; /openapi.json lists those that it takes.",
}

_HOST_AND_PORT: Final = re.compile(r"(\[[0-9a-f:.]+(?:%[^\[\]]*)?\]|[^:\[\]]+)(:[0-9]{1,5})?")

log = logging.getLogger("mrnmesh.web")


def answer_errors(hints: Callable[[str], str]) -> Middleware:
    """Return a middleware that answers an exception with its status and JSON.

    Nothing internal is sent.

    Args:
        hints: makes the commands that a sentence names such that they can be pasted.
    """

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await _answered(request, handler)
        except MrnmeshError as error:
            _note(request, error)
            # Whoever has no token does not hear where the data of this computer is.
            return error_response(error, str if error.status == UNAUTHORIZED else hints)

    return answer


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Return the answer to a call; what is not our own error becomes one, or is answered.

    Raises:
        MrnmeshError: the call is refused.
    """
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:  # a redirect is no error
            raise
        detail = _HTTP_SENTENCES.get(error.status, error.reason)
        answer = json_response({"detail": detail, "code": f"http_{error.status}"}, error.status)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except MrnmeshError:
        raise
    except ConnectionError:
        # Whoever called has gone in the middle of the call; nobody reads what is answered.
        log.debug("%s %s: the caller has gone", request.method, _route(request))
        return error_response(BadRequest(why="the connection was broken"))
    except OSError as error:
        if error.errno is None:  # as of a time that was over, which is about no file
            return error_response(_unforeseen(request, error))
        raise causes.as_error(error) from error
    except Exception as error:
        return error_response(_unforeseen(request, error))


def error_response(error: MrnmeshError, hints: Callable[[str], str] = str) -> web.Response:
    """Return the answer that reports an error; for ``hints`` see `answer_errors`."""
    fields: dict[str, Any] = {}
    if isinstance(error, InvalidFields):
        fields = {name: [why] for name, why in error.fields.items()}
    details = {name: error.facts[name] for name in error.details}
    answer = fields | details | {"detail": hints(str(error)), "code": error.code}
    response = json_response(answer, error.status)
    if error.status == 429:
        response.headers["Retry-After"] = str(error.facts.get("seconds", 1))
    if isinstance(error, BodyError):
        response.force_close()  # what is left of the body would be taken for the next call
    return response


def _note(request: web.Request, error: MrnmeshError) -> None:
    """Log an error that kept somebody from getting a number, or that is the daemon's own fault.

    The message of an error may quote what a client sent, so only those of a daemon are logged.
    """
    if error.status >= 500:
        log.warning("%s: %s", error.code, error)
    elif isinstance(error, NumberError):
        log.warning("%s %s was answered with %s", request.method, _route(request), error.code)


def _route(request: web.Request) -> str:
    """Return the path that was called as it is declared, without the ids of people."""
    route = request.match_info.route.resource
    return route.canonical if route else "an unknown path"


def _unforeseen(request: web.Request, error: Exception) -> InternalError:
    """Log where it happened, but not the message, because that could quote a patient's data."""
    internal = InternalError(mark=secrets.token_hex(4))
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error(
        "internal %s: %s in %s %s. Report this with the lines below.\n%s",
        internal.facts["mark"],
        type(error).__name__,
        request.method,
        _route(request),
        where,
    )
    return internal


def names_here(ports: Callable[[], Iterable[int]]) -> Callable[[], frozenset[str]]:
    """Return what gives the names of this computer, each with each of the ports."""

    def names() -> frozenset[str]:
        # Asked anew for each call: the ports are known only once it is served.
        return frozenset(
            f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]") for port in ports()
        )

    return names


def only_under(
    names: Callable[[], frozenset[str]], origins: Container[str] = (), scheme: str = "http"
) -> Middleware:
    """Return a middleware that answers only calls under the daemon's own names.

    Without it a page on any web site could call the API through the visitor's browser, directly or
    under a host name of its own that it lets point to this computer (DNS rebinding).

    Args:
        names: returns ``HOST:PORT``, in lower case, for each name that counts.
        origins: web sites (``scheme://host[:port]``) whose pages may call it all the same.
        scheme: by which it is served.
    """
    default = {"http": ":80", "https": ":443"}[scheme]

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        known = names()
        for host in _hosts(request):
            if _folded(host, default) not in known:
                name = next(iter(sorted(known)), "nobody")
                raise NotFromHere(why=f"it answers to {name}, not to '{host}'")
        origin = request.headers.get("Origin")
        # Programs send no Origin; the daemon's own pages send the daemon's address.
        if origin is not None and origin.lower() not in origins:
            site, _, host = origin.lower().partition("://")
            if site != scheme or _folded(host, default) not in known:
                raise NotFromHere(
                    why=f"pages of {origin} may not call it, unless 'origins' in the settings "
                    "names that site"
                )
        return await handler(request)

    return guard


def _folded(host: str, default: str) -> str:
    """Return ``HOST:PORT`` as it is compared: in lower case, without a dot behind the name.

    Args:
        default: the port, with its colon, that is meant where none is given.
    """
    found = _HOST_AND_PORT.fullmatch(host.lower())
    if found is None:
        return ""
    name = found[1].removesuffix(".")
    if name.startswith("[") and "%" in name:  # the interface of the caller, which says nothing here
        name = name.partition("%")[0] + "]"
    return name + (found[2] or default)


def _hosts(request: web.Request) -> set[str]:
    """Return the hosts, with their ports, that a call names: in its header and in its address.

    A program that knows a proxy writes the whole address into the first line.
    """
    hosts = {request.headers.get("Host", "nobody")}
    if request._message.url.absolute:
        hosts.add(str(request._message.url.authority))
    return hosts


def share_with(origins: Container[str]) -> Middleware:
    """Return a middleware that lets the pages of named sites call the API from a browser.

    It answers the questions that browsers ask before (CORS, and Private Network Access).
    """

    @web.middleware
    async def share(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        asked = request.headers.get("Access-Control-Request-Method")
        if origin is None or origin not in origins:
            return await handler(request)
        if request.method == "OPTIONS" and asked is not None:
            response: web.StreamResponse = web.Response(status=204)
            response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
            response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            response.headers["Access-Control-Max-Age"] = PREFLIGHT_S
            if "Access-Control-Request-Private-Network" in request.headers:
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        else:
            response = await handler(request)
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
        return response

    return share


def limit_writes(at_once: int) -> Middleware:
    """Return a middleware that refuses a call when ``at_once`` others are being written.

    There is one writer, so more calls would only wait in memory. Reading is never refused. A few
    places are kept for the daemon's own pages and commands, so that no program shuts out a clerk.
    """
    writing = 0

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal writing
        if request.method in ("GET", "HEAD"):
            return await handler(request)
        if writing >= at_once + (OWN_PLACES if is_own(request) else 0):
            raise Busy()
        writing += 1
        try:
            return await handler(request)
        finally:
            writing -= 1

    return limit


def new_application(
    ports: Callable[[], Iterable[int]],
    operations: Sequence[Operation],
    authority: Middleware | None = None,
    *,
    origins: Container[str] = (),
    writes_at_once: int = WRITES_AT_ONCE_MAX,
    hints: Callable[[str], str] = str,
    guard: Middleware | None = None,
    observer: Observer | None = None,
) -> web.Application:
    """Return an application that serves operations behind the guards of both daemons.

    Args:
        ports: those at which it is served.
        authority: refuses calls that do not have what their operation needs (`operation_of`).
        origins: web sites whose pages may call it.
        hints: see `answer_errors`.
        guard: which calls are answered at all; by default those under the names of this computer.
        observer: told of each answer that shows people.

    Raises:
        ValueError: an operation needs a key, and there is no ``authority`` to look at it.
    """
    middlewares = [
        share_with(origins),
        answer_errors(hints),
        guard or only_under(names_here(ports), origins),
    ]
    if authority is not None:
        middlewares.append(authority)
    else:
        for operation in operations:
            if operation.needs not in (Needs.THIS_COMPUTER, Needs.NOTHING):
                raise ValueError(f"nobody checks who calls {operation.method} {operation.path}")
    # A place among the writers is taken last, by a call whose body is there.
    middlewares += [read_bodies, limit_writes(writes_at_once)]
    app = web.Application(middlewares=middlewares)
    add_operations(app, operations)
    if observer is not None:
        app[OBSERVER] = observer
    return app
