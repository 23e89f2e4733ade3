"""The database file: durable, refused when from the future; its tables refuse rivals."""

import hashlib
import sqlite3
from pathlib import Path

import pytest

from sync.errors import NotItsFile, StoreDamaged, StoreFromFuture, StoreUnsafe
from sync.reading.faults import fault_of
from sync.storage import belonging, schema
from sync.storage.store import Store


def test_what_is_committed_survives_a_power_cut(tmp_path):
    connection = schema.open_for_writing(tmp_path / "register.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    connection.close()


def test_a_database_that_cannot_be_durable_is_refused():
    with pytest.raises(StoreUnsafe, match="journal_mode is memory, not wal"):
        schema.open_for_writing(Path(":memory:"))  # nothing in memory can have a WAL


def test_a_database_from_the_future_is_refused_unchanged(tmp_path):
    path = tmp_path / "register.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (thing)")
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(StoreFromFuture, match="the database is unchanged"):
        Store.open(path)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [file.name for file in tmp_path.iterdir()] == ["register.db"]


@pytest.mark.parametrize("version", [0, 3])
def test_a_database_of_another_program_is_refused_unchanged(tmp_path, version):
    path = tmp_path / "register.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (thing)")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotItsFile, match=r"register\.db is that of another program") as raised:
        Store.open(path)
    assert raised.value.facts["path"] == tmp_path
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["register.db"]


def test_a_database_that_somebody_has_copied_table_by_table_is_damaged(tmp_path):
    """Such a copy, as of a dump, does not say of which version its tables are."""
    path = tmp_path / "register.db"
    with schema.open_for_writing(tmp_path / "other.db") as connection:
        dump = "".join(connection.iterdump())
    connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.executescript(dump)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="of which version"):
        schema.open_for_writing(path)
    assert path.read_bytes() == before


def test_opening_again_changes_nothing(tmp_path):
    path = tmp_path / "register.db"
    schema.open_for_writing(path).close()
    before = path.read_bytes()
    schema.open_for_writing(path).close()
    assert path.read_bytes() == before


def test_a_changed_byte_in_the_name_of_a_table_is_an_error_of_the_database(tmp_path):
    """SQLite names the table, and Python cannot read that."""
    path = tmp_path / "register.db"
    Store.create(path).close()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE runs (", b"CREATE\xffTABLE runs ("))
    with pytest.raises(sqlite3.DatabaseError, match="malformed database schema") as raised:
        Store.open(path)
    assert isinstance(fault_of(raised.value, tmp_path), StoreDamaged)
    with pytest.raises(sqlite3.DatabaseError, match="malformed database schema"):
        belonging.open_to_look(path)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "register.db"
    monkeypatch.setattr(schema, "MIGRATIONS", ("CREATE TABLE one (a); CREATE TABLE one (b);",))
    with pytest.raises(sqlite3.OperationalError):
        schema.open_for_writing(path)
    monkeypatch.undo()
    connection = schema.open_for_writing(path)
    assert connection.execute("SELECT count(*) FROM patients").fetchone() == (0,)
    connection.close()


def test_projection_tables_are_all_that_the_projection_makes(tmp_path):
    connection = schema.open_for_writing(tmp_path / "register.db")
    tables = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'search_%' AND name NOT LIKE 'sqlite_%'"
        )
    }
    truth = {
        *("meta", "shards", "runs", "facts", "cursors", "answers", "holder_changes"),
        *("changes", "webhooks", "reprinted", "users", "api_keys", "audit"),
        *("suggestions", "alerts", "alert_messages", "outages", "looks", "clerk_pins"),
    }
    projected = {name for name in schema.PROJECTION_TABLES if name != "search_again"}
    assert tables == truth | projected
    schema.recreate_projection(connection)
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE search_config SET v = 9 WHERE k = 'version'",
        "DELETE FROM search_data",
        "DELETE FROM search_config",
    ],
)
def test_a_search_index_that_cannot_be_used_is_made_again_too(tmp_path, damage):
    path = tmp_path / "register.db"
    connection = schema.open_for_writing(path)
    connection.execute("INSERT INTO search (rowid, text) VALUES (1, 'amna')")
    connection.execute(damage)
    connection.close()
    connection = schema.open_for_writing(path)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute("SELECT rowid FROM search WHERE search MATCH 'amna'").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    schema.recreate_projection(connection)
    connection.execute("COMMIT")
    connection.execute("INSERT INTO search (rowid, text) VALUES (2, 'amna')")
    find = "SELECT rowid FROM search WHERE search MATCH 'amna'"
    assert connection.execute(find).fetchall() == [(2,)]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_the_database_itself_refuses_a_second_holder(tmp_path):
    connection = schema.open_for_writing(tmp_path / "register.db")
    connection.execute("INSERT INTO held VALUES ('710000', 1)")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO held VALUES ('710000', 2)")
    connection.close()
