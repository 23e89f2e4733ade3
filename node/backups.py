"""What a backup of a node holds, and what a restored node does before it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

from node import config
from node.config import NodeSettings
from sync.daemon.daemons import NODE
from sync.engine import replica
from sync.engine.issuing import IssueMarks
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.storage.store import Store
from sync.trust import credentials
from sync.upkeep.looks import keeping
from sync.upkeep.restore import DaemonKind, Unpacked


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


def look_back(
    tx: Transaction, objections: IssueMarks, trusted: bool, random: Callable[[int], bytes]
) -> None:
    """Notice, at start, that the witness knows of numbers which this database has forgotten.

    Then it has forgotten ids and cursors too that it gave to clients, so it goes on above them, and
    the feed has another epoch. What was found out once is remembered, so that the next start does
    not begin another one.

    Args:
        objections: what the witness has against issuing.
        trusted: there is a witness, and it was written on this computer.
        random: returns so many random bytes.
    """
    if not trusted:  # it says nothing of this database, which issues nothing before it is renewed
        return
    behind = {
        f"{cursor.range.text}: {why}": why
        for cursor in tx.store.cursors.all()
        if cursor.closed is None
        and (why := objections.objection(cursor, True, tx.store.meta.supplied_below(cursor.range)))
    }
    noticed = tx.store.meta.noticed_behind
    if behind.keys() - noticed:
        tx.begin()
        tx.store.meta.noticed_behind = noticed | behind.keys()
        if tx.store.meta.set_back is None:
            reasons = "; ".join(sorted(set(behind.values())))
            tx.store.meta.set_back = f"According to the witness {reasons}."
        tx.store.local.go_on_above(random, tx.now_ms)


KIND: Final[DaemonKind[NodeSettings]] = DaemonKind(
    NODE, credentials.FILES, lambda settings: settings.code, _settle, config.load
)
