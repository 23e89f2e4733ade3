"""What a witness is told of a transaction, and when.

It knows of what a transaction gives before the commit. Of what is in use as soon as others hear of
it, as a range is at its desk, it also knows afterwards that it was committed: until then no other
computer hears of anything. What came from others is noted after the commit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sync.errors import StoreError, WitnessBehind
from sync.storage.meta import Meta
from sync.witness.memory import SERIAL, Intents, Witness
from sync.witness.steps import Steps


class Disclosed(Protocol):
    """What is needed of `sync.engine.transaction.Transaction`."""

    intents: Intents
    newest_change: int | None

    @property
    def serial(self) -> int:
        """The highest serial that is in use after it."""
        ...


class Disclosure:
    """The line from one writer to its witness.

    Args:
        random: returns so many random bytes.
        witness: None for a replica whose numbers nobody is shown.
    """

    def __init__(self, random: Callable[[int], bytes], witness: Witness | None) -> None:
        self.witness = witness
        self._steps = Steps(random)

    def intend(self, tx: Disclosed, meta: Meta, known: int | None, *, for_desks: bool) -> None:
        """Tell it what a transaction is about to give; to be called before the commit.

        Args:
            known: the newest serial of a coordinator before the transaction; None at a node.
            for_desks: the transaction changes the registry.

        Raises:
            WitnessFull, WitnessUnwritable, WitnessShared: it cannot be told.
        """
        if known is not None and tx.serial > known:
            tx.intents.issue(SERIAL, tx.serial, known)
            # A number in doubt is left out, and that is all. A range or a key that was given and
            # then forgotten is more: a desk works with it.
            tx.intents.in_use_at_once |= for_desks
        if self.witness is not None and (tx.intents.gives or tx.intents):
            self._steps.go_up(meta, tx.intents, self.witness, is_coordinator=known is not None)
            self.witness.intend(tx.intents, tx.intents.carried)

    def committed(self, tx: Disclosed) -> None:
        """A transaction is committed; where it is in use at once, the witness is told of that."""
        if self.witness is None:
            return
        self.witness.took()
        if tx.newest_change is not None:
            # With what is given here it has been told of enough.
            self.witness.note_changes(tx.newest_change, write=not tx.intents)
        self.witness.holds_back |= tx.intents.in_use_at_once
        self.may_be_heard()

    def failed(self) -> None:
        """What it was told of last is not committed."""
        if self.witness is not None:
            self.witness.withdraw()

    def require(self) -> None:
        """Pass if it knows as committed all that others may not hear of before; else tell it.

        Raises:
            WitnessBehind: it does not, and cannot be told.
        """
        if self.witness is None or not self.witness.holds_back:
            return
        try:
            self.witness.settle()
        except StoreError as error:
            why = error.facts.get("why", error)
            raise WitnessBehind(path=self.witness.file.path, why=why) from error
        self.witness.holds_back = False

    def may_be_heard(self) -> bool:
        """Whether other computers may hear of what is committed; see `require`."""
        try:
            self.require()
        except WitnessBehind:
            return False
        return True
