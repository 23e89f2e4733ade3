"""Online numbers for connected desks, and a memory outside the database of how many there were."""

from __future__ import annotations

from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import NEWEST_ONLINE, SERIAL
from coordinator.registry import terminals
from sync.engine.issuing import Issued
from sync.engine.transaction import Transaction
from sync.engine.witness import Witness
from sync.model.facts import Author, RecordId


class OnlineNumbers:
    """What a coordinator's replica asks for when a desk wants a number.

    Args:
        witness: gets the newest serial and the newest online number.
    """

    def __init__(self, arbiter: Arbiter, witness: Witness) -> None:
        self._arbiter = arbiter
        self._witness = witness

    def grant(self, tx: Transaction, record: RecordId, terminal: Author) -> Issued:
        """An online number for a record of a terminal.

        Raises:
            TerminalNotFound: there is no such terminal, or it is not active.
            TooManyNumbers: it has got more than a desk needs.
            InRecovery: the coordinator does not know yet what it has granted.
        """
        terminals.active(tx, terminal)
        return self._arbiter.grant(tx, record, terminal)

    def note_serial(self, serial: int) -> None:
        """Remember how far the coordinator has come, if the witness does not know it yet.

        A witness that is not trusted stays as it is until the coordinator has looked back: written
        to, one from another computer would look as if it were of this one at the next start.
        """
        if self._witness.trusted and serial > (self._witness.mark(SERIAL) or 0):
            marks = {SERIAL: serial, NEWEST_ONLINE: self._arbiter.newest_online}
            self._witness.note_marks(marks)
