"""A database that may lack what it has told: it is noticed, said, and never gone on with silently.

A daemon calls `settle` before it opens its database. If the files do not belong together, the
write-ahead log is set aside, together with a copy of the database file, and the daemon goes on with
the database file alone, as after a restore: nothing is given from the ranges of before. What the
files that were set aside hold is brought in through the gate by `bring_back`, so that nothing
comes in that its author did not sign. ``set_back`` in the table ``meta`` says what is known to be
missing, until somebody goes on without it.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys
from sync.engine.replica import DATABASE, Replica
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError, NotItsFile, StoreDamaged, StoreMismatch
from sync.model import causes, runs
from sync.model.facts import COORDINATOR, REGISTRY, Author
from sync.protocol.questions import Admittance, Merge
from sync.rules import registry
from sync.storage import belonging, files, schema
from sync.storage.cursors import Cursor
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.upkeep import agreement, archive, salvage
from sync.upkeep.records import changed

ASIDE: Final = "set-aside"
_PARTIAL: Final = f"{ASIDE}.partial"
_BEGUN: Final = f"{ASIDE}.begun"
_WHY: Final = "why.txt"
_REMOVED: Final = "moved"
"""This mark has the name that an earlier version gave it, which may have been interrupted."""
_BROUGHT: Final = "brought"
_BESIDE: Final = (f"{DATABASE}-wal", f"{DATABASE}-journal")
_BRINGING: Final = ".bringing-back-"

Begin = Callable[[Store, str], None]
"""Makes a database that was set back fit to be started; gets why it was."""

log = logging.getLogger("mrnmesh.set_back")


def settle(folder: Path, marks: Mapping[str, int], begin: Begin) -> None:
    """Set aside what does not belong to the database in a data folder, before it is opened.

    If it is interrupted, the next call goes on where it was.

    Args:
        marks: what the witness knows, to name the numbers that are missing.

    Raises:
        StoreMissing, StoreEmpty, StoreLocked: see `belonging` and `FolderLock`.
        StoreDamaged: what is left of the files is not sound.
    """
    database = folder / DATABASE
    lock = FolderLock(folder)
    try:
        begun = folder / _BEGUN
        why = belonging.objection(database) if not begun.exists() else None
        if why is not None:
            if problems := archive.problems_of_alone(database):
                raise StoreDamaged(path=folder, why=f"{why}; {problems}")
            _begin(folder, f"{why}. {_missing(database, marks)}")
        if begun.exists():
            _go_on_alone(folder, begin)
        _mend_before_tables_change(database)
    finally:
        lock.release()


def _go_on_alone(folder: Path, begin: Begin) -> None:
    """Let the database file go on without what was beside it, which is in a folder of its own."""
    begun, database = folder / _BEGUN, folder / DATABASE
    _remove(folder, begun)
    text = (begun / _WHY).read_text(encoding="utf-8")
    store = Store(schema.open_for_writing(database))
    try:
        begin(store, text)
        store.meta.set_back = text
        store.meta.in_use = False
    finally:
        store.close()
    log.error("this database was set back: %s", text)
    files.replace(begun, _free_name(folder))


def _mend_before_tables_change(database: Path) -> None:
    """Call `changed.keep_before_tables_change` if there is anything to do, and write else nothing.

    Whatever else is wrong with the database comes out when it is opened.
    """
    try:
        with contextlib.closing(archive.open_read_only(database)) as connection:
            if not changed.tables_would_forget(Store(connection)):
                return
        store = Store(schema.open_for_writing(database))
        try:
            changed.keep_before_tables_change(store)
        finally:
            store.close()
    except (sqlite3.Error, MrnmeshError) as error:
        log.warning("whether records have changed cannot be known: %s", causes.without_value(error))


def require_own(folder: Path, author: Author, signers: Mapping[Author, bytes]) -> None:
    """Pass if database, settings and keys are of one and the same daemon.

    Args:
        author: whose the settings are.
        signers: author -> the public key with which that author signs.

    Raises:
        NotItsFile: they are not.
    """
    try:
        with contextlib.closing(archive.open_read_only(folder / DATABASE)) as connection:
            store = Store(connection)
            mine = store.meta.author
            if mine is not None and mine != author:
                why = f"{DATABASE} is that of {mine}, the settings are those of {author}"
                raise NotItsFile(path=folder, why=why)
            known = registry.fold(store.decisions.registry_entries())
            for name, key in signers.items():
                used = _keys_used(store, name)
                # A signing key of the coordinator writes in @registry before anything else.
                also = _keys_used(store, REGISTRY) if name == COORDINATOR else set()
                if used and runs.key_id(key) not in used | also and key not in known.keys_of(name):
                    file = "the settings" if name == REGISTRY != author else KEY_FILE
                    raise NotItsFile(
                        path=folder, why=f"{file} is not that of the daemon that wrote {DATABASE}"
                    )
    except sqlite3.Error as error:
        log.warning("whose database this is cannot be read: %s", causes.without_value(error))


async def bring_back(replica: Replica, folder: Path) -> None:
    """Bring in what was set aside and belongs to nobody's database any more; look at the rest."""
    files.remove_leftovers(folder, _BRINGING)
    for aside in _waiting(folder):
        if await _bring(replica, folder, aside):
            (aside / _BROUGHT).touch()
    names = replica.identity.names
    found = await replica.read(lambda snapshot: agreement.at_start(snapshot.store, names))
    if found.lacks:
        await note(replica, found.lacks)
    if found.changed:
        # Before any session, so that others get what is right. The check says what is left.
        await changed.put_right(replica, found.changed)
        replica.health.doubted = True


async def note(replica: Replica, found: Iterable[str]) -> None:
    """Write down that an open database does not agree, and give nothing from its ranges."""
    text = f"What it holds does not agree: {'; '.join(found)}."

    def act(tx: Transaction) -> None:
        if tx.store.meta.set_back is None:
            tx.begin()
            tx.met_own_past = True
            tx.store.meta.set_back = text

    await replica.write(act)
    log.error("this database was set back: %s", text)


def _waiting(folder: Path) -> list[Path]:
    """What was set aside and may still hold something that is missing."""
    return [
        aside
        for aside in sorted(folder.glob(f"{ASIDE}-*"))
        if belonging.wal_of(aside / DATABASE).exists() and not (aside / _BROUGHT).exists()
    ]


async def _bring(replica: Replica, folder: Path, aside: Path) -> bool:
    """Merge what can be read of it; False if some of it waits for what is missing before it."""
    facts = waiting = 0
    try:
        with (
            files.scratch_folder(folder, _BRINGING) as scratch,
            salvage.opened(aside, replica.identity.author, scratch, archive.quiet) as found,
        ):
            for piece in found.pieces():
                merged = await replica.merge(Merge(piece.batches), None)
                facts += merged.facts
                waiting += sum(one.entry is Admittance.NOT_YET for one in merged.outcomes)
    except Exception as error:
        # Two files that do not belong together may hold anything; they stay where they are.
        what = error if isinstance(error, MrnmeshError | OSError) else type(error).__name__
        log.warning("not all of %s could be read: %s", aside, what)
    log.warning("%d records of %s were brought back", facts, aside)
    return not waiting


def _begin(folder: Path, text: str) -> None:
    """Make the folder to set aside, with a copy of the database, under its name when whole."""
    partial = folder / _PARTIAL
    files.remove_folder(partial)
    partial.mkdir(mode=0o700)
    with files.create_private(partial / _WHY) as file:
        file.write(text.encode())
        files.sync_file(file)
    for name in (DATABASE, KEY_FILE):
        if (folder / name).exists():
            _copy(folder / name, partial / name)
    files.sync_folder(partial)
    files.replace(partial, folder / _BEGUN)
    files.sync_folder(folder)


def _remove(folder: Path, begun: Path) -> None:
    """Set aside what does not belong to the database; never a file that was made since.

    It is not moved, but copied and then removed: a file system without a journal may lose both
    names of a file that goes from one folder into another.
    """
    if (begun / _REMOVED).exists():
        return
    beside = [name for name in _BESIDE if (folder / name).exists()]
    for name in beside:
        if not (begun / name).exists():
            _copy(folder / name, begun / name)
    files.sync_folder(begun)
    for name in beside:
        files.remove(folder / name)
    files.sync_folder(folder)
    (begun / _REMOVED).touch()
    files.sync_folder(begun)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, which has its name when it is whole and on disk."""
    partial = target.with_name(f"{target.name}.partial")
    files.remove(partial)  # of a start that was interrupted
    with source.open("rb") as content, files.create_private(partial) as file:
        shutil.copyfileobj(content, file)
        files.sync_file(file)
    files.replace(partial, target)


def _free_name(folder: Path) -> Path:
    number = 1
    while (folder / f"{ASIDE}-{number}").exists():
        number += 1
    return folder / f"{ASIDE}-{number}"


def _missing(database: Path, marks: Mapping[str, int]) -> str:
    """What is known to be missing in the database file alone, in a sentence."""
    with contextlib.closing(belonging.open_alone(database)) as connection:
        store = Store(connection)
        replica, alone = store.meta.replica, store.cursors.all()
    both: list[Cursor] = []
    with (
        contextlib.suppress(sqlite3.Error, StoreMismatch),  # the latter where there is no WAL
        contextlib.closing(archive.open_read_only(database)) as connection,
    ):
        store = Store(connection)
        if store.meta.replica == replica:  # or the WAL is of another desk
            both = store.cursors.all()
    known = {cursor.range: cursor.cursor for cursor in both}
    stretches = [
        f"{cursor.cursor + 1} to {given}"
        for cursor in alone
        if (given := max(known.get(cursor.range, 0), marks.get(cursor.range.text, 0)))
        > cursor.cursor
    ]
    stretches += [
        f"{cursor.range.start} to {cursor.cursor}"
        for cursor in both
        if cursor.range not in {one.range for one in alone} and cursor.cursor >= cursor.range.start
    ]
    if not stretches:
        return "What was written last is missing here, and how much that is cannot be known."
    return (
        "Missing here, unless it comes back from other computers: the people with the numbers "
        f"{', '.join(stretches)}, and whatever else was written at that time."
    )


def _keys_used(store: Store, author: Author) -> set[bytes]:
    """The ids of the keys with which the runs of an author are signed here."""
    rows = store.connection.execute(
        "SELECT DISTINCT r.key FROM runs r JOIN shards s ON s.id = r.shard"
        " WHERE s.author = ? AND r.key IS NOT NULL",
        (author,),
    )
    return {key for (key,) in rows}


def signers_of(author: Author, signer: keys.Signer, coordinator_key: bytes) -> dict[Author, bytes]:
    """The names that must be signed by known keys in the database of a daemon."""
    own = COORDINATOR if author == COORDINATOR else author
    return {own: signer.public_key, REGISTRY: coordinator_key}
