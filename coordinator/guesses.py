"""Wrong codes, counted by where they come from: who guesses is held up, and nobody else.

A right code is taken from any address: it has 128 random bits, so nobody finds it by guessing, and
somebody who guesses behind the same router must not keep its owner out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from sync.model.alarms import Alarm, AlarmLevel
from sync.trust.addresses import household

WRONG_MAX: Final = 5
"""Wrong codes of one address before it has to wait."""
WAIT_S: Final = 600.0
"""So long after its last wrong code an address is only told to wait when the next one is wrong."""
ADDRESSES_MAX: Final = 1000
ALARM_S: Final = 3600.0


class Guesses:
    """Remembers wrong codes, and what an administrator should hear of them.

    Args:
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._second_keys: OrderedDict[str, float] = OrderedDict()

    def note_wrong(self, address: str) -> None:
        """A wrong code has come from an address."""
        address = household(address)
        count = self._count(address) + 1
        self._wrong[address] = count, self._now_s()
        self._wrong.move_to_end(address)
        if len(self._wrong) > ADDRESSES_MAX:
            self._wrong.popitem(last=False)

    def is_held_up(self, address: str) -> bool:
        """True for an address that has sent too many wrong codes."""
        return self._count(household(address)) >= WRONG_MAX

    def note_second_key(self, terminal: str) -> None:
        """Another computer has shown a code that was used."""
        self._second_keys[terminal] = self._now_s()
        self._second_keys.move_to_end(terminal)
        if len(self._second_keys) > ADDRESSES_MAX:
            self._second_keys.popitem(last=False)

    def alarms(self) -> list[Alarm]:
        """The alarms that hold now."""
        now = self._now_s()
        found = [
            Alarm(
                "code_used_twice",
                AlarmLevel.ALERT,
                f"A second computer has shown the code for {terminal}, which was used before. It "
                "was not let in.",
                f"Is the right computer {terminal}? If not, run `mrnmesh-coordinator terminals "
                f"revoke {terminal} --reason WHY`, then enrol the right one with a new code. Read "
                "codes only to whom they are for.",
                terminal,
                terms={"desk": terminal},
            )
            for terminal, at in sorted(self._second_keys.items())
            if now - at < ALARM_S
        ]
        guessing = sorted(one for one in self._wrong if self._count(one) >= WRONG_MAX)
        if guessing:
            shown = ", ".join(guessing[:3]) + (" and more" if len(guessing) > 3 else "")
            found.append(
                Alarm(
                    "code_guessed",
                    AlarmLevel.WARNING,
                    f"Somebody at {shown} sends one wrong code after the other. They are refused.",
                    "Find that computer on the network. Codes that you have given are not in "
                    "danger, and other computers are let in as before.",
                    "codes",
                    terms={"address": shown},
                )
            )
        return found

    def _count(self, address: str) -> int:
        count, at = self._wrong.get(address, (0, 0.0))
        return count if self._now_s() - at < WAIT_S else 0
