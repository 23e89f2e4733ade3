"""How many handshakes may be under way, so that nobody keeps a desk out by beginning many."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from sync.trust.addresses import household

HANDSHAKES_MAX: Final = 64
"""Under way at once, of all addresses that nobody has come from before."""
RESERVED_MAX: Final = 64
"""The same, only for addresses from which somebody with a good certificate has come."""
OF_ADDRESS_MAX: Final = 4
"""Under way at once, of one address."""
BEGUN_AT_ONCE: Final = 300
"""Handshakes that one address may begin one after the other; in each second `BEGUN_S` more."""
BEGUN_S: Final = 30
STRANGERS_AT_ONCE: Final = 1000
"""The same of all strangers together, which are all desks after a start; then `STRANGERS_S`."""
STRANGERS_S: Final = 100
OF_ONE_MAX: Final = 8
"""Connections at once of one certificate: a session or two, and those of before whose end nobody
has noticed yet."""
KNOWN_MAX: Final = 1000
"""So many addresses are remembered; the one that was used longest ago is forgotten first."""


class HandshakeSlots:
    """Counts handshakes by where they come from.

    A stranger has to share `HANDSHAKES_MAX` with all other strangers, and a known address has
    `RESERVED_MAX` beside that. So thousands of connections that are begun and left, from one
    address or from many, take no slot of a desk that was here before. A handshake costs some
    milliseconds, so one address cannot begin as many one after the other as it likes either, nor
    can all strangers together.

    Args:
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._of: Counter[str] = Counter()
        self._strangers = 0
        self._reserved = 0
        self._known: OrderedDict[str, None] = OrderedDict()
        self._begun: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._begun_by_strangers = (float(STRANGERS_AT_ONCE), now_s())

    def take(self, address: str) -> HandshakeSlot | None:
        """A slot for a handshake with an IP address, None while there is none for it."""
        # Desks of a clinic may share one network of IPv6 with whoever would keep them out, so each
        # one that was here before counts by its own address.
        known = address in self._known
        source = address if known else household(address)
        if self._of[source] >= OF_ADDRESS_MAX:
            return None
        reserved = known and self._reserved < RESERVED_MAX
        if not (reserved or self._strangers < HANDSHAKES_MAX) or not self._may_begin(source):
            return None
        if not (reserved or self._strangers_may_begin()):
            return None
        if reserved:
            self._reserved += 1
        else:
            self._strangers += 1
        self._of[source] += 1
        return HandshakeSlot(source, reserved)

    def _may_begin(self, source: str) -> bool:
        """Count one more handshake of an address, if it has not begun too many lately."""
        now = self._now_s()
        left, since = self._begun.pop(source, (float(BEGUN_AT_ONCE), now))
        left = min(float(BEGUN_AT_ONCE), left + (now - since) * BEGUN_S)
        may = left >= 1
        self._begun[source] = (left - may, now)
        if len(self._begun) > KNOWN_MAX:
            self._begun.popitem(last=False)
        return may

    def _strangers_may_begin(self) -> bool:
        now = self._now_s()
        left, since = self._begun_by_strangers
        left = min(float(STRANGERS_AT_ONCE), left + (now - since) * STRANGERS_S)
        may = left >= 1
        self._begun_by_strangers = (left - may, now)
        return may

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
        self._known[address] = None
        self._known.move_to_end(address)
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
