"""Online numbers for connected desks."""

from __future__ import annotations

from coordinator.judging.arbiter import Arbiter
from coordinator.registry import terminals
from sync.engine.issuing import Issued
from sync.engine.transaction import Transaction
from sync.model.facts import Author, RecordId


class OnlineNumbers:
    """What a coordinator's replica asks for when a desk wants a number."""

    def __init__(self, arbiter: Arbiter) -> None:
        self._arbiter = arbiter

    def grant(self, tx: Transaction, record: RecordId, terminal: Author) -> Issued:
        """An online number for a record of a terminal.

        Raises:
            TerminalNotFound: there is no such terminal, or it is not active.
            TooManyNumbers: it has got more than a desk needs.
            InRecovery: the coordinator does not know yet what it has granted.
        """
        terminals.active(tx, terminal)
        return self._arbiter.grant(tx, record, terminal)
