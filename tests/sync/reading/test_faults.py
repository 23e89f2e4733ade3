"""SQLite's errors by class, made by real files and disks that refuse."""

import contextlib
import os
import shutil
import sqlite3
import sys
from types import SimpleNamespace

import pytest

from sync.errors import NumberError, StoreDamaged, StoreError
from sync.reading.faults import Health, fault_of
from sync.storage import schema


@pytest.fixture
def path(tmp_path):
    schema.open_for_writing(tmp_path / "register.db").close()
    return tmp_path / "register.db"


def code_of(act, folder):
    with pytest.raises(sqlite3.Error) as raised:
        act()
    return fault_of(raised.value, folder).code


def write(connection):
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('x', ?)", ("x" * 100_000,))


@contextlib.contextmanager
def opened(path):
    with contextlib.closing(schema.open_for_writing(path)) as connection:
        yield connection


def test_a_full_disk(path):
    with opened(path) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        assert code_of(lambda: write(connection), path.parent) == "disk_full"


@pytest.mark.parametrize("number", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_FSYNC])
@pytest.mark.parametrize(
    ("free", "code"), [(0, "disk_full"), (65_536, "disk_full"), (10**9, "disk_unwritable")]
)
def test_a_full_disk_of_which_sqlite_says_that_it_fails(tmp_path, monkeypatch, number, free, code):
    """As a start does that finds no room for the memory that connections share."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = number
    assert fault_of(error, tmp_path).code == code


def test_a_disk_of_which_nobody_knows_whether_it_is_full(tmp_path):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    assert fault_of(error, tmp_path / "missing").code == "disk_unwritable"


def test_a_database_that_can_only_be_read(path):
    with opened(path) as connection:
        connection.execute("PRAGMA query_only = ON")
        assert code_of(lambda: write(connection), path.parent) == "disk_read_only"


def test_another_program_that_writes(path):
    with opened(path) as one, contextlib.closing(sqlite3.connect(path, timeout=0)) as other:
        one.execute("BEGIN IMMEDIATE")
        assert code_of(lambda: other.execute("BEGIN IMMEDIATE"), path.parent) == "store_busy"


def test_a_file_that_is_no_database(path):
    path.write_bytes(b"not a database" * 1000)
    assert code_of(lambda: schema.open_for_writing(path), path.parent) == "store_damaged"


def test_a_damaged_page(path):
    with opened(path) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'facts'"
        (page,) = connection.execute(query).fetchone()
    content = bytearray(path.read_bytes())
    content[4096 * (page - 1) : 4096 * (page - 1) + 8] = b"\xff" * 8
    path.write_bytes(content)
    with opened(path) as connection:
        look = "SELECT * FROM facts"
        assert code_of(lambda: connection.execute(look).fetchall(), path.parent) == "store_damaged"


def test_a_text_that_is_none(path):
    with opened(path) as connection:
        look = "SELECT CAST(x'416d6e61ff' AS TEXT) AS full_name"
        assert code_of(lambda: connection.execute(look).fetchall(), path.parent) == "store_damaged"
        with pytest.raises(sqlite3.OperationalError, match="Amna") as raised:
            connection.execute(look).fetchall()
    said = str(fault_of(raised.value, path.parent))
    assert "Could not decode to UTF-8 column 'full_name')" in said
    assert "Amna" not in said, "somebody has entered it"


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="this user may read everything"
)
def test_a_file_that_the_user_may_not_read(path):
    path.chmod(0)
    assert code_of(lambda: schema.open_for_writing(path), path.parent) == "disk_forbidden"


def test_a_folder_that_is_not_there(path):
    with opened(path):
        missing = path.parent / "missing" / "register.db"
        assert code_of(lambda: schema.open_for_writing(missing), path.parent) == "disk_forbidden"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_IOERR_WRITE, "disk_unwritable"),
        (sqlite3.SQLITE_IOERR_FSYNC, "disk_unwritable"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "store_busy"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "store_damaged"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "disk_read_only"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "disk_forbidden"),
        (8458, "store_damaged"),
        (sqlite3.SQLITE_NOMEM, "store_fails"),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, "store_fails"),
    ],
)
def test_an_extended_code_counts_as_its_class(tmp_path, number, code):
    error = sqlite3.OperationalError("it fails")
    error.sqlite_errorcode = number
    found = fault_of(error, tmp_path)
    assert (found.code, found.status) == (code, 503)
    assert str(tmp_path) in str(found)


def failing(health, error, *, writing):
    kind = StoreError if isinstance(error, sqlite3.Error) else type(error)
    with pytest.raises(kind), health.watching(writing=writing):
        raise error


def test_health_remembers_what_was_refused_and_what_is_in_doubt(tmp_path):
    health = Health(tmp_path)
    failing(health, NumberError(), writing=True)
    assert (health.writing, health.reading, health.damaged, health.doubted) == (None,) * 3 + (
        False,
    )
    full = sqlite3.OperationalError("full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    failing(health, full, writing=True)
    assert health.writing.code == "disk_full"
    assert health.reading is None
    assert not health.doubted
    failing(health, KeyError("x"), writing=False)
    assert health.doubted, "an error that nobody foresaw may come from a damaged page"
    failing(health, StoreDamaged(path=tmp_path, why="malformed"), writing=False)
    assert health.damaged.facts["why"] == "malformed"
    health.sound()
    assert (health.damaged, health.doubted) == (None, False)
    assert health.writing is not None, "that the pages are sound makes no room on the disk"
