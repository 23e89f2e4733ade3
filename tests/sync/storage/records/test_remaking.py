"""A database made again from the rows that can be read of another one."""

import sqlite3
from contextlib import closing

import pytest

from sync.storage import schema
from sync.storage.records.remaking import lengthen, remake
from tests.damage import PAGE_BYTES, damage_page, pages_of


@pytest.fixture
def folder(tmp_path):
    with closing(schema.open_for_writing(tmp_path / "register.db")) as connection:
        connection.execute("INSERT INTO meta VALUES ('author', 'LAB1-PC')")
        connection.execute("INSERT INTO shards (author, number) VALUES ('LAB1-PC', 0)")
        connection.executemany(
            "INSERT INTO runs VALUES (?, 1, ?, ?, NULL, 0, 20, x'00', 0, 0, NULL, NULL, NULL, 0)",
            [(run, run, run) for run in range(1, 41)],
        )
        connection.executemany(
            "INSERT INTO facts VALUES (?, ?, NULL, zeroblob(?))",
            # Every seventh lies on pages of its own besides.
            [(run, n, 9000 if n % 7 == 0 else 90) for run in range(1, 41) for n in range(20)],
        )
    return tmp_path


def remade(folder):
    """The tables that could not be read whole, and how many facts and runs there are."""
    (folder / "remade.db").unlink(missing_ok=True)
    unread = remake(folder / "register.db", folder / "remade.db")
    with closing(sqlite3.connect(folder / "remade.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("facts", "runs")
        ]
    return unread, *counts


def test_all_rows_and_all_indexes_are_there_again(folder):
    assert remade(folder) == (set(), 800, 40)
    with closing(schema.open_for_writing(folder / "remade.db")) as connection:
        indexes = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'runs_*'"
        assert connection.execute(indexes).fetchone() == (3,)


@pytest.mark.parametrize("how", ["zero", "empty"])
@pytest.mark.parametrize("index", ["runs_of_shard", "runs_unsigned", "sqlite_autoindex_shards_1"])
def test_no_index_is_read(folder, index, how):
    for page in pages_of(folder, index):
        damage_page(folder, page, how)
    assert remade(folder) == (set(), 800, 40)


def test_of_a_table_all_but_the_bad_pages_is_read(folder):
    """Bad pages at its beginning, at its end and between, each alone and all together."""
    leaves = [page for page in pages_of(folder, "facts") if is_leaf(folder, page)]
    bad = (leaves[0], leaves[3], leaves[4], leaves[9], leaves[-1])
    whole = (folder / "register.db").read_bytes()
    lacking = []
    for page in bad:
        (folder / "register.db").write_bytes(whole)
        damage_page(folder, page, "zero")
        unread, facts, runs = remade(folder)
        assert (unread, runs) == ({"facts"}, 40)
        lacking.append(800 - facts)
    assert all(0 < count <= PAGE_BYTES // 90 for count in lacking)
    for page in bad:
        damage_page(folder, page, "zero")
    # One row lies between two of them.
    assert remade(folder) == ({"facts"}, 800 - sum(lacking) - 1, 40)


def test_a_record_whose_other_pages_are_bad_is_left_out_alone(folder):
    content = bytearray((folder / "register.db").read_bytes())
    at = next(
        at
        for at in range(0, len(content), PAGE_BYTES)
        if any(content[at : at + 4]) and not any(content[at + 4 : at + PAGE_BYTES])
    )
    content[at : at + 4] = b"\xff" * 4  # which page comes next
    (folder / "register.db").write_bytes(content)
    assert remade(folder) == ({"facts"}, 799, 40)


def test_a_run_goes_on_to_the_end_of_its_records(folder):
    with closing(sqlite3.connect(folder / "register.db")) as connection:
        lengthen(connection, 1, 21, b"link")
        found = connection.execute("SELECT count, link FROM runs WHERE id = 1").fetchone()
    assert found == (21, b"link")


def is_leaf(folder, page):
    return (folder / "register.db").read_bytes()[PAGE_BYTES * (page - 1)] in (10, 13)
