"""Who holds a number, decided from rows; what follows for the rows, the reports and the feed."""

import pytest

from sync.engine.effects import Due, Effects
from sync.engine.holders import Holders
from sync.model import bodies, facts
from sync.model.facts import (
    COORDINATOR,
    Action,
    Allocator,
    Envelope,
    FactId,
    Grant,
    Incarnation,
    RangeFact,
    Reason,
    Registration,
    Resolution,
)
from sync.model.numbers import Mrn
from sync.rules import registry
from sync.rules.admission import Judged, MrnStatus
from sync.rules.feed import FeedChange, FeedEntry
from sync.rules.registry import Entry
from sync.storage.store import Store
from tests.sync.storage.rows import AT, LAB, WARD, fact, insert, record

MRN = "710000"
ADMITTED = Judged(True, None, 1000)
REFUSED = Judged(False, Reason.OUTSIDE_RANGE, 1000)
OWN = Incarnation(b"12345678")
NOTHING = registry.fold(())


def ranges(*owners) -> registry.Registry:
    """(terminal, first, last, serial) of each range that a node issues from."""
    return registry.fold(
        Entry(
            FactId(serial.to_bytes(16)),
            serial,
            RangeFact(serial, (), start, end, owner, OWN, Allocator.NODE, 0, False, "a test"),
        )
        for owner, start, end, serial in owners
    )


OF_LAB = ranges((LAB, 710_000, 719_999, 5))


@pytest.fixture
def store(tmp_path):
    opened = Store.create(tmp_path / "register.db")
    yield opened
    opened.close()


@pytest.fixture
def due():
    return Due()


@pytest.fixture
def effects():
    return Effects()


@pytest.fixture
def holders(store, due, effects):
    return Holders(store, due, effects)


def holder(store, known=NOTHING) -> int | None:
    """Who holds the number when all claims are looked at."""
    due = Due(claims=claims(store))
    Holders(store, due, Effects()).settle(known)
    return store.people.holders([Mrn(MRN)]).get(Mrn(MRN))


def claims(store) -> set[int]:
    return {patient for (patient,) in store.connection.execute("SELECT id FROM patients")}


# the rows that are chosen from


def test_who_claims_a_number_alone_holds_it_covered_or_not(store):
    insert(store, 1, MRN)
    assert holder(store) == 1


@pytest.mark.parametrize("known", [NOTHING, OF_LAB])
def test_who_is_refused_holds_nothing_even_alone(store, known):
    insert(store, 1, MRN, judged=REFUSED)
    assert holder(store, known) is None


def test_a_malformed_claim_holds_nothing_unless_a_resolution_says_so(store):
    insert(store, 1, MRN, well_formed=False)
    assert holder(store) is None
    store.connection.execute("UPDATE patients SET resolved = 7")
    assert holder(store) == 1


def test_of_rivals_whose_number_is_covered_comes_first(store):
    insert(store, 1, MRN, author=WARD, terminal=WARD)
    insert(store, 2, MRN)
    assert holder(store) == 1, "without a range the smaller fact id"
    assert holder(store, OF_LAB) == 2
    assert holder(store, ranges((WARD, 710_000, 719_999, 5))) == 1


def test_what_covers_with_the_lower_serial_comes_first(store):
    insert(store, 1, MRN)
    insert(store, 2, MRN, author=COORDINATOR)
    store.decisions.add_grants([(record(2), fact(50), Grant(9, Mrn(MRN), LAB))])
    assert holder(store, OF_LAB) == 1
    assert holder(store, ranges((LAB, 710_000, 719_999, 12))) == 2


def test_a_grant_covers_only_its_record_number_and_terminal(store):
    insert(store, 1, MRN)
    insert(store, 2, MRN)
    for grant in (
        (record(2), fact(50), Grant(1, Mrn("710001"), LAB)),
        (record(2), fact(51), Grant(1, Mrn(MRN), WARD)),
        (record(3), fact(52), Grant(1, Mrn(MRN), LAB)),
    ):
        store.decisions.add_grants([grant])
        assert holder(store) == 1
    store.decisions.add_grants([(record(2), fact(53), Grant(1, Mrn(MRN), LAB))])
    assert holder(store) == 2


def test_an_admitted_rival_comes_before_a_covered_one_and_a_resolution_before_both(store):
    insert(store, 1, MRN)
    insert(store, 2, MRN, author=WARD, terminal=WARD, judged=ADMITTED)
    assert holder(store, OF_LAB) == 2
    insert(store, 3, MRN, judged=REFUSED, resolved=8)
    assert holder(store, OF_LAB) == 3
    insert(store, 4, MRN, resolved=9)
    assert holder(store, OF_LAB) == 4, "the latest resolution"


# what settling writes


def conflicts(store):
    return store.connection.execute(
        "SELECT c.patient, c.reason, h.patient FROM conflicts c JOIN patients p ON p.id = c.patient"
        " LEFT JOIN held h ON h.mrn = p.mrn ORDER BY c.patient"
    ).fetchall()


def test_settling_decides_the_holder_and_reports_the_other(store, due, effects, holders):
    insert(store, 1, MRN)
    insert(store, 2, MRN)
    insert(store, 3, "710001")
    due.claims, due.mrns = {1, 2, 3}, {Mrn("710002")}
    holders.settle(OF_LAB)
    assert store.people.holders([Mrn(MRN), Mrn("710001"), Mrn("710002")]) == {MRN: 1, "710001": 3}
    assert conflicts(store) == [(2, "duplicate_mrn", 1)]
    assert effects.holders == [], "nobody held it before"
    assert due == Due()


def test_a_number_that_changes_hands_is_logged_and_both_are_looked_at(store, due, effects, holders):
    insert(store, 1, MRN)
    insert(store, 2, MRN)
    due.claims = {1, 2}
    holders.settle(OF_LAB)
    store.people.set_judged(2, ADMITTED)
    due.claims = {2}
    holders.settle(OF_LAB)
    assert store.people.holders([Mrn(MRN)]) == {MRN: 2}
    assert effects.holders == [(MRN, 1, 2)]
    assert conflicts(store) == [(1, "duplicate_mrn", 2)]


def test_a_number_that_nobody_claims_any_more_is_free_and_its_report_gone(
    store, due, effects, holders
):
    insert(store, 1, MRN)
    insert(store, 2, MRN)
    due.claims = {1, 2}
    holders.settle(OF_LAB)
    store.connection.execute("UPDATE patients SET mrn = NULL WHERE id = 1")
    due.claims, due.mrns = {1}, {Mrn(MRN)}
    holders.settle(OF_LAB)
    assert (store.people.holders([Mrn(MRN)]), conflicts(store)) == ({MRN: 2}, [])
    store.connection.execute("UPDATE patients SET mrn = NULL WHERE id = 2")
    due.claims, due.mrns = {2}, {Mrn(MRN)}
    holders.settle(OF_LAB)
    assert store.people.holders([Mrn(MRN)]) == {}
    assert effects.holders == [(MRN, 1, 2), (MRN, 2, None)]


def test_two_admitted_rivals_are_a_double_verdict(store, due, holders):
    insert(store, 1, MRN, judged=ADMITTED)
    insert(store, 2, MRN, judged=ADMITTED)
    due.claims = {1, 2}
    holders.settle(OF_LAB)
    assert conflicts(store) == [(2, "double_verdict", 1)]


def test_with_nothing_due_nothing_is_read(store, holders):
    statements: list[str] = []
    store.connection.set_trace_callback(statements.append)
    holders.stand_again()
    holders.settle(NOTHING)
    assert statements == []


# what standing again writes


def write(store, patient: int, mrn: str | None, **values) -> None:
    """A person whose fact is really there, so that it can be read again."""
    insert(store, patient, mrn, **values)
    registration = Registration(Mrn(mrn) if mrn else None, LAB, True, AT, None, None, {})
    data = facts.encode(
        Envelope("registration", record(patient), 9, OWN, bodies.write(registration))
    )
    store.connection.execute("UPDATE facts SET data = ? WHERE patient = ?", (data, patient))


def resolve(store, about: int, action: Action, serial: int, mrn: str | None = None) -> None:
    given = Mrn(mrn) if mrn else None
    decision = Resolution(
        serial, (), fact(about), action, given, None, None, None, "Admin", "a test"
    )
    envelope = Envelope("resolution", record(about), 9, OWN, bodies.write(decision))
    store.decisions.add_resolution(fact(100 + serial), envelope, decision)


def test_one_without_a_number_takes_that_of_its_grant(store, due, effects, holders):
    write(store, 1, None)
    store.decisions.add_grants([(record(1), fact(50), Grant(3, Mrn("PAT-20260105-0001"), LAB))])
    due.standings = {1}
    holders.stand_again()
    row = store.people.registration(1)
    assert (row.mrn, row.claimed) == ("PAT-20260105-0001",) * 2
    assert effects.feed.entries == [
        FeedEntry(1, FeedChange.NUMBER_CHANGED, "PAT-20260105-0001", None)
    ]
    assert due.claims == {1}
    assert [one.id for one in due.words] == [1]
    store.decisions.add_grants([(record(1), fact(51), Grant(2, Mrn("PAT-20260105-0002"), LAB))])
    due.standings = {1}
    holders.stand_again()
    assert store.people.registration(1).mrn == "PAT-20260105-0002", "the lowest serial"


def test_a_grant_for_another_terminal_is_not_taken(store, due, holders):
    write(store, 1, None)
    store.decisions.add_grants([(record(1), fact(50), Grant(3, Mrn("PAT-20260105-0001"), WARD))])
    due.standings = {1}
    holders.stand_again()
    holders.settle(registry.fold(()))
    assert store.people.registration(1).mrn is None


def test_one_with_a_number_keeps_it_whatever_is_granted(store, due, effects, holders):
    write(store, 1, MRN)
    store.decisions.add_grants([(record(1), fact(50), Grant(3, Mrn("PAT-20260105-0001"), LAB))])
    due.standings = {1}
    holders.stand_again()
    assert store.people.registration(1).mrn == MRN
    assert (effects.feed.entries, due.words) == ([], [])
    assert due.mrns == {MRN}, "the grant may cover it, so its holder is decided again"


def test_one_whose_record_cannot_be_read_keeps_the_number_of_its_row(store, due, holders):
    write(store, 1, MRN)
    store.connection.execute("UPDATE facts SET data = zeroblob(length(data))")
    due.standings = {1}
    holders.stand_again()
    assert store.people.registration(1).mrn == MRN
    assert store.unreadable


def test_an_assigned_number_is_claimed_and_the_former_one_let_go(store, due, effects, holders):
    write(store, 1, MRN, judged=REFUSED, status=MrnStatus.REJECTED)
    resolve(store, 1, Action.ASSIGN, 7, "710009")
    due.standings, due.resolved = {1}, {1}
    holders.stand_again()
    row = store.people.registration(1)
    assert (row.claimed, row.mrn, row.status, row.resolved) == (MRN, "710009", "admitted", 7)
    assert (due.claims, due.mrns) == ({1}, {MRN})
    assert effects.feed.entries == [
        FeedEntry(1, FeedChange.ADMITTED, "710009"),
        FeedEntry(1, FeedChange.NUMBER_CHANGED, "710009", MRN),
        FeedEntry(1, FeedChange.RESOLVED, "710009"),
    ]
    assert (due.standings, due.resolved) == (set(), set())


def test_one_without_any_number_is_reported_too(store, due, holders):
    write(store, 1, None, judged=REFUSED, status=MrnStatus.REJECTED)
    due.standings = {1}
    holders.stand_again()
    holders.settle(registry.fold(()))
    assert conflicts(store) == [(1, "outside_range", None)]
    assert due.mrns == set()


def test_a_malformed_one_takes_no_grant(store, due, holders):
    write(store, 1, None, well_formed=False)
    store.decisions.add_grants([(record(1), fact(50), Grant(3, Mrn("PAT-20260105-0001"), LAB))])
    due.standings = {1}
    holders.stand_again()
    holders.settle(registry.fold(()))
    assert store.people.registration(1).mrn is None
    assert conflicts(store) == [(1, "malformed", None)]
