"""A daemon's data folder: made whole or not at all, with a database, a key and a witness."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import platformdirs

from sync.engine import keys, replica
from sync.errors import BadConfig, BadOption, StoreExists, StoreIncomplete
from sync.http.address import Address
from sync.model.facts import Author, Incarnation
from sync.storage import files
from sync.witness.memory import Witness, machine_id

KEY_FILE: Final = "signing-key.pem"


class NewDaemon(NamedTuple):
    """What `make` has made: a database, a key and a witness."""

    incarnation: Incarnation
    public_key: bytes
    witness: Path


def require_whole(path: Path, init_command: str) -> None:
    """Pass a data folder with both settings (``path``) and database, or with neither.

    Raises:
        StoreIncomplete: one of the two is missing.
    """
    database = path.parent / replica.DATABASE
    if path.exists() != database.exists():
        found, missing = (path, database) if path.exists() else (database, path)
        raise StoreIncomplete(
            path=path.parent, found=found.name, missing=missing.name, command=init_command
        )


def require_new(
    path: Path, init_command: str, *, listen: str, sync_listen: str, witness: Path | None
) -> None:
    """Pass only if neither settings ``path`` nor a database are there and the options are good.

    Raises:
        StoreExists, StoreIncomplete, BadOption: otherwise.
    """
    require_whole(path, init_command)
    if path.exists():
        raise StoreExists(path=path.parent)
    ports = []
    for option, text in (("--listen", listen), ("--sync-listen", sync_listen)):
        with as_option(option):
            ports.append(Address.parse(text).port)
    if ports[0] == ports[1] != 0:
        raise BadOption(option="--sync-listen", why=f"--listen has the port {ports[0]} already")
    if witness is not None and is_inside(witness, path.parent):
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
def whole_or_nothing(folder: Path) -> Iterator[None]:
    """If making a data folder fails, remove what was made in it."""
    before = set(folder.iterdir()) if folder.is_dir() else set()
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for path in set(folder.iterdir()) - before:
                files.remove(path)
            for parent in made:
                parent.rmdir()
        raise


def make(folder: Path, author: Author, witness: Path | None) -> NewDaemon:
    """Make database, key and witness; the witness is by default in the system's folder for state.

    Raises:
        BadOption: the witness would be in the data folder.
        WitnessUnwritable: it cannot be written.
    """
    replica_id, incarnation = replica.init(folder, author)
    signer = keys.Signer.new()
    signer.save(folder / KEY_FILE)
    if witness is None:
        witness = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)) / replica_id.hex()
    if is_inside(witness, folder):
        raise BadOption(option="--data", why=f"the witness {witness} would be in it")
    Witness.create(witness.absolute(), machine_id())
    return NewDaemon(incarnation, signer.public_key, witness.absolute())


def is_inside(file: Path, folder: Path) -> bool:
    """True when a file is, or would be, somewhere in a folder."""
    return file.resolve().is_relative_to(folder.resolve())
