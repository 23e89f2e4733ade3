"""Where the other replicas are: the newest that each one has said and signed, one a replica.

It is kept over restarts. So desks find each other where nobody answers at the addresses of the
settings any more, because the router gave everybody a new one, and where multicast is blocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from sync.model import facts
from sync.model.facts import Author
from sync.protocol import addresses, limits
from sync.protocol.addresses import HeldAddresses, SignedAddresses

REPLICAS_MAX: Final = limits.ROWS_MAX
PAUSE_S: Final = 10.0
"""So long after news of a replica nothing newer of it is believed, nor said by it itself."""
_SHORT_BYTES: Final = 8


class AddressBook:
    """The newest addresses of each replica that may sync.

    What holds at any moment:

    1. Nothing is in it but what the replica with that key has signed, and one of each.
    2. It has at most `REPLICAS_MAX` entries, all of replicas that could sync when they came;
       `forget_others` leaves out those that can no longer.
    3. Of one replica it takes something newer at most every `PAUSE_S`, so nobody makes all others
       pass on more. What comes earlier waits, and only the newest of that.

    Args:
        author, key, sign: of this replica.
        may_sync: whether the registry lets the replica with a name and a key sync.
        now_s: a clock that never goes back.
    """

    def __init__(
        self,
        author: Author,
        key: bytes,
        sign: Callable[[bytes], bytes],
        verify: Callable[[bytes, bytes, bytes], bool],
        may_sync: Callable[[Author, bytes], bool],
        now_s: Callable[[], float],
    ) -> None:
        self._author = author
        self._key = key
        self._sign = sign
        self._verify = verify
        self._may_sync = may_sync
        self._now_s = now_s
        self._known: dict[bytes, SignedAddresses] = {}
        self._usable: dict[bytes, tuple[str, ...]] = {}
        self._taken_s: dict[bytes, float] = {}
        self._waiting: dict[bytes, SignedAddresses] = {}
        self._unsaved: dict[bytes, SignedAddresses | None] = {}

    # what is known

    def of(self, key: bytes) -> tuple[str, ...]:
        """The addresses of a replica at which it may be dialled; empty when none is known."""
        return self._usable.get(key, ())

    def others(self) -> dict[bytes, Author]:
        """The replicas that may sync and can be dialled, by key; this one is none of them."""
        return {
            key: found.author
            for key, found in self._known.items()
            if key != self._key and self._usable[key] and self._may_sync(found.author, key)
        }

    def held(self) -> list[HeldAddresses]:
        """How new each entry is."""
        return [
            HeldAddresses(key[:_SHORT_BYTES], found.counter) for key, found in self._known.items()
        ]

    def newer_than(self, rows: Iterable[HeldAddresses]) -> list[SignedAddresses]:
        """What somebody lacks who has these."""
        theirs = {row.key: row.counter for row in rows}
        return [
            found
            for key, found in self._known.items()
            if theirs.get(key[:_SHORT_BYTES], -1) < found.counter
        ]

    # news

    def offer(self, found: Iterable[SignedAddresses]) -> list[SignedAddresses] | None:
        """Take what somebody tells, and return what of it is news here.

        Returns:
            None when something was not signed by whom it names: whoever told it has forged it.
        """
        news = []
        for one in found:
            if not self._is_newer(one):
                continue
            if not addresses.is_genuine(one, self._verify):
                return None
            if one.key == self._key:  # this database was set back and has forgotten it
                self._waiting[one.key] = one
            elif self._may_take(one.key):
                self._take(one)
                news.append(one)
            else:
                self._waiting[one.key] = one  # (3)
        return news

    def waited(self) -> list[SignedAddresses]:
        """Take what came too soon after something else, and return it."""
        ready = [
            one for key, one in self._waiting.items() if key != self._key and self._may_take(key)
        ]
        for one in ready:
            self._take(one)
        return ready

    def announce(self, own: Iterable[str]) -> SignedAddresses | None:
        """Say where this replica is reached; None when it has said so, or spoke just now."""
        said = self._known.get(self._key)
        later = self._waiting.get(self._key)  # from before this database was set back
        now = tuple(own)[: limits.ADDRESSES_MAX]
        if later is None and (said.addresses if said else ()) == now:
            return None
        if not self._may_take(self._key):
            return None
        counter = 1 + max(one.counter if one else 0 for one in (said, later))
        made = addresses.signed(self._author, self._key, counter, now, self._sign)
        self._take(made)
        return made

    def forget_others(self) -> None:
        """Leave out replicas that may sync no more, (2)."""
        for key, found in list(self._known.items()):
            if key != self._key and not self._may_sync(found.author, key):
                del self._known[key], self._usable[key]
                self._taken_s.pop(key, None)
                self._unsaved[key] = None
        for key, found in list(self._waiting.items()):
            if key != self._key and not self._may_sync(found.author, key):
                del self._waiting[key]

    # on disk

    def load(self, rows: Iterable[bytes]) -> None:
        """Begin with what `unsaved` gave, before a restart."""
        for row in rows:
            found = msgspec.convert(facts.unpack(row), SignedAddresses)
            self._enter(found)

    def unsaved(self) -> dict[bytes, bytes | None]:
        """What has changed and is not on disk: key -> its entry, None for one that is left out."""
        return {key: facts.pack(one) if one else None for key, one in self._unsaved.items()}

    def saved(self, entries: Mapping[bytes, bytes | None]) -> None:
        """What `unsaved` gave is on disk; what has come since is not."""
        now = self.unsaved()
        for key, packed in entries.items():
            if now.get(key, b"") == packed:
                del self._unsaved[key]

    # inside

    def _is_newer(self, one: SignedAddresses) -> bool:
        if one.key != self._key and not self._may_sync(one.author, one.key):
            return False
        if one.key not in self._known and len(self._known) >= REPLICAS_MAX:
            return False
        held = (self._known.get(one.key), self._waiting.get(one.key))
        return one.counter > max(known.counter if known else -1 for known in held)

    def _may_take(self, key: bytes) -> bool:
        taken_s = self._taken_s.get(key)
        return taken_s is None or self._now_s() - taken_s >= PAUSE_S

    def _take(self, one: SignedAddresses) -> None:
        self._waiting.pop(one.key, None)
        self._enter(one)
        self._unsaved[one.key] = one
        self._taken_s[one.key] = self._now_s()

    def _enter(self, one: SignedAddresses) -> None:
        self._known[one.key] = one
        self._usable[one.key] = tuple(filter(addresses.is_usable, one.addresses))
