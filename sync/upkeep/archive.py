"""The file of a backup: a ZIP file, and a manifest that says what must be in it.

``manifest.json`` lists the other members with their sizes and BLAKE2b-256, and says whose database
it is, of which schema, and how much is in it. `unpack` compares all of this with what it finds.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from sync.engine.replica import DATABASE
from sync.errors import StoreDamaged, StoreError, StoreFromFuture
from sync.model import causes
from sync.reading.faults import fault_of
from sync.reading.view import identity_of
from sync.storage import belonging, files, schema
from sync.storage.meta import Meta
from sync.storage.store import Store
from sync.upkeep import agreement
from sync.upkeep.agreement import Disagreement
from sync.upkeep.errors import BackupDamaged, BackupStopped

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
PIECE_BYTES: Final = 1 << 20

_MANIFEST_BYTES_MAX: Final = 64 * 1024
_PROBLEMS_MAX: Final = 10
_ASKED_EVERY: Final = 10_000
"""Steps of SQLite, a fraction of a millisecond, after which it asks whether to go on."""
_OF_SEARCH: Final = re.compile(r"\bfts5\b", re.IGNORECASE)
"""In what SQLite says of the search index, in other words from version to version."""
_OF_UNUSED: Final = re.compile(r"\bnever used\b")
"""What SQLite says of pages that lie in a database and belong to nothing."""
_LABELS: Final = {
    "replica": "id of the database",
    "author": "name",
    "facts": "number of records",
    "patients": "number of people",
}
"""What people call fields of `Contents`."""
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""What `zipfile` raises for a file that is cut, changed, or no ZIP file at all."""

Tell = Callable[[str, int, int], None]
"""(what is being done, how much of it is done, of how much)."""


class Member(msgspec.Struct, frozen=True):
    """A file in a backup: its size in bytes and its BLAKE2b-256 in hexadecimal."""

    bytes: int
    blake2b: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself; ``made_ms`` is in milliseconds since 1970.

    ``kind`` is that of its `Daemon`, ``schema`` the version of its database, ``facts`` and
    ``patients`` how many rows these tables have in it. ``doubts`` are what does not agree in it,
    see `sync.upkeep.agreement`. ``replica`` and ``incarnation`` tell what database it is of, also
    from one that was restored; ``lacking`` says that something is known to be missing in it.
    Earlier versions noted neither of the last two.
    """

    format: int
    kind: str
    author: str
    replica: str
    schema: int
    made_ms: int
    facts: int
    patients: int
    members: dict[str, Member]
    doubts: tuple[str, ...] = ()
    incarnation: str = ""
    lacking: bool = False


class Contents(NamedTuple):
    """What a copy of a database says of itself."""

    schema: int
    replica: str
    incarnation: str
    lacking: bool
    author: str
    facts: int
    patients: int


class Stop:
    """Makes work in another thread end soon, also while SQLite is busy with a long check."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._busy: set[sqlite3.Connection] = set()

    def set(self) -> None:
        """The work is to end soon."""
        with self._lock:
            self._is_set = True
            for connection in self._busy:
                connection.interrupt()

    def require_going(self) -> None:
        """Return unless the work is to end.

        Raises:
            BackupStopped: it is to end.
        """
        if self._is_set:
            raise BackupStopped()

    @contextlib.contextmanager
    def interrupting(self, connection: sqlite3.Connection) -> Iterator[None]:
        """End what the connection does in this context soon after the work is to end.

        Raises:
            BackupStopped: it is to end, so what was found until then is not all of it.
        """
        self.require_going()
        with self._lock:
            self._busy.add(connection)
        # SQLite forgets an interruption that comes between two statements, so it asks too.
        connection.set_progress_handler(lambda: self._is_set, _ASKED_EVERY)
        try:
            yield
        except (sqlite3.Error, StoreError):
            self.require_going()
            raise
        finally:
            connection.set_progress_handler(None, 0)
            with self._lock:
                self._busy.remove(connection)
        self.require_going()


NEVER: Final = Stop()
"""For work that nobody stops."""


def quiet(_step: str, _done: int, _total: int) -> None:
    """Report no progress."""


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself, without looking at the rest of it.

    Raises:
        BackupDamaged: it is no backup, or a newer version of the software made it.
    """
    with _opened(path) as packed:
        return _manifest(path, packed)


def unpack(
    path: Path,
    folder: Path,
    tell: Tell = quiet,
    stop: Stop = NEVER,
) -> Manifest:
    """Unpack a backup into a new folder, and check all of it.

    Raises:
        BackupDamaged: something in it is not what its manifest says.
        StoreFromFuture: a newer version of the software wrote its database.
    """
    with _opened(path) as packed:
        manifest = _manifest(path, packed)
        if manifest.schema > schema.VERSION:
            raise StoreFromFuture(path=path, version=manifest.schema, known=schema.VERSION)
        folder.mkdir(mode=0o700)
        files.restrict(folder)
        for name, member in manifest.members.items():
            # Closed also where this is stopped: Windows would not remove a file that is still read.
            with (
                contextlib.closing(_unpacked(path, packed, name)) as pieces,
                files.create_private(folder / name) as target,
            ):
                found = transfer(pieces, target, f"checking {name}", member.bytes, tell, stop)
                files.sync_file(target)
            if found != member:
                raise BackupDamaged(path=path, why=f"{name} in it was changed")
    tell("checking the database", 0, 1)
    _check_database(path, folder / DATABASE, manifest, stop)
    tell("checking the database", 1, 1)
    return manifest


def _unpacked(path: Path, packed: zipfile.ZipFile, name: str) -> Generator[bytes, None, None]:
    """The content of a member; an error in reading it means that the backup is damaged."""
    with _reading(path):
        content = packed.open(name)
    with content:
        while True:
            with _reading(path):
                piece = content.read(PIECE_BYTES)
            if not piece:
                return
            yield piece


def _check_database(path: Path, database: Path, manifest: Manifest, stop: Stop) -> None:
    problems = problems_of(database, stop)
    if problems:
        raise BackupDamaged(
            path=path, why=f"its database is not sound ({problems})", problems=problems
        )
    with (
        contextlib.closing(open_read_only(database)) as connection,
        stop.interrupting(connection),
    ):
        found = contents_of(connection)
    described = Contents(
        manifest.schema,
        manifest.replica,
        *(manifest.incarnation, manifest.lacking)
        if manifest.incarnation  # earlier versions did not note it
        else (found.incarnation, found.lacking),
        manifest.author,
        manifest.facts,
        manifest.patients,
    )
    if found != described:
        name, here, there = next(
            row for row in zip(Contents._fields, found, described, strict=True) if row[1] != row[2]
        )
        raise BackupDamaged(
            path=path,
            why=f"the {_LABELS.get(name, name)} differs: {there} in its manifest, {here} in its "
            "database",
        )


def problems_of(database: Path, stop: Stop = NEVER) -> str:
    """What SQLite's ``integrity_check`` finds in a database, which may be in use; empty if good.

    Raises:
        BackupStopped: it was stopped before it was done.
        StoreError: it cannot be looked at, which says nothing of what is in it.
    """
    stop.require_going()
    try:
        with (
            contextlib.closing(open_read_only(database)) as connection,
            stop.interrupting(connection),
        ):
            return problems_in(connection)
    except sqlite3.Error as error:
        return _damage(error, database)


def problems_of_alone(database: Path) -> str:
    """As `problems_of`, in the database file without its WAL, while nobody uses it."""
    try:
        with contextlib.closing(belonging.open_alone(database)) as connection:
            return problems_in(connection)
    except sqlite3.Error as error:
        return _damage(error, database)


def _damage(error: sqlite3.Error, database: Path) -> str:
    """What an error says of a database, if that is damaged.

    Raises:
        StoreError: that is not what it says. Whoever is told of damage restores a backup, and goes
            back to it.
    """
    found = fault_of(error, database.parent)
    if isinstance(found, StoreDamaged):
        return str(error)
    raise found from error


def disagreements_of(database: Path, stop: Stop = NEVER) -> Disagreement:
    """What does not agree in a database, also while it is in use; see `sync.upkeep.agreement`.

    Raises:
        BackupStopped: it was stopped before it was done.
        sqlite3.Error: it cannot be read.
    """
    with (
        contextlib.closing(open_read_only(database)) as connection,
        stop.interrupting(connection),
    ):
        store = Store(connection)
        connection.execute("BEGIN")
        names = identity_of(store).names
        return agreement.everywhere(store, names, stop.require_going)


def problems_in(connection: sqlite3.Connection) -> str:
    """What SQLite finds in a database, from a connection to it; empty if good.

    A search index that is bad is no damage where all else is sound: a daemon makes it anew by
    itself, and its pages from before are used by nobody then.
    """
    try:
        found = _checked(connection, _PROBLEMS_MAX)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error) or not _is_search_alone(connection):
            raise
        return ""
    found = [one for one in found if not _OF_UNUSED.search(one)]
    return "; ".join(found) if found and not _is_search_alone(connection) else ""


def problems_in_table(connection: sqlite3.Connection, table: str) -> str:
    """What SQLite finds in one table and its indexes; empty if good."""
    return "; ".join(_checked(connection, table))


def problems_of_search(connection: sqlite3.Connection) -> str:
    """What SQLite finds in the pages of the search index; empty if good."""
    tables = schema.search_tables(connection)
    return "; ".join(filter(None, (_in_table(connection, table) for table in tables)))


def _checked(connection: sqlite3.Connection, what: str | int) -> list[str]:
    """What ``integrity_check`` finds in a table, or so much in a whole database."""
    # A quick_check takes a tenth of that time, and does not see that an index has lost somebody.
    rows = connection.execute(f"PRAGMA integrity_check({what})").fetchall()
    found = [" ".join(str(text).split()) for (text,) in rows[:_PROBLEMS_MAX]]
    # Since SQLite 3.44 it looks into the search index too.
    return [one for one in found if one != "ok" and not _OF_SEARCH.search(one)]


def _in_table(connection: sqlite3.Connection, table: str) -> str:
    """As `problems_in_table`, also where it cannot be read to the end."""
    try:
        return problems_in_table(connection, table)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return str(error)


def _is_search_alone(connection: sqlite3.Connection) -> bool:
    """Whether the search index is damaged, and no other table is."""
    if not problems_of_search(connection):
        return False
    of_search = schema.search_tables(connection)
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    others = ["sqlite_schema", *(name for (name,) in names if name not in of_search)]
    return not any(_in_table(connection, name) for name in others)


def _is_damage(error: sqlite3.Error) -> bool:
    return isinstance(fault_of(error, Path()), StoreDamaged)


def open_read_only(database: Path) -> sqlite3.Connection:
    """A connection that never writes and never checkpoints: only the daemon's writer does.

    Raises:
        StoreMissing, StoreEmpty: see `sync.storage.belonging.require_content`.
        sqlite3.Error: it cannot be opened.
    """
    connection = belonging.open_to_look(database)
    connection.execute("PRAGMA query_only = ON")
    return connection


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with _reading(path):
        packed = zipfile.ZipFile(path)
    with packed:
        yield packed


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BackupDamaged(path=path, why="there is no such file") from error
    except OSError as error:
        raise BackupDamaged(path=path, why=f"it cannot be read: {causes.why(error)}") from error
    except KeyError as error:
        raise BackupDamaged(path=path, why="a file is missing in it") from error
    except _UNREADABLE as error:
        raise BackupDamaged(path=path, why="it is damaged, or is no backup") from error


def _manifest(path: Path, packed: zipfile.ZipFile) -> Manifest:
    with _reading(path), packed.open(MANIFEST) as file:
        data = file.read(_MANIFEST_BYTES_MAX)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupDamaged(path=path, why="its list of files cannot be read") from error
    if manifest.format != FORMAT:
        raise BackupDamaged(
            path=path, why=f"it has format {manifest.format}; newer software made it"
        )
    if DATABASE not in manifest.members or not all(map(_is_plain, manifest.members)):
        raise BackupDamaged(path=path, why="its list of files names other files than a backup has")
    return manifest


def _is_plain(name: str) -> bool:
    """True for a name that cannot point outside the folder that it is unpacked into."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) is not None


def transfer(
    pieces: Iterable[bytes],
    target: IO[bytes],
    step: str,
    total: int,
    tell: Tell,
    stop: Stop,
) -> Member:
    """Write ``pieces``, hashed on their way, up to the first beyond ``total`` bytes."""
    size, check = 0, blake2b(digest_size=32)
    for piece in pieces:
        stop.require_going()
        if size > total:
            break
        target.write(piece)
        check.update(piece)
        size += len(piece)
        tell(step, size, total)
    return Member(size, check.hexdigest())


def contents_of(connection: sqlite3.Connection) -> Contents:
    """What a database says of itself and holds."""
    meta = Meta(connection)
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("facts", "patients")
    ]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    lacking = meta.set_back is not None or meta.recovery is not None
    line = meta.replica.hex(), meta.incarnation.hex()
    return Contents(version, *line, lacking, meta.author or "", *counts)
