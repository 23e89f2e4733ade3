"""Hundreds of desks without a coordinator on a network that is cut and mended, on a made-up clock.

Whom a desk dials, how often, and when it gives one up for another is decided by the real rules
(`sync.network.neighbours`, `back_off_s`, `AWAY_S`); what connections carry is only counted.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from typing import Final

from sync.network import neighbours
from sync.network.dialling import BACK_OFF_S_MAX, CONNECT_S_MAX, back_off_s
from sync.network.neighbourhood import AWAY_S, PATIENCE_S, SPARE_S

STEP_S: Final = 0.05
"""From a desk that has committed something until a neighbour has committed it."""
NOTICED_S: Final = 30.0
"""A line over which nothing comes any more is noticed by the heartbeat."""


class ManyDesks:
    """Desks that know each other's addresses; ``now_s`` is their clock."""

    def __init__(self, count: int, seed: int) -> None:
        self._random = random.Random(seed)
        self.desks = [self._random.randbytes(32) for _ in range(count)]
        self.now_s = 0.0
        self.lines: dict[bytes, set[bytes]] = {one: set() for one in self.desks}
        self.holds: dict[bytes, set[int]] = {one: set() for one in self.desks}
        self.sent: Counter[bytes] = Counter()
        self.dials: Counter[bytes] = Counter()
        self._side: dict[bytes, int] = dict.fromkeys(self.desks, 0)
        self._failures: Counter[tuple[bytes, bytes]] = Counter()
        self._away_s: dict[bytes, dict[bytes, float]] = {one: {} for one in self.desks}
        self._seeking: dict[bytes, set[bytes]] = {one: set() for one in self.desks}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._facts = 0
        for one in self.desks:
            self._choose(one)

    # what happens

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until_s = self.now_s + seconds
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, act = heapq.heappop(self._events)
            act()
        self.now_s = until_s

    def register(self, desk: bytes) -> int:
        """Somebody is registered at a desk."""
        self._facts += 1
        self._learn(desk, self._facts, None)
        return self._facts

    def spread_s(self, fact: int, among: list[bytes], most_s: float) -> float:
        """Run until all of some desks hold a fact, and return how long that took."""
        began_s = self.now_s
        while not all(fact in self.holds[one] for one in among):
            assert self.now_s - began_s < most_s, "it does not reach everybody in time"
            self.run(STEP_S)
        return self.now_s - began_s

    def part(self, sides: dict[bytes, int]) -> None:
        """From now on only desks of one side hear each other; a negative one hears nobody."""
        self._side |= sides
        for one in self.desks:
            for other in list(self.lines[one]):
                if one < other and not self._reach(one, other):
                    self._later(NOTICED_S, lambda one=one, other=other: self._lose(one, other))

    def mend(self) -> None:
        """All hear each other again."""
        self._side = dict.fromkeys(self.desks, 0)

    # inside

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now_s + seconds, self._random.getrandbits(60), act))

    def _reach(self, one: bytes, other: bytes) -> bool:
        return self._side[one] == self._side[other] >= 0

    def _choose(self, me: bytes) -> None:
        """As `sync.network.neighbourhood.Neighbourhood.choose` does it."""
        if self.lines[me].intersection(self._away_s[me]):
            self._away_s[me].clear()
        self._away_s[me] = {
            other: since_s
            for other, since_s in self._away_s[me].items()
            if self.now_s - since_s < AWAY_S
        }
        wanted = neighbours.wanted(me, self.desks, self._away_s[me])
        for other in wanted:
            if other not in self._seeking[me]:
                self._seeking[me].add(other)
                self._later(
                    0 if me < other else PATIENCE_S, lambda other=other: self._dial(me, other)
                )
        spare = self._seeking[me] - wanted
        self._seeking[me] -= spare
        for other in spare:
            self._later(SPARE_S, lambda other=other: self._let_go(me, other))

    def _dial(self, me: bytes, other: bytes) -> None:
        if other not in self._seeking[me] or other in self.lines[me]:
            return
        if self._side[me] < 0:
            self._later(BACK_OFF_S_MAX, lambda: self._dial(me, other))
            return
        self.dials[me] += 1
        if self._reach(me, other):
            self._later(STEP_S, lambda: self._connect(me, other))
        else:
            self._later(CONNECT_S_MAX, lambda: self._fail(me, other))

    def _fail(self, me: bytes, other: bytes) -> None:
        if other in self._seeking[me] and other not in self.lines[me]:
            pause_s = back_off_s(self._failures[me, other], self._random.random)
            self._failures[me, other] += 1
            self._later(pause_s, lambda: self._dial(me, other))
            self._away_s[me][other] = self.now_s
            self._choose(me)

    def _connect(self, me: bytes, other: bytes) -> None:
        if other in self.lines[me] or not self._reach(me, other):
            return
        for one, far in ((me, other), (other, me)):
            self.lines[one].add(far)
            if self._failures.pop((one, far), 0) or far in self._away_s[one]:
                self._choose(one)
            for fact in self.holds[one] - self.holds[far]:
                self._send(one, far, fact)

    def _lose(self, one: bytes, other: bytes) -> None:
        if other in self.lines[one] and not self._reach(one, other):
            for me, far in ((one, other), (other, one)):
                self.lines[me].discard(far)
                self._later(0, lambda me=me, far=far: self._dial(me, far))

    def _let_go(self, me: bytes, other: bytes) -> None:
        """Whoever dialled ends a line, unless the other side needs it."""
        if other not in self._seeking[me] and me not in self._seeking[other]:
            self.lines[me].discard(other)
            self.lines[other].discard(me)

    def _learn(self, me: bytes, fact: int, source: bytes | None) -> None:
        if fact not in self.holds[me]:
            self.holds[me].add(fact)
            for other in self.lines[me] - {source}:
                self._send(me, other, fact)

    def _send(self, me: bytes, other: bytes, fact: int) -> None:
        self.sent[me] += 1
        if self._reach(me, other):
            self._later(STEP_S, lambda: self._learn(other, fact, me))
