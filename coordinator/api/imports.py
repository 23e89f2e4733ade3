"""Taking over the registers of an earlier system over HTTP, for ``mrnmesh-coordinator import``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Annotated, Any, Final, TypedDict, TypeVar

import msgspec
from aiohttp import web

from coordinator.errors import InRecovery
from coordinator.importing import take
from coordinator.importing.run import TableName
from coordinator.importing.take import Note, Taken
from coordinator.judging.arbiter import Arbiter
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.http.operations import Needs, Operation, read_body
from sync.http.people import possible_times
from sync.http.registration import new_record_id
from sync.model.formats import time_of_ms
from sync.model.person.more import More
from sync.reading.snapshot import Snapshot

BODY_BYTES_MAX: Final = 4 * 1024 * 1024
PEOPLE_MAX: Final = 1000
"""In one request, which is one transaction: others wait for it."""
TERMINALS_MAX: Final = 5000

T = TypeVar("T", bound=msgspec.Struct)
_DRY_RUN: Final = msgspec.Meta(description="only find out what would become of the rows")


class PatientRows(msgspec.Struct, kw_only=True, frozen=True):
    """Rows of the patients' table, each an object of texts by column."""

    rows: Annotated[list[dict[str, str]], msgspec.Meta(max_length=PEOPLE_MAX)]
    dry_run: Annotated[bool, _DRY_RUN] = False
    lenient: Annotated[bool, msgspec.Meta(description="leave out fields that break a rule")] = False
    take_odd: Annotated[bool, msgspec.Meta(description="take rows that look odd too")] = False


class TerminalRows(msgspec.Struct, kw_only=True, frozen=True):
    """Rows of the terminals' table, each an object of texts by column."""

    rows: Annotated[list[dict[str, str]], msgspec.Meta(max_length=TERMINALS_MAX)]
    dry_run: Annotated[bool, _DRY_RUN] = False


class ImportNote(TypedDict):
    """A row by its position, its number, and why it is not taken, or not taken whole."""

    row: int
    mrn: str
    code: str
    detail: str


class ImportAnswer(TypedDict):
    """What became of the rows; ``there`` are the positions of those that were taken before.

    Of these ``filled`` lets something be filled in. ``alike`` are those who would be taken by a dry
    run, and look like somebody who is registered.
    """

    taken: int
    there: list[int]
    filled: list[int]
    alike: list[int]
    refused: list[ImportNote]
    left_out: list[ImportNote]


class ImportApi:
    """Operations that take over registers.

    Args:
        zone: the facility's, in which times without a zone are meant.
        fields: the identifiers and own fields in the settings.
    """

    def __init__(self, replica: Replica, arbiter: Arbiter, zone: tzinfo, fields: More = ()) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._zone = zone
        self._fields = fields

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(
            Operation,
            needs=Needs.ADMINISTER,
            errors=(InRecovery,),
            about="import",
            body_bytes_max=BODY_BYTES_MAX,
        )
        return [
            operation(
                "POST",
                "/api/import/patients/",
                self.patients,
                "Take over patients of an earlier system",
                body=PatientRows,
            ),
            operation(
                "POST",
                "/api/import/terminals/",
                self.terminals,
                "Take over terminals of an earlier system",
                body=TerminalRows,
            ),
        ]

    async def patients(self, request: web.Request) -> ImportAnswer:
        """Take people over, each with the number as it is; return what became of the rows."""
        return await self._take_people(read_body(request, PatientRows))

    async def _take_people(self, sent: PatientRows) -> ImportAnswer:
        def act(tx: Transaction) -> Taken:
            self._arbiter.recovery.require_over(tx)
            now = time_of_ms(tx.now_ms, self._zone)
            return take.take_people(
                tx,
                self._arbiter,
                sent.rows,
                now,
                possible_times(self._replica),
                lambda: new_record_id(tx.now_ms),
                lenient=sent.lenient,
                take_odd=sent.take_odd,
                dry_run=sent.dry_run,
                fields=self._fields,
            )

        taken = await self._replica.write(act)
        if not sent.dry_run:
            return _answer(taken, [])
        rows = [(position, sent.rows[position]) for position in taken.fresh]
        return _answer(taken, await self._replica.read(lambda snapshot: _alike(snapshot, rows)))

    async def terminals(self, request: web.Request) -> ImportAnswer:
        """Take terminals over, each with its range and how far that was used."""
        return await self._take_terminals(read_body(request, TerminalRows))

    async def take(self, table: TableName, body: dict[str, Any]) -> ImportAnswer:
        """Take rows over that no call has brought, as the operation for their table does."""
        if table == "patients":
            return await self._take_people(msgspec.convert(body, PatientRows))
        return await self._take_terminals(msgspec.convert(body, TerminalRows))

    async def _take_terminals(self, sent: TerminalRows) -> ImportAnswer:
        def act(tx: Transaction) -> Taken:
            self._arbiter.recovery.require_over(tx)
            return take.take_terminals(tx, sent.rows, dry_run=sent.dry_run)

        return _answer(await self._replica.write(act), [])


def _alike(snapshot: Snapshot, rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[int]:
    """Return the positions of the rows whose person may be somebody who is registered."""
    return [
        position
        for position, row in rows
        if any(one.grade != "possible" for one in snapshot.matching.best(row))
    ]


def _answer(taken: Taken, alike: list[int]) -> ImportAnswer:
    """Return the answer for what became of some rows."""
    return ImportAnswer(
        taken=taken.taken,
        there=taken.there,
        filled=taken.filled,
        alike=alike,
        refused=_notes(taken.refused),
        left_out=_notes(taken.left_out),
    )


def _notes(notes: list[Note]) -> list[ImportNote]:
    """Return the answers for notes about rows."""
    return [ImportNote(row=row, mrn=mrn, code=code, detail=why) for row, mrn, code, why in notes]
