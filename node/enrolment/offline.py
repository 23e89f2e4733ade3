"""Enrolment of a desk that never sees its coordinator: a file there, and a file back.

The desk makes its keys itself. A new one keeps them in a file of its data folder until the answer
comes; the data folder is made only then, whole or not at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives import serialization
from msgspec import Meta

from node import config
from node.enrolment import adopting, taking
from node.enrolment.taking import BEGUN, Given, NewDesk, Options
from node.errors import AnswerOfAnother, EnrolledAs, RequestMissing
from sync.daemon import data_folder, enrolment_files
from sync.daemon.daemons import NODE
from sync.daemon.data_folder import Begun
from sync.daemon.enrolment_files import AnswerFile, RequestFile
from sync.engine import keys, replica
from sync.errors import BadCertificate, BadTerminalCode
from sync.model import facts
from sync.model.facts import Author, Incarnation
from sync.storage import files
from sync.storage.lock import FolderLock
from sync.storage.store import holds_facts
from sync.trust import certificates, codes, credentials
from sync.trust.registry_copy import ShownEnds


class _Begun(msgspec.Struct, frozen=True):
    """What a new desk has asked with: the seed of its signing key, and its TLS key (PKCS #8)."""

    code: str
    seed: Annotated[bytes, Meta(min_length=32, max_length=32)]
    tls_key: bytes
    incarnation: Annotated[bytes, Meta(min_length=8, max_length=8)]


def ask(folder: Path, code: str | None) -> tuple[Path, str]:
    """Write the request of a desk into its data folder.

    Args:
        code: the terminal that a new desk is to be; one that is there says it itself.

    Returns:
        The file, and its check.

    Raises:
        BadTerminalCode, EnrolledAs: nothing was written.
        StoreLocked: the node runs; it has to be stopped first.
    """
    _clear_unfinished(folder)
    data_folder.require_whole(folder, NODE)
    is_there = (folder / NODE.settings_file).exists()
    request = _of_desk(folder, code) if is_there else _of_new(folder, code or "")
    content = enrolment_files.written(request)
    path = folder / enrolment_files.name_of(request.terminal, enrolment_files.REQUEST)
    files.write_private(path, content.encode())
    return path, enrolment_files.check_of(content)


def take(folder: Path, path: Path, check: str, options: Options) -> config.NodeSettings:
    """Take the answer of the coordinator; return the settings of the desk.

    Args:
        check: what the coordinator's computer has shown.

    Raises:
        WrongFile, WrongCheck, RequestMissing, AnswerOfAnother, OtherCoordinator: nothing was
            changed.
        StoreLocked: the node runs; it has to be stopped first.
    """
    content = enrolment_files.content_of(path, AnswerFile, check)
    answer = enrolment_files.parsed(content, AnswerFile, path)
    _clear_unfinished(folder)
    data_folder.require_whole(folder, NODE)
    if not (folder / NODE.settings_file).exists():
        _make(folder, path, answer, options)
    lock = FolderLock(folder)
    try:
        tls_key = taking.kept_key(folder)
        if tls_key is None:
            raise RequestMissing(path=folder)
        given = Given(
            answer.coordinator_key,
            answer.coordinator,
            answer.authority,
            answer.certificate,
            answer.registry,
        )
        public = certificates.public_bytes(tls_key)
        taking.take(folder, given, public, options.sync_listen)
    except BadCertificate as error:
        raise AnswerOfAnother(path=path) from error
    finally:
        lock.release()
    files.remove(folder / BEGUN)
    return config.load(folder)


def _of_desk(folder: Path, code: str | None) -> RequestFile:
    """The request of a desk that is there, with the keys that it has."""
    written = taking.written_in(folder)
    own = str(written.get("code", ""))
    if code not in (None, own):
        raise EnrolledAs(path=folder, terminal=own)
    lock = FolderLock(folder)
    try:
        tls_key = taking.kept_key(folder)
        if tls_key is None:
            tls_key = certificates.new_key()
            credentials.write_key(folder / credentials.TLS_KEY, tls_key)
        incarnation = taking.incarnation_in(folder, written)
        shown = adopting.shown(folder)
    finally:
        lock.release()
    signer = keys.Signer.load(folder / data_folder.KEY_FILE)
    return _request(own, signer, tls_key, incarnation, shown)


def _of_new(folder: Path, code: str) -> RequestFile:
    """The request of a new desk, the same as before if it has asked already."""
    if not facts.is_usable_code(code):
        raise BadTerminalCode(text=code)
    begun = _begun_in(folder)
    if begun is None or begun.code != code:
        begun = _Begun(
            code,
            keys.new_seed(),
            certificates.new_key().private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            replica.shell().random(facts.INCARNATION_BYTES),
        )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            files.restrict(folder)
        files.write_private(folder / BEGUN, msgspec.json.encode(begun))
    signer, tls_key = keys.Signer.from_seed(begun.seed), _tls_key(begun)
    return _request(code, signer, tls_key, Incarnation(begun.incarnation), ShownEnds())


def _request(
    code: str,
    signer: keys.Signer,
    tls_key: certificates.TlsKey,
    incarnation: Incarnation,
    shown: ShownEnds,
) -> RequestFile:
    key, public = signer.public_key, certificates.public_bytes(tls_key)
    signed = codes.asking_bytes(enrolment_files.IDENT, code, key, public, incarnation)
    return RequestFile(Author(code), key, public, incarnation, signer.sign(signed), shown)


def _make(folder: Path, path: Path, answer: AnswerFile, options: Options) -> None:
    """Make the data folder of a new desk with what it has asked with."""
    begun = _begun_in(folder)
    if begun is None:
        raise RequestMissing(path=folder)
    signer = keys.Signer.from_seed(begun.seed)
    if (answer.terminal, answer.key) != (begun.code, signer.public_key):
        raise AnswerOfAnother(path=path)
    new = NewDesk(
        begun.code,
        answer.zone,
        answer.region,
        answer.coordinator,
        answer.coordinator_key.hex(),
    )
    credentials.write_key(folder / credentials.TLS_KEY, _tls_key(begun))
    taking.make(folder, new, options, Begun(signer, Incarnation(begun.incarnation)))


def _clear_unfinished(folder: Path) -> None:
    """Remove what making the folder of a new desk has left, if the power went meanwhile.

    The answer fits what the desk has asked with, so it can be made again. A database in which
    somebody has written is never removed: its settings may have been lost later.
    """
    database = folder / replica.DATABASE
    is_begun = (folder / BEGUN).exists() and not (folder / NODE.settings_file).exists()
    if is_begun and database.exists() and not holds_facts(database):
        for path in (*folder.glob(f"{replica.DATABASE}*"), folder / data_folder.KEY_FILE):
            files.remove(path)


def _begun_in(folder: Path) -> _Begun | None:
    try:
        return msgspec.json.decode((folder / BEGUN).read_bytes(), type=_Begun)
    except FileNotFoundError:
        return None


def _tls_key(begun: _Begun) -> certificates.TlsKey:
    key = serialization.load_der_private_key(begun.tls_key, None)
    assert isinstance(key, certificates.TlsKey), "it was written by this module"
    return key
