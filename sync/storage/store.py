"""One database: its connection, and the statements on its tables, side by side."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from sync.errors import StoreDamaged, StoreEmpty, StoreMismatch
from sync.model.facts import Envelope
from sync.storage import belonging, schema
from sync.storage.access.api_keys import ApiKeyTables
from sync.storage.access.audit import AuditTable
from sync.storage.access.clerk_pins import ClerkPinTable
from sync.storage.access.looks import LookTable
from sync.storage.access.users import UserTables
from sync.storage.amendments import AmendmentTables
from sync.storage.belonging import OpenFiles, WalFollower
from sync.storage.cursors import Cursors
from sync.storage.decisions import DecisionTables
from sync.storage.local import Local
from sync.storage.meta import Meta
from sync.storage.numbers import NumberTables, RivalTables
from sync.storage.people import PeopleTables
from sync.storage.queries import roll_back
from sync.storage.records.merges import MergeTables
from sync.storage.records.number_sets import NumberSets
from sync.storage.records.pairs import PairTables
from sync.storage.records.printed import PrintedTables
from sync.storage.records.requests import RequestTables
from sync.storage.records.sheets import SheetTables
from sync.storage.records.suggestions import SuggestionTable
from sync.storage.shards import ShardTables
from sync.storage.times.days import WrittenDays
from sync.storage.watching.alerts import AlertTables
from sync.storage.watching.outages import OutageTable


class Store:
    """The parts of one database, over one connection that one thread uses.

    ``meta``, ``shards``, ``cursors``, ``local``, ``users``, ``api_keys``, ``audit``,
    ``suggestions``, ``alerts``, ``outages`` and ``clerk_pins`` hold the truth. ``decisions``,
    ``amendments``, ``numbers``, ``people``, ``merges``, ``pairs``, ``printed``, ``requests``,
    ``sheets``, ``rivals``, ``number_sets`` and ``written`` are the projection, which can be made
    again from the facts in ``shards``.

    None of them begins or ends a transaction; `sync.engine.writer` does.

    ``unreadable`` says that a record was passed over because a fault of the disk has changed it;
    whoever has the whole database looked at clears it.
    """

    def __init__(self, connection: sqlite3.Connection, wal: WalFollower | None = None) -> None:
        self.connection = connection
        self.unreadable = False
        self._wal = wal
        self._kept: sqlite3.Connection | None = None
        self._files: OpenFiles | None = None
        self.meta = Meta(connection)
        self.clerk_pins = ClerkPinTable(connection)
        self.shards = ShardTables(connection)
        self.cursors = Cursors(connection)
        self.local = Local(connection, self.meta)
        self.users = UserTables(connection)
        self.api_keys = ApiKeyTables(connection)
        self.audit = AuditTable(connection)
        self.looks = LookTable(connection)
        self.suggestions = SuggestionTable(connection)
        self.alerts = AlertTables(connection)
        self.outages = OutageTable(connection)
        self.decisions = DecisionTables(connection)
        self.amendments = AmendmentTables(connection)
        self.numbers = NumberTables(connection)
        self.people = PeopleTables(connection)
        self.merges = MergeTables(connection)
        self.pairs = PairTables(connection)
        self.printed = PrintedTables(connection)
        self.requests = RequestTables(connection)
        self.sheets = SheetTables(connection)
        self.rivals = RivalTables(connection)
        self.number_sets = NumberSets(connection)
        self.written = WrittenDays(connection)

    @classmethod
    def create(cls, path: Path) -> Store:
        """A new database in the file at ``path``, for writing.

        Raises:
            StoreLinked: see `sync.storage.belonging.require_own_files`.
            StoreUnsafe: see `sync.storage.schema.open_for_writing`.
        """
        belonging.require_own_files(path)
        return cls(schema.open_for_writing(path))

    @classmethod
    def open(cls, path: Path) -> Store:
        """The database in the file at ``path``, for writing; nobody else may write to it.

        Raises:
            StoreLinked, StoreMissing, StoreEmpty, StoreMismatch: see
                `sync.storage.belonging.require`.
            StoreFromFuture, StoreUnsafe: see `sync.storage.schema.open_for_writing`.
        """
        belonging.require(path)
        with contextlib.ExitStack() as stack:
            kept = stack.enter_context(contextlib.closing(belonging.keep_wal(path)))
            connection = stack.enter_context(contextlib.closing(schema.open_for_writing(path)))
            wal = WalFollower(path)
            stack.callback(wal.close)
            store = cls(connection, wal)
            store._begin_use()
            store._kept = kept
            store._files = OpenFiles(path)
            stack.pop_all()
        return store

    def require_in_place(self) -> None:
        """Pass unless somebody has exchanged or removed the files since `open`.

        Raises:
            StoreExchanged: what is written now would be gone when the process ends.
        """
        if self._files is not None:
            self._files.require()

    def readable_at(self, run: int, clock: int) -> Envelope | None:
        """The envelope of one fact; None, which `unreadable` remembers, if it is none any more.

        For what others bring in: one record here that a fault of the disk has changed or taken
        away must not keep back all that comes with it.
        """
        try:
            return self.shards.envelope_at(run, clock)
        except StoreDamaged:
            self.unreadable = True
            return None

    def close(self) -> None:
        """Close the connection, in order: the WAL is not needed any more.

        A process that cannot write any more ends as one that was killed: its WAL stays.
        """
        with contextlib.ExitStack() as stack:
            if self._wal is not None:
                self._wal.close()
            if self._kept is not None:
                stack.callback(self._kept.close)
                if self._end_use():
                    stack.close()  # so the connection is the last one, and takes the WAL away
            self.connection.close()

    def note_wal(self, before: int) -> None:
        """Note, in a transaction of its own, if the last commit has begun the WAL anew.

        Args:
            before: the number of the commit before it, which is in the database file then.
        """
        if self._wal is not None and self._wal.began_anew():
            # It is only known less of the files if this fails; the commit itself has not.
            with contextlib.suppress(sqlite3.Error):
                self.meta.wal_base = max(self.meta.wal_base, before)

    def _end_use(self) -> bool:
        """Let the database say that it is not in use any more; False if that cannot be written."""
        if self.connection.in_transaction:
            return False
        try:
            self.meta.in_use = False
        except sqlite3.Error:
            return False
        return True

    def _begin_use(self) -> None:
        """Let the database file itself say that it is in use, see `sync.storage.belonging`.

        At each moment, whatever stops this, the files belong together: the WAL is emptied last,
        when the database file says from which commit on that is in order.
        """
        # A full disk must not keep people from being found; less is known of the files then.
        with contextlib.suppress(sqlite3.OperationalError):
            is_whole = self._checkpoint("FULL")
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                self.meta.in_use = True
                if is_whole:
                    self.meta.wal_base = self.meta.commits
                self.connection.execute("COMMIT")
            except sqlite3.Error:
                roll_back(self.connection)
                raise
            self._checkpoint("TRUNCATE" if is_whole else "PASSIVE")

    def _checkpoint(self, mode: str) -> bool:
        """Copy the WAL into the database file; True if nothing of it is left to be copied."""
        statement = f"PRAGMA wal_checkpoint({mode})"
        is_busy, written, copied = self.connection.execute(statement).fetchone()
        return not is_busy and written == copied


def holds_facts(path: Path) -> bool:
    """True for a database file in which anything was ever written, or that cannot be read.

    One that was only begun holds nothing.
    """
    try:
        with contextlib.closing(belonging.open_to_look(path)) as connection:
            made = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'facts')"
            if not connection.execute(made).fetchone()[0]:
                return False
            return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM facts)").fetchone()[0])
    except StoreEmpty:
        return False
    except (sqlite3.Error, StoreMismatch):
        return True
