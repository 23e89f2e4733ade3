"""Correcting a person's fields inside one transaction: history stays, the number never changes.

A correction belongs to the record that it is made on. Where that record shows the value of another
one that was merged into it, the correction replaces what the merge takes, and names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sync.engine.corrections import taken
from sync.engine.transaction import Transaction
from sync.errors import MergedIntoAnother, NotCorrectable, NotFound
from sync.model import bodies, demographics, facts
from sync.model.clerks.known import KnownBy
from sync.model.demographics import PossibleTimes
from sync.model.facts import Amendment, Author, Registration
from sync.model.person import more
from sync.model.person.more import More
from sync.reading.answers import record_text
from sync.rules.corrections import FieldValue
from sync.rules.number_texts import NumberTexts
from sync.storage.people import RegistrationRow


class CorrectionRequest(NamedTuple):
    """What is to be corrected, as a client sent it, and by whom."""

    given: Mapping[str, object]
    operator: str | None
    amended_at: str
    today: date
    required: Collection[str] = demographics.REQUIRED
    possible: PossibleTimes | None = None
    known: More = ()
    operator_known: KnownBy | None = None


def amend(tx: Transaction, author: Author, ident: int, correction: CorrectionRequest) -> bool:
    """Correct the person with a local id; returns whether anything had to be changed.

    The amendment names, for each field, the facts whose values it replaces.

    Raises:
        NotFound: there is no such person.
        MergedIntoAnother: another record stands for this person.
        NotCorrectable: the registration itself cannot be read.
        InvalidPatient: says which fields are wrong.
    """
    rows = tx.store.people.registrations("id = ?", (ident,))
    if not rows:
        raise NotFound(what="patient", key=ident)
    (row,) = rows
    require_survivor(tx, row)
    body = bodies.read(tx.store.shards.envelope_at(row.run, row.clock))
    if not isinstance(body, Registration) or not body.understood:
        raise NotCorrectable(key=ident)
    values = {name: FieldValue(text, (row.fact,)) for name, text in body.demographics.items()}
    # Others are not changed, and any number of names may be invented.
    for name in (*demographics.FIELDS, *more.named(correction.given)):
        corrected = tx.store.amendments.value((row.record, row.fact), name)
        if corrected is not None:
            values[name] = corrected
    for settled, name in taken(tx.store.merges, tx.store.amendments, (row.record, row.fact)):
        shown = tx.store.people.fields(settled.patient)
        if shown is not None:
            rivals = values[name].rivals if name in values else ()
            # All merges that take it, because the latest one may be taken back. What a correction
            # replaces is bounded, and of more facts the last ones count.
            merges = tx.store.merges.taking_field(row.fact, name)
            values[name] = FieldValue(shown.get(name) or "", (*rivals, *merges))
    current = {name: value.text for name, value in values.items() if value.text}
    changed = demographics.corrections(
        correction.given,
        current,
        correction.today,
        correction.required,
        correction.possible,
        correction.known,
    )
    if not changed:
        return False
    replaces = {name: list(values[name].rivals) if name in values else [] for name in changed}
    amendment = Amendment(
        row.fact,
        changed,
        replaces,
        correction.amended_at,
        correction.operator,
        correction.operator_known,
    )
    tx.append(author, facts.AMENDMENT, row.record, bodies.write(amendment))
    tx.flush()
    return True


def require_survivor(tx: Transaction, row: RegistrationRow) -> None:
    """Raise unless a registration stands for its person itself.

    Raises:
        MergedIntoAnother: it names the one that does.
    """
    settled = tx.store.merges.of(row.id)
    if settled is None or settled.survivor is None:
        return
    rows = tx.store.people.registrations_by_fact(*settled.survivor)
    number = (rows[0].mrn or rows[0].claimed) if rows else None
    shown = NumberTexts(tx.registry, tx.store.printed).text(number) or "unknown"
    raise MergedIntoAnother(mrn=shown, merged_into=record_text(settled.survivor[0]))
