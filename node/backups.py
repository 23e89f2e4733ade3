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
from sync.model import reasons
from sync.model.facts import INCARNATION_BYTES, Incarnation
from sync.model.numbers import NumberRange
from sync.storage.cursors import Cursor
from sync.storage.store import Store
from sync.trust import credentials
from sync.upkeep.looks import keeping
from sync.upkeep.restore import DaemonKind, Unpacked
from sync.witness.memory import CHANGES, GIVEN, OF_ANOTHER_COPY, Agreement, Carried, Intent


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

    @property
    def marks(self) -> Mapping[str, int]:
        """Numbers that an honest database knows, by their names."""
        ...

    @property
    def agreement(self) -> Agreement:
        """How the database stood to it at start."""
        ...

    @property
    def lacks(self) -> Carried | None:
        """What carries a number that was given, of which the database does not know."""
        ...


def _settle(unpacked: Unpacked) -> Mapping[str, Intent]:
    """A new incarnation, as `node.config.renew` gives one.

    Nobody knows which numbers were given after the backup was made, so the ranges of before issue
    nothing any more.
    """
    shell = replica.shell()
    Writer.renew(unpacked.store, shell.random, shell.now_ms())
    known = 0
    # A witness that cannot be read keeps nobody from restoring: it is not known what is lost.
    with contextlib.suppress(OSError):
        looks = (given.get(keeping.MARK) for given in unpacked.witnesses_here())
        known = max((one.before for one in looks if one is not None), default=0)
    keeping.note_restore(unpacked.store, unpacked.made, known)
    return {}


def begin_set_back(store: Store, _why: str) -> None:
    """Let a database that was found to be set back give nothing from the ranges that it had."""
    shell = replica.shell()
    Writer.renew(store, shell.random, shell.now_ms())


def look_back(tx: Transaction, seen: Remembered, random: Callable[[int], bytes]) -> None:
    """Notice, at start, that the witness knows of what this database has forgotten.

    Then it has forgotten ids, cursors and answers too that it gave to clients, so it goes on above
    them, and the feed has another epoch. It does so as well where it cannot be known whether the
    last commit of the process before came to pass. What was found out once is remembered, so that
    the next start does not begin another one.

    A database that does not know who got the newest number, or what else was given, may be of
    another past than the witness. How far that one had come in any range, also in one that nobody
    here has used or heard of, cannot be known. So nothing is given from what it was granted before,
    as after a restore.

    Args:
        seen: what the witness remembers.
        random: returns so many random bytes.
    """
    if not seen.trusted:  # it says nothing of this database, which issues nothing until renewed
        return
    meta, noticed = tx.store.meta, tx.store.meta.noticed_behind
    behind, apart = _behind(tx, seen), _apart(seen)
    found = behind.keys() | apart | _in_doubt(tx, seen)
    if not found - noticed:
        return
    tx.begin()
    meta.noticed_behind = noticed | found
    if (behind or apart) and meta.set_back is None:
        meta.set_back = _why(seen, sorted(set(behind.values())))
    newest = next(iter(tx.store.sheets.newest_of(meta.author, 1)), None)
    meta.doubted_sheet = newest.id if newest is not None else None
    tx.store.local.go_on_above(random, tx.now_ms, seen.marks.get(CHANGES, 0))
    if apart - noticed:
        for cursor in tx.store.cursors.all():
            tx.store.cursors.close(cursor.range.start, reasons.COPY_OF_DATABASE)
        tx.begin_incarnation(Incarnation(random(INCARNATION_BYTES)))


def _behind(tx: Transaction, seen: Remembered) -> dict[str, str]:
    """Why nothing may be issued from ranges, by what names each finding."""
    known = tx.store.cursors.all()
    # It may be older than the grant of a range, and have no cursor for it.
    has_cursor = {cursor.range for cursor in known}
    forgotten = [
        Cursor(range_, tx.identity.incarnation, range_.start - 1, None)
        for range_ in seen.ranges
        if range_ not in has_cursor
    ]
    return {
        f"{cursor.range.text}: {why}": why
        for cursor in [*known, *forgotten]
        if cursor.closed is None
        and (why := seen.objection(cursor, True, tx.store.meta.supplied_below(cursor.range)))
    }


def _apart(seen: Remembered) -> set[str]:
    """What was given of which this database certainly does not know, other than ranges."""
    found = set()
    if seen.belongs and seen.lacks is not None:
        found.add(f"who got {seen.lacks.number}: {seen.lacks.fact.hex()}")
    if seen.agreement is Agreement.SET_BACK:
        found.add(f"given: {seen.marks[GIVEN]}")
    return found


def _in_doubt(tx: Transaction, seen: Remembered) -> set[str]:
    """What may have been given without this database, and changes that it does not know."""
    found = {
        f"{cursor.range.text}: {burned} in doubt"
        for cursor in tx.store.cursors.all()
        if cursor.closed is None and (burned := seen.burned(cursor.range)) > cursor.cursor
    }
    if seen.agreement is Agreement.IN_DOUBT:
        found.add(f"given: above {tx.store.meta.given} in doubt")
    if seen.agreement is Agreement.AHEAD:
        found.add(f"given: {tx.store.meta.given}, ahead of the witness")
    if seen.agreement is Agreement.FORGETFUL:
        found.add(f"changes: {seen.marks[CHANGES]}")
    return found


def _why(seen: Remembered, objections: list[str]) -> str:
    """In what the witness knows more, as a sentence."""
    if not seen.belongs:
        return f"{OF_ANOTHER_COPY[0].upper()}{OF_ANOTHER_COPY[1:]}."
    if not objections and seen.lacks is not None:
        objections = [f"{seen.lacks.number} was given to somebody whom this database does not know"]
    if not objections:
        objections = ["people were registered or changed here of whom this database does not know"]
    return f"According to the witness {'; '.join(objections)}."


KIND: Final[DaemonKind[NodeSettings]] = DaemonKind(
    NODE, credentials.FILES, lambda settings: settings.code, _settle, config.load
)
