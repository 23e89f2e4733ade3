"""A new administrator's token for a user who can write into the coordinator's data folder.

Such a user could change the database as well, so no other proof is needed. While the daemon runs,
the hash of the new token is left in a file. The daemon reads it when a call comes with a token that
it does not know, and when it starts. The token itself is never written to a file.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
from pathlib import Path
from typing import Final

from coordinator import config
from coordinator.registry import tokens
from sync.engine import replica
from sync.engine.transaction import Transaction
from sync.errors import StoreLocked
from sync.model import causes
from sync.storage import files
from sync.storage.lock import FolderLock
from sync.storage.store import Store

FILE: Final = "token-reset"
_BYTES_MAX: Final = 200

log = logging.getLogger("mrnmesh.coordinator")


def reset(folder: Path) -> tuple[str, bool]:
    """Make a new token; all earlier ones of administrators become invalid when it becomes valid.

    Returns:
        The token, and whether it is valid already. If not, a daemon runs, and makes it valid with
        the first call that uses it.

    Raises:
        StoreMissing, StoreIncomplete, BadConfig: nothing was changed.
        OSError: this user may not write into the folder.
    """
    config.load(folder)
    token = tokens.fresh()
    try:
        lock = FolderLock(folder)
    except StoreLocked:
        _leave(folder, tokens.digest(token))
        return token, False
    try:
        store = Store.open(folder / replica.DATABASE)
        try:
            store.connection.execute("BEGIN IMMEDIATE")
            _replace(store, tokens.digest(token))
            store.connection.execute("COMMIT")
        finally:
            store.close()
        files.remove(folder / FILE)
    finally:
        lock.release()
    return token, True


def is_waiting(folder: Path) -> bool:
    """True when a reset waits for the daemon."""
    return (folder / FILE).exists()


def take_up(folder: Path, tx: Transaction) -> bool:
    """Make the token valid whose hash was left in the data folder; return whether there was one.

    Call `done` after the commit: if the process ends between the two, the same hash is stored again
    at the next start, which changes nothing.
    """
    digest = _left(folder)
    if digest is None:
        return False
    _replace(tokens.changing(tx), digest)
    log.warning("the administrator's token was reset; earlier ones are withdrawn")
    return True


def done(folder: Path) -> None:
    """Remove the file of a reset that was stored."""
    files.remove(folder / FILE)


def _replace(store: Store, digest: str) -> None:
    tokens.withdraw(store, tokens.ADMINISTRATOR)
    tokens.keep(store, digest, tokens.ADMINISTRATOR)


def _leave(folder: Path, digest: str) -> None:
    """Leave a hash for the daemon, in a file that belongs to the owner of the folder."""
    files.remove_leftovers(folder, f".{FILE}-")
    with files.scratch_folder(folder, f".{FILE}-") as scratch:
        path = scratch / FILE
        with files.create_private(path) as file:
            file.write(digest.encode())
            files.sync_file(file)
        if sys.platform != "win32":
            owner = folder.stat()
            # Root resets for the daemon, which could not read a file of root's.
            if owner.st_uid != os.geteuid():
                os.chown(path, owner.st_uid, owner.st_gid)
        files.replace(path, folder / FILE)
        files.sync_folder(folder)


def _left(folder: Path) -> str | None:
    """The hash in the file, None if there is none that the daemon's user or root has left.

    Whoever else could write the file could make a token of their own valid.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            text = file.read(_BYTES_MAX).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.error("%s cannot be read, so the token is not reset: %s", path, causes.why(error))
        return None
    if not stat.S_ISREG(about.st_mode) or not tokens.is_digest(text):
        log.error("%s is not what `mrnmesh-coordinator token reset` writes; remove it", path)
        return None
    if sys.platform != "win32" and (about.st_uid not in (os.geteuid(), 0) or about.st_mode & 0o077):
        log.error("%s could have been written by somebody else; remove it", path)
        return None
    return text
