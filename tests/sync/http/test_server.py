"""A daemon's socket under clients of every kind: nobody shuts others out, every answer is JSON."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import struct
import sys

import pytest
from aiohttp import web

from sync.errors import CannotListen
from sync.http import bodies, server
from sync.http.address import Address
from sync.http.app import new_application
from sync.http.operations import BODY_BYTES_MAX, Needs, Operation
from sync.http.requests import BODY
from sync.http.server import serve


async def show(request: web.Request) -> dict[str, str]:
    return await shown_by(request)


async def shown_by(_request: web.Request) -> dict[str, str]:
    return {"name": "محمد علی"}


async def keep(request: web.Request) -> dict[str, int]:
    return {"bytes": len(request[BODY])}


WAIT_S = 60.0
OPERATIONS = [
    Operation("GET", "/shown/", show, "Show", needs=Needs.THIS_COMPUTER),
    Operation("POST", "/kept/", keep, "Keep", needs=Needs.THIS_COMPUTER, body=bytes),
]


@pytest.fixture
async def listener(monkeypatch):
    monkeypatch.setattr(bodies, "BODY_S", WAIT_S)
    ports: list[int] = []
    app = new_application(lambda: ports, OPERATIONS, writes_at_once=3)
    found = await serve(app, Address("127.0.0.1", 0), connections=12)
    ports.append(found.port)
    yield found
    await found.close()


class Answer:
    def __init__(self, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, body = body.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {
            name.lower(): value for name, value in (x.split(": ", 1) for x in lines[1:])
        }
        self.body = body

    @property
    def json(self):
        assert self.headers["content-type"] == "application/json; charset=utf-8", self.body
        return json.loads(self.body)


async def connect(listener, first: bytes = b""):
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(first)
    await writer.drain()
    return reader, writer


async def send(listener, data: bytes) -> Answer:
    """The answer to these very bytes."""
    reader, writer = await connect(listener, data)
    raw = await asyncio.wait_for(reader.read(), WAIT_S)
    writer.close()
    return Answer(raw)


def call(listener, line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [line, f"Host: 127.0.0.1:{listener.port}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


async def test_names_are_readable_in_json(listener):
    answer = await send(listener, call(listener, "GET /shown/ HTTP/1.1"))
    assert answer.body == '{"name":"محمد علی"}'.encode()


async def test_a_head_has_the_headers_and_no_body(listener):
    answer = await send(listener, call(listener, "HEAD /shown/ HTTP/1.1"))
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("line", "headers", "body", "status", "code"),
    [
        ("GET /nowhere/ HTTP/1.1", [], b"", 404, "http_404"),
        ("DELETE /shown/ HTTP/1.1", [], b"", 405, "http_405"),
        ("PUT /kept/ HTTP/1.1", [], b"", 405, "http_405"),
        ("BREW /shown/ HTTP/1.1", [], b"", 400, "bad_request"),
        ("LOCK /shown/ HTTP/1.1", [], b"", 405, "http_405"),
        ("GET /shown/?query=محمد HTTP/1.1", [], b"", 400, "bad_request"),
        ("GET /shown/?query=\udcff HTTP/1.1", [], b"", 400, "bad_request"),
        (f"GET /shown/?{'x' * 9000} HTTP/1.1", [], b"", 400, "bad_request"),
        (f"GET /{'x' * 70000} HTTP/1.1", [], b"", 400, "bad_request"),
        ("GET /shown/ HTTP/1.1", [f"X-Long: {'x' * 9000}"], b"", 400, "bad_request"),
        ("GET /shown/ HTTP/1.1", ["no header at all"], b"", 400, "bad_request"),
        ("GET /shown/ HTTP/9.7", [], b"", 400, "bad_request"),
        ("nonsense", [], b"", 400, "bad_request"),
        ("GET http://[::1 HTTP/1.1", [], b"", 400, "bad_request"),
        ("POST /kept/ HTTP/1.1", ["Content-Length: x"], b"", 400, "bad_request"),
        ("POST /kept/ HTTP/1.1", ["Content-Length: -1"], b"", 400, "bad_request"),
        ("POST /kept/ HTTP/1.1", ["Expect: tea", "Content-Length: 0"], b"", 417, "http_417"),
        (
            "POST /kept/ HTTP/1.1",
            ["Content-Encoding: gzip", "Content-Length: 8"],
            b"not gzip",
            400,
            "body_unreadable",
        ),
        (
            "POST /kept/ HTTP/1.1",
            ["Content-Encoding: deflate", "Content-Length: 8"],
            b"not defl",
            400,
            "body_unreadable",
        ),
        ("POST /kept/ HTTP/1.1", ["Content-Length: 99999999"], b"", 413, "http_413"),
        ("POST /kept/ HTTP/1.1", ["Content-Length: 100"], b"only this", 408, "body_late"),
        ("POST /kept/ HTTP/1.1", ["Transfer-Encoding: chunked"], b"5\r\nab", 408, "body_late"),
        ("POST /kept/ HTTP/1.1", ["Transfer-Encoding: chunked"], b"zz\r\nab", 400, None),
    ],
)
async def test_whatever_comes_is_answered_in_json(
    listener, monkeypatch, line, headers, body, status, code
):
    if status == 408:
        monkeypatch.setattr(bodies, "BODY_S", 0.1)
    answer = await send(listener, call(listener, line, *headers, body=body))
    assert answer.status == status
    assert answer.json.keys() >= {"detail", "code"}
    assert code in (None, answer.json["code"])
    assert "Traceback" not in answer.json["detail"]


CHUNKS = "Transfer-Encoding: chunked"
UNREADABLE = [
    ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaa", [], "HTTPS"),
    ("GET /shown/ HTTP/9.7", [], "HTTP/1.1"),
    ("POST /kept/ HTTP/1.1", ["Content-Encoding: br", "Content-Length: 1"], "use gzip"),
    ("POST /kept/ HTTP/1.1", ["Content-Encoding: zstd", "Content-Length: 1"], "use gzip"),
    ("GET /shown/ HTTP/1.1", [f"X{number}: a" for number in range(400)], "more headers"),
    ("GET /shown/ HTTP/1.1", ["Host: 127.0.0.1"], "one header Host"),
    ("GET /shown/ HTTP/1.1", ["A B: c"], "one of its headers"),
    ("GET /shown/ HTTP/1.1", ["X-Url-Method: a\0"], "one of its headers"),
    ("POST /kept/ HTTP/1.1", ["Content-Length: x"], "Content-Length"),
    ("POST /kept/ HTTP/1.1", ["Content-Length: 1", "Content-Length: 2"], "Content-Length"),
    ("POST /kept/ HTTP/1.1", ["Content-Length: 1", CHUNKS], "Content-Length"),
    ("POST /kept/ HTTP/1.1", ["Transfer-Encoding: br"], "use chunked"),
    ("BREW /shown/ HTTP/1.1", [], "method"),
    ("get /shown/ HTTP/1.1", [], "capital letters"),
    ("GET /a b HTTP/1.1", [], "%20"),
    ("GET /shown/ HTTP/3", [], "first line"),
    ("GET /shown/?query=محمد HTTP/1.1", [], "percent-encoding"),
    (f"GET /{'x' * 9000} HTTP/1.1", [], "longer than this server reads"),
    ("GET /shown/ HTTP/1.1", [f"X: {'x' * 9000}"], "longer than this server reads"),
]


@pytest.mark.parametrize(("line", "headers", "said"), UNREADABLE)
async def test_what_is_wrong_with_a_call_that_is_no_http_is_said(listener, line, headers, said):
    answer = await send(listener, call(listener, line, *headers, body=b"a"))
    assert (answer.status, answer.json["code"]) == (400, "bad_request")
    assert said in answer.json["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "body", [b"no such thing", b"\x1f\x8b broken", b"\x78\x9c broken", b"\0" * 90]
)
async def test_a_body_that_cannot_be_unpacked_is_no_fault_of_the_daemon(
    listener, caplog, encoding, body
):
    headers = [f"Content-Encoding: {encoding}", f"Content-Length: {len(body)}"]
    answer = await send(listener, call(listener, "POST /kept/ HTTP/1.1", *headers, body=body))
    assert (answer.status, answer.json["code"]) == (400, "body_unreadable")
    assert [one.levelname for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_program_that_knows_a_proxy_names_the_whole_address(listener):
    here = f"127.0.0.1:{listener.port}"
    for address, status in (
        (f"http://{here}/shown/", 200),
        (f"http://localhost:{listener.port}/shown/", 200),
        ("http://127.0.0.1/shown/", 403),
        ("http://evil.example/shown/", 403),
        (f"http://evil.example:{listener.port}/shown/", 403),
        (f"http://user@{here}/shown/", 403),
    ):
        answer = await send(listener, call(listener, f"GET {address} HTTP/1.1"))
        assert answer.status == status, address
    assert here in answer.json["detail"]


async def test_a_method_that_is_not_taken_names_those_that_are(listener):
    answer = await send(listener, call(listener, "DELETE /shown/ HTTP/1.1"))
    assert set(answer.headers["allow"].split(",")) == {"GET", "HEAD"}


async def test_raw_letters_in_an_address_are_refused_with_what_to_do(listener):
    answer = await send(listener, call(listener, "GET /shown/?query=محمد HTTP/1.1"))
    assert "percent-encoding" in answer.json["detail"]


async def test_a_body_that_unpacks_to_too_much_is_refused(listener):
    packed = gzip.compress(b"x" * (BODY_BYTES_MAX + 1))
    headers = ["Content-Encoding: gzip", f"Content-Length: {len(packed)}"]
    answer = await send(listener, call(listener, "POST /kept/ HTTP/1.1", *headers, body=packed))
    assert (answer.status, answer.json["code"]) == (413, "http_413")


async def test_a_client_that_asks_first_may_send_its_body(listener):
    headers = ["Expect: 100-continue", "Content-Length: 4"]
    answer = await send(listener, call(listener, "POST /kept/ HTTP/1.1", *headers, body=b"abcd"))
    assert answer.json == {"bytes": 4}


async def all_at_work(listener, count: int) -> None:
    """Wait until so many calls are being answered."""
    connections = listener._runner.server
    # The daemon runs on this very loop.
    while sum(one.at_work for one in connections.connections) < count:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_stalled_bodies_take_no_place_from_others(listener, monkeypatch):
    loop = asyncio.get_running_loop()
    time, passed_s = loop.time, [0.0]
    monkeypatch.setattr(loop, "time", lambda: time() + passed_s[0])
    stalled = call(listener, "POST /kept/ HTTP/1.1", "Content-Length: 10", body=b"part")
    waiting = [await connect(listener, stalled) for _ in range(8)]
    await all_at_work(listener, 8)
    good = call(listener, "POST /kept/ HTTP/1.1", "Content-Length: 2", body=b"ok")
    assert (await send(listener, good)).json == {"bytes": 2}
    passed_s[0] = WAIT_S
    for reader, writer in waiting:
        answer = Answer(await asyncio.wait_for(reader.read(), WAIT_S))
        assert answer.json["code"] == "body_late"
        writer.close()


@pytest.mark.parametrize(
    "first", [b"", b"GET /sho", b"POST /kept/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"]
)
async def test_connections_that_ask_for_nothing_give_way(listener, first):
    abandoned = [await connect(listener, first) for _ in range(40)]
    answer = await send(listener, call(listener, "GET /shown/ HTTP/1.1"))
    assert answer.status == 200
    for _, writer in abandoned:
        writer.close()


async def test_calls_whose_body_does_not_come_give_way(listener):
    stalled = call(listener, "POST /kept/ HTTP/1.1", "Content-Length: 10", body=b"part")
    waiting = [await connect(listener, stalled) for _ in range(12)]
    await all_at_work(listener, 12)
    idle_reader, idle = await connect(listener)
    assert (await send(listener, call(listener, "GET /shown/ HTTP/1.1"))).status == 200
    assert await idle_reader.read() == b"", "who asks for nothing at all gives way before"
    assert len(listener._runner.server.connections) == 11
    for writer in (idle, *(writer for _, writer in waiting)):
        writer.close()


async def test_calls_that_are_sent_all_at_once_keep_nobody_waiting(listener, monkeypatch):
    in_row: list[int] = []

    async def count(_request: web.Request) -> dict[str, str]:
        in_row[-1] += 1
        return {}

    async def turns() -> None:
        while True:
            in_row.append(0)
            await asyncio.sleep(0)

    monkeypatch.setattr(sys.modules[__name__], "shown_by", count)
    one = f"GET /shown/ HTTP/1.1\r\nHost: 127.0.0.1:{listener.port}\r\n\r\n".encode()
    taking = asyncio.create_task(turns())
    answer = await send(listener, 200 * one + call(listener, "GET /shown/ HTTP/1.1"))
    taking.cancel()
    assert answer.status == 200
    assert sum(in_row) == 201
    assert max(in_row) == 1


async def test_when_all_connections_are_at_work_the_next_one_is_told_so(listener, monkeypatch):
    going_on = asyncio.Event()

    async def wait(_request: web.Request) -> dict[str, str]:
        await going_on.wait()
        return {}

    monkeypatch.setattr(sys.modules[__name__], "shown_by", wait)
    waiting = call(listener, "GET /shown/ HTTP/1.1")
    at_work = [await connect(listener, waiting) for _ in range(12)]
    await all_at_work(listener, 12)
    answer = await send(listener, waiting)
    assert (answer.status, answer.json["code"]) == (429, "busy")
    assert answer.headers["retry-after"] == "1"
    going_on.set()
    for reader, writer in at_work:
        assert Answer(await asyncio.wait_for(reader.read(), WAIT_S)).status == 200
        writer.close()


async def test_a_client_that_leaves_in_mid_body_is_no_error(listener, caplog):
    caplog.set_level(logging.INFO)
    stalled = call(listener, "POST /kept/ HTTP/1.1", "Content-Length: 10", body=b"part")
    for _ in range(3):
        _, writer = await connect(listener, stalled)
        writer.transport.abort()
    assert (await send(listener, call(listener, "GET /shown/ HTTP/1.1"))).status == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_listener_that_died_answers_again(listener):
    assert await listener.answers(5)
    listener._servers[0].close()
    assert not await listener.answers(5)
    await listener.reopen()
    assert await listener.answers(5)
    assert (await send(listener, call(listener, "GET /shown/ HTTP/1.1"))).status == 200


@pytest.mark.skipif(not server.has_ipv6(), reason="IPv6 is switched off here")
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_all_addresses_are_those_of_both_kinds(host):
    """Those who come by IPv4 are seen under their own addresses, not under ::ffff:127.0.0.1."""
    seen: list[str | None] = []

    async def note(request: web.Request) -> dict[str, str]:
        seen.append(request.remote)
        return {}

    noted = Operation("GET", "/noted/", note, "Note", needs=Needs.THIS_COMPUTER)
    app = new_application(lambda: [found.port], [noted])
    found = await serve(app, Address(host, 0))
    try:
        assert await found.answers(5)
        for near in ("127.0.0.1", "::1"):
            reader, writer = await asyncio.open_connection(near, found.port)
            writer.write(b"GET /noted/ HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % found.port)
            assert b"200 OK" in await reader.readline()
            writer.close()
        assert seen == ["127.0.0.1", "::1"]
        found._servers[1].close()
        assert not await found.answers(5)
        await found.reopen()
        assert await found.answers(5)
        with pytest.raises(CannotListen, match=r"\[::\]|0\.0\.0\.0"):
            await serve(web.Application(), Address(host, found.port))
    finally:
        await found.close()


async def test_where_ipv6_is_switched_off_all_addresses_are_those_of_ipv4(monkeypatch):
    monkeypatch.setattr(server, "has_ipv6", lambda: False)
    found = await serve(web.Application(), Address("::", 0))
    assert len(found._servers) == 1
    assert await found.answers(5)
    await found.close()


async def test_an_address_in_use_is_refused(listener):
    with pytest.raises(CannotListen):
        await serve(web.Application(), Address("127.0.0.1", listener.port))


WAYS = ["our own"] if sys.platform == "win32" else ["the event loop's", "our own"]


@pytest.fixture(params=WAYS)
async def at(request, monkeypatch):
    """The port of a server, with each of the two ways to accept connections."""
    monkeypatch.setattr(server, "LOOP_GIVES_UP", request.param == "our own")
    app = new_application(lambda: [found.port], OPERATIONS)
    found = await serve(app, Address("127.0.0.1", 0))
    yield found
    await found.close()
    assert not await found.answers(5)


def bound(host, port):
    listening = socket.socket()
    listening.bind((host, port))
    return listening


def reset(port):
    """Connect, and end that with a reset, as a port scanner does."""
    with socket.socket() as one:
        one.connect(("127.0.0.1", port))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("burst", [1, 20, 100])
async def test_connections_that_are_reset_at_once_end_no_listener(at, burst):
    for _ in range(burst):
        await asyncio.to_thread(reset, at.port)
    shown = call(at, "GET /shown/ HTTP/1.1")
    assert (await send(at, shown)).status == 200
    assert (await send(at, shown)).status == 200


@pytest.mark.parametrize("code", [10054, 64, 59, 10057, 24, 10024, 22])
@pytest.mark.parametrize("times", [1, 5])
async def test_a_connection_that_cannot_be_accepted_keeps_nobody_else_out(monkeypatch, times, code):
    """As Windows does when a client has reset it, and any system without file handles."""
    loop = asyncio.get_running_loop()
    accept, connect_accepted = loop.sock_accept, loop.connect_accepted_socket
    left = {accept: times, connect_accepted: times}

    def failing(real):
        async def act(*arguments):
            if left[real]:
                left[real] -= 1
                raise OSError(code, "The specified network name is no longer available")
            return await real(*arguments)

        return act

    monkeypatch.setattr(loop, "sock_accept", failing(accept), raising=False)
    monkeypatch.setattr(loop, "connect_accepted_socket", failing(connect_accepted), raising=False)
    served = asyncio.Queue()

    class Served(asyncio.Protocol):
        def connection_made(self, transport):
            served.put_nowait(transport)

    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]

    async def take(accepted, _address):
        await loop.connect_accepted_socket(Served, accepted)

    accepting = server.Accepting(listening, take)
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(times + 1)]
    transport = await asyncio.wait_for(served.get(), 60)
    assert left == {accept: 0, connect_accepted: 0}
    transport.close()
    for writer in writers:
        writer.close()
    accepting.close()


async def test_an_error_in_the_code_keeps_nobody_else_out(caplog):
    """The system goes on taking connections for the socket, so no alarm would tell of it."""
    taken = asyncio.Queue()

    async def take(accepted, _address):
        if not closed:
            closed.append(accepted)
            raise ValueError("unforeseen")
        taken.put_nowait(accepted)

    closed = []
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    accepting = server.Accepting(listening, take)
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(2)]
    (await asyncio.wait_for(taken.get(), 60)).close()
    assert closed[0].fileno() == -1
    assert "unforeseen" in caplog.text
    for writer in writers:
        writer.close()
    accepting.close()


async def test_a_listener_that_was_opened_anew_serves_at_the_same_port(at):
    port = at.port
    await at.reopen()
    assert at.port == port
    assert await at.answers(5)
