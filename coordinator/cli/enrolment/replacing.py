"""Replacing the coordinator's signing key, or its authority, while its daemon does not run.

Both can be interrupted at any moment, and done again. The next signing key is on disk before
anything is signed with it, and takes its place last. Until then no daemon starts with the former
one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from coordinator.config import NEXT_SIGNING_KEY, CoordinatorSettings
from coordinator.errors import FormerKeyUnknown
from coordinator.registry import succession
from coordinator.registry.succession import Replaced
from coordinator.users import console
from sync.daemon.data_folder import KEY_FILE
from sync.engine import keys, replica
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.errors import BadOption
from sync.storage import files
from sync.storage.access.audit import DONE, AuditEvent
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import authority, certificates, credentials
from sync.upkeep.records import changed

KEY_BYTES: Final = 32
_WHY_HERE: Final = (
    "say whether the key that is here was `lost` or `stolen` when the one that you name took its "
    "place"
)
ACT: Final = "console.signing_key_replaced"
AUTHORITY_ACT: Final = "console.authority_replaced"


def replace(
    settings: CoordinatorSettings,
    trusted: bool,
    why: str,
    named: bytes | None,
    here_trusted: bool | None = None,
) -> bytes:
    """Let a new key take the place of the signing key, and a new authority that of the one in use.

    Args:
        trusted: the former key is only lost; else somebody else may have it.
        why: for people, kept with it.
        named: a former public key that no file here tells: that of before, if its files are gone,
            or one that came after the backup which was restored here.
        here_trusted: where that one came after the key that is here: whether the latter was only
            lost then. Else ``trusted`` is meant for both.

    Returns:
        The public key of now.

    Raises:
        FormerKeyUnknown: nobody says which one it was, or nothing here is signed with that.
        BadOption: ``here_trusted`` is needed.
        StoreLocked: the daemon runs; it has to be stopped first.
    """
    folder = settings.folder
    lock = FolderLock(folder)
    try:
        store = Store.open(folder / replica.DATABASE)
        try:
            former = _all_former(store, folder, named)
            if here_trusted is None:
                if len(former) > 1 and not succession.may_be_former(store, former[-1]):
                    raise BadOption(option="--here", why=_WHY_HERE)
                here_trusted = trusted
            signer, who = _next(folder), console.user()
            for some, are_lost in ((former[:-1], here_trusted), (former[-1:], trusted)):
                _say(store, signer, Replaced(some, are_lost, why, who))
        finally:
            store.close()
        _take_place(folder, signer)
    finally:
        lock.release()
    return signer.public_key


def replace_authority(settings: CoordinatorSettings, why: str) -> None:
    """Let a new authority take the place of those that there are, at once.

    Raises:
        BadConfig: the signing key cannot be read.
        StoreLocked: the daemon runs; it has to be stopped first.
    """
    folder, signer = settings.folder, settings.signer()
    lock = FolderLock(folder)
    try:
        store = Store.open(folder / replica.DATABASE)
        try:
            changed.keep_before_tables_change(store)
            writer = Writer(store, signer, replica.shell())

            def act(tx: Transaction) -> None:
                succession.end_authorities(tx, why)
                _note(tx, AUTHORITY_ACT, console.user(), "")

            writer.write(act)
        finally:
            store.close()
        authority.make_anew(folder, signer.public_key)
    finally:
        lock.release()


def has_begun(folder: Path) -> bool:
    """True while a key is being replaced."""
    return (folder / NEXT_SIGNING_KEY).exists()


def _all_former(store: Store, folder: Path, named: bytes | None) -> tuple[bytes, ...]:
    """The keys of before: the one that is here, and the one that was named.

    Raises:
        FormerKeyUnknown: neither of them has signed anything here.
    """
    here, begun = _here(folder), has_begun(folder) and _next(folder).public_key
    # An authority of the next key may be there already, if this was interrupted.
    former = tuple(key for key in dict.fromkeys((here, named)) if key and key != begun)
    is_said = begun and succession.is_used(store, begun)
    if not is_said and not any(succession.may_be_former(store, key) for key in former):
        raise FormerKeyUnknown(path=folder)
    return former


def _here(folder: Path) -> bytes | None:
    """The public half of the key in a data folder, or of the one that its certificate names."""
    if (folder / KEY_FILE).exists():
        return keys.Signer.load(folder / KEY_FILE).public_key
    if credentials.are_there(folder):
        certificate = credentials.read_certificate(folder / credentials.CERTIFICATE)
        return certificates.subject_of(certificate).key
    return None


def _next(folder: Path) -> keys.Signer:
    """The key that is to be the next one, on disk."""
    path = folder / NEXT_SIGNING_KEY
    if not path.exists():
        keys.Signer.new().save(path)
    return keys.Signer.load(path)


def _say(store: Store, signer: keys.Signer, former: Replaced) -> None:
    """Write what counts of the former key, signed with the next one, and that it was replaced."""
    changed.keep_before_tables_change(store)
    writer = Writer(store, signer, replica.shell())
    writer.live = True  # so that all that is written is signed in the same transaction

    def act(tx: Transaction) -> None:
        succession.take_over(tx, former, signer.public_key)
        if tx.begun:
            _note(tx, ACT, former.who, "lost" if former.trusted else "stolen")

    writer.write(act)


def _note(tx: Transaction, act: str, who: str, about: str) -> None:
    """Write it down among what was done with the coordinator."""
    tx.begin()
    tx.store.audit.add(AuditEvent(tx.now_ms, who, "", act, about, DONE))


def _take_place(folder: Path, signer: keys.Signer) -> None:
    """Let the next key be the one in use, with an authority of its own."""
    authority.make_anew(folder, signer.public_key)
    files.replace(folder / NEXT_SIGNING_KEY, folder / KEY_FILE)
    files.sync_folder(folder)
