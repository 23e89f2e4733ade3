"""Real replicas and real sockets on this computer: dialling, accepting, and one of each."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from coordinator.registry import terminals
from sync.errors import BadConfig
from sync.model.facts import COORDINATOR, Author, RecordId, State
from sync.network import peering
from sync.network.connection import QUEUED_BYTES_MAX, Outbox
from sync.network.peering import back_off_s, require_loopback
from sync.protocol import limits, messages
from tests.sync.network.house import Daemon, House

LAB = Author("LAB1-PC")
WARD = Author("WARD-PC")
WAIT_S = 20.0


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    async with asyncio.timeout(2 * WAIT_S):
        await house.start()
        try:
            yield house
        finally:
            await house.stop()


async def test_a_desk_dials_the_coordinator_and_both_hold_the_same(house):
    lab = await house.desk(LAB)
    await lab.register()
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    await house.coordinator.peering.wait_live(LAB)
    assert await lab.roots() == await house.coordinator.roots()
    assert lab.peering.coordinator_live
    assert house.coordinator.live == [LAB]
    (status,) = house.coordinator.peering.sessions()
    assert (status.author, status.state, status.live) == (LAB, "document", True)


async def test_a_desk_that_is_held_has_no_connections_until_it_is_released(house, monkeypatch):
    lab, ward = await house.desk(LAB), await house.desk(WARD)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    dialled = []
    dial = lab.peering._dial

    def noted(url):
        dialled.append(url)
        return dial(url)

    monkeypatch.setattr(lab.peering, "_dial", noted)
    lab.peering.go_offline()
    await lab.until(lambda sessions: not sessions)
    await house.coordinator.until(lambda sessions: not sessions)
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await http.ws_connect(lab.url)
    await lab.register()
    ward.peering.dial(house.coordinator.url)
    await ward.peering.wait_live(COORDINATOR)  # meanwhile the lab could have dialled
    assert lab.peering.held
    assert (lab.peering.sessions(), dialled) == ([], [])
    lab.peering.go_online()
    await lab.peering.wait_live(COORDINATOR)
    await house.coordinator.holds_what(lab)


async def test_a_connection_that_comes_up_while_a_desk_is_held_is_closed(house, monkeypatch):
    lab = await house.desk(LAB)
    run = lab.peering._run

    def held_first(websocket, dialled, address):
        monkeypatch.undo()
        lab.peering.go_offline()
        return run(websocket, dialled, address)

    monkeypatch.setattr(lab.peering, "_run", held_first)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_until(lambda: lab.peering.held and not lab.peering.sessions())
    assert lab.live == []
    lab.peering.go_online()
    await lab.peering.wait_live(COORDINATOR)


async def test_new_people_are_pushed_through_the_coordinator(house):
    lab, ward = await house.desk(LAB), await house.desk(WARD)
    for desk in (lab, ward):
        desk.peering.dial(house.coordinator.url)
        await desk.peering.wait_live(COORDINATOR)
    for _ in range(20):
        await lab.register()
    await ward.holds_what(lab)
    await house.coordinator.holds_what(lab)


async def test_what_is_written_alone_is_signed_when_a_session_opens(house):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    signed = await lab.roots()
    await lab.register()
    assert await lab.roots() != signed
    await house.coordinator.stop()
    await lab.until(lambda sessions: not sessions)
    signed = await lab.roots()
    for _ in range(3):
        await lab.register()
    assert await lab.roots() == signed
    house.coordinator.begin()
    await house.coordinator.listen()
    await house.coordinator.peering.wait_live(LAB)
    await house.coordinator.holds_what(lab)
    assert await lab.roots() != signed


async def test_a_number_comes_over_the_wire_with_its_grant(house):
    lab = await house.desk(LAB)
    assert await lab.peering.request_number(b"r" * 16, LAB, 1.0) is None
    assert not await lab.peering.probe(1.0)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    assert await lab.peering.probe(WAIT_S)
    record = RecordId(b"r" * 16)
    granted = await lab.peering.request_number(record, LAB, WAIT_S)
    assert granted is not None
    assert granted.mrn is not None
    assert granted.mrn.startswith("PAT-")
    found = await lab.replica.write(lambda tx: tx.tables.grants_of([record]))
    assert found[record]


async def test_a_late_number_is_dropped(house, monkeypatch):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    late = asyncio.Event()
    grant = house.coordinator.replica.answer

    async def slowly(query: Any) -> object:
        if type(query).__name__ == "NumberQuery":
            await late.wait()
        return await grant(query)

    monkeypatch.setattr(house.coordinator.replica, "answer", slowly)
    assert await lab.peering.request_number(b"r" * 16, LAB, 0.05) is None
    late.set()
    granted = await lab.peering.request_number(b"s" * 16, LAB, WAIT_S)
    assert granted is not None
    assert granted.mrn is not None
    assert granted.mrn.endswith("-0002")


async def test_a_desk_comes_back_after_the_coordinator_has_restarted(house):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    await house.coordinator.stop()
    await lab.until(lambda sessions: not sessions)
    assert not lab.peering.coordinator_live
    await lab.register()
    house.coordinator.begin()
    await house.coordinator.listen()
    await lab.peering.wait_live(COORDINATOR)
    assert await lab.roots() == await house.coordinator.roots()


async def test_of_two_connections_between_two_replicas_one_stays(house):
    lab, ward = await house.desk(LAB), await house.desk(WARD)
    for desk in (lab, ward):
        desk.peering.dial(house.coordinator.url)
        await desk.peering.wait_live(COORDINATOR)
    lab.peering.dial(ward.url)
    ward.peering.dial(lab.url)
    smaller, larger = sorted((lab, ward), key=lambda desk: desk.replica.replica_id)

    def only(daemon: Daemon, other: Author, dialled: bool) -> Any:
        def holds(sessions: list[peering.SessionStatus]) -> bool:
            found = [one for one in sessions if one.author == other and one.live]
            return (
                len(sessions) == 2
                and len(found) == 1
                and found[0].address.startswith("ws:") == dialled
            )

        return daemon.until(holds)

    async with asyncio.timeout(WAIT_S):
        await only(smaller, larger.replica.identity.author, True)
        await only(larger, smaller.replica.identity.author, False)


async def test_the_same_peer_under_two_addresses_is_connected_once(house):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    lab.peering.dial(house.coordinator.url.replace("127.0.0.1", "localhost"))
    await lab.until(lambda sessions: len(sessions) == 2)
    await lab.until(lambda sessions: len(sessions) == 1)
    assert lab.peering.coordinator_live
    assert lab.twins == []


async def test_two_live_copies_of_a_desk_are_noticed(house):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    await lab.replica.write(lambda tx: tx.connection.execute("SELECT 1"))
    copy = house.folder / "copy"
    shutil.copytree(house.folder / LAB, copy, ignore=shutil.ignore_patterns("*lock*"))
    twin = await house.open(copy, lab.signer)
    assert twin.replica.replica_id == lab.replica.replica_id
    twin.peering.dial(house.coordinator.url)
    await house.coordinator.peering.wait_until(lambda: house.coordinator.twins)
    assert house.coordinator.twins[0] == LAB
    assert lab.peering.coordinator_live
    async with asyncio.timeout(5):
        await twin.peering.wait_until(lambda: twin.twins)  # whoever sits at it must hear of it
    assert twin.twins[0] == LAB


async def test_a_restarted_desk_is_no_twin(house):
    lab = await house.desk(LAB)
    for _ in range(2):
        lab.peering.dial(house.coordinator.url)
        await lab.peering.wait_live(COORDINATOR)
        await lab.restart()
    assert house.coordinator.twins == []


async def test_a_dead_older_connection_gives_way(house, monkeypatch):
    monkeypatch.setattr(peering, "PING_S_MAX", 0.05)
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    (connection,) = lab.peering._connections
    monkeypatch.setattr(connection.session, "received", lambda frame: None)
    copy = house.folder / "copy"
    shutil.copytree(house.folder / LAB, copy, ignore=shutil.ignore_patterns("*lock*"))
    rebooted = await house.open(copy, lab.signer)
    lab.peering._dialling[0].cancel()
    rebooted.peering.dial(house.coordinator.url)
    await rebooted.peering.wait_live(COORDINATOR)
    await lab.until(lambda sessions: not sessions)
    assert house.coordinator.twins == []
    assert rebooted.peering.coordinator_live


async def test_a_revoked_desk_learns_of_it(house):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    await house.coordinator.replica.write(
        lambda tx: terminals.change_terminal(tx, LAB, state=State.REVOKED)
    )
    await lab.peering.wait_until(lambda: lab.peering.refusal is not None)
    assert lab.peering.refusal.reason == "revoked"
    assert lab.replica.registry.terminals[LAB].state is State.REVOKED


async def test_web_pages_cannot_connect(house):
    async with aiohttp.ClientSession() as client:
        url = house.coordinator.url.replace("ws:", "http:")
        async with client.get(url, headers={"Origin": "http://evil.example"}) as response:
            assert response.status == 403


async def test_texts_are_no_messages(house):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(house.coordinator.url) as websocket,
    ):
        await websocket.send_str("hello")
        received = [message.data async for message in websocket]
        assert messages.decode(received[-1]) == messages.Bye("not_binary")


async def test_a_frame_that_is_too_large_ends_the_connection(house):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(house.coordinator.url) as websocket,
    ):
        await websocket.receive_bytes()
        await websocket.send_bytes(bytes(limits.FRAME_BYTES_MAX + 1))
        await house.coordinator.until(lambda sessions: not sessions)


async def test_a_peer_that_does_not_read_is_closed(house, monkeypatch):
    monkeypatch.setattr("sync.network.connection.SEND_S_MAX", 0.05)
    _, writer = await asyncio.open_connection("127.0.0.1", house.coordinator.port)
    writer.write(
        b"GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await house.coordinator.until(lambda sessions: len(sessions) == 1)
    (connection,) = house.coordinator.peering._connections
    line: Any = writer.transport
    line.pause_reading()
    while connection.reason == "":
        connection._outbox.put(bytes(limits.FRAME_BYTES_MAX), False)
        await asyncio.sleep(0)
    assert connection.reason == "slow"
    await house.coordinator.until(lambda sessions: not sessions)
    writer.transport.abort()


async def test_what_waits_to_be_sent_is_bounded():
    outbox = Outbox()
    frame = bytes(limits.FRAME_BYTES_MAX)
    assert all(outbox.put(frame, False) for _ in range(QUEUED_BYTES_MAX // len(frame)))
    assert not outbox.put(b"x", True)
    await outbox.get()
    assert outbox.put(b"x", True)


async def test_urgent_frames_go_first():
    outbox = Outbox()
    outbox.put(b"one", False)
    outbox.put(b"two", False)
    outbox.put(b"first", True)
    outbox.put(b"second", True)
    outbox.close()
    assert [await outbox.get() for _ in range(5)] == [b"first", b"second", b"one", b"two", None]


async def test_stopping_says_goodbye_to_all(house):
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(house.coordinator.url) as websocket,
    ):
        await websocket.receive_bytes()
        stopping = asyncio.create_task(house.coordinator.stop())
        received = [message.data async for message in websocket]
        assert messages.decode(received[-1]) == messages.Bye("stopping")
        await stopping


async def test_stopping_while_nothing_answers_is_quick(house):
    lab = await house.desk(LAB)
    lab.peering.dial("ws://127.0.0.1:9/sync")
    await lab.stop()
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as client:
            await client.ws_connect(lab.url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_this_computer_is_loopback(host):
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "10.0.0.1", "::", "no such host", ""])
def test_other_hosts_are_not_loopback(host):
    with pytest.raises(BadConfig):
        require_loopback(host)


async def test_another_computer_is_not_dialled(house):
    with pytest.raises(BadConfig):
        house.coordinator.peering.dial("ws://192.168.1.5:8000/sync")


def test_the_back_off_doubles_up_to_a_minute():
    assert [back_off_s(attempt, lambda: 1.0) for attempt in (0, 1, 2, 6, 7, 8, 1000)] == [
        0.5,
        1.0,
        2.0,
        32.0,
        60.0,
        60.0,
        60.0,
    ]
    assert back_off_s(5, lambda: 0.0) == 0.0
