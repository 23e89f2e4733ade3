"""Which registration survives when several were merged, and which values it shows.

A merge leads from the registration that it is about, the *former* one, to another one. Each has at
most one merge in force (`sync.rules.admission`), so merges form chains that end at a *survivor*.

What holds:

1. Everything here is a function of the merges in force, whatever their order of arrival.
2. Each registration has exactly one survivor, which may be itself.
3. In a ring, which only two coordinators can close, the latest merge does not count. To take all
   merges by serial and fact id, and leave out each that would close a ring, comes to the same.
4. A field that a merge takes shows what the former registration says now, unless a correction of
   the surviving one names that merge. Of several merges that take a field the latest counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sync.model.demographics import COMPANIONS, FIELDS
from sync.model.facts import Action, FactId, RecordId
from sync.model.person import more
from sync.rules.admission import SETTLING, Decision

CHOOSABLE: Final = tuple(name for name in FIELDS if name not in COMPANIONS and name != "identity")
"""What may be taken from a former registration, each with what belongs to it: all but who a person
is, which is confirmed of a record. Identifiers and the fields of a clinic may be taken besides."""

_CHOOSABLE: Final = (
    rf"({'|'.join(CHOOSABLE)}|({more.IDENTIFIERS}|{more.EXTRA})\.{more.NAME.pattern})"
)
TakenField = Annotated[
    str,
    Meta(
        pattern=f"^{_CHOOSABLE}$",
        title=f"must be one of {', '.join(CHOOSABLE)}, identifiers.NAME or extra.NAME",
    ),
]
TAKEN_MAX: Final = len(CHOOSABLE) + more.FOLDED_MAX
"""So many fields are taken by one merge at most: all that a record shows."""

_MORE_MAX: Final = 2 * more.FOLDED_MAX
"""An identifier has two names in facts."""


class RecordMerge(NamedTuple):
    """A merge in force.

    ``id`` and ``serial`` are those of the resolution, ``former`` and ``into`` registrations, and
    ``taken`` the fields whose values come from ``former``.
    """

    id: FactId
    serial: int
    former: FactId
    into: FactId
    record: RecordId
    taken: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[int, FactId]:
        """By this the latest is the last one."""
        return (self.serial, self.id)


class MergePath(NamedTuple):
    """Where merges lead from one registration.

    ``merges`` are those that count, in their order from there to ``survivor``. ``ring`` are those
    of a ring that the path runs into, ``left_out`` the one of them that does not count.
    """

    survivor: FactId
    merges: tuple[RecordMerge, ...]
    ring: tuple[RecordMerge, ...] = ()
    left_out: RecordMerge | None = None


def merge_of(registration: FactId, decision: Decision | None) -> RecordMerge | None:
    """The merge that a decision in force about a registration is, None if it is something else."""
    if decision is None or not is_settling(registration, decision):
        return None
    fact = decision.fact
    if fact.action is not Action.MERGE or fact.holder is None or fact.holder_record is None:
        return None
    taken = frozenset(in_order(fact.taken))
    return RecordMerge(
        decision.id, fact.serial, registration, fact.holder, fact.holder_record, taken
    )


def is_settling(registration: FactId, decision: Decision) -> bool:
    """True if a decision in force makes a registration merged or void."""
    return decision.fact.registration == registration and decision.fact.action in SETTLING


def path(start: FactId, merge_from: Callable[[FactId], RecordMerge | None]) -> MergePath:
    """Where merges lead from the registration ``start``.

    Args:
        merge_from: the merge in force that is about a registration.
    """
    found: list[RecordMerge] = []
    at: dict[FactId, int] = {}
    here = start
    while here not in at:
        at[here] = len(found)
        merge = merge_from(here)
        if merge is None:
            return MergePath(here, tuple(found))
        found.append(merge)
        here = merge.into
    ring = found[at[here] :]
    left_out = max(ring, key=lambda merge: merge.order)
    # The path enters the ring, and goes round until the merge that does not count.
    counting = found[: found.index(left_out)]
    return MergePath(left_out.former, tuple(counting), tuple(ring), left_out)


def source(
    field: str, merges: Iterable[RecordMerge], is_replaced: Callable[[FactId], bool]
) -> RecordMerge | None:
    """The merge from whose former registration a field comes; None for the survivor's own value.

    Args:
        merges: those that count and lead to the registration.
        is_replaced: whether a correction of this field replaces a fact.
    """
    taking = [merge for merge in merges if field in merge.taken]
    latest = max(taking, key=lambda merge: merge.order, default=None)
    return None if latest is None or is_replaced(latest.id) else latest


def is_choosable(field: str) -> bool:
    """Whether a field may be taken, by the name that the APIs have for it."""
    return re.fullmatch(_CHOOSABLE, field) is not None


def with_companions(chosen: Iterable[str]) -> tuple[str, ...]:
    """Fields that were chosen, as facts name them, each with those that it says nothing without.

    Args:
        chosen: as facts name them, or as the APIs do.
    """
    wanted = set(chosen)
    usual = (name for name in FIELDS if COMPANIONS.get(name, name) in wanted)
    return in_order((*usual, *wanted, *(name for one in wanted for name in more.names_of(one))))


def as_chosen(taken: Iterable[str]) -> list[str]:
    """The fields that a merge takes, as the APIs name them."""
    shown = (more.shown_name(name) if more.is_more(name) else name for name in taken)
    return list(dict.fromkeys(shown))


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Those of some names in a fact that a merge may take, each once, in the usual order."""
    wanted = set(names)
    others = sorted(filter(more.is_more, wanted))[:_MORE_MAX]
    return (*(name for name in FIELDS if name in wanted), *others)
