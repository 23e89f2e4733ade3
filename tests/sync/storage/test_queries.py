"""Statements on many rows: none for nothing, and no more question marks than SQLite may take."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import coordinator
import node
import sync
from sync.storage import schema, search
from sync.storage.meta import Meta
from sync.storage.queries import IN_MAX, chunks, write_many


@pytest.mark.parametrize("count", [0, 1, IN_MAX - 1, IN_MAX, IN_MAX + 1, 3 * IN_MAX])
def test_chunks_hold_everything_once_in_order(count):
    pieces = list(chunks(range(count)))
    assert [value for values, _ in pieces for value in values] == list(range(count))
    for values, marks in pieces:
        assert 0 < len(values) <= IN_MAX
        assert marks.split(", ") == ["?"] * len(values)


def test_a_chunk_fits_the_statement_that_it_is_for(store):
    wanted = list(range(IN_MAX + 5))
    found = [
        row
        for values, marks in chunks(wanted)
        for row in store.connection.execute(
            f"SELECT value FROM json_each('[3, 402]') WHERE value IN ({marks})", values
        )
    ]
    assert found == [(3,), (402,)]


def test_many_rows_are_written_and_none_cost_no_statement(store):
    statements: list[str] = []
    store.connection.set_trace_callback(statements.append)
    insert = "INSERT INTO day_marks VALUES (?, ?)"
    write_many(store.connection, insert, [])
    assert statements == []
    write_many(store.connection, insert, [("20260105", 1), ("20260106", 2)])
    assert len(statements) == 2
    assert store.numbers.day_marks() == {"20260105": 1, "20260106": 2}


def make_tables(connection):
    connection.execute("DROP TABLE meta")
    connection.execute("PRAGMA user_version = 0")
    schema._migrate(connection, 0)


@pytest.mark.parametrize(
    "act", [lambda connection: search.keep_to_rule(Meta(connection), "PK"), make_tables]
)
def test_what_ends_a_transaction_is_told_and_not_that_it_has_ended(tmp_path, act):
    """SQLite ends one itself where the disk is full, or a write is interrupted."""
    with closing(schema.open_for_writing(tmp_path / "register.db")) as connection:
        steps = iter([*[False] * 20, True])
        connection.set_progress_handler(lambda: connection.in_transaction and next(steps, False), 1)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            act(connection)
        assert not connection.in_transaction


def test_no_transaction_is_rolled_back_that_may_have_ended():
    found = [
        path
        for package in (sync, node, coordinator)
        for path in Path(package.__file__).parent.rglob("*.py")
        if '"ROLLBACK"' in path.read_text(encoding="utf-8")
    ]
    assert [path.name for path in found] == ["queries.py"]
