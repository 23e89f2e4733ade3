"""Alarms about copies of a desk, and about computers that break the rules of sync."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Final

from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import COORDINATOR, Author, is_terminal_code
from sync.model.phrases import count, writer
from sync.trust.addresses import household

LIVE_COPIES_S: Final = 3600.0
FAULTS_S: Final = 3600.0
"""For how long after its last fault a computer is named."""
NAMED_MAX: Final = 100
"""So many computers are remembered at once, and as many addresses of computers without a name."""
TIMES_MAX: Final = 100
"""So many times of one fault are counted."""
CUT_OFF: Final = "cut_off"
"""A connection ended before anybody was let in."""
_ALLOWED: Final = {"timeout": 7, "slow": 2, "busy": 2, "crowd": 2, "version": 2, CUT_OFF: 29}
"""How often within an hour a good computer does this, on a line that fails again and again, or at
the start of all desks after a power cut, when it has much to do."""
WHAT: Final = {
    "timeout": "it begins to connect and does not go on",
    "slow": "it asks for much and does not read it",
    "busy": "it asks for too much at once",
    "crowd": "it opens too many connections",
    "version": "its version and the one here do not understand each other",
    "proof": "it cannot prove that its key is its own",
    "certificate": "it calls itself by a name that is not in its certificate",
    "invalid": "it sends records that cannot be right",
}
"""Code of a fault -> what people read of it; for the others there is `_NONSENSE`."""
_NONSENSE: Final = "it sends what no good version sends"


class _Faults:
    """What a computer has done: code -> when, within the last hour, the last `TIMES_MAX` times."""

    def __init__(self) -> None:
        self._at_s: dict[str, deque[float]] = {}

    def add(self, code: str, now_s: float) -> None:
        """It has done it once more."""
        self._at_s.setdefault(code, deque(maxlen=TIMES_MAX)).append(now_s)

    def times(self, now_s: float) -> dict[str, int]:
        """How often within the last hour; empty once it has done nothing for so long."""
        for code, at_s in [*self._at_s.items()]:
            while at_s and now_s - at_s[0] >= FAULTS_S:
                at_s.popleft()
            if not at_s:
                del self._at_s[code]
        return {code: len(at_s) for code, at_s in self._at_s.items()}


class PeerWatch:
    """Remembers for an hour that two live copies of one desk were seen, and who broke the rules.

    Args:
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._seen: dict[Author, float] = {}
        # Addresses can be made up without end, so they must not push out a name.
        self._faults: dict[str, _Faults] = {}
        self._strangers: dict[str, _Faults] = {}

    def live_copies(self, author: Author) -> None:
        """Two computers were that desk at the same time."""
        self._seen[author] = self._now_s()

    def fault(self, who: str, code: str) -> None:
        """A computer whose certificate or key names it has broken the rules."""
        self._note(self._faults, who, code)

    def cut_off(self, address: str) -> None:
        """Somebody at an address began to connect, and showed nothing that lets him in."""
        self._note(self._strangers, household(address), CUT_OFF)

    def _note(self, known: dict[str, _Faults], who: str, code: str) -> None:
        known[who] = known.pop(who) if who in known else _Faults()  # heard last, it stands last
        known[who].add(code, self._now_s())
        if len(known) > NAMED_MAX:
            del known[next(iter(known))]

    def alarms(self) -> list[Alarm]:
        """The alarms that hold now."""
        return [
            *self._two_computers(),
            *(_bad_peer(who, codes) for who, codes in self._over(self._faults)),
            *(_knocking(address, codes) for address, codes in self._over(self._strangers)),
        ]

    def _over(self, known: dict[str, _Faults]) -> list[tuple[str, dict[str, int]]]:
        """Who has done what more often than a good computer does."""
        now, found = self._now_s(), []
        for who, faults in sorted(known.items()):
            times = faults.times(now)
            if not times:
                del known[who]
            over = {code: n for code, n in times.items() if n > _ALLOWED.get(code, 0)}
            if over:
                found.append((who, over))
        return found

    def _two_computers(self) -> list[Alarm]:
        now = self._now_s()
        self._seen = {author: at for author, at in self._seen.items() if now - at < LIVE_COPIES_S}
        return [
            Alarm(
                "two_computers",
                AlarmLevel.ALERT,
                f"Two computers are {author} at the same time: one is a copy of the other. Both "
                f"were last seen {_ago(now - at)}; this alarm ends "
                f"{count(_minutes(LIVE_COPIES_S), 'minute')} after that.",
                "Find the copy and switch it off: only one of the two is let in. Keep its data "
                "folder, and bring in the people that it has registered: `mrnmesh-coordinator "
                f"terminals salvage {author} FOLDER`. Set it up again under a code of its own.",
                author,
                terms={"desk": author},
            )
            for author, at in sorted(self._seen.items())
        ]


def _bad_peer(who: str, codes: dict[str, int]) -> Alarm:
    name = writer(who)
    what = sorted(f"{WHAT.get(code, _NONSENSE)} ({count(n, 'time')})" for code, n in codes.items())
    return Alarm(
        "bad_peer",
        AlarmLevel.WARNING if set(codes) <= set(_ALLOWED) else AlarmLevel.ALERT,
        f"{name[0].upper()}{name[1:]} does not keep to the rules: {'; '.join(what)}. Nothing of "
        "that was taken, and the others go on.",
        f"Look at {name}: does it run the version that the others run, is its line good, and does"
        " it say that its database is damaged or that records in it have changed? If it is not"
        f" honest: {_ending(who)}.",
        who,
        terms={"desk": name, "count": sum(codes.values())},
    )


def _ending(who: str) -> str:
    """How somebody who is not honest is kept out."""
    if who == COORDINATOR:
        return (
            "somebody has its key. On its computer: `mrnmesh-coordinator signing-key replace "
            "--stolen --reason WHY`"
        )
    if is_terminal_code(who):
        return f"`mrnmesh-coordinator terminals revoke {who} --reason WHY`"
    return "take it off the network"


def _knocking(address: str, codes: dict[str, int]) -> Alarm:
    return Alarm(
        "strangers",
        AlarmLevel.WARNING,
        f"A computer at {address} has begun to connect {count(codes[CUT_OFF], 'time')}, and showed "
        "nothing that lets it in.",
        f"Find out which computer has the address {address}. If it is a desk of yours: "
        "`mrnmesh-coordinator terminals enrol CODE`. If not, take it off the network.",
        address,
        terms={"address": address, "count": codes[CUT_OFF]},
    )


def _minutes(seconds: float) -> int:
    return math.ceil(seconds / 60)


def _ago(seconds: float) -> str:
    """How long ago something was, without a number that changes all the time at first."""
    minutes = int(seconds // 60)
    return f"{count(minutes, 'minute')} ago" if minutes else "less than a minute ago"
