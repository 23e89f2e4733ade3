"""The number by which a database and its witness know each other, as it goes up.

With whatever a replica gives it goes up by a random step, in the database and in the witness. So no
copy of the database is taken for the one that went on, whichever numbers it has come to. At a
coordinator that is the number of its witness. A node has another one for it, since ranges that were
granted to it are not given up merely because its witness is older.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sync.storage.meta import Meta
from sync.witness.memory import BEGUN, GIVEN, Intents, Witness

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
        self, meta: Meta, intents: Intents, witness: Witness, *, is_coordinator: bool
    ) -> None:
        """Go up with a transaction that gives something; to be called before its commit."""
        name = BEGUN if is_coordinator else GIVEN
        before = meta.witness if is_coordinator else meta.given
        # The same number again after a commit that failed, which may still come to light.
        if self._number <= before:
            step = 1 + int.from_bytes(self._random(STEP_BYTES))
            self._number = max(before, witness.mark(name) or 0) + step
        if is_coordinator:
            meta.witness = self._number
        else:
            meta.given = self._number
        intents.issue(name, self._number, before)
