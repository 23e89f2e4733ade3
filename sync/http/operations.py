"""The operations of an HTTP API: each is declared once, then routed, checked and described.

Bodies and queries are `msgspec.Struct`; their types check what a client sends
(`sync.model.validation`) and describe it in ``/openapi.json`` (`sync.http.openapi`). A handler
returns the answer itself. The type in its annotation is the one that the description shows, and
mypy checks that the handler returns nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from functools import cache, cached_property
from hashlib import blake2b, sha256
from types import MappingProxyType, MethodType
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from aiohttp import web

from sync.errors import MrnmeshError
from sync.http.requests import COOKIE, cookie_name, read_object
from sync.model import typed
from sync.model.validation import checked
from sync.storage.access.looks import LookAct

T = TypeVar("T", bound=msgspec.Struct)
A = TypeVar("A")

Handler = Callable[[web.Request], Awaitable[object]]
"""Serves an operation; the type that it is annotated to return is what the operation answers."""

EARLIER_PARAMETERS: Final = ("format",)
"""Clients of the earlier system send these; they mean nothing here."""

BODY_BYTES_MAX: Final = 64 * 1024
_INLINE: Final = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
PAGE_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect", "frame")),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "require-trusted-types-for 'script'",
    )
)
"""What the daemon's own pages may load: files of this daemon, and nothing that stands inside them.

Trusted types let no text become markup: https://www.w3.org/TR/trusted-types/
"""
_YEAR_S: Final = 31_536_000


class Needs(Enum):
    """Who may call an operation; the value says so in the description of the API.

    At the coordinator `coordinator.api.access` checks it; a node serves its own computer only.
    """

    THIS_COMPUTER = "Every program on this computer may call this, without a key."
    DATA_FOLDER = (
        "This needs the secret in the data folder, which only whoever administers this computer "
        "can read."
    )
    NOTHING = "Whoever reaches this address may call this, without a key."
    KNOWN_CALLER = "This needs an API key, whatever it is for, or somebody who is signed in."
    OWN_TERMINAL = (
        "This needs an API key, or somebody who is signed in. A key for one terminal does for that."
    )
    READ = "This needs an API key with the scope `read` or `register`, or somebody signed in."
    REGISTER = "This needs an API key with the scope `register`, or a registrar who is signed in."
    CONFLICTS = (
        "This needs an API key with the scope `conflicts`, or an administrator who is signed in."
    )
    RECORDS = (
        "This needs an API key with the scope `conflicts`, an administrator who is signed in, or, "
        "where the settings say so, a registrar who is."
    )
    DUPLICATES = (
        "This needs an API key with the scope `conflicts`, or a registrar or an administrator who "
        "is signed in."
    )
    METRICS = (
        "This needs an API key with the scope `metrics`, or an administrator who is signed in."
    )
    ADMINISTER = (
        "This needs an API key with the scope `administer`, or an administrator who is signed in."
    )


class Made(NamedTuple, Generic[A]):
    """What a repeatable operation returns.

    ``new`` is False when this very request was answered before; the status is 200 then.
    """

    answer: A
    new: bool


class Tagged(NamedTuple, Generic[A]):
    """An answer with the version of what it shows, which goes into the header ``ETag``."""

    answer: A
    version: str


class WithCookie(NamedTuple, Generic[A]):
    """An answer that gives the browser a cookie, or takes it back if ``value`` is None.

    Only the daemon that set it gets it back, no script can read it, and no page of another site
    makes a browser send it.
    """

    answer: A
    value: str | None
    name: str = COOKIE


class HtmlPage(NamedTuple):
    """A page for people, in one file: at most one program and one style sheet stand in it."""

    text: str


class PageFile(NamedTuple):
    """A file of the daemon's own pages, with its type as in ``Content-Type``.

    Browsers ask each time whether they still have the newest one, except for a ``lasting`` file,
    whose address changes with it. ``packed`` is the content with gzip, for browsers that
    take it; empty where it is not worth it, or where the content is somebody's data.
    """

    content: bytes
    kind: str
    lasting: bool = False
    packed: bytes = b""


@dataclass(frozen=True)
class TextFile:
    """An answer that is a text and no JSON; a subclass says of which type.

    Attributes:
        name: the name under which a browser saves it; empty: it shows the text.
    """

    text: str
    name: str = ""
    KIND: ClassVar[str] = "text/plain; charset=utf-8"


class CsvFile(TextFile):
    """Rows of values, as RFC 4180 has them."""

    KIND = "text/csv; charset=utf-8"


class MetricsText(TextFile):
    """Measured values, as Prometheus reads them.

    The format is https://prometheus.io/docs/instrumenting/exposition_formats/.
    """

    KIND = "text/plain; version=0.0.4; charset=utf-8"


class EventStream(NamedTuple):
    """An answer that goes on: events as they come, each as server-sent events have it."""

    events: AsyncGenerator[bytes, None]


@dataclass(frozen=True)
class Operation:
    """One thing that a client can ask of the API.

    Attributes:
        path: as aiohttp has it, with ``{name}`` or ``{name:regular expression}``.
        summary: one line in the imperative.
        needs: who may call it. There is no default, so that nobody forgets to decide.
        body, query: the types of what is sent, None if nothing is; a body of `bytes` is not JSON.
        body_bytes_max: how long the body may be.
        status: of an answer. One without content always has 204.
        errors: what can go wrong, apart from what can at every call.
        about: the group under which the documentation lists it.
        look: in what way its answer shows people, None if it shows nobody.

    Raises:
        TypeError: the annotation of the handler does not say what it returns.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    _: KW_ONLY
    needs: Needs
    body: type[msgspec.Struct] | type[bytes] | None = None
    query: type[msgspec.Struct] | None = None
    body_bytes_max: int = BODY_BYTES_MAX
    status: int = 200
    errors: tuple[type[MrnmeshError], ...] = ()
    about: str = "system"
    look: LookAct | None = None

    def __post_init__(self) -> None:
        if "return" not in self._hints:
            raise TypeError(
                f"the handler of {self.method} {self.path} does not say what it answers"
            )

    @property
    def answer(self) -> Any:
        """The type of the answer; `NoneType` if it has no content, `NoReturn` if there is none."""
        found = self._hints["return"]
        return get_args(found)[0] if get_origin(found) in (Made, Tagged, WithCookie) else found

    @property
    def repeatable(self) -> bool:
        """True if a call may carry an ``Idempotency-Key``, so that it can be sent again."""
        return get_origin(self._hints["return"]) is Made

    @property
    def tagged(self) -> bool:
        """True if the answer has a version, which a call may name: only then it is done."""
        return get_origin(self._hints["return"]) is Tagged

    @cached_property
    def _hints(self) -> dict[str, Any]:
        if isinstance(self.handler, MethodType):
            return _hints_of_method(self.handler.__func__)
        return get_type_hints(self.handler, include_extras=True)


@cache
def _hints_of_method(function: Callable[..., Any]) -> dict[str, Any]:
    """The types in a method's signature, read once however many daemons a process has."""
    return get_type_hints(function, include_extras=True)


Observer = Callable[[web.Request, LookAct, object], None]
OBSERVER: Final = web.AppKey[Observer]("observer")
"""Told of each answer of an application that shows people, before it is sent."""

_OPERATIONS: Final = web.AppKey("operations", dict[Any, Operation])
"""The operation behind each handler of an application."""


def add_operations(app: web.Application, operations: Iterable[Operation]) -> None:
    """Let an application serve operations."""
    app[_OPERATIONS] = {}
    for operation in operations:
        handler = _answering(operation)
        app[_OPERATIONS][handler] = operation
        # Whoever reads may ask for the headers only; aiohttp leaves out the body then.
        for method in ("GET", "HEAD") if operation.method == "GET" else (operation.method,):
            app.router.add_route(method, operation.path, handler, expect_handler=_expect)


def json_response(answer: object, status: int = 200) -> web.Response:
    """Return an answer as JSON: compact, and in UTF-8, so that an Urdu name can be read."""
    return web.Response(
        body=msgspec.json.encode(answer),
        status=status,
        content_type="application/json",
        charset="utf-8",
    )


def operation_of(request: web.Request) -> Operation | None:
    """Return the operation that a call is for, None if its path or method leads to none."""
    return request.app[_OPERATIONS].get(request.match_info.handler)


def _answering(operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler that aiohttp calls; it turns what an operation returns into JSON."""

    async def handler(request: web.Request) -> web.StreamResponse:
        answer, status = await operation.handler(request), operation.status
        observer = request.app.get(OBSERVER)
        if operation.look is not None and observer is not None:
            observer(request, operation.look, answer)
        if isinstance(answer, Made):
            answer, status = answer.answer, status if answer.new else 200
        if isinstance(answer, Tagged):
            return _tagged(request, answer, status)
        if isinstance(answer, WithCookie):
            return _with_cookie(request, json_response(answer.answer, status), answer)
        if answer is None:
            return web.Response(status=204)
        if isinstance(answer, HtmlPage):
            page = web.Response(text=answer.text, content_type="text/html")
            page.headers["Content-Security-Policy"] = _policy_of(answer.text)
            return page
        if isinstance(answer, PageFile):
            return _page_file(request, answer)
        if isinstance(answer, TextFile):
            return _text_file(answer)
        if isinstance(answer, EventStream):
            return await _stream(request, answer.events)
        return json_response(answer, status)

    return handler


def _with_cookie(
    request: web.Request, response: web.Response, answer: WithCookie[object]
) -> web.Response:
    """Return a response that sets the cookie, or removes it where there is no value."""
    name, value = cookie_name(request, answer.name), answer.value
    if value is None:
        response.del_cookie(name, path="/", secure=request.secure, httponly=True, samesite="Strict")
    else:
        response.set_cookie(
            name, value, path="/", secure=request.secure, httponly=True, samesite="Strict"
        )
    response.headers["Cache-Control"] = "no-store"
    return response


def _tagged(request: web.Request, tagged: Tagged[object], status: int) -> web.Response:
    """Return an answer with its version; 304 without it if the client has this version already."""
    known = request.headers.get("If-None-Match")
    if known is not None and request.method in ("GET", "HEAD") and names(known, tagged.version):
        response = web.Response(status=304)
    else:
        response = json_response(tagged.answer, status)
    response.headers["ETag"] = f'"{tagged.version}"'
    response.headers["Cache-Control"] = "no-cache"  # keep it, and ask whether it is still so
    return response


def _policy_of(page: str) -> str:
    """Return what a page of one file may load: the very programs and styles that stand in it.

    The policy names them by their hashes (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
    """
    parts = ["default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'"]
    for kind, inside in _INLINE.findall(page):
        digest = b64encode(sha256(inside.encode()).digest()).decode()
        parts.append(f"{kind}-src 'sha256-{digest}'")
    return "; ".join(parts)


def _page_file(request: web.Request, file: PageFile) -> web.Response:
    """Return a file of a page; 304 without it if the browser has it already."""
    version = blake2b(file.content, digest_size=12).hexdigest()
    known = request.headers.get("If-None-Match")
    if known is not None and names(known, version):
        response = web.Response(status=304)
    else:
        packed = file.packed and "gzip" in request.headers.get("Accept-Encoding", "")
        response = web.Response(body=file.packed if packed else file.content)
        response.headers["Content-Type"] = file.kind
        if packed:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["ETag"] = f'"{version}"'
    # Without "immutable" some browsers ask all the same when a page is loaded again (RFC 8246).
    lasting = f"max-age={_YEAR_S}, immutable"
    response.headers["Cache-Control"] = lasting if file.lasting else "no-cache"
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _text_file(file: TextFile) -> web.Response:
    """Return a text that is no JSON; it is as of now, so nobody keeps it."""
    response = web.Response(body=file.text.encode())
    response.headers["Content-Type"] = file.KIND
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if file.name:
        response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


async def _stream(request: web.Request, events: AsyncGenerator[bytes, None]) -> web.StreamResponse:
    """Send events until there are no more, or until whoever reads them has gone."""
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = "text/event-stream"
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    async with aclosing(events):
        async for event in events:
            await response.write(event)
    return response


def names(header: str, version: str) -> bool:
    """True if an ``If-Match`` or ``If-None-Match`` names a version (RFC 9110, 13.1)."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or version in tags


async def _expect(request: web.Request) -> web.Response | None:
    """Let a client that asks first send its body; refuse to do what it else expects."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # this was no part of the answer
        return None
    detail = "This server expects nothing of a call except 'Expect: 100-continue'."
    return json_response({"detail": detail, "code": "http_417"}, 417)


def read_body(
    request: web.Request, kind: type[T], present: Mapping[str, Any] = MappingProxyType({})
) -> T:
    """Return the JSON object that was sent, checked.

    Args:
        present: what is shown of the thing that is to be changed. A client may send back what it
            was shown, as long as it says the same.

    Raises:
        BadRequest: the body is no JSON object.
        InvalidFields: says which fields are wrong, those included that nobody knows.
    """
    return checked(read_object(request), kind, present)


def read_query(request: web.Request, kind: type[T]) -> T:
    """Return the query of the address, checked.

    Raises:
        InvalidFields: says which names are wrong, those included that nobody knows.
    """
    # What machines read may be typed in other digits, and pasted with marks that nobody sees.
    given = {
        name: value if name == "query" else typed.code(value)
        for name, value in request.query.items()
    }
    return checked(given, kind, ignored=EARLIER_PARAMETERS)
