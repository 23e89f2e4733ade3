"""An operating system's lock on a data folder: two daemons must not use one database."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO, Final

from sync.errors import StoreLocked

FILE: Final = "lock"

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Held from the constructor until `release`, or until the process ends, however it ends.

    Raises:
        StoreLocked: another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise StoreLocked(path=folder) from error

    def release(self) -> None:
        """Let others in."""
        self._file.close()
