"""What a coordinator decides for desks that are connected, at once: online numbers, own PINs."""

from __future__ import annotations

import uuid
from typing import Final

from coordinator.judging.arbiter import Arbiter
from coordinator.registry import clerks, terminals
from sync.engine.issuing import Issued
from sync.engine.transaction import Transaction
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author, RecordId
from sync.storage.access.audit import DONE, AuditEvent

OWN_PIN: Final = "clerks.change_own_pin"


class ConnectedDesks:
    """What a coordinator's replica asks for when a desk wants a number, or a PIN to count."""

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

    def change_pin(self, tx: Transaction, desk: Author, chosen: ClerkPin) -> None:
        """Let a PIN count that a clerk has chosen at a desk.

        Raises:
            TerminalNotFound: the desk is not active.
            NotFound, BadClerk, TooManyPins: see `coordinator.registry.clerks.change_own_pin`.
            InRecovery: the coordinator does not know yet which PINs it has given.
        """
        terminals.active(tx, desk)
        self._arbiter.recovery.require_over(tx)
        before = tx.registry
        clerk = clerks.change_own_pin(tx, desk, chosen)
        if tx.registry is not before:
            about = str(uuid.UUID(bytes=clerk.id))
            tx.store.audit.add(AuditEvent(tx.now_ms, clerk.name, desk, OWN_PIN, about, DONE))
