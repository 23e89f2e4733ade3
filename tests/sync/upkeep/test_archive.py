"""The file of a backup: nothing in it is believed that was not compared."""

import contextlib
import io
import shutil
import sqlite3
from pathlib import Path

import pytest

from sync.engine.replica import DATABASE
from sync.errors import DiskForbidden, StoreFromFuture
from sync.storage import belonging, schema
from sync.storage.store import Store, holds_facts
from sync.upkeep import archive
from sync.upkeep.archive import (
    NEVER,
    Member,
    Stop,
    disagreements_of,
    open_read_only,
    problems_of,
    problems_of_alone,
    quiet,
    read_manifest,
    transfer,
    unpack,
)
from sync.upkeep.errors import BackupDamaged, BackupStopped
from sync.upkeep.tables import search_index
from sync.upkeep.tables.derived import differences
from tests.damage import spoil_index
from tests.sync.upkeep.databases import break_pages, repacked

LONG = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 3000000)"


@pytest.fixture
def reading(source):
    with contextlib.closing(open_read_only(source.folder / DATABASE)) as connection:
        yield connection


def count(reading, stop, *, when):
    """Count for half a second, and set the stop before that or on the way."""
    with stop.interrupting(reading):
        if when == "before":
            stop.set()
        reading.create_function("stop", 0, stop.set)
        first = "stop()" if when == "on the way" else "NULL"
        reading.execute(f"{LONG}, s AS (SELECT {first}) SELECT count(*) FROM s, n").fetchone()
        pytest.fail("it went on to its end")


def test_a_long_check_is_interrupted(source, reading, monkeypatch):
    monkeypatch.setattr(archive, "_ASKED_EVERY", 1 << 30)
    stop = Stop()
    with pytest.raises(BackupStopped):
        count(reading, stop, when="on the way")
    with pytest.raises(BackupStopped):
        problems_of(source.folder / DATABASE, stop)


def test_a_stop_between_two_statements_ends_the_next_one(reading):
    """SQLite interrupts what runs at that moment, and nothing ran."""
    with pytest.raises(BackupStopped):
        count(reading, Stop(), when="before")
    rows = reading.execute(f"{LONG} SELECT count(*) FROM n").fetchone()
    assert rows == (3_000_000,), "whoever uses the connection next is not stopped"


def test_what_is_stopped_already_is_not_begun_and_what_was_found_is_not_all(reading):
    stop = Stop()
    with pytest.raises(BackupStopped), stop.interrupting(reading):
        stop.set()
    with pytest.raises(BackupStopped), stop.interrupting(reading):
        pytest.fail("it was begun")


def test_what_fails_by_itself_is_told_as_it_is(reading):
    fails = pytest.raises(sqlite3.OperationalError, match="no such table")
    with fails, Stop().interrupting(reading):
        reading.execute("SELECT * FROM nowhere")


LOOKS = {
    "problems": problems_of,
    "disagreements": disagreements_of,
    "search": search_index.fault_in,
    "tables": differences,
}
"""All that a daemon does with the whole of its database."""


class Statements:
    """Counts the statements that connections begin, and sets a stop at one of them."""

    def __init__(self, monkeypatch):
        self._real = sqlite3.connect
        self._begun = 0
        self.at, self.stop, self.late = 0, Stop(), []
        monkeypatch.setattr(sqlite3, "connect", self._connect)

    def __call__(self, look, database, at):
        """How many are begun; ``late`` are those that go on after the stop at the ``at``-th."""
        self._begun, self.at, self.stop, self.late = 0, at, Stop(), []
        look(database, self.stop)
        return self._begun

    def _connect(self, *arguments, **options):
        connection = self._real(*arguments, **options)
        connection.set_trace_callback(self._begins)
        return connection

    def _begins(self, statement):
        self._begun += 1
        if self._begun == self.at:
            # Nothing is interrupted, as between two statements.
            self.stop._is_set = True
        elif self.stop._is_set:
            self.late.append(statement)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_no_look_at_a_database_goes_on_after_a_stop_wherever_that_comes(
    store, source, monkeypatch, look
):
    monkeypatch.setattr(archive, "_ASKED_EVERY", 1)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    statements, database = Statements(monkeypatch), source.folder / DATABASE
    count = statements(look, database, 0)
    for at in sorted({1 + number * count // 40 for number in range(40)}):
        with pytest.raises(BackupStopped):
            statements(look, database, at)
        # Opening it is not asked in the middle.
        assert [one for one in statements.late if not one.startswith(("PRAGMA", "ATTACH"))] == []


@pytest.mark.parametrize("where", [0.1, 0.3, 0.6, 0.9, -30])
def test_a_changed_file_is_found_out(made, tmp_path, where):
    data = bytearray(made.read_bytes())
    at = int(where * len(data)) if isinstance(where, float) else where
    data[at] ^= 0x55
    made.write_bytes(data)
    with pytest.raises(BackupDamaged):
        unpack(made, tmp_path / "out")


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_cut_file_is_found_out(made, tmp_path, kept):
    data = made.read_bytes()
    made.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    with pytest.raises(BackupDamaged):
        unpack(made, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda members: members.pop("manifest.json"), "a file is missing in it"),
        (lambda members: members.pop("node.toml"), "a file is missing in it"),
        (lambda members: members.update({"node.toml": b"other"}), "node.toml in it was changed"),
        (
            lambda members: members.update({"manifest.json": b"{}"}),
            "its list of files cannot be read",
        ),
        (
            lambda members: members.update(
                {"manifest.json": members["manifest.json"].replace(b"node.toml", b"../e.toml")}
            ),
            "names other files",
        ),
        (
            lambda members: members.update(
                {"manifest.json": members["manifest.json"].replace(b'"format":1', b'"format":2')}
            ),
            "newer software",
        ),
        (
            lambda members: members.update(
                {"manifest.json": members["manifest.json"].replace(b'"facts":300', b'"facts":301')}
            ),
            "number of records differs: 301 in its manifest, 300",
        ),
    ],
)
def test_what_its_manifest_does_not_say_is_refused(made, tmp_path, change, said):
    repacked(made, change)
    with pytest.raises(BackupDamaged, match=said):
        unpack(made, tmp_path / "out")
    assert not Path(tmp_path / "e.toml").exists()


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(BackupDamaged, match="no such file"):
        read_manifest(tmp_path / "none")


def test_a_database_from_the_future_is_refused(made, tmp_path):
    def newer(members):
        text = f'"schema":{schema.VERSION}'.encode()
        members["manifest.json"] = members["manifest.json"].replace(text, b'"schema":999')

    repacked(made, newer)
    with pytest.raises(StoreFromFuture, match="schema 999"):
        unpack(made, tmp_path / "out")


def test_a_sound_database_has_no_problems_and_a_broken_one_has(store, source):
    database = source.folder / "register.db"
    assert problems_of(database) == ""
    store.close()
    break_pages(database)
    assert problems_of(database) != ""


def test_more_than_was_announced_is_not_written(tmp_path):
    """A file that unpacks to far more than its manifest says must not fill the disk."""
    target, steps = io.BytesIO(), []
    pieces = iter([b"a" * 10] * 1000)
    found = transfer(pieces, target, "x", 15, lambda *step: steps.append(step), NEVER)
    assert found.bytes == len(target.getvalue()) == 20
    assert steps == [("x", 10, 15), ("x", 20, 15)]


def test_what_is_written_is_hashed_on_its_way():
    target = io.BytesIO()
    found = transfer([b"ab", b"c"], target, "x", 3, quiet, NEVER)
    assert (target.getvalue(), found.bytes) == (b"abc", 3)
    assert found == Member(3, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")


def test_a_connection_for_reading_never_writes(source):
    with (
        contextlib.closing(open_read_only(source.folder / "register.db")) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM facts")


@pytest.mark.parametrize("looks", [open_read_only, holds_facts])
def test_looking_at_a_database_does_not_hide_that_its_log_is_missing(
    store, source, tmp_path, looks
):
    """Neither while somebody looks, when the power may go, nor after it."""
    copied = tmp_path / "register.db"
    store.close()
    used = Store.open(source.folder / "register.db")
    shutil.copy(source.folder / "register.db", copied)  # the log stays behind
    used.close()
    assert "is not beside it" in str(belonging.objection(copied))
    with contextlib.ExitStack() as stack:
        if isinstance(found := looks(copied), sqlite3.Connection):
            stack.enter_context(contextlib.closing(found))
            found.execute("SELECT count(*) FROM facts").fetchone()
        assert not belonging.wal_of(copied).exists()
    assert "is not beside it" in str(belonging.objection(copied))


def test_work_that_was_stopped_before_it_began_does_not_begin(made, tmp_path):
    stop = Stop()
    stop.require_going()
    stop.set()
    with pytest.raises(BackupStopped, match="earlier ones are as they were"):
        unpack(made, tmp_path / "out", quiet, stop)


def test_what_the_system_refuses_says_nothing_of_a_database(source, monkeypatch):
    def refused(_database):
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    database = source.folder / "register.db"
    monkeypatch.setattr(belonging, "open_to_look", refused)
    with pytest.raises(DiskForbidden):
        problems_of(database)
    monkeypatch.setattr(belonging, "open_alone", refused)
    with pytest.raises(DiskForbidden):
        problems_of_alone(database)


def test_an_index_that_has_lost_somebody_is_found(source, store):
    """Nobody finds the number then, and a quick_check finds nothing."""
    store.connection.execute("INSERT INTO shards (author, number) VALUES ('LAB1-PC', 77)")
    database = source.folder / "register.db"
    store.close()
    spoil_index(source.folder, "sqlite_autoindex_shards_1", b"LAB1-PC", b"LAB2-PC")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert "sqlite_autoindex_shards_1" in problems_of(database)


@pytest.mark.parametrize(
    "said",
    [
        "malformed inverted index for FTS5 table main.search",
        # of SQLite 3.54.1
        'fts5: corruption found reading blob 2473901162497 from table "search"',
    ],
)
def test_a_search_index_that_newer_versions_of_sqlite_find_bad_is_no_damage(store, said):
    class Newer:
        def execute(self, sql):
            return self if "integrity_check(10)" in sql else store.connection.execute(sql)

        def fetchall(self):
            return [(said,), ("Page 9: never used",), *self.more]

    newer = Newer()
    newer.more = []
    assert archive.problems_in(newer) == ""
    newer.more = [("Tree 7 page 9: btreeInitPage() returns error code 11",)]
    assert archive.problems_in(newer) == newer.more[0][0]
