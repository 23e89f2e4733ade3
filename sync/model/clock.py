"""The hybrid logical clock: 48 bits of milliseconds and 15 bits of counter in one int.

It breaks ties between rival corrections and never picks a number or a holder. After Kulkarni et
al., "Logical Physical Clocks" (2014).
"""

from __future__ import annotations

from typing import Final

AHEAD_MS_MAX: Final = 10 * 60 * 1000
"""A time that lies further ahead of the believed time is not absorbed."""

_COUNTER_BITS: Final = 15
_COUNTER_MAX: Final = (1 << _COUNTER_BITS) - 1
_MS_MAX: Final = (1 << 48) - 1


def pack(ms: int, counter: int) -> int:
    """Milliseconds since 1970 and counter as one int that orders like the pair."""
    return ms << _COUNTER_BITS | counter


def unpack(hlc: int) -> tuple[int, int]:
    """(milliseconds, counter)."""
    return hlc >> _COUNTER_BITS, hlc & _COUNTER_MAX


def believable(now_ms: int) -> int:
    """The latest hybrid time of others that is taken into account at the believed time."""
    return pack(min(now_ms + AHEAD_MS_MAX, _MS_MAX), _COUNTER_MAX)


class HybridClock:
    """Times that go on above all that were seen and are believed."""

    def __init__(self, last: int = 0) -> None:
        self.last = last

    def tick(self, now_ms: int) -> int:
        """The time of a new fact, later than all before; ``now_ms`` is believed."""
        ms, counter = unpack(self.last)
        now_ms = min(max(now_ms, 0), _MS_MAX)
        if now_ms > ms:
            self.last = pack(now_ms, 0)
        elif counter < _COUNTER_MAX:
            self.last += 1
        else:
            self.last = pack(min(ms + 1, _MS_MAX), 0)
        return self.last

    def absorb(self, remote: int, now_ms: int) -> bool:
        """Take a remote time into account; False when it lies too far ahead to be believed."""
        if remote > believable(now_ms):
            return False
        self.last = max(self.last, remote)
        return True
