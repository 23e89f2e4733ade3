"""What an administrator reads about two records before and after they are merged."""

from __future__ import annotations

import pytest

from coordinator.cli import people_text
from tests.coordinator.cli.made_up import HOLDER, REFUSED

COMPARED = {
    "one": REFUSED | {"updated_at": None},
    "other": HOLDER | {"updated_at": None, "sex": "M"},
    "differs": ["full_name", "phone", "sex"],
    "seen": "x",
}


def test_what_differs_is_marked():
    lines = people_text.side_by_side(COMPARED).splitlines()
    marked = [line.split()[1] for line in lines if line.startswith("*")]
    assert marked == ["Name", "Sex", "Phone"]
    assert all(line.count("-") >= 2 for line in lines if line.startswith("  CNIC"))


def test_a_plan_warns_of_what_one_human_being_cannot_have_in_two_ways():
    plan = people_text.plan(COMPARED, ["phone", "cnic"])
    assert plan.splitlines() == [
        "The record of Sidra Bibi (RECEP-1), number 730030, is merged into that of احمد علی "
        "(LAB1-PC), number 730030. Both numbers find the second one then.",
        "Taken from the first: phone +923995550079.",
        "Taken from the first: cnic (empty).",
        "WARNING: the sex differs: F and M.",
    ]


def test_identifiers_and_fields_of_the_clinic_stand_beside_the_others():
    one = COMPARED["one"] | {"identifiers": {"passport": "AB1"}, "extra": {}}
    other = COMPARED["other"] | {"identifiers": {}, "extra": {"blood": "B+"}}
    both = {"one": one, "other": other, "differs": ["identifiers.passport", "extra.blood"]}
    rows = [line.split() for line in people_text.side_by_side(both).splitlines()]
    assert ["*", "passport", "AB1", "-"] in rows
    assert ["*", "blood", "-", "B+"] in rows
    said = people_text.plan(both, ["identifiers.passport", "extra.blood"]).splitlines()
    assert said[1:3] == [
        "Taken from the first: identifiers.passport AB1.",
        "Taken from the first: extra.blood (empty).",
    ]


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("unmerge", "counts by itself again, as it was before it was merged."),
        ("void", "is marked as a mistake. It stays, and its number stays used."),
        ("unvoid", "counts again."),
    ],
)
def test_what_is_asked_before_a_decision_about_one_record(decision, said):
    asked = people_text.question(REFUSED, decision)
    assert asked == f"The record of Sidra Bibi (RECEP-1), number 730030, {said}"


def test_how_a_record_stands_is_said():
    merged = REFUSED | {"merged_into": "x"}
    for one, state in (
        (REFUSED, "COUNTS"),
        (merged, "MERGED"),
        (REFUSED | {"voided": True}, "VOID"),
    ):
        head = people_text.side_by_side(COMPARED | {"one": one}).splitlines()[0]
        assert head.split() == [state, "COUNTS"]
