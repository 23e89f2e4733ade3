"""What a backup of a node holds, and what a restored node does before it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from node import config
from node.config import NodeSettings
from sync.daemon.daemons import NODE
from sync.engine import replica
from sync.engine.issuing import IssueMarks
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.model.numbers import NumberRange
from sync.storage.cursors import Cursor
from sync.storage.store import Store
from sync.trust import credentials
from sync.upkeep.looks import keeping
from sync.upkeep.restore import DaemonKind, Unpacked
from sync.witness.memory import OF_ANOTHER_COPY


class Remembered(IssueMarks, Protocol):
    """What is needed of `sync.witness.memory.WitnessMarks`."""

    @property
    def trusted(self) -> bool:
        """True when there is a witness, and it was written on this computer."""
        ...

    @property
    def belongs(self) -> bool:
        """False where the database names another witness as its own."""
        ...

    @property
    def ranges(self) -> list[NumberRange]:
        """Those that numbers were issued from, as far as it remembers."""
        ...


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """A new incarnation, as `node.config.renew` gives one.

    Nobody knows which numbers were given after the backup was made, so the ranges of before issue
    nothing any more.
    """
    shell = replica.shell()
    Writer.renew(unpacked.store, shell.random, shell.now_ms())
    known = 0
    # A witness that cannot be read keeps nobody from restoring: it is not known what is lost.
    with contextlib.suppress(OSError):
        known = max((marks.get(keeping.MARK, 0) for marks in unpacked.witnesses_here()), default=0)
    keeping.note_restore(unpacked.store, unpacked.made, known)
    return {}


def begin_set_back(store: Store, _why: str) -> None:
    """Let a database that was found to be set back give nothing from the ranges that it had."""
    shell = replica.shell()
    Writer.renew(store, shell.random, shell.now_ms())


def look_back(tx: Transaction, seen: Remembered, random: Callable[[int], bytes]) -> None:
    """Notice, at start, that the witness knows of numbers which this database has forgotten.

    Then it has forgotten ids and cursors too that it gave to clients, so it goes on above them, and
    the feed has another epoch. What was found out once is remembered, so that the next start does
    not begin another one.

    Args:
        seen: what the witness remembers.
        random: returns so many random bytes.
    """
    if not seen.trusted:  # it says nothing of this database, which issues nothing until renewed
        return
    known = tx.store.cursors.all()
    # It may be older than the grant of a range, and have no cursor for it.
    has_cursor = {cursor.range for cursor in known}
    forgotten = [
        Cursor(range_, tx.identity.incarnation, range_.start - 1, None)
        for range_ in seen.ranges
        if range_ not in has_cursor
    ]
    behind = {
        f"{cursor.range.text}: {why}": why
        for cursor in [*known, *forgotten]
        if cursor.closed is None
        and (why := seen.objection(cursor, True, tx.store.meta.supplied_below(cursor.range)))
    }
    noticed = tx.store.meta.noticed_behind
    if behind.keys() - noticed:
        tx.begin()
        tx.store.meta.noticed_behind = noticed | behind.keys()
        if tx.store.meta.set_back is None:
            reasons = "; ".join(sorted(set(behind.values())))
            said = f"According to the witness {reasons}." if seen.belongs else f"{OF_ANOTHER_COPY}."
            tx.store.meta.set_back = said[0].upper() + said[1:]
        tx.store.local.go_on_above(random, tx.now_ms)


KIND: Final[DaemonKind[NodeSettings]] = DaemonKind(
    NODE, credentials.FILES, lambda settings: settings.code, _settle, config.load
)
