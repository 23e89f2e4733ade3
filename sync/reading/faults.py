"""What SQLite complains of, by class, and what failed last: one place for all who use a database.

Each class is an error of `sync.errors` that says what to do. Result codes: sqlite.org/rescode.html;
the low byte of an extended code is its primary code.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sync.errors import (
    DiskForbidden,
    DiskFull,
    DiskReadOnly,
    DiskUnwritable,
    MrnmeshError,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFails,
    TablesDiffer,
    WitnessShared,
    WitnessUnwritable,
)
from sync.model import causes

log = logging.getLogger("mrnmesh.database")

_OF_WITNESS: Final = (WitnessShared, WitnessUnwritable)

_CORRUPT_FILE_SYSTEM: Final = 8458
_WRONG_CHECKSUM: Final = 8202
"""SQLITE_IOERR_CORRUPTFS and SQLITE_IOERR_DATA, which Python's module has no names for."""

_ROOM_BYTES: Final = 1_000_000
"""With less than this free, a disk that fails is a full one."""

_BY_EXTENDED_CODE: Final[Mapping[int, type[StoreError]]] = MappingProxyType(
    {
        sqlite3.SQLITE_READONLY_DIRECTORY: DiskForbidden,
        sqlite3.SQLITE_READONLY_CANTINIT: DiskForbidden,
        _CORRUPT_FILE_SYSTEM: StoreDamaged,
        _WRONG_CHECKSUM: StoreDamaged,
    }
)
_BY_PRIMARY_CODE: Final[Mapping[int, type[StoreError]]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: StoreBusy,
        sqlite3.SQLITE_LOCKED: StoreBusy,
        sqlite3.SQLITE_PROTOCOL: StoreBusy,
        sqlite3.SQLITE_FULL: DiskFull,
        sqlite3.SQLITE_READONLY: DiskReadOnly,
        sqlite3.SQLITE_CORRUPT: StoreDamaged,
        sqlite3.SQLITE_NOTADB: StoreDamaged,
        sqlite3.SQLITE_FORMAT: StoreDamaged,
        sqlite3.SQLITE_PERM: DiskForbidden,
        sqlite3.SQLITE_AUTH: DiskForbidden,
        sqlite3.SQLITE_CANTOPEN: DiskForbidden,
        sqlite3.SQLITE_IOERR: DiskUnwritable,
        sqlite3.SQLITE_NOLFS: DiskUnwritable,
    }
)


def fault_of(error: sqlite3.Error, folder: Path) -> StoreError:
    """The class of an error of the database in ``folder``, with what a person can do."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # Python itself says so of a text that is none; all of ours are UTF-8.
        damaged = isinstance(error, sqlite3.OperationalError) and "UTF-8" in str(error)
        kind: type[StoreError] = StoreDamaged if damaged else StoreFails
    else:
        kind = _BY_EXTENDED_CODE.get(code) or _BY_PRIMARY_CODE.get(code & 0xFF, StoreFails)
    if kind is DiskUnwritable and not _has_room(folder):
        # SQLite says that a disk is full where it writes to the database or its WAL. Of the file
        # with which connections share memory, and of a sync that finds no room, it does not.
        kind = DiskFull
    return kind(path=folder, why=causes.without_value(error))


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free >= _ROOM_BYTES
    except OSError:
        return True  # nobody knows; then the disk fails anyway


class Health:
    """What a running daemon's database refused last, until the same works again.

    The writer's thread and those that read set its parts, each by one assignment.

    ``writing`` and ``reading`` are why the last attempt failed, None if it went well. ``damaged``
    is a fault that stays until the whole database was found sound, because other parts of it can
    still be read. ``differing`` is that the tables do not say what the records say, until they were
    compared and do. ``doubted`` says that something failed that only a damaged database, or a fault
    in the code, explains; so the database has to be looked at. ``mended`` counts the records that a
    fault of the disk had changed, and that were put right since the start.
    """

    def __init__(self, folder: Path) -> None:
        self.writing: StoreError | None = None
        self.reading: StoreError | None = None
        self.damaged: StoreDamaged | None = None
        self.differing: TablesDiffer | None = None
        self.doubted = False
        self.mended = 0
        self._folder = folder

    @contextlib.contextmanager
    def watching(self, *, writing: bool) -> Iterator[None]:
        """Note what the database refuses in this context, and raise it as its class.

        What the witness refuses is noted there, because it lies on another disk.

        Raises:
            StoreError: for each error of SQLite; other errors stay what they are.
        """
        try:
            yield
        except sqlite3.Error as error:
            found = fault_of(error, self._folder)
            if self.differing is not None and not hasattr(error, "sqlite_errorcode"):
                found = self.differing  # a text that is none, in a row that differs
            self._note(found, writing)
            raise found from error
        except _OF_WITNESS:
            raise
        except StoreError as error:
            self._note(error, writing)
            raise
        except MrnmeshError:
            raise
        except Exception as error:
            self.doubted = True
            if self.differing is not None:
                log.exception("something failed, and the tables differ from the records")
                raise self.differing from error
            raise

    def _note(self, found: StoreError, writing: bool) -> None:
        if isinstance(found, StoreDamaged):
            self.damaged = found
        elif isinstance(found, TablesDiffer):
            self.differing = found
        elif writing:
            self.writing = found
        else:
            self.reading = found
        self.doubted |= isinstance(found, StoreDamaged | StoreFails | TablesDiffer)

    def damages(self, why: str) -> None:
        """A part of the database was looked at and is damaged; the whole has to be looked at."""
        self._note(StoreDamaged(path=self._folder, why=why), writing=False)

    def sound(self, *, is_compared: bool = True) -> None:
        """The whole database was looked at and is sound.

        Args:
            is_compared: its tables were compared with the records too.
        """
        self.damaged = None
        self.doubted = False
        if is_compared:
            self.differing = None

    def differs(self, why: str) -> None:
        """The whole database was looked at, and what its tables say is not what was recorded."""
        self.sound()
        self.differing = TablesDiffer(path=self._folder, why=why)
