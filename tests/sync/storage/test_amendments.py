"""Amendments are kept in each place, judged together, and each field has the value in force.

What the tables say after each change is held against a model that looks at all corrections.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model import bodies
from sync.model.demographics import FIELDS
from sync.model.facts import (
    HLC_MAX,
    Amendment,
    Author,
    FactId,
    Link,
    Reason,
    RecordId,
    Verdict,
)
from sync.rules.admission import Judged
from sync.rules.corrections import REPLACED_MAX, Correction, FieldValue, said
from sync.rules.times import OwnTime
from sync.storage import schema
from sync.storage.amendments import AmendmentTables
from sync.storage.queries import IN_MAX
from sync.storage.store import Store

LAB = Author("LAB1-PC")
RECORD = RecordId(b"r" * 16)
REGISTRATION = FactId(bytes(16))
AT = "2026-01-05T12:00:00+05:00"
MORE = ("id:a", "no:a", "x:a")
TABLES = ("corrections", "corrected", "added", "replacing", "amended")


@pytest.fixture
def tables(store: Store) -> AmendmentTables:
    return store.amendments


def ident(number: int) -> FactId:
    return FactId(number.to_bytes(16))


def record(number: int) -> RecordId:
    return RecordId(number.to_bytes(16))


def correction(
    number: int,
    fields: dict[str, str],
    replaces: dict[str, list[int]] | None = None,
    *,
    hlc: int = 0,
    author: str = LAB,
) -> Correction:
    replaced = {name: [ident(one) for one in ids] for name, ids in (replaces or {}).items()}
    at = f"2026-01-05T12:00:{number:02}+05:00"
    fact = Amendment(REGISTRATION, fields, replaced, at, None)
    return Correction(ident(number), Author(author), hlc, fact)


# what applies


def empty(tables: AmendmentTables) -> None:
    for table in TABLES:
        tables._execute(f"DELETE FROM {table}")


def apply(tables: AmendmentTables, *corrections: Correction) -> None:
    for one in corrections:
        tables.apply(RECORD, one, said(one.fact, one.fact.amended_at))


def values(tables: AmendmentTables) -> dict[str, FieldValue]:
    found = {name: tables.value((RECORD, REGISTRATION), name) for name in (*FIELDS, *MORE)}
    for name, value in found.items():
        assert tables.in_force((RECORD, REGISTRATION), name) == (value.text if value else None)
        source = tables.source((RECORD, REGISTRATION), name)
        assert source == (value.rivals[-1] if value else None)
    of_corrections = {name: value.text for name in MORE if (value := found[name]) is not None}
    given = {name: text for name, text in of_corrections.items() if text}
    key = (RECORD, REGISTRATION)
    assert tables.added(key, 9) == given
    assert list(tables.added(key, 1)) == list(given)[:1]
    assert tables.identifiers(key, 9) == [one for one in of_corrections if one != "x:a"]
    assert tables.identifiers(key, 1) == [one for one in of_corrections if one != "x:a"][:1]
    assert tables.added_of(key, [*MORE, "phone", "id:b"]) == of_corrections.keys()
    return {name: value for name, value in found.items() if value is not None}


def fields_of(tables: AmendmentTables, *corrections: Correction) -> dict[str, FieldValue]:
    """The fields in force, which are the same in any order of the corrections."""
    found = []
    for order in permutations(corrections):
        empty(tables)
        apply(tables, *order)
        found.append(values(tables))
    assert all(fields == found[0] for fields in found)
    assert found[0] == model(corrections)
    return found[0]


def model(corrections) -> dict[str, FieldValue]:
    """What is in force, from all corrections at once."""
    fields = {}
    for name in (*FIELDS, *MORE):
        about = [one for one in corrections if name in one.fact.fields]
        replaced = {fact for one in about for fact in one.fact.replaces.get(name, ())}
        heads = [one for one in about if one.id not in replaced] or about
        heads.sort(key=lambda one: (one.hlc, one.author, one.id))
        if heads:
            rivals = tuple(one.id for one in heads)
            fields[name] = FieldValue(heads[-1].fact.fields[name], rivals)
    return fields


def test_without_corrections_there_is_nothing_to_say(tables):
    assert fields_of(tables) == {}


def test_a_correction_changes_its_field_and_no_other(tables):
    fields = fields_of(
        tables, correction(1, {"phone": "0301", "cnic": "3520212345671"}, {"phone": [0]})
    )
    assert fields == {
        "phone": FieldValue("0301", (ident(1),)),
        "cnic": FieldValue("3520212345671", (ident(1),)),
    }


def test_replacing_beats_any_clock(tables):
    """The desk that corrected the correction had a clock that was years behind."""
    fields = fields_of(
        tables,
        correction(1, {"phone": "0301"}, {"phone": [0]}, hlc=10**15),
        correction(2, {"phone": "0302"}, {"phone": [1]}, hlc=5),
        correction(3, {"phone": "0303"}, {"phone": [2]}, hlc=1),
    )
    assert fields["phone"] == FieldValue("0303", (ident(3),))


def test_rivals_are_ordered_by_clock_then_author_then_id(tables):
    late = correction(1, {"phone": "late"}, {"phone": [0]}, hlc=9, author="A")
    early = correction(2, {"phone": "early"}, {"phone": [0]}, hlc=8, author="Z")
    assert fields_of(tables, late, early)["phone"] == FieldValue("late", (ident(2), ident(1)))
    one = correction(3, {"phone": "of A"}, hlc=9, author="A")
    other = correction(1, {"phone": "of B"}, hlc=9, author="B")
    assert fields_of(tables, one, other)["phone"].text == "of B"
    low = correction(1, {"phone": "low"}, hlc=9)
    high = correction(2, {"phone": "high"}, hlc=9)
    assert fields_of(tables, low, high)["phone"].text == "high"


def test_a_correction_that_has_seen_both_rivals_ends_their_rivalry(tables):
    fields = fields_of(
        tables,
        correction(1, {"phone": "0301"}, {"phone": [0]}, hlc=9),
        correction(2, {"phone": "0302"}, {"phone": [0]}, hlc=8),
        correction(3, {"phone": "0303"}, {"phone": [1, 2]}, hlc=1),
    )
    assert fields["phone"] == FieldValue("0303", (ident(3),))


def test_replacing_counts_for_the_named_field_only(tables):
    """The name was corrected later in the knowledge of the first; the phone was not."""
    fields = fields_of(
        tables,
        correction(1, {"full_name": "Fatima B", "phone": "0301"}, hlc=9),
        correction(2, {"full_name": "Fatima Bibi", "phone": "0302"}, {"full_name": [1]}, hlc=5),
    )
    assert fields["full_name"] == FieldValue("Fatima Bibi", (ident(2),))
    assert fields["phone"] == FieldValue("0301", (ident(2), ident(1)))


def test_a_circle_of_replacements_still_gives_a_value(tables):
    fields = fields_of(
        tables,
        correction(1, {"phone": "0301"}, {"phone": [2]}, hlc=9),
        correction(2, {"phone": "0302"}, {"phone": [1]}, hlc=8),
        correction(3, {"cnic": "1"}, {"cnic": [3]}),
    )
    assert fields["phone"] == FieldValue("0301", (ident(2), ident(1)))
    assert fields["cnic"].text == "1"


def test_a_replacement_that_is_not_here_yet_changes_nothing(tables):
    assert (
        fields_of(tables, correction(5, {"phone": "0305"}, {"phone": [4]}))["phone"].text == "0305"
    )


def test_a_new_correction_is_told_of_the_latest_rivals_only(tables):
    rivals = [correction(number, {"phone": str(number)}, hlc=number) for number in range(1, 60)]
    apply(tables, *rivals)
    assert values(tables)["phone"] == FieldValue(
        "59", tuple(one.id for one in rivals[-REPLACED_MAX:])
    )


def test_the_last_change_is_that_of_the_latest_correction(tables):
    registration = (RECORD, REGISTRATION)
    assert tables.changed_at(registration) is None
    apply(tables, *(correction(number, {}, hlc=hlc) for number, hlc in ((1, 5), (2, 9), (3, 7))))
    assert tables.changed_at(registration) == "2026-01-05T12:00:02+05:00"
    undated = correction(4, {}, hlc=HLC_MAX)
    tables.apply(RECORD, undated, said(undated.fact, "2026-01-05T12:00:09+05:00"))
    assert tables.changed_at(registration) == "2026-01-05T12:00:09+05:00"
    tables.date(RECORD, undated._replace(hlc=8), "2026-01-05T12:00:08+05:00")
    assert tables.changed_at(registration) == "2026-01-05T12:00:02+05:00", "it was another one"
    tables.date(RECORD, undated._replace(hlc=10), "2026-01-05T12:00:09+05:00")
    assert tables.changed_at(registration) == "2026-01-05T12:00:09+05:00"


def test_corrections_are_counted_while_they_apply(tables):
    first, second = correction(1, {"sex": "F"}), correction(2, {"sex": "M"}, {"sex": [1]})
    registration = (RECORD, REGISTRATION)
    assert (tables.applied(registration), tables.amended([registration])) == (0, set())
    apply(tables, first, second)
    assert (tables.applied(registration), tables.amended([registration])) == (2, {registration})
    for one in (second, first):
        tables.withdraw(RECORD, one, said(one.fact, one.fact.amended_at))
    assert (tables.applied(registration), tables.amended([registration])) == (0, set())
    assert not any(tables._execute(f"SELECT 1 FROM {table}").fetchall() for table in TABLES[1:])


def test_a_correction_with_another_time_may_give_way_to_its_rival(tables):
    first, second = (correction(n, {"id:a": str(n), "phone": str(n)}, hlc=n) for n in (1, 2))
    apply(tables, first, second)
    assert tables.added((RECORD, REGISTRATION), 9) == {"id:a": "2"}
    tables.date(RECORD, second._replace(hlc=0), second.fact.amended_at)
    assert tables.added((RECORD, REGISTRATION), 9) == {"id:a": "1"}
    assert values(tables) == model([first, second._replace(hlc=0)])


def test_registrations_with_corrections_are_told_from_those_without(tables):
    apply(tables, correction(1, {}))
    wanted = [(record(number), REGISTRATION) for number in range(IN_MAX + 10)]
    assert tables.amended([*wanted, (RECORD, REGISTRATION), (RECORD, ident(1))]) == {
        (RECORD, REGISTRATION)
    }


class Step(NamedTuple):
    fields: dict[str, str]
    replaces: dict[str, list[int]]
    hlc: int
    author: str


names = st.sampled_from(["phone", "cnic", "not a field", *MORE])
histories = st.lists(
    st.builds(
        Step,
        st.dictionaries(names, st.text("ab", max_size=2), max_size=2),
        st.dictionaries(names, st.lists(st.integers(0, 6), max_size=3)),
        st.integers(0, 3),
        st.sampled_from(["A", "B"]),
    ),
    max_size=7,
)


@cache
def in_memory() -> AmendmentTables:
    """Tables for one example after the other: to make them takes longer than most examples."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in filter(str.strip, (schema.MIGRATIONS[0] + schema.PROJECTION).split(";")):
        connection.execute(statement)
    return AmendmentTables(connection)


@given(histories, st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=30))
def test_the_fields_are_those_of_the_model_after_each_change(history, changes):
    """Verdicts let corrections count, or count no more, in any order and again and again."""
    tables = in_memory()
    empty(tables)
    written = [
        correction(number, step.fields, step.replaces, hlc=step.hlc, author=step.author)
        for number, step in enumerate(history, start=1)
    ]
    counting: dict[int, Correction] = {}
    for index, counts in changes:
        if index >= len(written) or (index in counting) == counts:
            continue
        one = written[index]
        change = tables.apply if counts else tables.withdraw
        change(RECORD, one, said(one.fact, one.fact.amended_at))
        if counts:
            counting[index] = one
        else:
            del counting[index]
        assert values(tables) == model(counting.values())
    dump = [sorted(tables._execute(f"SELECT * FROM {name}").fetchall()) for name in TABLES[1:]]
    empty(tables)
    apply(tables, *counting.values())
    again = [sorted(tables._execute(f"SELECT * FROM {name}").fetchall()) for name in TABLES[1:]]
    assert dump == again, "what was withdrawn has left something behind"


# amendments and verdicts on them


def verdict(first: int, last: int, rejects: dict[int, Reason] | None = None) -> Verdict:
    return Verdict(LAB, 0, 7, first, last, Link(b"l" * 16), rejects or {})


def amend(
    tables: AmendmentTables,
    number: int,
    about: int,
    run: int,
    clock: int,
    judged: Judged | None = None,
) -> None:
    amendment = Amendment(ident(about), {"sex": "F"}, {}, AT, None)
    one = Correction(ident(number), LAB, 9, amendment)
    body = bodies.write(amendment)
    tables.add(run, clock, record(about), one, body, judged or Judged(), OwnTime(AT))


REFUSED = Judged(False, Reason.REVOKED, 1000)
ADMITTED = Judged(True, None, 1000)


def judged(tables: AmendmentTables, number: int, about: int) -> Judged:
    kept = tables.kept((record(about), ident(number)))
    assert kept is not None
    return kept.judged


def test_an_amendment_is_kept_as_it_was_written(tables):
    amend(tables, 10, 1, run=1, clock=0)
    found = tables.kept((record(1), ident(10)))
    amendment = Amendment(ident(1), {"sex": "F"}, {}, AT, None)
    assert found == (Correction(ident(10), LAB, 9, amendment), Judged(), False, AT)


def test_an_amendment_that_cannot_be_read_is_left_out_and_stays(tables):
    amend(tables, 10, 1, run=1, clock=0)
    tables._execute("UPDATE amendments SET body = x'90'")
    assert tables.kept((record(1), ident(10))) is None
    assert tables.of_segment(1, 0, 1) == [(0, Judged())]


@pytest.mark.parametrize(
    ("elsewhere", "together"),
    [
        (ADMITTED, Judged(True, Reason.REVOKED, 1000)),
        (REFUSED, REFUSED),
        (Judged(), REFUSED),
    ],
)
def test_one_amendment_in_two_runs_is_judged_by_both(tables, elsewhere, together):
    amend(tables, 10, 1, run=1, clock=0, judged=REFUSED)
    amend(tables, 10, 1, run=2, clock=5, judged=elsewhere)
    assert judged(tables, 10, 1) == together
    assert tables.of_segment(2, 0, 9) == [(5, elsewhere)]


def test_a_verdict_judges_the_amendments_of_its_stretch(tables):
    for clock in range(4):
        amend(tables, 10 + clock, clock, run=1, clock=clock)
    amend(tables, 20, 9, run=2, clock=1)
    rejecting = verdict(1, 3, {1: Reason.REVOKED})
    assert set(tables.judge(1, 1, 3, rejecting, 5000)) == {
        (record(1), ident(11)),
        (record(2), ident(12)),
    }
    assert sorted(tables.of_segment(1, 0, 4)) == [
        (0, Judged()),
        (1, Judged(True, None, 5000)),
        (2, Judged(False, Reason.REVOKED, 5000)),
        (3, Judged()),
    ]
    assert tables.of_segment(2, 0, 4) == [(1, Judged())]


def test_a_second_verdict_is_added_to_the_first(tables):
    amend(tables, 10, 1, run=1, clock=0)
    tables.judge(1, 0, 1, verdict(0, 1, {0: Reason.REVOKED}), 5000)
    tables.judge(1, 0, 1, verdict(0, 1), 4000)
    assert tables.of_segment(1, 0, 1) == [(0, Judged(True, Reason.REVOKED, 4000))]
