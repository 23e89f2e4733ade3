"""A new password for a user, set by whoever can write into the coordinator's data folder.

It is what is left when the last administrator has forgotten theirs. While the daemon runs, the hash
of the new password is left in a file (`coordinator.users.console`). The daemon takes it up when
somebody signs in, and when it starts.
"""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path
from typing import Final

from coordinator import config
from coordinator.errors import UserMissing
from coordinator.users import accounts, console, names
from coordinator.users.passwords import require_good
from sync.engine import replica
from sync.engine.transaction import Transaction
from sync.errors import StoreLocked
from sync.storage import files
from sync.storage.access.audit import CONSOLE, DONE, AuditEvent
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import passwords
from sync.upkeep import archive

FILE: Final = "password-reset"
COMMAND: Final = "mrnmesh-coordinator users password --console"
ACT: Final = "console.password_reset"

log = logging.getLogger("mrnmesh.coordinator")


def reset(folder: Path, name: str, password: str) -> bool:
    """Set a user's password; a user who was disabled may sign in again.

    Returns:
        Whether it is valid already. If not, a daemon runs, and takes it up when somebody signs in.

    Raises:
        StoreMissing, StoreIncomplete, BadConfig, UserMissing, BadPassword: nothing was changed.
        OSError: this user may not write into the folder.
    """
    config.load(folder)
    require_good(password, name)
    try:
        lock = FolderLock(folder)
    except StoreLocked:
        with contextlib.closing(archive.open_read_only(folder / replica.DATABASE)) as connection:
            accounts.known(Store(connection), name)
        text = f"{passwords.hash_of(password)} {names.folded(name)}"
        console.leave(folder, FILE, text)
        return False
    try:
        store = Store.open(folder / replica.DATABASE)
        try:
            accounts.known(store, name)
            hashed, now_ms = passwords.hash_of(password), time.time_ns() // 1_000_000
            store.connection.execute("BEGIN IMMEDIATE")
            _replace(store, name, hashed, now_ms, console.user())
            store.connection.execute("COMMIT")
        finally:
            store.close()
        files.remove(folder / FILE)
    finally:
        lock.release()
    return True


def is_waiting(folder: Path) -> bool:
    """True when a reset waits for the daemon."""
    return (folder / FILE).exists()


def take_up(folder: Path, tx: Transaction) -> bool:
    """Set the password whose hash was left in the data folder; return whether there was one.

    Call `done` after the commit, see `coordinator.token_reset.take_up`.
    """
    text = console.left(folder, FILE, _is_good, COMMAND)
    if text is None:
        return False
    hashed, _, name = text.partition(" ")
    try:
        _replace(accounts.changing(tx), name, hashed, tx.now_ms, CONSOLE)
    except UserMissing as error:
        log.error("a password was not set: %s", error)
    return True


def done(folder: Path) -> None:
    """Remove the file of a reset that was stored."""
    files.remove(folder / FILE)


def _is_good(text: str) -> bool:
    hashed, _, name = text.partition(" ")
    return passwords.is_hash(hashed) and bool(name)


def _replace(store: Store, name: str, hashed: str, now_ms: int, who: str) -> None:
    user = accounts.recover(store, name, hashed)
    store.audit.add(AuditEvent(now_ms, who, "", ACT, user.name, DONE))
    log.warning("a new password was set for %s at the console", user.name)
