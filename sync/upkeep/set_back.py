"""A database that may lack what it has told: it is noticed, said, and never gone on with silently.

A daemon calls `settle` before it opens its database. If the files do not belong together, the
write-ahead log is set aside, together with a copy of the database file, and the daemon goes on with
the database file alone, as after a restore: nothing is given from the ranges of before. Where a
fault of the disk in the log is all, it goes on with what lies before that, too. What the
files that were set aside hold is brought in through the gate by `bring_back`, so that nothing
comes in that its author did not sign. ``set_back`` in the table ``meta`` says what is known to be
missing, until somebody goes on without it.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys
from sync.engine.replica import DATABASE, Replica
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError, NotItsFile, StoreDamaged, StoreMismatch, StoreNoRoom
from sync.model import causes, runs
from sync.model.facts import COORDINATOR, REGISTRY, Author
from sync.protocol.questions import Admittance, Merge
from sync.reading.snapshot import Snapshot
from sync.rules import registry
from sync.storage import belonging, files, schema
from sync.storage.belonging import Mismatch
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
_SMALL: Final = ("meta", "shards", "runs", "cursors")
"""Tables that are looked at at each start: 1 ms for each 1,000 runs."""
_BRINGING: Final = ".bringing-back-"
_SPARE_BYTES: Final = 1 << 20
"""So much more than the copies must be free: the database is written to right after."""

Begin = Callable[[Store, str], None]
"""Makes a database that was set back fit to be started; gets why it was."""

log = logging.getLogger("mrnmesh.set_back")


def settle(folder: Path, marks: Mapping[str, int], begin: Begin) -> None:
    """Set aside what does not belong to the database in a data folder, before it is opened.

    If it is interrupted, the next call goes on where it was, or leaves the files as they are where
    somebody has put others there that belong together.

    Args:
        marks: what the witness knows, to name the numbers that are missing.

    Raises:
        StoreLinked, StoreMissing, StoreEmpty, StoreLocked: see `belonging` and `FolderLock`.
        StoreBusy: another process uses the database.
        StoreNoRoom: nothing was changed.
        StoreDamaged: what is left of the files is not sound.
    """
    database = folder / DATABASE
    lock = FolderLock(folder)
    try:
        belonging.require_unshared(database)
        _set_aside(folder, marks)
        if (folder / _BEGUN).exists():
            _go_on(folder, begin)
        _mend_before_tables_change(database)
    finally:
        lock.release()


def _set_aside(folder: Path, marks: Mapping[str, int]) -> None:
    """Copy what does not belong to the database into a folder of its own, and then remove it.

    Where only the disk has changed the log it stays too: what SQLite reads of it is good.
    """
    begun, database = folder / _BEGUN, folder / DATABASE
    if begun.exists():
        if (begun / _REMOVED).exists():
            return
        taken = [one for one in _BESIDE if (begun / one).exists() and not (folder / one).exists()]
        if taken and _is_same(folder, begun):
            _remove(folder, begun)  # what is left no longer says what was beside it
            return
    mismatch = belonging.mismatch_in(database)
    if begun.exists() and (mismatch is None or not _is_same(folder, begun)):
        log.warning("other files were put into %s after a start was interrupted", folder)
        files.replace(begun, _free_name(folder))
        files.sync_folder(folder)
    if mismatch is None:
        return
    if not begun.exists():
        if problems := archive.problems_of_alone(database):
            raise StoreDamaged(path=folder, why=f"{mismatch.why}; {problems}")
        with _room_in(folder, folder / _PARTIAL):
            _begin(folder, f"{mismatch.why}. {_missing(database, mismatch, marks)}")
    with _room_in(folder, begun):
        _copy_beside(folder, begun)
    if mismatch.is_behind:
        _mark(begun)
    else:
        _remove(folder, begun)


def _go_on(folder: Path, begin: Begin) -> None:
    """Let the database go on without what does not belong to it, which was set aside."""
    begun, database = folder / _BEGUN, folder / DATABASE
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
        with (
            contextlib.closing(belonging.keep_wal(database)),  # the database may be in use
            contextlib.closing(Store(schema.open_for_writing(database))) as store,
        ):
            changed.keep_before_tables_change(store)
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
    await _look_at_small_tables(replica)
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


async def _look_at_small_tables(replica: Replica) -> None:
    """Note it if SQLite finds fault with the tables that say what there is, or with their indexes.

    An index of these that has lost a write hides what others lack. Then nobody is sent to anybody,
    and all who look through it agree that nothing is missing.
    """
    try:
        problems = await replica.read(_problems_of_small_tables)
    except StoreDamaged as error:
        problems = str(error.facts["why"])
    if problems:
        log.error("the database is damaged: %s", problems)
        replica.health.damages(problems)


def _problems_of_small_tables(snapshot: Snapshot) -> str:
    connection = snapshot.store.connection
    found = (archive.problems_in_table(connection, table) for table in _SMALL)
    return "; ".join(one for one in found if one)


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
    try:
        with files.create_private(partial / _WHY) as file:
            file.write(text.encode())
            files.sync_file(file)
        for name in (DATABASE, KEY_FILE):
            if (folder / name).exists():
                _copy(folder / name, partial / name)
        files.sync_folder(partial)
    except OSError:
        files.remove_folder(partial)  # a full disk needs the room
        raise
    files.replace(partial, folder / _BEGUN)
    files.sync_folder(folder)


def _copy_beside(folder: Path, begun: Path) -> None:
    """Copy what lies beside the database; what was copied already is the same.

    It is not moved, but copied and then removed: a file system without a journal may lose both
    names of a file that goes from one folder into another.
    """
    for name in _BESIDE:
        if (folder / name).exists() and not (begun / name).exists():
            _copy(folder / name, begun / name)
    files.sync_folder(begun)


def _remove(folder: Path, begun: Path) -> None:
    """Remove what was copied from beside the database; never a file that was made since."""
    for name in _BESIDE:
        files.remove(folder / name)
    files.sync_folder(folder)
    _mark(begun)


def _mark(begun: Path) -> None:
    """Say that nothing more is to be set aside, whatever lies beside the database from now on."""
    (begun / _REMOVED).touch()
    files.sync_folder(begun)


def _is_same(folder: Path, begun: Path) -> bool:
    """Whether the files are still those of which there are copies, as far as they are there."""
    pairs = [(folder / name, begun / name) for name in (DATABASE, *_BESIDE)]
    return all(
        filecmp.cmp(one, copy, shallow=False)
        for one, copy in pairs
        if copy.exists() and (one.exists() or one.name == DATABASE)
    )


@contextlib.contextmanager
def _room_in(folder: Path, target: Path) -> Iterator[None]:
    """Copy files of a folder into another one below it, or leave nothing half.

    Raises:
        StoreNoRoom: there is no room for them.
    """
    needed = _SPARE_BYTES + sum(
        (folder / name).stat().st_size
        for name in (DATABASE, KEY_FILE, *_BESIDE)
        if (folder / name).exists() and not (target / name).exists()
    )

    def no_room() -> StoreNoRoom:
        free = shutil.disk_usage(folder).free
        return StoreNoRoom(path=folder, needed=-(-needed >> 20), free=free >> 20)

    if shutil.disk_usage(folder).free < needed:
        raise no_room()
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise no_room() from error


def _copy(source: Path, target: Path) -> None:
    """Copy a file, which has its name when it is whole and on disk."""
    partial = target.with_name(f"{target.name}.partial")
    files.remove(partial)  # of a start that was interrupted
    try:
        with source.open("rb") as content, files.create_private(partial) as file:
            shutil.copyfileobj(content, file)
            files.sync_file(file)
    except OSError:
        files.remove(partial)
        raise
    files.replace(partial, target)


def _free_name(folder: Path) -> Path:
    number = 1
    while (folder / f"{ASIDE}-{number}").exists():
        number += 1
    return folder / f"{ASIDE}-{number}"


def _missing(database: Path, mismatch: Mismatch, marks: Mapping[str, int]) -> str:
    """What is known to be missing in what the daemon goes on with, in a sentence."""
    look = archive.open_read_only if mismatch.is_behind else belonging.open_alone
    with contextlib.closing(look(database)) as connection:
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
