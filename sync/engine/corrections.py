"""Corrections brought to the fields of people, one at a time.

What a correction changes is worked out from it alone, with the help of what is kept of the others
(`sync.storage.amendments`). So the thousandth correction of a record costs what the first one did.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.engine.effects import Due
from sync.model import bodies, facts
from sync.model.demographics import FIELDS
from sync.model.facts import Registration
from sync.rules import corrections
from sync.rules.corrections import CHANGED_AT
from sync.rules.feed import Feed
from sync.rules.times import Times
from sync.storage.amendments import Key
from sync.storage.people import RegistrationRow
from sync.storage.store import Store


class Corrections:
    """Applies corrections for one fold.

    Args:
        due: says which may count now or count no more, and gets the people with other words.
        feed: gets the people whose fields have changed.
    """

    def __init__(self, store: Store, due: Due, feed: Feed) -> None:
        self._shards = store.shards
        self._people = store.people
        self._amendments = store.amendments
        self._due = due
        self._feed = feed

    def apply(self, arrived: Iterable[Key], times: Times) -> None:
        """Let the corrections that are due count, or count no more.

        Args:
            arrived: registrations that are new; there may be corrections of them already.
            times: says when people were registered, as far as that is believed.
        """
        for record, fact in sorted(self._due.corrections):
            kept = self._amendments.kept((record, fact))
            if kept is None:
                continue
            correction = corrections.dated(kept.correction, kept.judged)
            if corrections.applies(kept.judged) != kept.applied:
                change = self._amendments.withdraw if kept.applied else self._amendments.apply
                change(record, correction, corrections.said(correction.fact))
            elif kept.applied and correction.hlc < kept.correction.hlc:
                # The verdict is earlier than a clock that was ahead.
                self._amendments.date(record, correction)
            else:
                continue
            self._due.corrected.add((record, kept.correction.fact.registration))
        self._due.corrections.clear()
        self._due.corrected |= self._amendments.amended(list(arrived))
        for registration in sorted(self._due.corrected):
            for row in self._people.registrations_by_fact(*registration):
                self._refresh(row, times)
        self._due.corrected.clear()

    def _refresh(self, row: RegistrationRow, times: Times) -> None:
        """Write the fields of a registration as they are now."""
        if not row.well_formed:
            return  # a malformed one has no fields that could be corrected
        envelope = facts.decode(self._shards.fact_at(row.run, row.clock))
        body = bodies.read(envelope)
        assert isinstance(body, Registration)
        key = (row.record, row.fact)
        fields = dict(body.demographics)
        for name in FIELDS:
            text = self._amendments.in_force(key, name)
            if text is not None:
                fields[name] = text
        registered_at = body.registered_at if times.believes(row.author, envelope.hlc) else None
        changed = self._amendments.in_force(key, CHANGED_AT) or registered_at
        if self._people.set_fields(row.id, fields, changed):
            self._feed.amended(row.id, row.mrn or row.claimed)
        if self._amendments.applied(key):
            self._due.words.append(row)
