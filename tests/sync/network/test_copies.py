"""Two connections with one replica: which of them ends, and when two copies of it are alive."""

from __future__ import annotations

import asyncio
import shutil
from itertools import product
from typing import Any

import pytest

from sync.model.facts import COORDINATOR, Author, Incarnation
from sync.network import copies
from sync.network.copies import Rivalry, rivalry
from sync.network.peering import SessionStatus
from sync.protocol.events import Established
from tests.sync.network.house import LAB, WAIT_S, WARD, Daemon, House

SMALL, LARGE = b"a" * 16, b"b" * 16
PEER = Established(LAB, LARGE, Incarnation(b"incarnat"), b"process1", b"k" * 32)


# what ends


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"replica": SMALL}, True),  # a copy that was given a new id, under its old name
        ({"incarnation": Incarnation(b"laterone")}, True),
        ({"replica": SMALL, "incarnation": Incarnation(b"laterone")}, False),
        ({"replica": SMALL, "author": WARD}, False),
        ({"key": b"l" * 32}, False),
    ],
)
def test_a_replica_is_known_by_its_key_and_one_of_its_names(changed, same):
    found = rivalry(PEER, True, PEER._replace(**changed), True, SMALL)
    assert (found is not None) == same


@pytest.mark.parametrize("dialled", list(product([True, False], repeat=2)))
def test_another_process_is_a_restart_or_a_copy(dialled):
    new = PEER._replace(process=b"process2")
    found = rivalry(PEER, dialled[0], new, dialled[1], SMALL)
    assert found is Rivalry.OLD_ENDS_IF_DEAD_ELSE_COPIES


def test_a_peer_that_was_dialled_twice_is_left_once():
    assert rivalry(PEER, True, PEER, True, SMALL) is Rivalry.NEW_ENDS


def test_a_peer_that_dials_twice_is_asked_whether_it_still_has_the_older_connection():
    assert rivalry(PEER, False, PEER, False, SMALL) is Rivalry.OLD_ENDS_IF_DEAD


@pytest.mark.parametrize("order_here", [True, False], ids=["own first", "own second"])
@pytest.mark.parametrize("order_there", [True, False], ids=["own first", "own second"])
def test_two_that_dial_each_other_end_the_same_connection(order_here, order_there):
    """Whichever of the two comes up first on each side, that which the smaller id dialled stays."""

    def stays_own(ours: bytes, theirs: bytes, own_first: bool) -> bool:
        peer = PEER._replace(replica=theirs)
        found = rivalry(peer, own_first, peer, not own_first, ours)
        assert found in (Rivalry.NEW_ENDS, Rivalry.OLD_ENDS)
        return own_first == (found is Rivalry.NEW_ENDS)

    assert stays_own(SMALL, LARGE, order_here)
    assert not stays_own(LARGE, SMALL, order_there)


# real replicas


async def test_of_two_connections_between_two_replicas_one_stays(house):
    lab, ward = await house.desk(LAB), await house.desk(WARD)
    for desk in (lab, ward):
        desk.peering.dial(house.coordinator.url)
        await desk.peering.wait_live(COORDINATOR)
    lab.peering.dial(ward.url)
    ward.peering.dial(lab.url)
    smaller, larger = sorted((lab, ward), key=lambda desk: desk.replica.replica_id)

    def only(daemon: Daemon, other: Author, dialled: bool) -> Any:
        def holds(sessions: list[SessionStatus]) -> bool:
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
    assert lab.live_copies == []


async def test_two_live_copies_of_a_desk_are_noticed(house):
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    clone = await copy_of(house, lab)
    assert clone.replica.replica_id == lab.replica.replica_id
    clone.peering.dial(house.coordinator.url)
    await house.coordinator.peering.wait_until(lambda: house.coordinator.live_copies)
    assert house.coordinator.live_copies[0] == LAB
    assert lab.peering.coordinator_live
    async with asyncio.timeout(WAIT_S):
        await clone.peering.wait_until(lambda: clone.live_copies)
    assert clone.live_copies[0] == LAB


async def test_a_restarted_desk_is_no_copy(house):
    lab = await house.desk(LAB)
    for _ in range(2):
        lab.peering.dial(house.coordinator.url)
        await lab.peering.wait_live(COORDINATOR)
        await lab.restart()
    assert house.coordinator.live_copies == []


async def test_a_dead_older_connection_gives_way(house, monkeypatch, caplog):
    monkeypatch.setattr(copies, "PING_S_MAX", 0.05)
    caplog.set_level("INFO", "mrnmesh.peering")
    lab = await house.desk(LAB)
    lab.peering.dial(house.coordinator.url)
    await lab.peering.wait_live(COORDINATOR)
    (connection,) = lab.peering.connections
    monkeypatch.setattr(connection.session, "received", lambda frame: None)
    lab.peering.dialling.dial_no_more()
    rebooted = await copy_of(house, lab)
    rebooted.peering.dial(house.coordinator.url)
    await rebooted.peering.wait_live(COORDINATOR)
    await lab.until(lambda sessions: not sessions)
    assert "has ended: gone" in caplog.text
    assert house.coordinator.live_copies == []
    assert rebooted.peering.coordinator_live


async def copy_of(house: House, desk: Daemon) -> Daemon:
    """A second computer with the same disk."""
    target = house.folder / "copy"
    shutil.copytree(desk.replica.folder, target, ignore=shutil.ignore_patterns("*lock*"))
    return await house.open(target, desk.signer)
