"""Serials that no fact carries: which of them are accounted for, and which are missing.

A coordinator numbers what it gives and decides (terminals, ranges, grants, resolutions) without a
gap, over both of its names. So a serial that is missing below one that is known was given, and what
it was given to is not here: the coordinator was set back, and nobody has brought it yet.

What holds:

1. `facts.Cause.BEGIN` and `facts.Cause.LOST` account for all of their serials.
2. `facts.Cause.SKIPPED` accounts only for those above the highest that was given after all:
   whoever skipped them did not know that the coordinator had come that far. Some fact carries it,
   or it lies right below what another copy has skipped, which knew of it.
3. A register without `facts.Cause.BEGIN` was made by software that did not account for serials.
   There, gaps below the first skip mean nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sync.model import facts
from sync.model.facts import Cause, SerialsFact

SHOWN_MAX: Final = 3
"""Stretches that `text` names."""


class SerialStretch(NamedTuple):
    """Serials from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


def missing(
    given: Iterable[int], accounts: Sequence[SerialsFact], whole: int = 0
) -> list[SerialStretch]:
    """The serials above ``whole`` that were given to something which is not here, ascending.

    Args:
        given: the serials above ``whole`` that facts carry, ascending.
        whole: nothing is missing up to this one.
    """
    known = list(given)
    covered = [SerialStretch(serial, serial) for serial in known]
    covered += unproved(known, accounts)
    for account in accounts:
        if account.cause is not Cause.SKIPPED:  # (1)
            covered.append(SerialStretch(account.first, account.last))
    if not is_begun(accounts):  # (3)
        covered.append(SerialStretch(0, before_accounts(accounts, facts.SERIAL_MAX)))
    found: list[SerialStretch] = []
    for stretch in sorted(covered):
        if stretch.first > whole + 1:
            found.append(SerialStretch(whole + 1, stretch.first - 1))
        whole = max(whole, stretch.last)
    return found


def unproved(given: Sequence[int], accounts: Iterable[SerialsFact]) -> list[SerialStretch]:
    """What was skipped, as far as nothing says that it was given after all, see (2).

    Anything that comes in may still say so of a part of it, or of all.

    Args:
        given: serials that facts carry, ascending.
    """
    said = list(accounts)
    ends = {account.last for account in said}
    skipped = [account for account in said if account.cause is Cause.SKIPPED]
    # What lies below a stretch was skipped itself, or is known to have been given.
    below = {account.first - 1 for account in skipped} - ends
    known = sorted({*given, *below})
    found = []
    for account in skipped:
        at = bisect_right(known, account.last)
        reached = known[at - 1] if at else 0
        if reached < account.last:
            found.append(SerialStretch(max(account.first, reached + 1), account.last))
    return sorted(found)


def whole(given: Sequence[int], accounts: Sequence[SerialsFact]) -> int:
    """The serial up to which nothing is missing, whatever still comes in.

    Args:
        given: all that facts carry, ascending.
    """
    newest = max(given[-1] if given else 0, *(account.last for account in accounts), 0)
    in_doubt = [*missing(given, accounts), *unproved(given, accounts)]
    return min((one.first - 1 for one in in_doubt), default=newest)


def lost(
    missing: Sequence[SerialStretch], unproved: Iterable[SerialStretch]
) -> list[SerialStretch]:
    """What is missing, in as few stretches as leave out what is unproved.

    That is accounted for once somebody gives up what is missing; but of what was skipped in between
    it is not known yet whether it was given.
    """
    found = [*missing[:1]]
    for one in missing[1:]:
        before = found[-1]
        if any(before.last < skipped.first < one.first for skipped in unproved):
            found.append(one)
        else:
            found[-1] = SerialStretch(before.first, one.last)
    return found


def before_accounts(accounts: Iterable[SerialsFact], newest: int) -> int:
    """The serial up to which gaps mean nothing in a register without `facts.Cause.BEGIN`, see (3).

    Args:
        newest: the answer where no serial was skipped.
    """
    skips = (account.first for account in accounts if account.cause is Cause.SKIPPED)
    return min(skips, default=newest + 1) - 1


def is_begun(accounts: Iterable[SerialsFact]) -> bool:
    """True in a register in which serials are accounted for, see (3)."""
    return any(account.cause is Cause.BEGIN for account in accounts)


def text(stretches: Sequence[SerialStretch]) -> str:
    """For people: "4 to 6, 9"."""
    named = [
        f"{one.first} to {one.last}" if one.size > 1 else str(one.first)
        for one in stretches[:SHOWN_MAX]
    ]
    if len(stretches) > len(named):
        named.append("and more")
    return ", ".join(named)
