"""Enrolment of a desk that never sees its coordinator: a file there, and a file back.

The desk makes its keys itself. A new one keeps them in a file of its data folder until the answer
comes; the data folder is made only then, whole or not at all.
"""

from __future__ import annotations

from pathlib import Path

from node import config
from node.enrolment import adopting, begun, taking
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
from sync.storage.store import Store, holds_facts
from sync.trust import certificates, codes, credentials
from sync.trust.registry_copy import ShownEnds


def ask(folder: Path, code: str | None, witness: Path | None = None) -> tuple[Path, str]:
    """Write the request of a desk into its data folder.

    Args:
        code: the terminal that a new desk is to be; one that is there says it itself.
        witness: the file that is to be that of a new desk, None for where the system keeps such.

    Returns:
        The file, and its check.

    Raises:
        BadTerminalCode, EnrolledAs, BadOption, WitnessUnwritable: nothing was written.
        StoreLocked: the node runs; it has to be stopped first.
    """
    _clear_unfinished(folder)
    data_folder.require_whole(folder, NODE)
    is_there = (folder / NODE.settings_file).exists()
    request = _of_desk(folder, code) if is_there else _of_new(folder, code or "", witness)
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
        BadOption, WitnessUnwritable: the witness cannot be where it is to be.
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


def numbers_of(folder: Path) -> list[str]:
    """The ranges from which the desk of a data folder may give numbers, the first to begin with.

    Raises:
        StoreError: the database cannot be read.
    """
    store = Store.open(folder / replica.DATABASE)
    try:
        mine = store.meta.incarnation
        return [
            cursor.range.text
            for cursor in store.cursors.all()
            if cursor.closed is None and cursor.incarnation == mine
        ]
    finally:
        store.close()


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


def _of_new(folder: Path, code: str, witness: Path | None) -> RequestFile:
    """The request of a new desk, the same as before if it has asked already."""
    if not facts.is_usable_code(code):
        raise BadTerminalCode(text=code)
    asked = begun.begin(folder, code, witness)
    return _request(code, asked.signer, asked.tls, asked.database.incarnation, ShownEnds())


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
    asked = begun.read(folder)
    if asked is None:
        raise RequestMissing(path=folder)
    if (answer.terminal, answer.key) != (asked.code, asked.signer.public_key):
        raise AnswerOfAnother(path=path)
    new = NewDesk(
        asked.code,
        answer.zone,
        answer.region,
        answer.coordinator,
        answer.coordinator_key.hex(),
    )
    asked = begun.claim(folder, asked, options.witness)
    credentials.write_key(folder / credentials.TLS_KEY, asked.tls)
    taking.make(folder, new, options, Begun(asked.signer, asked.database, Path(asked.witness)))


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
