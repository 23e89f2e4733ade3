"""The machines of a simulated clinic, and what the outside world remembers of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sync.engine import issuing
from sync.engine.transaction import Transaction
from sync.model.facts import FactId, Incarnation
from sync.model.numbers import Mrn
from sync.witness.file import SLOT_BYTES, WitnessFile
from sync.witness.memory import Witness, number_for
from tests.clinic import Desk
from tests.projection import fact_ids, facts_read

BACKUPS_MAX = 6
"""The oldest one makes room, so that a long history fits on a disk."""

NOWHERE = Path("no file")


class NoFile(WitnessFile):
    """A file in memory."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self._slots = [b"", b""]

    def _content(self) -> bytes:
        return b"".join(slot.ljust(SLOT_BYTES, b"\0") for slot in self._slots)

    def _write(self, slot: int, data: bytes, *, sync: bool = True) -> None:
        self._slots[slot] = data


class OutsideMemory(Witness):
    """A witness in memory: the simulation decides what a machine forgets.

    Without any ``marks`` it was lost.
    """

    def __init__(self, marks: dict[str, int]) -> None:
        super().__init__(NOWHERE, "machine")
        self.file = NoFile()
        if marks:
            self.note_marks(marks)


@dataclass(frozen=True)
class Backup:
    """A copy of a machine's database, what its witness knew then, and whom it trusted."""

    path: Path
    marks: dict[str, int]
    facts: frozenset[bytes]
    issued: frozenset[int]
    granted: frozenset[Mrn]
    pinned: bytes


class Machine:
    """A computer with its database and its witness.

    ``was_made_to_forget``: its witness was put back or lost, so it cannot know all that it gave.
    ``issued`` are the numbers that this machine may know that it has issued: a copy and a machine
    that was set back without its witness begin with what they can know; ``issued_under`` are those
    that it has issued under each incarnation, whatever it knows of that; ``granted`` are those that
    it granted as a coordinator. ``forgotten`` are the facts that it lost when it was set back.
    """

    witness: Witness

    def __init__(self, name: str, desk: Desk) -> None:
        self.name = name
        self.desk = desk
        self.issued: set[int] = set()
        self.issued_under: dict[Incarnation, set[int]] = {}
        self.granted: set[Mrn] = set()
        self.forgotten: set[bytes] = set()
        self.backups: list[Backup] = []
        self._numbers = random.Random(name)
        self.begin_witness()

    def begin_witness(self) -> None:
        """It has the witness of a new machine."""
        number = self.desk.write(self._number_of_witness)
        self._use(OutsideMemory({"begun": number}))
        self.was_made_to_forget = False

    def _number_of_witness(self, tx: Transaction) -> int:
        """Its database has a new witness; that costs the history none of its chances."""
        tx.begin()
        return number_for(tx.store.meta, self._numbers.randbytes)

    def put_witness(self, marks: dict[str, int]) -> None:
        """Its witness knows this, and nothing else; nothing at all when it was lost."""
        self._use(OutsideMemory(marks))
        self.was_made_to_forget = True

    def be_copy_of(self, other: Machine) -> None:
        """Its disk is a copy of that one's, with the witness on it."""

        def act(tx: Transaction) -> None:
            tx.begin()
            tx.store.meta.witness = other.desk.writer.store.meta.witness

        self.desk.write(act)
        self.put_witness(dict(other.witness.marks))
        self.read_witness()
        self.issued = set(other.issued)
        self.issued_under = {
            incarnation: set(numbers) for incarnation, numbers in other.issued_under.items()
        }

    def issue(self, numbers: Iterable[int]) -> None:
        """Remember that it has issued these."""
        numbers = set(numbers)
        self.issued |= numbers
        self.issued_under.setdefault(self.desk.writer.identity.incarnation, set()).update(numbers)

    def _use(self, witness: Witness) -> None:
        self.witness = witness
        self.desk.be_witnessed(witness)

    def read_witness(self) -> None:
        """What its process does at start."""
        self.witness.read()
        self.witness.catch_up(self.desk.writer.write(issuing.how_far_used))

    def back_up(self) -> None:
        if len(self.backups) == BACKUPS_MAX:
            self.backups.pop(0).path.unlink()
        self.backups.append(
            Backup(
                self.desk.back_up(),
                dict(self.witness.marks),
                frozenset(fact_ids(self.desk)),
                frozenset(self.issued),
                frozenset(self.granted),
                self.desk.pinned,
            )
        )

    def forget(self, backup: Backup) -> None:
        """Its witness is put back too."""
        self.put_witness(backup.marks)
        self.issued, self.granted = set(backup.issued), set(backup.granted)

    def claimed(self) -> set[str]:
        """Every number that any registration on this machine's disk claims."""
        return facts_read(self.desk).claimed.copy()


@dataclass(frozen=True)
class Shown:
    """A number that a person has on a card, and the fact that holds it."""

    machine: str
    fact: FactId
    mrn: Mrn


def unreported(desk: Desk) -> list[str]:
    """Numbers that several registrations on this disk carry, and more than one has no report."""
    reported = {
        fact
        for (fact,) in desk.query(
            "SELECT p.fact FROM conflicts c JOIN patients p ON p.id = c.patient"
        )
    }
    alone = [mrn for fact, (mrn, _) in facts_read(desk).registered.items() if fact not in reported]
    counts = Counter(mrn for mrn in alone if mrn is not None)
    return sorted(mrn for mrn, count in counts.items() if count > 1)
