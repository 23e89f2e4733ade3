"""A new administrator's token for a user who can write into the coordinator's data folder.

While the daemon runs, the hash of the new token is left in a file (`coordinator.users.console`).
The daemon reads it when a call comes with a token that it does not know, and when it starts.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

from coordinator import config
from coordinator.users import console, keys
from sync.engine import replica
from sync.engine.transaction import Transaction
from sync.errors import StoreLocked
from sync.storage import files
from sync.storage.access.audit import CONSOLE, DONE, AuditEvent
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import program_keys

FILE: Final = "token-reset"
COMMAND: Final = "mrnmesh-coordinator token reset"
ACT: Final = "console.token_reset"

log = logging.getLogger("mrnmesh.coordinator")


def reset(folder: Path) -> tuple[str, bool]:
    """Make a new token; the earlier ones of the administrator end when it becomes valid.

    Returns:
        The token, and whether it is valid already. If not, a daemon runs, and makes it valid with
        the first call that uses it.

    Raises:
        StoreMissing, StoreIncomplete, BadConfig: nothing was changed.
        OSError: this user may not write into the folder.
    """
    config.load(folder)
    token = program_keys.fresh()
    try:
        lock = FolderLock(folder)
    except StoreLocked:
        console.leave(folder, FILE, program_keys.digest(token))
        return token, False
    try:
        store = Store.open(folder / replica.DATABASE)
        try:
            now_ms = time.time_ns() // 1_000_000
            store.connection.execute("BEGIN IMMEDIATE")
            _replace(store, program_keys.digest(token), now_ms, console.user())
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
    digest = console.left(folder, FILE, program_keys.is_digest, COMMAND)
    if digest is None:
        return False
    _replace(keys.changing(tx), digest, tx.now_ms, CONSOLE)
    log.warning("the administrator's token was reset; earlier ones are withdrawn")
    return True


def done(folder: Path) -> None:
    """Remove the file of a reset that was stored."""
    files.remove(folder / FILE)


def _replace(store: Store, digest: str, now_ms: int, who: str) -> None:
    keys.withdraw_administrator(store, now_ms)
    keys.keep_administrator(store, digest, now_ms)
    store.audit.add(AuditEvent(now_ms, who, "", ACT, "", DONE))
