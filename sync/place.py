"""A daemon's data folder, as node and coordinator have it: settings, key, database, witness."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import platformdirs

from sync import replica, settings, trust
from sync.errors import StoreExists
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


def read(path: Path, found: Mapping[str, Any], listen: str, sync_listen: str) -> Place:
    """The place that the settings ``found`` in the file ``path`` describe.

    Args:
        listen: the default address of the HTTP API.
        sync_listen: the default address for other replicas.

    Raises:
        BadConfig: says which setting is wrong.
    """
    return Place(
        path.parent,
        settings.zone(path, found),
        Address.parse(settings.text(path, found, "listen", listen), path),
        Address.parse(settings.text(path, found, "sync_listen", sync_listen), path),
        Path(settings.text(path, found, "witness")),
    )


def require_new(path: Path, *addresses: str) -> None:
    """Pass only if neither settings ``path`` nor a database are there and the addresses are good.

    Raises:
        StoreExists, BadConfig: otherwise.
    """
    if path.exists() or (path.parent / replica.DATABASE).exists():
        raise StoreExists(path=path.parent)
    for address in addresses:
        Address.parse(address)


def make(folder: Path, author: Author, witness: Path | None) -> Made:
    """Make database, key and witness; without a name for it the witness goes where state goes."""
    replica_id, incarnation = replica.init(folder, author)
    signer = trust.Signer.new()
    signer.save(folder / KEY_FILE)
    if witness is None:
        witness = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)) / replica_id.hex()
    Witness.create(witness.absolute(), machine_id())
    return Made(incarnation, signer.public_key, witness.absolute())


def write_json(path: Path, content: Mapping[str, str]) -> None:
    """Write a file that another machine is to read, on disk before this returns."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
