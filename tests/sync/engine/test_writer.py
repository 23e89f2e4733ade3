"""The writer: whatever fails, nothing of it remains on disk or in memory."""

import contextlib
import random
import shutil
import sqlite3
from typing import cast

import pytest

from coordinator.errors import RangeOverlap
from coordinator.registry import terminals
from coordinator.registry.disbelief import disbelieve
from sync.engine import issuing, keys
from sync.engine.digests import Digests
from sync.engine.transaction import Transaction
from sync.engine.writer import Shell, Writer
from sync.errors import KeyReused, NoRange, StoreMissing, StoreUncertain, WitnessUnwritable
from sync.model import facts
from sync.model.facts import Author
from sync.protocol.questions import Merge, SummaryQuery
from sync.rules import registry as registry_
from sync.storage import belonging, schema
from sync.storage.local import IDS_SKIPPED
from sync.storage.store import Store
from sync.witness.memory import SERIAL, Witness
from tests.clinic import Clinic, Desk, missing_batches, pull
from tests.faults import Crash, FaultyConnection
from tests.forging import dump
from tests.projection import difference, folded_from_nothing, projection

LAB = Author("LAB1-PC")
TRUTH_BESIDE_FACTS = ("meta", "cursors", "answers", "holder_changes")


def truth(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Everything on disk."""
    return dump(desk)


def assert_memory_agrees_with_disk(desk: Desk) -> None:
    """Documents, digests and registry are what a writer would make of the file now."""
    roots, summary = desk.roots, desk.answer(SummaryQuery())
    registry, serial = desk.writer.registry, desk.writer.serial
    on_disk = {
        (shard.id, run.yjs_client): desk.writer.store.shards.facts_of(run.id, run.base)
        for author in desk.writer.store.shards.authors()
        for shard in [desk.writer.store.shards.newest(author)]
        if shard is not None
        for run in desk.writer.store.shards.runs_of(shard.id)
    }
    for (shard, client), held in on_disk.items():
        assert desk.writer._documents.facts(shard, client) == held
    fresh = Digests(desk.writer.store.shards)
    assert (fresh.roots(), fresh.summary()) == (roots, summary)
    opened = registry_.fold(desk.writer.store.decisions.registry_entries())
    assert (opened.terminals, opened.blocks) == (registry.terminals, registry.blocks)
    assert serial == desk.writer.store.decisions.newest_serial()


def fail_everywhere(desk: Desk, act, error: type[BaseException]) -> int:
    """``act`` fails at its first statement, at its second and so on, until its commit succeeds."""
    for number in range(1, 500):
        desk.writer.commits.clear()
        before, roots, commits = truth(desk), desk.roots, desk.connection.commits
        desk.connection.fail_at(number, error)
        with contextlib.suppress(error):
            act()
        desk.connection.heal()
        assert_memory_agrees_with_disk(desk)
        if desk.connection.commits > commits:
            return number
        assert truth(desk) == before, f"statement {number} left something"
        assert desk.roots == roots
        assert not desk.writer.commits
    raise AssertionError("it never succeeds")


@pytest.mark.parametrize("error", [Crash, OSError, KeyboardInterrupt])
def test_a_registration_that_fails_at_any_statement_leaves_nothing(clinic, lab, error):
    pull(clinic.coordinator, lab)
    lab.register_offline()
    failed = fail_everywhere(lab, lab.register_offline, error)
    assert failed > 10
    assert lab.mrns() == ["710000", "710001"]
    lab.register_offline()
    assert lab.mrns() == ["710000", "710001", "710002"]
    assert_memory_agrees_with_disk(lab)
    clinic.heal()
    assert sorted(clinic.coordinator.mrns()) == lab.mrns()


def test_a_merge_with_verdicts_that_fails_at_any_statement_leaves_nothing(clinic, lab):
    coordinator = clinic.coordinator
    for _ in range(3):
        lab.register_offline()
    batches = missing_batches(coordinator, lab)

    def merge() -> None:
        coordinator.exchange.merge(Merge(tuple(batches), lab.roots, lab.author))

    fail_everywhere(coordinator, merge, Crash)
    assert set(coordinator.status().values()) == {("admitted", None)}
    assert_memory_agrees_with_disk(coordinator)


def test_signing_that_fails_at_any_statement_leaves_nothing(lab):
    lab.register_offline()

    fail_everywhere(lab, lab.writer.sign_tails, OSError)
    assert len(lab.answer(SummaryQuery(lab.author))) == 1
    assert_memory_agrees_with_disk(lab)


@pytest.mark.parametrize("error", [Crash, KeyboardInterrupt, ValueError])
def test_what_an_act_raises_undoes_the_act(lab, error):
    lab.register_offline()
    before, client = truth(lab), lab.writer._documents.client

    def act(tx: Transaction) -> None:
        tx.append(lab.author, facts.AMENDMENT, facts.NO_RECORD, b"anything")
        tx.flush()
        tx.store.meta.checked_ms = 1
        raise error

    with pytest.raises(error):
        lab.writer.write(act)
    assert truth(lab) == before
    assert lab.writer._documents.client != client
    lab.register_offline()
    assert lab.mrns() == ["710000", "710001"]
    assert_memory_agrees_with_disk(lab)


def test_a_process_that_dies_after_its_commit_has_registered(lab):
    lab.connection.fail_after_commit()
    with pytest.raises(Crash):
        lab.register_offline()
    lab.reopen()
    lab.register_offline()
    assert lab.mrns() == ["710000", "710001"]


# with a witness


@pytest.fixture
def witnessed(lab, tmp_path):
    lab.be_witnessed(Witness.create(tmp_path / "witness", "machine", 0))
    return lab


def restart(desk: Desk) -> None:
    """The process has died: memory is gone, files are as they are."""
    desk.reopen()
    desk.witness.read()
    desk.witness.catch_up(desk.writer.write(issuing.how_far_used))


@pytest.mark.parametrize("error", [OSError, sqlite3.OperationalError])
def test_a_commit_that_fails_wastes_no_number_and_closes_no_range(witnessed, error):
    for number in range(1, 500):
        witnessed.connection.fail_at(number, error)
        with contextlib.suppress(error):
            witnessed.register_offline()
        done = witnessed.connection.statements < number
        witnessed.connection.heal()
        witnessed.register_offline()
        if done:
            break
    assert number > 10
    given = [int(mrn) for mrn in witnessed.mrns()]
    assert given == list(range(710000, 710000 + len(given)))


@pytest.mark.parametrize("step", range(1, 60))
def test_a_process_that_dies_at_any_statement_gives_no_number_twice_and_goes_on(witnessed, step):
    witnessed.register_offline()
    witnessed.connection.fail_at(step)
    with contextlib.suppress(Crash):
        witnessed.register_offline()
    witnessed.connection.heal()
    restart(witnessed)
    intended = witnessed.witness.mark("710000-719999")
    assert witnessed.mrns()[0] == "710000"
    number = int(witnessed.register_offline().issued.mrn)
    assert number == intended + 1, "what was intended is left out, and nothing else"


@pytest.mark.parametrize("wrote", [False, True])
def test_a_process_that_dies_while_it_tells_the_witness_has_kept_nobody(
    witnessed, wrote, monkeypatch
):
    witnessed.register_offline()
    real = witnessed.witness.file._write

    def dies(slot: int, data: bytes) -> None:
        if wrote:
            real(slot, data)
        raise Crash("in the write")

    monkeypatch.setattr(witnessed.witness.file, "_write", dies)
    with pytest.raises(Crash):
        witnessed.register_offline()
    monkeypatch.undo()
    restart(witnessed)
    assert witnessed.mrns() == ["710000"]
    assert witnessed.register_offline().issued.mrn == ("710002" if wrote else "710001")


def test_a_process_that_dies_after_its_commit_leaves_nothing_in_doubt(witnessed):
    witnessed.connection.fail_after_commit()
    with pytest.raises(Crash):
        witnessed.register_offline()
    restart(witnessed)
    assert witnessed.mrns() == ["710000"]
    assert witnessed.register_offline().issued.mrn == "710001"


def test_a_database_that_lacks_more_than_one_process_intended_was_set_back(witnessed):
    backup = witnessed.back_up()
    witnessed.register_offline()
    witnessed.register_offline()
    witnessed.restore(backup)
    witnessed.witness.read()
    with pytest.raises(NoRange, match="up to 710001 were issued"):
        witnessed.register_offline()


def test_one_set_back_to_just_before_its_last_number_does_not_give_it_again(witnessed):
    backup = witnessed.back_up()
    assert witnessed.register_offline().issued.mrn == "710000"
    witnessed.restore(backup)
    witnessed.witness.read()
    assert witnessed.register_offline().issued.mrn == "710001"


def test_what_was_committed_is_no_failure_when_only_the_log_could_not_be_moved(witnessed):
    """SQLite reports both in the same way; whoever asks must hear that the person is there."""
    error = sqlite3.OperationalError("database or disk is full")
    witnessed.connection.fail_after_commit(lambda _why: error)
    registered = witnessed.register_offline()
    assert registered.issued.mrn == "710000"
    assert witnessed.mrns() == ["710000"]
    assert_memory_agrees_with_disk(witnessed)
    assert witnessed.register_offline().issued.mrn == "710001"


@pytest.mark.parametrize("committed", [False, True])
def test_a_disk_that_is_gone_in_the_middle_of_a_commit_leaves_nothing_stale(witnessed, committed):
    """Until the database can be read, nobody knows what became of that commit."""
    witnessed.register_offline()
    witnessed.connection.break_at_commit(sqlite3.OperationalError, committed=committed)
    with pytest.raises(StoreUncertain, match="It may have been written all the same"):
        witnessed.register_offline()
    with pytest.raises(sqlite3.OperationalError, match="gone"):
        witnessed.register_offline()
    witnessed.connection.heal()
    witnessed.write(Transaction.begin)  # as the daemon tries it again
    assert_memory_agrees_with_disk(witnessed)
    assert witnessed.mrns() == ["710000", "710001"][: 1 + committed]
    assert witnessed.register_offline().issued.mrn == f"{710001 + committed}"
    restart(witnessed)
    assert witnessed.register_offline().issued.mrn == f"{710002 + committed}"


def test_a_coordinator_whose_disk_is_gone_for_a_moment_grants_nothing_twice(clinic):
    for code in ("LAB1-PC", "LAB2-PC"):
        clinic.act(lambda tx, code=code: terminals.add_terminal(tx, code, code))
    clinic.coordinator.connection.break_at_commit(sqlite3.OperationalError, committed=True)
    with pytest.raises(StoreUncertain):
        clinic.grant_range("LAB1-PC", "710000-719999")
    clinic.coordinator.connection.heal()
    with pytest.raises(RangeOverlap):
        clinic.grant_range("LAB2-PC", "710000-719999")
    serial = clinic.coordinator.writer.serial
    clinic.grant_range("LAB2-PC", "720000-729999")
    assert clinic.coordinator.writer.serial == serial + 1
    assert_memory_agrees_with_disk(clinic.coordinator)


def test_what_was_committed_is_told_when_that_is_known(lab):
    lab.connection.break_at_commit(sqlite3.OperationalError, committed=True)
    lab.writer.live = True
    lab.writer.commits.clear()

    def act(tx):
        issuing.register(tx, lab.author, lab.draft(), lab.from_own_range)
        tx.announce("keys")

    with pytest.raises(StoreUncertain):
        lab.write(act)
    assert (lab.writer.commits, lab.writer.announced) == ([], set())
    lab.connection.heal()
    lab.write(lambda tx: None)
    assert len(lab.writer.commits) == 1
    assert lab.writer.announced == {"keys"}


def test_a_range_that_was_in_doubt_is_beyond_doubt_before_a_desk_hears_of_it(clinic, tmp_path):
    hub, path = clinic.coordinator, tmp_path / "hub-witness"
    clinic.act(lambda tx: terminals.add_terminal(tx, "LAB1-PC", "the lab"))
    hub.be_witnessed(Witness.create(path, "machine", hub.writer.store.meta.witness))
    hub.connection.break_at_commit(sqlite3.OperationalError, committed=True)
    with pytest.raises(StoreUncertain):
        clinic.grant_range("LAB1-PC", "710000-719999")
    assert SERIAL in Witness(path, "machine").seen().left
    hub.connection.heal()
    hub.write(lambda tx: None)
    again = Witness(path, "machine")
    assert again.seen().left == {}
    assert again.committed(SERIAL) == hub.writer.serial


def test_the_time_of_what_was_in_doubt_is_known_when_that_is_known(clinic, lab, monkeypatch):
    """As at any other commit: the clock of a desk that is behind goes on by the coordinator's."""
    reached: list[int] = []
    monkeypatch.setattr(lab.writer.believed, "reach", reached.append)
    clinic.grant_range("LAB1-PC", "730000-739999")
    lab.connection.break_at_commit(sqlite3.OperationalError, committed=True)
    with pytest.raises(StoreUncertain):
        pull(lab, clinic.coordinator)
    assert reached == []
    lab.connection.heal()
    lab.write(lambda tx: None)
    assert reached == [clinic.coordinator.writer.now_ms]
    assert lab.writer._kept_time == lab.writer.store.meta.kept_time


def test_a_witness_that_cannot_be_told_keeps_the_commit_from_happening(witnessed, monkeypatch):
    before = truth(witnessed)

    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(witnessed.witness.file, "_write", full)
    with pytest.raises(WitnessUnwritable):
        witnessed.register_offline()
    assert truth(witnessed) == before
    assert_memory_agrees_with_disk(witnessed)
    monkeypatch.undo()
    assert witnessed.register_offline().issued.mrn == "710000"


def test_nothing_fails_halfway_into_a_rebuild(lab):
    for _ in range(3):
        lab.register_offline()
    before = projection(lab)
    for number in range(1, 60):
        lab.connection.fail_at(number)
        with pytest.raises(Crash):
            lab.writer.rebuild()
        lab.connection.heal()
        assert projection(lab) == before
    lab.writer.rebuild()
    assert projection(lab) == before


def test_a_rebuild_keeps_what_is_no_projection(clinic, lab, ward):
    registered = [lab.register_offline() for _ in range(3)]
    lab.register(lab.draft()._replace(key=b"k" * 16, request=b"r"), lab.from_own_range)
    lab.amend(lab.fact_of(registered[1]), phone="03110000000")
    clinic.heal()
    for desk in clinic.replicas:
        before, folded, roots = truth(desk), projection(desk), desk.roots
        ids = desk.query("SELECT id, fact FROM patients ORDER BY id")
        assert desk.writer.rebuild() == desk.query("SELECT count(*) FROM facts")[0][0]
        after = truth(desk)
        for table in TRUTH_BESIDE_FACTS:
            expected = [row for row in before[table] if row[0] != "indexed"]
            assert [row for row in after[table] if row[0] != "indexed"] == expected
        assert desk.query("SELECT id, fact FROM patients ORDER BY id") == ids
        assert projection(desk) == folded
        assert desk.roots == roots
    again = lab.register(lab.draft()._replace(key=b"k" * 16, request=b"r"), lab.from_own_range)
    assert again.issued is None
    with pytest.raises(KeyReused):
        lab.register(lab.draft()._replace(key=b"k" * 16, request=b"s"), lab.from_own_range)
    lab.register_offline()
    assert lab.mrns()[-1] == "710004"


def test_a_rebuild_repairs_a_projection_that_was_spoiled(clinic, lab):
    lab.register_offline()
    clinic.heal()
    before = projection(lab)
    lab.query("DELETE FROM held")
    lab.query("UPDATE patients SET full_name = 'Somebody else', mrn = NULL")
    assert difference(projection(lab), before)
    lab.writer.rebuild()
    assert projection(lab) == before == folded_from_nothing(lab)


def test_shards_are_closed_at_a_thousand_facts(clinic, lab):
    for _ in range(4):
        with_many(lab, 300)
    pull(clinic.coordinator, lab)
    for desk in (lab, clinic.coordinator):
        rows = desk.query("SELECT number, facts FROM shards WHERE author = ?", lab.author)
        assert rows == [(0, 1000), (1, 200)]
    assert_memory_agrees_with_disk(lab)


def test_shards_are_closed_at_120_kib(lab):
    def act(tx: Transaction) -> None:
        for _ in range(20):
            tx.append(lab.author, "picture", facts.NO_RECORD, bytes(10_000))

    lab.writer.write(act)
    rows = lab.query("SELECT number, facts, bytes FROM shards WHERE author = ?", lab.author)
    assert [facts for _, facts, _ in rows] == [12, 8]
    assert all(size <= 120 * 1024 for _, _, size in rows)


def test_a_closed_shard_is_signed_although_nobody_listens(lab):
    for _ in range(4):
        with_many(lab, 300)
    rows = lab.query(
        "SELECT s.number, r.signed, r.count FROM runs r JOIN shards s ON s.id = r.shard"
        " WHERE s.author = ? ORDER BY s.number",
        lab.author,
    )
    assert rows == [(0, 1000, 1000), (1, 0, 200)]


def test_what_was_written_alone_is_signed_once_when_a_session_opens(clinic, lab):
    signed: list[bytes] = []
    sign = lab.signer.sign

    class Counting:
        public_key = lab.signer.public_key

        def sign(self, data: bytes) -> bytes:
            signed.append(data)
            signature: bytes = sign(data)
            return signature

    lab.writer._signer = Counting()
    for _ in range(20):
        lab.register_offline()
    assert not signed
    assert lab.answer(SummaryQuery(lab.author)) == ()
    pull(clinic.coordinator, lab)
    assert len(signed) == 1
    pull(clinic.coordinator, lab)
    assert len(signed) == 1
    lab.register_offline()
    assert len(signed) == 2, "while a session is open every commit is signed"


def with_many(desk: Desk, count: int) -> None:
    """Register many people in one transaction."""

    def act(tx: Transaction) -> None:
        for number in range(count):
            tx.append(desk.author, "visit", facts.NO_RECORD, number.to_bytes(40))

    desk.writer.write(act)


def test_one_at_a_time_and_in_bulk_are_the_same_bytes_on_the_wire(tmp_path):
    def batches(live: bool, each: int):
        folder = tmp_path / f"{live}{each}"
        folder.mkdir()
        clinic = Clinic(folder, seed=7)
        desk = clinic.desk("LAB1-PC", "710000-719999")
        desk.writer.live = live
        clock = desk.writer.clock
        for _ in range(0, 24, each):

            def act(tx: Transaction) -> None:
                for _ in range(each):
                    data = (clock.last % 1000).to_bytes(30)
                    tx.append(desk.author, "visit", facts.NO_RECORD, data)

            desk.writer.write(act)
        sent = [batch for batch in missing_batches(clinic.coordinator, desk) if batch.shard == 0]
        clinic.close()
        return sent

    alone = batches(live=True, each=1)
    assert alone == batches(live=True, each=24) == batches(live=False, each=1)
    assert len(alone) == 1


def test_a_repeated_request_costs_no_client_id(lab):
    keyed = lab.draft()._replace(key=b"k" * 16, request=b"r")
    lab.register(keyed, lab.from_own_range)
    client = lab.writer._documents.client
    with pytest.raises(KeyReused):
        lab.register(keyed._replace(request=b"s"), lab.from_own_range)
    lab.register(keyed, lab.from_own_range)
    assert lab.writer._documents.client == client, "a refusal before any write drops nothing"


def test_what_was_reserved_and_not_begun_is_let_go_of(lab):
    """Readers and other processes find the database as before, and nothing counts as committed."""
    before, client, number = truth(lab), lab.writer._documents.client, lab.writer.commit_number
    connection = lab.writer.store.connection

    def refuse(tx: Transaction) -> None:
        tx.reserve()
        assert connection.in_transaction
        raise NoRange(terminal=lab.author, why="none was granted")

    with pytest.raises(NoRange):
        lab.writer.write(refuse)
    assert not connection.in_transaction
    lab.writer.write(Transaction.reserve)
    assert not connection.in_transaction
    assert (truth(lab), lab.writer._documents.client) == (before, client)
    assert lab.writer.commit_number == number


def test_a_registration_looks_at_nothing_before_it_has_the_lock(lab):
    """Outside of a transaction each look would take and free a lock of its own."""
    said: list[str] = []
    lab.writer.store.connection.set_trace_callback(said.append)
    lab.register_offline()
    lab.writer.store.connection.set_trace_callback(None)
    assert said[0] == "BEGIN IMMEDIATE"
    assert said.count("BEGIN IMMEDIATE") == said.count("COMMIT") == 1


def test_our_own_clock_never_goes_back_over_a_restart(clinic, lab):
    lab.register_offline()
    last = lab.writer.clock.last
    lab.skew_ms -= 10**9
    lab.reopen()
    lab.register_offline()
    assert lab.writer.clock.last > last


def test_a_node_trusts_the_coordinators_time_over_its_own(clinic, lab):
    pull(lab, clinic.coordinator)
    seen = clinic.now_ms
    lab.skew_ms -= 10**10
    lab.reopen()
    assert lab.writer.now_ms >= seen - 10_000
    assert lab.writer.now_ms - lab.writer.believed.shown_ms > 10**9


def test_a_store_that_is_nobodys_is_refused(tmp_path):
    store = Store.create(tmp_path / "empty.db")
    shell = Shell(lambda: 0, random.Random(1).randbytes, lambda: 0)
    with pytest.raises(StoreMissing):
        Writer(store, keys.Signer.from_seed(bytes(32)), shell)
    Writer.init(store, Author("LAB1-PC"), random.Random(1).randbytes)
    writer = Writer(store, keys.Signer.from_seed(bytes(32)), shell)
    assert writer.identity.author == "LAB1-PC"
    assert writer.digests.summary() == ()
    writer.close()


def test_commits_of_a_database_that_was_set_back_are_numbered_far_above(lab):
    def notice(tx: Transaction) -> None:
        tx.begin()
        tx.store.local.go_on_above(random.Random(1).randbytes, tx.now_ms)

    before = lab.writer.commit_number
    lab.writer.write(notice)
    above = lab.writer.commit_number
    assert above > before + IDS_SKIPPED
    lab.register_offline()
    assert (lab.writer.commit_number, lab.writer.store.meta.commits) == (above + 1, above + 1)
    lab.reopen()
    assert lab.writer.commit_number >= above + 1


def made_in(folder):
    """The database of a desk, which nobody has open."""
    made = Store.create(path := folder / "register.db")
    Writer.init(made, Author("LAB1-PC"), random.Random(1).randbytes)
    made.close()
    return path


def files_left(path):
    """Copies of a database and its log, as they are on the disk at this moment."""
    left = path.with_name("left")
    left.mkdir()
    for one in (path, belonging.wal_of(path)):
        shutil.copy(one, left / one.name)
    return left


@pytest.mark.parametrize("is_set_back", [False, True])
def test_what_a_crash_leaves_after_the_log_began_anew_belongs_together(tmp_path, is_set_back):
    """The first commit in it may be numbered far above the one before, which the database has."""

    def act(tx: Transaction) -> None:
        tx.begin()
        if is_set_back:
            tx.store.local.go_on_above(random.Random(1).randbytes, tx.now_ms)

    path = made_in(tmp_path)
    store = Store.open(path)
    writer = Writer(store, keys.Signer.from_seed(bytes(32)), Shell(lambda: 0, bytes, lambda: 0))
    writer.write(Transaction.begin)
    store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    writer.write(act)
    left = files_left(path)
    writer.close()
    assert belonging.objection(left / path.name) is None
    again = Store.open(left / path.name)
    assert again.meta.commits == writer.commit_number
    again.close()


def test_a_commit_in_doubt_that_began_the_log_anew_leaves_what_belongs_together(tmp_path):
    """The database file holds what was before that commit, and not the commit itself."""
    path = made_in(tmp_path)
    connection = FaultyConnection(schema.open_for_writing(path))
    store = Store(cast(sqlite3.Connection, connection), belonging.WalFollower(path))
    writer = Writer(store, keys.Signer.from_seed(bytes(32)), Shell(lambda: 0, bytes, lambda: 0))
    writer.write(Transaction.begin)
    store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    connection.break_at_commit(sqlite3.OperationalError, committed=True)
    with pytest.raises(StoreUncertain):
        writer.write(Transaction.begin)
    connection.heal()
    writer.write(Transaction.begin)
    left = files_left(path)
    writer.close()
    assert belonging.objection(left / path.name) is None


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE facts SET data = x'ff' WHERE instr(data, 'Alone 2')",
        "UPDATE facts SET data = CAST(replace(CAST(data AS TEXT), 'Alone 2', '@@one 2') AS BLOB)"
        " WHERE instr(data, 'Alone 2')",
        "DELETE FROM facts WHERE instr(data, 'Alone 2')",
        "UPDATE runs SET base = 'none' WHERE id ="
        " (SELECT run FROM facts WHERE instr(data, 'Of a ward'))",
    ],
)
def test_where_a_record_has_changed_a_disbelief_comes_in_and_the_tables_stay(
    clinic, lab, ward, fault
):
    """Only they know what was written; and a record that is none must not keep back the others."""
    ward.register_offline(full_name="Of a ward")
    pull(lab, ward)
    for number in range(4):
        lab.register_offline(full_name=f"Alone {number}")
    shown = lab.query("SELECT id, mrn, full_name FROM patients")
    lab.query(fault)
    clinic.act(lambda tx: disbelieve(tx, LAB, 0, clinic.now_ms, "Sadia", "battery"))
    pull(lab, clinic.coordinator)
    assert len(lab.writer.registry.times.disbelieved) == 1
    assert lab.query("SELECT id, mrn, full_name FROM patients") == shown
    assert lab.writer.store.unreadable, "so the whole database is looked at"
