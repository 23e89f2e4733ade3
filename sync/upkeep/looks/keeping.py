"""How long it is kept who looked at whom: what is old goes, behind a checkpoint that is signed.

The checkpoint says up to which entry the record was removed, and the hash of that entry, so that
what is left is still a chain that goes on from there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from functools import partial
from typing import Final, NamedTuple

from sync.engine import keys
from sync.engine.records.lost_entries import LostEntries, lost
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model.believed import NOTE_MS, PLAUSIBLE_MS
from sync.reading.snapshot import Snapshot
from sync.rules import chains
from sync.rules.ageing import Ageing
from sync.rules.chains import BEGINNING, Checked, Checkpoint, Head, signed_bytes
from sync.storage.access.looks import Look, LookAct, note
from sync.storage.store import Store

MARK: Final = "looks"
"""The name under which the witness keeps how many entries there are."""
REMOVE_S: Final = 3600.0
DAY_MS: Final = 24 * 3_600_000
ENTRIES_MAX: Final = 1_000_000
"""Beyond so many entries the oldest go, however young they are."""
OFF_DAYS: Final = 365
CHECKED_AT_ONCE: Final = 1000
REMOVED_AT_ONCE: Final = 5000
"""So many entries go in one transaction, so that a registration gets in between."""

LOST_ENTRIES: Final = LostEntries[Look](
    MARK,
    lambda store: store.looks,
    LookAct.SET_BACK,
    lambda at_ms, about: note(at_ms, LookAct.SET_BACK, about),
)


class LookKeeper:
    """Keeps the entries of one replica for some days.

    Args:
        days: how many; None: nothing is written down, and what there is goes after `OFF_DAYS`.
    """

    def __init__(self, replica: Replica, signer: keys.Signer, days: int | None) -> None:
        self._replica = replica
        self._signer = signer
        self._days = days
        self._ageing: Ageing | None = None
        self._counted_ms = 0

    async def start(self) -> None:
        """Write that it was switched on or off, or is kept for another time, if that is so."""
        days = self._days

        def act(tx: Transaction) -> None:
            wanted = (
                (LookAct.SWITCHED_OFF, "")
                if days is None
                else (LookAct.SWITCHED_ON, f"kept for {days} days")
            )
            last = tx.store.looks.switch()
            if last is None or (last.act, last.about) != wanted:
                tx.begin()
                tx.store.looks.add(note(tx.now_ms, *wanted))

        await self._replica.write(act)

    async def remove_old(self) -> None:
        """Remove what was kept for long enough.

        Raises:
            StoreError: it cannot be written.
        """
        ageing = await self._replica.write(self._age)
        while await self._replica.write(partial(self._remove_some, ageing)):
            pass

    def _age(self, tx: Transaction) -> Ageing:
        """Take into account what has passed since the last look, and what was jumped over."""
        counted_ms, kept = self._replica.believed.steady_ms, tx.store.meta.looks_ageing
        # In another process nobody has counted, so all that it was off for counts as a jump.
        passed_ms = counted_ms - self._counted_ms if self._ageing is not None else 0
        now = (self._ageing or kept).after(tx.now_ms, passed_ms)
        if now[1:] != kept[1:] or not kept.at_ms <= now.at_ms < kept.at_ms + NOTE_MS:
            tx.begin()
            tx.store.meta.looks_ageing = now
        self._ageing, self._counted_ms = now, counted_ms
        return now

    def _remove_some(self, ageing: Ageing, tx: Transaction) -> bool:
        """Remove some of the oldest entries; False once there is nothing to be removed.

        A day's entries go together, and so do those that are too many: each time leaves an entry
        itself.
        """
        looks = tx.store.looks
        oldest = looks.oldest()
        if oldest is None:
            return False
        last = None
        made_ms, kept_ms = looks.made_ms(oldest.number, tx.now_ms), self._kept_ms(ageing)
        if kept_ms is not None and made_ms is not None and made_ms < tx.now_ms - kept_ms - DAY_MS:
            last = looks.last_of_old(REMOVED_AT_ONCE, tx.now_ms - kept_ms, tx.now_ms)
        elif looks.head().number - oldest.number >= ENTRIES_MAX:
            last = looks.last_of_oldest(REMOVED_AT_ONCE)
        if last is None:
            return False
        tx.begin()
        # First, so that the newest entry is always there, and the next one follows it.
        looks.add(note(tx.now_ms, LookAct.REMOVED, f"entries up to {last.number}"))
        looks.remove(last.number)
        said = signed_bytes(self._replica.replica_id, last, tx.now_ms)
        tx.store.meta.looks_checkpoint = Checkpoint(
            last, tx.now_ms, self._signer.public_key, self._signer.sign(said)
        )
        return True

    def _kept_ms(self, ageing: Ageing) -> int | None:
        """For how long entries are kept now; None while none goes because of its age.

        What is removed is gone for good, so no clock that is wrong may say that it is old. What
        was jumped over makes nothing older for a while, whoever has confirmed it: they may be
        wrong. While nobody has, as at a desk alone or a coordinator without desks, the clock of the
        computer may have been taken for right when it lay ahead by as much as is plausible, so
        entries stay for as much longer. A clock that is not believed removes none: the time may
        come from anywhere.
        """
        believed, kept_ms = self._replica.believed, (self._days or OFF_DAYS) * DAY_MS
        if believed.is_sure:
            return kept_ms + ageing.held_back_ms
        return kept_ms + PLAUSIBLE_MS + ageing.long_ms if believed.is_followed else None


class KeptLooks(NamedTuple):
    """What is there, and whether it is whole.

    Attributes:
        first: the number of the oldest entry that must be there.
        checked: the chain from there on.
        checkpoint: from which it goes on, None if nothing was removed.
        is_signed: whether the checkpoint, if there is one, is signed by this very replica.
    """

    first: int
    checked: Checked
    checkpoint: Checkpoint | None
    is_signed: bool

    @property
    def is_whole(self) -> bool:
        """True if nothing was changed or removed by anybody else."""
        return self.checked.wrong is None and self.is_signed


async def check(replica: Replica, own_keys: Collection[bytes], pause_s: float = 0.0) -> KeptLooks:
    """Look at all that is there, a piece at a time, so that others read in between.

    Args:
        own_keys: the public keys that this replica signs with, or has signed with.
        pause_s: how long to wait after each piece.
    """

    def begin(snapshot: Snapshot) -> Checkpoint | None:
        return snapshot.store.meta.looks_checkpoint

    checkpoint = await replica.read(begin)
    since = checkpoint.head if checkpoint is not None else BEGINNING
    checked, before = Checked(since, None), None
    while checked.wrong is None and checked.head != before:
        before = checked.head
        found = await replica.read(partial(_check_some, since=before, checkpoint=checkpoint))
        if found is None:  # old entries were removed meanwhile
            return await check(replica, own_keys, pause_s)
        checked = found
        await asyncio.sleep(pause_s)
    is_signed = checkpoint is None or _is_signed(replica.replica_id, checkpoint, own_keys)
    return KeptLooks(since.number + 1, checked, checkpoint, is_signed)


def _check_some(snapshot: Snapshot, since: Head, checkpoint: Checkpoint | None) -> Checked | None:
    """Look at the entries that follow one; None if there is another checkpoint by now."""
    if snapshot.store.meta.looks_checkpoint != checkpoint:
        return None
    return chains.check(snapshot.store.looks.after(since.number, CHECKED_AT_ONCE), since)


def _is_signed(chain: bytes, checkpoint: Checkpoint, own_keys: Collection[bytes]) -> bool:
    said = signed_bytes(chain, checkpoint.head, checkpoint.at_ms)
    return checkpoint.key in own_keys and keys.verify(checkpoint.key, checkpoint.signature, said)


def note_restore(store: Store, made: str, known: int) -> None:
    """Write that a backup was restored, outside of any transaction and before any daemon runs.

    Args:
        made: when the backup was made, for people.
        known: how many entries witnesses on this computer know of, 0 if none does.
    """
    about = f"backup of {made}: {lost(store.looks.head().number, known)}"
    store.connection.execute("BEGIN IMMEDIATE")
    store.looks.add(note(time.time_ns() // 1_000_000, LookAct.RESTORED, about))
    store.connection.execute("COMMIT")
