"""The layer below the files: what it loses in a power cut, and what it may not lose."""

import contextlib
import os
import random
import sqlite3

import pytest

from sync.model.numbers import NumberRange
from sync.storage import files
from sync.witness.memory import Witness
from tests.faults import Crash
from tests.simulation.disk import Disk
from tests.simulation.layer import Layer, installed, why_unavailable

WHY = why_unavailable()
pytestmark = pytest.mark.skipif(WHY is not None, reason=f"no layer below the files: {WHY}")
RANGE = NumberRange(700000, 700999)


def rows_after_a_cut(folder, seed, synchronous):
    """(rows committed, rows found or None, whether SQLite finds the file sound)."""
    folder.mkdir()
    disk = Disk(folder, random.Random(seed))
    path, committed = folder / "a.db", 0
    with installed(disk):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("CREATE TABLE t (x, y)")
        disk.settle(folder)
        disk.die_at(20 + 9 * seed)
        with contextlib.suppress(sqlite3.OperationalError):
            for number in range(60):
                connection.execute("INSERT INTO t VALUES (?, ?)", (number, bytes(3000)))
                committed = number + 1
                if number % 20 == 19:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        disk.cut(connection.close, folder)
        with contextlib.closing(sqlite3.connect(path)) as again:
            try:
                found = again.execute("SELECT count(*) FROM t").fetchone()[0]
                sound = again.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            except sqlite3.DatabaseError:
                return committed, None, False
    return committed, found, sound


def outcomes(tmp_path, synchronous):
    return [rows_after_a_cut(tmp_path / str(seed), seed, synchronous) for seed in range(25)]


def test_what_sqlite_synced_is_there_after_a_cut(tmp_path):
    found = outcomes(tmp_path, "FULL")
    assert all(sound and rows >= committed for committed, rows, sound in found)
    assert sum(committed for committed, _, _ in found) > 25, "there was something to lose"


def test_what_sqlite_did_not_sync_may_be_gone(tmp_path):
    found = outcomes(tmp_path, "NORMAL")
    assert all(sound for _, _, sound in found)
    assert any(rows < committed for committed, rows, _ in found)


def test_writes_that_are_never_synced_lead_to_a_damaged_file(tmp_path):
    assert not all(sound for _, _, sound in outcomes(tmp_path, "OFF"))


def marks_after_a_cut(folder, seed):
    """What a witness knows that noted 700000 to 700009 before the power went."""
    (state := folder / "state").mkdir(parents=True)
    disk = Disk(folder, random.Random(seed))
    with installed(disk):
        disk.settle(folder)
        noting = Witness.create(state / "witness", "machine", 0)
        for number in range(700000, 700010):
            noting.note_marks({RANGE.text: number})
        disk.cut(lambda: None, folder)
    return Witness(state / "witness", "machine").marks.get(RANGE.text, 0)


def test_a_witness_knows_after_a_cut_what_it_noted(tmp_path):
    assert {marks_after_a_cut(tmp_path / str(seed), seed) for seed in range(20)} == {700009}


def test_a_witness_forgets_if_it_does_not_sync_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(Layer, "_os_fsync", ignore)
    assert {marks_after_a_cut(tmp_path / str(seed), seed) for seed in range(20)} != {700009}


def test_a_witness_forgets_if_it_does_not_sync_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "sync_folder", ignore)
    assert {marks_after_a_cut(tmp_path / str(seed), seed) for seed in range(20)} == {0, 700009}


def ignore(*_):
    pass


def test_a_full_disk_refuses_until_it_is_healed(tmp_path):
    disk = Disk(tmp_path, random.Random(1))
    with installed(disk), contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        disk.fill_at(1)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(OSError, match="No space left"):
            os.open(tmp_path / "b", os.O_CREAT | os.O_WRONLY)
        disk.heal()
        connection.execute("INSERT INTO t VALUES (1)")


def test_the_power_goes_at_a_chosen_write(tmp_path):
    disk = Disk(tmp_path, random.Random(1))
    with installed(disk):
        disk.die_at(2)
        os.close(os.open(tmp_path / "a", os.O_CREAT | os.O_WRONLY))
        with pytest.raises(Crash):
            os.open(tmp_path / "b", os.O_CREAT | os.O_WRONLY)
        assert disk.dead


def test_files_elsewhere_are_left_alone(tmp_path):
    (tmp_path / "in").mkdir()
    disk = Disk(tmp_path / "in", random.Random(1))
    with installed(disk):
        disk.die_at(1)
        with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as connection:
            connection.execute("CREATE TABLE t (x)")
        (tmp_path / "b").write_bytes(b"1")
        assert not disk.dead
