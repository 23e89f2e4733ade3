"""What one read sees: the database as it was after one commit, and nothing newer."""

from __future__ import annotations

from datetime import date

from sync.reading.changes import ChangesReader
from sync.reading.conflicts import ConflictsReader
from sync.reading.counts import CountsReader
from sync.reading.desk_day import DeskDayReader
from sync.reading.matching import MatchingReader
from sync.reading.people import PeopleReader
from sync.reading.records.suggestions import SuggestionsReader
from sync.reading.repeats import RepeatsReader
from sync.reading.reports.ledger import LedgerReader
from sync.reading.reports.registrations import RegistrationsReader
from sync.reading.searching import SearchReader
from sync.reading.view import StoredView


class Snapshot:
    """All queries within one read transaction; the registry is the one of these very tables.

    It is a `sync.reading.view.View`, so functions that only read take it as well as a transaction.

    Args:
        today: the facility's day, for ages.
        region: where telephone numbers without a country code are from.
    """

    def __init__(self, view: StoredView, today: date, region: str) -> None:
        self.store = view.store
        self.registry = view.registry
        self.identity = view.identity
        connection = view.store.connection
        self.people = PeopleReader(connection, view.registry, today, region)
        self.numbers = self.people.numbers
        self.search = SearchReader(connection, self.people, today, region)
        self.matching = MatchingReader(connection, self.people)
        self.changes = ChangesReader(connection, self.people)
        self.conflicts = ConflictsReader(connection, self.people)
        self.desk_day = DeskDayReader(connection, self.people)
        self.counts = CountsReader(connection)
        self.registrations = RegistrationsReader(connection)
        self.ledger = LedgerReader(connection)
        self.repeats = RepeatsReader(connection, self.people)
        self.suggestions = SuggestionsReader(view.store, self.people)

    def oversized_shards(self) -> list[str]:
        """Shards that are kept out of the sync because of their size, as AUTHOR/NUMBER."""
        return [f"{shard.author}/{shard.number}" for shard in self.store.shards.crowded()]
