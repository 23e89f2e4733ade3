"""Passwords: hashed by scrypt, away from the event loop, and only a few at a time.

A hash is ``scrypt$LOG2_N$R$P$SALT$HASH``, so that older ones stay good when the costs are raised.
N = 2^15, r = 8 and p = 3 take 32 MiB and about a quarter of a second, as OWASP's Password Storage
Cheat Sheet has it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sync.errors import Busy

T = TypeVar("T")

LOG2_N: Final = 15
R: Final = 8
P: Final = 3
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
AT_ONCE: Final = 2
"""So much memory is taken at most: 32 MiB each."""
WAITING_MAX: Final = 16
OWN_PLACES: Final = 4
"""Kept beside those, so that nobody in the network shuts out whoever sits at this computer."""

_MEMORY_FACTOR: Final = 2


def hash_of(password: str) -> str:
    """The hash of a password, with a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    hashed = _scrypt(password, salt, LOG2_N, R, P)
    return "$".join(["scrypt", str(LOG2_N), str(R), str(P), _text(salt), _text(hashed)])


def is_right(password: str, hashed: str) -> bool:
    """True if a password is the one with this hash."""
    _, log2_n, r, p, salt, wanted = hashed.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(log2_n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(wanted))


def is_hash(text: str) -> bool:
    """True for a text that `hash_of` can have made."""
    parts = text.split("$")
    if parts[:4] != ["scrypt", str(LOG2_N), str(R), str(P)] or len(parts) != 6:
        return False
    try:
        salt, hashed = (base64.b64decode(part, validate=True) for part in parts[4:])
    except ValueError:
        return False
    return (len(salt), len(hashed)) == (SALT_BYTES, HASH_BYTES)


def _scrypt(password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    # One may type a letter in two ways, as with and without composed marks.
    typed = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    n = 2**log2_n
    return hashlib.scrypt(
        typed, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_FACTOR * 128 * n * r, dklen=HASH_BYTES
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Passwords:
    """Hashes passwords on threads of its own; who comes when too many wait is sent away."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0
        self._stopping = False
        self._nobodys = ""

    async def hash_of(self, password: str) -> str:
        """See the function of that name.

        Raises:
            Busy: too many others wait, or the daemon stops.
        """
        return await self._run(lambda: hash_of(password))

    async def is_right(self, password: str, hashed: str | None, is_here: bool = False) -> bool:
        """See the function of that name. Without a hash it is False, and takes as long.

        Args:
            is_here: whether it was typed at this computer.

        Raises:
            Busy: too many others wait, or the daemon stops.
        """

        def look() -> bool:
            if hashed is not None:
                return is_right(password, hashed)
            self._nobodys = self._nobodys or hash_of(secrets.token_hex(SALT_BYTES))
            is_right(password, self._nobodys)
            return False

        return await self._run(look, OWN_PLACES if is_here else 0)

    def stop(self) -> None:
        """End the threads; whoever waits for one, or comes now, is sent away."""
        self._stopping = True
        self._threads.shutdown(wait=False)

    async def _run(self, act: Callable[[], T], more_places: int = 0) -> T:
        if self._stopping or self._waiting >= WAITING_MAX + more_places:
            raise Busy()

        def begin() -> T:
            if self._stopping:
                raise Busy()
            return act()

        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, begin)
        finally:
            self._waiting -= 1
