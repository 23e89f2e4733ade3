"""What registrations and sheets say of numbers: which are used, marks, and what others claim.

The mark of a range follows what is written by those who may issue from it, just as that of a day
follows grants: a stray claim must not use up either. Whoever issues sees to it that no number seen
anywhere is issued again: the sets of used numbers have each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sync.engine.effects import Due, Numbered
from sync.engine.sorting import New
from sync.model import facts, numbers
from sync.model.facts import Author, RangeFact, Registration
from sync.model.numbers import Mrn, NumberRange
from sync.rules.admission import Standing
from sync.rules.registry import Block, Registry
from sync.storage.numbers import Stray
from sync.storage.records import number_sets
from sync.storage.store import Store


class NumberClaim(NamedTuple):
    """A plain number in a fact of an author; ``terminal`` is whose it is, if it may be issued."""

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
    """Brings claims into marks and sets of numbers, and counts those of others, for one fold.

    Args:
        due: says which registrations claim another number now.
    """

    def __init__(self, store: Store, due: Due) -> None:
        self._numbers = store.numbers
        self._sets = store.number_sets
        self._due = due
        self._written: list[NumberClaim] = []
        self._used: set[Numbered] = set()

    def registered(
        self, item: New, standing: Standing, text: str | None, look_alike: Mrn | None
    ) -> None:
        """Take up a new registration.

        Args:
            text: the number that it claims in its row, whatever that is of a malformed one.
            look_alike: what the number could be taken for that it was written with.
        """
        places = placed(text, standing.mrn, look_alike)
        self._used.update(places.values())
        body, author = item.body, item.place.shard.author
        if not isinstance(body, Registration):
            self._write(places.get(text), None, author)
        elif body.mrn is not None:
            written = places if body.mrn in places else placed(body.mrn)
            self._write(written.get(body.mrn), body.terminal, author)
            # Nobody issues another spelling.
            self._write(places.get(look_alike), None, author)

    def _write(self, place: Numbered | None, terminal: Author | None, author: Author) -> None:
        if place is not None and not place[0]:
            self._written.append(NumberClaim(place[1], terminal, author))

    def printed(self, sheets: Iterable[NumberClaim]) -> None:
        """Take up numbers on new sheets.

        They count as issued, or as claimed where their desk may issue none.
        """
        for claim in sheets:
            self._written.append(claim)
            self._used.add(("", claim.number))

    def granted(self, ranges: Iterable[RangeFact]) -> dict[NumberRange, int]:
        """Take up ranges, of which registrations may have come before them.

        Returns:
            The highest number that was issued of each.
        """
        marks: dict[NumberRange, int] = {}
        for body in ranges:
            range_ = NumberRange(body.start, body.end)
            highest = self._numbers.highest_issued(range_, body.terminal)
            marks[range_] = max(highest, marks.get(range_, 0))
            self._numbers.count_strays(range_, body.terminal)
            self._sets.remove_range(number_sets.OUTSIDE, range_)
        self._numbers.raise_range_marks(marks)
        return marks

    def settle(self, registry: Registry) -> None:
        """Raise the marks of ranges, count what is claimed by others, and keep what is used."""
        if self._written:
            self._settle_written(registry)
        if self._used or self._due.renumbered:
            self._keep_used()

    def _settle_written(self, registry: Registry) -> None:
        """Raise the marks of ranges, and count what is claimed by others."""
        marks: dict[NumberRange, int] = {}
        strays: Counter[tuple[NumberRange, Author, Author]] = Counter()
        outside: dict[Author, set[int]] = {}
        for claim in self._written:
            blocks = registry.blocks_at(claim.number)
            if not blocks:
                outside.setdefault(claim.author, set()).add(claim.number)
            for block in blocks:
                if claim.is_issued(block):
                    marks[block.range] = max(claim.number, marks.get(block.range, 0))
                elif claim.author not in (block.terminal, facts.COORDINATOR):
                    strays[block.range, block.terminal, claim.author] += 1
        self._written.clear()
        self._numbers.raise_range_marks(marks)
        self._numbers.add_strays([Stray(*whose, claims) for whose, claims in strays.items()])
        for author, claimed in outside.items():
            self._sets.add(number_sets.outside(author), claimed)

    def _keep_used(self) -> None:
        """Bring the sets of used numbers up to date."""
        if len(self._used) == 1 and not self._due.renumbered:  # as with each registration
            ((series, number),) = self._used
            self._sets.add_one(number_sets.used_of(series), number)
            self._used.clear()
            return
        given_up: set[Numbered] = set()
        for before, now in self._due.renumbered:
            self._used |= now
            given_up |= before - now
        self._due.renumbered.clear()
        # What it was registered with it goes on to claim, and so may others.
        unused = {one for one in given_up if not self._numbers.is_used(numbers.mrn_of(*one))}
        for series, claimed in _by_series(self._used - unused):
            self._sets.add(number_sets.used_of(series), claimed)
        for series, claimed in _by_series(unused):
            self._sets.remove(number_sets.used_of(series), claimed)
        self._used.clear()


def placed(*texts: str | None) -> dict[str | None, Numbered]:
    """Text -> its place, of those among some texts that are numbers which can be issued."""
    places: dict[str | None, Numbered] = {}
    for text in texts:
        if text is not None and text not in places:
            place = numbers.series_of(text)
            if place is not None:
                places[text] = place
    return places


def _by_series(claimed: Iterable[Numbered]) -> Iterator[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for series, number in claimed:
        found.setdefault(series, []).append(number)
    yield from found.items()


def claims_on_sheet(author: Author, body: facts.SheetFact) -> list[NumberClaim]:
    """The numbers of a sheet, which a desk takes for itself."""
    return [NumberClaim(number, author, author) for number in body.numbers]
