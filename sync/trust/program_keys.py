"""Keys of programs: random, shown once, and kept as hashes.

A key has 256 random bits, so a plain hash is enough: nobody finds the key by guessing.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Final

_KEY_BYTES: Final = 32


def fresh() -> str:
    """A random key, which allows nothing until it is stored."""
    return secrets.token_hex(_KEY_BYTES)


def digest(key: str) -> str:
    """The hash of a key, in hexadecimal."""
    return blake2b(key.encode(), digest_size=_KEY_BYTES).hexdigest()


def is_digest(text: str) -> bool:
    """True for a text that can be the hash of a key."""
    return re.fullmatch(rf"[0-9a-f]{{{2 * _KEY_BYTES}}}", text) is not None
