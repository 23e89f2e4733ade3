"""What the fold of one transaction has changed, and what it has yet to work out."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.model.facts import FactId, RangeFact, RecordId
from sync.model.numbers import Mrn
from sync.rules.admission import Decision, Standing
from sync.rules.feed import Feed
from sync.rules.pairs import PairKey
from sync.storage.people import RegistrationRow

Numbered = tuple[str, int]
"""A number that can be issued: its series and its place there, see `numbers.series_of`."""


@dataclass
class Effects:
    """What was changed: the writer logs it, notifies of it, and takes it over into memory.

    ``ranges`` are range facts that came in and are still to be accounted for. ``holders`` has (MRN,
    former holder, holder) of each number that changed hands. ``coordinator_ms`` and ``serial`` are
    the highest that came in, 0 for none. ``not_understood`` has, by run, the clocks of facts that
    this software cannot judge. ``disbelief``: other times are believed than before, so all has to
    be folded again.
    """

    registry: bool = False
    ranges: list[RangeFact] = field(default_factory=list)
    patients: int = 0
    holders: list[tuple[Mrn, int | None, int | None]] = field(default_factory=list)
    coordinator_ms: int = 0
    serial: int = 0
    not_understood: dict[int, set[int]] = field(default_factory=dict)
    disbelief: bool = False
    feed: Feed = field(default_factory=Feed)


@dataclass
class Due:
    """What must be worked out again before the tables are right; all empty when a fold is done.

    ``standings`` are registrations (local ids) that may claim another number now or stand
    otherwise, ``resolved`` those of them about which a resolution came in. ``corrections`` are
    amendments that may count now or count no more, as (record id, fact id), ``corrected`` the
    registrations whose fields they may have changed. ``claims`` are registrations (local ids)
    whose claim on a number is new or may have another rank now, ``mrns`` the numbers whose holder
    may be another, ``words`` people who are found by other words now. ``decided`` are
    registrations about which another decision may be in force now, with that decision,
    ``numberless`` those that are to be reported although they claim no number. ``shown`` are
    registrations whose fields may come from other facts now, ``pairs`` the pairs about which
    another decision may be in force. ``renumbered`` are the numbers of a series that a registration
    claimed or claims, before and now, where these differ.
    """

    standings: set[int] = field(default_factory=set)
    resolved: set[int] = field(default_factory=set)
    corrections: set[tuple[RecordId, FactId]] = field(default_factory=set)
    corrected: set[tuple[RecordId, FactId]] = field(default_factory=set)
    claims: set[int] = field(default_factory=set)
    mrns: set[Mrn] = field(default_factory=set)
    words: list[RegistrationRow] = field(default_factory=list)
    decided: list[tuple[RegistrationRow, Decision | None]] = field(default_factory=list)
    shown: set[FactId] = field(default_factory=set)
    pairs: set[PairKey] = field(default_factory=set)
    numberless: list[tuple[RegistrationRow, Standing]] = field(default_factory=list)
    renumbered: list[tuple[set[Numbered], set[Numbered]]] = field(default_factory=list)
