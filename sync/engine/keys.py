"""Keys and signatures: Ed25519 (RFC 8032), kept in PKCS #8 PEM files that only the owner reads."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import BadConfig
from sync.model import causes
from sync.storage import files

KEYS_KEPT: Final = 1_024
"""Public keys in memory, at less than a kilobyte each."""

_KEY: Final = "the signing key cannot be read"


class Signer:
    """A private key and its public half (32 bytes)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()

    @classmethod
    def new(cls) -> Signer:
        """A fresh key pair."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Signer:
        """The key pair of 32 secret bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: Path) -> Signer:
        """The key pair in a PEM file.

        Raises:
            BadConfig: the file is missing or holds something else.
        """
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise BadConfig(path=path, why=f"{_KEY}: {causes.why(error)}") from error
        except ValueError as error:
            raise BadConfig(path=path, why=f"{_KEY}: the file holds no key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise BadConfig(path=path, why=f"{_KEY}: the file holds a key of another kind")
        return cls(key)

    def save(self, path: Path) -> None:
        """Write the key pair to a new file that only its owner may read, whole or not at all.

        Raises:
            FileExistsError: there is a file, which stays as it is.
        """
        if path.exists():
            raise FileExistsError(path)
        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        files.write_private(path, pem)

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        return self._key.sign(data)


def new_seed() -> bytes:
    """32 secret bytes for `Signer.from_seed`."""
    return os.urandom(32)


def verify(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """True when ``signature`` over ``data`` was made with the private half of ``public_key``."""
    try:
        _public_key(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(KEYS_KEPT)
def _public_key(raw: bytes) -> Ed25519PublicKey:
    """The key of 32 bytes, made once: each desk signs with the same one again and again.

    Raises:
        ValueError: it has another length.
    """
    return Ed25519PublicKey.from_public_bytes(raw)
