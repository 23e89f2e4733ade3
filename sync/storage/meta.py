"""The small table ``meta``: what a database says of itself, one typed accessor for each key.

Reading an attribute of `Meta` reads its row; assigning to it writes the row, inside the caller's
transaction. The keys and the forms of the values are on disk, so neither ever changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sync.errors import BadFact, StoreDamaged
from sync.model import facts
from sync.model.believed import KeptTime
from sync.model.facts import Author, Incarnation
from sync.model.numbers import NumberRange
from sync.rules.ageing import Ageing
from sync.rules.chains import Checkpoint, Head

T = TypeVar("T")
IN_DOUBT_MAX: Final = 64
"""So many stretches of numbers in doubt are told apart in one range."""


def _read_time(stored: bytes) -> KeptTime:
    return KeptTime(*facts.unpack(stored))


def _read_ageing(stored: bytes) -> Ageing:
    return Ageing(*facts.unpack(stored))


def _write_checkpoint(checkpoint: Checkpoint | None) -> bytes | None:
    return facts.pack([*checkpoint.head, *checkpoint[1:]]) if checkpoint is not None else None


def _read_checkpoint(stored: bytes) -> Checkpoint:
    number, hashed, *rest = facts.unpack(stored)
    return Checkpoint(Head(number, hashed), *rest)


class DaySpan(NamedTuple):
    """The counters of facility days (YYYYMMDD), first and last included, lie above ``floor``."""

    first: str
    last: str
    floor: int


def _read_spans(stored: bytes) -> tuple[DaySpan, ...]:
    return tuple(DaySpan(*span) for span in facts.unpack(stored))


class Value(Generic[T]):
    """One key of the table as an attribute of `Meta`.

    Args:
        missing: the value where there is no row, or NULL.
        to_disk: makes what SQLite stores; without it the value itself is stored.
        from_disk: the inverse of ``to_disk``.
        kind: what SQLite stores is required to be; by default what does not fit is noticed where it
            is used, or written anew.
    """

    def __init__(
        self,
        key: str,
        missing: T,
        to_disk: Callable[[T], object] | None = None,
        from_disk: Callable[[Any], T] | None = None,
        *,
        kind: type[Any] = object,
    ) -> None:
        self._key = key
        self._missing = missing
        self._to_disk = to_disk
        self._from_disk = from_disk
        self._kind = kind

    def __get__(self, meta: Meta, _owner: type[Meta]) -> T:
        stored = _read(meta.connection, self._key)
        if stored is None:
            return self._missing
        try:
            if not isinstance(stored, self._kind):
                raise TypeError(type(stored).__name__)
            value: T = stored if self._from_disk is None else self._from_disk(stored)
        except (BadFact, TypeError, ValueError) as error:
            # Only this software has written it, so it was changed on the disk.
            why = f"the value {self._key} in it cannot be read"
            raise StoreDamaged(path="register.db", why=why) from error
        return value

    def __set__(self, meta: Meta, value: T) -> None:
        _write(meta.connection, self._key, value if self._to_disk is None else self._to_disk(value))


class Meta:
    """The keys of one database; a connection that only reads can read all of them."""

    author = Value[Author | None]("author", None)
    """Whose replica this is; None in a database that `sync.engine.writer.Writer.init` has not made
    one."""
    replica = Value[bytes]("replica", b"")
    """16 random bytes that name this database and its copies."""
    incarnation = Value[Incarnation]("incarnation", Incarnation(b""), kind=bytes)
    """Renewed when the database is restored, or a copy of it was noticed."""
    projection_version = Value[int]("projection", 0)
    """`sync.storage.schema.PROJECTION_VERSION` of the software that made the projection."""
    kept_time = Value[KeptTime]("kept_time", KeptTime(), facts.pack, _read_time)
    """The time that was last believed, see `sync.model.believed`."""
    serial_floor = Value[int]("serial_floor", 0)
    """Serials up to this one were given before the database was set back. Version 0.1.0 wrote it;
    now a fact says so."""
    witness = Value[int]("witness", 0)
    """The number of its own witness, see `sync.witness.memory`; 0 for one that has none."""
    given = Value[int]("given", 0)
    """What goes up with whatever a node gives, see `sync.witness.steps`; 0 before it has."""
    noticed_behind = Value[frozenset[str]](
        "noticed_behind",
        frozenset(),
        lambda texts: facts.pack(sorted(texts)),
        lambda stored: frozenset(facts.unpack(stored)),
    )
    """In which ranges the witness of a node was found to know more, and how much; of which number
    it knew who got it; and what else it knew that was given, or may have been."""
    own_pasts_met = Value[int]("own_pasts_met", 0)
    """How often facts of this very incarnation came in that this database had not written."""
    feed_epoch = Value[str]("feed_epoch", "")
    """Names the cursors of the feed since they could last repeat; empty until they could."""
    patient_floor = Value[int]("patient_floor", 0)
    """Local ids of patients up to this one are not used, because clients may know them."""
    doubted_sheet = Value[bytes | None]("doubted_sheet", None)
    """The fact of the newest sheet of before this database may have been set back: people of whom
    it does not know may have the numbers of it."""
    commits = Value[int]("commits", 0, kind=int)
    """How many transactions there were; by it readers know which commit they see."""
    registry_changed_by = Value[int]("registry_changed_by", 0)
    """The number of the commit that changed the registry last."""
    indexed = Value[int]("indexed", 0)
    """The local id of the last patient who was brought into the search index."""
    compared = Value[int]("compared", 0)
    """The cursor of the last change whose people were compared with all others."""
    wal_base = Value[int]("commits before the wal", 0)
    """See `sync.storage.belonging`; by their names this row and the next lie beside ``commits``."""
    in_use = Value[bool]("commits in use", False, int, bool)
    """See `sync.storage.belonging`."""
    set_back = Value[str | None]("set_back", None)
    """Why this database may lack what it has told before, and what is known of that."""
    search_rule = Value[str]("search_rule", "")
    """By which rule the words in the search index were made, see `sync.model.typed.rule`."""
    checked_ms = Value[int | None]("checked_ms", None)
    """When the database was last found sound."""
    backup_wait_s = Value[int]("backup_wait_s", 0)
    """For how many seconds the daemon has run while a backup was due that it has not made."""
    looks_checkpoint = Value[Checkpoint | None](
        "looks_checkpoint", None, _write_checkpoint, _read_checkpoint
    )
    """The newest entry of who looked at whom that was removed because it was old."""

    looks_ageing = Value[Ageing]("looks_ageing", Ageing(), facts.pack, _read_ageing)
    """What makes nothing of who looked at whom older, see `sync.rules.ageing`."""

    # only a coordinator has these

    recovery = Value[str | None]("recovery", None)
    """Why the coordinator grants and judges nothing for now; None when it does."""
    recovery_merged = Value[frozenset[Author]](
        "recovery_merged",
        frozenset(),
        lambda terminals: facts.pack(sorted(terminals)),
        lambda stored: frozenset(facts.unpack(stored)),
    )
    """The terminals that have brought all that they have since the recovery began."""
    restored = Value[bool]("restored", False, lambda on: 1 if on else None, bool)
    """Whether the recovery began because a backup was put back."""
    recovery_whole = Value[int | None]("recovery_whole", None)
    """No serial up to this one is missing, as of the beginning of the recovery; None before the
    coordinator has gone on above what it may have given, and when it is not in recovery."""
    recovery_gave_up = Value[bool]("recovery_gave_up", False, lambda on: 1 if on else None, bool)
    """Whether a terminal was revoked during the recovery that had not come back."""
    ranges_forgotten = Value[bool]("range_floor", False, int, bool)
    """Whether ranges may have been granted and then forgotten, because there was a recovery."""
    day_floors = Value[Mapping[str, int]](
        "day_floors", MappingProxyType({}), facts.pack, facts.unpack
    )
    """Facility day (YYYYMMDD) -> the counter above which its online numbers go on."""
    day_spans = Value[tuple[DaySpan, ...]]("day_spans", (), facts.pack, _read_spans)
    """Days of which numbers may have been given and then forgotten, whichever day it is now."""
    quotas_lifted = Value[Mapping[str, int]](
        "quotas_lifted", MappingProxyType({}), facts.pack, facts.unpack
    )
    """Terminal -> until when (ms since 1970) an administrator lets it get what it asks for."""
    quotas_lifted_at = Value[Mapping[str, int]](
        "quotas_lifted_at", MappingProxyType({}), facts.pack, facts.unpack
    )
    """Terminal -> when (ms since 1970) the administrator said so, which 0.1.0 did not note."""
    caused = Value[Mapping[str, tuple[int, int]]](
        "caused", MappingProxyType({}), facts.pack, facts.unpack
    )
    """What of the registry which terminal has caused, by a name that says both -> when (ms since
    1970) it did so last, and when all that it may cause at once is there again."""
    facility = Value[str]("facility", "")
    """What the clinic is called, as its administrator says it; empty until then."""
    seen = Value[Mapping[str, int]]("seen", MappingProxyType({}), facts.pack, facts.unpack)
    """Terminal -> when (ms since 1970) there was a connection with it last."""
    pool = Value[dict[str, Any] | None]("pool", None, facts.pack, facts.unpack)
    """The pool, in the form of `coordinator.registry.pool.write`; None before it was named."""
    number_formats = Value[Mapping[str, Any]](
        "number_formats", MappingProxyType({}), facts.pack, facts.unpack
    )
    """Kind of numbers -> the form of new ones as facts have it, see
    `coordinator.registry.formats`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # keys with a part that varies

    def supplied_below(self, range_: NumberRange) -> int:
        """How many numbers below the cursor of a range clients have supplied."""
        found: int = _read(self.connection, _supplied_below(range_)) or 0
        return found

    def set_supplied_below(self, range_: NumberRange, count: int) -> None:
        """Write what `supplied_below` returns."""
        _write(self.connection, _supplied_below(range_), count)

    def in_doubt(self, range_: NumberRange) -> list[tuple[int, int]]:
        """The first and the last of numbers below the cursor of a range that people may have.

        This database knows nobody with them: it was put back after they were given, or the process
        died that was about to give them.
        """
        stored = _read(self.connection, _in_doubt(range_))
        return [] if stored is None else [(first, last) for first, last in facts.unpack(stored)]

    def add_in_doubt(self, range_: NumberRange, first: int, last: int) -> None:
        """Add numbers above all that `in_doubt` returns."""
        found = [*map(list, self.in_doubt(range_)), [first, last]]
        if len(found) > IN_DOUBT_MAX:  # then good numbers count as in doubt, and never the reverse
            found[:2] = [[found[0][0], found[1][1]]]
        _write(self.connection, _in_doubt(range_), facts.pack(found))

    def written(self, run: int) -> dict[int, bytes]:
        """Clock -> what was written there, of places of a run where a disk has changed it.

        `sync.upkeep.records.kept` has packed that.
        """
        of_run = _written(run, "")
        rows = self.connection.execute(
            "SELECT key, value FROM meta WHERE key LIKE ?", (f"{of_run}%",)
        )
        return {int(key.removeprefix(of_run)): packed for key, packed in rows}

    def written_at(self, run: int, clock: int) -> bytes | None:
        """One of `written`, None where nothing was kept."""
        packed: bytes | None = _read(self.connection, _written(run, clock))
        return packed

    def keep_written(self, run: int, clock: int, packed: bytes) -> None:
        """Write one of `written`."""
        _write(self.connection, _written(run, clock), packed)

    def enrolments(self) -> dict[bytes, bytes]:
        """Id of each code that lets a desk in -> what `coordinator.registry.enrolments` packed."""
        rows = self.connection.execute(
            "SELECT key, value FROM meta WHERE key LIKE ?", (_enrolment("%"),)
        )
        return {bytes.fromhex(key.removeprefix(_enrolment(""))): value for key, value in rows}

    def keep_enrolment(self, ident: bytes, packed: bytes) -> None:
        """Write one of `enrolments`."""
        _write(self.connection, _enrolment(ident.hex()), packed)

    def drop_enrolment(self, ident: bytes) -> None:
        """Remove one of `enrolments`."""
        key = _enrolment(ident.hex())
        self.connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    def certified(self) -> dict[bytes, bytes]:
        """The key (32 bytes) of each replica that got a certificate -> who issued the newest one.

        The issuer is the fingerprint of its key.
        """
        rows = self.connection.execute(
            "SELECT key, value FROM meta WHERE key LIKE ?", (_certified("%"),)
        )
        return {bytes.fromhex(key.removeprefix(_certified(""))): issuer for key, issuer in rows}

    def keep_certified(self, key: bytes, issuer: bytes) -> None:
        """Write one of `certified`."""
        _write(self.connection, _certified(key.hex()), issuer)

    def addresses(self) -> list[bytes]:
        """What `sync.network.address_book` has packed of each replica."""
        rows = self.connection.execute(
            "SELECT value FROM meta WHERE key LIKE ?", (_addresses("%"),)
        )
        return [packed for (packed,) in rows]

    def keep_addresses(self, key: bytes, packed: bytes | None) -> None:
        """Write one of `addresses`, that of the replica with this key; None removes it."""
        if packed is None:
            row = (_addresses(key.hex()),)
            self.connection.execute("DELETE FROM meta WHERE key = ?", row)
        else:
            _write(self.connection, _addresses(key.hex()), packed)


def _addresses(key: str) -> str:
    return f"addresses:{key}"


def _written(run: int, clock: int | str) -> str:
    return f"written at {run}/{clock}"


def _enrolment(ident: str) -> str:
    return f"enrolment:{ident}"


def _certified(key: str) -> str:
    return f"certified:{key}"


def _in_doubt(range_: NumberRange) -> str:
    return f"in doubt below the cursor of {range_.text}"


def _supplied_below(range_: NumberRange) -> str:
    return f"supplied below the cursor of {range_.text}"


def _read(connection: sqlite3.Connection, key: str) -> Any:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def _write(connection: sqlite3.Connection, key: str, value: object) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
