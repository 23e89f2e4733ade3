"""Trying ports of other computers for them: a firewall is seen only from outside.

Nobody is told which address to try. It is always the one from which the connection itself comes, so
a peer learns of its own computer only.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sync.model.facts import Author
from sync.network.connection import Connection
from sync.protocol.addresses import Reach, TriedPort
from sync.protocol.events import Event, PortsArrived, PortsAsked
from sync.protocol.handshake import TRIES_PORTS
from sync.protocol.messages import PortsTried, TryPorts
from sync.protocol.session import Session

TRY_S_MAX: Final = 3.0
ANSWER_S_MAX: Final = 3 * TRY_S_MAX
PAUSE_S: Final = 2.0
"""So long after a trial for a peer no other one begins for it."""
TRIALS_MAX: Final = 8
"""Peers for which ports are tried at once."""
ASKED_MAX: Final = 3
"""Peers that are asked at once; what none of them reaches, nobody reaches."""


class PortTrials:
    """Tries ports for the peers of one replica, and asks them to do the same.

    Args:
        now_s: a clock that never goes back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._begun_s: dict[Author, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def heard(self, connection: Connection, event: Event, _among: Iterable[Connection]) -> None:
        """Something has happened on one of the connections."""
        if not isinstance(event, PortsAsked) or connection.peer is None:
            return
        if connection.far is None or not self._may_begin(connection.peer.author):
            _answer(connection, event.id, "", ())
            return
        task = asyncio.get_running_loop().create_task(_try(connection, connection.far, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(
        self, connections: Iterable[Connection], ports: Sequence[int]
    ) -> list[tuple[Author, PortsArrived]]:
        """Which of these ports peers on other computers reach, and who they are.

        A peer that did not answer in time, or has tried just now, is left out.
        """
        asked = [
            (one.peer.author, one.ask(lambda session: _ask(session, ports), ANSWER_S_MAX))
            for one in self.able(connections)
            if one.peer is not None
        ]
        answers = await asyncio.gather(*(answer for _, answer in asked))
        return [
            (author, answer)
            for (author, _), answer in zip(asked, answers, strict=True)
            if answer is not None and answer.found
        ]

    def able(self, connections: Iterable[Connection]) -> list[Connection]:
        """Those that can be asked now."""
        found = [
            one
            for one in connections
            if one.session.live and one.is_elsewhere and one.session.version >= TRIES_PORTS
        ]
        return found[:ASKED_MAX]

    async def close(self) -> None:
        """Give up what is being tried."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _may_begin(self, author: Author) -> bool:
        now_s = self._now_s()
        self._begun_s = {
            one: begun_s for one, begun_s in self._begun_s.items() if now_s - begun_s < PAUSE_S
        }
        if author in self._begun_s or len(self._tasks) >= TRIALS_MAX:
            return False
        self._begun_s[author] = now_s
        return True


def _ask(session: Session, ports: Sequence[int]) -> int:
    ident = session.next_id()
    session.send(TryPorts(ident, tuple(ports)))
    return ident


def _answer(connection: Connection, ident: int, host: str, found: tuple[TriedPort, ...]) -> None:
    connection.say(lambda session: session.send(PortsTried(ident, host, found)))


async def _try(connection: Connection, far: tuple[Any, ...], asked: PortsAsked) -> None:
    reached = await asyncio.gather(*(_reach(far, port) for port in asked.ports))
    found = tuple(TriedPort(*one) for one in zip(asked.ports, reached, strict=True))
    _answer(connection, asked.id, str(far[0]).partition("%")[0], found)


async def _reach(far: tuple[Any, ...], port: int) -> Reach:
    """Connect to a port at a socket address, and send nothing."""
    host, _, *scope = far
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.setblocking(False)
        try:
            async with asyncio.timeout(TRY_S_MAX):
                await asyncio.get_running_loop().sock_connect(line, (host, port, *scope))
        except ConnectionRefusedError:
            return Reach.REFUSED
        except OSError:  # TimeoutError is one
            return Reach.SILENT
    return Reach.OPEN
