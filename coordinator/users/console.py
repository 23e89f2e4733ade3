"""What a user of the coordinator's computer leaves for the running daemon, in its data folder.

Whoever can write there could change the database as well, so no other proof is needed. Only hashes
are left, never a key or a password.
"""

from __future__ import annotations

import getpass
import logging
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sync.model import causes
from sync.storage import files

_BYTES_MAX: Final = 1000

log = logging.getLogger("mrnmesh.coordinator")


def user() -> str:
    """The name of whoever runs this process, as the audit has it: ``console:sadia``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        name = "unknown"
        if sys.platform != "win32":
            name = str(os.getuid())
    return f"console:{name}"


def leave(folder: Path, name: str, text: str) -> None:
    """Leave a text for the daemon, in a file that belongs to the owner of the folder."""
    files.remove_leftovers(folder, f".{name}-")
    with files.scratch_folder(folder, f".{name}-") as scratch:
        path = scratch / name
        with files.create_private(path) as file:
            file.write(text.encode())
            files.sync_file(file)
        if sys.platform != "win32":
            owner = folder.stat()
            # Root leaves it for the daemon, which could not read a file of root's.
            if owner.st_uid != os.geteuid():
                os.chown(path, owner.st_uid, owner.st_gid)
        files.replace(path, folder / name)
        files.sync_folder(folder)


def left(folder: Path, name: str, is_good: Callable[[str], bool], command: str) -> str | None:
    """The text in such a file, None if there is none that the daemon's user or root has left.

    Whoever else could write the file could let themselves in.

    Args:
        is_good: whether a text can be what was left.
        command: what leaves it.
    """
    path = folder / name
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            text = file.read(_BYTES_MAX).decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.error("%s cannot be read, so nothing is reset: %s", path, causes.why(error))
        return None
    if not stat.S_ISREG(about.st_mode) or not is_good(text):
        log.error("%s is not what `%s` writes; remove it", path, command)
        return None
    if sys.platform != "win32" and (about.st_uid not in (os.geteuid(), 0) or about.st_mode & 0o077):
        log.error("%s could have been written by somebody else; remove it", path)
        return None
    return text
