"""One WebSocket with a session on it: bounded queues, bad peers, a replica that fails."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import threading
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sync.model.facts import COORDINATOR, RecordId
from sync.network import connection as connection_
from sync.network.connection import (
    FRAME_COST_BYTES,
    MESSAGE_BYTES,
    MESSAGES_AT_ONCE,
    MESSAGES_IN_ROW,
    MESSAGES_S,
    QUEUED_BYTES_MAX,
    Connection,
    Outbox,
    Pace,
    close,
)
from sync.protocol import limits, messages
from sync.protocol.questions import NumberQuery, RootsQuery
from tests.sync.network.house import LAB, WAIT_S, Daemon, House

# what waits to be sent


async def test_what_waits_to_be_sent_is_bounded():
    outbox = Outbox()
    frame = bytes(limits.FRAME_BYTES_MAX - FRAME_COST_BYTES)
    assert all(outbox.put(frame, False) for _ in range(QUEUED_BYTES_MAX // limits.FRAME_BYTES_MAX))
    assert not outbox.put(b"x", True)
    await outbox.get()
    assert outbox.put(b"x", True)


async def test_small_frames_count_for_what_they_cost_in_memory():
    outbox = Outbox()
    taken = sum(outbox.put(b"pong", True) for _ in range(QUEUED_BYTES_MAX // FRAME_COST_BYTES))
    assert taken == QUEUED_BYTES_MAX // (FRAME_COST_BYTES + len(b"pong"))


async def test_urgent_frames_go_first():
    outbox = Outbox()
    outbox.put(b"one", False)
    outbox.put(b"two", False)
    outbox.put(b"first", True)
    outbox.put(b"second", True)
    outbox.close()
    assert [await outbox.get() for _ in range(5)] == [b"first", b"second", b"one", b"two", None]


async def test_who_waits_for_a_frame_gets_the_next_one_and_the_end():
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.put(b"frame", False)
    assert await waiting == b"frame"
    waiting = asyncio.create_task(outbox.get())
    await asyncio.sleep(0)
    outbox.close()
    assert await waiting is None


def test_messages_in_masses_are_slowed_down_and_let_others_have_their_turn():
    now = [0.0]
    pace = Pace(now[0])
    waits = [pace.wait_s(now[0]) for _ in range(MESSAGES_AT_ONCE)]
    assert {wait for wait in waits if wait is not None} == {0.0}
    assert waits.count(0.0) == MESSAGES_AT_ONCE // MESSAGES_IN_ROW
    assert pace.wait_s(now[0]) == 1 / MESSAGES_S
    now[0] = 60.0
    assert pace.wait_s(now[0]) in (None, 0.0)


def test_large_messages_let_others_have_their_turn_sooner():
    pace = Pace(0.0)
    assert [pace.wait_s(0.0, 256 * 1024) for _ in range(3)] == [0.0] * 3
    assert [pace.wait_s(0.0, MESSAGE_BYTES * (MESSAGES_IN_ROW // 2)) for _ in range(2)] == [
        None,
        0.0,
    ]


def test_an_honest_peer_waits_for_nothing():
    pace = Pace(0.0)
    assert not any(pace.wait_s(at / (MESSAGES_S / 2)) for at in range(3 * MESSAGES_AT_ONCE))


async def test_pings_of_the_websocket_are_answered(house):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(house.coordinator.url, autoping=False) as websocket,
    ):
        await websocket.receive_bytes()
        await websocket.ping(b"there?")
        answer = await websocket.receive()
        assert (answer.type, answer.data) == (aiohttp.WSMsgType.PONG, b"there?")
        await websocket.pong(b"unasked")
        await websocket.ping(b"still?")
        assert (await websocket.receive()).data == b"still?"


# peers that misbehave


async def test_texts_are_no_messages(house):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(house.coordinator.url) as websocket,
    ):
        await websocket.send_str("hello")
        received = [message.data async for message in websocket]
        assert messages.decode(received[-1]) == messages.Bye("not_binary")
    assert house.coordinator.faults == [("127.0.0.1", "not_binary")]


async def test_a_frame_that_is_too_large_ends_the_connection(house):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(house.coordinator.url) as websocket,
    ):
        await websocket.receive_bytes()
        await websocket.send_bytes(bytes(limits.FRAME_BYTES_MAX + 1))
        await house.coordinator.until(lambda sessions: not sessions)
    assert house.coordinator.faults == [("127.0.0.1", "not_binary")]


UPGRADE = (
    b"GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def raw_peer(house) -> tuple[asyncio.StreamWriter, Connection]:
    """Somebody who writes to the coordinator what he likes, and the coordinator's connection."""
    _, writer = await asyncio.open_connection("127.0.0.1", house.coordinator.port)
    writer.write(UPGRADE)
    await house.coordinator.until(lambda sessions: len(sessions) == 1)
    (connection,) = house.coordinator.peering.connections
    return writer, connection


async def test_a_peer_that_does_not_read_is_closed(house, monkeypatch):
    monkeypatch.setattr("sync.network.connection.SEND_S_MAX", 0.05)
    writer, connection = await raw_peer(house)
    line: Any = writer.transport
    line.pause_reading()
    while connection.reason == "":
        connection._outbox.put(bytes(limits.FRAME_BYTES_MAX), False)
        await asyncio.sleep(0)
    assert connection.reason == "slow"
    await house.coordinator.until(lambda sessions: not sessions)
    writer.transport.abort()


@pytest.mark.parametrize("where", ["_close", "_drain"])
async def test_a_connection_ends_for_whoever_waits_for_that_whatever_fails(
    house, monkeypatch, where
):
    """Nobody is dialled again before the connection with him has ended."""
    begun: asyncio.Queue[Connection] = asyncio.Queue()
    run = Connection.run

    async def failing(connection: Connection) -> None:
        begun.put_nowait(connection)

        def fail() -> None:
            raise RuntimeError("unforeseen")

        monkeypatch.setattr(connection, where, fail)
        await run(connection)

    monkeypatch.setattr(Connection, "run", failing)
    subscribed = len(house.coordinator.replica._subscribers)
    _, writer = await asyncio.open_connection("127.0.0.1", house.coordinator.port)
    writer.write(UPGRADE)
    async with asyncio.timeout(WAIT_S):
        connection = await begun.get()
        writer.close()
        await asyncio.wait([connection.ended])
        await house.coordinator.until(lambda sessions: not sessions)
    assert connection.ended.result() == "lost"
    assert len(house.coordinator.replica._subscribers) == subscribed


class Counted:
    """What a WebSocket has got, and how much of it was read while nobody else had a turn."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self.most_in_row = 0
        self.in_row = 0

    async def read(self) -> Any:
        self.in_row += 1
        self.most_in_row = max(self.most_in_row, self.in_row)
        return await self._queue.read()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    async def reset_in_each_turn(self) -> None:
        while True:
            self.in_row = 0
            await asyncio.sleep(0)


async def test_a_peer_that_goes_on_after_the_goodbye_keeps_nobody_waiting(house, monkeypatch):
    monkeypatch.setattr("sync.network.connection.CLOSE_S_MAX", 0.5)
    writer, connection = await raw_peer(house)
    websocket: Any = connection._websocket
    counted = websocket._reader = Counted(websocket._reader)
    turns = asyncio.create_task(counted.reset_in_each_turn())
    connection.stop("enough")
    writer.write(b"\x82\x81\x00\x00\x00\x00\x00" * 1_000_000)  # messages of one byte
    await connection.ended
    turns.cancel()
    assert counted.most_in_row > 1
    assert counted.most_in_row <= MESSAGES_IN_ROW
    writer.transport.abort()


@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "is silent"])
@pytest.mark.parametrize("lost", [False, True], ids=["there", "lost"])
async def test_a_dialled_peer_that_never_closes_takes_no_place_from_others(
    monkeypatch, goes_on, lost
):
    monkeypatch.setattr("sync.network.connection.CLOSE_S_MAX", 0.2)

    async def never_close(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(autoclose=False)
        await websocket.prepare(request)
        with contextlib.suppress(ConnectionError):
            while goes_on:
                await websocket.send_bytes(b"more")
                await asyncio.sleep(0)
        await gone.wait()
        return websocket

    gone = asyncio.Event()
    app = web.Application()
    app.router.add_get("/sync", never_close)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as client,
    ):
        for _ in range(2):
            async with asyncio.timeout(WAIT_S):
                websocket = await client.ws_connect(server.make_url("/sync"))
            if lost:
                websocket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            await close(websocket)
        gone.set()


async def test_a_peer_for_which_the_queue_is_full_is_cut_off(house, monkeypatch):
    lab = await live(house)
    (connection,) = house.coordinator.peering.connections
    lab.peering.dialling.dial_no_more()
    monkeypatch.setattr(connection_, "QUEUED_BYTES_MAX", 0)
    connection.session.ping()
    connection._drain()
    assert connection.reason == "slow"
    assert house.coordinator.faults == [(LAB, "slow")]
    await house.coordinator.until(lambda sessions: not sessions)
    await lab.until(lambda sessions: not sessions)


async def test_a_peer_that_makes_the_replica_busier_than_it_may_be_is_cut_off(house, monkeypatch):
    lab = await live(house)
    (connection,) = house.coordinator.peering.connections
    monkeypatch.setattr(connection._queries, "full", lambda: True)
    lab.peering.dialling.dial_no_more()
    (own,) = lab.peering.connections
    own.session.put(messages.GetSummary(99, None, None))
    own._drain()
    await house.coordinator.until(lambda sessions: not sessions)
    assert connection.reason == "busy"
    assert house.coordinator.faults == [(LAB, "busy")]


# this side


async def test_a_replica_that_cannot_answer_ends_the_connection_and_says_why_in_the_log(
    house, monkeypatch, caplog
):
    lab = await live(house)
    (connection,) = lab.peering.connections

    async def fails(query: Any) -> object:
        raise sqlite3.OperationalError("disk I/O error")

    lab.peering.dialling.dial_no_more()
    monkeypatch.setattr(lab.replica, "answer", fails)
    connection.session.ask(RootsQuery(), lambda roots: None)
    connection._drain()
    assert await connection.ended == "internal"
    assert "an unforeseen error in answering a RootsQuery" in caplog.text
    assert "disk I/O error" in caplog.text
    monkeypatch.undo()
    await house.coordinator.until(lambda sessions: not sessions)


async def test_an_error_in_the_code_is_not_swallowed(house, monkeypatch, caplog):
    lab = await live(house)
    (connection,) = lab.peering.connections
    monkeypatch.setattr(connection.session, "received", lambda frame: 1 / 0)
    (other,) = house.coordinator.peering.connections
    other.session.ping()
    other._drain()
    assert await connection.ended == "lost"
    await lab.until(lambda sessions: not sessions)
    await asyncio.gather(*lab.peering.dialling._tasks.values(), return_exceptions=True)
    assert "ZeroDivisionError" in caplog.text


async def test_an_answer_that_comes_in_time_is_the_event(house):
    lab = await live(house)
    (connection,) = lab.peering.connections
    event = await connection.ask(lambda session: session.ping(), WAIT_S)
    assert event.id > 0


async def test_an_answer_that_comes_too_late_is_dropped(house, monkeypatch):
    lab = await live(house)
    (connection,) = lab.peering.connections
    granting = asyncio.Event()
    answer = house.coordinator.replica.answer

    async def slowly(query: Any) -> object:
        if isinstance(query, NumberQuery):
            await granting.wait()
        return await answer(query)

    monkeypatch.setattr(house.coordinator.replica, "answer", slowly)
    record = RecordId(b"r" * 16)
    assert await connection.ask(lambda session: session.ask_number(record, LAB), 0.05) is None
    granting.set()
    assert await connection.ask(lambda session: session.ping(), WAIT_S) is not None
    assert connection._expected == {}


async def test_who_waits_for_an_answer_hears_of_the_end(house):
    lab = await live(house)
    (connection,) = lab.peering.connections
    asking = asyncio.create_task(connection.ask(lambda session: session.next_id(), WAIT_S))
    await asyncio.sleep(0)
    lab.peering.dialling.dial_no_more()
    connection.stop("stopping")
    assert await asking is None


async def test_what_time_it_is_by_a_peer_goes_on_while_this_computer_sleeps(house, monkeypatch):
    lab = await live(house)
    (connection,) = lab.peering.connections
    before = connection.peer_now_ms
    awake = lab.replica.steady_s
    monkeypatch.setattr(lab.replica, "steady_s", lambda: awake() + 3600.0)
    assert 3_600_000 <= connection.peer_now_ms - before < 3_660_000


async def live(house: House) -> Daemon:
    """A desk with a connection to the coordinator that is in step."""
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    await house.coordinator.peering.wait_live(LAB)
    return lab


# before the peer has proved who it is


async def test_while_the_writer_is_busy_a_stranger_fills_no_memory(house):
    """It sends the largest messages, which nobody can look at yet: the line is cut at the first."""
    busy, free = threading.Event(), threading.Event()

    def work() -> None:
        busy.set()
        assert free.wait(WAIT_S)

    working = asyncio.create_task(house.coordinator.replica._run(work))
    await asyncio.to_thread(busy.wait, WAIT_S)
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(house.coordinator.url) as websocket,
        ):
            await house.coordinator.until(lambda sessions: len(sessions) == 1)
            (connection,) = house.coordinator.peering.connections
            await websocket.send_bytes(bytes(limits.FRAME_BYTES_MAX))
            assert await connection.ended == "protocol"
            assert connection.session._inbox_bytes == 0
    finally:
        free.set()
        await working
