"""An operating system's lock: two daemons must not use one database, or one witness."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO, Final

from sync.errors import MrnmeshError, StoreLocked

FILE: Final = "lock"
_SHARED_AT: Final = 0x40000002
_SHARED_BYTES: Final = 510
"""Where every connection of SQLite to a database with a WAL holds a lock in its file, as
sqlite.org/src/file/src/os.h has it; nothing lies there."""

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _lock_shared_bytes(file: BinaryIO) -> None:
        file.seek(_SHARED_AT)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, _SHARED_BYTES)
        file.seek(_SHARED_AT)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, _SHARED_BYTES)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _lock_shared_bytes(file: BinaryIO) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _SHARED_AT)


def _opened(path: Path) -> BinaryIO:
    """The file to lock; one that is there serves also on a disk that can only be read.

    A failing disk becomes such a one while a daemon holds the lock, and whoever looks at it, or
    makes a backup of it elsewhere, must not be kept from that.
    """
    try:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        if error.errno != errno.EROFS or not path.exists():
            raise
        return os.fdopen(os.open(path, os.O_RDONLY), "rb")


class FileLock:
    """Held from the constructor until `release`, or until the process ends, however it ends.

    Args:
        path: a file for this only; it is made, and stays.
        refusal: what is raised when another process holds the lock.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, refusal: MrnmeshError) -> None:
        self._file = _opened(path)
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise refusal from error

    def release(self) -> None:
        """Let others in."""
        self._file.close()


class FolderLock(FileLock):
    """A `FileLock` on a data folder.

    Raises:
        StoreLocked: another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / FILE, StoreLocked(path=folder))


def is_held(folder: Path) -> bool:
    """True when somebody holds the lock of a folder, also this very process.

    Raises:
        OSError: the file of the lock cannot be opened.
    """
    if not (folder / FILE).exists():
        return False  # and one that another user makes here would keep the daemon out
    try:
        FolderLock(folder).release()
    except StoreLocked:
        return True
    return False


def is_open_elsewhere(database: Path) -> bool:
    """True when another process has a database open, by whatever name.

    Only while this process has no connection to it: a POSIX lock of a process ends when it closes
    the file anywhere.

    Raises:
        OSError: the file cannot be opened.
    """
    with database.open("r+b", buffering=0) as file:
        try:
            _lock_shared_bytes(file)
        except OSError:
            return True
    return False
