"""The weights, estimated from pairs of which nobody says what they are."""

import random
from collections import Counter

import pytest

from sync.errors import TooFewPairs
from sync.matching import estimating, weights
from sync.matching.estimating import SideBySide
from sync.matching.person import Person

ASKED = 2000
PEOPLE = 4000
HERE = {
    ("phone", "same"): 0.4,
    ("phone", "slip"): 0.1,
    ("phone", "other"): 0.5,
}
"""What one person's registrations have in common in this register; the table says 80 %."""

NAMES = {"same": (-3.0, -9.0, -16.0), "relative": (-14.0, -6.0, -12.0), "stranger": (-30, -14, -9)}
FIELDS = ("dob", "sex", "phone", "address")


def pair(chance, kind):
    place = ("same", "relative", "stranger").index(kind)
    findings = []
    for field in FIELDS:
        table = {one: weight[place] for one, weight in weights.FIELDS.items() if one[0] == field}
        if kind == "same" and field == "phone":
            table = HERE
        (found,) = chance.choices(list(table), list(table.values()))
        findings.append(found)
    return SideBySide(tuple(findings), NAMES[kind])


def pairs(same=400, relatives=800, strangers=3000):
    chance = random.Random(7)
    near = [pair(chance, "same") for _ in range(same)]
    near += [pair(chance, "relative") for _ in range(relatives)]
    near += [pair(chance, "stranger") for _ in range(strangers)]
    apart = [pair(chance, "stranger") for _ in range(estimating.RANDOM_MIN)]
    return [one for one in near if estimating.is_open(one, PEOPLE)], apart


@pytest.fixture(scope="module")
def found():
    steps = []
    estimate = estimating.estimate(*pairs(), ASKED, PEOPLE, lambda *step: steps.append(step))
    assert steps == [(done, estimating.ROUNDS_MAX) for done in range(1, estimate.rounds + 1)]
    return estimate


def test_how_many_pairs_are_of_which_kind(found):
    assert found.asked == ASKED
    assert found.same == pytest.approx(400, rel=0.05)
    assert found.relatives == pytest.approx(800, rel=0.1)
    assert 1 < found.rounds < estimating.ROUNDS_MAX


def test_what_is_otherwise_here_is_found(found):
    # The table of this version counts as 100 pairs of 500.
    wanted = (0.4 * 400 + 0.8 * 100) / 500
    assert found.fields["phone", "same"].same == pytest.approx(wanted, abs=0.05)
    assert found.fields["sex", "same"].relative == pytest.approx(0.5, abs=0.05)


def test_levels_of_a_field_add_up_to_one_and_none_is_impossible(found):
    for place in range(3):
        totals = Counter()
        for (field, _), weight in found.fields.items():
            assert weight[place] > 0
            totals[field] += weight[place]
        assert totals == pytest.approx(dict.fromkeys(totals, 1.0))
    assert {weight.source for weight in found.fields.values()} == {"estimated"}


def test_a_field_that_nobody_has_stays_as_it_is(found):
    for level in ("same", "slip", "other"):
        fixed = weights.FIELDS["cnic", level]
        assert found.fields["cnic", level][:2] == pytest.approx(fixed[:2], rel=1e-6)
        assert found.fields["cnic", level].stranger == pytest.approx(fixed.stranger, rel=1e-4)


@pytest.mark.parametrize(("same", "relatives"), [(40, 800), (400, 20)])
def test_under_too_few_pairs_it_refuses(same, relatives):
    near, apart = pairs(same, relatives)
    with pytest.raises(TooFewPairs) as refused:
        estimating.estimate(near, apart, ASKED, PEOPLE, lambda *_: None)
    assert refused.value.facts["same"] == pytest.approx(same, rel=0.2)
    assert refused.value.facts["least"] == estimating.PAIRS_MIN


def test_under_too_few_random_pairs_it_refuses():
    near, apart = pairs()
    with pytest.raises(TooFewPairs):
        estimating.estimate(near, apart[1:], ASKED, PEOPLE, lambda *_: None)


def test_it_ends_after_so_many_rounds(monkeypatch):
    monkeypatch.setattr(estimating, "ROUNDS_MAX", 2)
    assert estimating.estimate(*pairs(), ASKED, PEOPLE, lambda *_: None).rounds == 2


def test_two_people_are_set_side_by_side_field_by_field():
    one = Person({"full_name": "Saeed Akram", "dob": "1990-05-06", "sex": "M", "phone": "03001234"})
    other = Person({"full_name": "Said Akram", "dob": "1990-06-05", "father_name": "Tariq"})
    found = estimating.compare(one, other, lambda _: 0.01)
    assert found.findings == (("dob", "swapped"), ("script", "same"))
    same, relative, stranger = found.names
    assert same > relative > stranger
    nobody = estimating.compare(Person({"sex": "M"}), Person({"phone": "03001234"}), lambda _: 0.01)
    assert nobody == SideBySide((), (0.0, 0.0, 0.0))
    assert not estimating.is_open(nobody, 10**9)
