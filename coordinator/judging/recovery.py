"""Recovery: a coordinator that was set back issues nothing until it knows its own past again.

It ends when every active terminal has merged, including those learned of on the way, and no serial
is missing (`sync.rules.serials`); or when an administrator ends it early. Either way the
coordinator goes on in a new incarnation, and the ranges that it allocated from stay closed.

Whatever the coordinator gave and has forgotten, it does not give again: serials and the ids of
people and changes go on far above all that is known when recovery begins, the counters of days
already begun and the blocks of the pool when it ends. Blocks go on without a gap if the witness
knew how far the coordinator had come and all of that is back. An early end closes the pool, because
a desk that did not come back may hold blocks of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Protocol

from coordinator.errors import InRecovery
from coordinator.registry import pool
from sync.engine import issuing
from sync.engine.transaction import Transaction
from sync.model import phrases, reasons
from sync.model.believed import LATEST_MS
from sync.model.clock import pack
from sync.model.facts import (
    INCARNATION_BYTES,
    REASON_LENGTH_MAX,
    Author,
    Cause,
    Incarnation,
    SerialsFact,
    State,
)
from sync.model.formats import time_of_ms
from sync.reading.view import View
from sync.rules import serials
from sync.rules.serials import SerialStretch
from sync.storage.meta import DaySpan
from sync.storage.store import Store
from sync.witness.memory import BEGUN, CHANGES, SERIAL, Witness, number_for

log = logging.getLogger("mrnmesh.recovery")

COUNTERS_OF_DAY = 10**9
SERIALS_SKIPPED = 1_000_000
"""At least so many serials are left out when recovery begins."""
RANDOM_BYTES = 4
"""How far more is left out is random, so that two copies of one backup do not meet again."""
DAY_GAP = 10_000
"""How far above the highest counter seen a day goes on after recovery, at least."""
DAY_SPREAD = 900_000
"""Below this is what is random of that: as with serials, but people read these numbers aloud."""
DAY_MS = 24 * 3_600_000
DAYS_FORGOTTEN = 31
"""So many days, up to today, get such a floor after an interrupted commit: a clock may go back."""
DAYS_UNKNOWN = 800
"""So many days that have passed get one after recovery, although nothing is known of them.

So do as many days to come if something was given up, or if the time is not proved: perhaps no desk
has come whose clock is right, and the backup may be old.
"""
DAYS_AHEAD = 7
"""Else so many days to come, because the clock may lie behind by as many."""

NEWEST_ONLINE = "newest online"
SKIPPED_FROM = "skipped from"
SKIPPED_TO = "skipped to"
"""The names of the marks that a coordinator's witness has besides those of ranges and `SERIAL`.

The newest online number is an integer that only grows: the day (YYYYMMDD) times `COUNTERS_OF_DAY`,
plus the counter. The last two are the serials that were left out last. If the newest serial is the
last of them, none was given since.
"""
ADMINISTRATOR = "an administrator to end it: `mrnmesh-coordinator end-recovery`"


def _is_time_proved(tx: Transaction) -> bool:
    """Most of the others agree with the time, and nobody has written anything on a later day.

    The word of an administrator proves nothing here, and one desk alone moves no coordinator.
    """
    tomorrow = pack(tx.now_ms + DAY_MS, 0)
    return tx.is_time_agreed and not tx.store.written.newest(tomorrow)


def known_marks(view: View) -> dict[str, int]:
    """What the witness is to know as committed before anybody hears anything of this database.

    The process before may have died when it had not told it yet. Then a copy of before that would
    look like a commit that was interrupted, although desks have got what it gave.
    """
    newest = view.store.decisions.newest_serial()
    serial = max(newest, view.store.meta.serial_floor)
    return {SERIAL: serial, BEGUN: view.store.meta.witness, **skip_marks(view)}


def confirm(witness: Witness, marks: Mapping[str, int]) -> None:
    """Let the witness know as committed what a database has.

    Raises:
        WitnessFull, WitnessUnwritable, WitnessShared: see `Witness.note_marks`.
    """
    if any(mark > witness.committed(name) for name, mark in marks.items()):
        witness.note_marks(marks)


def skip_marks(view: View) -> dict[str, int]:
    """What the witness is to know of the serials that were left out last; empty if none were.

    After a restore of a backup that was made during recovery there are several such stretches, one
    after the other, and none of them was given, except what somebody has brought meanwhile.
    """
    skips = [one for one in view.registry.accounts if one.cause is Cause.SKIPPED]
    skips.sort(key=lambda one: one.last, reverse=True)
    if not skips:
        return {}
    first, last = skips[0].first, skips[0].last
    for one in skips:
        if one.last == first - 1:
            first = one.first
    given = view.store.decisions.serials_above(first - 1)
    return {SKIPPED_FROM: max([first, *(serial + 1 for serial in given[-1:])]), SKIPPED_TO: last}


def missing_entries(view: View) -> list[SerialStretch]:
    """The serials of what the coordinator has given and nobody has brought back yet.

    None before it has gone on above them, and none when it is not in recovery.
    """
    whole = view.store.meta.recovery_whole
    if whole is None:
        return []
    return serials.missing(view.store.decisions.serials_above(whole), view.registry.accounts, whole)


def missing_text(missing: Sequence[SerialStretch]) -> str:
    """For people: that entries are missing, as a sentence with a space before it; empty if none."""
    if not missing:
        return ""
    count = phrases.count(sum(one.size for one in missing), "entry", "entries")
    return f" Not yet back: {count} of its own ({serials.text(missing)})."


class Memory(issuing.IssueMarks, Protocol):
    """What recovery needs of `sync.witness.memory.Witness`."""

    @property
    def trusted(self) -> bool:
        """True when there is a witness, and it was written on this computer."""
        ...

    def mark(self, name: str) -> int | None:
        """What it was told under a name, None if nothing was."""
        ...

    def committed(self, name: str) -> int:
        """What an honest database knows under a name; it may lack what lies above."""
        ...

    def is_of(self, number: int) -> bool:
        """True when it is trusted, and the one that a database has under this number."""
        ...


def begin_restored(store: Store, why: str) -> None:
    """Mark a database that comes from a backup: it recovers before anything else.

    A witness cannot say that it is not needed, because it may be older than the database. This is
    called outside of any transaction, before a daemon uses the database.
    """
    store.connection.execute("BEGIN IMMEDIATE")
    store.meta.recovery = why
    store.meta.recovery_merged = frozenset()
    store.meta.restored = True
    # The backup may have been made during a recovery. What was given up in that one stays so.
    store.meta.recovery_whole = None
    store.connection.execute("COMMIT")


class Recovery:
    """The state of recovery, which is kept in the database.

    Args:
        random: returns so many random bytes.
        zone: the facility's time zone, whose days online numbers count.
    """

    def __init__(self, random: Callable[[int], bytes], zone: tzinfo) -> None:
        self._random = random
        self._zone = zone

    def is_on(self, view: View) -> bool:
        """True while the coordinator issues nothing and judges nothing."""
        return view.store.meta.recovery is not None

    def require_over(self, tx: Transaction) -> None:
        """Raise while recovery is on.

        Raises:
            InRecovery: it says why, and which desks it waits for.
        """
        why = tx.store.meta.recovery
        if why is not None:
            waiting = ", ".join(self.waiting_for(tx)) or ADMINISTRATOR
            lacking = missing_text(missing_entries(tx))
            text = f"{phrases.reworded(why)}; it waits for {waiting}.{lacking}"
            raise InRecovery(why=text.removesuffix("."))

    def begin(
        self,
        tx: Transaction,
        why: str,
        serial: int = 0,
        newest_online: int = 0,
        was_put_back: bool = False,
        intended: int = 0,
        newest_shown: int = 0,
    ) -> None:
        """Stop issuing numbers, ranges and verdicts. If recovery is on, its first reason stays.

        Args:
            why: for people.
            serial: the newest serial that is known to be used, so that it is not used again.
            newest_online: the newest online number that is known to be granted, see
                `NEWEST_ONLINE`.
            was_put_back: the database itself may be a copy of a recovery that has gone on since,
                and ended; then desks that had come have learnt of more, and that was forgotten too.
            intended: the newest serial that was to be used by a commit of which nothing is known.
                It is not used again either, but nobody waits for it: a commit that failed gave
                nobody anything, and what a desk hears of at once is settled before.
            newest_shown: the cursor of the newest change that is known to have been told.
        """
        meta = tx.store.meta
        self._raise_day_floor(tx, newest_online)
        was_on = self.is_on(tx)
        if not was_on:
            log.warning("recovery begins: %s", why)
            tx.begin()
            meta.recovery = why
        if was_put_back or not was_on:
            tx.begin()
            meta.recovery_merged = frozenset()
        # What has just come in, or the witness, may show that an earlier copy had gone on above all
        # that was known.
        is_above = max(serial, intended) > tx.serial or 0 < tx.effects.serial == tx.serial
        if meta.recovery_whole is None or was_put_back or is_above:
            self._go_on_above(tx, serial, intended, was_put_back, newest_shown)

    def _go_on_above(
        self,
        tx: Transaction,
        serial: int,
        intended: int,
        was_put_back: bool,
        newest_shown: int,
    ) -> None:
        """Leave out everything that may have been given and forgotten.

        So a stolen desk can be revoked at once, by a fact whose serial no other fact has.
        """
        tx.begin()
        meta = tx.store.meta
        if meta.recovery_whole is None or was_put_back:
            tx.store.local.go_on_above(self._random, tx.now_ms, newest_shown)
        given, accounts = tx.store.decisions.serials_above(0), tx.registry.accounts
        if meta.recovery_whole is None:
            meta.recovery_whole = serials.whole(given, accounts)
        why = (meta.recovery or "")[:REASON_LENGTH_MAX]
        for stretch in serials.unproved(given, accounts):
            if stretch.first <= serial < stretch.last:
                # It was skipped here, and given in another past, so all up to it may be missing.
                tx.account_for(SerialsFact(serial + 1, stretch.last, Cause.SKIPPED, why))
        known = max(tx.serial, serial)
        last = max(known, intended) + SERIALS_SKIPPED + self._random_number()
        tx.account_for(SerialsFact(known + 1, last, Cause.SKIPPED, why))

    def look_back(self, tx: Transaction, witness: Memory) -> None:
        """Begin recovery, at start, if the database does not know what the witness knows.

        A process that died between telling the witness and its commit leaves a witness that is
        ahead by what that one transaction was to issue. This may have been told to somebody, so it
        is never given again; but nothing else is in doubt.

        It never ends here, even if there is no desk to wait for: that nobody can bring anything
        back does not say that there is nothing to be brought back.
        """
        serial, newest_online = (
            witness.mark(name) or 0 if witness.trusted else 0 for name in (SERIAL, NEWEST_ONLINE)
        )
        if not witness.trusted:
            why = reasons.NO_WITNESS
        elif witness.committed(SERIAL) > tx.serial or any(
            cursor.closed is None and witness.committed(cursor.range.text) > cursor.cursor
            for cursor in tx.store.cursors.all()
        ):
            why = reasons.OLDER
        elif not witness.is_of(tx.store.meta.witness):
            # It is of a past that went on apart from the one that the witness knows; how far that
            # one went its serials do not say.
            why = reasons.OTHER_PAST
        elif witness.committed(CHANGES) > tx.store.local.newest_cursor():
            why = reasons.OLDER  # it has forgotten what desks brought, and the verdicts on that
        elif self.is_on(tx):
            why = ""  # it was restored, or an earlier version has begun this recovery
        else:
            self._leave_out(tx, witness, serial, newest_online)
            issuing.leave_out_in_doubt(tx, witness)
            return
        is_of = witness.is_of(tx.store.meta.witness)
        # A range alone says nothing new: what the witness knows of it does so at every start.
        known, newest_shown = (
            witness.committed(name) if witness.trusted else 0 for name in (SERIAL, CHANGES)
        )
        was_put_back = (
            not is_of or known > tx.serial or newest_shown > tx.store.local.newest_cursor()
        )
        self.begin(tx, why, known, newest_online, was_put_back, serial, newest_shown)
        if witness.trusted and not is_of:
            tx.begin()
            tx.store.meta.witness = witness.mark(BEGUN) or 0

    def name_witness(self, tx: Transaction) -> int:
        """Let the database have a new witness, whose number is returned to begin it with."""
        tx.begin()
        return number_for(tx.store.meta, self._random)

    def _leave_out(self, tx: Transaction, witness: Memory, serial: int, newest_online: int) -> None:
        """Go on above what was intended up to here when the last process ended, if it lacks it."""
        if serial <= tx.serial and (witness.mark(BEGUN) or 0) <= tx.store.meta.witness:
            return
        tx.begin()
        tx.intents.gives = True  # so that the next start finds nothing in doubt any more
        tx.store.local.go_on_above(self._random, tx.now_ms)
        if serial <= tx.serial:
            return
        why = "a commit was interrupted"
        log.warning("%s: serials %s to %s are left out", why, tx.serial + 1, serial)
        # Each number that was granted took a serial. Which one it was is known only if it is the
        # newest of all; after a clock went back it is of an earlier day.
        self._raise_day_floors(tx, min(serial - tx.serial, DAY_GAP), range(DAYS_FORGOTTEN))
        self._raise_day_floor(tx, newest_online)
        tx.account_for(SerialsFact(tx.serial + 1, serial, Cause.SKIPPED, why))

    def _raise_day_floors(self, tx: Transaction, gap: int, ago: Iterable[int] = ()) -> None:
        """Let the counter of each day go on so far above the highest that is known.

        What an earlier recovery has left out counts as known, also where that was given up: numbers
        were given right above it.

        Args:
            ago: days so long ago get a floor even if none of their numbers was seen, for all of
                them may be unknown here.
        """
        known, spans = tx.store.meta.day_floors, tx.store.meta.day_spans
        forgotten = {self.day(tx.now_ms - days * DAY_MS): 0 for days in ago}
        marks = {**forgotten, **known, **tx.store.numbers.day_marks()}
        tx.store.meta.day_floors = {
            day: max(highest, _floor(day, known, spans)) + gap for day, highest in marks.items()
        }

    @staticmethod
    def _raise_day_floor(tx: Transaction, newest_online: int) -> None:
        """Let a day's counter go on above an online number, see `NEWEST_ONLINE`; 0 for none."""
        day, counter = divmod(newest_online, COUNTERS_OF_DAY)
        floors = dict(tx.store.meta.day_floors)
        if counter > floors.get(str(day), 0):
            tx.begin()
            floors[str(day)] = counter
            tx.store.meta.day_floors = floors

    def waiting_for(self, tx: View) -> list[Author]:
        """The active terminals with a node that have not merged since recovery began."""
        merged = tx.store.meta.recovery_merged
        return sorted(
            terminal.code
            for terminal in tx.registry.terminals.values()
            if terminal.state is State.ACTIVE and terminal.has_node and terminal.code not in merged
        )

    def note_merged(self, tx: Transaction, terminal: Author) -> bool:
        """Note that a terminal has brought all that it has; return whether that ended recovery.

        To be called when the terminal has the same facts of the coordinator, under both of its
        names: before that, one that seems to be missing may be on its way.
        """
        if not self.is_on(tx):
            return False
        tx.begin()
        tx.store.meta.recovery_merged |= {terminal}
        return self.end_if_over(tx)

    def give_up(self, tx: Transaction, terminal: Author) -> bool:
        """A terminal was revoked, so recovery waits for it no longer; return whether it ended."""
        if not self.is_on(tx):
            return False
        if terminal not in tx.store.meta.recovery_merged:
            tx.begin()
            tx.store.meta.recovery_gave_up = True
        return self.end_if_over(tx)

    def _random_number(self) -> int:
        return int.from_bytes(self._random(RANDOM_BYTES))

    def end_if_over(self, tx: Transaction) -> bool:
        """End recovery if it waits for nobody and nothing is missing; return whether it did.

        At least one desk must have merged. Without any, only an administrator can say that there
        is none that knows more: the database may be older than the first desk.
        """
        if (
            not self.is_on(tx)
            or not tx.store.meta.recovery_merged
            or self.waiting_for(tx)
            or missing_entries(tx)
        ):
            return False
        self._end(tx, early=tx.store.meta.recovery_gave_up)
        return True

    def end(self, tx: Transaction, who: str = "", why: str = "") -> None:
        """An administrator gives up what has not come back.

        What is missing by now is written down as lost, so that nobody is asked about it again.

        Args:
            who: the name of the administrator.
            why: the reason given.
        """
        found = missing_entries(tx)
        if found:
            accounts = tx.registry.accounts
            skipped = serials.unproved(tx.store.decisions.serials_above(0), accounts)
            for first, last in serials.lost(found, skipped):
                why = why[:REASON_LENGTH_MAX]
                tx.account_for(SerialsFact(first, last, Cause.LOST, why, who))
        self._end(tx, early=True)

    def _end(self, tx: Transaction, early: bool) -> None:
        """End recovery and go on in a new incarnation.

        Args:
            early: what was given up may be ranges, so the pool is closed.
        """
        log.warning("recovery is over")
        tx.begin()
        meta = tx.store.meta
        # However far the witness knew that it had come, this may be a copy that had gone on apart.
        meta.ranges_forgotten = True
        if early:
            pool.close(tx)
        else:
            pool.skip(tx, self._random_number())
        for cursor in tx.store.cursors.all():
            tx.store.cursors.close(cursor.range.start, reasons.COORDINATOR_RESTORED)
        gap = DAY_GAP + self._random_number() % DAY_SPREAD
        self._raise_day_floors(tx, gap)
        ahead = DAYS_AHEAD if not early and _is_time_proved(tx) else DAYS_UNKNOWN
        first, last = tx.now_ms - DAYS_UNKNOWN * DAY_MS, tx.now_ms + ahead * DAY_MS
        span = DaySpan(self.day(max(first, 0)), self.day(min(last, LATEST_MS)), gap)
        meta.day_spans = (*meta.day_spans, span)
        meta.recovery = None
        meta.recovery_merged = frozenset()
        meta.restored = False
        meta.recovery_whole = None
        meta.recovery_gave_up = False
        meta.set_back = None
        tx.begin_incarnation(Incarnation(self._random(INCARNATION_BYTES)))

    def day(self, now_ms: int) -> str:
        """The facility's day (YYYYMMDD) at a time."""
        return f"{time_of_ms(now_ms, self._zone):%Y%m%d}"

    def day_floor(self, tx: Transaction, day: str) -> int:
        """The counter of a facility day (YYYYMMDD) above which new numbers lie.

        Each recovery counts: the gaps of two of them are random.
        """
        return _floor(day, tx.store.meta.day_floors, tx.store.meta.day_spans)


def _floor(day: str, known: Mapping[str, int], spans: Sequence[DaySpan]) -> int:
    """See `Recovery.day_floor`; what is read of all days is read once for all of them."""
    left_out = sum(span.floor for span in spans if span.first <= day <= span.last)
    return max(known.get(day, 0), left_out)
