"""Salvage over HTTP: batches from the disk of a dead desk come in like those of a session.

There are three steps: may this key salvage, as many pieces as there are, and the end.
"""

from __future__ import annotations

from functools import partial
from typing import Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.errors import SalvageKeyUnknown
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.registry import terminals
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadMessage, TerminalNotFound
from sync.http.operations import Needs, Operation, read_body
from sync.http.requests import BODY
from sync.model.facts import COORDINATOR, Author, Reason, State
from sync.protocol import limits, messages
from sync.protocol.questions import Admittance, Merge
from sync.reading.snapshot import Snapshot
from sync.reading.view import View
from sync.rules.admission import MrnStatus

_WHY: Final = {
    "key_missing": "no key of this author is known here",
    "lower_shard_missing": "an earlier part of what this author wrote is missing",
    "clock_missing": "records before these are missing",
    "link_missing": "records before these are missing",
}


class SalvageStart(msgspec.Struct):
    """The public half of the key on the disk, in hexadecimal."""

    public_key: str


class SalvageBegun(TypedDict):
    """The terminal, and its state."""

    code: str
    state: State


class RefusedPart(TypedDict):
    """A part of what an author wrote that was not taken."""

    author: str
    shard: int
    reason: str
    why: str


class SalvagedFacts(TypedDict):
    """How many records were new, how many people of each author, and what was not taken."""

    facts: int
    people: dict[str, int]
    refused: list[RefusedPart]


class SalvageEnd(msgspec.Struct):
    """Whether all that is on the disk was taken, and the public half of the key on it."""

    complete: bool
    public_key: str


class SalvagedPeople(TypedDict):
    """How many people stand alike; ``reason`` is why their number was refused."""

    status: MrnStatus
    reason: Reason | None
    count: int


class SalvageResult(TypedDict):
    """How the people registered at the terminal stand."""

    people: list[SalvagedPeople]


class SalvageApi:
    """Operations that bring in what is on the disk of a dead desk."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        path = "/api/terminals/{code}/salvage/"
        operation = partial(Operation, needs=Needs.ADMINISTER, about="terminals")
        unknown = (TerminalNotFound, SalvageKeyUnknown)
        return [
            operation(
                "POST",
                path,
                self.begin,
                "Ask whether a disk can be salvaged",
                body=SalvageStart,
                errors=unknown,
            ),
            operation(
                "POST",
                path + "facts/",
                self.merge,
                "Bring in records from a disk: bytes, as daemons push them to each other",
                body=bytes,
                body_bytes_max=limits.FRAME_BYTES_MAX,
                errors=(BadMessage,),
            ),
            operation(
                "POST",
                path + "end/",
                self.end,
                "Judge what a disk has brought",
                body=SalvageEnd,
                errors=unknown,
            ),
        ]

    async def begin(self, request: web.Request) -> SalvageBegun:
        """Let only a key through that the registry knows; return the terminal, whatever its state.

        The code of the coordinator itself is for a former data folder of it.

        Raises:
            TerminalNotFound: there is no terminal of that code.
            SalvageKeyUnknown: it never had that key.
        """
        code = request.match_info["code"]
        key = read_body(request, SalvageStart).public_key

        def look(snapshot: Snapshot) -> State:
            if code == COORDINATOR:
                state, known = State.ACTIVE, self._own_keys(snapshot)
            else:
                state, known = _state_and_keys(snapshot, code)
            if key not in {one.hex() for one in known}:
                raise SalvageKeyUnknown(terminal=code)
            return state

        state = await self._replica.read(look)
        return {"code": code, "state": state}

    async def merge(self, request: web.Request) -> SalvagedFacts:
        """Merge one piece; return how many facts and people were new, and what was not taken.

        Raises:
            BadMessage: it is not a piece.
        """
        push = messages.decode(request[BODY])
        if not isinstance(push, messages.Push):
            raise BadMessage(why="it holds no records")
        authors = sorted({batch.author for batch in push.batches})
        newest = await self._replica.read(
            lambda snapshot: snapshot.store.local.next_patient_id() - 1
        )
        merged = await self._replica.merge(Merge(push.batches), self)
        people = await self._replica.read(
            lambda snapshot: snapshot.store.people.count_people(authors, newest)
        )
        refused = [
            RefusedPart(
                author=batch.author,
                shard=batch.shard,
                reason=outcome.reason,
                why=outcome.why or _WHY[outcome.reason],
            )
            for batch, outcome in zip(push.batches, merged.outcomes, strict=True)
            if outcome.entry is not Admittance.ACCEPTED
        ]
        counts: dict[str, int] = {}
        for author, _, _, count in people:
            counts[author] = counts.get(author, 0) + count
        return {"facts": merged.facts, "people": counts, "refused": refused}

    async def end(self, request: web.Request) -> SalvageResult:
        """Judge what has no verdict; return how the people registered at the terminal stand.

        A disk that was brought in whole is as good as a desk that has merged, so recovery waits for
        it no longer. The disk of a computer that another one has replaced is not, because what the
        new computer knows is not on it. A folder of the coordinator is none either: what it gave
        last may be at a desk alone.
        """
        code = request.match_info["code"]
        disk = read_body(request, SalvageEnd)

        def act(tx: Transaction) -> None:
            if code != COORDINATOR:
                terminal = terminals.known(tx, code)
                works = disk.public_key in {key.hex() for key in terminal.live_keys}
                if disk.complete and works:
                    self._arbiter.recovery.note_merged(tx, terminal.code)
            # The disk of an earlier computer may have brought what no desk has.
            self._arbiter.recovery.end_if_over(tx)

        await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        rows = await self._replica.read(
            lambda snapshot: snapshot.store.people.count_people([Author(code)], 0)
        )
        people = [
            SalvagedPeople(
                status=MrnStatus(status), reason=Reason(reason) if reason else None, count=count
            )
            for _, status, reason, count in rows
        ]
        return {"people": people}

    def _own_keys(self, view: View) -> frozenset[bytes]:
        """The keys with which this coordinator signs, and has signed what is still good."""
        return view.registry.succession.trusted | {self._replica.public_key}


def _state_and_keys(view: View, code: str) -> tuple[State, frozenset[bytes]]:
    terminal = terminals.known(view, code)
    return terminal.state, view.registry.keys_of(terminal.code)
