"""What the coordinator has given a desk becomes part of its data folder, however it came.

A desk that is there already keeps its identity, its ranges and its data.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, NamedTuple

from node import config
from node.enrolment import adopting
from sync.daemon import daemon_settings, data_folder, settings_files
from sync.daemon.daemons import NODE
from sync.daemon.data_folder import Begun
from sync.engine import keys
from sync.errors import BadCertificate
from sync.http.address import Address
from sync.model.facts import Author, Incarnation
from sync.storage import files
from sync.trust import certificates, credentials
from sync.trust.registry_copy import RegistryCopy

BEGUN: Final = "enrolment-begun.json"
"""In the data folder of a new desk that waits for the answer to a file: private."""


class Options(NamedTuple):
    """What may be said about a desk besides its code; None leaves it as it is by default."""

    listen: str = NODE.listen
    sync_listen: str | None = None
    witness: Path | None = None
    peers: tuple[str, ...] = ()


class Given(NamedTuple):
    """What the coordinator gives a desk.

    ``coordinator`` is the address where it syncs; ``authority`` and ``certificate`` are DER;
    ``registry`` is None where the next sync brings all of it.
    """

    coordinator_key: bytes
    coordinator: str
    authority: bytes
    certificate: bytes
    registry: RegistryCopy | None


class NewDesk(NamedTuple):
    """What the settings of a new desk begin with."""

    code: str
    zone: str
    region: str
    coordinator: str
    coordinator_key: str


def make(folder: Path, new: NewDesk, options: Options, begun: Begun | None = None) -> None:
    """Make the data folder of a new desk.

    Args:
        begun: what it has asked with, if it has.

    Raises:
        StoreExists, StoreIncomplete, WitnessUnwritable, BadOption: nothing was made.
    """
    sync_listen = options.sync_listen or everywhere(NODE.sync_listen)
    config.require_peers(options.peers)
    data_folder.require_new(
        folder,
        NODE,
        listen=options.listen,
        sync_listen=sync_listen,
        witness=begun.witness if begun is not None else options.witness,
        anywhere=True,
    )
    with data_folder.whole_or_nothing(folder) as beside:
        made = data_folder.make(folder, Author(new.code), options.witness, begun)
        if begun is None:  # else it was there before, and is wanted when this is done again
            beside.append(made.witness)
        settings_files.write_toml(
            folder / NODE.settings_file,
            {
                "code": new.code,
                "zone": new.zone,
                "region": new.region,
                "listen": options.listen,
                "sync_listen": sync_listen,
                "coordinator": new.coordinator,
                "coordinator_key": new.coordinator_key,
                "peers": list(options.peers),
                "witness": str(made.witness),
            },
        )


def written_in(folder: Path) -> dict[str, Any]:
    """The settings in the file of a data folder.

    Raises:
        BadConfig: it cannot be read.
    """
    return settings_files.read_toml(folder / NODE.settings_file, NODE.init_command)


def pinned_in(written: dict[str, Any]) -> str:
    """The key of the coordinator that a desk trusts, in hexadecimal."""
    return str(written.get("coordinator_key", "")).lower()


def incarnation_in(folder: Path, written: dict[str, Any]) -> Incarnation:
    """That of the desk's database; its caller has locked the folder. See `config.settle_here`."""
    path = folder / NODE.settings_file
    witness = config.TABLE.find(daemon_settings.WITNESS, path, written, os.environ, {})
    return config.settle_here(folder, Path(witness.value))


def take(folder: Path, given: Given, tls_key: bytes, sync_listen: str | None) -> None:
    """Take it into the data folder of a desk, which the caller has locked.

    The certificate comes before the settings that need it, and all of it can be done again.

    Args:
        tls_key: the public TLS key of the desk.
        sync_listen: where others connect to sync, None to leave it, but open to the network.

    Raises:
        BadCertificate: it is not for this desk, or counts no more; nothing was changed.
        OtherCoordinator: the desk knows another one; nothing was changed.
    """
    path, written = folder / NODE.settings_file, written_in(folder)
    code = Author(str(written.get("code", "")))
    signer = keys.Signer.load(folder / data_folder.KEY_FILE)
    subject = certificates.subject_of(given.certificate)
    is_own = subject[1:] == (code, signer.public_key)
    if not (
        is_own
        and tls_key == certificates.tls_key_in(given.certificate)
        and certificates.is_issued_by(given.certificate, given.authority)
    ):
        raise BadCertificate(why="it is not for this desk")
    if given.registry is not None:
        pinned = bytes.fromhex(pinned_in(written))
        key, authority = given.coordinator_key, given.authority
        adopting.adopt(folder, code, pinned, key, given.registry, authority)
    changes = {
        "coordinator": given.coordinator,
        "coordinator_key": given.coordinator_key.hex(),
        "sync_listen": sync_listen or everywhere(str(written.get("sync_listen", ""))),
    }
    credentials.write_certificate(folder / credentials.AUTHORITY, given.authority)
    credentials.write_certificate(folder / credentials.CERTIFICATE, given.certificate)
    files.write_private(path, settings_files.changed_toml(path, changes).encode())


def everywhere(sync_listen: str) -> str:
    """All addresses of this computer, at the port of an address that only this computer reaches."""
    before = Address.anywhere(sync_listen or NODE.sync_listen)
    return f"0.0.0.0:{before.port}" if before.is_here else sync_listen


def kept_key(folder: Path) -> certificates.TlsKey | None:
    """The TLS key of the desk of a data folder, if it has one."""
    path = folder / credentials.TLS_KEY
    return credentials.read_key(path) if path.exists() else None
