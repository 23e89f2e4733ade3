"""Under which names replicas announce themselves on the local network (DNS-SD, RFC 6763).

Whoever listens to the network learns that there is a clinic with so many computers, and where, but
neither its name nor those of its desks. Names are hints and prove nothing.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final, NamedTuple

SERVICE: Final = "_mrnmesh._tcp.local."
_REPLICA: Final = "r-"
_DOOR: Final = "e-"
_NAME_BYTES: Final = 16
_PREFIX_BYTES: Final = 8


class Announcement(NamedTuple):
    """A name (without the service) and the port that is to be found at it."""

    label: str
    port: int


def replica_label(coordinator_key: bytes, key: bytes) -> str:
    """The name of the replica whose facts have a key (32 bytes).

    Holders of the registry know all keys, and so find out whose name it is.
    """
    secret = sha256(b"mrnmesh announcement\0" + coordinator_key).digest()
    return _REPLICA + hmac.digest(secret, key, "sha256")[:_NAME_BYTES].hex()


def door_label(fingerprint: bytes) -> str:
    """The name of a coordinator that lets desks in with codes.

    Args:
        fingerprint: at least the beginning of that of the authority's key, as a code has it.
    """
    return _DOOR + fingerprint[:_PREFIX_BYTES].hex()


def is_door(label: str) -> bool:
    """True for a name that `door_label` may have made."""
    return label.startswith(_DOOR)
