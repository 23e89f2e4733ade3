"""Restoring a backup: into a new data folder, whole or not at all.

Everything happens in a folder beside the new one, which gets its name only when all is good. What a
restored database needs before it may issue anything differs between node and coordinator, so each
brings its own `DaemonKind`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import platformdirs

from sync.daemon import daemons, settings_files
from sync.daemon.daemon_settings import DaemonSettings, S
from sync.daemon.daemons import Daemon
from sync.daemon.data_folder import KEY_FILE, as_option, is_inside
from sync.engine import keys, replica
from sync.errors import BadOption, MrnmeshError
from sync.http.address import Address
from sync.model.facts import Author
from sync.model.formats import time_of_ms
from sync.storage import files
from sync.storage.store import Store
from sync.trust import sealing
from sync.upkeep import archive
from sync.upkeep.archive import Manifest, Tell
from sync.upkeep.backup import Source
from sync.upkeep.errors import (
    BackupDamaged,
    BackupOfOther,
    RecoveryKeyNeeded,
    RestoreOntoData,
)
from sync.witness.file import SLOT_BYTES
from sync.witness.machine import machine_id
from sync.witness.memory import BEGUN, Intent, Witness, number_for

SIZE_MAX: Final = 2 * SLOT_BYTES
"""What is larger is no witness, and is not read."""
_OF: Final = "witness of "
_CHECKING: Final = "mrnmesh-check-"
RECOVERY_KEY_VARIABLE: Final = "MRNMESH_RECOVERY_KEY"
S_co = TypeVar("S_co", bound=DaemonSettings, covariant=True)


@dataclass(frozen=True)
class RestoreOptions:
    """What is to be different from the settings in the backup; None leaves it as it was.

    ``without_backups`` lets the restored daemon make none by itself, for a trial.
    ``recovery_key`` opens the keys of a backup in which they are sealed; ``without_keys`` leaves
    those out, for whoever has no recovery key any more.

    Without ``witness`` a new file is made where the system keeps such things: the one that the
    backup's settings name may be in use by the daemon that the backup is of. The next restore looks
    for it there, beside the one that is named then, and in the settings of folders beside the new
    one.
    """

    witness: Path | None = None
    listen: str | None = None
    sync_listen: str | None = None
    without_backups: bool = False
    recovery_key: str | None = None
    without_keys: bool = False


@dataclass(frozen=True)
class Unpacked:
    """A backup that was unpacked into a folder, before that gets its final name.

    ``witnesses`` are files that may be witnesses of earlier restores.
    """

    folder: Path
    manifest: Manifest
    store: Store
    settings: Mapping[str, object]
    witnesses: Sequence[Path] = ()

    @property
    def made(self) -> str:
        """When the backup was made, for people."""
        return f"{time_of_ms(self.manifest.made_ms):%Y-%m-%d %H:%M} UTC"

    def witnesses_here(self) -> list[Mapping[str, Intent]]:
        """What was given since, by its names, as witnesses on this computer know it.

        They are the witness that the settings name, and those of earlier restores: the same backup
        may have been restored before, and what that copy gave is not in the backup either. Such a
        one has the name of the database, or a mark of it where somebody has chosen another name.

        What was given goes up to ``before``. Where a commit was begun of which nothing is known,
        ``number`` is higher.
        """
        named, replica = self.settings.get("witness"), self.manifest.replica
        known = [Path(named)] if isinstance(named, str) else []
        places = dict.fromkeys(path.parent for path in (*known, *self.witnesses))
        beside = [one for place in places for one in sorted(place.glob("*")) if one.is_file()]
        known += [one for one in beside if one.name.startswith(replica) and one.suffix != ".lock"]
        found: list[Mapping[str, Intent]] = []
        for path in dict.fromkeys(known):
            if (witness := Witness(path, machine_id())).trusted:
                found.append(_in_doubt(witness))
        mark = _mark_of(replica)
        for path in dict.fromkeys([*self.witnesses, *beside]):
            with contextlib.suppress(OSError):  # it may be any file of anybody
                if path not in known and path.stat().st_size <= SIZE_MAX:
                    witness = Witness(path, machine_id())
                    if witness.trusted and witness.mark(mark) is not None:
                        found.append(_in_doubt(witness))
        return found


class Load(Protocol[S_co]):
    """Reads the settings of a data folder, as `node.config.load` and its counterpart do."""

    def __call__(self, folder: Path, flags: Mapping[str, Any] = ...) -> S_co:
        """The settings, some of them as the flags of a command say."""
        ...


@dataclass(frozen=True)
class DaemonKind(Generic[S]):
    """What node and coordinator do differently about backups.

    ``other_files`` of the data folder are backed up beside database, settings and key, ``secret``
    are those of all of these that are sealed where there is a recovery key; ``author``
    says whose database it is; ``settle`` makes an unpacked database fit to be started, and gives
    what the new witness begins with, as `Unpacked.witnesses_here` does.
    """

    daemon: Daemon
    other_files: tuple[str, ...]
    author: Callable[[S], Author]
    settle: Callable[[Unpacked], Mapping[str, Intent]]
    load: Load[S]
    secret: tuple[str, ...] = ()

    def source(self, settings: S) -> Source:
        """What is backed up of a daemon with these settings."""
        files = (self.daemon.settings_file, KEY_FILE, *self.other_files)
        author = self.author(settings)
        return Source(settings.folder, author, files, settings.zone, self.secret)


def look(path: Path, kind: DaemonKind[S], tell: Tell = archive.quiet) -> Manifest:
    """Check all of a backup without restoring it.

    Raises:
        BackupDamaged, BackupOfOther, StoreFromFuture: it could not be restored.
    """
    _require_kind(path, kind)
    files.remove_leftovers(None, _CHECKING)
    with files.scratch_folder(None, _CHECKING) as scratch:
        return archive.unpack(path, scratch / "data", tell)


def restore(
    path: Path,
    folder: Path,
    kind: DaemonKind[S],
    options: RestoreOptions,
    tell: Tell = archive.quiet,
) -> Manifest:
    """Restore the backup ``path`` into the new data folder ``folder``.

    Raises:
        BackupDamaged, BackupOfOther, StoreFromFuture: the backup cannot be used.
        RestoreOntoData, BadOption, WitnessUnwritable: nothing was changed.
    """
    for option, address, parse in (
        ("--listen", options.listen, Address.parse),
        ("--sync-listen", options.sync_listen, Address.anywhere),
    ):
        with as_option(option):
            parse(address or "localhost:0")
    _require_kind(path, kind)
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RestoreOntoData(path=folder)
    prefix = f".{folder.name}-restoring-"
    with _parents_of(folder):
        files.remove_leftovers(folder.parent, prefix)
        with files.scratch_folder(folder.parent, prefix) as scratch:
            manifest = archive.unpack(path, scratch / "data", tell)
            _open_sealed(path, scratch / "data", options)
            with _settled(path, scratch / "data", folder, manifest, kind, options):
                if folder.exists():
                    folder.rmdir()
                files.replace(scratch / "data", folder)
                files.sync_folder(folder.parent)
    return manifest


def _open_sealed(path: Path, data: Path, options: RestoreOptions) -> None:
    """Open the keys that are sealed in what was unpacked of a backup, or leave them out.

    Raises:
        RecoveryKeyNeeded, BadRecoveryKey: they cannot be opened.
    """
    for sealed in sorted(data.glob(f"*{sealing.SUFFIX}")):
        if not options.without_keys:
            if options.recovery_key is None:
                raise RecoveryKeyNeeded(path=path, variable=RECOVERY_KEY_VARIABLE)
            content = sealing.opened(options.recovery_key, sealed.read_bytes())
            files.write_private(sealed.with_name(sealed.name.removesuffix(sealing.SUFFIX)), content)
        files.remove(sealed)


def _require_kind(path: Path, kind: DaemonKind[S]) -> None:
    manifest = archive.read_manifest(path)
    if manifest.kind != kind.daemon.kind:
        other = daemons.COORDINATOR if kind.daemon is daemons.NODE else daemons.NODE
        raise BackupOfOther(
            path=path,
            kind=manifest.kind,
            author=manifest.author,
            command=f"{other.command} restore",
        )


@contextlib.contextmanager
def _parents_of(folder: Path) -> Iterator[None]:
    """Make the folders above; those that were made are removed again if something fails."""
    made = [parent for parent in folder.parents if not parent.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for parent in made:
                parent.rmdir()
        raise


@contextlib.contextmanager
def _settled(
    path: Path,
    data: Path,
    folder: Path,
    manifest: Manifest,
    kind: DaemonKind[S],
    options: RestoreOptions,
) -> Iterator[None]:
    """Prepare what was unpacked for this computer; if something fails, its witness goes again."""
    settings_path = data / kind.daemon.settings_file
    if not options.without_keys:
        _require_key(path, data)
    if not settings_path.exists():
        raise BackupDamaged(path=path, why=f"{settings_path.name} is not in it")
    witness = _witness_for(folder, manifest, options)
    store = Store.open(data / replica.DATABASE)
    try:
        found = settings_files.read_toml(settings_path, "")
        others = [_state_folder() / manifest.replica, witness, *_named_beside(folder, kind)]
        given = kind.settle(Unpacked(data, manifest, store, found, others))
        number = number_for(store.meta, os.urandom)
        # An administrator's word was about the clock of the other computer.
        store.meta.kept_time = store.meta.kept_time._replace(by_word=False)
    finally:
        store.close()
    changed: dict[str, str | bool] = {"witness": str(witness)}
    if options.listen is not None:
        changed["listen"] = options.listen
    if options.sync_listen is not None:
        changed["sync_listen"] = options.sync_listen
    if options.without_backups:
        changed["backup"] = False
    files.write_private(settings_path, settings_files.changed_toml(settings_path, changed).encode())
    kind.load(data)
    try:
        _begin(Witness.create(witness, machine_id(), number), manifest.replica, given)
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            files.remove(witness)
        raise


def _begin(witness: Witness, replica_id: str, given: Mapping[str, Intent]) -> None:
    """Tell a new witness what others know, and of which database it is."""
    marks = {name: one.before for name, one in given.items()}
    witness.note_marks({_mark_of(replica_id): 1} | marks)
    if doubt := {name: one for name, one in given.items() if one.number > one.before}:
        witness.intend(doubt)


def _mark_of(replica_id: str) -> str:
    """The name of the mark by which a restored database's witness is known, wherever it lies."""
    return f"{_OF}{replica_id}"


def _in_doubt(witness: Witness) -> dict[str, Intent]:
    """What a witness knows to be given, and what was begun above that; nothing of itself."""
    return {
        name: Intent(number, witness.committed(name))
        for name, number in witness.marks.items()
        if name != BEGUN and not name.startswith(_OF)
    }


def _named_beside(folder: Path, kind: DaemonKind[S]) -> list[Path]:
    """The witnesses of data folders beside one: that of before may be there, with another name."""
    found = []
    for path in folder.parent.glob(f"*/{kind.daemon.settings_file}"):
        with contextlib.suppress(OSError, MrnmeshError):  # it may be anybody's, and damaged
            named = settings_files.read_toml(path, "").get("witness")
            found += [Path(named)] if isinstance(named, str) else []
    return found


def _require_key(path: Path, data: Path) -> None:
    """Pass a backup with a signing key that can be read.

    Raises:
        BackupDamaged, BadConfig: it has none, or it cannot be read.
    """
    if not (data / KEY_FILE).exists():
        raise BackupDamaged(path=path, why=f"{KEY_FILE} is not in it")
    keys.Signer.load(data / KEY_FILE)


def _witness_for(folder: Path, manifest: Manifest, options: RestoreOptions) -> Path:
    if options.witness is not None:
        witness = options.witness.absolute()
        if witness.exists():
            raise BadOption(option="--witness", why=f"{witness} is there; name a new file")
        if is_inside(witness, folder):
            raise BadOption(option="--witness", why=f"{witness} is in the data folder")
        return witness
    state = _state_folder()
    if is_inside(state, folder):
        raise BadOption(option="--data", why=f"the witness would be in it ({state})")
    return state / f"{manifest.replica}-{os.urandom(4).hex()}"


def _state_folder() -> Path:
    """Where the system keeps such things as witnesses."""
    return Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)).absolute()
