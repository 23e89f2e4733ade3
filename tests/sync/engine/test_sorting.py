"""The facts of a transaction, sorted: only what its author may write counts for anything."""

from itertools import count

import pytest

from sync.engine.sorting import Placed, Sorted, is_beyond, is_person
from sync.model import bodies, clock, facts
from sync.model.facts import (
    COORDINATOR,
    NO_RECORD,
    REGISTRY,
    Allocator,
    Amendment,
    Author,
    Envelope,
    FactId,
    Grant,
    Incarnation,
    Link,
    Malformed,
    RangeFact,
    Reason,
    RecordId,
    Registration,
    Resolution,
    State,
    TerminalFact,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.rules.gate import NewFact
from sync.storage.shards import RunRow, ShardRow
from sync.storage.times.days import DAY_MS, day_of

LAB = Author("LAB1-PC")
RECORD = RecordId(b"r" * 16)
FACT = FactId(b"f" * 16)
AT = "2026-01-05T12:00:00+05:00"
NOBODY = Incarnation(bytes(8))
RUN = RunRow(3, 1, 7, 7, None, 0, 9, Link(bytes(16)), 0, 0, None, None, None, 0)

PERSON = Registration(Mrn("710000"), LAB, True, AT, None, None, {"full_name": "Test"})
BODIES = {
    facts.TERMINAL: TerminalFact(4, (), LAB, "Lab", State.ACTIVE, (), (), None),
    facts.RANGE: RangeFact(5, (), 1, 9, LAB, None, Allocator.NODE, 0, False, "a test"),
    facts.GRANT: Grant(6, Mrn("710001"), LAB),
    facts.VERDICT: Verdict(LAB, 0, 7, 0, 2, Link(bytes(16)), {1: Reason.REVOKED}),
    facts.RESOLUTION: Resolution(
        7, (), FACT, facts.Action.VOID, None, None, None, None, "Admin", "a test"
    ),
    facts.AMENDMENT: Amendment(FACT, {"sex": "F"}, {}, AT, None),
    facts.REGISTRATION: PERSON,
}
OF_A_RECORD = {facts.GRANT, facts.AMENDMENT, facts.REGISTRATION, facts.RESOLUTION}

_clocks = count()


def new(kind: str, body: bytes | None = None, hlc: int = 1 << 20) -> NewFact:
    data = bodies.write(BODIES[kind]) if body is None else body
    record = RECORD if kind in OF_A_RECORD else NO_RECORD
    at = next(_clocks)
    ident = FactId(at.to_bytes(16))
    return NewFact(at, b"", ident, Envelope(kind, record, hlc, NOBODY, data), Link(bytes(16)))


def taken(author: Author, *new_facts: NewFact) -> Sorted:
    """The facts of one author sorted; people get the local ids 1, 2 and so on by their place."""
    sorted_ = Sorted()
    patients = [place if is_person(author, one) else None for place, one in enumerate(new_facts, 1)]
    sorted_.take(Placed(ShardRow(1, author, 0, 0, 0), RUN, new_facts, patients))
    return sorted_


def counts(sorted_: Sorted) -> dict[str, int]:
    lists = ("registry", "grants", "verdicts", "resolutions", "amendments", "registrations")
    return {name: len(getattr(sorted_, name)) for name in lists if getattr(sorted_, name)}


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (REGISTRY, {"registry": 2}),
        (
            COORDINATOR,
            {"grants": 1, "verdicts": 1, "resolutions": 1, "amendments": 1, "registrations": 1},
        ),
        (LAB, {"amendments": 1, "registrations": 1}),
    ],
)
def test_an_author_counts_only_for_what_it_may_write(author, expected):
    assert counts(taken(author, *(new(kind) for kind in BODIES))) == expected


def test_each_is_found_with_what_the_fold_needs_of_it():
    registry = new(facts.RANGE)
    assert taken(REGISTRY, registry).registry == [(registry, BODIES[facts.RANGE])]
    grant, verdict = new(facts.GRANT), new(facts.VERDICT, hlc=clock.pack(1234, 5))
    resolution, amendment, person = (
        new(kind) for kind in (facts.RESOLUTION, facts.AMENDMENT, facts.REGISTRATION)
    )
    found = taken(COORDINATOR, grant, verdict, resolution, amendment, person)
    assert found.grants == [(RECORD, grant.id, BODIES[facts.GRANT])]
    assert found.verdicts == [(verdict.envelope.hlc, BODIES[facts.VERDICT])]
    assert found.resolutions == [(resolution, BODIES[facts.RESOLUTION])]
    assert [(fact, body) for _, fact, body in found.amendments] == [
        (amendment, BODIES[facts.AMENDMENT])
    ]
    assert [(item.fact, item.patient, item.body) for item in found.registrations] == [
        (person, 5, PERSON)
    ]


def test_a_malformed_registration_is_a_person_and_any_other_malformed_fact_nothing():
    found = taken(LAB, new(facts.REGISTRATION, b"?"), new(facts.AMENDMENT, b"?"))
    assert counts(found) == {"registrations": 1}
    assert isinstance(found.registrations[0].body, Malformed)
    assert found.not_understood == {}, "it is understood to be wrong"


def test_what_the_future_writes_is_left_to_the_future():
    future = facts.pack([2, "710000", LAB, "and more"])
    unknown, person = new("visit", b"anything"), new(facts.REGISTRATION, future)
    found = taken(LAB, unknown, person)
    assert counts(found) == {"registrations": 1}, "its claim counts all the same"
    assert found.not_understood == {RUN.id: {unknown.clock, person.clock}}


def test_the_newest_serial_is_that_of_any_fact_with_one():
    assert taken(REGISTRY, new(facts.RANGE), new(facts.TERMINAL)).serial == 5
    assert taken(COORDINATOR, new(facts.RESOLUTION), new(facts.GRANT)).serial == 7
    assert taken(LAB, new(facts.GRANT)).serial == 0, "a desk has no serials"


@pytest.mark.parametrize("days", [(7, 7), (7, 8), (8, 7), (7, 9, 8)])
def test_each_day_on_which_an_author_wrote_is_kept_with_its_newest_time(days):
    times = [clock.pack(day * DAY_MS + place, 0) for place, day in enumerate(days)]
    found = taken(LAB, *(new(facts.REGISTRATION, hlc=hlc) for hlc in times)).written
    newest = {day: max(hlc for hlc in times if day_of(hlc) == day) for day in days}
    assert found == {(LAB, day): hlc for day, hlc in newest.items()}


def test_time_is_taken_from_the_coordinator_alone():
    early, late = clock.pack(1000, 3), clock.pack(2000, 1)
    for author in (REGISTRY, COORDINATOR):
        found = taken(author, new(facts.GRANT, hlc=late), new("visit", b"", hlc=early))
        assert found.coordinator_hlc == late
    assert taken(LAB, new(facts.REGISTRATION, hlc=late)).coordinator_hlc == 0


def test_one_sorted_takes_several_segments():
    sorted_ = Sorted()
    for author, kind in ((REGISTRY, facts.RANGE), (COORDINATOR, facts.GRANT)):
        sorted_.take(Placed(ShardRow(1, author, 0, 0, 0), RUN, [new(kind)], [None]))
    assert counts(sorted_) == {"registry": 1, "grants": 1}
    assert sorted_.serial == 6


@pytest.mark.parametrize(
    ("author", "kind", "person"),
    [
        (LAB, facts.REGISTRATION, True),
        (COORDINATOR, facts.REGISTRATION, True),
        (REGISTRY, facts.REGISTRATION, False),
        (LAB, facts.AMENDMENT, False),
        (LAB, "visit", False),
    ],
)
def test_who_gets_a_row(author, kind, person):
    assert is_person(author, new(kind, b"?")) is person


@pytest.mark.parametrize(
    ("body", "beyond"),
    [
        (PERSON, False),
        (PERSON._replace(understood=False), True),
        (facts.Unknown("visit"), True),
        (Malformed(facts.REGISTRATION, "why"), False),
        (BODIES[facts.GRANT], False),
    ],
)
def test_what_this_software_cannot_judge(body, beyond):
    assert is_beyond(body) is beyond
