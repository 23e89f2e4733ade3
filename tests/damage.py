"""A fault of the disk that SQLite does not see: a database that says something else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sync.engine.replica import DATABASE

PAGE_BYTES = 4096


def change_record(folder: Path, old: bytes, new: bytes) -> None:
    """Put other bytes into the one record of a data folder that has ``old`` in it."""
    with _open(folder) as connection:
        ((run, clock, data),) = connection.execute(
            "SELECT run, clock, data FROM facts WHERE instr(data, ?)", (old,)
        )
        connection.execute(
            "UPDATE facts SET data = ? WHERE run = ? AND clock = ?",
            (data.replace(old, new), run, clock),
        )


def change_row(folder: Path, statement: str) -> None:
    """Carry out a statement that changes one row."""
    with _open(folder) as connection:
        assert connection.execute(statement).rowcount == 1


def spoil_index(folder: Path, index: str, old: bytes, new: bytes) -> None:
    """Put other bytes into an index that is one page of a data folder that nobody has open."""
    with _open(folder) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((page,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)
        )
        ((size,),) = connection.execute("PRAGMA page_size")
    database = folder / DATABASE
    content = bytearray(database.read_bytes())
    at = content.index(old, size * (page - 1), size * page)
    content[at : at + len(old)] = new
    database.write_bytes(content)


def pages_of(folder: Path, name: str) -> list[int]:
    """The pages of a table or an index of a data folder that nobody has open, the root first."""
    with _open(folder) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((root,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)
        )
    content = (folder / DATABASE).read_bytes()
    found = [root]
    for page in found:
        at = PAGE_BYTES * (page - 1)
        if content[at] in (2, 5):  # no leaf: each cell begins with the page below it
            cells = int.from_bytes(content[at + 3 : at + 5])
            places = [int.from_bytes(content[at + 12 + 2 * n :][:2]) for n in range(cells)]
            found += [int.from_bytes(content[at + place :][:4]) for place in places]
            found.append(int.from_bytes(content[at + 8 : at + 12]))
    return found


def damage_page(folder: Path, page: int, how: str, older: bytes = b"") -> bool:
    """Let a page of a data folder be ``zero``, ``empty`` of rows, or ``stale``, as in ``older``.

    Returns:
        False if that changes nothing.
    """
    database = folder / DATABASE
    content = bytearray(database.read_bytes())
    at = PAGE_BYTES * (page - 1)
    before = bytes(content[at : at + PAGE_BYTES])
    if how == "zero":
        after = bytes(PAGE_BYTES)
    elif how == "empty":
        after = before[:1] + bytes(4) + PAGE_BYTES.to_bytes(2) + bytes(1) + before[8:]
    else:
        after = older[at : at + PAGE_BYTES] or before
    content[at : at + PAGE_BYTES] = after
    database.write_bytes(content)
    return after != before


@contextmanager
def _open(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        yield connection
