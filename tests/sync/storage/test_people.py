"""Rows of people: found in every way the fold asks for, judged, held by one, and compared."""

import sqlite3

import pytest

from sync.model.facts import Action, Reason, Resolution
from sync.model.numbers import Mrn
from sync.rules.admission import Conflict, Decision, Judged, MrnStatus, Rank, Standing
from sync.rules.feed import FeedChange, FeedEntry
from sync.rules.times import OwnTime
from sync.storage.queries import IN_MAX
from tests.sync.storage.rows import AT, LAB, NAME, WARD, fact, insert, record

LATER = "2026-01-06T12:00:00+05:00"
REFUSED = Judged(False, Reason.OUTSIDE_RANGE, 1000)
ADMITTED = Judged(True, None, 1000)


@pytest.fixture
def people(store):
    return store.people


def ids(rows) -> list[int]:
    return sorted(row.id for row in rows)


def one(store, what: str, patient: int):
    """One column of a person."""
    (value,) = store.connection.execute(f"SELECT {what} FROM patients WHERE id = ?", (patient,))
    return value[0]


# rows


def test_a_registration_reads_back_as_it_was_inserted(store, people):
    insert(store, 7, "710000", run=3, clock=5, judged=REFUSED, resolved=4, claimed="710001")
    row = people.registration(7)
    assert row == (
        *(7, 3, 5, record(7), fact(7), LAB, LAB, "710001", "710000", True, REFUSED, 4),
        MrnStatus.PENDING,
    )
    assert one(store, "full_name", 7) == NAME["full_name"]
    assert (one(store, "created_at", 7), one(store, "updated_at", 7)) == (AT, AT)


def test_a_malformed_one_has_no_fields(store, people):
    insert(store, 7, "710000", well_formed=False)
    assert not people.registration(7).well_formed
    assert [one(store, name, 7) for name in ("full_name", "operator")] == [None] * 2
    assert one(store, "created_at", 7) == AT, "as its envelope tells"


@pytest.mark.parametrize(
    ("own", "judged_ms", "shown"),
    [
        (OwnTime(AT), 5000, AT),
        (OwnTime(None, 7000, "+05:00"), 1_767_600_000_999, "2026-01-05T13:00:00+05:00"),
        (OwnTime(None, 1_767_600_000_000, "-03:30"), None, "2026-01-05T04:30:00-03:30"),
        (OwnTime(None, 0, "+00:00"), None, "1970-01-01T00:00:00+00:00"),
        (OwnTime(None, 0, "+14:00"), (1 << 48) - 1, "9999-12-31T10:00:00+14:00"),
    ],
)
def test_the_time_of_a_registration_follows_from_what_is_kept_of_it(
    store, people, own, judged_ms, shown
):
    insert(store, 1, own=own)
    people.set_judged(1, Judged(judged_ms is not None, None, judged_ms))
    assert [one(store, name, 1) for name in ("created_at", "updated_at")] == [shown] * 2
    people.set_fields(1, NAME, LATER)
    assert [one(store, name, 1) for name in ("created_at", "updated_at")] == [shown, LATER]


def test_people_are_found_by_fact_record_and_number(store, people):
    insert(store, 1, "710000")
    insert(store, 2, "710000", of=1)
    insert(store, 3, None, claimed="710000")
    assert ids(people.registrations_by_fact(record(1), fact(2))) == [2]
    assert ids(people.registrations_by_fact(record(9), fact(2))) == []
    assert ids(people.registrations_of([record(1), record(9)])) == [1, 2]
    assert ids(people.claimants([Mrn("710000")])) == [1, 2], "one who claims it no more is left out"
    assert ids(people.registrations_of_ids([3, 1, 9])) == [1, 3]
    assert people.later_of_records([1, 2, 3]) == {2}
    assert people.claimed([Mrn("710000"), Mrn("710001")]) == {"710000"}
    known = people.known([(record(1), fact(2)), (record(3), fact(3)), (record(3), fact(2))])
    assert known == {(record(1), fact(2)): 2, (record(3), fact(3)): 3}


def test_more_can_be_asked_for_than_one_statement_takes(store, people):
    wanted = [Mrn(str(710000 + number)) for number in range(IN_MAX + 5)]
    for patient, mrn in ((1, wanted[0]), (2, wanted[-1])):
        insert(store, patient, mrn)
    assert ids(people.claimants(wanted)) == [1, 2]
    assert people.claimed(wanted) == {wanted[0], wanted[-1]}
    assert ids(people.registrations_of_ids(range(IN_MAX + 5))) == [1, 2]
    assert people.later_of_records(range(IN_MAX + 5)) == set()
    assert ids(people.registrations_of([record(number) for number in range(1000)])) == [1, 2]


def test_a_segment_is_a_stretch_of_one_run(store, people):
    for clock in range(5):
        insert(store, clock + 1, run=1, clock=clock)
    insert(store, 9, run=2, clock=2)
    store.connection.execute("INSERT INTO facts VALUES (1, 5, NULL, x'00')")  # it is no person
    assert ids(people.registrations_of_segment(1, 1, 4)) == [2, 3, 4]
    assert ids(people.registrations_of_segment(1, 4, 6)) == [5]
    assert ids(people.registrations_of_segment(2, 0, 9)) == [9]


def test_what_waits_for_a_verdict_comes_in_order_and_in_pieces(store, people):
    insert(store, 1, run=1, clock=3)
    insert(store, 2, run=2, clock=0)
    insert(store, 3, run=1, clock=1, judged=ADMITTED)
    insert(store, 4, run=1, clock=2)
    assert people.unjudged((0, -1), 2) == [(1, 2), (1, 3)]
    assert people.unjudged((1, 3), 2) == [(2, 0)]
    assert people.unjudged((2, 0), 2) == []


def test_people_are_counted_by_author_status_and_reason(store, people):
    insert(store, 1)
    insert(store, 2, judged=ADMITTED, status=MrnStatus.ADMITTED)
    insert(store, 3, judged=ADMITTED, status=MrnStatus.ADMITTED)
    insert(store, 4, judged=REFUSED, status=MrnStatus.REJECTED, author=WARD)
    insert(store, 5, author=WARD)
    assert people.count_people([LAB, WARD], 1) == [
        (LAB, "admitted", None, 2),
        (WARD, "pending", None, 1),
        (WARD, "rejected", "outside_range", 1),
    ]
    assert people.count_people([WARD], 4) == [(WARD, "pending", None, 1)]


# verdicts


def test_a_segment_is_admitted_but_for_those_that_need_a_look_of_their_own(store, people):
    insert(store, 1, "710000", clock=0)
    insert(store, 2, "710001", clock=1, judged=REFUSED)
    insert(store, 3, "710002", clock=2, resolved=7)
    insert(store, 4, "710003", clock=3, well_formed=False)
    insert(store, 5, "710004", clock=4)
    insert(store, 6, "710005", clock=5)
    assert ids(people.unlike_others(1, 0, 5, every=False)) == [2, 3, 4]
    assert ids(people.unlike_others(1, 0, 5, every=True)) == [1, 2, 3, 4, 5]
    assert people.admit_segment(1, 0, 5, 2000) == ([], [(1, "710000"), (5, "710004")])
    admitted = (MrnStatus.ADMITTED, Judged(True, None, 2000))
    assert [
        (people.registration(patient).status, people.registration(patient).judged)
        for patient in (1, 2, 5, 6)
    ] == [admitted, (MrnStatus.PENDING, REFUSED), admitted, (MrnStatus.PENDING, Judged())]


def test_admitting_names_those_whose_number_others_claim_too(store, people):
    insert(store, 1, "710000", clock=0)
    insert(store, 2, "710001", clock=1)
    insert(store, 3, "710001", run=2, clock=0)
    for patient in (2, 3):
        store.rivals.put(Mrn("710001"), patient, Rank(False, 0, True, 5, fact(patient)))
    shared, _ = people.admit_segment(1, 0, 2, 2000)
    assert shared == [2]


def test_what_verdicts_say_together_is_written(store, people):
    insert(store, 1)
    people.set_judged(1, Judged(True, Reason.REVOKED, 500))
    assert people.registration(1).judged == Judged(True, Reason.REVOKED, 500)


def test_what_is_of_a_later_version_is_not_looked_at_again(store, people):
    insert(store, 1, "710000", clock=0)
    insert(store, 2, "710001", clock=1)
    store.connection.execute("UPDATE patients SET understood = 0 WHERE id = 1")
    assert people.unjudged((0, -1), 10) == [(1, 1)]


# standing and fields


def test_a_standing_is_written_and_a_claim_is_never_lost(store, people):
    insert(store, 1, "710000")
    standing = Standing(Mrn("710000"), Mrn("710005"), True, 8, MrnStatus.ADMITTED, None)
    people.set_standing(1, standing)
    row = people.registration(1)
    assert (row.claimed, row.mrn, row.resolved, row.status) == ("710000", "710005", 8, "admitted")
    people.set_standing(1, standing._replace(claimed=None, mrn=None))
    row = people.registration(1)
    assert (row.claimed, row.mrn) == ("710000", None), "a malformed one keeps the text it came with"


def test_fields_are_written_once_and_an_empty_text_removes_a_value(store, people):
    insert(store, 1)
    changed = NAME | {"full_name": "Another Name", "phone": ""}
    assert people.set_fields(1, changed, LATER)
    assert not people.set_fields(1, changed, LATER)
    assert (one(store, "full_name", 1), one(store, "phone", 1)) == ("Another Name", None)
    assert (one(store, "updated_at", 1), one(store, "created_at", 1)) == (LATER, AT)


def test_the_newest_revision_of_a_persons_words_is_what_the_index_will_learn(store, people):
    people.index_again(1, 3)
    people.index_again(1, 4)
    assert store.connection.execute("SELECT * FROM search_again").fetchall() == [(1, 4)]


# holders


def test_losers_leave_before_winners_enter(store, people):
    for patient in (1, 2):
        insert(store, patient)
    people.add_holders([(Mrn("710000"), 1), (Mrn("710001"), 2)])
    people.set_holders([(Mrn("710000"), 2), (Mrn("710001"), None), (Mrn("710002"), 1)])
    wanted = [Mrn(f"71000{digit}") for digit in range(4)]
    assert people.holders(wanted) == {"710000": 2, "710002": 1}


def test_a_number_has_no_second_holder(store, people):
    people.add_holders([(Mrn("710000"), 1)])
    with pytest.raises(sqlite3.IntegrityError):
        people.add_holders([(Mrn("710000"), 2)])


# conflicts


def decided(action: Action, about: int = 1, **values) -> Decision:
    plain = Resolution(5, (), fact(about), action, None, None, None, None, "Admin", "a test")
    return Decision(fact(100), plain._replace(**values))


def conflict(decision: Decision | None = None, open_: bool = True) -> Conflict:
    return Conflict(Mrn("710000"), Reason.DUPLICATE_MRN, fact(2), decision, open_)


def stored_conflicts(store):
    return store.connection.execute(
        "SELECT patient, reason, decision, open FROM conflicts"
    ).fetchall()


def test_a_conflict_is_written_replaced_and_removed(store, people):
    insert(store, 1, "710000")
    people.set_conflict(1, conflict())
    assert stored_conflicts(store) == [(1, "duplicate_mrn", None, 1)]
    assert people.conflict_of(fact(1)) == (1, None)
    assert [people.has_conflict(patient) for patient in (1, 2)] == [True, False]
    people.set_conflict(1, conflict(decided(Action.VOID), open_=False))
    assert stored_conflicts(store) == [(1, "duplicate_mrn", fact(100), 0)]
    assert people.conflict_of(fact(1)) == (1, fact(100))
    people.set_conflict(1, None)
    assert (stored_conflicts(store), people.conflict_of(fact(1))) == ([], None)


def test_the_fields_of_a_person_who_can_be_read(store, people):
    insert(store, 1, "710000")
    insert(store, 2, "710001", well_formed=False)
    shown = people.fields(1)
    assert (shown["full_name"], shown["phone"], shown["cnic"]) == (*NAME.values(), None)
    assert people.fields(2) is None
    more = {"id:passport": "AB1", "x:blood": "A+"}
    people.set_fields(1, NAME | more, None)
    assert more.items() <= people.fields(1).items()


# what a rebuild changes


def test_people_who_are_new_or_different_are_changes_for_the_feed(store, people):
    store.local.log_changes(1000, [FeedEntry(1, FeedChange.REGISTERED)])
    for patient in (1, 2, 3):
        insert(store, patient, f"71000{patient}")
    people.remember()
    store.connection.execute("UPDATE patients SET mrn = '710009', status = 'admitted' WHERE id = 1")
    store.connection.execute("UPDATE patients SET corrected_at = ? WHERE id = 2", (LATER,))
    insert(store, 4, "710004")
    assert people.changed() == [
        FeedEntry(1, FeedChange.ADMITTED, "710009"),
        FeedEntry(1, FeedChange.NUMBER_CHANGED, "710009", "710001"),
        FeedEntry(2, FeedChange.AMENDED, "710002"),
        FeedEntry(4, FeedChange.REGISTERED, "710004"),
    ]


def test_where_the_feed_is_empty_everybody_is_new(store, people):
    insert(store, 1, "710001")
    people.remember()
    assert people.changed() == [FeedEntry(1, FeedChange.REGISTERED, "710001")]
