"""A daemon's data folder: made whole or not at all, with a database, a key and a witness."""

from __future__ import annotations

import contextlib
import itertools
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import platformdirs

from sync.daemon.daemons import COORDINATOR, NODE, Daemon
from sync.engine import keys, replica
from sync.engine.replica import NewReplica
from sync.errors import (
    BadConfig,
    BadOption,
    StoreElsewhere,
    StoreExists,
    StoreForbidden,
    StoreIncomplete,
    StoreMissing,
    StoreOfAnother,
)
from sync.http.address import Address
from sync.model.facts import Author, Incarnation
from sync.storage import belonging, files
from sync.witness.machine import machine_id
from sync.witness.memory import Witness

KEY_FILE: Final = "signing-key.pem"
FOLDERS_MAX: Final = 500
"""So many folders are looked at for one that may be meant."""


class NewDaemon(NamedTuple):
    """What `make` has made: a database, a key and a witness."""

    incarnation: Incarnation
    public_key: bytes
    witness: Path


class Begun(NamedTuple):
    """What others know of a daemon before its data folder is made; its witness is there too."""

    signer: keys.Signer
    database: NewReplica
    witness: Path


def require_whole(folder: Path, daemon: Daemon) -> None:
    """Pass a data folder with both settings and database of a daemon, or with neither.

    Raises:
        StoreForbidden: this user may not look into it.
        StoreLinked: a file of the database is a link.
        StoreOfAnother: it is a data folder of the other daemon.
        StoreIncomplete: one of the two is missing.
    """
    try:
        _require_whole(folder, daemon)
    except PermissionError as error:
        user = _owner(folder)
        owner = f", which belongs to {user}" if user else ""
        how = f": `sudo -u {user} {daemon.command} --data {quoted(folder)} COMMAND`" if user else ""
        raise StoreForbidden(path=folder, owner=owner, how=how) from error


def _require_whole(folder: Path, daemon: Daemon) -> None:
    settings, database = folder / daemon.settings_file, folder / replica.DATABASE
    belonging.require_own_files(database)  # a link that leads nowhere is no file that is missing
    if settings.exists() == database.exists():
        return
    for other in (NODE, COORDINATOR):
        if not settings.exists() and (folder / other.settings_file).exists():
            command = f"{other.command} --data {quoted(folder)}"
            raise StoreOfAnother(path=folder, kind=other.kind, command=command)
    found, missing = (settings, database) if settings.exists() else (database, settings)
    raise StoreIncomplete(
        path=folder, found=found.name, missing=missing.name, command=daemon.init_command
    )


def require_made(folder: Path, daemon: Daemon) -> None:
    """Pass a data folder that has both settings and database of a daemon.

    Raises:
        StoreElsewhere, StoreMissing: there is nothing; the first says where there is something.
        StoreIncomplete, StoreLinked, StoreOfAnother: see `require_whole`.
    """
    require_whole(folder, daemon)
    if (folder / daemon.settings_file).exists():
        return
    found = _inside(folder, daemon) or _service(folder, daemon)
    if found:
        raise StoreElsewhere(path=folder, found=found)
    raise StoreMissing(path=folder, command=daemon.init_command)


def _inside(folder: Path, daemon: Daemon) -> str:
    """The data folders that lie in a folder, or around it, as a hint; empty if none does."""
    near = [folder.parent] if _has(folder.parent, daemon) else []
    if folder.is_dir():
        inner = itertools.islice(folder.iterdir(), FOLDERS_MAX)
        near += sorted(one for one in inner if _has(one, daemon))
    if not near:
        return ""
    named = " or ".join(f"--data {quoted(one)}" for one in near)
    return f"You may mean {named}."


def _has(folder: Path, daemon: Daemon) -> bool:
    """True when a folder has settings of a daemon, as far as this user may see."""
    try:
        return (folder / daemon.settings_file).is_file()
    except OSError:
        return False


def _service(folder: Path, daemon: Daemon) -> str:
    """The service of this computer as a hint; empty if there is none."""
    place = daemon.service_folder
    if not place.is_dir() or place.resolve() == folder.resolve():
        return ""
    command, user = f"{daemon.command} --data {quoted(place)} COMMAND", _owner(place)
    how = f"sudo -u {user} {command}" if user else command
    return (
        f"The service of this computer keeps its data in {place}: use that, and make no second "
        f"{daemon.kind} beside it. As the user that it belongs to: `{how}`; {daemon.data_variable} "
        "names the folder as well."
    )


def _owner(folder: Path) -> str | None:
    """The user that a folder belongs to; None on a system that does not tell."""
    if sys.platform == "win32":
        return None
    else:
        try:
            return folder.owner()
        except (KeyError, OSError):
            return None


def quoted(path: Path) -> str:
    """A path as it is typed in a command."""
    if sys.platform == "win32":
        return subprocess.list2cmdline([str(path)])
    else:
        return shlex.quote(str(path))


def pasteable(text: str, daemon: Daemon, folder: Path) -> str:
    """A text whose hints name commands with the data folder of a daemon, as they are typed.

    A command of the other daemon is typed at another computer, or with another folder, that nobody
    knows here. One that has a folder keeps it.
    """
    where = f"--data {quoted(folder)}"
    programs = "|".join(daemon.programs)
    return re.sub(
        rf"\b({programs})(\s+)(?!--data)(?=[a-z])",
        lambda found: f"{found[1]} {where}{found[2]}",
        text,
    )


def hints(daemon: Daemon, folder: Path) -> Callable[[str], str]:
    """What a daemon does with a text of its own before somebody reads it; see `pasteable`.

    In the folder that its commands take by themselves they need not be told.
    """
    if folder == daemon.folder:
        return str
    return lambda text: pasteable(text, daemon, folder)


def require_new(
    folder: Path,
    daemon: Daemon,
    *,
    listen: str,
    sync_listen: str,
    witness: Path | None,
    anywhere: bool = False,
) -> None:
    """Pass only if neither settings nor a database are there and the options are good.

    Args:
        anywhere: other computers may reach the address where it syncs.

    Raises:
        StoreExists, StoreIncomplete, StoreOfAnother, BadOption: otherwise.
    """
    require_whole(folder, daemon)
    if (folder / daemon.settings_file).exists():
        raise StoreExists(path=folder)
    for above in folder.resolve().parents:
        for other in (NODE, COORDINATOR):
            if _has(above, other) and (above / replica.DATABASE).exists():
                why = (
                    f"{folder} lies in {above}, the data folder of a {other.kind}, and would be "
                    "set back or lost together with it; name a folder beside that"
                )
                raise BadOption(option="--data", why=why)
    ports = []
    for option, text, parse in (
        ("--listen", listen, Address.parse),
        ("--sync-listen", sync_listen, Address.anywhere if anywhere else Address.parse),
    ):
        with as_option(option):
            ports.append(parse(text).port)
    if ports[0] == ports[1] != 0:
        raise BadOption(option="--sync-listen", why=f"--listen has the port {ports[0]} already")
    if witness is not None and is_inside(witness, folder):
        raise BadOption(
            option="--witness",
            why=f"{witness} is in the data folder, and would be set back together with it",
        )


@contextlib.contextmanager
def as_option(option: str) -> Iterator[None]:
    """Name the option in what is wrong with a value: a reader of settings names their file."""
    try:
        yield
    except BadConfig as error:
        raise BadOption(option=option, why=error.facts["why"]) from error
    except ValueError as error:
        raise BadOption(option=option, why=error) from error


@contextlib.contextmanager
def whole_or_nothing(folder: Path) -> Iterator[list[Path]]:
    """If making a data folder fails, remove what was made in it.

    Yields:
        A list for the files beside it that are to be removed then too, as its witness.
    """
    beside: list[Path] = []
    before = set(folder.iterdir()) if folder.is_dir() else set()
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        yield beside
    except BaseException:
        with contextlib.suppress(OSError):
            for path in {*folder.iterdir(), *beside} - before:
                files.remove(path)
            for parent in made:
                parent.rmdir()
        raise


def make(
    folder: Path, author: Author, witness: Path | None, begun: Begun | None = None
) -> NewDaemon:
    """Make database, key and witness; the witness is by default in the system's folder for state.

    Args:
        begun: what others know of it already, with its witness; by default that is made too.

    Raises:
        BadOption: the witness would be in the data folder, or is there already.
        WitnessUnwritable: it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        files.restrict(folder)  # before the key is in it
    if begun is not None:
        replica.init(folder, author, begun.database)
        begun.signer.save(folder / KEY_FILE)
        return NewDaemon(begun.database.incarnation, begun.signer.public_key, begun.witness)
    signer = keys.Signer.new()
    replica_id, incarnation, number = replica.init(folder, author)
    signer.save(folder / KEY_FILE)
    witness = witness.absolute() if witness is not None else default_witness(replica_id)
    require_witness(folder, witness)
    Witness.create(witness, machine_id(), number)
    return NewDaemon(incarnation, signer.public_key, witness)


def default_witness(replica_id: bytes) -> Path:
    """The witness of a replica, in the system's folder for state."""
    state = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False))
    return (state / replica_id.hex()).absolute()


def require_witness(folder: Path, witness: Path) -> None:
    """Pass a file that is not there yet, and would not be put back together with the data folder.

    Raises:
        BadOption: otherwise.
    """
    if is_inside(witness, folder):
        why = f"the witness {witness} would be in it; name a file elsewhere with --witness"
        raise BadOption(option="--data", why=why)
    if witness.exists():
        why = (
            f"{witness} is there, and may be that of another daemon; name a new file, or remove it"
            " if no daemon uses it"
        )
        raise BadOption(option="--witness", why=why)


def is_inside(file: Path, folder: Path) -> bool:
    """True when a file is, or would be, somewhere in a folder."""
    return file.resolve().is_relative_to(folder.resolve())
