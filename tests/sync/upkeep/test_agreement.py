"""What must agree in a database: each part that is set back alone is noticed."""

import pytest

from sync.engine.records import sheets
from sync.model.clerks.known import Doer, KnownBy
from sync.protocol.questions import Merge
from sync.upkeep import agreement
from tests.claiming import CLAIMING
from tests.clinic import Clinic, pull
from tests.forging import Run, person

AT = "2026-01-05T10:42:00+05:00"


@pytest.fixture
def desk(tmp_path):
    """A desk that has met the coordinator and another desk, and registered people offline."""
    clinic = Clinic(tmp_path, durable=False)
    desk, other = clinic.desk("LAB1-PC", "710000-719999"), clinic.desk("LAB2-PC", "720000-729999")
    for _ in range(5):
        other.register_offline()
    clinic.heal()
    for _ in range(30):
        desk.register_offline()
    yield desk
    clinic.close()


def found(desk):
    names = desk.writer.identity.names
    store = desk.writer.store
    return agreement.at_start(store, names).texts, agreement.everywhere(store, names).texts


def test_an_honest_database_agrees(desk):
    assert found(desk) == ([], [])
    pull(desk.clinic.coordinator, desk)
    desk.clinic.heal()
    for one in desk.clinic.replicas:
        assert found(one) == ([], [])
    desk.writer.rebuild()
    assert found(desk) == ([], [])


@pytest.mark.parametrize("first", [0, 1])
def test_what_lies_in_two_runs_agrees(desk, first):
    """As after a salvage that could bring in a part, which the whole run follows later."""
    other = desk.clinic.desks["LAB2-PC"]
    data = tuple(person(n, str(720100 + n), "LAB2-PC") for n in range(3))
    runs = [Run(other.author, other.signer, client, data) for client in (5, 6)]
    for run in (runs[first], runs[1 - first]):
        desk.exchange.merge(Merge((run.batch(),)))
    assert found(desk) == ([], [])
    desk.writer.rebuild()
    assert found(desk) == ([], [])
    desk.query(
        "UPDATE facts SET patient = (SELECT id FROM patients WHERE claimed = '710000')"
        " WHERE patient = (SELECT id FROM patients WHERE claimed = '720101')"
        " AND run != (SELECT run FROM patients WHERE claimed = '720101')"
    )
    assert found(desk)[1] == ["people with records who are not in the tables: 1"]


def test_a_sheet_of_which_nothing_was_typed_in_agrees(desk):
    by = Doer("Sadia", KnownBy.PIN)
    desk.write(lambda tx: sheets.take(tx, desk.author, None, AT, by))
    assert found(desk) == ([], [])


@pytest.mark.parametrize("claiming", CLAIMING)
def test_a_cursor_above_what_others_claim_in_any_way_agrees(desk, claiming):
    """Earlier versions moved it to the end of a range of which others claimed all that was left."""
    other = desk.clinic.desks["LAB2-PC"]
    claims = Run(other.author, other.signer, 5).then(*claiming(range(710_030, 710_800)))
    desk.exchange.merge(Merge((claims.batch(),)))
    desk.query("UPDATE cursors SET cursor = 710799")
    assert found(desk) == ([], [])


def test_a_range_whose_last_numbers_others_claim_agrees(desk):
    clinic = desk.clinic
    other = clinic.desks["LAB2-PC"]
    clinic.grant_range("LAB1-PC", "730000-730039")
    pull(desk, clinic.coordinator)
    desk.write(lambda tx: tx.store.cursors.close(710000, "a test"))
    for _ in range(10):
        desk.register_offline()
    claims = Run(other.author, other.signer, 5).then(
        *(person(n + 1, str(730010 + n), "LAB2-PC") for n in range(30))
    )
    desk.exchange.merge(Merge((claims.batch(),)))
    clinic.grant_range("LAB1-PC", "740000-740999")
    pull(desk, clinic.coordinator)
    desk.register_offline()
    assert found(desk) == ([], [])


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "DELETE FROM facts WHERE (run, clock) IN (SELECT run, clock FROM patients"
            " WHERE claimed BETWEEN '710003' AND '710012')",
            "10 records are missing of those that LAB1-PC wrote",
        ),
        (
            "UPDATE facts SET data = CAST(data || x'00' AS BLOB) WHERE (run, clock) IN"
            " (SELECT run, clock FROM patients WHERE claimed = '710029')",
            "the disk or the memory of this computer has changed the registration of the person"
            " with the number 710029",
        ),
        (
            "DELETE FROM sqlite_sequence WHERE name = 'changes'",
            "the feed of changes is longer than it was said to be",
        ),
        (
            "UPDATE sqlite_sequence SET seq = 'text' WHERE name = 'changes'",
            "the feed of changes is longer than it was said to be",
        ),
        (
            "UPDATE changes SET patient = 999 WHERE id = (SELECT max(id) FROM changes)",
            "the newest change is about somebody who is not there",
        ),
    ],
)
def test_what_is_set_back_in_the_newest_part_is_noticed_at_the_start(desk, sql, says):
    desk.query(sql)
    at_start, everywhere = found(desk)
    assert says in at_start
    assert says in everywhere


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "DELETE FROM facts WHERE (run, clock) IN (SELECT run, clock FROM patients"
            " WHERE claimed = '720002')",
            "1 record is missing of those that LAB2-PC wrote",
        ),
        (
            "DELETE FROM patients WHERE claimed = '710002'",
            "people with records who are not in the tables: 1",
        ),
        (
            "UPDATE facts SET patient = NULL WHERE (run, clock) IN"
            " (SELECT run, clock FROM patients WHERE claimed = '710002')",
            "people in the tables who have no record: 1",
        ),
        (
            "INSERT INTO answers VALUES (x'01', x'02', 999)",
            "people who were told to a program and are not there: 1",
        ),
        (
            "UPDATE shards SET facts = facts - 1",
            "counts of records that differ from what is there: 4",
        ),
        (
            "UPDATE runs SET id = id + 1000 WHERE id = (SELECT max(id) FROM runs)",
            "records that cannot be assigned to anybody: 30",
        ),
        (
            "UPDATE cursors SET cursor = 710010",
            "710029 was given, and the next number would be below it",
        ),
        (
            "UPDATE cursors SET cursor = 710603",
            "numbers 710030 to 710603 were given, and nobody has them",
        ),
    ],
)
def test_what_is_set_back_anywhere_is_noticed(desk, sql, says):
    desk.query(sql)
    _, everywhere = found(desk)
    assert [text for text in everywhere if says in text], everywhere


def test_a_long_look_can_be_ended(desk):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        agreement.everywhere(desk.writer.store, desk.writer.identity.names, stop)


def changed(desk, old, new):
    ((run, clock, data),) = desk.query(
        "SELECT run, clock, data FROM facts WHERE instr(data, ?) AND run IN (SELECT r.id FROM"
        " runs r JOIN shards s ON s.id = r.shard WHERE s.author = '@registry')"
        " ORDER BY run, clock LIMIT 1",
        old,
    )
    data = data.replace(old, new)
    desk.query("UPDATE facts SET data = ? WHERE run = ? AND clock = ?", data, run, clock)


def test_a_changed_record_is_told_apart_from_what_is_missing(desk):
    names = desk.writer.identity.names
    desk.query("UPDATE facts SET data = CAST(data || x'00' AS BLOB) WHERE clock = 3")
    found = agreement.everywhere(desk.writer.store, names)
    assert {one.author for one in found.changed} == {"LAB1-PC", "LAB2-PC", "@registry"}
    assert found.lacks == []


def test_of_others_it_need_not_be_known_which_it_is(desk):
    """A desk that lost nothing of its own goes on, whatever of the coordinator's has changed."""
    names = desk.writer.identity.names
    changed(desk, b"LAB2-PC", b"LAB3-PC")
    found = agreement.everywhere(desk.writer.store, names)
    assert found.lacks == []
    assert {(one.author, one.doubtful) for one in found.changed} == {("@registry", True)}
    assert found.texts == [
        "the disk or the memory of this computer has changed a record of the coordinator"
        " (which one is not known)"
    ]


def test_of_what_a_coordinator_wrote_itself_it_need_not_be_known(desk):
    """A recovery would begin again after each that has ended: desks bring back nothing of it."""
    coordinator = desk.clinic.coordinator
    changed(coordinator, b"LAB2-PC", b"LAB3-PC")
    found = agreement.everywhere(coordinator.writer.store, coordinator.writer.identity.names)
    assert found.lacks == []
    assert {(one.author, one.doubtful) for one in found.changed} == {("@registry", True)}


def test_others_are_not_missing_where_tables_were_made_from_what_had_changed(desk):
    other = desk.clinic.desks["LAB2-PC"]
    desk.query(
        "UPDATE facts SET data = CAST(replace(data, ?, ?) AS BLOB) WHERE (run, clock) IN"
        " (SELECT run, clock FROM patients WHERE claimed = '720003')",
        b"720003",
        b"720009",
    )
    desk.writer.rebuild()
    found = agreement.everywhere(desk.writer.store, desk.writer.identity.names)
    assert found.lacks == []
    assert {(one.author, one.doubtful) for one in found.changed} == {(other.author, True)}


def test_more_records_than_there_should_be_are_no_changed_record(desk):
    names = desk.writer.identity.names
    desk.query(
        "INSERT INTO facts SELECT run, max(clock) + 1, NULL, data FROM facts GROUP BY run"
        " ORDER BY run DESC LIMIT 1"
    )
    found = agreement.at_start(desk.writer.store, names)
    assert found.lacks == ["what LAB1-PC wrote is not what it was, in 1 place"]
    assert found.changed == []


def test_a_branch_of_a_changed_record_is_not_told_as_another_fault(desk):
    copy = desk.clone("copy", same_client=True)
    desk.register_offline()
    copy.register_offline()
    copy.writer.sign_tails()
    pull(desk, copy)
    desk.query(
        "UPDATE facts SET data = CAST(data || x'00' AS BLOB) WHERE (run, clock) IN"
        " (SELECT run, clock FROM patients WHERE claimed = '710003')"
    )
    found = agreement.everywhere(desk.writer.store, desk.writer.identity.names)
    assert [one.mrn for one in found.changed] == ["710003"]
    assert not [text for text in found.lacks if "not what it was" in text]


@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_record_that_lies_in_two_runs_is_not_told_as_somebody_missing(desk, place):
    """As after a salvage: the row names one of the two, and either may have changed."""
    other = desk.clinic.desks["LAB2-PC"]
    data = tuple(person(n, str(720100 + n), "LAB2-PC") for n in range(3))
    for client in (5, 6):
        desk.exchange.merge(Merge((Run(other.author, other.signer, client, data).batch(),)))
    places = desk.query("SELECT run, clock FROM facts WHERE instr(data, ?) ORDER BY run", b"720101")
    desk.query(
        "UPDATE facts SET data = CAST(data || x'00' AS BLOB) WHERE run = ? AND clock = ?",
        *places[place],
    )
    found = agreement.everywhere(desk.writer.store, desk.writer.identity.names)
    assert [(one.run, one.clock) for one in found.changed] == [places[place]]
    assert found.lacks == []


def test_a_branch_of_a_branch_of_a_changed_record_is_not_told_as_another_fault(desk):
    other = desk.clinic.desks["LAB2-PC"]
    run = Run(other.author, other.signer, 5)
    for first in (100, 200, 300):
        run = run.cut(max(0, len(run.facts) - 2))
        run = run.then(*(person(n, str(720000 + n), "LAB2-PC") for n in range(first, first + 5)))
        desk.exchange.merge(Merge((run.batch(),)))
    desk.query(
        "UPDATE facts SET data = CAST(data || x'00' AS BLOB) WHERE instr(data, ?)", b"720101"
    )
    found = agreement.everywhere(desk.writer.store, desk.writer.identity.names)
    assert [one.mrn for one in found.changed] == ["720101"]
    assert found.lacks == []


@pytest.mark.parametrize("sheets_of_run", [1, 2])
def test_a_run_of_sheets_alone_is_told_as_changed_too(desk, sheets_of_run):
    """As after a start at which somebody printed a sheet first."""
    desk.reopen()
    for number in range(sheets_of_run):
        by = Doer(f"Sadia {number}", KnownBy.PIN)
        desk.write(lambda tx, by=by: sheets.take(tx, desk.author, None, AT, by))
    desk.query(
        "UPDATE facts SET data = CAST(data || x'00' AS BLOB) WHERE instr(data, ?)", b"Sadia 0"
    )
    found = agreement.everywhere(desk.writer.store, desk.writer.identity.names)
    assert [(one.author, one.clock) for one in found.changed] == [("LAB1-PC", 0)]
    assert found.lacks == []


def test_where_any_record_may_be_the_one_none_is_named(desk):
    desk.query(
        "UPDATE facts SET data = CAST(replace(data, ?, ?) AS BLOB) WHERE (run, clock) IN"
        " (SELECT run, clock FROM patients WHERE claimed = '710003')",
        b"710003",
        b"710009",
    )
    desk.writer.rebuild()
    found = agreement.everywhere(desk.writer.store, desk.writer.identity.names)
    assert {(one.author, one.doubtful) for one in found.changed} == {("LAB1-PC", True)}
    assert found.lacks == []
    assert found.texts == [
        "the disk or the memory of this computer has changed a record of LAB1-PC (which one is not"
        " known)"
    ]
