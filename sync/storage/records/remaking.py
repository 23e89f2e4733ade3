"""A database made again from the rows of another one, for a copy whose pages may be bad.

An index that has lost a write looks sound to whoever reads through it, and hides what it lacks. So
rows are read from the tables themselves, and every index is made anew from them. Where a page is
bad, the rows of all other pages are read.

Only what a salvage needs is copied: the records and what says where they lie, and the tables that
know the ids of records (`sync.upkeep.records.changed`). The others are there, and empty.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from sync.model.facts import Link
from sync.model.runs import SHARD_FACTS_MAX
from sync.storage import schema

PROBED_MAX: Final = 1_000_000
"""So many rows that are not found in order are looked for one by one in a table."""

_RECORDS: Final = ("meta", "shards", "runs", "facts")
_COPIED: Final[tuple[str, ...]] = (
    *_RECORDS,
    *("cursors", "answers", "changes"),
    *("registry", "resolutions", "requests", "sheets", "amendments", "patients"),
)
_OF_DAMAGE: Final = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_TOOBIG,
)
_BY: Final = "NOT INDEXED ORDER BY"
_VIRTUAL: Final = re.compile(r"CREATE VIRTUAL TABLE\s+(\w+)", re.IGNORECASE)
_PARTS_OF_INDEX: Final = ("data", "idx", "content", "docsize", "config")
"""What FTS5 calls its own tables, behind the name of the index."""


def remake(source: Path, target: Path) -> set[str]:
    """Make ``target`` from the rows of ``source`` that can be read.

    It has the version and the tables of ``source``, but no search index, which is made from people.

    Returns:
        The tables of which not every row could be read.

    Raises:
        sqlite3.Error: its list of tables cannot be read, or ``target`` cannot be written.
    """
    with contextlib.closing(sqlite3.connect(source)) as connection:
        schema.require_readable(connection)
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as connection:
        # A name that a fault has changed is not found then, instead of being no text at all.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("ATTACH ? AS old", (str(source),))
        (version,) = connection.execute("PRAGMA old.user_version").fetchone()
        tables, indexes = _statements(connection)
        connection.execute(f"PRAGMA main.user_version = {version}")
        # Not in one transaction: SQLite writes nothing more in one that has met a bad page.
        for statement in tables.values():
            connection.execute(statement)
        copied = [table for table in _COPIED if table in tables]
        unread = {table for table in copied if not _copy(connection, table)}
        for statement in indexes:
            connection.execute(statement)
    return unread


def _statements(connection: sqlite3.Connection) -> tuple[dict[str, str], list[str]]:
    """What makes the tables, by name, and what makes their indexes."""
    rows = connection.execute(
        "SELECT type, name, sql FROM old.sqlite_schema"
        " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite#_%' ESCAPE '#'"
    ).fetchall()
    left_out = set()
    for _, _, sql in rows:
        if found := _VIRTUAL.match(sql):
            left_out |= {found[1], *(f"{found[1]}_{part}" for part in _PARTS_OF_INDEX)}
    tables = {name: sql for kind, name, sql in rows if kind == "table" and name not in left_out}
    return tables, [sql for kind, _, sql in rows if kind == "index"]


def _copy(connection: sqlite3.Connection, table: str) -> bool:
    """Copy the rows of a table; False if there may be some that cannot be read."""
    # With a condition, because SQLite would take over a whole table together with its indexes.
    stored, columns = _columns_of(connection, table)
    select = f"SELECT {', '.join(stored)} FROM old.{table}"
    copied = f"INSERT OR IGNORE INTO main.{table} ({', '.join(stored)}) {select} NOT INDEXED WHERE"
    try:
        connection.execute(f"{copied} true")
    except sqlite3.DatabaseError as error:
        _require_damage(error)
    else:
        return True
    for order in ("ASC", "DESC"):
        by = ", ".join(f"{column} {order}" for column in columns)
        # In order, because a row far up in a table without row ids keeps others from being found.
        whole = sum(1 for _ in _until_bad(connection, f"{select} {_BY} {by}"))
        for most in (whole, whole + 1):  # Python reads one row ahead of the one that it gives
            with _damaged_left_out():
                connection.execute(f"{copied} true ORDER BY {by} LIMIT {most}")
    one = " AND ".join(f"{column} = ?" for column in columns)
    # A row between two pages is looked for by way of the one before it, or of the one behind it.
    behind = f"{one.removesuffix('= ?')}<= ? ORDER BY {columns[-1]} DESC LIMIT 1"
    for key in _others(connection, table, columns):
        for condition in (one, behind):
            with _damaged_left_out():
                connection.execute(f"{copied} {condition}", key)
                break
    return False


def _columns_of(connection: sqlite3.Connection, table: str) -> tuple[list[str], list[str]]:
    """The columns of a table that are stored, which excludes computed ones; and those of its key.

    They are quoted, because one of them has the name of a word of SQL.
    """
    rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    found = [(place, f'"{name}"') for _, name, _, _, _, place in rows]
    return [name for _, name in found], [name for place, name in sorted(found) if place]


def _until_bad(connection: sqlite3.Connection, select: str) -> Iterator[Any]:
    """Rows up to the first one that cannot be read."""
    with _damaged_left_out():
        yield from connection.execute(select)


def _others(
    connection: sqlite3.Connection, table: str, columns: list[str]
) -> Iterator[tuple[Any, ...]]:
    """Keys of rows that are not copied yet, and may lie between those that cannot be read."""
    key = ", ".join(columns)
    copied = set(connection.execute(f"SELECT {key} FROM main.{table}"))
    known = [
        one
        for order in ("ASC", "DESC")
        for one in _until_bad(
            connection,
            f"SELECT {key} FROM old.{table} {_BY}"
            f" {', '.join(f'{column} {order}' for column in columns)}",
        )
    ]
    others = itertools.chain(known, _expected(connection, table, known))
    yield from itertools.islice((one for one in others if one not in copied), PROBED_MAX)


def _expected(
    connection: sqlite3.Connection, table: str, known: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Keys that may be there as well: records where runs have them, local ids in sequence."""
    if table == "facts":
        runs = connection.execute(
            "SELECT id, base, count FROM main.runs"
            " WHERE typeof(base) = 'integer' AND typeof(count) = 'integer'"
        ).fetchall()
        for run, base, count in runs:
            for clock in range(base, min(count, base + SHARD_FACTS_MAX)):
                yield run, clock
    else:
        ids = [key[0] for key in known if len(key) == 1 and isinstance(key[0], int)]
        if ids:
            yield from ((one,) for one in range(min(ids), max(ids)))


@contextlib.contextmanager
def _damaged_left_out() -> Iterator[None]:
    """What a bad page ends in this context is left out."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        _require_damage(error)


def _require_damage(error: sqlite3.DatabaseError) -> None:
    """Pass if an error is about a page that was read; otherwise raise it."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _OF_DAMAGE:
        raise error


def without_run(connection: sqlite3.Connection) -> list[int]:
    """The local ids of runs that have records here, and are not there themselves."""
    rows = connection.execute(
        "SELECT DISTINCT run FROM facts WHERE run NOT IN"
        " (SELECT r.id FROM runs r JOIN shards s ON s.id = r.shard)"
    )
    return [run for (run,) in rows]


def give_run(
    connection: sqlite3.Connection, lost: int, clocks: Iterable[int], run: tuple[int, int, Link]
) -> None:
    """Let records of a lost run be those of a new one, with what tables know of them.

    Args:
        clocks: where they lie now; they get the first ones, in this order.
        run: the local id of its shard, its client id, and its first link.
    """
    shard, client, link = run
    # The next local id may be that of the lost run, whose records still lie there.
    (new,) = connection.execute("SELECT max(run) + 1 FROM facts").fetchone()
    connection.execute(
        "INSERT INTO runs (id, shard, client, yjs_client, base, count, link, bytes)"
        " SELECT max(?1, coalesce(max(id) + 1, 1)), ?2, ?3, ?3, 0, 0, ?4, 0 FROM runs",
        (new, shard, client, link),
    )
    (new,) = connection.execute("SELECT max(id) FROM runs").fetchone()
    for at, clock in enumerate(clocks):
        for table in ("facts", "patients", "amendments"):
            connection.execute(
                f"UPDATE {table} SET run = ?, clock = ? WHERE run = ? AND clock = ?",
                (new, at, lost, clock),
            )


def lengthen(connection: sqlite3.Connection, run: int, length: int, link: Link) -> None:
    """Let a run end behind records that are there; ``link`` is the link at ``length``."""
    connection.execute("UPDATE runs SET count = ?, link = ? WHERE id = ?", (length, link, run))
