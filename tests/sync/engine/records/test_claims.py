"""What others claim of a range is counted exactly, whatever comes first, and moves no mark."""

import random

import pytest

from sync.model import bodies, facts
from sync.model.facts import (
    Action,
    Allocator,
    Author,
    Envelope,
    FactId,
    Grant,
    RangeFact,
    RecordId,
    Registration,
    Resolution,
)
from sync.model.numbers import Mrn, NumberRange
from sync.protocol.questions import Merge
from tests.clinic import Desk, pull
from tests.forging import ELSEWHERE, Run
from tests.projection import difference, folded_from_nothing, projection

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
RANGE = NumberRange(730_000, 739_999)


def written(kind: str, record: int, body: bytes, hlc: int = 1) -> bytes:
    record_id = RecordId(record.to_bytes(16)) if record else facts.NO_RECORD
    return facts.encode(Envelope(kind, record_id, hlc, ELSEWHERE, body))


def person(record: int, mrn: str | None, terminal: str = LAB) -> bytes:
    text = "2026-01-05T12:00:00+05:00"
    body = Registration(Mrn(mrn) if mrn else None, Author(terminal), True, text, None, None, {})
    return written(facts.REGISTRATION, record, bodies.write(body))


def malformed(record: int, mrn: str) -> bytes:
    body = facts.pack([1, mrn, "LAB1-PC", "not a boolean"])
    return written(facts.REGISTRATION, record, body)


def grant(serial: int, record: int, mrn: str) -> bytes:
    return written(facts.GRANT, record, bodies.write(Grant(serial, Mrn(mrn), LAB)))


def award(serial: int, record: int, fact: FactId, mrn: str, replaces: list[FactId]) -> bytes:
    body = Resolution(
        serial, replaces, fact, Action.AWARD, Mrn(mrn), None, None, None, "Admin", "a test"
    )
    return written(facts.RESOLUTION, record, bodies.write(body), serial)


def range_fact(serial: int, terminal: str) -> bytes:
    body = RangeFact(
        serial, [], RANGE.start, RANGE.end, Author(terminal), None, Allocator.CLIENT, 0, False, ""
    )
    return written("range", 0, bodies.write(body))


def histories(clinic, lab: Desk, chance: random.Random) -> list[Run]:
    """People with numbers of a range, at first or by decisions, and grants of it."""
    people = [
        *(person(number, str(RANGE.start + chance.randrange(9))) for number in range(1, 9)),
        person(9, None),
        person(10, None),
        malformed(11, str(RANGE.start + 5)),
        malformed(12, "no number"),
        person(13, "9" * 12),
        person(14, str(RANGE.start + 2), WARD),
    ]
    chance.shuffle(people)
    runs = [Run(LAB, lab.signer, 100 + one, (data, people[0])) for one, data in enumerate(people)]
    said = [grant(5000, 9, str(RANGE.start + 20)), grant(5001, 9, str(RANGE.start + 21))]
    about = facts.fact_id(LAB, person(10, None))
    first = award(5002, 10, about, str(RANGE.start + 30), [])
    first_id = facts.fact_id(facts.COORDINATOR, first)
    said += [first, award(5003, 10, about, str(RANGE.start + 31), [first_id])]
    key = clinic.coordinator_key
    runs += [Run(facts.COORDINATOR, key, 200 + one, (data,)) for one, data in enumerate(said)]
    # Two coordinators that went on from one backup may grant a range twice.
    # One of the desks may be the one whose people were given numbers of it.
    owner = chance.choice([LAB, "AWAY-PC"])
    granted = [range_fact(5010, WARD), range_fact(5011, owner)]
    runs += [Run(facts.REGISTRY, key, 300 + one, (data,)) for one, data in enumerate(granted)]
    return runs


def claimed_above(desk: Desk, mark: int) -> int:
    """How many different numbers of the range somebody claims or claimed above a mark."""
    texts = desk.query("SELECT mrn FROM patients UNION SELECT claimed FROM patients")
    found = {int(text) for (text,) in texts if text and text.isdigit() and text[0] != "0"}
    return sum(mark < number <= RANGE.end for number in found if number >= RANGE.start)


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(one, marks=pytest.mark.soak) for one in range(5, 40))]
)
def test_claims_of_others_are_counted_exactly_in_every_order(clinic, lab, seed):
    chance = random.Random(seed)
    desks = [clinic.desk(f"DESK-{number}") for number in range(3)]
    runs = histories(clinic, lab, chance)
    tables = []
    for desk in desks:
        pull(desk, clinic.coordinator)
        left = chance.sample(runs, len(runs))
        while left:
            size = chance.randrange(1, 6)
            merged, left = left[:size], left[size:]
            outcomes = desk.exchange.merge(Merge(tuple(run.batch() for run in merged))).outcomes
            assert {outcome.entry for outcome in outcomes} == {"accepted"}
            numbers = desk.writer.store.numbers
            if RANGE not in {one.range for one in numbers.strays()}:
                continue
            lowest = max(numbers.range_mark(RANGE), RANGE.start - 1)
            for mark in range(lowest, RANGE.start + 40, 3):
                found = numbers.strays_ahead({RANGE: mark})
                assert found == {RANGE: claimed_above(desk, mark)}
        tables.append(projection(desk))
        assert difference(tables[0], tables[-1]) == {}
        assert difference(tables[-1], folded_from_nothing(desk)) == {}
    assert tables[0]["strays_within"]


def test_numbers_that_a_desk_issues_itself_are_not_counted(lab):
    for _ in range(3):
        lab.register_offline()
    assert lab.query("SELECT * FROM strays_within") == []
