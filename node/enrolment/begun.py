"""What a new desk has asked with, until the answer comes: its keys, and its incarnation to be.

The coordinator gives the incarnation a range, and whoever has a copy of the data folder has the
incarnation too. So its witness is begun before the request is written, outside the folder, and the
first that takes the answer moves it to where it stays. Of all copies of the folder only the one
that finds it is that incarnation; any other begins another one, which has no range yet.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives import serialization
from msgspec import Meta

from node.enrolment.taking import BEGUN
from sync.daemon import data_folder
from sync.engine import keys
from sync.engine.replica import NewReplica
from sync.engine.writer import REPLICA_BYTES
from sync.errors import WitnessUnwritable
from sync.model import causes
from sync.model.facts import INCARNATION_BYTES, Incarnation
from sync.storage import files
from sync.trust import certificates
from sync.witness.machine import machine_id
from sync.witness.memory import Witness, new_number

_NONE: Final = -1
"""The number of no witness: at first none was begun with a request."""


class AskedWith(msgspec.Struct, frozen=True):
    """The seed of a new desk's signing key, its TLS key (PKCS #8), and its database to be.

    ``number`` is that by which the database is to know its witness; ``waiting`` is the file of the
    witness before the answer is taken, ``witness`` after that.
    """

    code: str
    seed: Annotated[bytes, Meta(min_length=32, max_length=32)]
    tls_key: bytes
    incarnation: Annotated[bytes, Meta(min_length=8, max_length=8)]
    replica: bytes = b""
    number: int = _NONE
    waiting: str = ""
    witness: str = ""

    @property
    def signer(self) -> keys.Signer:
        """Its signing key."""
        return keys.Signer.from_seed(self.seed)

    @property
    def tls(self) -> certificates.TlsKey:
        """Its TLS key."""
        key = serialization.load_der_private_key(self.tls_key, None)
        assert isinstance(key, certificates.TlsKey), "it was written by this module"
        return key

    @property
    def database(self) -> NewReplica:
        """What its database is to have."""
        return NewReplica(self.replica, Incarnation(self.incarnation), self.number)


def read(folder: Path) -> AskedWith | None:
    """What the desk of a data folder has asked with, None if it has not."""
    try:
        return msgspec.json.decode((folder / BEGUN).read_bytes(), type=AskedWith)
    except FileNotFoundError:
        return None


def begin(folder: Path, code: str, witness: Path | None) -> AskedWith:
    """What a new desk asks with: the same as before if it has asked already, on this computer.

    Args:
        witness: where it is to lie; None for where the system keeps such.

    Raises:
        BadOption: the witness would lie in the data folder, or is there already.
        WitnessUnwritable: it cannot be read or written; nothing was changed.
    """
    asked = read(folder)
    if asked is not None and asked.code == code:
        if _is_there(asked, asked.waiting) or _is_there(asked, asked.witness):
            return asked
        return _begin_anew(folder, code, asked.seed, asked.tls_key, witness)
    tls_key = certificates.new_key().private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _begin_anew(folder, code, keys.new_seed(), tls_key, witness)


def claim(folder: Path, asked: AskedWith, witness: Path | None) -> AskedWith:
    """What the desk is to be made with; its witness is where it stays when this returns.

    That is what it has asked with, or its keys with another incarnation where the witness of that
    one is not found: this is a copy of the data folder, and the answer was taken in another one, or
    the folder was moved here, or the witness was lost. It can be done again, if it was interrupted.

    Args:
        witness: where it is to lie; None for where it was said to lie when the desk asked.

    Raises:
        BadOption: the witness would lie in the data folder, or is there already.
        WitnessUnwritable: it cannot be read or written.
    """
    wanted = msgspec.structs.replace(asked, witness=_absolute(witness) or asked.witness)
    if _is_there(wanted, wanted.witness):
        return wanted
    if _is_there(wanted, wanted.waiting):
        data_folder.require_witness(folder, Path(wanted.witness))
        if wanted != asked:
            _keep(folder, wanted)  # so that whoever asks again still finds it
    else:
        wanted = _begin_anew(folder, asked.code, asked.seed, asked.tls_key, witness)
    _move(wanted)
    # Of two that move it at once, in two copies of the folder, one has not found it any more.
    return wanted if _is_there(wanted, wanted.witness) else claim(folder, wanted, witness)


def _begin_anew(
    folder: Path, code: str, seed: bytes, tls_key: bytes, witness: Path | None
) -> AskedWith:
    """Another incarnation, whose witness waits on disk before anybody can hear of it."""
    own, incarnation = os.urandom(REPLICA_BYTES), os.urandom(INCARNATION_BYTES)
    place = _absolute(witness) or str(data_folder.default_witness(own))
    data_folder.require_witness(folder, Path(place))
    waiting, number = f"{place}.{incarnation.hex()}", new_number(os.urandom)
    asked = AskedWith(code, seed, tls_key, incarnation, own, number, waiting, place)
    Witness.create(Path(waiting), machine_id(), number)
    _keep(folder, asked)
    return asked


def _keep(folder: Path, asked: AskedWith) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        files.restrict(folder)  # before the keys are in it
    files.write_private(folder / BEGUN, msgspec.json.encode(asked))


def _is_there(asked: AskedWith, place: str) -> bool:
    """Whether the witness of what was asked with is in a file, and of this computer."""
    try:
        return bool(place) and Witness(Path(place), machine_id()).is_of(asked.number)
    except OSError as error:
        raise WitnessUnwritable(path=place, why=causes.why(error)) from error


def _move(asked: AskedWith) -> None:
    """Give the witness that waits its place; at no moment it is in both.

    Raises:
        WitnessUnwritable: it cannot be moved, and is where it was.
    """
    waiting, place = Path(asked.waiting), Path(asked.witness)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            files.replace(waiting, place)
            for folder in (place.parent, waiting.parent):
                files.sync_folder(folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise WitnessUnwritable(path=place, why=causes.why(error)) from error
        # On another disk it is begun there, and if the power goes just now, it is in neither.
        files.remove(waiting)
        Witness.create(place, machine_id(), asked.number)


def _absolute(witness: Path | None) -> str:
    return str(witness.absolute()) if witness is not None else ""
