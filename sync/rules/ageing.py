"""How old something is that is removed for good once it is old.

The time that is believed may be wrong: somebody says that a clock is right which is years ahead, or
most of the clinic is. So what was jumped over makes nothing older for `GRACE_MS` of counted time,
in which people notice that and set it right. No clock tells a jump from a time in which the
computer was off, so such a time counts as a jump too. But most computers are off every night: of
jumps that are not longer than `PLAUSIBLE_MS` no more than that is held back in all. So nothing is
kept for ever because a computer is off often, and still none of them alone takes anything before
its time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sync.model.believed import NEAR_MS, PLAUSIBLE_MS

GRACE_MS: Final = 60 * 24 * 3_600_000
"""What was jumped over makes things older after so much counted time."""


class Ageing(NamedTuple):
    """What is held back of the time that is believed, in milliseconds, and for how long still.

    Attributes:
        at_ms: the time that was believed at the last look; 0 before the first one.
        short_ms: what was jumped over in jumps of at most `PLAUSIBLE_MS` each, up to that in all.
        short_left_ms: after so much counted time it is not held back any more.
        long_ms: what was jumped over in longer jumps.
        long_left_ms: as ``short_left_ms``.
    """

    at_ms: int = 0
    short_ms: int = 0
    short_left_ms: int = 0
    long_ms: int = 0
    long_left_ms: int = 0

    @property
    def held_back_ms(self) -> int:
        """By so much things are younger than the time that is believed says."""
        return self.short_ms + self.long_ms

    def after(self, now_ms: int, passed_ms: int) -> Ageing:
        """How it is at another look.

        Args:
            now_ms: the time that is believed now.
            passed_ms: how much time was counted since the last look, 0 in another process.
        """
        jump = now_ms - self.at_ms - passed_ms if self.at_ms else 0
        short, short_left = self.short_ms, self.short_left_ms - passed_ms
        long, long_left = self.long_ms, self.long_left_ms - passed_ms
        if jump > PLAUSIBLE_MS:
            long, long_left = long + jump, GRACE_MS
        elif jump > NEAR_MS:
            short, short_left = min(PLAUSIBLE_MS, short + jump), GRACE_MS
        elif jump < 0:
            long = max(0, long + jump)  # what is taken back is not ahead any more
        return Ageing(
            now_ms,
            *((short, short_left) if short and short_left > 0 else (0, 0)),
            *((long, long_left) if long and long_left > 0 else (0, 0)),
        )
