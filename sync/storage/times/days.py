"""When each author wrote, by days: so the newest time of one is found among any number of runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from sync.model import clock
from sync.model.facts import Author
from sync.storage.queries import write_many

DAY_MS: Final = 86_400_000

WRITTEN: Final = """
-- The newest hybrid time of each day at which an author says to have written something.
CREATE TABLE written (
    author TEXT NOT NULL, day INTEGER NOT NULL, newest INTEGER NOT NULL,
    PRIMARY KEY (author, day)) WITHOUT ROWID;
"""

AuthorDay = tuple[Author, int]
"""An author and a day, counted from 1970 in UTC."""


class WrittenDays:
    """The table ``written``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def note(self, newest: Mapping[AuthorDay, int]) -> None:
        """Take up the newest hybrid times of some facts, see `day_of`."""
        write_many(
            self._connection,
            "INSERT INTO written VALUES (?, ?, ?) ON CONFLICT (author, day)"
            " DO UPDATE SET newest = excluded.newest WHERE excluded.newest > newest",
            [(*key, hlc) for key, hlc in newest.items()],
        )

    def newest(self, above: int) -> list[tuple[Author, int]]:
        """(author, newest hybrid time) of those who wrote something at a time above ``above``.

        It takes a few steps for each author, however many days they have written at.
        """
        return self._execute(
            "WITH RECURSIVE authors (author) AS (SELECT min(author) FROM written UNION ALL"
            " SELECT (SELECT min(w.author) FROM written w WHERE w.author > a.author)"
            " FROM authors a WHERE a.author IS NOT NULL),"
            " times (author, newest) AS (SELECT author, (SELECT w.newest FROM written w"
            " WHERE w.author = authors.author ORDER BY w.day DESC LIMIT 1) FROM authors)"
            " SELECT author, newest FROM times WHERE newest > ? ORDER BY author",
            (above,),
        ).fetchall()


def day_of(hlc: int) -> int:
    """The day of a hybrid time."""
    return clock.unpack(hlc)[0] // DAY_MS
