"""Which numbers are used is known exactly, whatever comes first, and so is whose claims they are.

What is used, by a look at each table, says `NumberTables.is_used`; what others claim is told here
from the facts alone.
"""

import random
from collections import Counter
from collections.abc import Iterable

import pytest

from coordinator.registry import ranges
from sync.engine import issuing
from sync.engine.issuing import Prospect
from sync.errors import RangeExhausted
from sync.model import bodies, facts
from sync.model.facts import (
    Action,
    Allocator,
    Author,
    FactId,
    Grant,
    RangeFact,
    Resolution,
)
from sync.model.numbers import Mrn, NumberRange, mrn_of
from sync.protocol.questions import Merge
from sync.storage.records.number_sets import OUTSIDE, USED, used_of
from tests.claiming import CLAIMING, LAB, malformed, person, send, sheet, written
from tests.clinic import Clinic, Desk, pull
from tests.forging import Run
from tests.projection import difference, folded_from_nothing, projection

WARD = Author("WARD-PC")
RANGE = NumberRange(730_000, 739_999)
DAY = "20260105"


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
    """People with numbers of a range and of none, at first or by decisions, sheets, and grants."""
    people = [
        *(person(number, str(RANGE.start + chance.randrange(9))) for number in range(1, 9)),
        person(9, None),
        person(10, None),
        malformed(11, str(RANGE.start + 5)),
        malformed(12, "no number"),
        person(13, "9" * 12),
        person(14, str(RANGE.start + 2), WARD),
        person(15, f"00{RANGE.start + chance.randrange(20)}"),
        person(16, f"0{RANGE.end + 1 + chance.randrange(3)}", WARD),
        person(17, str(RANGE.end + 1 + chance.randrange(3))),
        person(18, f"PAT-{DAY}-000{chance.randrange(1, 4)}"),
        person(19, f"pat-{DAY}-{chance.randrange(1, 9)}"),
        malformed(20, str(RANGE.start - 1)),
        sheet(*range(RANGE.start - 2, RANGE.start + 30, chance.randrange(3, 9))),
        sheet(RANGE.start + chance.randrange(20), RANGE.end + 2),
    ]
    chance.shuffle(people)
    runs = [Run(LAB, lab.signer, 100 + one, (data, people[0])) for one, data in enumerate(people)]
    said = [grant(5000, 9, str(RANGE.start + 20)), grant(5001, 9, str(RANGE.start + 21))]
    about = facts.fact_id(LAB, person(10, None))
    first = award(5002, 10, about, str(RANGE.start + 30), [])
    first_id = facts.fact_id(facts.COORDINATOR, first)
    said += [first, award(5003, 10, about, f"PAT-{DAY}-0031", [first_id])]
    said += [person(40, str(RANGE.start + 7)), person(41, str(RANGE.end + 2))]
    said += [person(42, f"0{RANGE.start + 8}"), person(43, str(RANGE.start + 9), WARD)]
    key = clinic.coordinator_key
    runs += [Run(facts.COORDINATOR, key, 200 + one, (data,)) for one, data in enumerate(said)]
    # Two coordinators that went on from one backup may grant a range twice.
    # One of the desks may be the one whose people were given numbers of it.
    owner = chance.choice([LAB, "AWAY-PC"])
    granted = [range_fact(5010, WARD), range_fact(5011, owner)]
    runs += [Run(facts.REGISTRY, key, 300 + one, (data,)) for one, data in enumerate(granted)]
    return runs


def used_by_each_table(desk: Desk, series: str, first: int, last: int) -> list[int]:
    """The numbers that nobody may be given, each of them looked up where it may stand."""
    is_used = desk.writer.store.numbers.is_used
    return [number for number in range(first, last + 1) if is_used(mrn_of(series, number))]


def plainly(text: str) -> int | None:
    """The plain number that a text is, or could be taken for."""
    return int(text) if text.isdecimal() and 0 < int(text) < 1 << 31 else None


def claimed_in(data: bytes) -> list[int]:
    """The plain numbers of a fact."""
    envelope = facts.decode(data)
    if envelope.kind == facts.SHEET:
        return list(facts.unpack(envelope.body)[1])
    if envelope.kind == facts.REGISTRATION:
        number = plainly(facts.unpack(envelope.body)[1] or "")
        return [] if number is None else [number]
    return []


def expected_strays(runs: Iterable[Run]) -> tuple[Counter[tuple[str, str]], dict[str, set[int]]]:
    """(terminal, author) -> how often that author claims of its range; and what no range has."""
    every = {(run.author, data) for run in runs for data in run.facts}
    owners = {
        facts.unpack(facts.decode(data).body)[5]
        for author, data in every
        if facts.decode(data).kind == facts.RANGE
    }
    strays = Counter[tuple[str, str]]()
    outside: dict[str, set[int]] = {}
    for author, data in every:
        for number in claimed_in(data):
            if not owners or number not in RANGE:
                outside.setdefault(author, set()).add(number)
                continue
            strays.update(
                (owner, author) for owner in owners if author not in (owner, facts.COORDINATOR)
            )
    return strays, outside


def require_known(desk: Desk, merged: list[Run]) -> None:
    """What the tables say of numbers, against what the merged facts say."""
    sets, numbers = desk.writer.store.number_sets, desk.writer.store.numbers
    first, last = RANGE.start - 5, RANGE.start + 40
    for series, low, high in (("", first, last), ("", RANGE.end, RANGE.end + 5), (DAY, 1, 40)):
        used = used_by_each_table(desk, series, low, high)
        free = sorted({*range(low, high + 1)} - set(used))
        assert list(sets.lacking(used_of(series), low, high)) == free
        for mark in range(low - 1, high + 1, 3):
            above = sum(number > mark for number in used)
            assert sets.count(used_of(series), mark + 1, high) == above
    strays, outside = expected_strays(merged)
    found = [one for one in numbers.strays() if one.range == RANGE]
    assert {(one.terminal, one.author): one.claims for one in found} == strays
    claimed = {name: numbers_in(desk, name) for name in sets.sizes(OUTSIDE)}
    assert claimed == {f"{OUTSIDE}{author}": numbers for author, numbers in outside.items()}


def numbers_in(desk: Desk, name: str) -> set[int]:
    found, number = set[int](), 0
    while (one := desk.writer.store.number_sets.first(name, number + 1, 1 << 30)) is not None:
        found.add(one)
        number = one
    return found


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(one, marks=pytest.mark.soak) for one in range(5, 40))]
)
def test_which_numbers_are_used_and_by_whom_is_known_exactly_in_every_order(clinic, lab, seed):
    chance = random.Random(seed)
    desks = [clinic.desk(f"DESK-{number}") for number in range(3)]
    runs = histories(clinic, lab, chance)
    tables = []
    for desk in desks:
        pull(desk, clinic.coordinator)
        left, merged = chance.sample(runs, len(runs)), list[Run]()
        while left:
            size = chance.randrange(1, 6)
            some, left = left[:size], left[size:]
            outcomes = desk.exchange.merge(Merge(tuple(run.batch() for run in some))).outcomes
            assert {outcome.entry for outcome in outcomes} == {"accepted"}
            merged += some
            if not left or chance.random() < 0.3:
                require_known(desk, merged)
        tables.append(projection(desk))
        assert difference(tables[0], tables[-1]) == {}
        assert difference(tables[-1], folded_from_nothing(desk)) == {}
    assert {row[1] for row in tables[0]["number_sets"]} >= {USED, used_of(DAY), f"{OUTSIDE}{LAB}"}


def test_numbers_that_a_desk_issues_itself_are_nobody_elses_claims(lab):
    for _ in range(3):
        lab.register_offline()
    assert lab.query("SELECT * FROM strays") == []
    assert lab.writer.store.number_sets.sizes("") == {USED: 3}


# whatever the kind of claim, what others claim does not remain, and a block comes in time


def remaining(clinic: Clinic, ward: Desk) -> tuple[int, int]:
    """What remains to a desk, by the coordinator and by itself."""
    (usage,) = [one for one in clinic.act(ranges.look).usages if one.terminal == WARD]
    own: list[Prospect] = ward.write(
        lambda tx: issuing.less_strays(tx, issuing.prospects(tx, WARD, Allocator.NODE, None))
    )
    return usage.remaining, sum(one.remaining for one in own)


@pytest.mark.parametrize("claiming", CLAIMING)
def test_what_others_claim_does_not_remain_and_a_new_block_comes_in_time(clinic, lab, claiming):
    ward = clinic.desk(WARD, "730000-730099")
    pull(lab, clinic.coordinator)
    incarnation = ward.writer.identity.incarnation
    ward.register_offline()
    pull(clinic.coordinator, ward)
    send(clinic, lab, claiming(range(730_001, 730_079)))
    assert remaining(clinic, ward) == (21, 21)
    assert [one.are_many for one in ward.writer.store.numbers.strays()] == [True]
    review = clinic.act(lambda tx: ranges.review(tx, {(WARD, incarnation)}))
    assert review.extended == []
    send(clinic, lab, claiming(range(730_079, 730_080)), 2000)
    review = clinic.act(lambda tx: ranges.review(tx, {(WARD, incarnation)}))
    assert [one.why for one in review.extended] == ["80.0 % of 100 used"]
    pull(ward, clinic.coordinator)
    for number in (730_080, 730_081):
        ward.register_offline()
        assert ward.mrns()[-1] == str(number), "no mark has moved"


@pytest.mark.parametrize("claiming", CLAIMING)
def test_who_claims_all_of_a_range_leaves_the_desk_its_next_one(clinic, lab, claiming):
    ward = clinic.desk(WARD, "730000-730099")
    pull(lab, clinic.coordinator)
    send(clinic, lab, claiming(range(730_000, 730_100)))
    assert remaining(clinic, ward) == (0, 0)
    with pytest.raises(RangeExhausted):
        ward.register_offline()
    (cursor,) = ward.writer.store.cursors.all()
    assert cursor.cursor == 729_999, "it has not been used by this desk"
    clinic.act(lambda tx: ranges.review(tx, {(WARD, ward.writer.identity.incarnation)}))
    pull(ward, clinic.coordinator)
    ward.register_offline()
    assert ward.mrns()[-1] == "1000000"


@pytest.mark.parametrize("claiming", CLAIMING)
def test_the_next_number_is_found_in_as_many_statements_whatever_others_claim(
    clinic, lab, claiming
):
    ward = clinic.desk(WARD, "730000-749999")
    pull(lab, clinic.coordinator)
    found = []
    for first, last, client in ((730_001, 730_101, 1), (730_101, 731_001, 2)):
        ward.register_offline()
        send(clinic, lab, claiming(range(first, last)), client)
        statements: list[str] = []
        ward.connection.real.set_trace_callback(statements.append)
        ward.register_offline()
        ward.connection.real.set_trace_callback(None)
        assert ward.mrns()[-1] == str(last)
        found.append(len(statements))
    assert found[1] <= found[0] + 3
