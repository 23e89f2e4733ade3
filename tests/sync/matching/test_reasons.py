"""Reasons in words, for everything that the table can find."""

import pytest

from sync.matching import weights
from sync.matching.person import Person
from sync.matching.reasons import reasons
from sync.matching.scoring import Asked, Evidence, Score

SAEED = {
    "full_name": "Saeed Akram",
    "father_name": "Muhammad Akram",
    "dob": "1986-02-03",
    "sex": "M",
    "phone": "03007654321",
}


def reasons_for(other):
    asked = Asked(Person(SAEED), 5000, lambda sound: weights.share(sound, 0, 5000))
    return reasons(asked.score(Person(SAEED | other)))


def test_the_strongest_reason_comes_first():
    found = reasons_for({"phone": "03211234567", "father_name": ""})
    assert [why.en for why in found] == [
        "name agrees",
        "same date of birth",
        "telephone differs",
    ]
    assert [why.speaks_for for why in found] == [True, True, False]
    assert found[0].code == "name_same"


def test_a_relative_is_called_one():
    found = reasons_for({"full_name": "Bilal Akram", "dob": "1990-05-05"})
    assert "same telephone" in [why.en for why in found]
    assert "father agrees" in [why.en for why in found]
    assert found[-1].en == "may be a relative"


FINDINGS = [
    *weights.FIELDS,
    *((field, level) for field in ("name", "father") for level in ("same", "part", "other")),
]


@pytest.mark.parametrize(("field", "level"), FINDINGS)
def test_there_are_words_in_both_languages_for_every_finding(field, level):
    (why,) = reasons(Score(0.5, 0.0, 0.0, True, False, (Evidence(field, level, 3.0),)))
    assert why.en
    assert why.ur > "\u0600"
    assert why.ur.isprintable()
