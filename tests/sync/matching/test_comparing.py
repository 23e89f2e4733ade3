"""Two people side by side: the level of each field."""

from math import log

import pytest

from sync.matching import comparing, weights
from sync.matching.person import Person


def share(sound):
    return weights.share(sound, 0, 5000)


def named(text):
    return Person({"full_name": text}).name


def born(dob, estimated=False):
    return Person({"dob": dob, "dob_estimated": "true" if estimated else None}).born


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("1986-02-03", "exact"),
        ("1986-03-02", "swapped"),
        ("1986-02-08", "slip"),
        ("1986-02-04", "slip"),
        ("1936-02-03", "slip"),
        ("1977-02-03", "month_day"),
        ("1986-11-25", "year"),
        ("1950-11-25", "other"),
    ],
)
def test_days_of_birth(other, level):
    assert comparing.births(born("1986-02-03"), born(other)) == ("dob", level)


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("1987-02-03", "1"),
        ("1988-01-01", "2"),
        ("1983-06-01", "3"),
        ("1990-01-01", "5"),
    ],
)
def test_estimated_days_of_birth_are_ages(other, level):
    assert comparing.births(born("1986-02-03"), born(other, True)) == ("age", level)
    assert comparing.births(born("1900-02-03"), born(other, True)) == ("age", "more")


def test_fields_that_one_lacks_say_nothing():
    one = Person({"full_name": "Ali", "sex": "M", "phone": "03001234567", "cnic": "1" * 13})
    assert list(comparing.levels(one, Person({"full_name": "Ali"}))) == []
    other = Person({"sex": "F", "phone": "03001234568", "cnic": "2" * 13})
    assert list(comparing.levels(one, other)) == [
        ("sex", "other"),
        ("phone", "slip"),
        ("cnic", "other"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("House 12, Canal Road, Multan", "مکان نمبر 12، کینال روڈ، ملتان", "house"),
        ("House 12, Canal Road, Multan", "House 21, Canal Road, Multan", "same"),
        ("12 Canal Road, Gulshan Colony, Multan", "9 Mall Road, Gulshan, Multan", "near"),
        ("House 12, Canal Road, Multan", "House 12, Mall Road, Lahore", "other"),
        ("House 12, Canal Road, Multan", "", None),
    ],
)
def test_addresses(one, other, level):
    assert comparing.places(Person({"address": one}), Person({"address": other})) == level


@pytest.mark.parametrize(
    ("one", "other", "agree", "given"),
    [
        ("Saeed Akram", "Akram Said", "same", True),
        ("Saeed Akram", "Saeed", "part", True),
        ("Saeed Akram", "Muhammad Saeed Akram", "part", True),
        ("Saeed Akram", "Saeed Butt", "other", True),
        ("Saeed Akram", "Bilal Akram", "other", False),
        ("Saeed Akram", "Akram Bilal", "other", False),
        ("Hassan Raza", "Hussain Raza", "same", False),
        ("Saeed", "Bilal", "other", False),
        ("Shah Zaib Khan", "Shahzaib Khan", "same", True),
        ("Muhammad Shahzaib", "Muhammad Shah Zaib", "same", True),
        ("Muhammad Ali Raza", "Ali Ahmed", "other", True),
    ],
)
def test_names(one, other, agree, given):
    found = comparing.names(named(one), named(other), share)
    assert (found.agree, found.given) == (agree, given)


def test_a_rare_name_says_more_than_a_common_one():
    def bits(text):
        found = comparing.names(named(text), named(text), share)
        return found.same - found.stranger

    assert bits("Shagufta") > bits("Ali") > bits("Muhammad") > 0


def test_brothers_have_one_father_as_often_as_one_person_has():
    agreeing = comparing.fathers(named("Ghulam Akram"), named("Ghulam Akram"), share)
    assert agreeing.relative > agreeing.stranger + 2
    differing = comparing.fathers(named("Ghulam Akram"), named("Tariq Butt"), share)
    assert differing.same - differing.stranger == pytest.approx(-3, abs=0.1)


def test_a_family_name_that_both_have_says_little_more_in_the_names_of_their_fathers():
    fields = {"full_name": "Saeed Gondal", "father_name": "Adeel Gondal"}
    person = Person(fields)
    said = dict(comparing.costly(person, person, share))
    alone = dict(comparing.costly(*[Person(fields | {"full_name": "Saeed"})] * 2, share))
    less = (alone["father"].same - alone["father"].stranger) - (
        said["father"].same - said["father"].stranger
    )
    assert less == pytest.approx(log(weights.FATHER_SHARES_WORD / share("gndl")))


def test_nobody_says_more_than_was_told_beforehand():
    fields = {"full_name": "Saeed Akram", "father_name": "Bilal Butt"}
    someone = Person(fields | {"address": "12 Canal Road, Multan"})
    name = comparing.names(someone.name, someone.name, share)
    father = comparing.fathers(someone.father, someone.father, share)
    assert name.same - name.stranger < comparing.telling(someone.name, share)
    assert father.same - father.stranger < comparing.telling(someone.father, share)
    assert father.same - father.relative <= -log(weights.RELATIVE_SAME_FATHER)
