"""The score and its grade: one person, relatives, strangers."""

import itertools
import random
import sys

import pytest

from sync.matching import likeness, person, sounds, weights, words
from sync.matching.person import Person
from sync.matching.scoring import Asked, grade

PEOPLE = 5000
SAEED = {
    "full_name": "Saeed Akram",
    "father_name": "Muhammad Akram",
    "dob": "1986-02-03",
    "sex": "M",
    "phone": "03007654321",
    "address": "House 12, Canal Road, Multan",
}


def share(sound):
    """Each word is one that 50 of the people have."""
    return weights.share(sound, 50, PEOPLE)


def compared(one, other, people=PEOPLE):
    return Asked(Person(one), people, share).score(Person(other))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, "certain"),
        ({"full_name": "Said Akrum"}, "certain"),
        ({"full_name": "سعید اکرم", "father_name": "محمد اکرم"}, "certain"),
        ({"dob": "1985-12-31", "dob_estimated": "true", "phone": "03211234567"}, "certain"),
        ({"full_name": "Saeed Butt", "phone": "03211234567", "address": ""}, "certain"),
        ({"phone": "03211234567", "address": "", "dob": "1986-03-04"}, "probable"),
        ({"full_name": "Waqas Butt", "father_name": "Ali Butt", "phone": "03211234567"}, None),
    ],
)
def test_grades(change, wanted):
    assert grade(compared(SAEED, SAEED | change)) == wanted


HOUSEHOLD = [
    {"full_name": "Abid Akram"},
    {"full_name": "Bilal Akram"},  # a twin
    {"full_name": "Bilal Akram", "dob": "1988-05-05"},
    {"full_name": "Nazia Akram", "sex": "F"},
    {"full_name": "Sajid Akram", "dob": "1986-02-04"},
    {"full_name": "Nazia Bibi", "sex": "F", "dob": "1986-02-05", "dob_estimated": "true"},
    {"full_name": "Muhammad Akram", "father_name": "Ghulam Rasool", "dob": "1955-01-01"},
]


@pytest.mark.parametrize("change", HOUSEHOLD)
def test_relatives_are_never_above_possible_by_what_a_household_shares(change):
    assert grade(compared(SAEED, SAEED | change)) in (None, "possible")


@pytest.mark.parametrize(
    ("one", "other"), [("Hassan Raza", "Hussain Raza"), ("حسن رضا", "حسین رضا"), ("Hassan", "حسین")]
)
def test_twins_with_names_of_one_sound_are_never_above_possible(one, other):
    assert grade(compared(SAEED | {"full_name": one}, SAEED | {"full_name": other})) in (
        None,
        "possible",
    )


def test_without_the_class_of_relatives_a_brother_would_be_taken_for_the_same(monkeypatch):
    brother = SAEED | {"full_name": "Saad Akram", "dob": "1986-05-13"}
    assert compared(SAEED, brother).same < 0.2
    monkeypatch.setattr(weights, "RELATIVES_PRIOR", 1e-12)
    assert compared(SAEED, brother).same > 0.9


def test_two_people_with_one_cnic_are_told_of_whoever_they_are():
    cnic = {"cnic": "12345-1234567-1"}
    other = {"full_name": "Nazia Bibi", "sex": "F", "dob": "1950-01-01"}
    assert grade(compared(SAEED | cnic, other | cnic)) == "possible"
    assert grade(compared(SAEED | cnic, SAEED | cnic)) == "certain"


def test_a_name_alone_says_less_in_a_larger_register():
    one = {"full_name": "Shagufta Rizwan"}
    assert compared(one, one, 1000).same > compared(one, one, 1_000_000).same


def test_people_without_names_are_compared_by_the_rest():
    nameless = {name: SAEED[name] for name in ("dob", "sex", "phone")}
    assert grade(compared(nameless, nameless)) == "possible"


def test_all_probabilities_are_within_0_and_1():
    cnic = {"cnic": "12345-1234567-1"}
    score = compared(SAEED | cnic, SAEED | cnic)
    assert 0 <= score.relative <= score.same <= 1
    assert 0 <= compared(SAEED, {"full_name": "Nazia"}).same <= 1


def test_who_cannot_reach_the_least_score_is_not_compared_further():
    asked = Asked(Person(SAEED | {"full_name": "Saeed", "father_name": ""}), PEOPLE, share, 0.2)
    score = asked.score(Person({"full_name": "Ali", "sex": "F", "dob": "1950-11-01"}))
    assert [finding.field for finding in score.findings] == ["dob", "sex"]
    assert score.same == 0


@pytest.mark.parametrize(
    ("change", "compared_by"),
    [
        ({"full_name": "Waqas Butt"}, ["name", "script"]),
        (
            {"full_name": "Waqas Butt", "father_name": "Ghulam Rasool", "address": "Lahore"},
            ["name", "script"],
        ),
        ({"full_name": "Saeed Butt", "father_name": "Ghulam Rasool"}, ["name", "script", "father"]),
    ],
)
def test_nothing_more_is_compared_once_it_cannot_make_two_records_one_person(change, compared_by):
    fields = {name: SAEED[name] for name in ("full_name", "father_name", "address")}
    asked = Asked(Person(fields), PEOPLE, share, 0.2)
    found = asked.score(Person(fields | change))
    assert [one.field for one in found.findings] == compared_by
    assert (found.same, grade(found)) == (0, None)


VARIANTS = {
    "full_name": ["Saeed Akram", "Said Akrum", "سعید اکرم", "Waqas Butt", "Nazia Bibi", ""],
    "father_name": ["Muhammad Akram", "محمد اکرم", "Ghulam Rasool", ""],
    "dob": ["1986-02-03", "1986-03-02", "1955-01-01"],
    "phone": ["03007654321", "03211234567"],
    "address": ["House 12, Canal Road, Multan", "Canal Road", "Mall Road, Lahore", ""],
}


def test_who_is_worth_telling_of_has_the_same_score_as_if_all_had_been_compared():
    people = [
        Person(SAEED | dict(zip(VARIANTS, values, strict=True)))
        for values in itertools.product(*VARIANTS.values())
    ]
    least = weights.GRADES[-1][1]
    worth_it = 0
    for one in people[::37]:
        whole, quick = Asked(one, PEOPLE, share), Asked(one, PEOPLE, share, least)
        for other in people[::5]:
            wanted, found = whole.score(other), quick.score(other)
            worth_it += wanted.same >= least
            assert found == wanted if wanted.same >= least else found.same < least
    assert worth_it > 100


# what two people cost, whatever their names are

CALLS_MAX = 25_000
"""Functions that are called to compare two people. Two with everyday names take some 1,000."""

CONSONANTS = "bdfgklmnprstz"
URDU = "بپتٹجچدڈرزسشفکگلمن"


def alike(start: str, tail: int, letters: str, count: int, before: int = 0):
    """Names of words that have a part in common, which is found out last."""

    def name(chance: random.Random) -> str:
        return " ".join(
            "".join(chance.choices(letters, k=before))
            + start
            + "".join(chance.choices(letters, k=tail))
            for _ in range(count - chance.randrange(2))
        )

    return name


HOSTILE = {
    "long beginnings": alike("bakudimofalerinosatupe" * 2, 5, CONSONANTS, 10),
    "words of twenty letters": alike("akudimofalerinos", 3, CONSONANTS, 3, before=1),
    "words of ten": alike("akudim", 3, CONSONANTS, 6, before=1),
    "words of six": alike("ak", 3, CONSONANTS, 10, before=1),
    "words of five": alike("a", 3, CONSONANTS, 10, before=1),
    "Urdu": alike("اکدم", 2, URDU, 10, before=1),
    "vowels": alike("aeiouaei", 2, CONSONANTS, 10, before=1),
    "halves of words": alike("ba", 1, "bd", 10),
    "one word": alike("bakudimofa" * 400, 3, CONSONANTS, 2),
    "no words": alike("'-" * 2000, 3, CONSONANTS, 2),
}


def calls_of(act) -> int:
    """How many functions are called for something, as if nothing were kept of it already."""
    for module in (words, sounds, likeness, person):
        for kept in vars(module).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()
    calls = 0

    def count(_frame, event, _function):
        nonlocal calls
        calls += event.endswith("call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("name", HOSTILE)
def test_two_people_are_compared_in_a_bounded_number_of_calls(name):
    chance = random.Random(name)

    def somebody(of):
        names = {one: of(chance) for one in ("full_name", "father_name")}
        return SAEED | names | {"cnic": "12345-1234567-1"}

    for other in ("long beginnings", "Urdu", name):
        one, two = somebody(HOSTILE[name]), somebody(HOSTILE[other])
        assert calls_of(lambda one=one, two=two: compared(one, two)) <= CALLS_MAX
