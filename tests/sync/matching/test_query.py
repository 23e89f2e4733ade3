"""What a clerk typed, read as words of the index."""

from datetime import date

import pytest

from sync.matching import query
from sync.matching.query import Fit, completed, fits, instead, read

TODAY = date(2026, 1, 5)


def texts(typed, part=0):
    return {fit.text for fit in read(typed, TODAY).exact[part]}


@pytest.mark.parametrize(
    ("typed", "words", "numbers"),
    [
        ("Ayesha Khan", ("ayesha", "khan"), ()),
        ("Dr. Ayesha", ("ayesha",), ()),
        ("Ali s/o Akram", ("ali", "akram"), ()),
        ("Mohd ali 35", ("muhammad", "ali"), ("35",)),
        ("0300 123-4567", (), ("03001234567",)),
        ("(0300) 1234567 ayesha", ("ayesha",), ("03001234567",)),
        ("+92 300 1234567", (), ("923001234567",)),
        ("۷۱۰۰۰۴", (), ("710004",)),
        ("12345 1234567 1", (), ("1234512345671",)),
        ("PAT-20261103-0001", (), ()),
        ("ali 1.1.1990", ("ali",), ()),
        ("", (), ()),
        ("?!", (), ()),
    ],
)
def test_names_and_numbers_are_told_apart(typed, words, numbers):
    found = read(typed, TODAY)
    assert (found.words, found.numbers) == (words, numbers)
    assert bool(found.broad) == bool(words)


@pytest.mark.parametrize(
    "typed",
    [
        *("1990-02-03", "03/02/1990", "3.2.1990", "3-2-90", "3 Feb 1990", "3 february 1990"),
        *("3 فروری 1990", "۳/۲/۱۹۹۰", "19900203", "03021990", "3/2/90"),
    ],
)
def test_the_usual_forms_of_a_date_of_birth(typed):
    assert "d19900203" in texts(typed)


def test_day_and_month_may_stand_in_either_order():
    assert {"d19900203", "d19900302"} <= texts("3/2/1990")
    assert {"d19901225"} == {one for one in texts("12/25/1990") if one.startswith("d")}


@pytest.mark.parametrize("typed", ["31/02/1990", "1/1/2027", "1/1/1850", "42101-1234567-1"])
def test_what_is_no_day_of_birth(typed):
    assert not any(one.startswith("d") for one in texts(typed))


def test_a_short_number_beside_a_name_is_an_age_too():
    assert {"35", "d1991", "d1990"} <= texts("ayesha 35")
    assert not any(one.startswith("d") for one in texts("35"))


def test_four_digits_are_a_year_or_the_last_of_a_telephone_number():
    assert {"d1990", "1990", query.PHONE_END + "0991"} <= texts("1990")
    assert "d4567" not in texts("4567")


def test_the_last_six_digits_of_a_cnic():
    assert query.CNIC_END + "176543" in texts("345671")


def test_zeros_in_front_do_not_matter():
    assert "123" in texts("000123")


def test_at_most_so_many_parts_count():
    found = read("a1 b2 c3 d4 e5 f6 g7 h8 i9 ali khan", TODAY)
    assert len(found.exact) == len(found.broad) == query.PARTS_MAX
    assert len(read("ali " * 99, TODAY).exact) == query.PARTS_MAX


def test_instead_of_a_name_any_that_begins_alike_or_none():
    found = read("ayehsa khan 1990", TODAY)
    alike, without = instead(found, 0)
    assert (Fit("ay"),) in alike
    assert len(without) == len(alike) - 1
    assert len(instead(read("ayehsa", TODAY), 0)) == 1


def test_a_whole_word_and_a_beginning():
    assert fits([(Fit("ay"),)], " ayesha khan ")
    assert not fits([(Fit("ay", whole=True),)], " ayesha khan ")
    assert fits([(Fit("khan", whole=True), Fit("x"))], " ayesha khan ")
    assert not fits([(Fit("ay"),), (Fit("x"),)], " ayesha khan ")


def test_a_word_that_is_complete_is_no_beginning():
    found = completed(read("ayesha kh", TODAY), {"ayesha"})
    assert found.exact == ((Fit("ayesha", whole=True),), (Fit("kh"),))
    assert found.broad[0][0] == Fit("ayesha", whole=True)
    assert found.broad[1][0] == Fit("kh")
