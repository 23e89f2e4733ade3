"""What clients hear of: people who are new, corrected, confirmed, refused, merged or void; numbers.

The fold notes here what it does; the entries are written in the same transaction, so a reader of
the feed sees all that became durable, once and in order. See ``GET /api/changes/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from sync.model.numbers import Mrn
from sync.rules.admission import MrnStatus


class FeedChange(StrEnum):
    """What happened to a person's record."""

    REGISTERED = "registered"
    AMENDED = "amended"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    NUMBER_CHANGED = "number_changed"
    RESOLVED = "resolved"
    MERGED = "merged"
    UNMERGED = "unmerged"
    VOIDED = "voided"
    UNVOIDED = "unvoided"


class FeedEntry(NamedTuple):
    """One change of a patient (local id); ``mrn`` is the number after it."""

    patient: int
    change: FeedChange
    mrn: str | None = None
    former_mrn: str | None = None


class Feed:
    """The entries of one transaction, in the order in which they were noted."""

    def __init__(self) -> None:
        self.entries: list[FeedEntry] = []

    def registered(self, patient: int, status: MrnStatus, mrn: Mrn | None) -> None:
        """A person came in; one that was judged before it arrived gets an entry for that too."""
        self.entries.append(FeedEntry(patient, FeedChange.REGISTERED, mrn))
        self.judged(patient, MrnStatus.PENDING, status, mrn)

    def judged(self, patient: int, before: str, after: MrnStatus, mrn: str | None) -> None:
        """A registration's status may have changed."""
        if after is not MrnStatus.PENDING and before != after:
            change = FeedChange.ADMITTED if after is MrnStatus.ADMITTED else FeedChange.REJECTED
            self.entries.append(FeedEntry(patient, change, mrn))

    def admitted(self, people: Iterable[tuple[int, str | None]]) -> None:
        """(patient, number) of people who were just confirmed."""
        self.entries += [FeedEntry(patient, FeedChange.ADMITTED, mrn) for patient, mrn in people]

    def renumbered(self, patient: int, former: str | None, mrn: str | None) -> None:
        """A person's number may have changed."""
        if former != mrn:
            self.entries.append(FeedEntry(patient, FeedChange.NUMBER_CHANGED, mrn, former))

    def amended(self, patient: int, mrn: str | None) -> None:
        """A person's fields were corrected."""
        self.entries.append(FeedEntry(patient, FeedChange.AMENDED, mrn))

    def resolved(self, patient: int, mrn: str | None) -> None:
        """An administrator has decided about a person's number."""
        self.entries.append(FeedEntry(patient, FeedChange.RESOLVED, mrn))

    def merged(self, patient: int, mrn: str | None, into_another: bool) -> None:
        """Another record stands for a person from now on, or none does any more."""
        change = FeedChange.MERGED if into_another else FeedChange.UNMERGED
        self.entries.append(FeedEntry(patient, change, mrn))

    def voided(self, patient: int, mrn: str | None, is_void: bool) -> None:
        """A registration counts as a mistake from now on, or no more."""
        change = FeedChange.VOIDED if is_void else FeedChange.UNVOIDED
        self.entries.append(FeedEntry(patient, change, mrn))
