"""The chain of the audit: what its words mean, and whether it is whole.

It shows that entries were changed, removed or put in between afterwards. What whoever owns the
computer leaves out before it is written, or a chain that they make anew from the start, it cannot
show by itself; a head that somebody has noted elsewhere can.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sync.storage.access.audit import START, ChainEntry, Head, next_hash

DONE: Final = "done"
"""The outcome of what was done; any other is the code of an error."""
CONSOLE: Final = "console"
"""Whoever works at the coordinator's own computer, where nothing tells who it is."""
SET_BACK: Final = "audit.set_back"
"""The act of an entry that says which entries of before are lost."""


class Checked(NamedTuple):
    """Whether a chain is whole: ``wrong`` is the number of the first entry that does not fit."""

    head: Head
    wrong: int | None


def check(entries: Iterable[ChainEntry]) -> Checked:
    """Look at all entries of a chain, the oldest first."""
    head = Head(0, START)
    for entry in entries:
        number = head.number + 1
        if entry.number != number or entry.hash != next_hash(head.hash, number, entry.said):
            return Checked(head, number)
        head = Head(number, entry.hash)
    return Checked(head, None)
