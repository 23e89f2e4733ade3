"""Who fits a query best comes first."""

from datetime import date

import pytest

from sync.matching.query import read
from sync.matching.ranking import is_like, rank

PERSON = {
    "full_name": "Ayesha Khan",
    "father_name": "Imran Khan",
    "phone": "03001234567",
    "cnic": "12345-1234567-1",
    "address": "12 Canal Road, Lahore",
}


def ranked(typed, **change):
    return rank(read(typed, date(2026, 1, 5)), PERSON | change, ["710004", None])


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("ayesha", "Ayesha Khan", "عائشہ خان"),
        ("ayesha", "عائشہ خان", "Aishah Khan"),
        ("ayesha", "Aishah Khan", "Nazia Khan"),
        ("ayes", "Ayesha Khan", "Nazia Khan"),
        ("hassan", "Hasan Khan", "Hussain Khan"),
        ("ayesha", "Ayesha Khan", "Ayesha Bibi Khan"),
        ("imran", "Imran Butt", "Ayesha Butt"),
        ("lahore ayesha", "Ayesha Khan", "Nazia Khan"),
    ],
)
def test_names(typed, better, worse):
    assert ranked(typed, full_name=better) > ranked(typed, full_name=worse)


@pytest.mark.parametrize("typed", ["710004", "03001234567", "1234512345671", "3001234567"])
def test_a_whole_number_is_best(typed):
    assert ranked(typed) == 1
    assert ranked(typed[:5]) < 1
    assert 0 < ranked(typed[-4:]) < ranked(typed[:4])


def test_a_number_of_nobody():
    assert ranked("999") == 0
    assert ranked("000") == 0


def test_a_place_counts_where_it_is_no_name():
    assert ranked("ayesha lahore") > ranked("ayesha lahore", address="")


def test_what_is_nearly_a_name():
    assert is_like("ayehsa", PERSON)
    assert is_like("imrn", PERSON)
    assert not is_like("waqas", PERSON)
