"""Merges brought into the tables: who stands for whom, and whose fields that changes.

The rules are `sync.rules.merging`'s. When another merge is in force about a registration, only the
registrations from which merges lead to it get another survivor, and only those to which it led or
leads now show other values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.engine.effects import Due
from sync.model.facts import Action, Author, RecordRequest, RequestRefusal
from sync.rules import merging
from sync.rules.admission import Decision
from sync.rules.feed import Feed
from sync.rules.gate import NewFact
from sync.rules.times import Times
from sync.storage.people import RegistrationRow
from sync.storage.records.merges import Key, SettledRecord
from sync.storage.store import Store


class Merges:
    """Applies merges and void registrations for one fold.

    Args:
        due: says about which registrations there may be another decision, and gets those whose
            fields or reports may be others now.
        feed: gets the people who are merged or void now, or no more.
    """

    def __init__(self, store: Store, due: Due, feed: Feed) -> None:
        self._people = store.people
        self._merges = store.merges
        self._requests = store.requests
        self._due = due
        self._feed = feed

    def keep(
        self,
        requests: Iterable[tuple[Author, NewFact, RecordRequest]],
        refusals: Iterable[tuple[NewFact, RequestRefusal]],
        times: Times,
    ) -> None:
        """Keep what desks ask for, and what is refused; which of them are open needs both."""
        for author, fact, body in requests:
            made_at = times.iso(author, fact.envelope.hlc, body.asked_at)
            self._requests.add(fact.id, author, fact.envelope, body.into_record, made_at)
        for fact, refusal in refusals:
            self._requests.refuse(fact.id, refusal.request, fact.envelope)

    def apply(self, arrived: Sequence[Key]) -> None:
        """Bring the decisions in ``due.decided`` into the table.

        Args:
            arrived: registrations that are new; they show what earlier facts take for them.
        """
        for row, decision in self._due.decided:
            self._decide(row, decision)
        self._due.decided.clear()
        self._due.corrected |= self._merges.taking(arrived)

    def _decide(self, row: RegistrationRow, decision: Decision | None) -> None:
        before = self._merges.of(row.id)
        settling = decision is not None and merging.is_settling(row.fact, decision)
        now = decision.id if decision is not None and settling else None
        if (before.decision if before is not None else None) == now:
            return
        merge = merging.merge_of(row.fact, decision)
        if decision is not None and settling:
            self._merges.put(row.id, row.fact, decision, merge)
        else:
            self._merges.remove(row.id)
        was_void = before is not None and before.action is Action.VOID
        is_void = decision is not None and settling and decision.fact.action is Action.VOID
        if was_void != is_void:
            self._feed.voided(row.id, self._number(row.id), is_void)
        for one in (before.merge if before is not None else None, merge):
            if one is not None:
                self._due.corrected.add((one.record, one.into))
        self._lead(row, before)

    def _lead(self, row: RegistrationRow, before: SettledRecord | None) -> None:
        """Work out who stands for a registration, and for those from which merges lead to it.

        Args:
            before: how the registration was settled until now.
        """
        path = merging.path(row.fact, self._merges.merge_from)
        survivor: Key = (row.record, row.fact)
        if path.merges:
            survivor = (path.merges[-1].record, path.merges[-1].into)
        # In a ring merges lead from a registration to itself too.
        for fact in {row.fact: None} | dict.fromkeys(self._merges.above(row.fact)):
            settled = self._merges.of_fact(fact)
            earlier = before if fact == row.fact else settled
            stands = None
            if settled is not None and settled.merge is not None:
                counts = path.left_out is None or path.left_out.former != fact
                stands = None if fact == path.survivor else survivor
                self._merges.lead(fact, counts, stands)
                if settled.counts != counts:
                    self._due.corrected.add((settled.merge.record, settled.merge.into))
                    self._due.claims.add(settled.patient)
            if (earlier.survivor if earlier is not None else None) != stands:
                patient = settled.patient if settled is not None else row.id
                self._feed.merged(patient, self._number(patient), stands is not None)
                if stands is not None:
                    # Whoever counts for a record is found by its words too.
                    self._due.words += self._people.registrations_by_fact(*stands)

    def _number(self, patient: int) -> str | None:
        row = self._people.registration(patient)
        return row.mrn or row.claimed
