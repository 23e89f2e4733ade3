"""One database and its parts: what one part writes, all read, on a connection of either kind."""

import sqlite3

import pytest

from sync.model.facts import Author, Incarnation
from sync.model.numbers import NumberRange
from sync.storage import belonging
from sync.storage.store import Store, holds_facts
from tests.sync.storage.rows import insert


def test_opening_makes_the_file_and_closing_lets_go_of_it(tmp_path):
    path = tmp_path / "register.db"
    store = Store.create(path)
    store.meta.author = Author("LAB1-PC")
    store.shards.add(Author("LAB1-PC"), 0)
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.connection.execute("SELECT 1")
    again = Store.open(path)
    assert (again.meta.author, again.shards.authors()) == ("LAB1-PC", ["LAB1-PC"])
    again.close()


def test_all_parts_write_in_the_callers_transaction(tmp_path):
    store = Store.create(tmp_path / "register.db")
    store.connection.execute("BEGIN IMMEDIATE")
    store.meta.author = Author("LAB1-PC")
    store.shards.add(Author("LAB1-PC"), 0)
    store.cursors.add(NumberRange(1, 9), Incarnation(b"12345678"), 0, None)
    store.local.keep_answer(b"key", b"request", 1)
    store.connection.execute("ROLLBACK")
    assert (store.meta.author, store.shards.authors(), store.cursors.all()) == (None, [], [])
    assert store.local.answer(b"key") is None
    store.close()


def test_a_connection_that_only_reads_serves_too(tmp_path):
    path = tmp_path / "register.db"
    store = Store.create(path)
    store.meta.author = Author("LAB1-PC")
    reading = Store(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True))
    assert reading.meta.author == "LAB1-PC"
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.meta.author = Author("WARD")
    reading.close()
    store.close()


def test_a_database_that_was_only_begun_holds_nothing_and_one_that_is_damaged_may(tmp_path):
    path = tmp_path / "register.db"
    path.touch()
    assert not holds_facts(path)
    store = Store.create(path)
    assert not holds_facts(path)
    store.connection.execute("INSERT INTO facts VALUES (1, 0, NULL, x'00')")
    assert holds_facts(path)
    store.close()
    path.write_bytes(b"no database " * 1000)
    assert holds_facts(path)


@pytest.mark.parametrize("is_open", [False, True], ids=["", "in a transaction"])
def test_one_that_cannot_be_written_at_the_end_keeps_its_log(tmp_path, is_open):
    """As on a full disk; without its log it would look as if that had been lost."""
    path = tmp_path / "register.db"
    store = Store.create(path)
    store.meta.replica = b"0" * 16
    store.close()
    store = Store.open(path)
    store.meta.facility = "Mandi"
    if is_open:
        store.connection.execute("BEGIN")
    store.connection.execute("PRAGMA query_only = ON")
    store.close()
    assert belonging.objection(path) is None
    again = Store.open(path)
    assert again.meta.facility == "Mandi"
    again.close()


@pytest.mark.parametrize("value", ["x'00'", "5", "'text'", "CAST(x'ff41' AS TEXT)"])
def test_a_fact_that_is_none_any_more_is_passed_over_and_remembered(tmp_path, value):
    store = Store.create(tmp_path / "register.db")
    insert(store, 1, "710000")
    store.connection.execute(f"UPDATE facts SET data = {value}")
    ((run, clock),) = store.connection.execute("SELECT run, clock FROM facts")
    assert not store.unreadable
    assert store.readable_at(run, clock) is None
    assert store.unreadable
    store.close()
