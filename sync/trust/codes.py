"""Codes by which a desk is let in once: what they hold, how they are written and checked.

A code is written in the 32 letters and digits of Crockford's base 32, in groups of five,
and ends with a character that shows typing mistakes: any one that is wrong, and any two neighbours
that were swapped. It is read in capitals or not, with or without hyphens, and with O for 0, I and L
for 1.

A short code is for reading over a telephone. It leaves out the address and the fingerprint, so both
sides prove first that they know its secret, the coordinator before the desk (`coordinator_proof`).
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import scrypt, sha256
from typing import Final, NamedTuple

from sync.errors import BadEnrolCode
from sync.model import facts, typed

ID_BYTES: Final = 5
SECRET_BYTES: Final = 16
FINGERPRINT_BYTES: Final = 16
"""Of the SHA-256 of the authority's key: whoever wants another key with the same ones needs 2**128
tries."""
HOST_BYTES_MAX: Final = 253
SHORT_ID_DIGITS: Final = 3
SHORT_SECRET_DIGITS: Final = 15
"""75 random bits."""
NONCE_BYTES: Final = 16

_VERSION: Final = 1
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("OIL", "011", " -")
_GROUP: Final = 5
_MISTYPED: Final = "a character is wrong, missing, or in the wrong place"
_POLYNOMIAL: Final = 0b100101
"""x^5 + x^2 + 1, of which x generates all 31 elements of GF(32) but 0."""
_HEAD_BYTES: Final = 1 + ID_BYTES + SECRET_BYTES + FINGERPRINT_BYTES + 2 + 1


class EnrolCode(NamedTuple):
    """What a code holds.

    ``host`` and ``port`` are where the coordinator answers, ``id`` names the code at the
    coordinator, ``secret`` proves that one has it, ``fingerprint`` is the beginning of that of the
    authority's key (`sync.trust.certificates.fingerprint`).
    """

    host: str
    port: int
    id: bytes
    secret: bytes
    fingerprint: bytes

    @property
    def text(self) -> str:
        """As it is written, see above."""
        data = (
            bytes([_VERSION])
            + self.id
            + self.secret
            + self.fingerprint
            + self.port.to_bytes(2)
            + bytes([len(self.host)])
            + self.host.encode("ascii")
        )
        return written(data)


class ShortCode(NamedTuple):
    """What a short code holds: ``id`` names it at the coordinator, ``digits`` are its secret."""

    id: bytes
    digits: str

    @property
    def text(self) -> str:
        """As it is written, in groups of five."""
        name = int.from_bytes(self.id)
        digits = [name >> (5 * at) & 31 for at in reversed(range(SHORT_ID_DIGITS))]
        digits += [_DIGITS.index(digit) for digit in self.digits]
        digits.append(_check(digits))
        return _grouped(digits)

    def stretched(self) -> Stretched:
        """What only those know who have the code; scrypt takes a moment and 32 MiB to make it."""
        salt = b"mrnmesh short code\0" + self.id
        made = scrypt(
            self.digits.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=64 << 20, dklen=64
        )
        return Stretched(made[:32], made[32:])


class Stretched(NamedTuple):
    """The two keys (32 bytes) of a short code, of which neither can be found from the other.

    ``shown`` is what the desk sends in the end; the coordinator keeps only a hash of it, as of
    every secret. With ``proving`` the coordinator proves first that it has given this code.
    """

    shown: bytes
    proving: bytes


class Proving(NamedTuple):
    """What the proof of a short code covers: nobody in between can pass it on.

    ``server`` and ``desk`` are the fingerprints (SHA-256) of the TLS keys of the connection's
    server and of the desk, ``authority`` the certificate (DER) that the desk is to trust;
    the nonces are `NONCE_BYTES` of each side.
    """

    id: bytes
    server: bytes
    desk: bytes
    authority: bytes
    desk_nonce: bytes
    server_nonce: bytes


def coordinator_proof(key: bytes, proving: Proving) -> bytes:
    """What shows that the coordinator knows a short code, 32 bytes.

    Args:
        key: that of `Stretched` for it.
    """
    said = b"mrnmesh short code: coordinator\0" + facts.pack(proving)
    return hmac.digest(key, said, "sha256")


def fresh_short() -> ShortCode:
    """A new short code."""
    name = secrets.randbelow(1 << 5 * SHORT_ID_DIGITS)
    digits = "".join(secrets.choice(_DIGITS) for _ in range(SHORT_SECRET_DIGITS))
    return ShortCode(name.to_bytes(2), digits)


def fresh(host: str, port: int, fingerprint: bytes) -> EnrolCode:
    """A new code for an authority with this fingerprint."""
    return EnrolCode(
        host,
        port,
        secrets.token_bytes(ID_BYTES),
        secrets.token_bytes(SECRET_BYTES),
        fingerprint[:FINGERPRINT_BYTES],
    )


def parse(text: str) -> EnrolCode | ShortCode:
    """The code that somebody typed or pasted.

    Raises:
        BadEnrolCode: it is none, or a character is wrong.
    """
    try:
        digits = _read_digits(text)
    except ValueError as error:
        raise BadEnrolCode(why=str(error)) from error
    if len(digits) == SHORT_ID_DIGITS + SHORT_SECRET_DIGITS + 1:
        return _short(digits)
    if (len(digits) - 1) * 5 // 8 < _HEAD_BYTES:
        raise BadEnrolCode(why="it is too short, so a part of it is missing")
    _require_check(digits)
    data = _data(digits[:-1])
    if data[0] != _VERSION:
        raise BadEnrolCode(why="it comes from a newer version; install that on this computer")
    parts, at = [], 1
    for size in (ID_BYTES, SECRET_BYTES, FINGERPRINT_BYTES, 2):
        parts.append(data[at : at + size])
        at += size
    length, host = data[at], data[at + 1 :].decode("ascii", "replace")
    if len(host) != length:
        raise BadEnrolCode(why="a part of it is missing")
    if not 0 < length <= HOST_BYTES_MAX or not host.isprintable():
        raise BadEnrolCode(why="it names no computer")
    return EnrolCode(host, int.from_bytes(parts[3]), parts[0], parts[1], parts[2])


def written(data: bytes) -> str:
    """Bytes as people type them, with a character at the end that shows mistakes."""
    digits = _digits(data)
    digits.append(_check(digits))
    return _grouped(digits)


def read(text: str) -> bytes:
    """The inverse of `written`.

    Raises:
        ValueError: a character is wrong; it says so for people.
    """
    digits = _read_digits(text)
    if not digits or _check(digits[:-1]) != digits[-1]:
        raise ValueError(_MISTYPED)
    return _data(digits[:-1])


def asking_bytes(
    ident: bytes, terminal: str, key: bytes, tls_key: bytes, incarnation: bytes
) -> bytes:
    """What a desk signs when it shows a code, to prove that the key is its own.

    Args:
        ident: the id of the code.
        terminal: who the desk is already, empty for nobody.
        key, tls_key: its public keys: Ed25519 (32 bytes), and `certificates.public_bytes`.
        incarnation: that of its database.
    """
    return b"mrnmesh enrol 1\0" + facts.pack((ident, terminal, key, tls_key, incarnation))


def digest(secret: bytes) -> bytes:
    """What is stored of a secret (32 bytes); it is random, so nobody finds it from its hash."""
    return sha256(b"mrnmesh enrolment\0" + secret).digest()


def _short(digits: list[int]) -> ShortCode:
    _require_check(digits)
    name = 0
    for digit in digits[:SHORT_ID_DIGITS]:
        name = name << 5 | digit
    return ShortCode(
        name.to_bytes(2), "".join(_DIGITS[digit] for digit in digits[SHORT_ID_DIGITS:-1])
    )


def _read_digits(text: str) -> list[int]:
    """The values of the characters that somebody typed.

    Raises:
        ValueError: one of them is none of the 32.
    """
    plain = "".join(typed.code(text).split()).upper().translate(_READ_AS)
    strange = sorted({one for one in plain if one not in _DIGITS})
    if strange:
        raise ValueError(f"'{strange[0]}' is in no code")
    return [_DIGITS.index(one) for one in plain]


def _require_check(digits: list[int]) -> None:
    """Pass digits of which the last one fits to the others.

    Raises:
        BadEnrolCode: it does not.
    """
    if _check(digits[:-1]) != digits[-1]:
        raise BadEnrolCode(why=_MISTYPED)


def _grouped(digits: list[int]) -> str:
    written = "".join(_DIGITS[digit] for digit in digits)
    return "-".join(written[at : at + _GROUP] for at in range(0, len(written), _GROUP))


def _digits(data: bytes) -> list[int]:
    """Five bits each, with zeros at the end."""
    size = -(-len(data) * 8 // 5)
    value = int.from_bytes(data) << (size * 5 - len(data) * 8)
    return [value >> (5 * at) & 31 for at in reversed(range(size))]


def _data(digits: list[int]) -> bytes:
    value = 0
    for digit in digits:
        value = value << 5 | digit
    size = len(digits) * 5 // 8
    return (value >> (len(digits) * 5 - size * 8)).to_bytes(size)


def _check(digits: list[int]) -> int:
    """The sum of all digits over GF(32), each times another power of x."""
    found = 0
    for digit in digits:
        found = (found ^ digit) << 1
        if found & 32:
            found ^= _POLYNOMIAL
    return found
