"""A daemon's data folder, as node and coordinator have it: settings, key, database, witness."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import platformdirs

from sync import replica, settings, trust
from sync.errors import BadConfig, BadOption, StoreExists, StoreIncomplete
from sync.facts import Author, Incarnation
from sync.web import Address
from sync.witness import Witness, machine_id

KEY_FILE: Final = "signing-key.pem"


@dataclass(frozen=True)
class Place:
    """Where a daemon keeps its data and listens; ``zone`` is the facility's time zone.

    ``witness`` is the file outside the data folder that remembers what was issued.
    """

    folder: Path
    zone: ZoneInfo
    listen: Address
    sync_listen: Address
    witness: Path

    @property
    def url(self) -> str:
        """Where the HTTP API is."""
        host = f"[{self.listen.host}]" if ":" in self.listen.host else self.listen.host
        return f"http://{host}:{self.listen.port}"

    def signer(self) -> trust.Signer:
        """The key pair of this daemon.

        Raises:
            BadConfig: it cannot be read.
        """
        return trust.Signer.load(self.folder / KEY_FILE)


class Made(NamedTuple):
    """A database, a key and a witness that were just made."""

    incarnation: Incarnation
    public_key: bytes
    witness: Path


def read_settings(path: Path, command: str) -> dict[str, Any]:
    """The settings in the file ``path`` of a data folder; ``command`` is what makes the folder.

    Raises:
        StoreMissing: there is no data.
        StoreIncomplete: there are settings without a database, or a database without settings.
        BadConfig: the settings are not TOML.
    """
    _require_whole(path, command)
    return settings.read_toml(path, command)


def read(path: Path, found: Mapping[str, Any], listen: str, sync_listen: str) -> Place:
    """The place that the settings ``found`` in the file ``path`` describe.

    Args:
        listen: the default address of the HTTP API.
        sync_listen: the default address for other replicas.

    Raises:
        BadConfig: says which setting is wrong.
    """
    witness = Path(settings.text(path, found, "witness"))
    if _is_inside(witness, path.parent):
        raise BadConfig(path=path, why=f"'witness' must not be in the data folder ({witness})")
    return Place(
        path.parent,
        settings.zone(path, found),
        Address.parse(settings.text(path, found, "listen", listen), path),
        Address.parse(settings.text(path, found, "sync_listen", sync_listen), path),
        witness,
    )


def require_new(
    path: Path, command: str, *, listen: str, sync_listen: str, witness: Path | None
) -> None:
    """Pass only if neither settings ``path`` nor a database are there and the options are good.

    Raises:
        StoreExists, StoreIncomplete, BadOption: otherwise.
    """
    _require_whole(path, command)
    if path.exists():
        raise StoreExists(path=path.parent)
    ports = []
    for option, text in (("--listen", listen), ("--sync-listen", sync_listen)):
        with as_option(option):
            ports.append(Address.parse(text).port)
    if ports[0] == ports[1] != 0:
        raise BadOption(option="--sync-listen", why=f"--listen has the port {ports[0]} already")
    if witness is not None and _is_inside(witness, path.parent):
        raise BadOption(
            option="--witness",
            why=f"{witness} is in the data folder, and would be set back together with it",
        )


@contextlib.contextmanager
def as_option(option: str) -> Iterator[None]:
    """What a setting of a file would be refused for is told of the option that gave it."""
    try:
        yield
    except BadConfig as error:
        raise BadOption(option=option, why=error.facts["why"]) from error


@contextlib.contextmanager
def whole_or_nothing(folder: Path) -> Iterator[None]:
    """If making a data folder fails, what was made in it goes again."""
    before = set(folder.iterdir()) if folder.is_dir() else set()
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for path in set(folder.iterdir()) - before:
                path.unlink()
            for parent in made:
                parent.rmdir()
        raise


def make(folder: Path, author: Author, witness: Path | None) -> Made:
    """Make database, key and witness; without a name for it the witness goes where state goes."""
    replica_id, incarnation = replica.init(folder, author)
    signer = trust.Signer.new()
    signer.save(folder / KEY_FILE)
    if witness is None:
        witness = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)) / replica_id.hex()
    if _is_inside(witness, folder):
        raise BadOption(option="--data", why=f"the witness {witness} would be in it")
    Witness.create(witness.absolute(), machine_id())
    return Made(incarnation, signer.public_key, witness.absolute())


def write_json(path: Path, content: Mapping[str, str]) -> None:
    """Write a file that another machine is to read, on disk before this returns."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _require_whole(path: Path, command: str) -> None:
    database = path.parent / replica.DATABASE
    if path.exists() != database.exists():
        found, missing = (path, database) if path.exists() else (database, path)
        raise StoreIncomplete(
            path=path.parent, found=found.name, missing=missing.name, command=command
        )


def _is_inside(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())
