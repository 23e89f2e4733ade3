"""What this replica has told its own clients: no fact says it, and no other replica knows it.

Answers to idempotency keys, local ids, the feed of changes and where it is delivered to, cards that
were printed again, and the log of how numbers changed hands here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from sync.model.numbers import Mrn
from sync.rules.feed import FeedEntry
from sync.storage.meta import Meta
from sync.storage.queries import write_many

IDS_SKIPPED: Final = 1_000_000
"""At least so many ids are left out by a database that was set back."""
RANDOM_BYTES: Final = 4
"""How far more it leaves out is random, so that two copies of one backup do not meet again."""
EPOCH_BYTES: Final = 8
_FEW_ENTRIES: Final = 8
"""So many entries of the feed are written faster one by one than all at once."""


class Webhook(NamedTuple):
    """Where changes are delivered, and up to which cursor that has been done."""

    id: int
    url: str
    secret: str
    delivered: int


class Local:
    """The tables that only this replica's clients read, over one connection."""

    def __init__(self, connection: sqlite3.Connection, meta: Meta) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._meta = meta

    # local ids

    def next_patient_id(self) -> int:
        """The first local id of a person that was never used here."""
        newest: int = self._execute(
            "SELECT max((SELECT coalesce(max(id), 0) FROM patients),"
            " coalesce((SELECT value FROM meta WHERE key = 'patient_floor'), 0))"
        ).fetchone()[0]
        return newest + 1

    def go_on_above(
        self, random: Callable[[int], bytes], now_ms: int, newest_shown: int = 0
    ) -> None:
        """This database was set back: no id or cursor that clients know comes to mean another.

        Its people get ids, and its changes cursors, above all that it can have told before. The
        milliseconds since 1970 lie above all cursors that were counted one by one; but clocks go
        back, so the feed also gets another epoch, by which whoever follows it knows. Its commits
        are numbered far above too, so that no write-ahead log of before is taken for its own, see
        `sync.storage.belonging`.

        Args:
            random: returns so many random bytes.
            now_ms: milliseconds since 1970, as far as they are known.
            newest_shown: the cursor of the newest change that is known to have been told.
        """
        skipped = IDS_SKIPPED + int.from_bytes(random(RANDOM_BYTES))
        self._meta.patient_floor = self.next_patient_id() - 1 + skipped
        self._meta.commits += skipped
        self._meta.feed_epoch = random(EPOCH_BYTES).hex()
        newest: int = self._execute(
            "SELECT max(?, coalesce("
            "(SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) + ?)",
            (max(now_ms, newest_shown), IDS_SKIPPED),
        ).fetchone()[0]
        # The table has no row for it before the first change.
        self._execute("DELETE FROM sqlite_sequence WHERE name = 'changes'")
        self._execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?)", (newest,))

    @property
    def feed_epoch(self) -> str:
        """Names the cursors of the feed: with another epoch they mean other changes."""
        return self._meta.feed_epoch or self._meta.replica.hex()

    # answers

    def answer(self, key: bytes) -> tuple[bytes, int] | None:
        """(hash of the request, patient) answered to an idempotency key before."""
        row = self._execute("SELECT request, patient FROM answers WHERE key = ?", (key,)).fetchone()
        return (row[0], row[1]) if row else None

    def keep_answer(self, key: bytes, request: bytes, patient: int) -> None:
        """Remember what was answered to an idempotency key."""
        self._execute("INSERT INTO answers VALUES (?, ?, ?)", (key, request, patient))

    def is_answer(self, patient: int) -> bool:
        """True when a person was answered to some key; looks through all answers."""
        row: tuple[int] = self._execute(
            "SELECT EXISTS (SELECT 1 FROM answers WHERE patient = ?)", (patient,)
        ).fetchone()
        return bool(row[0])

    # the feed of changes

    def log_changes(self, at_ms: int, entries: Sequence[FeedEntry]) -> int:
        """Write what clients are told of, see `sync.rules.feed`; return the newest cursor."""
        insert = "INSERT INTO changes (at_ms, patient, change, mrn, former_mrn) VALUES (?,?,?,?,?)"
        rows = [
            (at_ms, entry.patient, entry.change, entry.mrn, entry.former_mrn) for entry in entries
        ]
        if len(rows) > _FEW_ENTRIES:
            write_many(self._connection, insert, rows)
            return self.newest_change()
        newest = 0
        for row in rows:  # as of each registration and its verdict, and then nobody need be asked
            newest = self._execute(insert, row).lastrowid or 0
        return newest

    def newest_change(self) -> int:
        """The cursor of the newest entry that `log_changes` wrote, 0 when there is none."""
        newest: int = self._execute("SELECT coalesce(max(id), 0) FROM changes").fetchone()[0]
        return newest

    def newest_cursor(self) -> int:
        """The highest cursor that was used or left out, 0 when there is none."""
        row = self._execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        return row[0] if row else 0

    def newest_change_ms(self) -> int:
        """When `log_changes` wrote last, 0 when it never has."""
        row = self._execute("SELECT at_ms FROM changes ORDER BY id DESC LIMIT 1").fetchone()
        return row[0] if row else 0

    # where the feed is delivered to

    def webhooks(self) -> list[Webhook]:
        """All of them, the oldest first."""
        rows = self._execute("SELECT id, url, secret, delivered FROM webhooks ORDER BY id")
        return [Webhook(*row) for row in rows]

    def add_webhook(self, url: str, secret: str, delivered: int, at_ms: int) -> Webhook:
        """A new one, to which what comes after the cursor ``delivered`` is to be delivered."""
        cursor = self._execute(
            "INSERT INTO webhooks (url, secret, delivered, created_ms) VALUES (?, ?, ?, ?)",
            (url, secret, delivered, at_ms),
        )
        assert cursor.lastrowid is not None
        return Webhook(cursor.lastrowid, url, secret, delivered)

    def advance_webhook(self, ident: int, delivered: int) -> None:
        """Changes up to this cursor have been delivered."""
        self._execute("UPDATE webhooks SET delivered = ? WHERE id = ?", (delivered, ident))

    def remove_webhook(self, ident: int) -> None:
        """Nothing is delivered there any more."""
        self._execute("DELETE FROM webhooks WHERE id = ?", (ident,))

    # cards

    def card_of(self, patient: int) -> Mrn | None:
        """The number that a person's card was last printed with again, None if it never was."""
        row = self._execute(
            "SELECT mrn FROM reprinted WHERE patient = ? ORDER BY at_ms DESC LIMIT 1",
            (patient,),
        ).fetchone()
        return row[0] if row else None

    def note_reprinted(self, patient: int, mrn: Mrn, at_ms: int) -> None:
        """A person's card shows ``mrn`` from now on.

        The row gets a time above all others of the person, so that a clock that was set back does
        not bring an older card to the front.
        """
        self._execute(
            "INSERT OR REPLACE INTO reprinted VALUES (?1, ?2, max(?3, 1 +"
            " coalesce((SELECT max(at_ms) FROM reprinted WHERE patient = ?1), 0)))",
            (patient, mrn, at_ms),
        )

    # numbers that changed hands

    def log_holders(
        self, at_ms: int, changes: Iterable[tuple[Mrn, int | None, int | None]]
    ) -> None:
        """Log (MRN, former holder, holder) as this replica saw it change."""
        write_many(
            self._connection,
            "INSERT INTO holder_changes (at_ms, mrn, former, holder) VALUES (?, ?, ?, ?)",
            [(at_ms, *change) for change in changes],
        )
