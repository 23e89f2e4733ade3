"""The authority for pages, in the coordinator's data folder: made once, then read.

Its key stays on this computer and is in no backup: after a restore to another computer there is a
new authority, which the computers of the clinic have to trust anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sync.errors import BadConfig
from sync.https import issuing
from sync.model import causes
from sync.storage import files
from sync.trust.certificates import TlsKey, new_key

CERTIFICATE: Final = "pages-authority.crt"
KEY: Final = "pages-authority-key.pem"


class PagesAuthority:
    """An authority that was read; make or read it with `ensure`."""

    def __init__(self, certificate: x509.Certificate, key: TlsKey) -> None:
        self.certificate = certificate
        self.key = key

    @property
    def pem(self) -> bytes:
        """The certificate, which is no secret, as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def ensure(folder: Path, hosts: Iterable[str]) -> PagesAuthority:
    """The authority of a data folder; a new one for these host names if there is none.

    Raises:
        BadConfig: its files cannot be used.
    """
    if not (folder / CERTIFICATE).exists():
        make(folder, hosts)
    return read(folder)


def make(folder: Path, hosts: Iterable[str]) -> None:
    """Make a new authority for these host names, in the place of an earlier one."""
    key = new_key()
    certificate = issuing.new_authority(key, hosts)
    files.remove(folder / CERTIFICATE)  # it comes last: only its file says that all is there
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    for name, content in ((KEY, key_pem(key)), (CERTIFICATE, pem)):
        files.write_private(folder / name, content)
        files.give_to_owner(folder / name)


def read(folder: Path) -> PagesAuthority:
    """The authority of a data folder.

    Raises:
        BadConfig: its files cannot be used.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    return PagesAuthority(read_certificate(certificate), read_key(key))


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate in a PEM file.

    Raises:
        BadConfig: there is none.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise BadConfig(path=path, why=causes.why(error)) from error
    except ValueError as error:
        raise BadConfig(path=path, why="it is no certificate in PEM") from error


def read_key(path: Path) -> TlsKey:
    """The private key in a PEM file.

    Raises:
        BadConfig: there is none of this kind.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise BadConfig(path=path, why=causes.why(error)) from error
    except (ValueError, TypeError) as error:
        raise BadConfig(path=path, why="it is no private key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadConfig(path=path, why="it is a key of another kind")
    return key


def key_pem(key: TlsKey) -> bytes:
    """A private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
