"""Sealing keys for backups: only the recovery key opens them, which is kept on paper.

Sealed data (version 1): the byte 1, a public X25519 key (32 bytes) made for this only, and
ChaCha20-Poly1305 over the data, with a key by HKDF-SHA256 of the shared secret and both public
keys. That key seals once, so the nonce is 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.errors import BadConfig, BadRecoveryKey
from sync.model import causes
from sync.storage import files
from sync.trust import codes

PUBLIC_FILE: Final = "recovery-key.pub"
SUFFIX: Final = ".sealed"
_VERSION: Final = b"\1"
_KEY_BYTES: Final = 32
_NONCE: Final = bytes(12)


def new_recovery_key(folder: Path) -> str:
    """Make a recovery key, whose public half stays in a data folder; return it for people.

    What was sealed before is still opened by the key of before, and by no other.
    """
    key = X25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    files.write_private(folder / PUBLIC_FILE, public.hex().encode() + b"\n")
    return codes.written(key.private_bytes_raw())


def public_key(folder: Path) -> bytes | None:
    """The public half of the recovery key of a data folder, None if none was made.

    Raises:
        BadConfig: the file cannot be read.
    """
    path = folder / PUBLIC_FILE
    try:
        found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadConfig(path=path, why=causes.why(error)) from error
    except ValueError as error:
        raise BadConfig(path=path, why="the file holds no key") from error
    if len(found) != _KEY_BYTES:
        raise BadConfig(path=path, why="the file holds no key")
    return found


def seal(public: bytes, data: bytes) -> bytes:
    """Data that only the private half of ``public`` (32 bytes) opens."""
    once = X25519PrivateKey.generate()
    own = once.public_key().public_bytes_raw()
    shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    box = ChaCha20Poly1305(_key(shared, own, public))
    return _VERSION + own + box.encrypt(_NONCE, data, None)


def opened(text: str, sealed: bytes) -> bytes:
    """What was sealed, by the recovery key as people type it.

    Raises:
        BadRecoveryKey: it was mistyped, or is another one; or the data were changed.
    """
    key = X25519PrivateKey.from_private_bytes(_typed(text))
    own, data = sealed[1 : 1 + _KEY_BYTES], sealed[1 + _KEY_BYTES :]
    if sealed[:1] != _VERSION or len(own) != _KEY_BYTES:
        raise BadRecoveryKey(why="a newer version has made the backup, or it was changed")
    public = key.public_key().public_bytes_raw()
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(own))
        return ChaCha20Poly1305(_key(shared, own, public)).decrypt(_NONCE, data, None)
    except (InvalidTag, ValueError) as error:
        raise BadRecoveryKey(why="it is not the one that was in use for this backup") from error


def _typed(text: str) -> bytes:
    try:
        data = codes.read(text)
    except ValueError as error:
        raise BadRecoveryKey(why=str(error)) from error
    if len(data) != _KEY_BYTES:
        raise BadRecoveryKey(why="a part of it is missing, or it is something else")
    return data


def _key(shared: bytes, own: bytes, public: bytes) -> bytes:
    kdf = HKDF(hashes.SHA256(), _KEY_BYTES, None, b"mrnmesh sealed 1\0" + own + public)
    return kdf.derive(shared)
