"""Where a daemon listens: how many it serves at once, and what it answers to what is no HTTP.

A program that opens connections and leaves them takes no place from others: when all places are
taken, a connection that asks for nothing gives up its own, or else one whose body has not come.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.typedefs import Handler

from sync.errors import BadRequest, Busy, CannotListen
from sync.http.address import Address
from sync.http.app import error_response
from sync.model import causes
from sync.protocol.addresses import with_port
from sync.trust.entrance import Entrance

CONNECTIONS_MAX: Final = 400
"""Open at once; most systems let a process have 1,024 files or more."""

KEEP_ALIVE_S: Final = 15.0
LINGER_S: Final = 1.0
"""What is left of a refused body is read for so long, so that its sender reads the answer."""

BACKLOG: Final = 128
ACCEPT_AGAIN_S: Final = 0.01
LOOP_GIVES_UP: Final = sys.platform == "win32"
"""The event loop of Windows closes a listening socket when a client has reset the connection that
it is about to accept (CPython gh-93821)."""

_NOT_HTTP: Final = (
    ("https traffic", "it came as HTTPS; the address of this server begins with http://"),
    ("pause on pri", "it came as HTTP/2; call with HTTP/1.1"),
    ("content-encoding", "its body is packed in a way that this server does not read; use gzip"),
    ("too many headers", "it has more headers than this server reads"),
    ("'host' header", "it needs one header Host, with the address and port that are called"),
    ("content-length", "its Content-Length is no length, or another header says otherwise"),
    ("transfer-encoding", "its Transfer-Encoding is none that this server reads; use chunked"),
    ("invalid http version", "it came as another version of HTTP; call with HTTP/1.1"),
    ("method", "its method is not one of HTTP, which are written in capital letters"),
    ("url", "write letters beyond ASCII, and spaces, in the address as %XX (percent-encoding)"),
    ("status line", "its first line is not as in GET /api/health/ HTTP/1.1; write a space as %20"),
    ("header", "one of its headers is not written as HTTP wants it"),
)
"""What aiohttp says about a call that it cannot read, and what that means."""

log = logging.getLogger("mrnmesh.web")


class HttpConnection(web.RequestHandler):
    """One connection: it knows whether it is at work, and answers what is no HTTP in JSON."""

    def __init__(self, *args: Any, entrance: Entrance | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._calls: list[web.Request] = []
        self._entrance = entrance
        self._is_out = False

    @property
    def at_work(self) -> int:
        """How many calls are being answered, those included whose body has not come yet."""
        return len(self._calls)

    @property
    def awaits_body(self) -> bool:
        """True while nothing can be done, because the rest of a body is still to come."""
        return all(not call.content.is_eof() for call in self._calls)

    def begin(self, call: web.Request) -> None:
        """A call is being answered, until `end`."""
        self._calls.append(call)

    def end(self, call: web.Request) -> None:
        """A call has been answered."""
        self._calls.remove(call)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a connection, if its certificate counts; it may be that none is needed."""
        name = transport.get_extra_info("peername") or ("",)
        if self._entrance is not None and not self._entrance.admits(transport, str(name[0])):
            self._is_out = True
            cast(asyncio.Transport, transport).abort()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection has ended: its place is free."""
        if self._entrance is not None:
            self._entrance.left(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what was sent, unless nothing of it is to be read."""
        if not self._is_out:
            super().data_received(data)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer something that never became a call, and close the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        if isinstance(exc, LineTooLong):
            why = "the address, or a header, is longer than this server reads"
        else:
            said = str(exc).partition("\n\n")[0].lower()  # what follows quotes the call
            known = (means for what, means in _NOT_HTTP if what in said)
            why = next(known, "it is not HTTP as this server reads it")
        log.info("a connection was closed: %s", why)
        response = error_response(BadRequest(why=why))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **how: Any) -> None:
        """Log a fault; what is left of a body that cannot be read is none of this server."""
        if isinstance(how.get("exc_info"), web.RequestPayloadError):
            self.log_debug(*args, **how)
        else:
            super().log_exception(*args, **how)


class _Full(asyncio.Protocol):
    """Says that there are too many connections, and hangs up."""

    def connection_made(self, transport: Any) -> None:
        answer = error_response(Busy())
        body = answer.body if isinstance(answer.body, bytes) else b""
        head = (
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Retry-After: 1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        transport.write(head.encode() + body)
        transport.close()


@web.middleware
async def mark_work(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note on its connection that a call is being answered."""
    connection = request.protocol
    if not isinstance(connection, HttpConnection):
        return await handler(request)
    connection.begin(request)
    try:
        return await handler(request)
    finally:
        connection.end(request)


@web.middleware
async def take_turns(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let others have their turn before a call is answered.

    From Python 3.12 on aiohttp answers calls that were sent all at once without a pause, so a
    client that sends many would keep the event loop from everybody else.
    """
    await asyncio.sleep(0)
    return await handler(request)


class Accepting:
    """Accepts connections for as long as its socket is open, whatever happens to one of them.

    Where `LOOP_GIVES_UP`, `Listener` has this instead of what the event loop brings along.

    Args:
        listening: a bound socket.
        take: begins with a connection that comes from an IP address.
    """

    def __init__(
        self, listening: socket.socket, take: Callable[[socket.socket, str], Awaitable[None]]
    ) -> None:
        listening.setblocking(False)
        listening.listen(BACKLOG)
        self._listening = listening
        self._take = take
        self._task = asyncio.get_running_loop().create_task(self._accept())

    def close(self) -> None:
        """Accept no more; connections go on."""
        self._task.cancel()
        self._listening.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(self._listening)
            except OSError as error:
                log.info("a connection was not accepted: %s", error)
                # Without file handles every try fails at once.
                await asyncio.sleep(ACCEPT_AGAIN_S)
                continue
            try:
                await self._take(accepted, str(address[0]))
            except OSError as error:  # it was reset in between
                accepted.close()
                log.info("a connection ended as it began: %s", error)
            except Exception:
                # It must not keep all others out: the system goes on taking connections, so that
                # nobody would notice it.
                accepted.close()
                log.exception("a connection failed as it began")


class Listener:
    """An application at an address; make it with `serve`."""

    def __init__(
        self, runner: web.AppRunner, address: Address, most: int, entrance: Entrance | None
    ) -> None:
        self.port = address.port
        """The port in use; the system chose it if the address has port 0."""
        self._runner = runner
        self._address = address
        self._most = most
        self._entrance = entrance
        self._servers: list[asyncio.Server | Accepting] = []
        self._near: list[str] = []

    @property
    def address(self) -> str:
        """``HOST:PORT``."""
        return self._address._replace(port=self.port).text

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            CannotListen: the address is taken, or not this computer's.
        """
        loop = asyncio.get_running_loop()
        bound = _bound_to(self._address, self.port)
        self.port = bound[0].getsockname()[1]
        self._near = [self._address.near, "::1"][: len(bound)]
        for listening in bound:
            if LOOP_GIVES_UP or self._entrance is not None:
                self._servers.append(Accepting(listening, self._take))
            else:
                connection = self._connection(loop)
                server = await loop.create_server(connection, sock=listening, backlog=BACKLOG)
                self._servers.append(server)

    async def reopen(self) -> None:
        """Listen anew at the same port, after the socket has died; connections go on.

        Raises:
            CannotListen: somebody else has the address by now.
        """
        self._stop_listening()
        await self.open()

    async def answers(self, within: float) -> bool:
        """True when a connection to each of its sockets is accepted.

        Args:
            within: seconds to wait for each.
        """
        for near in self._near:
            try:
                async with asyncio.timeout(within):
                    _, writer = await asyncio.open_connection(near, self.port)
                    writer.close()
                    await writer.wait_closed()
            except OSError:  # TimeoutError is one
                return False
        return True

    async def close(self) -> None:
        """Stop to listen, and end what is being served."""
        self._stop_listening()
        if self._entrance is not None:
            await self._entrance.close()
        await self._runner.cleanup()

    def _stop_listening(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()

    async def _take(self, accepted: socket.socket, address: str) -> None:
        """Begin with a connection that was just accepted."""
        loop = asyncio.get_running_loop()
        if self._entrance is not None:
            self._entrance.take(accepted, address, self._connection(loop))
        else:
            await loop.connect_accepted_socket(self._connection(loop), accepted)

    def _connection(self, loop: asyncio.AbstractEventLoop) -> Callable[[], asyncio.Protocol]:
        server = self._runner.server
        assert server is not None

        def make() -> asyncio.Protocol:
            open_ones = server.connections
            if len(open_ones) >= self._most:
                giving_way = _giving_way(open_ones)
                if giving_way is None:
                    return _Full()
                giving_way.force_close()
            no_log: Any = None
            return HttpConnection(
                server,
                loop=loop,
                access_log=no_log,
                keepalive_timeout=KEEP_ALIVE_S,
                lingering_time=LINGER_S,
                entrance=self._entrance,
            )

        return make


def _giving_way(connections: Sequence[web.RequestHandler]) -> HttpConnection | None:
    """Return the connection that gives up its place to another one, None if all are at work.

    Of those for which nothing is done it is one that asks for nothing, else the one that was made
    first of those whose body has not come: the body of an honest caller comes with the call.
    """
    known = [one for one in connections if isinstance(one, HttpConnection)]
    idle = next((one for one in known if not one.at_work), None)
    return idle or next((one for one in known if one.awaits_body), None)


async def serve(
    app: web.Application,
    address: Address,
    connections: int = CONNECTIONS_MAX,
    entrance: Entrance | None = None,
) -> Listener:
    """Start to serve an application.

    Args:
        entrance: how others get in; None where every program that reaches the address may call.

    Raises:
        CannotListen: the address is taken, or not this computer's.
    """
    app.middlewares[:0] = [mark_work, take_turns]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    listener = Listener(runner, address, connections, entrance)
    try:
        await listener.open()
    except BaseException:
        await runner.cleanup()
        raise
    return listener


def _bound_to(address: Address, port: int) -> list[socket.socket]:
    """The sockets that listen at an address: for all addresses one of IPv4 and one of IPv6.

    One for both would show those who come by IPv4 under other addresses.

    Raises:
        CannotListen: it is taken, or not this computer's.
    """
    if not address.is_everywhere:
        return [_bound(address.host, port)]
    bound = [_bound("0.0.0.0", port)]
    if has_ipv6():
        try:
            bound.append(_bound("::", bound[0].getsockname()[1]))
        except CannotListen:
            bound[0].close()
            raise
    return bound


def has_ipv6() -> bool:
    """True where the system has IPv6 switched on."""
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # On Windows SO_REUSEADDR would let two programs listen at one address; elsewhere it lets a
        # daemon that starts again have its address at once.
        if sys.platform == "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4])
    except OSError as error:
        listening.close()
        raise CannotListen(address=with_port(host, port), why=causes.why(error)) from error
    return listening
