"""Notes when desks are cut off from the coordinator, and when they are back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model.facts import Author, State
from sync.storage.watching.outages import Outage, OutageCause

LOOK_S: Final = 5.0
SHORTEST_MS: Final = 30_000
"""A connection that is back sooner was no outage: nobody has noticed it."""


class OutageWatch:
    """Looks from time to time who is connected.

    Args:
        connected: returns the desks that are in step with the coordinator now.
    """

    def __init__(self, replica: Replica, connected: Callable[[], set[Author]]) -> None:
        self._replica = replica
        self._connected = connected
        self._lasting: dict[str, int | None] = {}
        """Since when they are cut off, by the steady clock; None if an earlier process noted it."""
        self._away_since: dict[str, int] = {}
        """The same of all who went, also for a moment."""
        self._here: set[str] = set()

    async def start(self) -> None:
        """Take up what is stored; desks were cut off while the coordinator itself did not run."""

        def act(tx: Transaction) -> set[str]:
            outages = tx.store.outages
            lasting = set(outages.going_on())
            # What was stored last is the best that a coordinator knows of when it ended, unless
            # the clock has been set back since.
            alive_ms = tx.store.local.newest_change_ms()
            for code, seen_ms in tx.store.meta.seen.items():
                terminal = tx.registry.terminals.get(Author(code))
                works = terminal is not None and terminal.state is State.ACTIVE
                if works and code not in lasting:
                    tx.begin()
                    began_ms = min(max(seen_ms, alive_ms), tx.now_ms)
                    outages.begin(code, began_ms, OutageCause.COORDINATOR)
                    lasting.add(code)
            return lasting

        self._lasting = dict.fromkeys(await self._replica.write(act))

    async def look(self) -> None:
        """Note who was away for long enough, and who is back."""
        here, steady_ms = (
            {str(code) for code in self._connected()},
            self._replica.believed.steady_ms,
        )
        for code in self._here - here:
            self._away_since.setdefault(code, steady_ms)
        for code in here:
            self._away_since.pop(code, None)
        self._here = here
        began = {
            code: since_ms
            for code, since_ms in self._away_since.items()
            if steady_ms - since_ms >= SHORTEST_MS and code not in self._lasting
        }
        ended = {code: since_ms for code, since_ms in self._lasting.items() if code in here}
        if not began and not ended:
            return

        def act(tx: Transaction) -> None:
            tx.begin()
            for code, since_ms in began.items():
                began_ms = tx.now_ms - (steady_ms - since_ms)
                tx.store.outages.begin(code, began_ms, OutageCause.DESK)
            for code, went_ms in ended.items():
                lasted_ms = steady_ms - went_ms if went_ms is not None else None
                tx.store.outages.end(code, tx.now_ms, lasted_ms)

        await self._replica.write(act)
        self._lasting = {
            code: since_ms
            for code, since_ms in {**self._lasting, **began}.items()
            if code not in ended
        }
        for code in began:
            self._away_since.pop(code, None)


class OutageWithCount(NamedTuple):
    """An outage, and how many people were registered offline at the desk meanwhile."""

    outage: Outage
    registered: int


def with_counts(
    outages: Sequence[Outage], times: Iterable[tuple[str, int]], now_ms: int
) -> list[OutageWithCount]:
    """Count who was registered during some outages.

    Args:
        times: (terminal, seconds since 1970) of offline registrations.
    """
    # Outages of one desk do not overlap, so only the last that began before a time can hold it.
    starts: dict[str, list[tuple[float, float, int]]] = {}
    for index, one in enumerate(outages):
        end = one.ended_ms if one.ended_ms is not None else now_ms
        starts.setdefault(one.terminal, []).append((one.began_ms // 1000, end // 1000, index))
    counts = [0] * len(outages)
    for stretches in starts.values():
        stretches.sort()
    for terminal, at_s in times:
        stretches = starts.get(terminal, [])
        place = bisect_right(stretches, (at_s, float("inf"), 0)) - 1
        if place >= 0 and at_s <= stretches[place][1]:
            counts[stretches[place][2]] += 1
    return [OutageWithCount(one, count) for one, count in zip(outages, counts, strict=True)]
