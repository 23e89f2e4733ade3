"""A row that comes again says more than it did: what was left empty is filled in.

A first import may have lost a column, because its dates had another form. The same file comes again
with the right one. It is matched by being an import, and by number and name. What the register says
by now stays, for somebody may have corrected it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from coordinator.errors import RowDiffers
from coordinator.importing.rows import ImportedPerson
from sync.engine.amending import CorrectionRequest, amend
from sync.engine.transaction import Transaction
from sync.model import bodies
from sync.model.demographics import PossibleTimes
from sync.model.facts import COORDINATOR, RecordId, Registration
from sync.model.numbers import Mrn
from sync.model.person import more
from sync.model.person.more import More
from sync.reading.answers import record_text

_COMPUTED: Final = ("dob", "dob_estimated")


def fill(
    tx: Transaction,
    record: RecordId,
    mrn: Mrn,
    person: ImportedPerson,
    now: datetime,
    *,
    operator: str,
    possible: PossibleTimes,
    dry_run: bool,
    known: More = (),
) -> bool:
    """Fill in what a record that was imported lacks; return whether there was anything.

    Args:
        person: what the row says now.
        operator: who imports.
        possible: what time it may be by whatever clock is known.
        known: the identifiers and own fields in the settings.

    Raises:
        RowDiffers: the row says something else than the one that was imported; nothing was done.
    """
    rows = tx.store.people.registrations("record = ? AND claimed = ?", (record, mrn))
    body = bodies.read(tx.store.shards.envelope_at(rows[0].run, rows[0].clock))
    imported = body.demographics if isinstance(body, Registration) else {}
    same = set(imported)
    if "dob_estimated" in imported and "dob_estimated" in person.demographics:
        same -= set(_COMPUTED)  # an age that counts from the day of the import
    if any(imported[name] != person.demographics.get(name) for name in same):
        raise RowDiffers(mrn=mrn, record=record_text(record))
    key = (record, rows[0].fact)
    missing = {
        name: text
        for name, text in person.demographics.items()
        if name not in imported and tx.store.amendments.value(key, name) is None
    }
    if not missing or dry_run:
        return bool(missing)
    usual = {name: text for name, text in missing.items() if not more.is_more(name)}
    given = usual | more.shown_fields(missing)
    at = now.isoformat(timespec="seconds")
    request = CorrectionRequest(given, operator, at, now.date(), (), possible, known)
    return amend(tx, COORDINATOR, rows[0].id, request)
