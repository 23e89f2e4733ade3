"""How many handshakes may be under way, so that nobody keeps a desk out by beginning many."""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from typing import Final

HANDSHAKES_MAX: Final = 64
"""Under way at once, of all addresses that nobody has come from before."""
RESERVED_MAX: Final = 64
"""The same, only for addresses from which somebody with a good certificate has come."""
OF_ADDRESS_MAX: Final = 4
"""Under way at once, of one address."""
OF_ONE_MAX: Final = 8
"""Connections at once of one certificate: a session or two, and those of before whose end nobody
has noticed yet."""
KNOWN_MAX: Final = 1000
"""So many addresses are remembered; the one that was used longest ago is forgotten first."""


class HandshakeSlots:
    """Counts handshakes by where they come from.

    A stranger has to share `HANDSHAKES_MAX` with all other strangers, and a known address has
    `RESERVED_MAX` beside that. So thousands of connections that are begun and left, from one
    address or from many, take no slot of a desk that was here before.
    """

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._strangers = 0
        self._reserved = 0
        self._known: OrderedDict[str, None] = OrderedDict()

    def take(self, address: str) -> HandshakeSlot | None:
        """A slot for a handshake with an IP address, None while there is none for it."""
        source = _source(address)
        if self._of[source] >= OF_ADDRESS_MAX:
            return None
        if source in self._known and self._reserved < RESERVED_MAX:
            self._reserved += 1
            self._of[source] += 1
            return HandshakeSlot(source, True)
        if self._strangers < HANDSHAKES_MAX:
            self._strangers += 1
            self._of[source] += 1
            return HandshakeSlot(source, False)
        return None

    def give_back(self, slot: HandshakeSlot) -> None:
        """A handshake has ended, whichever way."""
        if slot.reserved:
            self._reserved -= 1
        else:
            self._strangers -= 1
        self._of[slot.source] -= 1
        if not self._of[slot.source]:
            del self._of[slot.source]

    def remember(self, address: str) -> None:
        """Somebody with a good certificate has come from an address."""
        source = _source(address)
        self._known[source] = None
        self._known.move_to_end(source)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)


class Crowd:
    """Counts the connections that were let in by whom their certificates name.

    Whoever has one good certificate cannot take the places of all others with it.
    """

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self._names: dict[object, str] = {}

    def enter(self, name: str, connection: object) -> bool:
        """Count a connection; False when there are too many of this name."""
        if self._of[name] >= OF_ONE_MAX:
            return False
        self._of[name] += 1
        self._names[connection] = name
        return True

    def leave(self, connection: object) -> None:
        """A connection has ended, which may be one that was never counted."""
        name = self._names.pop(connection, None)
        if name is not None:
            self._of[name] -= 1
            if not self._of[name]:
                del self._of[name]


class HandshakeSlot:
    """A place that one handshake holds."""

    def __init__(self, source: str, reserved: bool) -> None:
        self.source = source
        self.reserved = reserved


def _source(address: str) -> str:
    """What counts as one address: of IPv6 the network, since its host part can be chosen freely."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6:
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
