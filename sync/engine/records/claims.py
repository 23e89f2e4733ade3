"""What registrations and sheets say of the numbers of ranges: marks, and what others claim.

The mark of a range follows what is written by those who may issue from it, just as that of a day
follows grants: a stray claim must not use up either. Whoever issues sees to it that no number seen
anywhere is issued again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sync.engine.effects import Due
from sync.engine.sorting import New
from sync.model import facts, numbers
from sync.model.facts import Author, RangeFact, Registration
from sync.model.numbers import NumberRange
from sync.rules.admission import Standing
from sync.rules.registry import Block, Registry
from sync.storage.numbers import Stray
from sync.storage.store import Store


class NumberClaim(NamedTuple):
    """A plain number of a terminal in a fact of an author."""

    number: int
    terminal: Author | None
    author: Author

    def is_issued(self, block: Block) -> bool:
        """True when its author may issue it from a block for that terminal."""
        return block.terminal == self.terminal and self.author in (
            self.terminal,
            facts.COORDINATOR,
        )


class Claims:
    """Brings claims into the marks of ranges, and counts those of others, for one fold.

    Args:
        due: says which registrations claim another number now.
    """

    def __init__(self, store: Store, due: Due) -> None:
        self._numbers = store.numbers
        self._strays = store.stray_numbers
        self._due = due
        self._written: list[tuple[NumberClaim, bool]] = []
        self._claimed: list[tuple[NumberClaim | None, set[int]]] = []

    def registered(self, item: New, standing: Standing, text: str | None) -> None:
        """Take up a new registration.

        Args:
            text: the number that it claims in its row, whatever that is of a malformed one.
        """
        body, written = item.body, None
        if isinstance(body, Registration) and body.mrn is not None:
            number = numbers.plain_number(body.mrn)
            if number is not None:
                written = NumberClaim(number, body.terminal, item.place.shard.author)
                # Nearly all claim what they were written with, and nothing else.
                is_all = text == body.mrn and standing.mrn in (None, text)
                self._written.append((written, is_all))
                if is_all:
                    return
        claimed = numbers.plain_numbers(text, standing.mrn)
        if claimed:
            self._claimed.append((written, claimed))

    def printed(self, sheets: Iterable[NumberClaim]) -> None:
        """Take up numbers on new sheets.

        They count as issued, or as claimed where their desk may issue none.
        """
        self._written += [(one, False) for one in sheets]

    def granted(self, ranges: Iterable[RangeFact], registry: Registry) -> dict[NumberRange, int]:
        """Take up ranges, of which registrations may have come before them.

        Args:
            registry: it knows of them already.

        Returns:
            The highest number that was issued of each.
        """
        marks: dict[NumberRange, int] = {}
        for body in ranges:
            range_ = NumberRange(body.start, body.end)
            highest = self._numbers.highest_issued(range_, body.terminal)
            marks[range_] = max(highest, marks.get(range_, 0))
            self._numbers.count_strays(range_, body.terminal)
        for range_ in marks:
            terminals = {one.terminal for one in registry.blocks if one.range == range_}
            of_others = self._numbers.claims_of_others(range_, sorted(terminals))
            self._strays.replace(range_, of_others)
        self._numbers.raise_range_marks(marks)
        return marks

    def settle(self, registry: Registry) -> None:
        """Raise the marks of ranges, and count what is claimed by others."""
        marks: dict[NumberRange, int] = {}
        strays: list[Stray] = []
        for claim, is_all in self._written:
            not_issued = False
            for block in registry.blocks_at(claim.number):
                if claim.is_issued(block):
                    marks[block.range] = max(claim.number, marks.get(block.range, 0))
                    continue
                not_issued = True
                if claim.author != facts.COORDINATOR:
                    strays.append(Stray(block.range, block.terminal, claim.author, 1))
            if is_all and not_issued:
                self._count(claim.number, registry, claim)
        self._written.clear()
        self._numbers.raise_range_marks(marks)
        self._numbers.add_strays(strays)
        for written, claimed in self._claimed:
            for number in claimed:
                issued = written is not None and written.number == number
                self._count(number, registry, written if issued else None)
        self._claimed.clear()
        for before, now in self._due.renumbered:
            # What it was registered with it goes on to claim, so that is in both.
            for number in before - now:
                for range_ in {one.range for one in registry.blocks_at(number)}:
                    self._strays.remove(range_, number)
            for number in now - before:
                self._count(number, registry)
        self._due.renumbered.clear()

    def _count(self, number: int, registry: Registry, written: NumberClaim | None = None) -> None:
        """Count a claim in each range of which nobody has issued it.

        What was issued lies below the mark of its range, and nobody asks for what is claimed there.
        So the registrations of honest desks, which are nearly all, cost nothing here.
        """
        blocks = registry.blocks_at(number)
        issued = {one.range for one in blocks if written is not None and written.is_issued(one)}
        for range_ in {one.range for one in blocks} - issued:
            self._strays.add(range_, number)


def claims_on_sheet(author: Author, body: facts.SheetFact) -> list[NumberClaim]:
    """The numbers of a sheet, which a desk takes for itself."""
    return [NumberClaim(number, author, author) for number in body.numbers]
