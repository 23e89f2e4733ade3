"""A new administrator's token for whoever can write into the coordinator's data folder.

Who can write there could change the database as well, so that is proof enough. While the daemon
works, the hash of the new token is left in a file that the daemon takes up when it meets a token
that it does not know, and when it starts; the token itself is never written down.
"""

from __future__ import annotations

import contextlib
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
from sync.storage import files
from sync.storage.lock import FolderLock
from sync.storage.shards import Store

FILE: Final = "token-reset"
_BYTES_MAX: Final = 200

log = logging.getLogger("mrnmesh.coordinator")


def reset(folder: Path) -> tuple[str, bool]:
    """A new token; all earlier ones of administrators are withdrawn when it becomes good.

    Returns:
        The token, and whether it is good already: with a daemon at work it is so once that takes
        it up.

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
        (folder / FILE).unlink(missing_ok=True)
    finally:
        lock.release()
    return token, True


def is_waiting(folder: Path) -> bool:
    """True when there is a new token to take up."""
    return (folder / FILE).exists()


def take_up(folder: Path, tx: Transaction) -> bool:
    """Let the token count whose hash was left in the data folder; True when there was one.

    `done` is called after the commit.
    """
    digest = _left(folder)
    if digest is None:
        return False
    _replace(tokens.changing(tx), digest)
    log.warning("the administrator's token was reset; earlier ones are withdrawn")
    return True


def done(folder: Path) -> None:
    """What was taken up is not to be taken up again."""
    with contextlib.suppress(FileNotFoundError):
        (folder / FILE).unlink()


def _replace(store: Store, digest: str) -> None:
    tokens.withdraw(store, tokens.ADMINISTRATOR)
    tokens.keep(store, digest, tokens.ADMINISTRATOR)


def _leave(folder: Path, digest: str) -> None:
    """Leave a hash for the daemon, in a file that belongs to whom the folder belongs to."""
    with files.scratch_folder(folder, f".{FILE}-") as scratch:
        path = scratch / FILE
        with files.create_private(path) as file:
            file.write(digest.encode())
            files.sync_file(file)
        if sys.platform != "win32":
            owner = folder.stat()
            if owner.st_uid != os.geteuid():  # root, for the user of the daemon
                os.chown(path, owner.st_uid, owner.st_gid)
        path.replace(folder / FILE)
        files.sync_folder(folder)


def _left(folder: Path) -> str | None:
    """The hash in the file, if there is one that only the daemon's user or root could have left."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            text = file.read(_BYTES_MAX).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.error("%s cannot be read, so the token is not reset: %s", path, error.strerror)
        return None
    if not stat.S_ISREG(about.st_mode) or not tokens.is_digest(text):
        log.error("%s is not what `mrnmesh-coordinator token reset` writes; remove it", path)
        return None
    if sys.platform != "win32" and (about.st_uid not in (os.geteuid(), 0) or about.st_mode & 0o077):
        log.error("%s could have been written by somebody else; remove it", path)
        return None
    return text
