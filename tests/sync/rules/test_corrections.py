"""What a correction says of each field, within bounds, and when it counts."""

from __future__ import annotations

import pytest

from sync.model.demographics import FIELDS
from sync.model.facts import Amendment, FactId, Reason
from sync.model.person import more
from sync.rules.admission import Judged
from sync.rules.corrections import (
    CHANGED_AT,
    REPLACED_ALL_MAX,
    REPLACED_MAX,
    Said,
    applies,
    said,
)

AT = "2026-01-05T12:00:00+05:00"


def ids(*numbers: int) -> list[FactId]:
    return [FactId(number.to_bytes(16)) for number in numbers]


def sayings(fields: dict[str, str], replaces: dict[str, list[FactId]]) -> list[Said]:
    return list(said(Amendment(*ids(1), fields, replaces, AT, None), AT))


def test_each_field_that_is_known_is_folded_and_when_it_was_corrected():
    fields = {"phone": "0301", "cnic": "", "shoe_size": "42"}
    assert sayings(fields, {"phone": ids(0, 5), "shoe_size": ids(6)}) == [
        Said(CHANGED_AT, AT, ()),
        Said("phone", "0301", tuple(ids(0, 5))),
        Said("cnic", "", ()),
    ]


def test_to_replace_a_value_one_must_give_another():
    """A correction that names a fact under a field that it does not set takes nothing away."""
    assert sayings({"cnic": "1"}, {"phone": ids(1)})[1:] == [Said("cnic", "1", ())]


def test_of_many_replaced_facts_the_last_count():
    many = ids(*range(1000))
    (_, phone) = sayings({"phone": "0301"}, {"phone": many})
    assert phone.replaces == tuple(many[-REPLACED_MAX:])


def test_the_work_of_one_correction_has_an_end_whatever_it_holds():
    fields = dict.fromkeys([*map(str, range(56)), *FIELDS], "x")
    replaces = dict.fromkeys(fields, ids(*range(1000)))
    found = sayings(fields, replaces)
    assert len(found) == 1 + len(FIELDS)
    assert sum(len(one.replaces) for one in found) == REPLACED_ALL_MAX
    assert len(found[1].replaces) == REPLACED_MAX, "the first ones count"


def test_a_fact_that_is_named_twice_is_replaced_once():
    assert sayings({"sex": "F"}, {"sex": ids(3, 3)})[1].replaces == tuple(ids(3))


@pytest.mark.parametrize(
    ("judged", "counts"),
    [
        (Judged(), True),
        (Judged(True, None, 5), True),
        (Judged(False, Reason.REVOKED, 5), False),
        (Judged(True, Reason.REVOKED, 5), True),
    ],
)
def test_a_correction_counts_unless_verdicts_only_reject_it(judged, counts):
    assert applies(judged) is counts


def test_identifiers_and_own_fields_are_folded_few_of_each():
    names = [*(f"x:a{n:02}" for n in range(40)), "full_name", "unknown"]
    found = sayings(dict.fromkeys(names, "1"), {})
    assert len(found) == 2 + more.FOLDED_MAX
