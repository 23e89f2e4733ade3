"""Real replicas and real sockets on this computer: dialling, accepting, and one of each."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from coordinator.registry import terminals
from sync.engine import keys, replica
from sync.errors import BadConfig, StoreFails
from sync.model.believed import UNKNOWN_MS
from sync.model.facts import COORDINATOR, Incarnation, RecordId, State
from sync.network.peering import Peering
from sync.protocol import messages
from sync.protocol.questions import Alone
from tests.sync.network.house import LAB, WAIT_S, WARD


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


async def test_a_connection_whose_other_side_has_not_said_who_it_is_has_a_time_too(house):
    """The API describes it as a date-time, and a generated client reads it as one."""
    async with aiohttp.ClientSession() as http, http.ws_connect(house.coordinator.url):
        await house.coordinator.until(len)
        (status,) = house.coordinator.peering.sessions()
        assert (status.author, status.live) == ("", False)
        assert datetime.fromisoformat(status.since).tzinfo is UTC


async def test_a_line_that_is_being_closed_is_not_shown_as_a_connection(house):
    """Whoever has just been told that a desk is offline must not read that it is connected."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(house.coordinator.url, autoclose=False),  # and it does not close either
    ):
        await house.coordinator.until(len)
        house.coordinator.peering.go_offline()
        assert house.coordinator.peering.sessions() == []
        assert len(house.coordinator.peering.connections) == 1


async def test_a_desk_that_is_offline_has_no_connections_until_it_goes_online(house, monkeypatch):
    lab, ward = await house.desk(LAB), await house.desk(WARD)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    dialled = []
    run = lab.peering._run

    def noted(websocket, own, address, *more):
        dialled.append(address)
        return run(websocket, own, address, *more)

    monkeypatch.setattr(lab.peering, "_run", noted)
    lab.peering.go_offline()
    await lab.until(lambda sessions: not sessions)
    await house.coordinator.until(lambda sessions: not sessions)
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await http.ws_connect(lab.url)
    await lab.register()
    ward.peering.dial(house.coordinator.url)
    await ward.peering.wait_live(COORDINATOR)  # meanwhile the lab could have dialled
    assert lab.peering.is_offline
    assert (lab.peering.sessions(), dialled) == ([], [])
    lab.peering.go_online()
    await lab.peering.wait_live(COORDINATOR)
    await house.coordinator.holds_what(lab)


async def test_a_connection_that_comes_up_while_a_desk_is_offline_is_closed(house, monkeypatch):
    lab = await house.desk(LAB)
    run = lab.peering._run

    def offline_first(*how):
        monkeypatch.undo()
        lab.peering.go_offline()
        return run(*how)

    monkeypatch.setattr(lab.peering, "_run", offline_first)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_until(lambda: lab.peering.is_offline and not lab.peering.sessions())
    assert lab.live == []
    lab.peering.go_online()
    await lab.peering.wait_live(COORDINATOR)


@pytest.mark.parametrize(
    "error", [StoreFails(path="lab", why="the disk is full"), RuntimeError("unforeseen")]
)
async def test_whoever_waits_hears_of_the_last_end_though_the_disk_fails(
    house, monkeypatch, caplog, error
):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    answer = lab.replica.answer

    async def failing(query):
        if isinstance(query, Alone):
            raise error
        return await answer(query)

    monkeypatch.setattr(lab.replica, "answer", failing)
    (task,) = lab.peering.dialling._tasks.values()
    lab.peering.go_offline()
    async with asyncio.timeout(WAIT_S):
        await lab.peering.wait_until(lambda: not lab.peering.connections)
        lab.peering.go_online()
        if isinstance(error, StoreFails):  # what nobody foresaw is dialled again a minute later
            await lab.peering.wait_live(COORDINATOR)
            assert not task.done()
        else:
            await asyncio.wait([task])
    assert str(error) in caplog.text


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
    found = await lab.replica.write(lambda tx: tx.store.decisions.grants_of([record]))
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


async def test_another_computer_is_not_dialled(house):
    with pytest.raises(BadConfig):
        house.coordinator.peering.dial("ws://192.168.1.5:8000/sync")


async def test_a_desk_that_does_not_know_the_time_says_so(house):
    hub, lab = house.coordinator, await house.desk(LAB)
    heard = []
    for daemon, on_clock in ((hub, lambda *said: heard.append(said)), (lab, None)):
        await daemon.stop()
        daemon.peering = Peering(
            daemon.replica,
            daemon.signer,
            house.key.public_key,
            lambda: 0.01,
            on_clock=on_clock,
            shown_to_peers_ms=lambda: UNKNOWN_MS,
        )
    await hub.listen()
    lab.peering.dial(hub.url)
    await hub.peering.wait_live(LAB)
    assert heard == [(LAB, UNKNOWN_MS)]


async def test_a_computer_that_was_withdrawn_has_no_say_in_what_time_it_is(house, tmp_path):
    hub = house.coordinator
    await hub.stop()
    hub.peering = Peering(
        hub.replica,
        hub.signer,
        house.key.public_key,
        lambda: 0.01,
        on_clock=hub.replica.believed.tell,  # as coordinator/daemon.py has it
    )
    await hub.listen()
    lab = await house.desk(LAB)
    lab.peering.dial(hub.url)
    await lab.peering.wait_live(COORDINATOR)
    await hub.peering.wait_live(LAB)
    heard = dict(hub.replica.believed.heard)
    assert set(heard) == {LAB}, "one that may sync is heard"
    await lab.stop()
    act = hub.replica.write
    await act(lambda tx: terminals.change_terminal(tx, LAB, state=State.REVOKED, why="stolen"))
    await act(
        lambda tx: terminals.join_node(
            tx, LAB, keys.Signer.new().public_key, Incarnation(b"another!")
        )
    )
    assert LAB in hub.replica.registry.replicas
    replica.init(tmp_path / "stolen", LAB)
    stolen = await house.open(tmp_path / "stolen", lab.signer)
    stolen.peering = Peering(
        stolen.replica,
        lab.signer,
        house.key.public_key,
        lambda: 0.01,
        shown_to_peers_ms=lambda: 4_000_000_000_000,
    )
    stolen.peering.dial(hub.url)
    await stolen.peering.wait_until(lambda: stolen.peering.refusal is not None)
    assert stolen.peering.refusal.reason == "withdrawn"
    assert hub.replica.believed.heard == heard
