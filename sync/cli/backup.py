"""The commands ``backup`` and ``restore``, as node and coordinator have them."""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sync.cli import command
from sync.cli.client import Client
from sync.cli.errors import CallRefused
from sync.cli.program import Program
from sync.cli.progress import progress
from sync.daemon.daemon_settings import S
from sync.engine.replica import DATABASE
from sync.errors import FileFails, StoreError
from sync.model import phrases
from sync.model.formats import time_of_ms
from sync.storage import belonging, files
from sync.storage.lock import FolderLock
from sync.upkeep import backup, restore
from sync.upkeep.archive import Manifest, Tell, unpack
from sync.upkeep.backup import FoundBackup
from sync.upkeep.errors import BackupFolderMissing
from sync.upkeep.nightly import BackupAnswer, backup_answer, backup_settings
from sync.upkeep.restore import RECOVERY_KEY_VARIABLE, RestoreOptions

POLL_S: Final = 0.2
_ALL_GOOD: Final = "All of it is good. Nothing was changed."
_COPYING: Final = ".mrnmesh-copy-"

_BACKUP: Final = """\
Make a backup now, while the daemon works or is stopped, and check it by opening it. It holds the
database, the settings and the key, so keep it where only you can read it. One is made every night
anyway, into the folder `backup_folder` of the settings."""

_RESTORE: Final = """\
Put a backup into a new data folder, all of it or nothing. A folder that holds data is left as it
is: rename it first, and keep it.

{then}"""

_WITHOUT_KEYS: Final = (
    "It has no signing key, so it does not start. First make another one: `mrnmesh-coordinator "
    "signing-key replace --lost --reason TEXT`."
)


def add(commands: command.Commands, program: Program[S]) -> None:
    """Add ``backup`` and ``restore``."""
    prog = program.name
    made = command.add(
        commands,
        "backup",
        "make a backup now, and check it",
        f"""
        {prog} backup
        {prog} backup --to /media/usb      # puts a checked copy there too
        {prog} backup --json               # for a script: which file, how many people
        """,
    )
    made.description = _BACKUP
    made.add_argument(
        "--to", type=Path, metavar="FOLDER", help="put a copy there too, checked as well"
    )
    command.add_json_option(made)
    program.add_client_options(made)
    made.set_defaults(act=lambda options: _backup(options, program))
    back = command.add(
        commands,
        "restore",
        "put a backup into a new data folder, or see whether it is good",
        f"""
        {prog} restore --check FILE                  # open and check it; change nothing
        {prog} --data NEW-FOLDER restore FILE
        """,
    )
    back.description = _RESTORE.format(then=program.after_restore)
    back.add_argument("file", type=Path, metavar="FILE", help="the backup")
    back.add_argument(
        "--check", action="store_true", help="only open it and check all of it; change nothing"
    )
    back.add_argument(
        "--witness",
        type=Path,
        metavar="FILE",
        help="a new file outside the data folder, where issued numbers are remembered (by default "
        "one where the system keeps such files)",
    )
    for option in ("--listen", "--sync-listen"):
        back.add_argument(
            option, metavar="HOST:PORT", help="another address than that in the backup's settings"
        )
    back.add_argument(
        "--without-backups",
        action="store_true",
        help="let it make no backups by itself, for a trial",
    )
    command.add_json_option(back)
    _add_key_options(back, program)
    command.exclude(
        back,
        "--check",
        *("--witness", "--listen", "--sync-listen", "--without-backups"),
        why="a check restores nothing and so changes nothing",
    )
    back.set_defaults(act=lambda options: _restore(options, program))


def _add_key_options(back: argparse.ArgumentParser, program: Program[S]) -> None:
    back.add_argument(
        "--recovery-key",
        default=os.environ.get(RECOVERY_KEY_VARIABLE),
        metavar="KEY",
        help="what `init` showed when the coordinator was made, if its keys are sealed "
        f"(or ${RECOVERY_KEY_VARIABLE})",
    )
    if program.kind.secret:
        back.add_argument(
            "--without-keys",
            action="store_true",
            help="leave the sealed keys out, where nobody has the recovery key any more; the "
            "signing key has to be replaced then",
        )


# backup


def _backup(options: argparse.Namespace, program: Program[S]) -> int:
    if options.to is not None and not options.to.is_dir():
        raise BackupFolderMissing(path=options.to)
    with progress() as tell:
        made = _make(options, program, tell)
        copy = None
        if options.to is not None:
            copy = str(_copy(Path(made["file"]), options.to, tell))
    if options.json:
        command.print_json(made | {"copy": copy})
        return 0
    is_good = "was made" if made["doubts"] else "is good"
    print(f"The backup {is_good}: {_contents(made['patients'], made['facts'])}.")
    _tell_doubts(made["doubts"])
    print(made["file"])
    if copy is not None:
        print(copy)
    return 0


def _make(options: argparse.Namespace, program: Program[S], tell: Tell) -> BackupAnswer:
    """A backup by this process if no daemon runs, else by the daemon.

    Only one of the two may make it: both would remove what they take for leftovers of a killed one.
    """
    kind = program.kind
    if not program.is_elsewhere(options) and (options.data / kind.daemon.settings_file).exists():
        settings = kind.load(options.data)
        to = backup_settings(settings)
        with _stopped(settings.folder) as is_stopped:
            if is_stopped:
                belonging.require(settings.folder / DATABASE)
                if (
                    to.ours
                ):  # a folder elsewhere that is missing may be a disk that is not connected
                    to.folder.mkdir(mode=0o700, exist_ok=True)
                now_ms = time.time_ns() // 1_000_000
                return backup_answer(backup.make(kind.source(settings), to.folder, now_ms, tell))
    return _ask_for_one(program.client(options), tell)


@contextlib.contextmanager
def _stopped(folder: Path) -> Iterator[bool]:
    """True, and kept so, when no daemon uses a data folder."""
    try:
        lock = FolderLock(folder)
    except StoreError:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _ask_for_one(client: Client, tell: Tell) -> BackupAnswer:
    """Let the daemon make one; it finishes that even if this command is interrupted."""
    before = client.call("GET", "/api/backups/")["last_good"]
    number = client.call("POST", "/api/backups/", {})["number"]
    while (status := client.call("GET", "/api/backups/"))["ended"] < number:
        if step := status["running"]:
            tell(step["step"], step["done"], step["total"])
        time.sleep(POLL_S)
    if status["failed"]:
        raise CallRefused(detail=status["failed"]["why"])
    made: BackupAnswer | None = status["last_good"]
    if made is None or made == before:  # it was stopped on the way, or its file is gone again
        raise CallRefused(detail="The daemon made no backup; its log says why.")
    return made


def _copy(path: Path, folder: Path, tell: Tell) -> Path:
    """A copy of a backup in another folder, checked before it gets its name."""
    target = folder / path.name
    if target.exists():
        raise FileFails(path=target, why="it is there already", do="Name another folder.")
    files.remove_leftovers(folder, _COPYING)
    with files.scratch_folder(folder, _COPYING) as scratch:
        total, done = path.stat().st_size, 0
        with path.open("rb") as content, files.create_private(scratch / path.name) as file:
            while piece := content.read(1 << 20):
                file.write(piece)
                done += len(piece)
                tell(f"copying to {folder}", done, total)
            files.sync_file(file)
        unpack(scratch / path.name, scratch / "check", tell)
        files.replace(scratch / path.name, target)
        files.sync_folder(folder)
    return target


# restore


def _restore(options: argparse.Namespace, program: Program[S]) -> int:
    with progress() as tell:
        if options.check:
            manifest = restore.look(options.file, program.kind, tell)
        else:
            wanted = RestoreOptions(
                options.witness,
                options.listen,
                options.sync_listen,
                options.without_backups,
                options.recovery_key,
                without_keys=bool(program.kind.secret and options.without_keys),
            )
            manifest = restore.restore(options.file, options.data, program.kind, wanted, tell)
    if options.json:
        data = None if options.check else str(options.data.absolute())
        command.print_json(
            backup_answer(FoundBackup(options.file.absolute(), manifest)) | {"data": data}
        )
        return 0
    print(_described(options.file, manifest))
    _tell_doubts(manifest.doubts)
    if options.check:
        print("All of it can be restored. Nothing was changed." if manifest.doubts else _ALL_GOOD)
    else:
        print(f"It was restored into {options.data.absolute()}.")
        if program.kind.secret and options.without_keys:
            command.say(options, _WITHOUT_KEYS)
        command.say(options, program.after_restore)
    return 0


def _tell_doubts(doubts: Sequence[str]) -> None:
    """Say what does not agree in the database of a backup."""
    if doubts:
        print(f"But what its database holds does not agree: {'; '.join(doubts)}.")
        print("Earlier backups may be better; they are kept.")


def _described(path: Path, manifest: Manifest) -> str:
    made = time_of_ms(manifest.made_ms).astimezone()
    return (
        f"{path.name}: {phrases.writer(manifest.author)} as of {made:%Y-%m-%d %H:%M}, "
        f"{_contents(manifest.patients, manifest.facts)}."
    )


def _contents(patients: int, facts: int) -> str:
    return f"{phrases.people(patients)}, {phrases.count(facts, 'record')}"
