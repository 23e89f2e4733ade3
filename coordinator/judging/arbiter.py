"""Verdicts and grants: the coordinator's judgement, in the transaction that brings the facts.

`sync.rules.admission` has the rules of who holds a number. Here they are applied to what has
arrived, and the answers are written as facts, which are final until an administrator decides
otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from coordinator.judging.recovery import COUNTERS_OF_DAY, NEWEST_ONLINE, Recovery
from coordinator.registry import formats
from coordinator.registry.quotas import NumberQuota
from sync.engine.issuing import Issued
from sync.engine.sorting import is_beyond
from sync.engine.transaction import Arrived, Transaction
from sync.errors import StoreDamaged
from sync.model import bodies, facts, numbers, reasons
from sync.model.facts import COORDINATOR, REGISTRY, Author, Grant, Reason, RecordId, Verdict
from sync.model.numbers import Mrn
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.rules import admission
from sync.rules.admission import Judged
from sync.storage.people import RegistrationRow
from sync.storage.records.number_sets import used_of
from sync.storage.records.sheets import covering_range
from sync.storage.shards import RunRow, by_clock, stored_envelope
from sync.storage.store import Store

PENDING_AT_ONCE = 250
"""Facts that are judged in one transaction, some 50 ms of work."""
REJECTS_MAX = 500
"""Rejected registrations in one verdict, which must fit into one fact."""

Position = tuple[int, int]
"""(run, clock) of the last fact without a verdict that was looked at."""

BEGINNING: Position = (0, -1)


class Pending(NamedTuple):
    """How many facts got a verdict, and the position from which to go on; None at the end."""

    judged: int
    position: Position | None


class Arbiter:
    """The judge of one coordinator."""

    def __init__(self, recovery: Recovery) -> None:
        self.recovery = recovery
        self.quota = NumberQuota()

    # grants

    def grant(self, tx: Transaction, record: RecordId, terminal: Author | None) -> Issued:
        """An online number for a record: the one that it was granted before, or a fresh one.

        Raises:
            InRecovery: the coordinator does not know yet what it has granted.
            TooManyNumbers: the terminal has got more than a desk needs.
        """
        self.recovery.require_over(tx)
        mrn = self._granted_before(tx, record, terminal)
        if mrn is None:
            if terminal is not None:
                self.quota.take(tx, terminal, self.recovery.day(tx.now_ms), record)
            mrn = self.grant_fresh(tx, record, terminal)
        return Issued(mrn, False)

    @staticmethod
    def _granted_before(tx: Transaction, record: RecordId, terminal: Author | None) -> Mrn | None:
        for grant in sorted(tx.store.decisions.grants_of([record]).get(record, ())):
            if grant.terminal == terminal:
                return grant.mrn
        return None

    def grant_fresh(self, tx: Transaction, record: RecordId, terminal: Author | None) -> Mrn:
        """A fresh online number for a record, whatever was granted to it before.

        Raises:
            InRecovery: the coordinator does not know yet what it has granted.
        """
        self.recovery.require_over(tx)
        day = self.recovery.day(tx.now_ms)
        counter = max(tx.store.numbers.day_mark(day), self.recovery.day_floor(tx, day)) + 1
        form = formats.read(tx.store).get(PrintedKind.ONLINE)
        # Whatever the mark says, a number that somebody has is not granted to somebody else, nor is
        # one whose text is somebody's number.
        free = tx.store.number_sets.lacking(used_of(day), counter, numbers.COUNTER_END - 1)
        mrns = (numbers.online_mrn(day, counter) for counter in free)
        mrn = next(mrn for mrn in mrns if form is None or not formats.is_taken(tx, form, mrn))
        self.give(tx, record, terminal, mrn, form)
        tx.flush()
        return mrn

    def give(
        self,
        tx: Transaction,
        record: RecordId,
        terminal: Author | None,
        mrn: Mrn,
        form: NumberFormat | None = None,
    ) -> None:
        """Write the fact that grants a number to a record; `Transaction.flush` stores it.

        Args:
            form: how the number is printed, None for as it is.
        """
        parts = numbers.online_parts(numbers.look_alike(mrn) or mrn)
        # An imported number can be of a day to come, which is no measure of what was granted.
        if parts is not None and parts[0] <= self.recovery.day(tx.now_ms):
            newest = int(parts[0]) * COUNTERS_OF_DAY + parts[1]
            noted = tx.intents.get(NEWEST_ONLINE)
            if noted is None or noted.number < newest:
                tx.intents.issue(NEWEST_ONLINE, newest, newest)
        body = bodies.write(Grant(tx.new_serial(), mrn, terminal, form))
        tx.append(COORDINATOR, facts.GRANT, record, body)

    # verdicts

    def met_own_past(self, tx: Transaction) -> None:
        """Begin recovery: a peer has brought facts that this coordinator wrote and lacks."""
        self.recovery.begin(tx, reasons.LOST_RECORDS)

    def judge(self, tx: Transaction, arrived: Sequence[Arrived], in_step: bool) -> None:
        """Append verdicts on what has arrived, except on what must wait.

        Args:
            in_step: the peer that brought it has the same registry and coordinator facts, so no
                grant of this coordinator can be on its way back.
        """
        if not arrived or self.recovery.is_on(tx):
            return
        for stretch in list(arrived):
            if stretch.shard.author == REGISTRY:
                continue  # the registry is the coordinator's own word
            run = tx.store.shards.run(stretch.run)
            beyond = tx.effects.not_understood.get(stretch.run, set())
            self._judge_stretch(tx, run, stretch.first, stretch.last, beyond, in_step)

    def judge_pending(
        self, tx: Transaction, after: Position = BEGINNING, in_step: bool = True
    ) -> Pending:
        """Judge some of the facts that have no verdict, at most `PENDING_AT_ONCE`; see `judge`.

        Args:
            after: where an earlier call has stopped.
        """
        if self.recovery.is_on(tx):
            return Pending(0, None)
        pending = tx.store.people.unjudged(after, PENDING_AT_ONCE)
        stretches: dict[int, Position] = {}
        judged = 0
        for run_id, clock in pending:
            first, _ = stretches.get(run_id, (clock, clock))
            stretches[run_id] = (first, clock)
        for run_id, (first, last) in stretches.items():
            run = tx.store.shards.run(run_id)
            # By their clocks: one that is missing must not let the others change places.
            data = by_clock(tx.store.connection, run_id)
            clocks = range(first, last + 1)
            beyond = {clock for clock in clocks if _is_beyond(tx.store, data.get(clock))}
            judged += self._judge_stretch(tx, run, first, last + 1, beyond, in_step)
        return Pending(judged, pending[-1] if pending else None)

    def _judge_stretch(
        self,
        tx: Transaction,
        run: RunRow,
        first: int,
        last: int,
        beyond: Iterable[int],
        in_step: bool,
    ) -> int:
        """Judge what has no verdict in a stretch of a run, and return how many facts that were.

        Args:
            first: the clock of its first fact.
            last: the clock behind its last fact.
            beyond: clocks of facts that this version does not understand; they stay pending.
        """
        author = tx.store.shards.by_id(run.shard).author
        rows = tx.store.people.registrations_of_segment(run.id, first, last)
        amended = tx.store.amendments.of_segment(run.id, first, last)
        if not rows and not amended:
            return 0
        skip = set(beyond)
        rejects: dict[int, Reason] = {}
        revoked = tx.registry.is_revoked(author, run.key)
        reasons = self._reasons(tx, [row for row in rows if row.judged == Judged()], revoked)
        for row in rows:
            if row.judged != Judged():
                skip.add(row.clock)
                continue
            reason = reasons[row.id]
            # The grant that covers it may be one that this coordinator has lost and gets back.
            if reason is Reason.OUTSIDE_RANGE and not in_step:
                skip.add(row.clock)
            elif reason is not None:
                rejects[row.clock] = reason
        for clock, judged in amended:
            if judged != Judged():
                skip.add(clock)
            elif revoked:
                rejects[clock] = Reason.REVOKED
        self._write(tx, run, first, last, skip, rejects)
        admitted = [row for row in rows if row.clock not in skip and row.clock not in rejects]
        self._number_the_numberless(tx, admitted)
        return sum(clock not in skip for clock, _ in amended) + sum(
            row.clock not in skip for row in rows
        )

    def _reasons(
        self, tx: Transaction, rows: list[RegistrationRow], revoked: bool
    ) -> dict[int, Reason | None]:
        """Local id -> why a registration is to be rejected, None to admit it."""
        mrns = [row.mrn for row in rows if row.mrn is not None]
        holders = tx.store.people.holders(mrns)
        others = {
            row.id: holders[row.mrn]
            for row in rows
            if row.mrn is not None and holders.get(row.mrn, row.id) != row.id
        }
        settled = {
            holder.id
            for holder in tx.store.people.registrations_of_ids(sorted(set(others.values())))
            if holder.judged.admitted or holder.resolved
        }
        later = tx.store.people.later_of_records([row.id for row in rows])
        covers = self._covers(tx, rows)
        return {
            row.id: admission.judge(
                malformed=not row.well_formed,
                revoked=revoked,
                record_taken=row.id in later,
                numbered=row.mrn is not None,
                beaten=others.get(row.id) in settled,
                covered=covers[row.id],
                chosen=row.mrn is not None and holders.get(row.mrn) == row.id,
            )
            for row in rows
        }

    @staticmethod
    def _covers(tx: Transaction, rows: list[RegistrationRow]) -> dict[int, bool]:
        """Local id -> whether a range or a grant covers the number of a registration."""
        granted = tx.store.decisions.grants_of([row.record for row in rows])
        covers = {}
        for row in rows:
            covers[row.id] = covering_range(tx.store.sheets, tx.registry, row) is not None or any(
                grant.mrn == row.mrn and grant.terminal == row.terminal
                for grant in granted.get(row.record, ())
            )
        return covers

    def _write(
        self,
        tx: Transaction,
        run: RunRow,
        first: int,
        last: int,
        skip: set[int],
        rejects: dict[int, Reason],
    ) -> None:
        """Write verdicts on the clocks from ``first`` up to ``last``, without those in ``skip``.

        A verdict names one stretch without gaps and lists at most `REJECTS_MAX` rejections, so
        there may be several.
        """
        begin, listed = first, 0
        for clock in range(first, last):
            if clock in skip or (clock in rejects and listed == REJECTS_MAX):
                self._write_one(tx, run, begin, clock, rejects)
                begin, listed = clock + (clock in skip), 0
            listed += clock in rejects
        self._write_one(tx, run, begin, last, rejects)

    @staticmethod
    def _write_one(
        tx: Transaction, run: RunRow, first: int, last: int, rejects: dict[int, Reason]
    ) -> None:
        if first >= last:
            return
        shard = tx.store.shards.by_id(run.shard)
        listed = {
            clock - first: reason for clock, reason in rejects.items() if first <= clock < last
        }
        link = tx.store.shards.link_at(shard.author, shard.number, run, last)
        verdict = Verdict(shard.author, shard.number, run.client, first, last, link, listed)
        tx.append(COORDINATOR, facts.VERDICT, facts.NO_RECORD, bodies.write(verdict))

    def _number_the_numberless(self, tx: Transaction, admitted: list[RegistrationRow]) -> None:
        """Grant numbers to people who were registered when none could be given safely."""
        for row in admitted:
            numberless = row.mrn is None and row.well_formed
            if numberless and self._granted_before(tx, row.record, row.terminal) is None:
                self.grant_fresh(tx, row.record, row.terminal)


class Writing(Protocol):
    """What `judge_everything` needs of `sync.engine.replica.Replica`."""

    def write(self, act: Callable[[Transaction], Pending]) -> Awaitable[Pending]:
        """Run ``act`` in one transaction."""
        ...


async def judge_everything(arbiter: Arbiter, replica: Writing, *, in_step: bool) -> None:
    """Judge all that has no verdict: at start, after recovery, when a peer is in step.

    Args:
        in_step: no grant of this coordinator can be on its way back, so a registration that is not
            covered now never will be.
    """
    position: Position | None = BEGINNING
    while position is not None:
        judge = partial(arbiter.judge_pending, after=position, in_step=in_step)
        position = (await replica.write(judge)).position


def _is_beyond(store: Store, fact: bytes | None) -> bool:
    """Whether this version cannot judge a fact; nor can any one that a disk changed or took."""
    try:
        return is_beyond(bodies.read(stored_envelope(fact)))
    except StoreDamaged:
        store.unreadable = True
        return True
