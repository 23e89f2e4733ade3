"""Forms of numbers: texts, numbers of texts, and that no text is of two forms."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.errors import BadNumberFormat
from sync.model.numbers import NUMBER_MAX, Mrn, NumberRange, is_canonical, look_alike, online_mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind

CARD = NumberFormat(PrintedKind.PLAIN, "C-", 7, "-", Check.LUHN)
ONLINE = NumberFormat(PrintedKind.ONLINE, "PAT-", 0, "-", Check.LUHN_30)
LONG = NumberFormat(PrintedKind.PLAIN, "9", 10, "", Check.DAMM)

forms = st.builds(
    NumberFormat,
    st.sampled_from(PrintedKind),
    st.sampled_from(["", "C", "C-", "C1", "9", "97", "PAT-", "A", "AB", "."]),
    st.sampled_from([0, 3, 6, 7, 9, 10, 11]),
    st.sampled_from(["", "-", "."]),
    st.sampled_from(Check),
).filter(lambda form: form.is_for(form.kind))


def numbers_of(form):
    """Numbers that a form can have."""
    if form.kind is PrintedKind.ONLINE:
        return st.builds(online_mrn, st.just("20261103"), st.integers(1, 10**9 - 1))
    highest = min(NUMBER_MAX, 10**form.width - 1)
    return st.integers(1, highest).map(lambda number: Mrn(str(number)))


@pytest.mark.parametrize(
    ("form", "mrn", "text", "description"),
    [
        (CARD, "710042", "C-0710042-3", "C-0000000-C"),
        (ONLINE, "PAT-20261103-0001", "PAT-20261103-0001-3", "PAT-YYYYMMDD-0000-C"),
        (ONLINE, "PAT-20261103-12345", "PAT-20261103-12345-0", "PAT-YYYYMMDD-0000-C"),
        (LONG, "710042", "900007100423", "90000000000C"),
        (CARD._replace(check=Check.NONE, separator=""), "7", "C-0000007", "C-0000000"),
    ],
)
def test_a_number_and_its_text(form, mrn, text, description):
    assert form.text(Mrn(mrn))[:-1] == text[:-1]
    assert form.description == description
    assert form.number(form.text(Mrn(mrn))) == mrn
    assert is_canonical(form.text(Mrn(mrn)))


def test_case_and_spaces_do_not_matter_and_every_wrong_digit_does():
    text = CARD.text(Mrn("710042"))
    assert CARD.number(f" c- 0710042 -{text[-1]} ") == "710042"
    for place, digit in enumerate(text):
        for wrong in set("0123456789") - {digit} if digit.isdecimal() else ():
            mistyped = text[:place] + wrong + text[place + 1 :]
            assert CARD.holds(mistyped)
            assert CARD.number(mistyped) is None


@pytest.mark.parametrize("text", ["C-0710042", "C0710042-3", "710042", "C-07100421-3", ""])
def test_other_texts_are_not_of_the_form(text):
    assert not CARD.holds(text)
    assert CARD.number(text) is None


def test_what_no_number_is_written_as_is_none():
    plain = NumberFormat(PrintedKind.PLAIN, "C", 10, "", Check.NONE)
    assert plain.number("C0000000000") is None
    assert plain.number("C9999999999") is None
    online = NumberFormat(PrintedKind.ONLINE, "K-", 0, "", Check.NONE)
    assert online.number("K-20261103-0001") == "PAT-20261103-0001"
    assert online.number("K-20261103-00010") is None, "a zero too many"
    assert online.number("K-20261303-0001") is None, "there is no such month"


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (NumberFormat(PrintedKind.PLAIN, "", 6, "", Check.LUHN), "cannot be told"),
        (NumberFormat(PrintedKind.PLAIN, "", 9, "", Check.LUHN_30), "cannot be told"),
        (NumberFormat(PrintedKind.PLAIN, "0", 11, "", Check.LUHN), "cannot be told"),
        (NumberFormat(PrintedKind.PLAIN, "", 11, "", Check.LUHN), "cannot be told"),
        (NumberFormat(PrintedKind.ONLINE, "PAT-", 0, "", Check.LUHN), "cannot be told"),
        (NumberFormat(PrintedKind.ONLINE, "C-", 4, "", Check.LUHN), "a width"),
        (NumberFormat(PrintedKind.PLAIN, "C-", 0, "", Check.LUHN), "a width"),
        (NumberFormat(PrintedKind.PLAIN, "C-", 6, "-", Check.NONE), "there are none"),
        (NumberFormat(PrintedKind.ONLINE, "ABCDEFGHIJK-", 0, "-", Check.MOD_97_10), "more than 32"),
    ],
)
def test_a_form_that_cannot_be_told_is_refused(form, why):
    with pytest.raises(BadNumberFormat, match=why):
        form.require_sound()
    assert not form.is_for(form.kind)


def test_a_form_is_for_numbers_of_its_kind():
    assert CARD.is_for(PrintedKind.PLAIN)
    assert not CARD.is_for(PrintedKind.ONLINE)
    assert CARD.fits(NumberRange(710000, 9_999_999))
    assert not CARD.fits(NumberRange(710000, 10_000_000))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (CARD, CARD._replace(check=Check.DAMM), False),
        (CARD, CARD._replace(prefix="D-"), True),
        (CARD, CARD._replace(width=6), True),
        (CARD, CARD._replace(separator="."), True),
        (CARD._replace(prefix="C1"), CARD._replace(prefix="C"), True),
        (CARD._replace(prefix="C1", separator=""), CARD._replace(prefix="C", separator=""), True),
        (
            CARD._replace(prefix="C1", width=6, separator=""),
            CARD._replace(prefix="C", separator=""),
            False,
        ),
        (ONLINE, ONLINE._replace(separator="."), True),
        (ONLINE, ONLINE._replace(check=Check.MOD_97_10), True),
        (ONLINE._replace(separator=""), ONLINE, True),
    ],
)
def test_forms_are_apart_by_prefix_separator_or_width(one, other, apart):
    assert one.is_apart(other) is apart
    assert other.is_apart(one) is apart


@given(st.data(), forms)
def test_a_text_is_of_no_number_without_a_form(data, form):
    mrn = data.draw(numbers_of(form))
    text = form.text(mrn)
    assert form.number(text.lower()) == mrn
    assert form.holds(text)
    assert look_alike(Mrn(text)) is None
    assert text != mrn


@given(st.data(), forms, forms)
def test_no_text_is_of_two_forms_that_are_apart(data, one, other):
    assume(one.is_apart(other))
    text = one.text(data.draw(numbers_of(one)))
    assert not other.holds(text)


@given(st.data(), forms, forms)
def test_texts_of_two_numbers_differ(data, one, other):
    assume(one == other or one.is_apart(other))
    first, second = data.draw(numbers_of(one)), data.draw(numbers_of(other))
    assume((one, first) != (other, second))
    assert one.text(first) != other.text(second)
