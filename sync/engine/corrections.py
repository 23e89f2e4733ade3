"""Corrections and merges brought to the fields of people, one at a time.

What a correction changes is worked out from it alone, with the help of what is kept of the others
(`sync.storage.amendments`). So the thousandth correction of a record costs what the first one did.
Where another record takes a field from this one by a merge, it shows the change too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sync.engine.effects import Due
from sync.model import bodies
from sync.model.demographics import FIELDS
from sync.model.facts import FactId, Registration
from sync.model.person import more
from sync.rules import corrections, merging, pairs
from sync.rules.feed import Feed
from sync.storage.amendments import AmendmentTables, Key
from sync.storage.people import RegistrationRow
from sync.storage.records.merges import MergeTables, SettledRecord
from sync.storage.store import Store


class Corrections:
    """Applies corrections for one fold.

    Args:
        due: says which may count now or count no more, and gets the people with other words.
        feed: gets the people whose fields have changed.
    """

    def __init__(self, store: Store, due: Due, feed: Feed) -> None:
        self._store = store
        self._people = store.people
        self._amendments = store.amendments
        self._merges = store.merges
        self._due = due
        self._feed = feed

    def apply(self, arrived: Iterable[Key]) -> None:
        """Let the corrections that are due count, or count no more.

        Args:
            arrived: registrations that are new; there may be corrections of them already.
        """
        for record, fact in sorted(self._due.corrections):
            kept = self._amendments.kept((record, fact))
            if kept is None:
                continue
            correction = corrections.dated(kept.correction, kept.judged)
            if corrections.applies(kept.judged) != kept.applied:
                change = self._amendments.withdraw if kept.applied else self._amendments.apply
                change(record, correction, corrections.said(correction.fact, kept.made_at))
            elif kept.applied and correction.hlc < kept.correction.hlc:
                # The verdict is earlier than a clock that was ahead.
                self._amendments.date(record, correction, kept.made_at)
            else:
                continue
            self._due.corrected.add((record, kept.correction.fact.registration))
        self._due.corrections.clear()
        self._due.corrected |= self._amendments.amended(list(arrived))
        # Merges that count form no rings, so this ends with those who stand for themselves.
        while self._due.corrected:
            registrations = sorted(self._due.corrected)
            self._due.corrected.clear()
            self._due.shown.update(fact for _, fact in registrations)
            for registration in registrations:
                for row in self._people.registrations_by_fact(*registration):
                    if self._refresh(row):
                        self._pass_on(row)

    def _pass_on(self, row: RegistrationRow) -> None:
        """The fields of a registration have changed: who takes some from it has others too.

        Whoever counts for it is found by its words.
        """
        settled = self._merges.of(row.id)
        merge = settled.merge if settled is not None and settled.counts else None
        if merge is not None and merge.taken:
            self._due.corrected.add((merge.record, merge.into))
        if settled is not None and settled.survivor is not None:
            self._due.words += self._people.registrations_by_fact(*settled.survivor)

    def _refresh(self, row: RegistrationRow) -> bool:
        """Write the fields of a registration as they are now; return whether any has changed."""
        if not row.well_formed:
            return False  # a malformed one has no fields that could be corrected
        envelope = self._store.readable_at(row.run, row.clock)
        if envelope is None:
            return False  # the row is what is left of it
        body = bodies.read(envelope)
        if not isinstance(body, Registration):
            self._store.unreadable = True  # the row was made from one
            return False
        key = (row.record, row.fact)
        from_others = taken(self._merges, self._amendments, key)
        fields = self._own_fields(key, body.demographics, [name for _, name in from_others])
        self._take_from_others(row, fields, from_others)
        changed = self._people.set_fields(row.id, fields, self._amendments.changed_at(key))
        if changed:
            self._feed.amended(row.id, row.mrn or row.claimed)
        if changed or self._amendments.applied(key):
            self._due.words.append(row)
        return changed

    def _own_fields(
        self, key: Key, registered: Mapping[str, str], from_others: Sequence[str]
    ) -> dict[str, str]:
        """The fields of a registration with its corrections, as far as they can be shown.

        Args:
            registered: what the registration itself says.
            from_others: the fields that it shows as others say them.
        """
        # Of identifiers and own fields `more.FOLDED_MAX` are shown, the first ones by name. Each of
        # those that come from others may take the place of one, or be empty and leave it its place.
        most = more.FOLDED_MAX + len(from_others)
        corrected = self._amendments.added_of(key, list(registered))
        fields = {name: text for name, text in registered.items() if name not in corrected}
        fields |= self._amendments.added(key, most)
        for name in (*FIELDS, *from_others):
            text = self._amendments.in_force(key, name)
            if text is not None:
                fields[name] = text
        return fields

    def _take_from_others(
        self,
        row: RegistrationRow,
        fields: dict[str, str],
        from_others: Iterable[tuple[SettledRecord, str]],
    ) -> None:
        """Let a registration show the values that merges take from others, and keep its own."""
        hidden: dict[str, str] = {}
        for settled, name in from_others:
            values = self._people.fields(settled.patient)
            if values is not None:
                hidden[name] = fields.get(name, "")
                fields[name] = values.get(name) or ""
        self._merges.hide(row.id, hidden)


def taken(
    merges: MergeTables, amendments: AmendmentTables, key: Key
) -> list[tuple[SettledRecord, str]]:
    """The fields that a registration shows as another one says them, with that other one."""
    others = {one.decision: one for one in merges.into(key[1]) if one.counts}
    into = [one.merge for one in others.values() if one.merge is not None]
    found = []
    for name in merging.in_order(name for merge in into for name in merge.taken):
        merge = merging.source(name, into, partial(amendments.replaces, key, name))
        if merge is not None:
            found.append((others[merge.id], name))
    return found


def sources(store: Store, key: Key) -> dict[str, FactId]:
    """Field -> the fact whose value a registration shows, where that is not the registration.

    Own fields of a clinic are left out, and so are identifiers that `sync.rules.pairs.named` would
    not name: any number of names may be invented.
    """
    fields = (*FIELDS, *store.amendments.identifiers(key, pairs.NAMED_MAX))
    named = ((name, store.amendments.source(key, name)) for name in fields)
    found = {name: fact for name, fact in named if fact is not None}
    for settled, name in taken(store.merges, store.amendments, key):
        found[name] = _source(store, settled, name)
    return found


def _source(store: Store, settled: SettledRecord, field: str) -> FactId:
    """The fact whose value a registration that is merged shows in a field."""
    row = store.people.registration(settled.patient)
    key = (row.record, row.fact)
    for other, name in taken(store.merges, store.amendments, key):
        if name == field:
            return _source(store, other, field)  # merges that count form no rings, so this ends
    return store.amendments.source(key, field) or settled.fact
