"""Backups: one file that holds the database, the settings and the key, checked before it counts.

It is made while the daemon works: a read-only connection copies the database as it was at one
moment. The file (see `sync.upkeep.archive`) is written under another name, opened and checked like
one that is to be restored, and only then gets its own name. So a file with the name of a backup was
a good one when it was made.

The witness is never in a backup: put back together with the data it would know no more than they.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from sync.daemon import daemons
from sync.daemon.daemons import Daemon
from sync.engine.replica import DATABASE
from sync.errors import MrnmeshError, StoreDamaged, StoreError
from sync.model import causes
from sync.model.facts import COORDINATOR
from sync.model.formats import time_of_ms
from sync.reading.faults import fault_of
from sync.storage import files
from sync.storage.meta import Meta
from sync.storage.queries import roll_back
from sync.trust import sealing
from sync.upkeep.archive import (
    FORMAT,
    MANIFEST,
    NEVER,
    PIECE_BYTES,
    Contents,
    Manifest,
    Member,
    Stop,
    Tell,
    contents_of,
    disagreements_of,
    open_read_only,
    quiet,
    read_manifest,
    transfer,
    unpack,
)
from sync.upkeep.errors import (
    BackupDamaged,
    BackupFails,
    BackupFolderMissing,
    BackupNoRoom,
    BackupStopped,
)

SUFFIX: Final = ".mrnmesh-backup"
KEPT: Final = 14

_PAGES: Final = 256
_SPARE_BYTES: Final = 64 * 1024 * 1024
_NOT_COMPARED: Final = "what was written together cannot be compared"

log = logging.getLogger("mrnmesh.backup")


@dataclass(frozen=True)
class Source:
    """What is backed up: a data folder, and the files in it that go with the database.

    ``zone`` is the facility's time zone, for the names of the backups. ``secret`` are those of the
    files that are sealed, where the data folder has a recovery key (`sync.trust.sealing`).
    ``reading`` gives a connection to the database that the daemon has open, in the daemon: the file
    under that name may have been exchanged.
    """

    folder: Path
    author: str
    files: tuple[str, ...]
    zone: tzinfo
    secret: tuple[str, ...] = ()
    reading: Callable[[], AbstractContextManager[sqlite3.Connection]] | None = None

    @property
    def daemon(self) -> Daemon:
        """Whose data folder it is."""
        return daemons.COORDINATOR if self.author == COORDINATOR else daemons.NODE

    def opened(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that only reads the database.

        Raises:
            StoreError, sqlite3.Error: it cannot be opened.
        """
        if self.reading is not None:
            return self.reading()
        return contextlib.closing(open_read_only(self.folder / DATABASE))

    @property
    def stem(self) -> str:
        """How the names of its backups begin, as in ``mrnmesh-node-LAB1-PC``."""
        command = self.daemon.command
        return command if self.author == COORDINATOR else f"{command}-{self.author}"


class FoundBackup(NamedTuple):
    """A backup file, as its manifest describes it."""

    path: Path
    manifest: Manifest


# making one


def make(
    source: Source,
    folder: Path,
    now_ms: int,
    tell: Tell = quiet,
    stop: Stop = NEVER,
) -> FoundBackup:
    """Make a backup in ``folder``, check it, and remove all but the last `KEPT` like it.

    One of a database that does not agree with itself, or in which something is known to be missing,
    has what was entered last, so it is made; but it takes no place of a better one.

    Args:
        stop: once it is set, this ends soon, and everything is left as it was.

    Raises:
        BackupFolderMissing, BackupNoRoom, BackupFails, BackupStopped: there is no new backup.
        StoreDamaged: the database that was to be backed up is not sound.
    """
    try:
        if not folder.is_dir():
            raise BackupFolderMissing(path=folder)
        remove_leftovers(source, folder)
        _require_room(source.folder / DATABASE, folder)
        with files.scratch_folder(folder, _prefix(source)) as scratch:
            partial = _write(source, scratch, now_ms, tell, stop)
            manifest = _check_own(source, partial, scratch, tell, stop)
            path = _free_name(source, folder, now_ms)
            files.replace(partial, path)
            files.sync_folder(folder)
    except StoreDamaged:
        raise
    except StoreError as error:
        raise BackupFails(path=folder, why=error.facts.get("why", error)) from error
    except sqlite3.Error as error:
        fault = fault_of(error, source.folder)
        if isinstance(fault, StoreDamaged):
            raise fault from error
        raise BackupFails(path=folder, why=error) from error
    except OSError as error:
        raise BackupFails(path=folder, why=causes.why(error)) from error
    found = FoundBackup(path, manifest)
    try:
        _remove_old(source, folder, found)
    except Exception:
        # The new one is good all the same.
        log.warning("old backups in %s could not be removed", folder, exc_info=True)
    return found


def remove_leftovers(source: Source, folder: Path) -> None:
    """Remove what processes that were killed while they made a backup left in ``folder``.

    It holds the database and the private key, unpacked.
    """
    files.remove_leftovers(folder, _prefix(source))


def _prefix(source: Source) -> str:
    return f".{source.stem}-partial-"


def _require_room(database: Path, folder: Path) -> None:
    """Require room for the copy and the packed file: registrations may need the same disk."""
    sizes = [
        path.stat().st_size
        for path in (database, database.with_name(database.name + "-wal"))
        if path.exists()
    ]
    needed, free = 2 * sum(sizes) + _SPARE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise BackupNoRoom(path=folder, needed=needed >> 20, free=free >> 20)


def _write(source: Source, scratch: Path, now_ms: int, tell: Tell, stop: Stop) -> Path:
    copy = scratch / DATABASE
    copied = _copy_database(source, copy, tell, stop)
    tell("comparing the records", 0, 1)
    doubts = _doubts_of(copy, stop)
    tell("comparing the records", 1, 1)
    members: dict[str, Member] = {}
    partial = scratch / "backup"
    with files.create_private(partial) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name, path in _members(source, copy, scratch):
                members[name] = _pack(packed, name, path, tell, stop)
            manifest = Manifest(
                format=FORMAT,
                kind=source.daemon.kind,
                author=copied.author,
                replica=copied.replica,
                incarnation=copied.incarnation,
                lacking=copied.lacking,
                schema=copied.schema,
                made_ms=now_ms,
                facts=copied.facts,
                patients=copied.patients,
                members=members,
                doubts=doubts,
            )
            packed.writestr(zipfile.ZipInfo(MANIFEST), msgspec.json.encode(manifest))
        files.sync_file(file)
    files.remove(copy)
    return partial


def _doubts_of(copy: Path, stop: Stop) -> tuple[str, ...]:
    """What does not agree in a copy that can be read; one that cannot is damaged, which comes out.

    What a fault of the disk has left in a table may be of any kind, and reading it may fail in any
    way. That makes the copy doubtful, and keeps nobody from having it.

    Raises:
        BackupStopped: it was stopped before it was done.
    """
    try:
        return tuple(disagreements_of(copy, stop).texts)
    except BackupStopped:
        raise
    except sqlite3.Error as error:
        is_damaged = isinstance(fault_of(error, copy.parent), StoreDamaged)
        return (f"{_NOT_COMPARED} ({causes.without_value(error)})",) if is_damaged else ()
    except Exception as error:
        log.exception("what is in the database could not be compared")
        return (f"{_NOT_COMPARED} ({type(error).__name__})",)


def _members(source: Source, copy: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Name and place of each file; secret ones are sealed, and in clear nowhere but at home."""
    public = sealing.public_key(source.folder)
    for name in source.files:
        path = source.folder / name
        if not path.exists():
            continue
        if public is None or name not in source.secret:
            yield name, path
            continue
        sealed = scratch / f"{name}{sealing.SUFFIX}"
        files.write_private(sealed, sealing.seal(public, path.read_bytes()))
        yield sealed.name, sealed
    yield DATABASE, copy


def _copy_database(source: Source, copy: Path, tell: Tell, stop: Stop) -> Contents:
    """Copy a database that may be in use, as it was when this began."""

    def progress(_status: int, remaining: int, total: int) -> None:
        stop.require_going()
        tell("copying the database", total - remaining, total)

    with (
        source.opened() as reading,
        contextlib.closing(sqlite3.connect(copy)) as writing,
    ):
        reading.execute("BEGIN")  # what is committed from here on is not in the copy
        try:
            with stop.interrupting(reading):
                copied = contents_of(reading)
            reading.backup(writing, pages=_PAGES, progress=progress)
        finally:
            roll_back(reading)
        Meta(writing).in_use = False
        writing.commit()
        writing.execute("PRAGMA journal_mode = DELETE")  # one file, without a WAL
    return copied


def _pack(packed: zipfile.ZipFile, name: str, path: Path, tell: Tell, stop: Stop) -> Member:
    total = path.stat().st_size
    with path.open("rb") as content, packed.open(name, "w", force_zip64=True) as target:
        pieces = iter(lambda: content.read(PIECE_BYTES), b"")
        return transfer(pieces, target, f"packing {name}", total, tell, stop)


def _check_own(source: Source, partial: Path, scratch: Path, tell: Tell, stop: Stop) -> Manifest:
    """Check what was just written in the way in which it would be restored."""
    try:
        manifest = unpack(partial, scratch / "check", tell, stop)
    except BackupDamaged as error:
        if problems := error.facts.get("problems"):
            raise StoreDamaged(path=source.folder, why=problems) from error
        raise BackupFails(path=partial.parent.parent, why=error.facts["why"]) from error
    files.remove_folder(scratch / "check")
    return manifest


def _free_name(source: Source, folder: Path, now_ms: int) -> Path:
    at = f"{time_of_ms(now_ms, source.zone):%Y%m%d-%H%M%S}"
    path, number = folder / f"{source.stem}-{at}{SUFFIX}", 1
    while path.exists():
        number += 1
        path = folder / f"{source.stem}-{at}-{number}{SUFFIX}"
    return path


def _remove_old(source: Source, folder: Path, newest: FoundBackup) -> None:
    """Keep the last `KEPT`; the one just made is one of them, whatever a clock says.

    Those from further ahead were made while a clock was wrong, so they are the first to go. Only
    those are counted whose database was as good: one that lacks something, or is in doubt, must not
    push out the backup that has it. Nor does one push out what was made of another past: of a
    trial, or from before a restore.
    """
    made = newest.manifest
    others = [
        found
        for found in backups_in(source, folder)
        if found.path != newest.path and _takes_place_of(made, found.manifest)
    ]
    others.sort(key=lambda found: found.manifest.made_ms > made.made_ms)
    for found in others[KEPT - 1 :]:
        try:
            files.remove(found.path)
        except OSError as error:
            log.warning("%s could not be removed: %s", found.path, causes.why(error))


def _takes_place_of(newer: Manifest, older: Manifest) -> bool:
    # No record is ever removed, so what has more of them has some that the newer one lacks.
    has_more = older.facts > newer.facts
    is_alike = (bool(older.doubts), older.lacking) == (bool(newer.doubts), newer.lacking)
    is_of_it = _is_of(older, newer.replica, newer.incarnation)
    return is_of_it and is_alike and not has_more


# finding and opening them


def own_backups_in(source: Source, folder: Path) -> list[FoundBackup]:
    """Those of `backups_in` that are of this very database, not of one restored from it, say.

    Raises:
        StoreError: the database cannot be read.
    """
    with source.opened() as connection:
        meta = Meta(connection)
        line = meta.replica.hex(), meta.incarnation.hex()
    return [found for found in backups_in(source, folder) if _is_of(found.manifest, *line)]


def _is_of(manifest: Manifest, replica: str, incarnation: str) -> bool:
    """Earlier versions did not note the incarnation."""
    return manifest.replica == replica and manifest.incarnation in (incarnation, "")


def backups_in(source: Source, folder: Path) -> list[FoundBackup]:
    """The backups of ``source`` in a folder, the newest first; what cannot be read is left out."""
    pattern = re.compile(re.escape(source.stem) + r"-\d{8}-\d{6}(-\d+)?" + re.escape(SUFFIX))
    names = folder.iterdir() if folder.is_dir() else ()
    found = []
    for path in names:
        if pattern.fullmatch(path.name):
            with contextlib.suppress(MrnmeshError):
                found.append(FoundBackup(path, read_manifest(path)))
    return sorted(found, key=lambda one: one.manifest.made_ms, reverse=True)
