"""What can be issued has one spelling; ranges are inclusive, and nothing is issued outside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BadMrn, BadRange
from sync.model import numbers, typed
from sync.model.numbers import NUMBER_MAX, Mrn, NumberRange

NUMBERS = st.integers(1, NUMBER_MAX)
RANGES = st.tuples(st.integers(1, 60), st.integers(1, 60)).map(
    lambda pair: NumberRange(min(pair), max(pair))
)
DAYS = st.dates().map(lambda day: f"{day.year:04}{day:%m%d}")


def numbers_of(range_: NumberRange) -> set[int]:
    return set(range(range_.start, range_.end + 1))


@given(RANGES, RANGES)
def test_ranges_overlap_when_they_share_a_number(one, other):
    assert one.overlaps(other) == bool(numbers_of(one) & numbers_of(other))
    assert one.overlaps(other) == other.overlaps(one)


@given(RANGES)
def test_both_ends_belong_to_a_range(range_):
    assert {number for number in range(80) if number in range_} == numbers_of(range_)
    assert range_.size == len(numbers_of(range_))
    assert NumberRange.parse(range_.text) == range_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5-",
        "-5",
        "5--6",
        "1-2-3",
        "0-5",
        "05-6",
        "6-5",
        "1-2147483648",
        "1-99999999999999999999",
        "a-b",
        "1.0-2",
        "+1-5",
        "1_0-20",
    ],
)
def test_a_text_that_is_no_range(text):
    with pytest.raises(BadRange) as caught:
        NumberRange.parse(text)
    assert caught.value.facts["text"] == text


def test_a_range_is_read_with_space_around_its_numbers():
    assert NumberRange.parse(" 1 - 2147483647 ") == NumberRange(1, NUMBER_MAX)


@pytest.mark.parametrize(("start", "end"), [(0, 5), (-1, 5), (5, 4), (1, NUMBER_MAX + 1)])
def test_a_range_out_of_bounds_cannot_be_made(start, end):
    with pytest.raises(BadRange):
        NumberRange(start, end)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "710000",
        "2147483647",
        "PAT-20260105-0001",
        "PAT-20260105-9999",
        "PAT-20260105-10000",
        "PAT-20240229-0001",
        "PAT-20260105-999999999",
        "OLD/12-b",
        "A",
        "pat-1",
        "X" * 32,
    ],
)
def test_a_canonical_number(text):
    assert numbers.is_canonical(text)
    assert numbers.parse_mrn(f" {text}\n") == text


OLD_NUMBERS = [
    "0",
    "0001234",
    "2147483648",
    "99999999999",
    "PAT-20241103-1",
    "pat-20241103-0001",
    "PAT-",
    "PAT-20260230-0001",
    "PAT-20260105-1000000000",
    "OLD 12",
    "7 1",
    "OLD/12-b",
    "'=A1",
    "~",
    "X" * 32,
]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "0710000",
        "2147483648",
        "99999999999",
        "7 1",
        "PAT-",
        "PAT-20260105",
        "PAT-20260105-",
        "PAT-20260105-001",
        "PAT-20260105-0000",
        "PAT-20260105-00001",
        "PAT-20260105-010000",
        "PAT-20260105-1000000000",
        "PAT-20260105 0001",
        "PAT-20260105-00O1",
        "PAT-20260230-0001",
        "PAT-20261301-0001",
        "PAT-00000101-0001",
        "PAT-2026015-00001",
        "OLD 12",
        "OLD\t12",
        "OLD\x0012",
        "ÄLT",
        "X" * 33,
    ],
)
def test_any_other_spelling_is_no_number_that_a_client_may_supply(text):
    with pytest.raises(BadMrn):
        numbers.parse_mrn(text)


@pytest.mark.parametrize("text", ["pat-20260105-1", "Pat-20260105-0001", "PAT-20260105-1"])
def test_a_look_alike_of_an_online_number_cannot_be_supplied(text):
    with pytest.raises(BadMrn):
        numbers.parse_mrn(text)


@pytest.mark.parametrize("text", OLD_NUMBERS)
def test_a_number_of_an_earlier_system_is_kept_as_it_is(text):
    mrn = numbers.legacy_mrn(f" {text}\n")
    assert mrn == text
    assert numbers.is_canonical(text)
    assert numbers.plain_number(mrn) is None
    assert numbers.online_parts(mrn) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "OLD  12",
        "OLD\t12",
        "OLD\x0012",
        "ÄLT",
        "X" * 33,
        "A\x7f",
    ],
)
def test_what_no_register_may_hold_as_a_number(text):
    with pytest.raises(BadMrn):
        numbers.legacy_mrn(text)
    assert not numbers.is_canonical(text)


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("0001234", "1234"),
        ("02147483647", "2147483647"),
        ("PAT-20241103-1", "PAT-20241103-0001"),
        ("PAT-20241103-00001", "PAT-20241103-0001"),
        ("PAT-20241103-010000", "PAT-20241103-10000"),
        ("pat-20241103-0001", "PAT-20241103-0001"),
        ("Pat-20241103-12", "PAT-20241103-0012"),
        ("1234", None),
        ("PAT-20241103-0001", None),
        ("0", None),
        ("000", None),
        ("02147483648", None),
        ("99999999999", None),
        ("PAT-20240230-1", None),
        ("PAT-20241103-0", None),
        ("PAT-20241103-1000000000", None),
        ("PAT 20241103 0001", None),
        ("MR-0001234", None),
        ("7 1", None),
    ],
)
def test_the_number_that_a_legacy_one_could_be_taken_for(text, like):
    assert numbers.look_alike(Mrn(text)) == like


@given(st.text(alphabet="0123456789PATpat- /", max_size=34))
def test_a_look_alike_is_a_number_that_could_be_issued_and_has_none_itself(text):
    like = numbers.look_alike(Mrn(text))
    if like is not None:
        assert like != text
        assert numbers.parse_mrn(like) == like
        assert numbers.look_alike(like) is None
        assert (numbers.plain_number(like) is None) != (numbers.online_parts(like) is None)


@pytest.mark.parametrize("value", [None, 710000, b"710000", 1.0, True, ["1"]])
def test_only_a_text_is_a_number(value):
    assert not numbers.is_canonical(value)


def test_space_around_a_number_is_not_canonical():
    assert not numbers.is_canonical(" 710000")
    assert not numbers.is_canonical("710000\n")


@given(st.text(max_size=34))
def test_reading_a_number_fails_only_as_bad_mrn(text):
    try:
        mrn = numbers.parse_mrn(text)
    except BadMrn:
        assert numbers.plain_number(Mrn(text)) is None
        assert numbers.online_parts(Mrn(text)) is None
    else:
        assert numbers.is_canonical(mrn)
        assert mrn == typed.code(text)


@pytest.mark.parametrize(
    ("entered", "mrn"),
    [
        ("٧١٠٠٤٢", "710042"),
        ("\u202a710042\u202c", "710042"),
        ("PAT‑20260105‑٠٠٠١", "PAT-20260105-0001"),
        ("ＰＡＴ-20260105-0001", "PAT-20260105-0001"),
    ],
)
def test_a_number_may_be_typed_in_other_digits_and_pasted_with_marks(entered, mrn):
    assert numbers.parse_mrn(entered) == numbers.legacy_mrn(entered) == mrn


def test_a_range_may_be_typed_in_other_digits():
    assert NumberRange.parse("۷۱۰۰۰۰–۷۱۹۹۹۹") == NumberRange(710000, 719999)


@given(NUMBERS)
def test_a_plain_number_has_one_text(number):
    mrn = numbers.parse_mrn(str(number))
    assert numbers.plain_number(mrn) == number
    assert numbers.online_parts(mrn) is None
    assert numbers.look_alike(Mrn(f"0{number}")) == mrn
    with pytest.raises(BadMrn):
        numbers.parse_mrn(f"0{number}")


@given(DAYS, st.integers(1, 10**9 - 1))
def test_an_online_number_gives_its_day_and_counter_back(day, counter):
    mrn = numbers.online_mrn(day, counter)
    assert numbers.is_canonical(mrn)
    assert numbers.online_parts(mrn) == (day, counter)
    assert numbers.plain_number(mrn) is None
    assert len(mrn) == 17 or counter > 9999


def test_an_online_counter_widens_past_9999():
    assert numbers.online_mrn("20260105", 7) == "PAT-20260105-0007"
    assert numbers.online_mrn("20260105", 9999) == "PAT-20260105-9999"
    assert numbers.online_mrn("20260105", 10_000) == "PAT-20260105-10000"


def test_a_legacy_number_is_neither_plain_nor_online():
    assert numbers.plain_number(Mrn("OLD-12")) is None
    assert numbers.online_parts(Mrn("OLD-12")) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("710000", ("", 710_000)),
        ("PAT-20260105-0007", ("20260105", 7)),
        ("PAT-20260105-12345", ("20260105", 12_345)),
        ("0042", None),
        ("PAT-20260105-7", None),
        ("2147483648", None),
        ("x" * 64, None),
        ("", None),
    ],
)
def test_each_number_that_can_be_issued_has_a_place_in_a_series(text, place):
    assert numbers.series_of(text) == place
    if place is not None:
        assert numbers.mrn_of(*place) == text
