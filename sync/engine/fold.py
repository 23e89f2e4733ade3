"""Facts folded into the projection tables, a transaction's worth at a time.

What the tables say is a function of the set of facts alone: whatever the order and grouping in
which facts arrive, the tables end up the same, except for local ids. `fold_all` makes them from
nothing by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sync.engine.corrections import Corrections
from sync.engine.effects import Due, Effects
from sync.engine.holders import Holders
from sync.engine.merging import Merges
from sync.engine.records.claims import Claims, NumberClaim, claims_on_sheet
from sync.engine.records.pairs import Pairs
from sync.engine.sorting import New, Placed, Sorted
from sync.engine.verdicts import Verdicts
from sync.errors import StoreDamaged
from sync.model import facts, numbers, runs
from sync.model.clock import unpack
from sync.model.facts import (
    Amendment,
    Author,
    Disbelief,
    FactId,
    Grant,
    Link,
    Malformed,
    RangeFact,
    RecordId,
    Registration,
    RegistryFact,
    Resolution,
    SheetFact,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.rules import admission, registry
from sync.rules.admission import Judged, Standing
from sync.rules.corrections import Correction
from sync.rules.gate import NewFact
from sync.rules.registry import Entry, Registry
from sync.storage.numbers import note_day
from sync.storage.people import patient_values
from sync.storage.search import REVISION_MAX
from sync.storage.shards import RunRow, ShardRow, by_clock, patient_ids, stored_envelope
from sync.storage.store import Store


class Fold:
    """Applies facts to the tables; one for a transaction.

    Args:
        known: the registry before the transaction.
    """

    def __init__(self, store: Store, known: Registry) -> None:
        self.registry = known
        self.effects = Effects()
        self._people = store.people
        self._decisions = store.decisions
        self._amendments = store.amendments
        self._numbers = store.numbers
        self._rivals = store.rivals
        self._due = Due()
        self._claims = Claims(store, self._due)
        self._note_written = store.written.note
        self._keep_sheets = partial(_keep_sheets, store, self._due)
        self._verdicts = Verdicts(store, self._due, self.effects.feed)
        self._holders = Holders(store, self._due, self.effects)
        self._merges = Merges(store, self._due, self.effects.feed)
        self._corrections = Corrections(store, self._due, self.effects.feed)
        self._pairs = Pairs(store, self._due, self.effects.feed)
        self._days: dict[str, int] = {}
        self._has_decisions = False

    def apply(self, placed: Sequence[Placed]) -> None:
        """Fold facts that were just stored.

        The order matters. What decides about people is written before they are looked at, because
        it may have come before them or together with them. Registrations are inserted before any
        holder is decided, because they may be rivals of one another. Who is merged comes before
        conflicts are reported, because that settles them. Fields and words come last: a number that
        changes hands changes the words by which a person is found.
        """
        sorted_ = Sorted()
        for place in placed:
            sorted_.take(place)
        self.effects.serial = max(self.effects.serial, sorted_.serial)
        for run, clocks in sorted_.not_understood.items():
            self.effects.not_understood.setdefault(run, set()).update(clocks)
        if sorted_.registry:
            self._apply_registry(sorted_.registry)
        self._claims.printed(self._keep_sheets(sorted_.sheets))
        verdicts = self._dated(sorted_)
        self._apply_grants(sorted_.grants)
        self._decisions.add_verdicts(verdicts)
        self._apply_resolutions(sorted_.resolutions)
        self._merges.keep(sorted_.requests, sorted_.refusals, self.registry.times)
        judged = self._verdicts.on_arrival(placed)
        self._verdicts.apply(placed, verdicts)
        self._apply_amendments(sorted_.amendments, judged)
        self._insert(sorted_.registrations, judged)
        # Of those that were just written here nobody knew before.
        arrived = [_key(item) for item in sorted_.registrations if not item.place.own]
        self._holders.stand_again()
        self._merges.apply(arrived if self._has_decisions else ())
        self._holders.settle(self.registry)
        self._corrections.apply(arrived)
        self._pairs.apply(sorted_.pairs)
        self._index_again()
        self._numbers.raise_day_marks(self._days)
        self._days.clear()
        self._claims.settle(self.registry)
        self._note_written(sorted_.written)

    def _dated(self, sorted_: Sorted) -> list[tuple[int, Verdict]]:
        """The verdicts with their times in milliseconds, as far as these are believed."""
        times = self.registry.times
        if times.believes(facts.COORDINATOR, sorted_.coordinator_hlc):
            newest_ms, _ = unpack(sorted_.coordinator_hlc)
            self.effects.coordinator_ms = max(self.effects.coordinator_ms, newest_ms)
        return [(times.at(facts.COORDINATOR, hlc), verdict) for hlc, verdict in sorted_.verdicts]

    # registry

    def _apply_registry(self, entries: list[tuple[NewFact, RegistryFact]]) -> None:
        new = []
        for fact, body in entries:
            outer = fact.envelope
            # The same fact may lie in another run too.
            if self._decisions.add_registry_fact(fact.id, outer.kind, outer.hlc, outer.body):
                new.append(Entry(fact.id, outer.hlc, body))
        before, self.registry = self.registry, registry.fold(new, self.registry)
        self.effects.registry = True
        ranges = [body for _, body in entries if isinstance(body, RangeFact)]
        self.effects.disbelief |= any(isinstance(body, Disbelief) for _, body in entries)
        self.effects.ranges += ranges
        marks = self._claims.granted(ranges)
        # A range may cover what was covered by nothing. Where there is no rival, that decides
        # nothing; nor does it where a range is only closed, which may hold very many rivals.
        again = [one for one in marks if before.covers(one) != self.registry.covers(one)]
        self._due.claims.update(self._rivals.within(again))

    # grants and resolutions

    def _apply_grants(self, grants: list[tuple[RecordId, FactId, Grant]]) -> None:
        self._decisions.add_grants(grants)
        for _, _, grant in grants:
            note_day(grant.mrn, self._days)
        for row in self._people.registrations_of([record for record, _, _ in grants]):
            # One without a number takes that of the grant; of another one the grant covers it.
            self._due.standings.add(row.id)

    def _apply_resolutions(self, resolutions: list[tuple[NewFact, Resolution]]) -> None:
        for fact, resolution in resolutions:
            self._decisions.add_resolution(fact.id, fact.envelope, resolution)
            for mrn in (resolution.mrn, resolution.holder_mrn):
                if mrn is not None:
                    note_day(mrn, self._days)
        # Only now, because one resolution may replace another that came together with it.
        for fact, resolution in resolutions:
            related = {(fact.envelope.record_id, resolution.registration)}
            # One that is replaced may have moved the holder's number too.
            for decision in self._decisions.about(resolution.registration):
                body = decision.fact
                if body.holder is not None and body.holder_record is not None:
                    related.add((body.holder_record, body.holder))
            for record, ident in related:
                for row in self._people.registrations_by_fact(record, ident):
                    self._due.standings.add(row.id)
                    self._due.resolved.add(row.id)

    # amendments

    def _apply_amendments(
        self,
        amendments: list[tuple[Placed, NewFact, Amendment]],
        judged: dict[tuple[int, int], Judged],
    ) -> None:
        for place, fact, amendment in amendments:
            envelope, author = fact.envelope, place.shard.author
            # One whose time is not believed is ordered by its verdict alone.
            times = self.registry.times
            hlc = envelope.hlc if times.believes(author, envelope.hlc) else facts.HLC_MAX
            self._amendments.add(
                place.run.id,
                fact.clock,
                envelope.record_id,
                Correction(fact.id, author, hlc, amendment),
                envelope.body,
                judged.get((place.run.id, fact.clock), Judged()),
                times.own(author, envelope.hlc, amendment.amended_at),
            )
            self._due.corrections.add((envelope.record_id, fact.id))

    def _index_again(self) -> None:
        """Let the search index learn the new words of people whose name or number has changed.

        The words get a revision of their own: how many facts have had a say in them so far. So it
        grows with every change, and a fold of the same facts from nothing counts the same.
        """
        for row in self._due.words:
            corrections = self._amendments.applied((row.record, row.fact))
            decided = len(self._decisions.about(row.fact))
            granted = len(self._decisions.grants_of([row.record]).get(row.record, ()))
            revision = min(corrections + decided + granted, REVISION_MAX)
            self._people.index_again(row.id, revision)
        self._due.words.clear()

    # registrations

    def _insert(self, new: list[New], judged: dict[tuple[int, int], Judged]) -> None:
        """Write a row for each new registration, and who holds a number that nobody else claims.

        Nearly every registration has such a number; a holder is worked out only for the others.
        """
        if not new:
            return
        # Only one without a number takes what was granted to it.
        numberless = [item.fact.envelope.record_id for item in new if _mrn_of(item.body) is None]
        grants = self._decisions.grants_of(numberless)
        self._has_decisions = self._decisions.any_resolutions()
        rows: list[tuple[Any, ...]] = []
        claims: dict[Mrn, list[tuple[int, Standing]]] = {}
        look_alikes: list[tuple[Mrn, Mrn]] = []
        known = self._people.known([_key(item) for item in new if not item.place.own])
        again: list[tuple[New, int, Judged]] = []
        for item in new:
            mine = judged.get((item.place.run.id, item.fact.clock), _UNJUDGED)
            patient = known.get(_key(item))
            if patient is not None:
                # The very same fact lies in another run too. It is one person, whatever its author
                # did, and what verdicts say of it anywhere counts.
                again.append((item, patient, mine))
                continue
            known[_key(item)] = item.patient
            standing = self._stand_new(item, mine, grants)
            rows.append(self._row(item, mine, standing))
            self.effects.feed.registered(item.patient, standing.status, standing.mrn)
            if standing.mrn is not None:
                claims.setdefault(standing.mrn, []).append((item.patient, standing))
            claimed = _mrn_of(item.body)
            like = numbers.look_alike(claimed) if claimed is not None else None
            if claimed is not None and like is not None:
                look_alikes.append((like, claimed))
            self._claims.registered(item, standing, _claimed_text(item.body, standing), like)
            if (
                standing.status is admission.MrnStatus.REJECTED
                or standing.decision is not None
                or isinstance(item.body, Malformed)
            ):
                self._due.standings.add(item.patient)  # there is something to be reported
        # Before the new ones are among them.
        taken = self._people.claimed(list(claims))
        self._people.insert_patients(rows)
        self._judge_again(again)
        self._numbers.add_look_alikes(look_alikes)
        self.effects.patients += len(rows)
        alone = []
        for mrn, claimants in claims.items():
            patient, standing = claimants[0]
            if len(claimants) > 1 or mrn in taken or not standing.candidate:
                self._due.claims.update(patient for patient, _ in claimants)
            else:
                alone.append((mrn, patient))
        self._people.add_holders(alone)

    def _judge_again(self, places: list[tuple[New, int, Judged]]) -> None:
        """People of whom another place is known: what verdicts say of this one counts too."""
        self._people.join_places(
            [(patient, item.place.run.id, item.fact.clock) for item, patient, _ in places]
        )
        for _, patient, mine in places:
            if mine.at_ms is not None:
                before = self._people.registration(patient).judged
                together = before.and_also(mine.admitted, mine.rejected, mine.at_ms)
                self._people.set_judged(patient, together)
                self._due.standings.add(patient)

    def _stand_new(
        self,
        item: New,
        judged: Judged,
        grants: dict[RecordId, list[Grant]],
    ) -> Standing:
        body, record = item.body, item.fact.envelope.record_id
        mine = (
            [grant for grant in grants.get(record, ()) if grant.terminal == body.terminal]
            if isinstance(body, Registration)
            else []
        )
        return admission.stand(
            item.fact.id,
            _mrn_of(body),
            malformed=isinstance(body, Malformed),
            judged=judged,
            grants=mine,
            decisions=self._decisions.about(item.fact.id) if self._has_decisions else (),
        )

    def _row(self, item: New, judged: Judged, standing: Standing) -> tuple[Any, ...]:
        body, author = item.body, item.place.shard.author
        # A malformed one does not say when, and of a later version that cannot be read.
        said = body.registered_at if isinstance(body, Registration) else ""
        # The texts of a malformed one are cut, because they may be anything and of any length.
        return patient_values(
            id_=item.patient,
            run=item.place.run.id,
            clock=item.fact.clock,
            envelope=item.fact.envelope,
            fact=item.fact.id,
            author=author,
            registration=body if isinstance(body, Registration) else None,
            claimed=_claimed_text(body, standing),
            terminal=Author(body.terminal[:64]) if body.terminal else None,
            standing=standing,
            judged=judged,
            own=self.registry.times.own(author, item.fact.envelope.hlc, said, may_be_stated=True),
        )


def _keep_sheets(
    store: Store, due: Due, sheets: list[tuple[Author, NewFact, SheetFact]]
) -> list[NumberClaim]:
    """Keep new sheets, and return the numbers on them."""
    found: list[NumberClaim] = []
    for author, fact, body in sheets:
        if store.sheets.add(
            fact.id, author, fact.envelope, body
        ):  # else it lies in another run too
            found += claims_on_sheet(author, body)
            # What the coordinator has typed in is covered by it, and no other claim is. Others may
            # be any number, so not even those between its numbers are looked at.
            due.claims.update(store.rivals.typed_in(author, body.numbers))
    return found


def _claimed_text(body: Registration | Malformed, standing: Standing) -> str | None:
    """The number in the row of a registration; that of a malformed one is cut."""
    return standing.claimed if isinstance(body, Registration) else (body.mrn or "")[:64] or None


_UNJUDGED = Judged()


def _key(item: New) -> tuple[RecordId, FactId]:
    return (item.fact.envelope.record_id, item.fact.id)


def _mrn_of(body: Registration | Malformed) -> Mrn | None:
    return body.mrn if isinstance(body, Registration) else None


def fold_all(store: Store, pieces: int = 500) -> Iterator[int]:
    """Fill empty projection tables from all facts.

    Args:
        pieces: how many facts are folded at once, at most.

    Yields:
        How many facts were folded by each step.
    """
    known = registry.fold(())
    for placed in _in_pieces(store, pieces):
        fold = Fold(store, known)
        fold.apply(placed)
        known = fold.registry
        yield sum(len(place.facts) for place in placed)


def _in_pieces(store: Store, pieces: int) -> Iterator[list[Placed]]:
    """All stored facts; many short runs are folded as one, because a fold has a price of its own.

    A verdict on a branch judges the facts of its parent too, so these are in the tables before it.
    """
    placed: list[Placed] = []
    for place in _stored(store, pieces):
        size = sum(len(other.facts) for other in placed)
        if placed and (place.run.parent is not None or size + len(place.facts) > pieces):
            yield placed
            placed = []
        placed.append(place)
    if placed:
        yield placed


def _stored(store: Store, pieces: int) -> Iterator[Placed]:
    """The facts of each run, cut into pieces; where their links lie is written down."""
    for shard, run in store.shards.all_runs():
        # By their clocks: one that is missing must not let the others change places.
        data = sorted(by_clock(store.connection, run.id).items())
        patients = patient_ids(store.connection, run.id)
        link = _link_before(store, shard, run)
        new: list[NewFact] = []
        for clock, fact in data:
            ident = facts.fact_id(shard.author, fact)
            link = runs.next_link(link, ident)
            new.append(NewFact(clock, fact, ident, stored_envelope(fact), link))
        # Where a fault of the disk has changed a record, the links behind it are wrong. Those of a
        # branch lead nowhere then, but from those of another run more would be computed.
        is_branch = run.parent is not None
        if is_branch or link == run.link:
            store.shards.places.keep(run.id, is_branch, new)
        for begin in range(0, len(new), pieces):
            yield Placed(shard, run, new[begin : begin + pieces], patients[begin : begin + pieces])


def _link_before(store: Store, shard: ShardRow, run: RunRow) -> Link:
    """The link at which a run begins; one that leads nowhere if records before it are missing.

    A branch whose run has lost some is folded as any other run that has.
    """
    try:
        return store.shards.link_at(shard.author, shard.number, run, run.base)
    except StoreDamaged:
        return Link(b"")
