"""The ledger of numbers over HTTP, and all numbers drawn to scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from coordinator.api.reports.activity import csv_text
from coordinator.registry import pool, ranges
from coordinator.reports.ledger import EXPLANATIONS, Ledger, LedgerKind, Series, Stretch
from sync.engine.replica import Replica
from sync.errors import NotFound
from sync.http.operations import CsvFile, Needs, Operation, read_query
from sync.http.paging import Listed, paged, whole
from sync.model.facts import State
from sync.reading.pages import Page
from sync.reading.snapshot import Snapshot

KindName = Annotated[
    str, Meta(title="LedgerKind", extra_json_schema={"enum": [*map(str, LedgerKind)]})
]
STRETCHES_MAX: Final = 2000
"""So many stretches are shown of a series; the CSV has all."""


class KindCount(TypedDict):
    """How many numbers there are of one kind."""

    kind: KindName
    count: int


class SeriesAnswer(TypedDict):
    """A range of a terminal, or the online numbers of a day (``terminal`` is null)."""

    name: str
    terminal: str | None
    first: int
    last: int
    kinds: list[KindCount]


class StretchAnswer(TypedDict):
    """Numbers of which the same became; ``why`` is the explanation in words.

    ``first_mrn`` and ``last_mrn`` are the ends as they stand on cards.
    """

    first: int
    last: int
    first_mrn: str
    last_mrn: str
    count: int
    kind: KindName
    why: str


class SpaceAnswer(TypedDict):
    """A part of the number space: a range (``terminal`` names whose), or the pool."""

    first: int
    last: int
    what: Annotated[str, Meta(title="SpaceKind", extra_json_schema={"enum": ["range", "pool"]})]
    terminal: str | None
    state: Annotated[
        str, Meta(title="SpaceState", extra_json_schema={"enum": ["open", "closed", "ended"]})
    ]
    used: int


class LedgerApi:
    """The ledger of numbers."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, "GET", needs=Needs.ADMINISTER, about="reports")
        return [
            operation("/api/ledger/", self.listed, "Show what became of all numbers", query=Page),
            operation(
                r"/api/ledger/{series:[0-9-]{1,32}}/",
                self.stretches,
                "Show what became of the numbers of a range or a day",
                errors=(NotFound,),
            ),
            operation(
                "/api/reports/ledger.csv",
                self.whole_csv,
                "Show what became of all numbers, for a spreadsheet",
            ),
            operation("/api/number-space/", self.space, "Show all ranges and the pool"),
        ]

    async def listed(self, request: web.Request) -> Listed[SeriesAnswer]:
        """Return a page of ranges, and then of days, with how many numbers of each kind."""
        query = read_query(request, Page)

        def look(snapshot: Snapshot) -> tuple[int, list[SeriesAnswer]]:
            ledger = self._ledger(snapshot)
            found = ledger.all()
            shown = found[query.offset : query.offset + query.page_size]
            return len(found), [_series(one, ledger) for one in shown]

        count, found = await self._replica.read(look)
        return paged(request, query, count, found)

    async def stretches(self, request: web.Request) -> Listed[StretchAnswer]:
        """Return the numbers of a range or a day in stretches, at most `STRETCHES_MAX`.

        Raises:
            NotFound: there is no such range or day.
        """
        name = request.match_info["series"]

        def look(snapshot: Snapshot) -> list[StretchAnswer]:
            ledger = self._ledger(snapshot)
            series = ledger.find(name)
            if series is None:
                raise NotFound(what="range or day", key=name)
            pieces = zip(range(STRETCHES_MAX), ledger.stretches(series), strict=False)

            def printed(number: int) -> str:
                mrn = series.mrn(number)
                return snapshot.people.numbers.text(mrn) or mrn

            return [_stretch(one, printed) for _, one in pieces]

        return whole(await self._replica.read(look))

    async def whole_csv(self, _request: web.Request) -> CsvFile:
        """Return all stretches of all ranges and days as rows."""

        def rows(ledger: Ledger) -> Iterator[tuple[object, ...]]:
            for series in ledger.all():
                for one in ledger.stretches(series):
                    why = EXPLANATIONS[one.kind]
                    where = (series.name, series.terminal or "")
                    yield *where, one.first, one.last, one.size, one.kind, why

        header = ("series", "terminal", "first", "last", "count", "kind", "why")
        text = await self._replica.read(
            lambda snapshot: csv_text(header, rows(self._ledger(snapshot)))
        )
        return CsvFile(text, "ledger.csv")

    async def space(self, _request: web.Request) -> Listed[SpaceAnswer]:
        """Return all ranges and the pool, in the order of their numbers."""
        return whole(await self._replica.read(_space))

    def _ledger(self, snapshot: Snapshot) -> Ledger:
        return Ledger(snapshot, f"{self._replica.today():%Y%m%d}")


def _series(series: Series, ledger: Ledger) -> SeriesAnswer:
    counts = ledger.counts(series)
    return {
        "name": series.name,
        "terminal": series.terminal,
        "first": series.first,
        "last": series.last,
        "kinds": [{"kind": kind, "count": counts[kind]} for kind in LedgerKind if counts[kind]],
    }


def _stretch(one: Stretch, printed: Callable[[int], str]) -> StretchAnswer:
    return {
        "first": one.first,
        "last": one.last,
        "first_mrn": printed(one.first),
        "last_mrn": printed(one.last),
        "count": one.size,
        "kind": one.kind,
        "why": EXPLANATIONS[one.kind],
    }


def _space(snapshot: Snapshot) -> list[SpaceAnswer]:
    now = pool.read(snapshot.store)
    found: list[SpaceAnswer] = [
        {
            "first": now.range.start,
            "last": now.range.end,
            "what": "pool",
            "terminal": None,
            "state": "closed" if now.is_closed else "open",
            "used": 0,
        }
    ]
    for held in ranges.standings(snapshot).values():
        for one in held:
            terminal = snapshot.registry.terminals.get(one.block.terminal)
            works = terminal is not None and terminal.state in (State.ACTIVE, State.INACTIVE)
            found.append(
                {
                    "first": one.block.range.start,
                    "last": one.block.range.end,
                    "what": "range",
                    "terminal": one.block.terminal,
                    "state": "ended" if not works else "closed" if one.closed else "open",
                    "used": one.used,
                }
            )
    return sorted(found, key=lambda part: (part["first"], part["what"]))
