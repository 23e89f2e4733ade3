"""The facts of one transaction, sorted by what they are about, before they are folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sync.model import bodies, facts
from sync.model.facts import (
    Amendment,
    Author,
    FactId,
    Grant,
    Malformed,
    PairFact,
    RecordId,
    RecordRequest,
    Registration,
    RegistryFact,
    RequestRefusal,
    Resolution,
    SheetFact,
    Verdict,
)
from sync.rules import registry
from sync.rules.gate import NewFact
from sync.storage.shards import RunRow, ShardRow
from sync.storage.times.days import AuthorDay, day_of


class Placed(NamedTuple):
    """New facts of one segment, where they are stored now.

    ``own`` says that this replica has just written all of them: nobody else has any of them yet,
    and nobody knows of the people in them.
    """

    shard: ShardRow
    run: RunRow
    facts: Sequence[NewFact]
    patients: Sequence[int | None]
    own: bool = False


class New(NamedTuple):
    """A registration that is not in the tables yet."""

    place: Placed
    fact: NewFact
    patient: int
    body: Registration | Malformed


class Sorted:
    """The facts of a transaction by what they are about."""

    def __init__(self) -> None:
        self.registry: list[tuple[NewFact, RegistryFact]] = []
        self.grants: list[tuple[RecordId, FactId, Grant]] = []
        self.verdicts: list[tuple[int, Verdict]] = []
        self.resolutions: list[tuple[NewFact, Resolution]] = []
        self.amendments: list[tuple[Placed, NewFact, Amendment]] = []
        self.requests: list[tuple[Author, NewFact, RecordRequest]] = []
        self.refusals: list[tuple[NewFact, RequestRefusal]] = []
        self.pairs: list[tuple[NewFact, PairFact]] = []
        self.sheets: list[tuple[Author, NewFact, SheetFact]] = []
        self.registrations: list[New] = []
        self.coordinator_hlc = 0
        self.serial = 0
        self.written: dict[AuthorDay, int] = {}
        self.not_understood: dict[int, set[int]] = {}

    def take(self, place: Placed) -> None:
        """Sort the facts of one segment."""
        author = place.shard.author
        times = [fact.envelope.hlc for fact in place.facts]
        newest = max(times)
        if author in (facts.REGISTRY, facts.COORDINATOR):
            self.coordinator_hlc = max(self.coordinator_hlc, newest)
        # Nearly all that arrives together was written on one day.
        for hlc in [newest] if day_of(min(times)) == day_of(newest) else times:
            key = (author, day_of(hlc))
            self.written[key] = max(hlc, self.written.get(key, 0))
        for fact, patient in zip(place.facts, place.patients, strict=True):
            if registry.may_write(author, fact.envelope.kind):
                self._take_one(place, fact, patient)

    def _take_one(self, place: Placed, fact: NewFact, patient: int | None) -> None:
        envelope = fact.envelope
        body = bodies.read(envelope)
        if is_beyond(body):
            self.not_understood.setdefault(place.run.id, set()).add(fact.clock)
        if patient is not None and isinstance(body, Registration | Malformed):
            self.registrations.append(New(place, fact, patient, body))
        elif isinstance(body, Verdict):
            self.verdicts.append((envelope.hlc, body))
        elif isinstance(body, Grant):
            self.grants.append((envelope.record_id, fact.id, body))
            self.serial = max(self.serial, body.serial)
        elif isinstance(body, Amendment):
            self.amendments.append((place, fact, body))
        elif isinstance(body, RecordRequest):
            self.requests.append((place.shard.author, fact, body))
        elif isinstance(body, SheetFact):
            self.sheets.append((place.shard.author, fact, body))
        elif isinstance(body, PairFact):
            self.pairs.append((fact, body))
        elif isinstance(body, RequestRefusal):
            self.refusals.append((fact, body))
        elif isinstance(body, Resolution):
            self.resolutions.append((fact, body))
            self.serial = max(self.serial, body.serial)
        elif isinstance(body, RegistryFact):
            self.registry.append((fact, body))
            self.serial = max(self.serial, body.serial)


def is_beyond(body: facts.Body) -> bool:
    """True for what this software cannot judge: an unknown kind or a version from the future."""
    return isinstance(body, facts.Unknown) or (
        isinstance(body, Registration) and not body.understood
    )


def is_person(author: Author, fact: NewFact) -> bool:
    """True for a fact that gets a patient row, malformed or not."""
    return fact.envelope.kind == facts.REGISTRATION and registry.may_write(
        author, facts.REGISTRATION
    )
