"""The number by which a coordinator's database and its witness know each other, as it goes up.

With whatever the coordinator gives it goes up by a random step, in the database and in the witness.
So no copy of the database is taken for the one that went on, whichever serials it has come to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sync.storage.meta import Meta
from sync.witness.memory import BEGUN, SERIAL, Intents, Witness

STEP_BYTES: Final = 4
"""A step is at most so much; even 2 thousand million of them leave the number in a database."""


class Steps:
    """The steps of one process.

    Args:
        random: returns so many random bytes.
    """

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._number = 0

    def go_up(
        self, meta: Meta, intents: Intents, known: int, serial: int, witness: Witness | None
    ) -> None:
        """Go up with a transaction that gives what is intended; to be called before its commit.

        Args:
            known: the newest serial before it.
            serial: the newest one that it gives, which is intended too.
        """
        if serial > known:
            intents.issue(SERIAL, serial, known)
        if witness is None or not intents:
            return
        before = meta.witness
        # The same number again after a commit that failed, which may still come to light.
        if self._number <= before:
            step = 1 + int.from_bytes(self._random(STEP_BYTES))
            self._number = max(before, witness.mark(BEGUN) or 0) + step
        meta.witness = self._number
        intents.issue(BEGUN, self._number, before)
