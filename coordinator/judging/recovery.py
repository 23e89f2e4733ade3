"""Recovery: a coordinator that was set back issues nothing until it knows its own past again.

It ends when every active terminal has merged, including those learned of on the way, or when an
administrator ends it early. Either way the coordinator goes on in a new incarnation, the ranges
that it allocated from stay closed, and the counters of days already begun go on far above all that
was seen. An early end also closes the pool, because a desk that did not come back may hold blocks
of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from coordinator.errors import InRecovery
from coordinator.registry import pool
from sync.engine.transaction import Transaction
from sync.model import phrases
from sync.model.facts import INCARNATION_BYTES, Author, Incarnation, State
from sync.reading.view import View
from sync.storage.local import IDS_SKIPPED
from sync.storage.store import Store

log = logging.getLogger("mrnmesh.recovery")

COUNTERS_OF_DAY = 10**9
DAY_GAP = 10_000
"""How far above the highest counter seen a day goes on after recovery."""

CLOSED = "the coordinator was restored"
SERIAL = "serial"
NEWEST_ONLINE = "newest online"
"""The names of the marks that a coordinator's witness has besides those of ranges."""
ADMINISTRATOR = "an administrator to end it: `mrnmesh-coordinator end-recovery`"


class Memory(Protocol):
    """What recovery needs of `sync.engine.witness.Witness`."""

    @property
    def trusted(self) -> bool:
        """True when there is a witness, and it was written on this computer."""
        ...

    def mark(self, name: str) -> int | None:
        """What was noted under a name, None if nothing was."""
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
            raise InRecovery(why=f"{phrases.reworded(why)}; it waits for {waiting}")

    def begin(self, tx: Transaction, why: str, serial: int = 0, newest_online: int = 0) -> None:
        """Stop issuing numbers, ranges and verdicts. If recovery is on, its first reason stays.

        Args:
            why: for people.
            serial: the newest serial that is known to be used, so that it is not used again.
            newest_online: the newest online number that is known to be granted, see `Arbiter`.
        """
        tx.skip_serials(serial)
        if newest_online:
            day, counter = divmod(newest_online, COUNTERS_OF_DAY)
            floors = dict(tx.store.meta.day_floors)
            tx.begin()
            floors[str(day)] = max(counter, floors.get(str(day), 0))
            tx.store.meta.day_floors = floors
        if not self.is_on(tx):
            log.warning("recovery begins: %s", why)
            tx.begin()
            # Clients may know other people and other changes under the ids that come now.
            tx.store.local.skip_ids(IDS_SKIPPED)
            tx.store.meta.recovery = why
            tx.store.local.skip_changes()
            tx.store.meta.recovery_merged = frozenset()

    def look_back(self, tx: Transaction, witness: Memory) -> None:
        """Begin recovery, at start, if the database does not know what the witness knows."""
        if not witness.trusted:
            self.begin(tx, "the witness of its database is missing or of another computer")
        elif (witness.mark(SERIAL) or 0) > tx.serial or any(
            cursor.closed is None and (witness.mark(cursor.range.text) or 0) > cursor.cursor
            for cursor in tx.store.cursors.all()
        ):
            self.begin(
                tx,
                "its database is older than what it has issued",
                witness.mark(SERIAL) or 0,
                witness.mark(NEWEST_ONLINE) or 0,
            )
        if self.is_on(tx) and self.is_pointless(tx):
            self.end(tx, early=True)

    def waiting_for(self, tx: View) -> list[Author]:
        """The active terminals with a node that have not merged since recovery began."""
        merged = tx.store.meta.recovery_merged
        return sorted(
            terminal.code
            for terminal in tx.registry.terminals.values()
            if terminal.state is State.ACTIVE and terminal.has_node and terminal.code not in merged
        )

    def is_pointless(self, tx: Transaction) -> bool:
        """True when no desk can bring anything back, so that waiting is of no use.

        Never for a restored database: it may be older than the first desk, so an administrator has
        to say that there is none.
        """
        return not self.waiting_for(tx) and not tx.store.meta.restored

    def note_merged(self, tx: Transaction, terminal: Author) -> bool:
        """Note that a terminal has brought all that it has; return whether that ended recovery."""
        if not self.is_on(tx):
            return False
        merged = tx.store.meta.recovery_merged
        tx.begin()
        tx.store.meta.recovery_merged = merged | {terminal}
        if self.waiting_for(tx):
            return False
        self.end(tx)
        return True

    def end(self, tx: Transaction, early: bool = False) -> None:
        """End recovery and go on in a new incarnation.

        Args:
            early: a desk that has not come back may know more, so the pool is closed.
        """
        log.warning("recovery is over")
        tx.begin()
        if early:
            pool.close(tx)
        for cursor in tx.store.cursors.all():
            tx.store.cursors.close(cursor.range.start, CLOSED)
        known = tx.store.meta.day_floors
        # Today's numbers may all be unknown here, so today gets a floor even if none was seen.
        marks = {self.day(tx.now_ms): 0, **known, **tx.store.numbers.day_marks()}
        floors = {day: max(highest, known.get(day, 0)) + DAY_GAP for day, highest in marks.items()}
        tx.store.meta.day_floors = floors
        tx.store.meta.recovery = None
        tx.store.meta.recovery_merged = frozenset()
        tx.store.meta.restored = False
        tx.store.meta.set_back = None
        tx.begin_incarnation(Incarnation(self._random(INCARNATION_BYTES)))

    def day(self, now_ms: int) -> str:
        """The facility's day (YYYYMMDD) at a time."""
        return f"{datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self._zone):%Y%m%d}"

    def day_floor(self, tx: Transaction, day: str) -> int:
        """The counter of a facility day (YYYYMMDD) above which new numbers lie."""
        return tx.store.meta.day_floors.get(day, 0)
