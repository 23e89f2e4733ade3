"""Whether the files of a database belong together: the database and its write-ahead log (WAL).

SQLite applies any WAL whose own checksums are right to any database beside it, and says nothing. It
deletes the WAL beside an empty file or none. So both are looked at before SQLite opens them to
write, by three rows of the table ``meta``:

- ``commits`` grows with every commit. What lies in the database file itself, without the WAL, is
  never newer than what lies in both together.
- ``wal_base``: the WAL was begun anew when the database file held this commit already, so a
  database file that is older does not belong to it.
- ``in_use`` is set in the database file while a process writes to it. Whoever ends in order clears
  it, and SQLite removes the WAL; otherwise the WAL must be there.

They lie beside each other in one page, which every commit writes. Rows that an earlier version did
not write prove nothing. The format of a WAL:
https://sqlite.org/fileformat2.html#walformat
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from sync.errors import (
    StoreBusy,
    StoreEmpty,
    StoreExchanged,
    StoreLinked,
    StoreMismatch,
    StoreMissing,
)
from sync.storage import files, lock, schema
from sync.storage.meta import Meta
from sync.storage.wal import frames

LOOK_S: Final = 0.05
"""A running daemon looks at most so often whether its files are still in their places."""
_WAL_HEADER_BYTES: Final = 32
_WAL_MODE: Final = b"\x02\x02"
_MODE_AT: Final = 18
_BESIDE: Final = ("-wal", "-shm", "-journal")
_EMPTY_BYTES_MAX: Final = 1
"""SQLite takes a file of one byte for an empty one, as it makes one on some file systems."""


class Stamp(NamedTuple):
    """What a database says of itself, see above; ``replica`` names it and its copies."""

    replica: bytes
    commits: int
    wal_base: int
    in_use: bool


def wal_of(database: Path) -> Path:
    """The write-ahead log of a database."""
    return database.with_name(f"{database.name}-wal")


class Mismatch(NamedTuple):
    """Why the files of a database do not belong together.

    ``is_behind`` says that they do, up to a fault of the disk in the WAL, and that no more than
    what lies behind it is missing.
    """

    why: str
    is_behind: bool = False


def require(database: Path) -> None:
    """Pass if the files of a database that nobody uses now belong together.

    Raises:
        StoreBusy: see `require_unshared`.
        StoreLinked, StoreMissing, StoreEmpty: see `require_content`.
        StoreMismatch: they do not belong together.
    """
    require_unshared(database)
    why = objection(database)
    if why is not None:
        raise StoreMismatch(path=database.parent, why=why)


def objection(database: Path) -> str | None:
    """Why the files of a database that nobody uses now do not belong together; None if they do.

    Nothing is changed by looking.

    Raises:
        StoreLinked, StoreMissing, StoreEmpty: see `require_content`.
    """
    found = mismatch_in(database)
    return None if found is None else found.why


def mismatch_in(database: Path) -> Mismatch | None:
    """As `objection`, with what may be done about it."""
    require_content(database)
    journal = database.with_name(f"{database.name}-journal")
    if _size(journal) and _mode(database) == _WAL_MODE:
        return Mismatch(
            f"{journal.name} beside {database.name} is of another time or another database"
        )
    wal = wal_of(database)
    try:
        alone = _stamp(database, "immutable=1")
    except sqlite3.Error:
        return None  # what is wrong with it comes out when it is opened
    if alone is None:
        return None
    if not _size(wal):
        # A process that begins empties the WAL; what it has written since lies in it until it ends.
        if alone.in_use and (not wal.exists() or alone.commits > alone.wal_base):
            how = "is empty" if wal.exists() else "is not beside it"
            return Mismatch(
                f"{database.name} was in use when it was copied or its computer stopped, and"
                f" {wal.name}, which holds what was written last, {how}"
            )
        return None
    try:
        both = _stamp(database, "mode=ro")
    except sqlite3.OperationalError:
        return None  # the system does not let us look
    except sqlite3.DatabaseError:  # it is malformed, and the database file alone is not
        return Mismatch(f"{wal.name} does not fit {database.name}")
    if both is None:
        return Mismatch(f"{wal.name} does not fit {database.name}")
    if both.replica != alone.replica:
        return Mismatch(f"{wal.name} is that of another database than {database.name}")
    if both.commits < alone.commits:
        return Mismatch(f"{wal.name} is older than {database.name}")
    if alone.commits < both.wal_base:
        return Mismatch(f"{database.name} is older than {wal.name}")
    with contextlib.suppress(OSError):  # the system does not let us look
        if frames.unread(wal, frames.page_size(database), both.commits) is not None:
            return Mismatch(
                f"a fault of the disk has changed {wal.name}, and what was written behind that"
                " place cannot be read there",
                is_behind=True,
            )
    return None


def mend(database: Path) -> bool:
    """Let SQLite read what lies behind a fault in the WAL of a copy; False if it cannot.

    What it reads is not proved by that: the page with the fault is among it.

    Raises:
        StoreLinked, StoreMissing, StoreEmpty: see `require_content`.
        sqlite3.Error: the database file cannot be read.
        OSError: the copy cannot be read or written.
    """
    wal = wal_of(database)
    alone = _stamp(database, "immutable=1")
    if alone is None or not _size(wal):
        return False
    page_bytes = frames.page_size(database)
    # With a fault early in it, a WAL of which the newer part was copied into the file looks older.
    found = frames.unread(wal, page_bytes, alone.commits)
    if found is None or found.end is None:
        return False
    mended, original = (wal.with_name(f"{wal.name}.{end}") for end in ("mended", "original"))
    frames.mend(wal, mended, page_bytes, found.end)
    files.replace(wal, original)
    files.replace(mended, wal)
    if objection(database) is None:
        files.remove(original)
        return True
    files.replace(original, wal)
    return False


def open_alone(database: Path) -> sqlite3.Connection:
    """The database file without its WAL, only to be read, while nobody uses it.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    return _opened(database, "immutable=1")


def keep_wal(database: Path) -> sqlite3.Connection:
    """A connection that does nothing; no other one that closes before it takes the WAL away.

    The last connection that closes copies the WAL into the database file and removes it, although
    that file may say that it is in use. One that only reads does not.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    return _opened(database, "mode=ro", check_same_thread=False)


def open_to_look(database: Path) -> sqlite3.Connection:
    """The database with its WAL, only to be read, also while somebody uses it.

    Raises:
        StoreMissing, StoreEmpty, StoreLinked: see `require_content`.
        StoreMismatch: the WAL is missing while somebody uses the database.
        sqlite3.Error: it cannot be opened.
    """
    why = None if wal_of(database).exists() else objection(database)
    if why is not None:
        # The WAL is missing. SQLite would make an empty one, and then nothing would show that.
        with contextlib.suppress(OSError):  # where nobody can lock, nobody is known to use it
            if lock.is_held(database.parent):
                # It was taken away, and the file alone lacks what whoever uses it has written.
                raise StoreMismatch(path=database.parent, why=why)
        return open_alone(database)
    require_content(database)
    return _opened(database, "mode=ro")


class WalFollower:
    """Tells when SQLite has begun the WAL of an open database anew, by the salts in its header.

    It does so when everything in it has been copied into the database file and synced. The file
    stays open, because it is asked after every commit.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self._path = wal_of(database)
        self._descriptor: int | None = None
        self._let_go: Callable[[], object] = lambda: None
        self._header = b""
        self.began_anew()

    def began_anew(self) -> bool:
        """True if it was begun anew since the last call."""
        try:
            if self._descriptor is None:
                flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
                self._descriptor = os.open(self._path, flags)
                self._let_go = weakref.finalize(self, os.close, self._descriptor)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            header = os.read(self._descriptor, _WAL_HEADER_BYTES)
        except OSError:
            return False  # nothing is proved then
        is_other = header != self._header
        self._header = header
        return is_other

    def close(self) -> None:
        """Let go of the file, so that it can be removed."""
        self._let_go()
        self._descriptor = None


class OpenFiles:
    """The database file and its WAL as they were when the database was opened.

    SQLite goes on in the file that it has opened, also after somebody has removed that or put
    another one under its name. What is written from then on is gone when the process ends
    (sqlite.org/howtocorrupt.html, "Unlinking or renaming a database file while in use").

    Args:
        now_s: counts seconds.
    """

    def __init__(self, database: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._looked_s = -math.inf
        self._known: list[tuple[Path, tuple[int, int]]] = []
        for path in (database, wal_of(database)):
            with contextlib.suppress(OSError):
                self._known.append((path, _identity_of(os.stat(path))))

    def require(self) -> None:
        """Pass if they were still in their places at most `LOOK_S` ago; each transaction asks this.

        Whoever asks for the times of a file, as `os.stat` does, makes the next write to it note a
        time of its own, and Linux syncs that half as long again. So it is not looked each time
        while transactions come one upon the other.

        Raises:
            StoreExchanged: one is not.
        """
        now_s = self._now_s()
        if now_s - self._looked_s < LOOK_S:
            return
        for path, known in self._known:
            try:
                if _identity_of(os.stat(path)) == known:
                    continue
                why = "is another file now"
            except FileNotFoundError:
                why = "is not there any more"
            except OSError:
                continue  # SQLite meets the same fault, and reports it
            raise StoreExchanged(path=path.parent, why=f"{path.name} {why}")
        self._looked_s = now_s


def require_own_files(database: Path) -> None:
    """Pass if none of the files of a database is a symbolic link, whether it leads anywhere or not.

    SQLite keeps the WAL beside the file that a link leads to, and on Windows beside the link. So
    what is copied from beside the link is not what belongs to it, and two data folders with a lock
    of their own could lead to one database.

    Raises:
        StoreLinked: one of them is.
    """
    for path in (database, *(database.with_name(database.name + end) for end in _BESIDE)):
        if path.is_symlink():
            raise StoreLinked(path=path, target=path.resolve())


def require_unshared(database: Path) -> None:
    """Pass if no other process uses the file of a database by another name (a hard link).

    Each name has a WAL of its own, and each folder a lock of its own; SQLite would write two WALs
    into one file (sqlite.org/howtocorrupt.html, "Multiple links to the same file").

    Raises:
        StoreBusy: one does.
    """
    with contextlib.suppress(OSError):  # what is wrong with the file comes out when it is opened
        if database.stat().st_nlink > 1 and lock.is_open_elsewhere(database):
            why = f"the same file is in use under another name than this {database.name}"
            raise StoreBusy(path=database.parent, why=why)


def require_content(database: Path) -> None:
    """Pass if there is something in the file of a database: SQLite deletes the WAL of an empty one.

    Raises:
        StoreLinked: see `require_own_files`.
        StoreMissing, StoreEmpty: there is no database, or nothing in its file.
    """
    require_own_files(database)
    wal = wal_of(database)
    if database.exists() and _size(database) > _EMPTY_BYTES_MAX:
        return
    if _size(wal) or database.exists():
        remark = f"; {wal.name} beside it is kept" if _size(wal) else ""
        raise StoreEmpty(path=database, remark=remark)
    raise StoreMissing(path=database.parent, command="init")


def _stamp(database: Path, how: str) -> Stamp | None:
    """What is in the table; None if that is nothing that we wrote.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    with contextlib.closing(_opened(database, how)) as connection:
        meta = Meta(connection)
        found = Stamp(meta.replica, meta.commits, meta.wal_base, meta.in_use)
    return found if found.replica else None


def _opened(database: Path, how: str, *, check_same_thread: bool = True) -> sqlite3.Connection:
    uri = f"{database.absolute().as_uri()}?{how}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=check_same_thread
    )
    try:
        schema.require_readable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _mode(database: Path) -> bytes:
    """The two bytes of the header that say whether the database has a WAL."""
    with database.open("rb") as file:
        return file.read(_MODE_AT + 2)[_MODE_AT:]


def _identity_of(found: os.stat_result) -> tuple[int, int]:
    """What tells a file from others."""
    return found.st_dev, found.st_ino
