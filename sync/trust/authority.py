"""The coordinator's private authority: its files, and the certificates that it issues."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sync.model.facts import COORDINATOR, Author
from sync.storage import files
from sync.trust import certificates, credentials
from sync.trust.certificates import Subject

AUTHORITY_KEY: Final = "authority-key.pem"
NEXT: Final = "next-authority.pem"
NEXT_KEY: Final = "next-authority-key.pem"
FILES: Final = (*credentials.FILES, AUTHORITY_KEY, NEXT, NEXT_KEY)


class Authority:
    """Issues certificates to the replicas of one facility.

    Args:
        folder: the coordinator's data folder.
        coordinator_key: the public key (32 bytes) that signs what the coordinator writes.
        next_: the authority that is to take the place of the one in use.

    Raises:
        BadConfig: its files cannot be read.
    """

    def __init__(self, folder: Path, coordinator_key: bytes, next_: bool = False) -> None:
        self.facility = certificates.facility_of(coordinator_key)
        file, key_file = (NEXT, NEXT_KEY) if next_ else (credentials.AUTHORITY, AUTHORITY_KEY)
        self.certificate = credentials.read_certificate(folder / file)
        self._key = credentials.read_key(folder / key_file)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of its public key, 32 bytes."""
        return certificates.fingerprint(self.certificate)

    def issue(self, author: Author, key: bytes, tls_key: bytes) -> bytes:
        """A certificate (DER) for a replica.

        Args:
            key: the Ed25519 key (32 bytes) that signs what the replica writes.
            tls_key: its public TLS key, see `sync.trust.certificates.public_bytes`.

        Raises:
            BadCertificate: the TLS key is none.
        """
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
        self.load()

    def load(self) -> None:
        """Read the files."""
        self.current = Authority(self._folder, self._coordinator_key)
        self.next: Authority | None = None
        if (self._folder / NEXT).exists():
            self.next = Authority(self._folder, self._coordinator_key, next_=True)

    @property
    def renewing(self) -> Authority:
        """The one of which desks get a certificate over their sessions."""
        return self.next or self.current

    def make_next(self) -> None:
        """Make an authority that is to take the place of the one in use."""
        key = certificates.new_key()
        credentials.write_key(self._folder / NEXT_KEY, key)
        certificate = certificates.new_authority(key, self.current.facility)
        credentials.write_certificate(self._folder / NEXT, certificate)
        self.load()

    def take_next(self) -> None:
        """Let the next authority take the place of the one in use; nothing else issues any more.

        What is interrupted can be done again: the file of the next one goes last.
        """
        assert self.next is not None, "there is a next one"
        tls_key = credentials.read_key(self._folder / credentials.TLS_KEY)
        own = self.next.issue(
            COORDINATOR, self._coordinator_key, certificates.public_bytes(tls_key)
        )
        key = credentials.read_key(self._folder / NEXT_KEY)
        credentials.write_key(self._folder / AUTHORITY_KEY, key)
        credentials.write_certificate(self._folder / credentials.AUTHORITY, self.next.certificate)
        credentials.write_certificate(self._folder / credentials.CERTIFICATE, own)
        files.remove(self._folder / NEXT)
        files.remove(self._folder / NEXT_KEY)
        self.load()
