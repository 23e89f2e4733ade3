"""Who holds a number: claims worked out again, holders decided, and the others reported.

The rules are `sync.rules.admission`'s. Here their input is read from the tables, and their answers
are written there. Three invariants hold after `Holders.settle`:

- ``patients.mrn`` is what `admission.stand` says that each registration claims.
- ``held`` has for each claimed number the registration whose claim has the lowest
  `admission.Rank`, or no row.
- ``rivals`` has the rank of every claim on each number that several registrations claim.
- ``conflicts`` has a row for each registration on which `admission.conflict` reports.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.engine.effects import Due, Effects
from sync.engine.records.claims import placed
from sync.model import bodies
from sync.model.facts import Registration
from sync.model.numbers import Mrn
from sync.rules import admission, merging
from sync.rules.admission import Claim, MrnStatus, Rank, Standing
from sync.rules.registry import Registry
from sync.storage.people import RegistrationRow
from sync.storage.records.sheets import covering_desk, covering_range
from sync.storage.store import Store


class Holders:
    """Decides holders for one fold.

    Args:
        due: says what must be worked out, and gets what follows from that.
        effects: gets the numbers that change hands, and the changes for the feed.
    """

    def __init__(self, store: Store, due: Due, effects: Effects) -> None:
        self._store = store
        self._people = store.people
        self._decisions = store.decisions
        self._rivals = store.rivals
        self._merges = store.merges
        self._sheets = store.sheets
        self._due = due
        self._effects = effects

    def stand_again(self) -> None:
        """Work out again what each registration in ``due.standings`` claims."""
        due, feed = self._due, self._effects.feed
        for patient in sorted(due.standings):
            row = self._people.registration(patient)
            standing = self._standing(row, self._registered_with(row))
            self._people.set_standing(patient, standing)
            feed.judged(patient, row.status, standing.status, standing.mrn)
            feed.renumbered(patient, row.mrn, standing.mrn)
            if row.mrn != standing.mrn:
                due.words.append(row)
            before = set(placed(row.claimed, row.mrn).values())
            now = set(placed(standing.claimed or row.claimed, standing.mrn).values())
            if before != now:
                due.renumbered.append((before, now))
            if patient in due.resolved and self._is_about_number(row, standing):
                feed.resolved(patient, standing.mrn)
            due.decided.append((row, standing.decision))
            due.claims.add(patient)
            if row.mrn is not None:
                due.mrns.add(row.mrn)
            if standing.mrn is None:
                # `settle` looks at numbers, and would never come to a registration without one.
                due.numberless.append((row, standing))
        due.standings.clear()
        due.resolved.clear()

    def settle(self, registry: Registry) -> None:
        """Decide holders where claims in ``due.claims`` or ``due.mrns`` may change them.

        Only these claims are ranked and reported again, with whoever wins or loses a number by
        them. So what one more claim costs does not depend on how many there are on its number.
        """
        for row, standing in self._due.numberless:
            self._report(row, standing, None)
        self._due.numberless.clear()
        if not self._due.claims and not self._due.mrns:
            return  # as with nearly every registration
        changed = self._people.registrations_of_ids(sorted(self._due.claims))
        mrns = self._due.mrns | {row.mrn for row in changed if row.mrn is not None}
        self._due.claims.clear()
        self._due.mrns.clear()
        if not mrns:
            return
        self._rank(changed, registry)
        reports = {row.id for row in changed if row.mrn is not None}
        before = self._people.holders(sorted(mrns))
        changes: list[tuple[Mrn, int | None]] = []
        holders: dict[Mrn, int | None] = {}
        for mrn in sorted(mrns):
            holder = self._first(mrn)
            holders[mrn] = holder
            if before.get(mrn) != holder:
                changes.append((mrn, holder))
                reports |= {patient for patient in (before.get(mrn), holder) if patient}
            # Whether they are a double verdict depends on who else holds the number by a verdict.
            reports.update(self._rivals.admitted_of(mrn))
        self._people.set_holders(changes)
        # A number that nobody held yet has not changed hands.
        self._effects.holders += [
            (mrn, before[mrn], patient) for mrn, patient in changes if mrn in before
        ]
        rows = {row.id: row for row in self._people.registrations_of_ids(sorted(reports))}
        winners = [patient for patient in holders.values() if patient and patient not in rows]
        rows |= {row.id: row for row in self._people.registrations_of_ids(winners)}
        for patient in sorted(reports):
            row = rows[patient]
            if row.mrn is None:
                continue  # it is among the numberless
            holder = holders[row.mrn] if row.mrn in holders else self._first(row.mrn)
            claimed = Mrn(row.claimed) if row.claimed and row.well_formed else None
            self._report(row, self._standing(row, claimed), rows[holder] if holder else None)

    def _rank(self, changed: Sequence[RegistrationRow], registry: Registry) -> None:
        """Bring ``rivals`` up to date with claims that have changed."""
        former = self._rivals.numbers_of([row.id for row in changed])
        for row in changed:
            mrn = former.get(row.id)
            if mrn is not None and mrn != row.mrn:
                self._rivals.remove(row.id)
                left = self._rivals.some_of(mrn, 2)
                if len(left) == 1:
                    self._rivals.remove(left[0])
        for row in changed:
            if row.mrn is None:
                continue
            rows = [row]
            if not self._rivals.some_of(row.mrn, 1):
                # It has no rival yet, or all its rivals are new.
                rows = self._people.claimants([row.mrn])
                if len(rows) == 1:
                    continue
            for one in rows:
                self._rivals.put(row.mrn, one.id, self._rank_of(one, registry), covering_desk(one))

    def _rank_of(self, row: RegistrationRow, registry: Registry) -> Rank:
        serial = self._cover(row, registry)
        claim = Claim(row.fact, _is_candidate(row), row.resolved, row.judged.admitted, serial)
        return admission.rank(claim)

    def _cover(self, row: RegistrationRow, registry: Registry) -> int | None:
        """Serial of the grant or range that covers a registration's number, None if none does."""
        if row.mrn is None:
            return None
        ranged = covering_range(self._sheets, registry, row)
        granted = [
            grant.serial
            for grant in self._decisions.grants_of([row.record]).get(row.record, ())
            if grant.mrn == row.mrn and grant.terminal == row.terminal
        ]
        return min([*granted, *([] if ranged is None else [ranged])], default=None)

    def _first(self, mrn: Mrn) -> int | None:
        """Who of all that claim a number holds it."""
        if self._rivals.some_of(mrn, 1):
            return self._rivals.first_of(mrn)
        # Whether its number is covered only matters among rivals.
        alone = self._people.claimants([mrn])
        return alone[0].id if alone and _is_candidate(alone[0]) else None

    def _registered_with(self, row: RegistrationRow) -> Mrn | None:
        """The number in the registration itself.

        The row does not say it: for a registration without a number ``claimed`` is that of a grant.
        """
        envelope = self._store.readable_at(row.run, row.clock)
        body = bodies.read(envelope) if envelope is not None else None
        if isinstance(body, Registration):
            return body.mrn
        # Malformed from the beginning, or a fault of the disk has changed it since.
        return Mrn(row.claimed) if row.claimed and row.well_formed else None

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

    def _is_about_number(self, row: RegistrationRow, standing: Standing) -> bool:
        """False for a decision about somebody with whose number nothing ever was the matter."""
        return (
            bool(row.resolved or standing.resolved)
            or not row.well_formed
            or standing.status is MrnStatus.REJECTED
            or self._people.has_conflict(row.id)
        )

    def _report(
        self, row: RegistrationRow, standing: Standing, holder: RegistrationRow | None
    ) -> None:
        left_out = False
        if standing.decision is not None and merging.is_settling(row.fact, standing.decision):
            settled = self._merges.of(row.id)
            left_out = settled is not None and not settled.counts
        found = admission.conflict(
            row.fact,
            standing,
            malformed=not row.well_formed,
            judged=row.judged,
            holder=holder.fact if holder else None,
            holder_admitted=bool(holder and holder.judged.admitted),
            left_out=left_out,
        )
        self._people.set_conflict(row.id, found)


def _is_candidate(row: RegistrationRow) -> bool:
    refused = row.judged.rejected is not None and not row.judged.admitted
    return bool(row.resolved) or (row.well_formed and not refused)
