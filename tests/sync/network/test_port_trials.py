"""Ports are tried for whoever asks, at the address that he comes from and nowhere else."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from sync.network.port_trials import PAUSE_S, TRIALS_MAX, PortTrials
from sync.protocol.addresses import Reach, TriedPort
from sync.protocol.events import PongArrived, PortsArrived, PortsAsked
from sync.protocol.messages import PortsTried, TryPorts


class Peer:
    """A connection to somebody; ``said`` is what he was told."""

    def __init__(self, author: str, far: tuple[Any, ...] | None = ("127.0.0.1", 5)) -> None:
        self.peer = SimpleNamespace(author=author)
        self.far = far
        self.is_elsewhere = True
        self.session = SimpleNamespace(live=True, version=2, next_id=lambda: 7, send=self._send)
        self.answer: PortsArrived | None = None
        self.said: list[Any] = []
        self.spoken = asyncio.Event()

    def _send(self, message: Any) -> None:
        self.said.append(message)
        self.spoken.set()

    def say(self, what: Any) -> None:
        what(self.session)

    async def ask(self, send: Any, timeout_s: float) -> PortsArrived | None:
        assert send(self.session) == 7
        return self.answer

    async def next_said(self) -> PortsTried:
        await asyncio.wait_for(self.spoken.wait(), 60)
        self.spoken.clear()
        return self.said.pop()


@pytest.fixture
def now():
    return [100.0]


@pytest.fixture
async def trials(now):
    trials = PortTrials(lambda: now[0])
    yield trials
    await trials.close()


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        yield line.getsockname()[1]


async def test_open_and_refused_ports_are_told_apart(trials, listening, closed):
    peer = Peer("LAB1-PC")
    trials.heard(peer, PortsAsked(3, (listening, closed)), ())
    found = (TriedPort(listening, Reach.OPEN), TriedPort(closed, Reach.REFUSED))
    assert await peer.next_said() == PortsTried(3, "127.0.0.1", found)


async def test_where_nobody_can_be_reached_is_silent(trials):
    peer = Peer("LAB1-PC", ("255.255.255.255", 5))
    trials.heard(peer, PortsAsked(3, (9,)), ())
    assert (await peer.next_said()).found == (TriedPort(9, Reach.SILENT),)


async def test_an_address_of_ipv6_keeps_its_interface(trials, closed):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        peer = Peer("LAB1-PC", ("::1", 5, 0, 0))
        trials.heard(peer, PortsAsked(3, (port,)), ())
        assert await peer.next_said() == PortsTried(3, "::1", (TriedPort(port, Reach.OPEN),))


async def test_a_peer_that_asks_again_at_once_is_told_that_nothing_was_tried(
    trials, now, listening
):
    peer, other = Peer("LAB1-PC"), Peer("WARD-PC")
    trials.heard(peer, PortsAsked(1, (listening,)), ())
    assert len((await peer.next_said()).found) == 1
    trials.heard(peer, PortsAsked(2, (listening,)), ())
    assert await peer.next_said() == PortsTried(2, "", ())
    trials.heard(other, PortsAsked(1, (listening,)), ())
    assert len((await other.next_said()).found) == 1
    now[0] += PAUSE_S
    trials.heard(peer, PortsAsked(3, (listening,)), ())
    assert len((await peer.next_said()).found) == 1


async def test_only_so_many_are_served_at_once(trials, listening):
    peers = [Peer(f"LAB{number}-PC") for number in range(TRIALS_MAX + 1)]
    for peer in peers:
        trials.heard(peer, PortsAsked(1, (listening,)), ())
    said = [await peer.next_said() for peer in peers]
    assert [bool(one.found) for one in said] == [True] * TRIALS_MAX + [False]


async def test_a_line_that_is_gone_and_other_events_begin_nothing(trials, listening):
    gone = Peer("LAB1-PC", None)
    trials.heard(gone, PortsAsked(1, (listening,)), ())
    assert await gone.next_said() == PortsTried(1, "", ())
    trials.heard(gone, PongArrived(1), ())
    assert not gone.said


async def test_those_on_other_computers_that_can_are_asked(trials):
    peers = [Peer(f"LAB{number}-PC") for number in range(6)]
    here, old, away, busy, *others = peers
    here.is_elsewhere, old.session.version, away.session.live = False, 1, False
    busy.answer = PortsArrived(7, "", ())
    others[0].answer = PortsArrived(7, "10.0.0.1", (TriedPort(8471, Reach.OPEN),))
    assert await trials.ask(peers, [8471]) == [("LAB4-PC", others[0].answer)]
    assert [peer.said for peer in peers] == [[]] * 3 + [[TryPorts(7, (8471,))]] * 3
