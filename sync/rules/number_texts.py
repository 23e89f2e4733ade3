"""What a number looks like on a card, and which number somebody means who typed what stands there.

Every place that shows a number or reads one goes through `NumberTexts`. The form of a number is
that of the range it lies in, or of the first grant of an online number. A text of any form that is
in use is either exactly right or mistyped: it is never taken for a legacy number, and a number that
has a form is not read without it, because nothing would tell then that a digit is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Protocol

from sync.errors import MistypedNumber
from sync.model import numbers, typed
from sync.model.numbers import Mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat
from sync.rules.registry import Registry


class OnlineFormats(Protocol):
    """The forms that grants name."""

    def formats(self) -> frozenset[NumberFormat]:
        """All of them."""
        ...

    def of(self, mrn: Mrn) -> NumberFormat | None:
        """The one that the first grant of an online number names, None if it names none."""
        ...


class NumberTexts:
    """Texts of numbers, and numbers of texts, as one replica knows their forms.

    Args:
        online: the forms of online numbers.
        to_come: forms of numbers that are not given yet.
    """

    def __init__(
        self, registry: Registry, online: OnlineFormats, to_come: Iterable[NumberFormat] = ()
    ) -> None:
        self._registry = registry
        self._online = online
        self._to_come = frozenset(to_come)

    @cached_property
    def formats(self) -> frozenset[NumberFormat]:
        """Every form that a range or a grant names, and those to come."""
        return self._registry.formats | self._online_formats | self._to_come

    @cached_property
    def _online_formats(self) -> frozenset[NumberFormat]:
        return self._online.formats()

    def text(self, mrn: str | None) -> str | None:
        """What is shown for a number, None for none."""
        form = self.format_of(Mrn(mrn)) if mrn is not None else None
        return mrn if mrn is None or form is None else form.text(Mrn(mrn))

    def format_of(self, mrn: Mrn) -> NumberFormat | None:
        """The form of a number, None if it is printed as it is."""
        if self._registry.formats:
            number = numbers.plain_number(mrn)
            if number is not None:
                return self._registry.format_of(number)
        # Most registers have no form at all, and then no grant is looked for.
        if numbers.online_parts(mrn) is not None and self._online_formats:
            return self._online.of(mrn)
        return None

    def number(self, text: str) -> Mrn:
        """The number that somebody has typed or a program has sent; it may be nobody's.

        Raises:
            MistypedNumber: it has a form that is in use and is none of its numbers, or it lacks the
                form that its number has.
        """
        typed_ = Mrn(typed.code(text))
        found = self.written(text)
        if found is not None:
            return found
        form = self.format_of(typed_)
        if form is not None:
            raise MistypedNumber(
                text=typed_, why=f"numbers of its range are written as {form.description}"
            )
        return typed_

    def written(self, text: str) -> Mrn | None:
        """The number of a text that has a form in use, None for a text that has none.

        Raises:
            MistypedNumber: it has a form, and is none of its numbers.
        """
        forms = [one for one in self.formats if one.holds(text)]
        if not forms:
            return None
        read = {one: mrn for one in forms if (mrn := one.number(text)) is not None}
        meant = [mrn for form, mrn in read.items() if self.format_of(mrn) == form]
        # Two coordinators from one backup may have switched on forms that are not apart. A text of
        # two numbers is nobody's then.
        if len(meant) == 1:
            return meant[0]
        why = "its check digit does not fit"
        if meant:
            why = "two people's numbers are written so"
        elif read or all(one.check is Check.NONE for one in forms):
            why = "no number was given out that is written so"
        raise MistypedNumber(text=typed.code(text), why=why)
