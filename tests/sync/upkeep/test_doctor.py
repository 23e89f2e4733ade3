"""The doctor of a daemon that does not run: what it looks at in every data folder."""

import os
import sqlite3
from contextlib import closing

import pytest

from node.backups import KIND
from node.cli.doctor import CHECKS
from sync.cli.errors import CallRefused
from sync.model.facts import Author, FactId, Link
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.upkeep import agreement, doctor
from sync.upkeep.findings import FindingLevel
from sync.upkeep.records.changed import ChangedRecord
from sync.witness.machine import machine_id
from sync.witness.memory import GIVEN, Intents, Witness
from tests.daemons import enrolled, new_code, open_hub
from tests.damage import change_row, spoil_index
from tests.folders import idle_desk


@pytest.fixture
def desk(tmp_path):
    """A desk with a coordinator that does not run, and ports that were free a moment ago."""
    return idle_desk(tmp_path)


@pytest.fixture
def examine(desk):
    """Look, and return check -> finding, the worst if a check has several."""

    def run():
        order = list(FindingLevel)
        found = sorted(doctor.examine(desk, KIND, CHECKS), key=lambda one: order.index(one.level))
        return {one.check: one for one in found}

    return run


def test_it_changes_nothing(examine, desk):
    def content():
        return {
            path: path.read_bytes()
            for path in desk.rglob("*")
            if path.is_file() and path.suffix not in (".db-shm", ".db-wal")
        }

    before = content()
    examine()
    assert content() == before


def test_a_daemon_that_holds_the_folder_and_does_not_answer_is_a_problem(examine, desk):
    lock = FolderLock(desk)
    try:
        found = examine()["daemon"]
    finally:
        lock.release()
    assert found.level == "problem"
    assert "does not answer" in found.found


def test_a_damaged_database_is_a_problem_and_the_rest_is_still_looked_at(examine, desk):
    path = desk / "register.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 100_000)
    found = examine()
    assert found["database"].level == "problem"
    assert "restore the newest good backup" in found["database"].do
    assert found["coordinator"].level == "warning"


def test_a_database_that_is_busy_is_not_to_be_replaced_by_a_backup(examine, monkeypatch):
    def refused(_database):
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    monkeypatch.setattr(doctor, "open_read_only", refused)
    found = examine()["database"]
    assert found.level == "problem"
    assert found.do == "end that program: no other one than the daemon may use register.db"


def test_pages_that_were_spoiled_are_found(examine, desk):
    path = desk / "register.db"
    data = bytearray(path.read_bytes())
    for page in range(8, len(data) // 4096):
        data[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(data)
    assert examine()["database"].level == "problem"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "INSERT INTO cursors VALUES (1, 'x', x'00', 1, NULL)",
            "a range in it cannot be read",
        ),
        (
            "UPDATE runs SET count = 'zz' WHERE id = (SELECT max(id) FROM runs)",
            "a value of another kind",
        ),
    ],
)
def test_a_value_of_another_kind_is_said_and_the_rest_is_still_looked_at(
    examine, desk, statement, said
):
    """A fault of the disk leaves what SQLite takes."""
    store = Store.open(desk / "register.db")
    shard = store.shards.add(Author("LAB1-PC"), 0)
    store.shards.add_run(shard.id, 1, 1, None, 0, Link(bytes(16)))
    store.close()
    change_row(desk, statement)
    found = examine()
    assert found["database"].level == "problem"
    assert said in found["database"].found
    assert "restore the newest good backup" in found["database"].do
    assert found["coordinator"].level == "warning"
    assert found["witness"].level == "ok"


def test_what_nobody_has_foreseen_is_said_and_the_rest_is_still_looked_at(
    examine, desk, monkeypatch
):
    monkeypatch.setattr(agreement, "everywhere", lambda *_: len(7))
    found = examine()
    assert found["database"].level == "problem"
    assert "TypeError at test_doctor.py" in found["database"].found
    assert "restore the newest good backup" in found["database"].do
    assert found["witness"].level == "ok"


def test_an_index_that_has_lost_somebody_is_found(examine, desk):
    change_row(desk, "INSERT INTO shards (author, number) VALUES ('LAB1-PC', 77)")
    spoil_index(desk, "sqlite_autoindex_shards_1", b"LAB1-PC", b"LAB2-PC")
    found = examine()["database"]
    assert found.level == "problem"
    assert "it is damaged" in found.found
    assert "sqlite_autoindex_shards_1" in found.found
    assert "restore the newest good backup" in found.do


def test_an_empty_database_keeps_the_log_beside_it(examine, desk):
    (desk / "register.db").write_bytes(b"")
    (desk / "register.db-wal").write_bytes(b"what was written last")
    found = examine()["database"]
    assert "is empty; register.db-wal beside it is kept" in found.found
    assert found.do == "do what this says"
    assert (desk / "register.db-wal").read_bytes() == b"what was written last"


def test_files_that_do_not_belong_together_are_a_problem(examine, desk):
    assert examine()["files"].level == "ok"
    store = Store.open(desk / "register.db")
    store.meta.commits += 1
    content = (desk / "register.db").read_bytes()
    store.close()
    (desk / "register.db").write_bytes(content)
    found = examine()["files"]
    assert found.level == "problem"
    assert "register.db-wal, which holds what was written last, is not beside it" in found.found
    assert "start the daemon" in found.do


def test_a_log_with_a_fault_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    for commits in (1, 2, 3):
        store.meta.commits = commits
    log = bytearray((desk / "register.db-wal").read_bytes())
    content = (desk / "register.db").read_bytes()
    store.close()
    log[100] ^= 1
    (desk / "register.db").write_bytes(content)
    (desk / "register.db-wal").write_bytes(log)
    found = examine()["files"]
    assert found.level == "problem"
    assert "a fault of the disk has changed register.db-wal" in found.found
    assert "brings back what can be read" in found.do


def test_a_database_with_another_name_is_a_problem(examine, desk, tmp_path):
    try:
        os.link(desk / "register.db", tmp_path / "copy.db")
    except OSError:
        pytest.skip("this disk has no hard links")
    assert "has another name elsewhere (a hard link)" in examine()["files"].found
    (tmp_path / "copy.db").unlink()
    assert examine()["files"].level == "ok"


def test_what_does_not_agree_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    store.local.keep_answer(b"key", b"request", 99)
    store.close()
    assert "are not there: 1" in examine()["set back"].found


def test_a_changed_record_is_a_problem_of_its_own(examine, desk, monkeypatch):
    one = ChangedRecord(Author("LAB1-PC"), 0, 1, 2, None)
    monkeypatch.setattr(
        doctor.agreement, "everywhere", lambda *_: agreement.Disagreement([], [one])
    )
    found = examine()
    assert "set back" not in found
    assert "has changed a record of LAB1-PC at the place 1/2" in found["records"].found
    assert "puts right what can be proven" in found["records"].do


def test_a_database_of_the_future_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    store.connection.execute("PRAGMA user_version = 99")
    store.close()
    found = examine()["database"]
    assert "newer" in found.found
    assert "install the newer mrnmesh" in found.do


def test_a_database_of_another_desk_is_a_problem(examine, desk):
    file = desk / "node.toml"
    text = file.read_text(encoding="utf-8").replace("LAB1-PC", "LAB2-PC")
    file.write_text(text, encoding="utf-8")
    assert "it is that of LAB1-PC" in examine()["database"].found


def test_a_witness_of_another_computer_asks_for_renewal(examine, tmp_path):
    path = tmp_path / "witnesses" / "desk"
    Witness.create(path, "another computer", 0)
    found = examine()["witness"]
    assert found.level == "problem"
    assert "is of another computer" in found.found
    assert "mrnmesh-node renew" in found.do
    path.unlink()
    assert "is missing" in examine()["witness"].found


def test_a_witness_that_was_begun_for_another_copy_asks_for_renewal(examine, tmp_path):
    assert examine()["witness"].level == "ok"
    Witness.create(tmp_path / "witnesses" / "desk", machine_id(), 1)
    found = examine()["witness"]
    assert found.level == "problem"
    assert "was begun for another copy" in found.found
    assert "mrnmesh-node renew" in found.do


def test_a_database_that_does_not_know_who_got_the_newest_number_is_a_problem(examine, tmp_path):
    """As the start of the daemon finds it: the database is of before, or of another past."""
    path = tmp_path / "witnesses" / "desk"
    witness = Witness(path, machine_id())
    intents = Intents()
    intents.issue("710000-719999", 710004, 710003)
    intents.carry(FactId(bytes(16)), 710004)
    witness.intend(intents, intents.carried)
    witness.took()
    witness.settle()
    before = path.read_bytes()
    found = examine()["witness"]
    assert found.level == "problem"
    assert "knows of somebody with the number 710004 whom the database lacks" in found.found
    assert "put the newer copy" in found.do
    assert path.read_bytes() == before


def test_a_database_that_lacks_what_was_given_without_a_number_is_a_problem(examine, tmp_path):
    witness = Witness(tmp_path / "witnesses" / "desk", machine_id())
    witness.note_marks({GIVEN: 7})
    found = examine()["witness"]
    assert found.level == "problem"
    assert "knows of people or changes that the database lacks" in found.found
    assert "put the newer copy" in found.do


def test_the_witness_of_a_running_daemon_is_not_compared_with_a_database_of_a_moment_before(
    examine, desk, tmp_path
):
    """A busy coordinator goes on between the two looks."""
    lock = FolderLock(desk)
    try:
        Witness.create(tmp_path / "witnesses" / "desk", machine_id(), 1)
        assert examine()["witness"].level == "ok"
    finally:
        lock.release()


def test_settings_that_cannot_be_used_are_a_finding(examine, desk):
    with (desk / "node.toml").open("a", encoding="utf-8") as file:
        file.write('lissen = "x"\n')
    found = examine()
    assert found["settings"].level == "problem"
    assert "did you mean 'listen'" in found["settings"].found
    assert "sqlite" in found


def test_a_folder_that_was_never_used_needs_no_lock_of_ours(desk, examine):
    """A lock that another user makes would keep the daemon out."""
    (desk / "lock").unlink(missing_ok=True)
    assert examine()["daemon"].found == "it does not run"
    assert not (desk / "lock").exists()


def test_a_status_that_cannot_be_had_is_none():
    def refuse(_method, _path):
        raise CallRefused(detail="no")

    assert doctor.status_of(refuse) is None
    assert doctor.status_of(lambda *call: {"asked": call}) == {"asked": ("GET", "/api/status/")}


FILES = ("signing-key.pem", "tls-key.pem", "tls-certificate.pem", "authority.pem")


async def test_a_file_that_cannot_be_used_is_a_problem_and_the_rest_is_still_looked_at(tmp_path):
    async with open_hub(tmp_path) as hub:
        code = await new_code(hub, "LAB1-PC")
        folder = (await enrolled(tmp_path, code, "LAB1-PC")).config.folder
    for name in FILES:
        good = (folder / name).read_bytes()
        for content in (b"", b"junk", None):
            if content is not None:
                (folder / name).write_bytes(content)
            elif name == "tls-certificate.pem":
                continue  # without it the settings are those of a desk that is not enrolled yet
            else:
                (folder / name).unlink()
            check = "private key" if name == "signing-key.pem" else "certificate"
            found = {one.check: one for one in doctor.examine(folder, KIND, CHECKS)}
            assert {"database", "clock", "witness"} <= set(found)
            assert found[check].level == "problem", (name, content)
            assert "cannot be used" in found[check].found
        (folder / name).write_bytes(good)


@pytest.mark.parametrize("key", ["author", "replica", "incarnation"])
def test_a_database_that_does_not_say_whose_it_is_is_damaged_and_not_missing(examine, desk, key):
    with closing(sqlite3.connect(desk / "register.db", isolation_level=None)) as connection:
        connection.execute("INSERT INTO shards (author, number) VALUES ('LAB1-PC', 0)")
    change_row(desk, f"UPDATE meta SET key = '{key[:-1]}s' WHERE key = '{key}'")
    found = examine()["database"]
    assert found.level == "problem"
    assert "restore the newest good backup" in found.do
