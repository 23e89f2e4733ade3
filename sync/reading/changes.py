"""The feed of changes, as ``/api/changes/`` and the webhooks tell it."""

from __future__ import annotations

import sqlite3
from typing import Final

from sync.errors import CursorBeyond, FeedRestarted
from sync.model.formats import iso_utc_of_ms
from sync.reading.answers import ChangeAnswer
from sync.reading.people import PeopleReader
from sync.rules.feed import FeedChange

CHANGES_MAX: Final = 500


class ChangesReader:
    """The feed within one snapshot."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleReader) -> None:
        self._execute = connection.execute
        self._people = people

    def after(self, cursor: int, limit: int) -> list[ChangeAnswer]:
        """The entries behind a cursor, in order, at most `CHANGES_MAX`."""
        rows = self._execute(
            "SELECT id, at_ms, patient, change, mrn, former_mrn FROM changes WHERE id > ?"
            " ORDER BY id LIMIT ?",
            (cursor, min(limit, CHANGES_MAX)),
        ).fetchall()
        known = {person["id"]: person for person in self._people.by_ids([row[2] for row in rows])}
        return [
            {
                "cursor": ident,
                "at": iso_utc_of_ms(at_ms),
                "change": FeedChange(change),
                "mrn": self._people.numbers.text(mrn),
                "former_mrn": self._people.numbers.text(former),
                "patient": known.get(patient),
            }
            for ident, at_ms, patient, change, mrn, former in rows
        ]

    def require_here(self, cursor: int, epoch: str | None, known: str) -> None:
        """Raise if a client goes by cursors that this feed does not have.

        Args:
            cursor: of the last change that the client has.
            epoch: in which it got it, None if it does not say.
            known: the epoch of this feed.

        Raises:
            FeedRestarted: cursors have come to mean other changes since.
            CursorBeyond: there is no such change.
        """
        newest = self.newest()
        if epoch is not None and epoch != known:
            raise FeedRestarted(epoch=epoch, known=known, newest=newest)
        if cursor > newest:
            raise CursorBeyond(after=cursor, known=known, newest=newest)

    def newest(self) -> int:
        """The cursor of the newest entry, 0 when there is none."""
        newest: int = self._execute("SELECT coalesce(max(id), 0) FROM changes").fetchone()[0]
        return newest
