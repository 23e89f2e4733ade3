"""Heads of the chain, signed and given to all desks, so that nobody makes the chain anew unnoticed.

Now and then the coordinator writes a fact that names an entry and its hash. Every replica keeps it.
Whoever changes the database later, or sets it back, has another chain than the desks know, and the
facts come back from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NamedTuple

from coordinator.audit import witnessing
from sync.engine.records.lost_entries import lost
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model import bodies, facts
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import NO_RECORD, REGISTRY, AuditHead
from sync.rules.chains import Head
from sync.storage.access.audit import DONE, AuditEvent, AuditFilter, AuditTable
from sync.storage.store import Store

HEAD_EVERY: Final = 64
"""Entries from one head to the next. Few, because all replicas keep them for ever."""
LOOK_S: Final = 600.0
LOST: Final = "audit.lost"
"""The act of an entry that says which entries a restore has lost, once desks have told."""
_ANEW: Final = (witnessing.RESTORE, witnessing.SET_BACK)


class ChainComparison(NamedTuple):
    """The chain beside what was signed of it.

    Attributes:
        agree: the newest entry that desks know as it is here, 0 if there is none.
        unlike: the first entry that is another one here, though nothing was restored; None if none.
        lost: the newest entry that desks know and that is lost here, 0 if none is.
        is_set_back: desks know later entries, and the chain does not say that any were lost.
    """

    agree: int = 0
    unlike: int | None = None
    lost: int = 0
    is_set_back: bool = False


class Chain(NamedTuple):
    """What is needed of the chain: its newest entry, where it was begun anew, and any hash."""

    newest: int
    anew: Head
    hash_at: Callable[[int], bytes | None]


def chain_of(table: AuditTable) -> Chain:
    """The chain of a database."""
    return Chain(table.head().number, table.last_of(_ANEW), table.hash_at)


def compare(own: Chain, heads: Iterable[AuditHead]) -> ChainComparison:
    """Compare the chain with all that was signed of it, wherever it came from."""
    found = ChainComparison()
    for head in sorted(heads):
        here = own.hash_at(head.number) if head.number <= own.newest else None
        began_before = (head.since, head.begun or b"") != own.anew
        if here == head.hash:
            found = found._replace(agree=head.number)
        elif 0 < own.anew.number <= head.number and began_before:
            found = found._replace(lost=head.number)
        elif here is None:
            found = found._replace(lost=head.number, is_set_back=True)
        elif found.unlike is None:
            found = found._replace(unlike=head.number)
    return found


def compare_store(store: Store, heads: Iterable[AuditHead]) -> ChainComparison:
    """Compare the chain of a database."""
    return compare(chain_of(store.audit), heads)


class HeadWatch:
    """Signs the newest entries, and reports when desks know others.

    Args:
        may_sign: counts one more head, which every replica keeps for good; False if there were many
            lately. The next one covers what was left out.
    """

    def __init__(self, replica: Replica, may_sign: Callable[[Transaction], bool]) -> None:
        self._replica = replica
        self._may_sign = may_sign
        self._unlike: int | None = None

    async def look(self) -> None:
        """Compare the chain with what desks know, and sign how far it is now.

        Raises:
            StoreError: it cannot be written.
        """
        look = partial(_look, may_sign=self._may_sign)
        self._unlike = (await self._replica.write(look)).unlike

    def alarms(self) -> list[Alarm]:
        """What is so as of the last look."""
        return [] if self._unlike is None else [alarm_of(self._unlike)]


def alarm_of(number: int) -> Alarm:
    """Desks know another entry of that number than the one here."""
    return Alarm(
        "audit_differs",
        AlarmLevel.ALERT,
        f"The record of what was done is not the one that desks know, from entry {number} on or "
        "before it: somebody has changed the database.",
        "Run `mrnmesh-coordinator audit verify`, and compare with a backup of before.",
        terms={"entry": number},
    )


def _look(tx: Transaction, may_sign: Callable[[Transaction], bool]) -> ChainComparison:
    heads = tx.registry.audit_heads
    found = compare_store(tx.store, heads)
    if found.lost:
        _note_loss(tx, found)
    own = chain_of(tx.store.audit)
    number = own.newest - own.newest % HEAD_EVERY
    digest = own.hash_at(number)
    if digest is None or number <= found.agree:
        return found
    if may_sign(tx):
        sign(tx, AuditHead(number, digest, own.anew.number, own.anew.hash or None))
    return found


def sign(tx: Transaction, head: AuditHead) -> None:
    """Let every replica keep a head."""
    tx.append(REGISTRY, facts.AUDIT_HEAD, NO_RECORD, bodies.write(head))
    tx.flush()


def _note_loss(tx: Transaction, found: ChainComparison) -> None:
    """Write which entries are lost, unless an entry says so already."""
    audit = tx.store.audit
    before = audit.head().number if found.is_set_back else audit.last_of(_ANEW).number - 1
    about = lost(before, found.lost)
    if not audit.newest(AuditFilter(about=about), 0, 1)[0]:
        tx.begin()
        act = witnessing.SET_BACK if found.is_set_back else LOST
        audit.add(AuditEvent(tx.now_ms, "", "", act, about, DONE))
