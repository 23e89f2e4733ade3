"""What a coordinator does that was set back: it gives nothing until it knows its own past again.

It ends when every active terminal has merged, those learned of on the way too, or when an
administrator ends it early. Either way the coordinator goes on in a new incarnation, the ranges
that it allocated from stay closed, and the counters of days already begun go on far above all that
was seen. An early end also closes the pool: who did not come back may hold blocks of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from coordinator.errors import InRecovery
from coordinator.registry import pool
from sync.engine.transaction import Transaction
from sync.model import facts
from sync.model.facts import INCARNATION_BYTES, Author, State
from sync.reading.snapshot import Readable
from sync.storage.shards import IDS_SKIPPED, Store

log = logging.getLogger("mrnmesh.recovery")

COUNTERS_OF_DAY = 10**9
DAY_GAP = 10_000
"""How far above the highest counter seen a day goes on after recovery."""

CLOSED = "the coordinator was restored"
SERIAL = "serial"
NEWEST_ONLINE = "newest online"
"""What the witness of a coordinator remembers, beside the marks of ranges."""
ADMINISTRATOR = "an administrator to end it: `mrnmesh-coordinator end-recovery`"


class Memory(Protocol):
    """What is asked of `sync.witness.Witness`."""

    @property
    def trusted(self) -> bool:
        """True when it is of this computer."""
        ...

    def mark(self, name: str) -> int | None:
        """What was noted under a name."""
        ...


def begin_restored(store: Store, why: str) -> None:
    """A database comes from a backup: whatever a witness says, it recovers before anything else.

    This happens outside of any transaction, before the database is used.
    """
    store.connection.execute("BEGIN IMMEDIATE")
    store.set_meta("recovery", why)
    store.set_meta("recovery_merged", facts.pack([]))
    store.set_meta("restored", 1)
    store.connection.execute("COMMIT")


class Recovery:
    """The persistent state of recovery, kept in the store's small table."""

    def __init__(self, random: Callable[[int], bytes], zone: tzinfo) -> None:
        self._random = random
        self._zone = zone

    def is_on(self, tx: Readable) -> bool:
        """True while the coordinator gives nothing."""
        return tx.store.meta("recovery") is not None

    def require_over(self, tx: Transaction) -> None:
        """Pass only when nothing is in doubt.

        Raises:
            InRecovery: says why, and for whom it waits.
        """
        why = tx.store.meta("recovery")
        if why is not None:
            waiting = ", ".join(self.waiting_for(tx)) or ADMINISTRATOR
            raise InRecovery(why=f"{why}; it waits for {waiting}")

    def begin(self, tx: Transaction, why: str, serial: int = 0, newest_online: int = 0) -> None:
        """Stop giving numbers, ranges and verdicts; the first reason stays.

        Args:
            serial: the newest one that is known to have been used, so that it is not used again.
            newest_online: the newest online number known to have been given, see `Arbiter`.
        """
        tx.skip_serials(serial)
        if newest_online:
            day, counter = divmod(newest_online, COUNTERS_OF_DAY)
            floors = self._day_floors(tx)
            tx.begin()
            floors[str(day)] = max(counter, floors.get(str(day), 0))
            tx.store.set_meta("day_floors", facts.pack(floors))
        if not self.is_on(tx):
            log.warning("recovery begins: %s", why)
            tx.begin()
            tx.store.skip_ids(IDS_SKIPPED)  # a client may know others under those that come now
            tx.store.set_meta("recovery", why)
            tx.store.skip_changes()
            tx.store.set_meta("recovery_merged", facts.pack([]))

    def look_back(self, tx: Transaction, witness: Memory) -> None:
        """At start: begin if the database does not know what the witness knows."""
        if not witness.trusted:
            self.begin(tx, "the witness of its database is missing or of another computer")
        elif (witness.mark(SERIAL) or 0) > tx.serial or any(
            cursor.closed is None and (witness.mark(cursor.range.text) or 0) > cursor.cursor
            for cursor in tx.store.cursors()
        ):
            self.begin(
                tx,
                "its database is older than what it has issued",
                witness.mark(SERIAL) or 0,
                witness.mark(NEWEST_ONLINE) or 0,
            )
        if self.is_on(tx) and self.is_pointless(tx):
            self.end(tx, early=True)

    def waiting_for(self, tx: Readable) -> list[Author]:
        """Active terminals with a node that have not merged since recovery began."""
        merged = set(facts.unpack(tx.store.meta("recovery_merged") or facts.pack([])))
        return sorted(
            terminal.code
            for terminal in tx.registry.terminals.values()
            if terminal.state is State.ACTIVE and terminal.has_node and terminal.code not in merged
        )

    def is_pointless(self, tx: Transaction) -> bool:
        """There is nobody who could bring anything back, and the backup is not to blame for that.

        A restored database may be older than the first desk: only an administrator knows.
        """
        return not self.waiting_for(tx) and tx.store.meta("restored") is None

    def note_merged(self, tx: Transaction, terminal: Author) -> bool:
        """A terminal has brought all that it has; True when that ended the recovery."""
        if not self.is_on(tx):
            return False
        merged = set(facts.unpack(tx.store.meta("recovery_merged") or facts.pack([])))
        tx.begin()
        tx.store.set_meta("recovery_merged", facts.pack(sorted(merged | {terminal})))
        if self.waiting_for(tx):
            return False
        self.end(tx)
        return True

    def end(self, tx: Transaction, early: bool = False) -> None:
        """Go on in a new incarnation; ``early``: somebody may know more and has not come back."""
        log.warning("recovery is over")
        tx.begin()
        if early:
            pool.close(tx)
        for cursor in tx.store.cursors():
            tx.store.close_cursor(cursor.range.start, CLOSED)
        known = self._day_floors(tx)
        marks = {self.day(tx.now_ms): 0} | known | tx.tables.day_marks()
        floors = {day: max(highest, known.get(day, 0)) + DAY_GAP for day, highest in marks.items()}
        tx.store.set_meta("day_floors", facts.pack(floors))
        tx.store.set_meta("recovery", None)
        tx.store.set_meta("recovery_merged", None)
        tx.store.set_meta("restored", None)
        tx.begin_incarnation(self._random(INCARNATION_BYTES))

    def day(self, now_ms: int) -> str:
        """The facility's day (YYYYMMDD) at a time."""
        return f"{datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self._zone):%Y%m%d}"

    def day_floor(self, tx: Transaction, day: str) -> int:
        """Counters of a facility day (YYYYMMDD) stay above this."""
        return self._day_floors(tx).get(day, 0)

    @staticmethod
    def _day_floors(tx: Transaction) -> dict[str, int]:
        packed = tx.store.meta("day_floors")
        floors: dict[str, int] = facts.unpack(packed) if packed else {}
        return floors
