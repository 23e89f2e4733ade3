"""Whether a database and its write-ahead log belong together, with real files of real moments."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from types import SimpleNamespace

import pytest

from sync.errors import (
    StoreBusy,
    StoreEmpty,
    StoreFromFuture,
    StoreLinked,
    StoreMismatch,
    StoreMissing,
)
from sync.model.facts import Author
from sync.storage import belonging, schema
from sync.storage.belonging import objection, wal_of
from sync.storage.lock import FolderLock
from sync.storage.meta import Meta
from sync.storage.store import Store


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "register.db"
    store = Store.create(path)
    store.meta.replica = b"r" * 16
    store.meta.author = Author("LAB1-PC")
    store.close()
    return path


def write(store, count=1, size=10_000):
    """Commits as the writer makes them."""
    for _ in range(count):
        number = store.meta.commits + 1
        store.connection.execute("BEGIN IMMEDIATE")
        store.meta.commits = number
        store.shards.add(Author("LAB1-PC"), number)
        store.local.keep_answer(b"key %d" % number, b"x" * size, number)
        store.connection.execute("COMMIT")
        store.note_wal(number - 1)


def crashed(path, target, count, checkpoint_after=0):
    """Copies of both files while a process writes, as a crash leaves them, in folder ``target``."""
    target.mkdir()
    store = Store.open(path)
    write(store, count)
    if checkpoint_after:
        store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        write(store, checkpoint_after)
    for one in (path, wal_of(path)):
        shutil.copy(one, target / one.name)
    store.close()
    return target / path.name


def test_what_was_closed_in_order_belongs_together(path):
    store = Store.open(path)
    write(store, 3)
    assert store.meta.in_use
    store.close()
    assert objection(path) is None
    assert not wal_of(path).exists()
    again = Store.open(path)
    assert (again.meta.commits, again.meta.in_use) == (3, True)
    again.close()


@pytest.mark.parametrize(("count", "more"), [(0, 0), (1, 0), (3, 1), (3, 2), (400, 20)])
def test_what_a_crash_leaves_belongs_together(path, tmp_path, count, more):
    left = crashed(path, tmp_path / "left", count, more)
    assert objection(left) is None
    store = Store.open(left)
    assert store.meta.commits == count + more
    store.close()


def test_what_a_crash_in_the_middle_of_a_checkpoint_leaves_belongs_together(path, tmp_path):
    """Any part of the pages may have been copied: here those of each one alone."""
    before = path.read_bytes()
    left = crashed(path, tmp_path / "left", 40)
    store = Store.open(path)
    store.close()
    after = path.read_bytes()
    first = left.read_bytes()
    assert first[:4096] != after[:4096] or before != after
    for page in range(len(first) // 4096):
        mixed = bytearray(first)
        mixed[4096 * page : 4096 * (page + 1)] = after[4096 * page : 4096 * (page + 1)]
        left.write_bytes(mixed)
        assert objection(left) is None, f"page {page}"


@pytest.mark.parametrize(("count", "more"), [(1, 0), (3, 0), (400, 1), (400, 20)])
def test_an_old_database_beside_a_newer_wal(path, tmp_path, count, more):
    old = tmp_path / "old.db"
    shutil.copy(path, old)
    store = Store.open(path)
    write(store, 5)
    store.close()
    left = crashed(path, tmp_path / "left", count, more)
    shutil.copy(old, left)
    wal = wal_of(left).read_bytes()
    with pytest.raises(StoreMismatch, match=r"register\.db is older than register\.db-wal"):
        Store.open(left)
    assert (left.read_bytes(), wal_of(left).read_bytes()) == (old.read_bytes(), wal)


def test_an_old_database_beside_the_wal_of_the_same_process_after_a_checkpoint(path, tmp_path):
    store = Store.open(path)
    write(store, 2)
    old = path.read_bytes()
    store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    write(store)  # one commit is enough: it begins the WAL anew
    left = tmp_path / "left" / path.name
    left.parent.mkdir()
    shutil.copy(wal_of(path), wal_of(left))
    left.write_bytes(old)
    store.close()
    assert "is older than" in objection(left)


def test_a_newer_database_beside_an_old_wal(path, tmp_path):
    left = crashed(path, tmp_path / "left", 3)
    store = Store.open(path)
    write(store, 5)
    store.close()
    shutil.copy(path, left)
    assert objection(left) is not None
    newer = left.read_bytes()
    with pytest.raises(StoreMismatch):
        Store.open(left)
    assert left.read_bytes() == newer, "the old WAL is not written into it"


def test_a_wal_that_was_left_behind(path, tmp_path):
    left = crashed(path, tmp_path / "left", 3)
    wal_of(left).unlink()
    assert "register.db-wal, which holds what was written last, is not beside it" in objection(left)


def test_a_wal_that_was_emptied_after_a_checkpoint(path, tmp_path):
    left = crashed(path, tmp_path / "left", 400, 20)
    wal_of(left).write_bytes(b"")
    assert "is empty" in objection(left)


def test_a_wal_of_another_database(path, tmp_path):
    other = tmp_path / "other" / "register.db"
    other.parent.mkdir()
    store = Store.create(other)
    store.meta.replica = b"o" * 16
    store.close()
    theirs = crashed(other, tmp_path / "theirs", 3)
    left = crashed(path, tmp_path / "left", 3)
    shutil.copy(wal_of(theirs), wal_of(left))
    assert objection(left) is not None


@pytest.mark.parametrize("content", [b"", b"S", None])
def test_an_empty_or_missing_database_leaves_its_wal_alone(path, tmp_path, content):
    left = crashed(path, tmp_path / "left", 3)
    wal = wal_of(left).read_bytes()
    left.unlink()
    if content is not None:
        left.write_bytes(content)
    for act in (Store.open, belonging.require_content, objection):
        with pytest.raises(StoreEmpty, match=r"register\.db-wal beside it is kept"):
            act(left)
    assert wal_of(left).read_bytes() == wal
    wal_of(left).unlink()
    with pytest.raises(StoreMissing if content is None else StoreEmpty):
        Store.open(left)


def test_a_wal_of_before_a_database_was_set_back_is_not_its_own_after_as_many_commits(
    path, tmp_path
):
    older = shutil.copy(path, tmp_path / "older.db")
    wal = wal_of(crashed(path, tmp_path / "left", 3)).read_bytes()
    store = Store.open(older)
    store.local.go_on_above(lambda count: b"\1" * count, 1)
    write(store, 3)
    store.close()
    wal_of(older).write_bytes(wal)
    assert objection(older) == "older.db-wal is older than older.db"


def test_a_rollback_journal_of_another_time(path):
    journal = path.with_name("register.db-journal")
    journal.write_bytes(b"x" * 1000)
    assert "register.db-journal beside register.db" in objection(path)


def test_a_database_of_an_earlier_version_says_nothing_of_its_wal(path, tmp_path):
    left = crashed(path, tmp_path / "left", 3)
    store = Store.open(left)
    store.connection.execute("DELETE FROM meta WHERE key LIKE 'commits %'")
    store._wal.close()
    store.connection.close()
    assert objection(left) is None


def link(path, target):
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this user may not make symbolic links")


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("leads", ["to the file", "nowhere"])
def test_no_file_of_a_database_is_a_link(path, tmp_path, end, leads):
    left = crashed(path, tmp_path / "left", 3)
    linked = left.with_name(left.name + end)
    target = tmp_path / "elsewhere"
    if leads == "to the file":
        target.write_bytes(linked.read_bytes() if linked.exists() else b"")
    linked.unlink(missing_ok=True)
    link(linked, target)
    before = {one.name: one.read_bytes() for one in left.parent.iterdir() if one != linked}
    for act in (Store.open, Store.create, belonging.open_to_look, belonging.require, objection):
        with pytest.raises(StoreLinked, match=f"{left.name}{end} is a link to"):
            act(left)
    assert {one.name: one.read_bytes() for one in left.parent.iterdir() if one != linked} == before


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("SELECT 1 FROM meta").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_database_that_is_open_under_another_name_is_left_alone(path, tmp_path):
    """Each name would have a log of its own, and both would be written into one file."""
    left = crashed(path, tmp_path / "left", 3)
    other = tmp_path / "other" / left.name
    other.parent.mkdir()
    try:
        os.link(left, other)
    except OSError:
        pytest.skip("this disk has no hard links")
    command = [sys.executable, "-c", HOLD, str(left)]
    holding = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holding:
        assert holding.stdout.readline().strip() == b"open"
        before = left.read_bytes()
        with pytest.raises(StoreBusy, match="in use under another name"):
            Store.open(other)
        assert (left.read_bytes(), wal_of(other).exists()) == (before, False)


def test_the_folder_of_a_database_may_be_a_link(path, tmp_path):
    left = crashed(path, tmp_path / "left", 3)
    link(tmp_path / "here", left.parent)
    here = tmp_path / "here" / left.name
    with contextlib.closing(belonging.open_to_look(here)) as connection:
        assert Meta(connection).commits == 3
    store = Store.open(here)
    write(store)
    assert store._wal.began_anew() is False
    store.close()
    assert objection(left) is None


def test_without_its_log_a_database_is_read_only_while_nobody_uses_it(path, tmp_path):
    left = crashed(path, tmp_path / "left", 3)
    wal_of(left).unlink()
    with contextlib.closing(belonging.open_to_look(left)) as connection:
        assert Meta(connection).commits == 0
    lock = FolderLock(left.parent)
    with pytest.raises(StoreMismatch, match="is not beside it"):
        belonging.open_to_look(left)
    lock.release()
    assert not wal_of(left).exists()


class Failing(sqlite3.Connection):
    """SQLite refuses the statement whose turn it is, as it does when a disk fails.

    ``before`` is called before each statement.
    """

    refused: sqlite3.Error | None = None
    turns = 0

    @staticmethod
    def before():
        pass

    def execute(self, *arguments):
        Failing.before()
        Failing.turns -= 1
        if Failing.turns == 0:
            raise Failing.refused
        return super().execute(*arguments)


@pytest.fixture
def failing(monkeypatch):
    """Let each connection that `schema` opens be one of `Failing`."""

    def connect(*arguments, **options):
        return sqlite3.connect(*arguments, **options, factory=Failing)

    monkeypatch.setattr(schema, "sqlite3", SimpleNamespace(**vars(sqlite3) | {"connect": connect}))
    kept = Failing.before
    yield Failing
    Failing.turns, Failing.before = 0, staticmethod(kept)


@pytest.mark.parametrize("count", [3, 400])
@pytest.mark.parametrize("kind", [sqlite3.OperationalError, sqlite3.DatabaseError])
def test_an_opening_that_fails_takes_nothing_away(path, tmp_path, failing, count, kind):
    left = crashed(path, tmp_path / "left", count)
    failing.refused = kind("the disk fails")
    statements = refused = not_met = 0
    while not not_met:
        statements += 1
        here = tmp_path / f"{statements}" / left.name
        shutil.copytree(left.parent, here.parent)
        failing.turns = statements
        try:
            Store.open(here).close()
        except sqlite3.Error:
            refused += 1
        not_met, failing.turns = max(0, failing.turns), 0
        assert objection(here) is None, f"statement {statements}"
        store = Store.open(here)
        assert store.meta.commits == count
        store.close()
    assert refused > 5


@pytest.mark.parametrize("count", [0, 3, 400])
def test_a_crash_at_each_statement_of_an_opening_after_a_crash(path, tmp_path, failing, count):
    left = crashed(path, tmp_path / "left", count)
    copies = []

    def copy():
        copies.append(tmp_path / f"{len(copies)}" / left.name)
        shutil.copytree(left.parent, copies[-1].parent)

    failing.before = staticmethod(copy)
    store = Store.open(left)
    copy()
    failing.before = staticmethod(lambda: None)
    store.close()
    for one in copies:
        assert objection(one) is None, one.parent.name
        again = Store.open(one)
        assert again.meta.commits == count
        again.close()


def test_what_a_crash_left_is_not_changed_by_an_earlier_version(path, tmp_path):
    left = crashed(path, tmp_path / "left", 3)
    connection = sqlite3.connect(left)
    beside = sqlite3.connect(f"{left.as_uri()}?mode=ro", uri=True)
    beside.execute("SELECT 1 FROM meta").fetchone()
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    beside.close()
    before = left.read_bytes(), wal_of(left).read_bytes()
    with pytest.raises(StoreFromFuture):
        Store.open(left)
    assert (left.read_bytes(), wal_of(left).read_bytes()) == before
    assert objection(left) is None


def test_whoever_cannot_write_at_the_end_leaves_the_log(path, failing, monkeypatch):
    """Nor can it open anything then."""
    store = Store.open(path)
    write(store, 3)

    def refuse(*_):
        raise failing.refused

    failing.refused = sqlite3.OperationalError("disk I/O error")
    monkeypatch.setattr(belonging, "_opened", refuse)
    failing.turns = 1
    store.close()
    monkeypatch.undo()
    assert failing.turns <= 0
    assert objection(path) is None
    again = Store.open(path)
    assert again.meta.commits == 3
    again.close()
