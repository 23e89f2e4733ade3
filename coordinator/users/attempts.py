"""How often somebody may try to sign in: a guesser is shut out, the owner of the name is not.

Failures are counted in three places, and each lets one more try through as time passes:

- for a name from one address: `OWN`;
- for an address, whatever names it tries: `ADDRESS`;
- for a name from all addresses from which nobody has signed in by it yet: `STRANGERS`.

Whoever has signed in from an address before does not meet the last one, so a guesser elsewhere
cannot lock them out. This computer itself counts only for the name: whoever sits at the console is
never shut out by what comes over the network.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from coordinator.errors import TooManyFailures
from sync.trust.addresses import household
from sync.trust.entrance import is_loopback


@dataclass(frozen=True)
class Limit:
    """So many failures at once, and one more after each so many seconds."""

    failures: int
    seconds: float


OWN: Final = Limit(5, 60.0)
ADDRESS: Final = Limit(20, 30.0)
STRANGERS: Final = Limit(20, 60.0)
REMEMBERED_MAX: Final = 10_000
"""Names and addresses of which failures are kept; the oldest are forgotten first."""


class Attempts:
    """Counts failures.

    Args:
        steady_s: seconds that only count what passes, whatever the clock shows.
    """

    def __init__(self, steady_s: Callable[[], float]) -> None:
        self._steady_s = steady_s
        # When the count of each reaches zero again; the newest stands last.
        self._empty_at: OrderedDict[Hashable, float] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, user: str, address: str) -> None:
        """Count a try as a failure until `succeeded` takes that back; raise if it is one too many.

        It is counted before the password is looked at, so that many tries at once are no way round.

        Raises:
            TooManyFailures: says how long to wait.
        """
        now = self._steady_s()
        places = self._places(user, _place(address))
        wait = max(
            self._empty_at.get(key, now) - now - limit.seconds * (limit.failures - 1)
            for key, limit in places
        )
        if wait > 0:
            raise TooManyFailures(seconds=max(1, round(wait)))
        for key, limit in places:
            self._keep(key, max(self._empty_at.get(key, now), now) + limit.seconds)

    def take_back(self, user: str, address: str) -> None:
        """The try that was begun was none: nobody has looked at the password."""
        for key, limit in self._places(user, _place(address)):
            if key in self._empty_at:
                self._empty_at[key] -= limit.seconds

    def succeeded(self, user: str, address: str) -> None:
        """The try that was begun was no failure."""
        self.take_back(user, address)
        place = _place(address)
        self._empty_at.pop((user, place), None)
        self._known[user, place] = None
        self._known.move_to_end((user, place))
        while len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)

    def _places(self, user: str, place: str) -> list[tuple[Hashable, Limit]]:
        places: list[tuple[Hashable, Limit]] = [((user, place), OWN)]
        if place:
            places.append((("from", place), ADDRESS))
            if (user, place) not in self._known:
                places.append((("strangers", user), STRANGERS))
        return places

    def _keep(self, key: Hashable, empty_at: float) -> None:
        self._empty_at[key] = empty_at
        self._empty_at.move_to_end(key)
        while len(self._empty_at) > REMEMBERED_MAX:
            self._empty_at.popitem(last=False)


def is_here(address: str) -> bool:
    """True for an address of this computer, which no other one has."""
    return not _place(address)


def _place(address: str) -> str:
    """What an address is counted as; empty for this computer."""
    return "" if is_loopback(address) else household(address)
