"""Where a replica can be reached: it says so itself and signs it, and all others pass it on.

Addresses change daily, so they are no facts. Each replica keeps the newest of every other one. What
is newer is said by a counter, because clocks of clinics are wrong.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sync.model.facts import AnyAuthor, Author, Bytes8, Bytes32, Bytes64, pack
from sync.protocol import limits

Counter = Annotated[int, Meta(ge=0, le=limits.ID_MAX)]
AddressText = Annotated[str, Meta(max_length=limits.ADDRESS_LENGTH_MAX)]
_INTERFACE: Final = re.compile(r"[A-Za-z0-9._-]{1,15}")
Port = Annotated[int, Meta(ge=1, le=65535)]


class Reach(StrEnum):
    """What became of a try to connect to a port."""

    OPEN = "open"
    REFUSED = "refused"
    """The computer answers, and nobody listens at that port."""
    SILENT = "silent"
    """Nothing answers, or something in between lets nobody through."""


class TriedPort(NamedTuple):
    """A port, and how a peer has found it."""

    port: Port
    reach: Reach


class SignedAddresses(NamedTuple):
    """Where the replica with a key (Ed25519) is reached.

    ``addresses`` are IP addresses with the port for sync, as in ``10.0.0.5:8481`` or
    ``[fd00::5]:8481``, the likeliest first; none when others cannot reach it.
    """

    author: AnyAuthor
    key: Bytes32
    counter: Counter
    addresses: Annotated[tuple[AddressText, ...], Meta(max_length=limits.ADDRESSES_MAX)]
    signature: Bytes64


class HeldAddresses(NamedTuple):
    """Of which replica (the first bytes of its key) somebody has addresses, and how new ones."""

    key: Bytes8
    counter: Counter


def signed(
    author: Author,
    key: bytes,
    counter: int,
    addresses: Iterable[str],
    sign: Callable[[bytes], bytes],
) -> SignedAddresses:
    """The addresses of the replica with this key, which ``sign`` signs with."""
    some = tuple(addresses)[: limits.ADDRESSES_MAX]
    return SignedAddresses(author, key, counter, some, sign(_bytes(author, key, counter, some)))


def is_genuine(found: SignedAddresses, verify: Callable[[bytes, bytes, bytes], bool]) -> bool:
    """True when the replica itself has said so.

    Args:
        verify: gets public key, signature and signed bytes.
    """
    return verify(found.key, found.signature, _bytes(*found[:4]))


def with_port(host: str, port: int) -> str:
    """``HOST:PORT``, with brackets around an address of IPv6 (RFC 3986, 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_usable(address: str, heard_here: bool = False) -> bool:
    """True for an address of the network that can be dialled from another computer.

    A name is none: whoever signs names would have others ask the name servers of his choice.

    Args:
        heard_here: it was heard on an interface of this very computer. Then one that is good on
            that network only counts too, if the interface stands behind it: ``fe80::5%3``.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        return False
    if host.startswith("[") != host.endswith("]") or (":" in host) != host.startswith("["):
        return False
    bare, percent, interface = host.strip("[]").partition("%")
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return False
    if found.is_link_local or percent:
        return heard_here and found.is_link_local and _INTERFACE.fullmatch(interface) is not None
    return not (found.is_loopback or found.is_unspecified or found.is_multicast)


def _bytes(author: Author, key: bytes, counter: int, addresses: tuple[str, ...]) -> bytes:
    return b"mrnmesh addresses 1\0" + pack((author, key, counter, addresses))
