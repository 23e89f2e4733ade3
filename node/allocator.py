"""Online or offline: where the number of the next person comes from, and when that changes.

A number comes from the coordinator if it is connected and answers within the limit, and if not,
from this terminal's own range. After one time-out the node stays with its own range until three
probes in a row have succeeded, so that a connection that comes and goes does not cost each clerk
the limit.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from sync.engine import issuing
from sync.engine.issuing import Draft, Issue, Issued, Prospect, Registered
from sync.engine.records import sheets
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NumberError
from sync.model.clerks.known import Doer
from sync.model.facts import Allocator, Author, FactId, RecordId
from sync.model.numbers import Mrn
from sync.protocol.questions import Granted
from sync.reading.view import View
from sync.witness.memory import Witness

LIMIT_S: Final = 1.5
PROBES_NEEDED: Final = 3
PROBE_EVERY_S: Final = 2.0

log = logging.getLogger("mrnmesh.allocator")


TakeSheet = Callable[[Transaction], FactId]


class CoordinatorLink(Protocol):
    """What the allocator needs of `sync.network.peering.Peering`."""

    @property
    def coordinator_live(self) -> bool:
        """True when the coordinator is connected and both sides are in step."""
        ...

    async def request_number(
        self, record: RecordId, terminal: Author, timeout_s: float
    ) -> Granted | None:
        """A number for a record, None if no answer came in time."""
        ...

    async def probe(self, timeout_s: float) -> bool:
        """True when the coordinator answered in time."""
        ...


@dataclass
class Trust:
    """Whether the coordinator is trusted to answer in time.

    ``suspended`` says that it is not, ``probes`` counts those that succeeded in a row since.
    """

    suspended: bool = False
    probes: int = 0

    def timed_out(self) -> None:
        """Note that a number did not come within the limit."""
        self.suspended, self.probes = True, 0

    def probed(self, answered: bool) -> bool:
        """Note whether a probe was answered in time; return whether the coordinator is trusted."""
        self.probes = self.probes + 1 if answered else 0
        if self.probes >= PROBES_NEEDED:
            self.suspended = False
        return not self.suspended


class NodeAllocator:
    """Decides where a number comes from; the number itself is picked inside the transaction.

    Args:
        limit_s: how long a clerk waits for the coordinator.
    """

    def __init__(
        self, code: Author, line: CoordinatorLink, witness: Witness, limit_s: float = LIMIT_S
    ) -> None:
        self.trust = Trust()
        self._code = code
        self._line = line
        self._witness = witness
        self._limit_s = limit_s

    @property
    def online(self) -> bool:
        """True when the next number would be asked of the coordinator."""
        return self._line.coordinator_live and not self.trust.suspended

    async def register(
        self, replica: Replica, draft: Draft, offline: bool, supplied: Mrn | None = None
    ) -> Registered:
        """Register a person with a number from wherever one comes from now.

        Args:
            offline: the client wants a number of this terminal's own range.
            supplied: the number of that range that the client has issued itself, or that stands on
            a sheet of this terminal.

        Raises:
            KeyReused, NumberError, TerminalError: see `sync.engine.issuing.register`.
        """
        if supplied is not None:
            return await replica.register(
                self._code, draft, lambda tx: self._supplied(tx, supplied)
            )
        # A repeated request gets its answer of before, so no number is asked for.
        if offline or await replica.was_answered(draft.key):
            return await replica.register(self._code, draft, self.from_own_range)
        if self.online and await self._granted(draft.record):
            return await replica.register(self._code, draft, self._granted_or_own(draft.record))
        try:
            return await replica.register(self._code, draft, self.from_own_range)
        except NumberError:
            # Without a number of its own the desk asks even a coordinator that it does not trust: a
            # wait is better than no registration.
            if not self._line.coordinator_live or not await self._granted(draft.record):
                raise
        return await replica.register(self._code, draft, self._granted_or_own(draft.record))

    def _supplied(self, tx: Transaction, mrn: Mrn) -> Issued:
        on_paper = sheets.typed_in(tx, self._code, mrn)
        return on_paper or issuing.supplied(tx, self._code, mrn, self._witness)

    def take_sheet(self, operator: Doer, printed_at: str, another: bool) -> TakeSheet:
        """What takes this terminal's next numbers for a sheet, see `sync.engine.records.sheets`."""
        return lambda tx: sheets.take(tx, self._code, self._witness, printed_at, operator, another)

    def from_own_range(self, tx: Transaction) -> Issued:
        """The next number of this terminal's own ranges."""
        return issuing.from_range(tx, self._code, Allocator.NODE, self._witness)

    def prospects(self) -> Callable[[View], list[Prospect]]:
        """What reads this terminal's own ranges and how they stand.

        The witness is taken as it is now. It must not be newer than what is read then: of a number
        that was issued meanwhile it would seem to know more than the database.
        """
        seen = self._witness.seen()

        def look(snapshot: View) -> list[Prospect]:
            found = issuing.prospects(snapshot, self._code, Allocator.NODE, seen)
            return issuing.less_strays(snapshot, found)

        return look

    async def probe_while_suspended(self, pause: Callable[[float], Awaitable[None]]) -> None:
        """Probe the coordinator again and again while it is not trusted; this never returns.

        Args:
            pause: waits for so many seconds; tests pass their own.
        """
        while True:
            await pause(PROBE_EVERY_S)
            if self.trust.suspended and self.trust.probed(await self._line.probe(self._limit_s)):
                log.info("the coordinator answers again: numbers come from there")

    async def _granted(self, record: RecordId) -> bool:
        """Ask for an online number; when this returns True, its grant is committed here."""
        granted = await self._line.request_number(record, self._code, self._limit_s)
        if granted is None:
            self.trust.timed_out()
            log.warning(
                "the coordinator did not answer in time: this desk's own range gives numbers"
            )
            return False
        if granted.mrn is None:
            log.warning(
                "the coordinator gave no number (%s): this desk's own range gives numbers",
                granted.code,
            )
        return granted.mrn is not None

    def _granted_or_own(self, record: RecordId) -> Issue:
        """Take the granted number, or one of the own range if the grant was used meanwhile."""

        def issue(tx: Transaction) -> Issued:
            return issuing.granted(tx, record, self._code) or self.from_own_range(tx)

        return issue
