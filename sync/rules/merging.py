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

from collections.abc import Callable, Iterable
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta

from sync.model.demographics import COMPANIONS, FIELDS
from sync.model.facts import Action, FactId, RecordId
from sync.rules.admission import SETTLING, Decision

TakenField = Annotated[
    Literal["full_name", "father_name", "dob", "sex", "phone", "cnic", "address", "mother"],
    Meta(title="TakenField"),
]
"""What may be taken from a former registration, each with what belongs to it."""
CHOOSABLE: Final = tuple(name for name in FIELDS if name not in COMPANIONS and name != "identity")
"""All but who a person is: that is confirmed of a record, and not taken from another one."""


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
    taken = frozenset(fact.taken) & frozenset(FIELDS)
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


def with_companions(chosen: Iterable[str]) -> tuple[str, ...]:
    """Fields that were chosen, each with those that it says nothing without, in the usual order."""
    wanted = set(chosen)
    return tuple(name for name in FIELDS if COMPANIONS.get(name, name) in wanted)
