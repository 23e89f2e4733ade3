"""The coordinator's private authority: its files, and the certificates that it issues."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sync.model.facts import COORDINATOR, Author
from sync.trust import certificates, credentials
from sync.trust.certificates import Subject

AUTHORITY_KEY: Final = "authority-key.pem"
FILES: Final = (*credentials.FILES, AUTHORITY_KEY)


class Authority:
    """Issues certificates to the replicas of one facility; make it with `opened`.

    Args:
        folder: the coordinator's data folder.
        coordinator_key: the public key (32 bytes) that signs what the coordinator writes.

    Raises:
        BadConfig: its files cannot be read.
    """

    def __init__(self, folder: Path, coordinator_key: bytes) -> None:
        self.facility = certificates.facility_of(coordinator_key)
        self.certificate = credentials.read_certificate(folder / credentials.AUTHORITY)
        self._key = credentials.read_key(folder / AUTHORITY_KEY)

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
