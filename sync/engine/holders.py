"""Who holds a number: claims worked out again, holders decided, and the others reported.

The rules are `sync.rules.admission`'s. Here their input is read from the tables, and their answers
are written there. Three invariants hold after `Holders.settle`:

- ``patients.mrn`` is what `admission.stand` says that each registration claims.
- ``held`` has for each claimed number the registration that `admission.choose` prefers, or no row.
- ``conflicts`` has a row for each registration on which `admission.conflict` reports.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.engine.effects import Due, Effects
from sync.model import bodies, facts, numbers
from sync.model.facts import Registration
from sync.model.numbers import Mrn
from sync.rules import admission
from sync.rules.admission import Claim, Standing
from sync.rules.registry import Registry
from sync.storage.decisions import DecisionTables
from sync.storage.people import RegistrationRow
from sync.storage.store import Store


class Holders:
    """Decides holders for one fold.

    Args:
        due: says what must be worked out, and gets what follows from that.
        effects: gets the numbers that change hands, and the changes for the feed.
    """

    def __init__(self, store: Store, due: Due, effects: Effects) -> None:
        self._shards = store.shards
        self._people = store.people
        self._decisions = store.decisions
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
            if patient in due.resolved:
                feed.resolved(patient, standing.mrn)
            for changed in (row.mrn, standing.mrn):
                if changed is not None:
                    due.mrns.add(changed)
            if standing.mrn is None:
                # `settle` looks at numbers, and would never come to a registration without one.
                self._report(row, standing, None)
        due.standings.clear()
        due.resolved.clear()

    def settle(self, registry: Registry) -> None:
        """Decide the holder of every number in ``due.mrns``, and report the other claimants."""
        mrns = sorted(self._due.mrns)
        self._due.mrns.clear()
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
            holder = holder_of(rows, registry, self._decisions)
            if before.get(mrn) != (holder.id if holder else None):
                changes.append((mrn, holder.id if holder else None))
            # Nearly everybody holds their number without a rival and without a resolution. There
            # is nothing to report on them, so a report is worked out for the others only.
            alone = len(rows) == 1 and rows[0] is holder and not holder.resolved
            if alone and not (decisions and self._decisions.about(rows[0].fact)):
                clear.append(rows[0].id)
            else:
                reports += [(row, holder) for row in rows]
        self._people.set_holders(changes)
        self._people.clear_conflicts(clear)
        # A number that nobody held yet has not changed hands.
        self._effects.holders += [
            (mrn, before[mrn], patient) for mrn, patient in changes if mrn in before
        ]
        for row, holder in reports:
            claimed = Mrn(row.claimed) if row.claimed and row.well_formed else None
            self._report(row, self._standing(row, claimed), holder)

    def _registered_with(self, row: RegistrationRow) -> Mrn | None:
        """The number in the registration itself.

        The row does not say it: for a registration without a number ``claimed`` is that of a grant.
        """
        body = bodies.read(facts.decode(self._shards.fact_at(row.run, row.clock)))
        return body.mrn if isinstance(body, Registration) else None

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


def holder_of(
    rows: Sequence[RegistrationRow], registry: Registry, decisions: DecisionTables
) -> RegistrationRow | None:
    """Which of all registrations that claim one number holds it."""
    if len(rows) == 1:
        # Whether its number is covered only matters among rivals.
        return rows[0] if _is_candidate(rows[0]) else None
    claims = [
        (
            Claim(
                row.fact,
                _is_candidate(row),
                row.resolved,
                row.judged.admitted,
                _cover(row, registry, decisions),
            ),
            row,
        )
        for row in rows
    ]
    winner = admission.choose(claim for claim, _ in claims)
    return next((row for claim, row in claims if claim is winner), None)


def _cover(row: RegistrationRow, registry: Registry, decisions: DecisionTables) -> int | None:
    """Serial of the grant or range that covers a registration's number, None if nothing does."""
    if row.mrn is None:
        return None
    number = numbers.plain_number(row.mrn)
    ranged = registry.cover(number, row.terminal, row.author) if number is not None else None
    granted = [
        grant.serial
        for grant in decisions.grants_of([row.record]).get(row.record, ())
        if grant.mrn == row.mrn and grant.terminal == row.terminal
    ]
    return min([*granted, *([] if ranged is None else [ranged])], default=None)


def _is_candidate(row: RegistrationRow) -> bool:
    refused = row.judged.rejected is not None and not row.judged.admitted
    return bool(row.resolved) or (row.well_formed and not refused)
