"""Which stored registration holds a number: the rows that `sync.rules.admission` chooses from."""

from __future__ import annotations

from collections.abc import Sequence

from sync.model import numbers
from sync.rules import admission
from sync.rules.admission import Claim
from sync.rules.registry import Registry
from sync.storage.decisions import DecisionTables
from sync.storage.people import RegistrationRow


def holder_of(
    rows: Sequence[RegistrationRow], registry: Registry, decisions: DecisionTables
) -> RegistrationRow | None:
    """Which of all registrations that claim one number holds it."""
    if len(rows) == 1:
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
