"""The coordinator's private authority: its files, and the certificates that it issues."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sync.errors import AuthorityLocked
from sync.model.facts import COORDINATOR, Author
from sync.storage import files
from sync.trust import certificates, credentials
from sync.trust.certificates import Subject

AUTHORITY_KEY: Final = "authority-key.pem"
NEXT: Final = "next-authority.pem"
NEXT_KEY: Final = "next-authority-key.pem"
NEXT_OWN: Final = "next-tls-certificate.pem"
"""The coordinator's own certificate of the next authority."""
FILES: Final = (*credentials.FILES, AUTHORITY_KEY, NEXT, NEXT_KEY, NEXT_OWN)


class Authority:
    """Issues certificates to the replicas of one facility.

    Args:
        folder: the coordinator's data folder.
        coordinator_key: the public key (32 bytes) that signs what the coordinator writes.
        next_: the authority that is to take the place of the one in use.
        passphrase: of its key, None where it is not known, or there is none.

    Raises:
        BadConfig: its files cannot be read.
        WrongPassphrase: its key has another one.
    """

    def __init__(
        self,
        folder: Path,
        coordinator_key: bytes,
        next_: bool = False,
        passphrase: str | None = None,
    ) -> None:
        self.facility = certificates.facility_of(coordinator_key)
        file, key_file = (NEXT, NEXT_KEY) if next_ else (credentials.AUTHORITY, AUTHORITY_KEY)
        self.certificate = credentials.read_certificate(folder / file)
        path = folder / key_file
        is_locked = passphrase is None and credentials.is_locked(path)
        self._key = None if is_locked else credentials.read_key(path, passphrase)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of its public key, 32 bytes."""
        return certificates.fingerprint(self.certificate)

    @property
    def is_locked(self) -> bool:
        """True while its key cannot be used for want of the passphrase."""
        return self._key is None

    def issue(self, author: Author, key: bytes, tls_key: bytes) -> bytes:
        """A certificate (DER) for a replica.

        Args:
            key: the Ed25519 key (32 bytes) that signs what the replica writes.
            tls_key: its public TLS key, see `sync.trust.certificates.public_bytes`.

        Raises:
            AuthorityLocked: the passphrase is not known.
            BadCertificate: the TLS key is none.
        """
        if self._key is None:
            raise AuthorityLocked()
        subject = Subject(self.facility, author, key)
        return certificates.issue(self.certificate, self._key, subject, tls_key)


def make(folder: Path, coordinator_key: bytes) -> None:
    """Make an authority, and the coordinator's own certificate, where there is none yet.

    What was begun before and not ended is made anew. The certificate comes last, and only its file
    says that all is there.
    """
    if credentials.are_there(folder):
        return
    key, own = certificates.new_key(), certificates.new_key()
    facility = certificates.facility_of(coordinator_key)
    credentials.write_key(folder / AUTHORITY_KEY, key)
    certificate = certificates.new_authority(key, facility)
    credentials.write_certificate(folder / credentials.AUTHORITY, certificate)
    credentials.write_key(folder / credentials.TLS_KEY, own)
    leaf = Authority(folder, coordinator_key).issue(
        COORDINATOR, coordinator_key, certificates.public_bytes(own)
    )
    credentials.write_certificate(folder / credentials.CERTIFICATE, leaf)


def make_anew(folder: Path, coordinator_key: bytes) -> None:
    """Make another authority in place of one that counts no more, and of what was to follow it.

    Its files go first: what is interrupted then is ended by `make`, at the latest when the
    coordinator starts.
    """
    # Of each authority first the file that says that it is there.
    for name in dict.fromkeys((NEXT, credentials.CERTIFICATE, *FILES)):
        files.remove(folder / name)
    make(folder, coordinator_key)


class Issuer:
    """The authority in use, and the one that is to take its place, if there is one.

    While there are two, replicas trust both. The coordinator still shows a certificate of the one
    in use, and so do desks until they have asked for one of the next.

    Args:
        folder, coordinator_key: see `Authority`.

    Raises:
        BadConfig: their files cannot be read.
    """

    def __init__(self, folder: Path, coordinator_key: bytes) -> None:
        self._folder = folder
        self._coordinator_key = coordinator_key
        self._passphrase: str | None = None
        self.load()

    def load(self) -> None:
        """Read the files."""
        folder, key, passphrase = self._folder, self._coordinator_key, self._passphrase
        self.current = Authority(folder, key, passphrase=passphrase)
        self.next: Authority | None = None
        if (folder / NEXT).exists():
            self.next = Authority(folder, key, next_=True, passphrase=passphrase)

    def unlock(self, passphrase: str) -> None:
        """Keep the passphrase in memory, until `lock`.

        Raises:
            WrongPassphrase: it is another one.
        """
        Authority(self._folder, self._coordinator_key, passphrase=passphrase)
        self._passphrase = passphrase
        self.load()

    def lock(self) -> None:
        """Forget the passphrase."""
        if self._passphrase is not None:
            self._passphrase = None
            self.load()

    def protect(self, passphrase: str | None) -> None:
        """Lock the keys with another passphrase, or with none any more; it is not forgotten yet.

        Raises:
            AuthorityLocked: the one of now is not known.
        """
        if self.current.is_locked:
            raise AuthorityLocked()
        names = [AUTHORITY_KEY] if self.next is None else [NEXT_KEY, AUTHORITY_KEY]
        for name in names:
            key = credentials.read_key(self._folder / name, self._passphrase)
            credentials.write_key(self._folder / name, key, passphrase)
        self._passphrase = passphrase
        self.load()

    @property
    def renewing(self) -> Authority:
        """The one of which desks get a certificate over their sessions."""
        return self.next or self.current

    def make_next(self) -> None:
        """Make an authority that is to take the place of the one in use.

        Raises:
            AuthorityLocked: its key would have no passphrase.
        """
        if self.current.is_locked:
            raise AuthorityLocked()
        key = certificates.new_key()
        certificate = certificates.new_authority(key, self.current.facility)
        subject = Subject(self.current.facility, COORDINATOR, self._coordinator_key)
        tls_key = credentials.read_key(self._folder / credentials.TLS_KEY)
        own = certificates.issue(certificate, key, subject, certificates.public_bytes(tls_key))
        credentials.write_key(self._folder / NEXT_KEY, key, self._passphrase)
        credentials.write_certificate(self._folder / NEXT_OWN, own)
        credentials.write_certificate(self._folder / NEXT, certificate)
        self.load()

    def take_next(self) -> None:
        """Let the next authority take the place of the one in use; nothing else issues any more.

        What is interrupted can be done again, as long as the file of the next one is there.
        """
        assert self.next is not None, "there is a next one"
        taken = (
            (NEXT_KEY, AUTHORITY_KEY),
            (NEXT_OWN, credentials.CERTIFICATE),
            (NEXT, credentials.AUTHORITY),
        )
        for name, place in taken:
            files.write_private(self._folder / place, (self._folder / name).read_bytes())
        for name, _ in reversed(taken):
            files.remove(self._folder / name)
        self.load()
