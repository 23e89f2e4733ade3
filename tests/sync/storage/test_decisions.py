"""The tables of what decides about people: kept once, and found by what they are about."""

from itertools import count

import pytest

from sync.errors import StoreDamaged
from sync.model import bodies
from sync.model.facts import (
    RESOLUTION,
    TERMINAL,
    Action,
    Author,
    Envelope,
    FactId,
    Grant,
    Incarnation,
    Link,
    Reason,
    RecordId,
    Resolution,
    State,
    TerminalFact,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.storage.queries import IN_MAX

LAB = Author("LAB1-PC")
LINK = Link(b"l" * 16)
NOBODY = Incarnation(bytes(8))


def fact(number: int) -> FactId:
    return FactId(number.to_bytes(16))


def test_a_fact_of_the_registry_is_read_once(store, monkeypatch):
    reads = []
    read = bodies.read_kept

    def counting(*parts):
        reads.append(parts)
        return read(*parts)

    monkeypatch.setattr(bodies, "read_kept", counting)
    body = bodies.write(TerminalFact(1, (), LAB, "Laboratory", State.ACTIVE, (), (), None))
    decisions = store.decisions
    decisions.add_registry_fact(fact(1), TERMINAL, 1, body)
    decisions.add_registry_fact(fact(2), "of a later version", 2, body)
    for _ in range(3):
        assert [entry.id for entry in decisions.registry_entries()] == [fact(1)]
    assert len(reads) == 2


def record(number: int) -> RecordId:
    return RecordId(number.to_bytes(16))


@pytest.fixture
def decisions(store):
    return store.decisions


# registry


def terminal(serial: int) -> bytes:
    return bodies.write(TerminalFact(serial, (), LAB, "Lab", State.ACTIVE, (), (), None))


def test_registry_facts_come_back_as_they_were_written(decisions):
    for _ in range(2):
        decisions.add_registry_fact(fact(1), TERMINAL, 70, terminal(5))
    (entry,) = decisions.registry_entries()
    assert (entry.id, entry.hlc) == (fact(1), 70)
    assert (entry.fact.serial, entry.fact.code) == (5, LAB)


def test_a_registry_fact_that_cannot_be_read_is_left_out_and_stays(store, decisions):
    decisions.add_registry_fact(fact(1), TERMINAL, 70, b"anything")
    assert list(decisions.registry_entries()) == []
    assert store.connection.execute("SELECT count(*) FROM registry").fetchone() == (1,)


@pytest.mark.parametrize("change", ["body = 'text'", "body = 7", "hlc = 'text'", "hlc = 1.5"])
def test_a_registry_fact_that_has_become_another_kind_of_value_is_damage(store, decisions, change):
    """A range that is left out would be granted again."""
    body = bodies.write(TerminalFact(1, (), LAB, "Laboratory", State.ACTIVE, (), (), None))
    decisions.add_registry_fact(fact(1), TERMINAL, 70, body)
    store.connection.execute(f"UPDATE registry SET {change}")
    with pytest.raises(StoreDamaged, match="what the coordinator decided cannot be read"):
        list(decisions.registry_entries())


@pytest.mark.parametrize("value", ["'text'", "x'01'", "1.5"])
def test_a_serial_that_cannot_be_read_any_more_is_damage(store, decisions, value):
    decisions.add_grants([(RecordId(bytes(16)), fact(1), Grant(1, Mrn("PAT-20260105-0001"), LAB))])
    store.connection.execute(f"UPDATE grants SET serial = {value}")
    with pytest.raises(StoreDamaged, match="the serial of a number"):
        decisions.newest_serial()


# grants


def test_grants_are_found_by_their_records(decisions):
    mine = [Grant(4, Mrn("PAT-20260105-0002"), LAB), Grant(3, Mrn("PAT-20260105-0001"), None)]
    other = Grant(5, Mrn("PAT-20260105-0003"), LAB)
    for _ in range(2):
        decisions.add_grants([(record(1), fact(1), mine[0]), (record(1), fact(2), mine[1])])
        decisions.add_grants([(record(2), fact(3), other)])
    found = decisions.grants_of([record(1), record(9)])
    assert {key: sorted(grants) for key, grants in found.items()} == {record(1): sorted(mine)}


def test_more_records_can_be_asked_for_than_one_statement_takes(decisions):
    records = [record(number) for number in range(IN_MAX + 10)]
    grant = Grant(1, Mrn("PAT-20260105-0001"), LAB)
    decisions.add_grants([(records[0], fact(1), grant), (records[-1], fact(2), grant)])
    assert decisions.grants_of(records) == {records[0]: [grant], records[-1]: [grant]}


# resolutions

_serials = count(1)


def resolution(about: int, **values) -> Resolution:
    plain = Resolution(
        next(_serials),
        (),
        fact(about),
        Action.ASSIGN,
        Mrn("PAT-20260105-0001"),
        None,
        None,
        None,
        "Admin",
        "a test",
    )
    return plain._replace(**values)


def award(about: int, holder: int) -> Resolution:
    return resolution(about, action=Action.AWARD, holder=fact(holder), holder_record=record(holder))


def add(decisions, ident: int, decision: Resolution, record_id: RecordId) -> None:
    body = bodies.write(decision)
    decisions.add_resolution(
        fact(ident), Envelope(RESOLUTION, record_id, 9, NOBODY, body), decision
    )


def test_a_resolution_comes_back_with_its_record_and_time(decisions):
    assert not decisions.any_resolutions()
    decision = resolution(1)
    for _ in range(2):
        add(decisions, 100, decision, record(1))
    assert decisions.any_resolutions()
    assert decisions.resolution(fact(100)) == (record(1), 9, decision)
    assert decisions.resolution(fact(101)) is None


def test_about_a_registration_are_its_own_those_that_displace_it_and_their_replacements(decisions):
    first, second = award(1, holder=2), resolution(1, replaces=(fact(100),))
    for ident, decision, person in (
        (100, first, 1),
        (101, second, 1),
        (102, resolution(2), 2),
        (103, resolution(3), 3),
    ):
        add(decisions, ident, decision, record(person))
    found = {number: {one.id for one in decisions.about(fact(number))} for number in (1, 2, 3, 4)}
    assert found == {
        1: {fact(100), fact(101)},
        2: {fact(100), fact(101), fact(102)},
        3: {fact(103)},
        4: set(),
    }
    assert {one.fact for one in decisions.about(fact(1))} == {first, second}


def test_the_newest_serial_is_that_of_any_fact_that_has_one(decisions):
    assert decisions.newest_serial() == 0
    decisions.add_registry_fact(fact(1), TERMINAL, 70, terminal(5))
    assert decisions.newest_serial() == 5
    decisions.add_grants([(record(1), fact(2), Grant(9, Mrn("PAT-20260105-0001"), LAB))])
    assert decisions.newest_serial() == 9
    add(decisions, 100, resolution(1, serial=12), record(1))
    assert decisions.newest_serial() == 12


# verdicts


def verdict(first: int, last: int, rejects=None, client: int = 7) -> Verdict:
    return Verdict(LAB, 0, client, first, last, LINK, rejects or {})


def test_verdicts_of_a_run_are_found_by_where_they_end(decisions):
    early = verdict(0, 5)
    late = verdict(5, 9, {1: Reason.OUTSIDE_RANGE, 0: Reason.MALFORMED})
    for _ in range(2):
        decisions.add_verdicts([(1000, early), (2000, late), (3000, verdict(0, 9, client=8))])
    every = dict.fromkeys(range(1, 10), LINK)
    assert decisions.verdicts_of(LAB, 0, 7, every) == [(1000, early), (2000, late)]
    assert decisions.verdicts_of(LAB, 0, 7, {9: LINK}) == [(2000, late)]
    assert decisions.verdicts_of(LAB, 0, 7, {9: Link(b"m" * 16)}) == [], "of another branch"
    assert decisions.verdicts_of(LAB, 0, 7, {10: LINK}) == []
    assert decisions.verdicts_of(LAB, 1, 7, every) == []


def test_two_verdicts_on_one_stretch_are_both_kept(decisions):
    one, other = verdict(0, 5), verdict(0, 5, {0: Reason.DUPLICATE_MRN})
    decisions.add_verdicts([(1000, one), (1000, other)])
    assert {len(found.rejects) for _, found in decisions.verdicts_of(LAB, 0, 7, {5: LINK})} == {
        0,
        1,
    }


def test_of_the_numbers_of_a_day_those_count_that_were_given_to_one_terminal(store):
    decisions = store.decisions
    texts = ["PAT-20260105-0001", "PAT-20260105-10000", "PAT-20260106-0001", "710000"]
    decisions.add_grants(
        [
            (record(number), fact(number), Grant(number, Mrn(mrn), terminal))
            for number, (mrn, terminal) in enumerate(
                [*((mrn, LAB) for mrn in texts), ("PAT-20260105-0002", None)]
            )
        ]
    )
    assert sorted(decisions.unused_grants(LAB, "20260105", 9)) == [record(0), record(1)]
    assert len(decisions.unused_grants(LAB, "20260105", 1)) == 1
    assert decisions.still_unused([record(1), record(9)]) == [record(1)]
