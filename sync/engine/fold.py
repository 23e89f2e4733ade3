"""Facts folded into the projection tables, a transaction's worth at a time.

What the tables say is a function of the set of facts alone: whatever the order and grouping in
which facts arrive, the tables end up the same, but for local ids. `sync.engine.rebuilding` makes
them from nothing by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.engine.holders import holder_of
from sync.engine.sorting import New, Placed, Sorted
from sync.model import bodies, facts, numbers, runs
from sync.model.facts import (
    Amendment,
    Author,
    FactId,
    Grant,
    Link,
    Malformed,
    RangeFact,
    RecordId,
    Registration,
    Resolution,
    TerminalFact,
    Verdict,
)
from sync.model.numbers import Mrn, NumberRange
from sync.rules import admission, registry
from sync.rules.admission import Judged, Standing
from sync.rules.corrections import AppliedCorrection, current_fields, last_change
from sync.rules.feed import Feed
from sync.rules.gate import NewFact
from sync.rules.registry import Registry
from sync.storage.numbers import note_day
from sync.storage.people import RegistrationRow, patient_values
from sync.storage.shards import RunRow, ShardRow
from sync.storage.store import Store


@dataclass
class Effects:
    """What a fold changed, for logs and notices."""

    registry: bool = False
    ranges: list[RangeFact] = field(default_factory=list)
    patients: int = 0
    holders: list[tuple[Mrn, int | None, int | None]] = field(default_factory=list)
    coordinator_ms: int = 0
    serial: int = 0
    not_understood: dict[int, set[int]] = field(default_factory=dict)
    feed: Feed = field(default_factory=Feed)


class Fold:
    """Applies facts to the tables; one per transaction."""

    def __init__(self, store: Store, known: Registry) -> None:
        self._store = store
        self._people = store.people
        self._decisions = store.decisions
        self._numbers = store.numbers
        self.registry = known
        self.effects = Effects()
        self._touched: set[int] = set()
        self._decided: set[int] = set()
        self._records: set[RecordId] = set()
        self._mrns: set[Mrn] = set()
        self._days: dict[str, int] = {}
        self._issued: list[tuple[int, Author]] = []
        self._links: dict[int, list[Link]] = {}

    def apply(self, placed: Sequence[Placed]) -> None:
        """Fold facts that were just stored."""
        sorted_ = Sorted()
        for place in placed:
            sorted_.take(place)
        self.effects.coordinator_ms = max(self.effects.coordinator_ms, sorted_.coordinator_ms)
        self.effects.serial = max(self.effects.serial, sorted_.serial)
        for run, clocks in sorted_.not_understood.items():
            self.effects.not_understood.setdefault(run, set()).update(clocks)
        if sorted_.registry:
            self._apply_registry(sorted_.registry)
        self._apply_grants(sorted_.grants)
        self._decisions.add_verdicts(sorted_.verdicts)
        self._apply_resolutions(sorted_.resolutions)
        judged = self._judged_by_arrival(placed)
        self._apply_verdicts(placed, sorted_.verdicts)
        self._apply_amendments(sorted_.amendments, judged)
        self._insert(sorted_.registrations, judged)
        self._restand()
        self._settle()
        self._refresh_fields(sorted_.registrations)
        self._raise_marks()

    # registry

    def _apply_registry(self, entries: list[tuple[NewFact, TerminalFact | RangeFact]]) -> None:
        for fact, _ in entries:
            self._decisions.add_registry_fact(
                fact.id, fact.envelope.kind, fact.envelope.hlc, fact.envelope.body
            )
        self.registry = registry.fold(self._decisions.registry_entries())
        self.effects.registry = True
        marks: dict[NumberRange, int] = {}
        for _, body in entries:
            if isinstance(body, RangeFact):
                self.effects.ranges.append(body)
                range_ = NumberRange(body.start, body.end)
                highest = self._numbers.highest_issued(range_, body.terminal)
                marks[range_] = max(highest, marks.get(range_, 0))
        self._numbers.raise_range_marks(marks)
        self._mrns.update(self._people.contested_mrns())

    # grants and resolutions

    def _apply_grants(self, grants: list[tuple[RecordId, FactId, Grant]]) -> None:
        self._decisions.add_grants(grants)
        for _, _, grant in grants:
            note_day(grant.mrn, self._days)
        for row in self._people.registrations_of([record for record, _, _ in grants]):
            self._touched.add(row.id)
            if row.mrn is not None:
                self._mrns.add(row.mrn)

    def _apply_resolutions(self, resolutions: list[tuple[NewFact, Resolution]]) -> None:
        for fact, resolution in resolutions:
            self._decisions.add_resolution(fact.id, fact.envelope, resolution)
            for mrn in (resolution.mrn, resolution.holder_mrn):
                if mrn is not None:
                    note_day(mrn, self._days)
        for fact, resolution in resolutions:
            related = {(fact.envelope.record_id, resolution.registration)}
            for decision in self._decisions.about(resolution.registration):
                body = decision.fact
                if body.holder is not None and body.holder_record is not None:
                    related.add((body.holder_record, body.holder))
            for record, ident in related:
                for row in self._people.registrations_by_fact(record, ident):
                    self._touched.add(row.id)
                    self._decided.add(row.id)

    # verdicts

    def _judged_by_arrival(self, placed: Sequence[Placed]) -> dict[tuple[int, int], Judged]:
        """What stored verdicts say of facts that arrive now: (run, clock) -> judged.

        A verdict applies once the run has its link at its last clock, so it may also be the
        arrival of later facts that makes it apply to earlier ones.
        """
        judged: dict[tuple[int, int], Judged] = {}
        for place in placed:
            if place.shard.author == facts.REGISTRY:
                continue
            first = place.facts[0].clock
            links = {fact.clock + 1: fact.link for fact in place.facts}
            for at_ms, verdict in self._decisions.verdicts_of(
                place.shard.author, place.shard.number, place.run.client, first
            ):
                if links.get(verdict.last) != verdict.link:
                    continue
                for clock_ in range(max(verdict.first, first), verdict.last):
                    reason = verdict.rejects.get(clock_ - verdict.first)
                    key = (place.run.id, clock_)
                    before = judged.get(key, Judged())
                    judged[key] = before.and_also(reason is None, reason, at_ms)
                if verdict.first < first:
                    self._judge_stored(place.run, verdict.first, first, verdict, at_ms)
        return judged

    def _apply_verdicts(
        self, placed: Sequence[Placed], verdicts: list[tuple[int, Verdict]]
    ) -> None:
        """Apply new verdicts to facts that were stored before this transaction."""
        seen = {place.run.id: place.facts[0].clock for place in placed}
        for at_ms, verdict in verdicts:
            shard = self._store.shards.find(verdict.author, verdict.shard)
            if shard is None:
                continue
            for run in self._store.shards.runs_of(shard.id, verdict.client):
                if not run.base < verdict.last <= run.length:
                    continue
                if verdict.last > seen.get(run.id, run.length):
                    continue  # `_judged_by_arrival` has applied it
                if self._link_at(shard, run, verdict.last) == verdict.link:
                    self._judge_stored(run, verdict.first, verdict.last, verdict, at_ms)

    def _link_at(self, shard: ShardRow, run: RunRow, clock_: int) -> Link:
        """A link of a run; all links of a run are computed at most once in a transaction."""
        if clock_ == run.length:
            return run.link
        links = self._links.get(run.id)
        if links is None or len(links) <= clock_ - run.base:
            link = self._store.shards.link_at(shard.author, shard.number, run, run.base)
            links = [link]
            for data in self._store.shards.facts_of(run.id, run.base):
                link = runs.next_link(link, facts.fact_id(shard.author, data))
                links.append(link)
            self._links[run.id] = links
        return links[clock_ - run.base]

    def _judge_stored(
        self, run: RunRow, first: int, last: int, verdict: Verdict, at_ms: int
    ) -> None:
        """Apply a verdict to the stored facts ``first``..``last`` of a run and its parents."""
        while first < run.base and run.parent is not None:
            if run.base < last:
                self._judge_segment(run, run.base, last, verdict, at_ms)
                last = run.base
            run = self._store.shards.run(run.parent)
        self._judge_segment(run, first, last, verdict, at_ms)

    def _judge_segment(
        self, run: RunRow, first: int, last: int, verdict: Verdict, at_ms: int
    ) -> None:
        """Apply a verdict to facts that lie in this segment itself."""
        self._records.update(self._decisions.judge_amendments(run.id, first, last, verdict, at_ms))
        for row in self._people.unlike_others(run.id, first, last, bool(verdict.rejects)):
            reason = verdict.rejects.get(row.clock - verdict.first)
            is_plain = row.judged == Judged() and not row.resolved and row.well_formed
            if reason is not None or not is_plain:
                judged = row.judged.and_also(reason is None, reason, at_ms)
                self._people.set_judged(row.id, judged)
                self._touched.add(row.id)
        shared, admitted = self._people.admit_segment(run.id, first, last, at_ms)
        self._mrns.update(shared)
        self.effects.feed.admitted(admitted)

    # amendments

    def _apply_amendments(
        self,
        amendments: list[tuple[Placed, NewFact, Amendment]],
        judged: dict[tuple[int, int], Judged],
    ) -> None:
        for place, fact, amendment in amendments:
            envelope = fact.envelope
            self._decisions.add_amendment(
                place.run.id,
                fact.clock,
                AppliedCorrection(fact.id, place.shard.author, envelope.hlc, amendment),
                envelope.record_id,
                envelope.body,
                judged.get((place.run.id, fact.clock), Judged()),
            )
            self._records.add(envelope.record_id)

    def _refresh_fields(self, new: list[New]) -> None:
        """Fold the corrections of every record that has new ones, or is itself new."""
        arrived = [item.fact.envelope.record_id for item in new]
        records = self._records | self._decisions.amended_records(arrived)
        for row in self._people.registrations_of(sorted(records)):
            corrections = self._decisions.corrections_of(row.record, row.fact)
            body = bodies.read(facts.decode(self._store.shards.fact_at(row.run, row.clock)))
            if not isinstance(body, Registration):
                continue
            fields = current_fields(row.fact, body.demographics, corrections)
            changed = last_change(corrections) or body.registered_at
            if self._people.set_fields(
                row.id, {name: value.text for name, value in fields.items()}, changed
            ):
                self.effects.feed.amended(row.id, row.mrn or row.claimed)
            if corrections:
                self._index_again(row, len(corrections))
        self._records.clear()

    def _index_again(self, row: RegistrationRow, corrections: int) -> None:
        """A person's name or number has changed: the new words get a revision of their own."""
        decided = len(self._decisions.about(row.fact))
        granted = len(self._decisions.grants_of([row.record]).get(row.record, ()))
        self._people.index_again(row.id, corrections + decided + granted)

    # registrations

    def _insert(self, new: list[New], judged: dict[tuple[int, int], Judged]) -> None:
        if not new:
            return
        numberless = [item.fact.envelope.record_id for item in new if _mrn_of(item.body) is None]
        grants = self._decisions.grants_of(numberless)
        resolutions = self._decisions.any_resolutions()
        rows: list[tuple[Any, ...]] = []
        claims: dict[Mrn, list[tuple[int, Standing]]] = {}
        twins: list[tuple[Mrn, Mrn]] = []
        for item in new:
            mine = judged.get((item.place.run.id, item.fact.clock), _UNJUDGED)
            standing = self._stand_new(item, mine, grants, resolutions)
            rows.append(self._row(item, mine, standing))
            self.effects.feed.registered(item.patient, standing.status, standing.mrn)
            if standing.mrn is not None:
                claims.setdefault(standing.mrn, []).append((item.patient, standing))
            claimed = _mrn_of(item.body)
            like = numbers.look_alike(claimed) if claimed is not None else None
            if claimed is not None and like is not None:
                twins.append((like, claimed))
            self._note(item)
            if (
                standing.status is admission.MrnStatus.REJECTED
                or standing.decision is not None
                or isinstance(item.body, Malformed)
            ):
                self._touched.add(item.patient)
        taken = {row.mrn for row in self._people.claimants(list(claims))}
        self._people.insert_patients(rows)
        self._numbers.add_look_alikes(twins)
        self.effects.patients += len(rows)
        alone = []
        for mrn, claimants in claims.items():
            patient, standing = claimants[0]
            if len(claimants) > 1 or mrn in taken or not standing.candidate:
                self._mrns.add(mrn)
            else:
                alone.append((mrn, patient))
        self._people.add_holders(alone)

    def _stand_new(
        self,
        item: New,
        judged: Judged,
        grants: dict[RecordId, list[Grant]],
        resolutions: bool,
    ) -> Standing:
        body = item.body
        record = item.fact.envelope.record_id
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
            decisions=self._decisions.about(item.fact.id) if resolutions else (),
        )

    def _row(self, item: New, judged: Judged, standing: Standing) -> tuple[Any, ...]:
        body = item.body
        well_formed = isinstance(body, Registration)
        return patient_values(
            id_=item.patient,
            run=item.place.run.id,
            clock=item.fact.clock,
            envelope=item.fact.envelope,
            fact=item.fact.id,
            author=item.place.shard.author,
            registration=body if isinstance(body, Registration) else None,
            claimed=standing.claimed if well_formed else (body.mrn or "")[:64] or None,
            terminal=Author(body.terminal[:64]) if body.terminal else None,
            standing=standing,
            judged=judged,
        )

    def _note(self, item: New) -> None:
        """Remember the number of a registration for the mark of its range.

        The mark follows what those wrote who may issue from it, as that of a day follows grants: a
        stray claim must use up neither. That no number seen anywhere is issued again is seen to by
        whoever issues.
        """
        body, author = item.body, item.place.shard.author
        if not isinstance(body, Registration) or body.mrn is None:
            return
        number = numbers.plain_number(body.mrn)
        if number is None or body.terminal is None:
            return
        if author in (body.terminal, facts.COORDINATOR):
            self._issued.append((number, body.terminal))

    # standing and holders

    def _restand(self) -> None:
        """Work out again what touched registrations claim."""
        for patient in sorted(self._touched):
            row = self._people.registration(patient)
            mrn = None
            if row.well_formed:
                body = bodies.read(facts.decode(self._store.shards.fact_at(row.run, row.clock)))
                mrn = _mrn_of(body) if isinstance(body, Registration) else None
            standing = self._standing(row, mrn)
            self._people.set_standing(patient, standing)
            self.effects.feed.judged(patient, row.status, standing.status, standing.mrn)
            self.effects.feed.renumbered(patient, row.mrn, standing.mrn)
            if row.mrn != standing.mrn:
                self._index_again(row, len(self._decisions.corrections_of(row.record, row.fact)))
            if patient in self._decided:
                self.effects.feed.resolved(patient, standing.mrn)
            for changed in (row.mrn, standing.mrn):
                if changed is not None:
                    self._mrns.add(changed)
            if standing.mrn is None:
                self._report(row, standing, None)
        self._touched.clear()
        self._decided.clear()

    def _standing(self, row: RegistrationRow, mrn: Mrn | None) -> Standing:
        grants = self._decisions.grants_of([row.record]).get(row.record, [])
        return admission.stand(
            row.fact,
            mrn,
            malformed=not row.well_formed,
            judged=row.judged,
            grants=[grant for grant in grants if grant.terminal == row.terminal],
            decisions=self._decisions.about(row.fact),
        )

    def _settle(self) -> None:
        """Decide the holder of every MRN whose claims changed, and report the others."""
        mrns = sorted(self._mrns)
        self._mrns.clear()
        if not mrns:
            return
        before = self._people.holders(mrns)
        rivals: dict[Mrn, list[RegistrationRow]] = {mrn: [] for mrn in mrns}
        for row in self._people.claimants(mrns):
            if row.mrn is not None:
                rivals[row.mrn].append(row)
        changes: list[tuple[Mrn, int | None]] = []
        reports: list[tuple[RegistrationRow, RegistrationRow | None]] = []
        clear: list[int] = []
        decisions = self._decisions.any_resolutions()
        for mrn, rows in rivals.items():
            holder = holder_of(rows, self.registry, self._decisions)
            if before.get(mrn) != (holder.id if holder else None):
                changes.append((mrn, holder.id if holder else None))
            alone = len(rows) == 1 and rows[0] is holder and not holder.resolved
            if alone and not (decisions and self._decisions.about(rows[0].fact)):
                clear.append(rows[0].id)
            else:
                reports += [(row, holder) for row in rows]
        self._people.set_holders(changes)
        self._people.clear_conflicts(clear)
        self.effects.holders += [
            (mrn, before[mrn], patient) for mrn, patient in changes if mrn in before
        ]
        for row, holder in reports:
            claimed = Mrn(row.claimed) if row.claimed and row.well_formed else None
            self._report(row, self._standing(row, claimed), holder)

    def _report(
        self, row: RegistrationRow, standing: Standing, holder: RegistrationRow | None
    ) -> None:
        found = admission.conflict(
            row.fact,
            standing,
            malformed=not row.well_formed,
            judged=row.judged,
            holder=holder.fact if holder else None,
            holder_admitted=bool(holder and holder.judged.admitted),
        )
        other = holder.id if holder and holder.id != row.id else None
        self._people.set_conflict(row.id, found, other)

    # marks

    def _raise_marks(self) -> None:
        self._numbers.raise_day_marks(self._days)
        self._days.clear()
        marks: dict[NumberRange, int] = {}
        for number, terminal in self._issued:
            for block in self.registry.blocks_at(number):
                if block.terminal == terminal and number > marks.get(block.range, 0):
                    marks[block.range] = number
        self._issued.clear()
        self._numbers.raise_range_marks(marks)


_UNJUDGED = Judged()


def _mrn_of(body: Registration | Malformed) -> Mrn | None:
    return body.mrn if isinstance(body, Registration) else None
