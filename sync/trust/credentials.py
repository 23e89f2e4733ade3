"""What a replica shows to others, whom it trusts, and who it is that answers."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives import serialization

from sync.errors import BadCertificate, BadConfig, WrongPassphrase
from sync.model import causes
from sync.storage import files
from sync.trust import certificates, tls
from sync.trust.certificates import Subject, TlsKey

TLS_KEY: Final = "tls-key.pem"
CERTIFICATE: Final = "tls-certificate.pem"
AUTHORITY: Final = "authority.pem"
FILES: Final = (TLS_KEY, CERTIFICATE, AUTHORITY)
"""In the data folder of a replica that has been enrolled."""


class TrustedAuthorities(NamedTuple):
    """What the registry says of authorities: certificates (DER) of the valid and withdrawn ones."""

    valid: frozenset[bytes] = frozenset()
    withdrawn: frozenset[bytes] = frozenset()


class Peer(NamedTuple):
    """Whom the certificate of a peer names, and the fingerprint (32 bytes) of its TLS key."""

    subject: Subject
    fingerprint: bytes


class Credentials:
    """The certificate of a replica, and the authorities that it trusts.

    Args:
        folder: the data folder.
        facility: whose certificates are good; those of other facilities name nobody here.
        standing: what the registry says now of authorities. The one counts too that the replica
            got with its certificate, unless it is withdrawn: before the first sync, and after it
            was enrolled again, the registry may not know of it yet.

    Raises:
        BadConfig: one of the files cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        facility: str,
        standing: Callable[[], TrustedAuthorities] = TrustedAuthorities,
    ) -> None:
        self._certificate, self._key = folder / CERTIFICATE, folder / TLS_KEY
        self._folder = folder
        self._facility = facility
        self._standing = standing
        self._known: tuple[frozenset[bytes], ssl.SSLContext, ssl.SSLContext] | None = None
        self.load()

    def load(self) -> None:
        """Read the files, again after they were replaced.

        Raises:
            BadConfig: one of them cannot be used.
        """
        self._first = frozenset({read_certificate(self._folder / AUTHORITY)})
        self.certificate = read_certificate(self._certificate)
        """This replica's own (DER)."""
        self.fingerprint = certificates.fingerprint(self.certificate)
        """SHA-256 of this replica's own TLS key, 32 bytes."""
        self.subject = certificates.subject_of(self.certificate)
        self._known = None
        self._contexts()

    @property
    def authorities(self) -> frozenset[bytes]:
        """The certificates (DER) of the authorities that count now."""
        valid, withdrawn = self._standing()
        return (valid | self._first) - withdrawn

    @property
    def server(self) -> ssl.SSLContext:
        """For accepting peers."""
        return self._contexts()[0]

    @property
    def client(self) -> ssl.SSLContext:
        """For dialling peers."""
        return self._contexts()[1]

    def peer(self, connection: ssl.SSLObject | None) -> Peer:
        """Who is at the other end of a connection whose handshake has ended.

        Raises:
            BadCertificate: nobody who belongs to this facility.
        """
        shown = connection.getpeercert(True) if connection is not None else None
        if not shown:
            raise BadCertificate(why="there is none")
        # The context was made before the handshake; an authority may have been withdrawn since.
        if not any(certificates.is_issued_by(shown, one) for one in self.authorities):
            raise BadCertificate(why="another authority has issued it")
        subject = certificates.subject_of(shown)
        if subject.facility != self._facility:
            raise BadCertificate(why="it is of another facility")
        return Peer(subject, certificates.fingerprint(shown))

    def _contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """The contexts for the authorities of now; the last ones are kept."""
        now = self.authorities
        if self._known is None or self._known[0] != now:
            try:
                made = [
                    make(self._certificate, self._key, now) for make in (tls.server, tls.client)
                ]
            except OSError as error:  # ssl.SSLError is one
                why = "the TLS key does not belong to the certificate"
                if not isinstance(error, ssl.SSLError):
                    why = causes.why(error)
                raise BadConfig(path=self._certificate, why=why) from error
            self._known = (now, made[0], made[1])
        return self._known[1], self._known[2]


def are_there(folder: Path) -> bool:
    """True in a data folder whose replica has been enrolled."""
    return (folder / CERTIFICATE).exists()


def read_certificate(path: Path) -> bytes:
    """The certificate (DER) in a PEM file.

    Raises:
        BadConfig: it cannot be read.
    """
    try:
        return ssl.PEM_cert_to_DER_cert(path.read_text(encoding="ascii"))
    except OSError as error:
        raise BadConfig(path=path, why=causes.why(error)) from error
    except ValueError as error:
        raise BadConfig(path=path, why="the file holds no certificate") from error


def write_certificate(path: Path, certificate: bytes) -> None:
    """Write a certificate (DER) to a PEM file, on disk before this returns."""
    files.write_private(path, ssl.DER_cert_to_PEM_cert(certificate).encode())


def write_key(path: Path, key: TlsKey, passphrase: str | None = None) -> None:
    """Write a key to a PEM file that only its owner reads, on disk before this returns.

    Args:
        passphrase: locks the key in the file, None for a key that anybody who has the file can use.
    """
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files.write_private(path, key.private_bytes(encoding, form, lock))


def is_locked(path: Path) -> bool:
    """True for a PEM file whose key is locked with a passphrase.

    Raises:
        BadConfig: it cannot be read.
    """
    try:
        return b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    except OSError as error:
        raise BadConfig(path=path, why=causes.why(error)) from error


def read_key(path: Path, passphrase: str | None = None) -> TlsKey:
    """The key in a PEM file.

    Raises:
        BadConfig: it cannot be read.
        WrongPassphrase: it is locked with another one.
    """
    password = passphrase.encode() if passphrase is not None and is_locked(path) else None
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password)
    except OSError as error:
        raise BadConfig(path=path, why=causes.why(error)) from error
    except (ValueError, TypeError) as error:
        if password is not None:
            raise WrongPassphrase() from error
        raise BadConfig(path=path, why="the file holds no key") from error
    if not isinstance(key, TlsKey):
        raise BadConfig(path=path, why="the file holds a key of another kind")
    return key
