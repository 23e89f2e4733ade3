"""The HTTP API of salvage: batches from the disk of a dead desk come in like those of a session."""

from __future__ import annotations

from typing import Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import require_administrator
from coordinator.errors import SalvageKeyUnknown
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.registry import terminals
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadMessage, TerminalNotFound
from sync.http.operations import Operation, read_body
from sync.model.facts import Author, State
from sync.protocol import messages
from sync.protocol.questions import Admittance, Merge
from sync.protocol.wire import FRAME_BYTES_MAX
from sync.reading.snapshot import Snapshot

_WHY: Final = {
    "key_missing": "no key of this author is known here",
    "lower_shard_missing": "an earlier part of what this author wrote is missing",
    "clock_missing": "facts before these are missing",
    "link_missing": "facts before these are missing",
}


class SalvageStart(msgspec.Struct):
    """The public half of the key on the disk, in hexadecimal."""

    public_key: str


class Begun(TypedDict):
    """The terminal, and its state."""

    code: str
    state: str


class Refused(TypedDict):
    """A part of what an author wrote that was not taken."""

    author: str
    shard: int
    reason: str
    why: str


class Brought(TypedDict):
    """How many facts were new, how many people of each author, and what was not taken."""

    facts: int
    people: dict[str, int]
    refused: list[Refused]


class SalvageEnd(msgspec.Struct):
    """Whether all that is on the disk was taken, and the public half of the key on it."""

    complete: bool
    public_key: str


class SalvagedPeople(TypedDict):
    """How many people stand alike; ``reason`` is why their number was refused."""

    status: str
    reason: str | None
    count: int


class Ended(TypedDict):
    """How the people registered at the terminal stand."""

    people: list[SalvagedPeople]


class SalvageApi:
    """Three steps: may this key salvage, as many pieces as there are, and the end."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """All of them."""
        path, about = "/api/terminals/{code}/salvage/", "terminals"
        unknown = (TerminalNotFound, SalvageKeyUnknown)
        return [
            Operation(
                "POST",
                path,
                self.begin,
                "Ask whether a disk can be salvaged",
                body=SalvageStart,
                answer=Begun,
                errors=unknown,
                about=about,
            ),
            Operation(
                "POST",
                path + "facts/",
                self.merge,
                "Bring in facts from a disk: bytes, as replicas push them to each other",
                answer=Brought,
                errors=(BadMessage,),
                about=about,
            ),
            Operation(
                "POST",
                path + "end/",
                self.end,
                "Judge what a disk has brought",
                body=SalvageEnd,
                answer=Ended,
                errors=unknown,
                about=about,
            ),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """Pass only if the registry knows the key, whatever the state of the terminal.

        Raises:
            TerminalNotFound: there is no terminal of that code, in whatever state.
            SalvageKeyUnknown: it never had that key.
        """
        require_administrator(request)
        code = request.match_info["code"]
        key = (await read_body(request, SalvageStart)).public_key

        def look(snapshot: Snapshot) -> State:
            terminal = terminals.known(snapshot, code)
            if key not in {known.hex() for known in snapshot.registry.keys_of(terminal.code)}:
                raise SalvageKeyUnknown(terminal=code)
            return terminal.state

        state = await self._replica.read(look)
        return web.json_response(Begun(code=code, state=state.value))

    async def merge(self, request: web.Request) -> web.Response:
        """Merge one piece; tell how many facts and people were new, and what was not taken.

        Raises:
            BadMessage: it is not a piece.
        """
        require_administrator(request)
        push = messages.decode(await _frame(request))
        if not isinstance(push, messages.Push):
            raise BadMessage(why="it holds no batches")
        authors = sorted({batch.author for batch in push.batches})
        newest = await self._replica.read(lambda snapshot: snapshot.store.next_patient_id() - 1)
        merged = await self._replica.merge(Merge(push.batches), self)
        people = await self._replica.read(
            lambda snapshot: snapshot.tables.count_people(authors, newest)
        )
        refused = [
            Refused(
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
        return web.json_response(Brought(facts=merged.facts, people=counts, refused=refused))

    async def end(self, request: web.Request) -> web.Response:
        """Judge what has no verdict; tell how the people registered at the terminal stand.

        A disk that was brought in whole is as good as a desk that has merged: recovery waits for it
        no longer. Not so the disk of a computer whose place another one has taken: what the other
        one knows is not on it.
        """
        require_administrator(request)
        code = request.match_info["code"]
        told = await read_body(request, SalvageEnd)

        def act(tx: Transaction) -> Author:
            terminal = terminals.known(tx, code)
            works = told.public_key in {key.hex() for key in terminal.live_keys}
            if told.complete and works:
                self._arbiter.recovery.note_merged(tx, terminal.code)
            return terminal.code

        author = await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        rows = await self._replica.read(lambda snapshot: snapshot.tables.count_people([author], 0))
        people = [
            SalvagedPeople(status=status, reason=reason, count=count)
            for _, status, reason, count in rows
        ]
        return web.json_response(Ended(people=people))


async def _frame(request: web.Request) -> bytes:
    """The bytes of a request's body; of more than a frame may have, the first."""
    data = bytearray()
    async for piece in request.content.iter_chunked(FRAME_BYTES_MAX):
        data += piece
        if len(data) > FRAME_BYTES_MAX:
            break
    return bytes(data)
