"""Numbers and their texts, as the ranges and grants say."""

import pytest

from sync.errors import MistypedNumber
from sync.model.facts import Allocator, Author, FactId, RangeFact
from sync.model.numbers import Mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.rules import registry
from sync.rules.number_texts import NumberTexts
from sync.rules.registry import Entry

CARD = NumberFormat(PrintedKind.PLAIN, "C-", 7, "-", Check.LUHN)
BARE = NumberFormat(PrintedKind.PLAIN, "B", 6, "", Check.NONE)
ONLINE = NumberFormat(PrintedKind.ONLINE, "PAT-", 0, "-", Check.DAMM)
GRANTED = Mrn("PAT-20261103-0001")


class Grants:
    """Some online numbers with a form."""

    def __init__(self, *mrns):
        self.mrns = mrns

    def formats(self):
        return frozenset({ONLINE} if self.mrns else ())

    def of(self, mrn):
        return ONLINE if mrn in self.mrns else None


def entry(start, end, form, serial=1, ident=1, **other):
    fact = RangeFact(
        serial,
        (),
        start,
        end,
        Author("LAB"),
        None,
        Allocator.COORDINATOR,
        0,
        False,
        "administrator",
        format=form,
    )
    return Entry(FactId(bytes([ident]) * 16), ident, fact._replace(**other))


def texts(*entries, granted=(), to_come=()):
    return NumberTexts(registry.fold(entries), Grants(*granted), to_come)


FORMED = (entry(700, 799, CARD), entry(800, 899, None, 2, 2), entry(900, 999, BARE, 3, 3))


def test_a_number_is_shown_in_the_form_of_its_range():
    shown = texts(*FORMED, granted=[GRANTED])
    assert shown.formats == {CARD, BARE, ONLINE}
    assert shown.text("742") == CARD.text(Mrn("742")) == "C-0000742-7"
    assert (shown.text("842"), shown.text("942")) == ("842", "B000942")
    assert shown.text(GRANTED) == ONLINE.text(GRANTED)
    for formless in (None, "5", "PAT-20261103-0002", "MR 12/b", "0000742"):
        assert shown.text(formless) == formless


def test_without_any_form_numbers_are_what_they_are():
    plain = texts(entry(700, 799, None))
    for mrn in ("742", GRANTED, "MR 12/b", "C-0000742-7"):
        assert plain.text(mrn) == plain.number(mrn) == mrn


@pytest.mark.parametrize(
    ("text", "mrn"),
    [
        ("C-0000742-7", "742"),
        (" c-0000742-7", "742"),
        ("B000942", "942"),
        ("842", "842"),
        ("٨٤٢", "842"),
        (ONLINE.text(GRANTED), GRANTED),
        ("PAT-20261103-0002", "PAT-20261103-0002"),
        ("MR 12/b", "MR 12/b"),
        ("C-0000742", "C-0000742"),
    ],
)
def test_the_number_of_a_text(text, mrn):
    assert texts(*FORMED, granted=[GRANTED]).number(text) == mrn


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("C-0000743-7", "check digit"),
        ("C-0000742-9", "check digit"),
        ("742", "C-0000000-C"),
        (GRANTED, "PAT-YYYYMMDD-0000-C"),
        (CARD.text(Mrn("842")), "no number was given out"),
        (CARD.text(Mrn("5")), "no number was given out"),
        ("B000742", "no number was given out"),
        ("B000000", "no number was given out"),
        (ONLINE.text(Mrn("PAT-20261103-0002")), "no number was given out"),
    ],
)
def test_a_mistyped_number_is_told(text, why):
    with pytest.raises(MistypedNumber, match=why):
        texts(*FORMED, granted=[GRANTED]).number(text)


def test_forms_to_come_are_read_too():
    with pytest.raises(MistypedNumber):
        texts(to_come=[CARD]).number("C-0000742-7")


def test_the_first_fact_of_a_range_says_what_its_numbers_look_like():
    first, later = entry(700, 799, CARD, 1, 9), entry(700, 799, BARE, 2, 1)
    assert texts(first, later).text("742") == texts(later, first).text("742") == "C-0000742-7"
    rival = entry(700, 799, BARE, 1, 1)
    assert texts(first, rival).text("742") == texts(rival, first).text("742") == "B000742"


def test_of_ranges_that_overlap_the_first_one_says_it():
    early, late = entry(700, 799, CARD, 1, 1), entry(750, 849, BARE, 2, 2)
    both = texts(late, early)
    assert both.text("742") == CARD.text(Mrn("742"))
    assert both.text("760") == CARD.text(Mrn("760"))
    assert both.text("820") == "B000820"


def test_a_text_of_two_numbers_is_nobodys():
    """Two coordinators from one backup have switched on forms that are not apart."""
    one = NumberFormat(PrintedKind.PLAIN, "C", 7, "", Check.NONE)
    other = NumberFormat(PrintedKind.PLAIN, "C7", 6, "", Check.NONE)
    both = texts(entry(7000742, 7000742, one), entry(742, 742, other, 2, 2))
    assert both.text("742") == both.text("7000742") == "C7000742"
    with pytest.raises(MistypedNumber, match="two people"):
        both.number("C7000742")


@pytest.mark.parametrize("form", [ONLINE, CARD._replace(width=2), CARD._replace(prefix="")])
def test_a_form_that_is_none_for_a_range_is_left_out(form):
    assert texts(entry(700, 799, form._replace(separator=""))).text("742") == "742"
