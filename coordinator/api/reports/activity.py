"""Reports on registrations, outages, waits and numbers left over HTTP, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Annotated, Any, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.range_watch import RangeWatch
from coordinator.reports import reach
from coordinator.reports.outages import OutageWithCount, with_counts
from sync.engine.replica import Replica
from sync.errors import InvalidFields
from sync.http.operations import CsvFile, Needs, Operation, read_query
from sync.http.paging import Listed, whole
from sync.model.formats import Day, Time, iso_utc_of_ms
from sync.reading.snapshot import Snapshot
from sync.storage.watching.outages import OutageCause

DAYS_DEFAULT: Final = 28
DAYS_MAX: Final = 366
OUTAGES_MAX: Final = 1000

_DayText = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", extra_json_schema={"format": "date"})]


class ReportQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which days a report is about, both included; without them the last 28."""

    first: _DayText | None = None
    last: _DayText | None = None


class RegistrationsAnswer(TypedDict):
    """The registrations of one day at one terminal; ``terminal`` is empty where none was named."""

    day: Day
    terminal: str
    online: int
    offline: int
    refused: int
    waiting: int


class WaitsAnswer(TypedDict):
    """How many seconds the offline registrations of a day waited for confirmation.

    Half of them had it after ``median_s``, nine in ten after ``ninety_s``.
    """

    day: Day
    people: int
    median_s: int
    ninety_s: int
    longest_s: int


class OutageAnswer(TypedDict):
    """A time in which a desk had no coordinator, and how many it registered meanwhile."""

    terminal: str
    began: Time
    ended: Time | None
    seconds: int
    cause: Annotated[
        str, Meta(title="OutageCause", extra_json_schema={"enum": [*map(str, OutageCause)]})
    ]
    registered: int


class LeftAnswer(TypedDict):
    """How many numbers a terminal had left at the end of a day."""

    day: Day
    remaining: int


class ReachAnswer(TypedDict):
    """How far the numbers of a terminal reach, and how many were left on each day."""

    terminal: str
    remaining: int
    per_day: float
    used_up_on: Day | None
    days: list[LeftAnswer]


class ConflictsOfDay(TypedDict):
    """Conflicts of the registrations of one day, by their reason."""

    day: Day
    reason: str
    all: int
    open: int


class ActivityApi:
    """The reports on what happens at the desks.

    Args:
        zone: the facility's time zone, whose days a report has.
    """

    def __init__(self, replica: Replica, watch: RangeWatch, zone: tzinfo) -> None:
        self._replica = replica
        self._watch = watch
        self._zone = zone

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(
            Operation, "GET", needs=Needs.ADMINISTER, about="reports", query=ReportQuery
        )
        path = "/api/reports/"
        return [
            operation(path + "registrations/", self.registrations, "Count registrations by day"),
            operation(
                path + "registrations.csv",
                self.registrations_csv,
                "Count registrations by day, for a spreadsheet",
            ),
            operation(path + "waits/", self.waits, "Show how long confirmations took"),
            operation(
                path + "waits.csv",
                self.waits_csv,
                "Show how long confirmations took, for a spreadsheet",
            ),
            operation(path + "outages/", self.outages, "List when desks had no coordinator"),
            operation(
                path + "outages.csv",
                self.outages_csv,
                "List when desks had no coordinator, for a spreadsheet",
            ),
            operation(path + "reach/", self.reach, "Show how far numbers reach"),
            operation(
                path + "reach.csv", self.reach_csv, "Show how far numbers reach, for a spreadsheet"
            ),
            operation(path + "conflicts/", self.conflicts, "Count conflicts by day"),
            operation(
                path + "conflicts.csv",
                self.conflicts_csv,
                "Count conflicts by day, for a spreadsheet",
            ),
        ]

    async def registrations(self, request: web.Request) -> Listed[RegistrationsAnswer]:
        """Return the registrations by day and terminal.

        Raises:
            InvalidFields: the days cannot be meant.
        """
        first, last = self._days(request)
        found = await self._replica.read(
            lambda snapshot: snapshot.registrations.by_day(first, last)
        )
        return whole(
            [
                {
                    "day": one.day,
                    "terminal": one.terminal,
                    "online": one.online,
                    "offline": one.offline,
                    "refused": one.refused,
                    "waiting": one.waiting,
                }
                for one in found
            ]
        )

    async def registrations_csv(self, request: web.Request) -> CsvFile:
        """Return the same as rows."""
        return csv_of("registrations", RegistrationsAnswer, await self.registrations(request))

    async def waits(self, request: web.Request) -> Listed[WaitsAnswer]:
        """Return how long offline registrations waited for confirmation, by day."""
        first, last = self._days(request)
        found = await self._replica.read(
            lambda snapshot: snapshot.registrations.confirmation_times(first, last)
        )
        return whole(
            [
                {
                    "day": one.day,
                    "people": one.people,
                    "median_s": one.median_s,
                    "ninety_s": one.ninety_s,
                    "longest_s": one.longest_s,
                }
                for one in found
            ]
        )

    async def waits_csv(self, request: web.Request) -> CsvFile:
        """Return the same as rows."""
        return csv_of("waits", WaitsAnswer, await self.waits(request))

    async def outages(self, request: web.Request) -> Listed[OutageAnswer]:
        """Return the newest outages of these days, at most `OUTAGES_MAX`."""
        first, last = self._days(request)
        now_ms = self._replica.now_ms
        bounds = self._ms(first), self._ms(last + timedelta(1))

        def look(snapshot: Snapshot) -> list[OutageWithCount]:
            _, found = snapshot.store.outages.within(*bounds, OUTAGES_MAX, 0)
            times = snapshot.registrations.offline_times(first, last) if found else ()
            return with_counts(found, times, now_ms)

        return whole([_outage(one, now_ms) for one in await self._replica.read(look)])

    async def outages_csv(self, request: web.Request) -> CsvFile:
        """Return the same as rows."""
        return csv_of("outages", OutageAnswer, await self.outages(request))

    async def reach(self, request: web.Request) -> Listed[ReachAnswer]:
        """Return how far the numbers of each active terminal reach, and what was left each day."""
        first, last = self._days(request)
        accounts = await self._watch.accounts()
        counts = await self._replica.read(
            lambda snapshot: snapshot.registrations.by_day(first, self._replica.today())
        )
        registry, today = self._replica.registry, self._replica.today()
        found: list[ReachAnswer] = []
        for one in accounts:
            code = one.usage.terminal
            granted = reach.grants_of(registry.blocks_of(code), self._zone)
            days = reach.burn_down(one, counts, granted, first, today)
            found.append(
                {
                    "terminal": code,
                    "remaining": one.usage.remaining,
                    "per_day": round(one.rate.per_day, 2),
                    "used_up_on": one.forecast.day.isoformat() if one.forecast else None,
                    "days": [
                        {"day": left.day, "remaining": left.remaining}
                        for left in days
                        if left.day <= last.isoformat()
                    ],
                }
            )
        return whole(found)

    async def reach_csv(self, request: web.Request) -> CsvFile:
        """Return the same as rows."""
        rows = [
            (one["terminal"], left["day"], left["remaining"])
            for one in (await self.reach(request))["results"]
            for left in one["days"]
        ]
        return CsvFile(csv_text(("terminal", "day", "remaining"), rows), "reach.csv")

    async def conflicts(self, request: web.Request) -> Listed[ConflictsOfDay]:
        """Return how many conflicts there are of the registrations of each day."""
        first, last = self._days(request)
        found = await self._replica.read(
            lambda snapshot: snapshot.registrations.conflicts(first, last)
        )
        return whole(
            [
                {"day": day, "reason": reason, "all": count, "open": not_decided}
                for day, reason, count, not_decided in found
            ]
        )

    async def conflicts_csv(self, request: web.Request) -> CsvFile:
        """Return the same as rows."""
        return csv_of("conflicts", ConflictsOfDay, await self.conflicts(request))

    def _days(self, request: web.Request) -> tuple[date, date]:
        """Return the days that are asked for.

        Raises:
            InvalidFields: one is no day, they are the wrong way round, or they are too many.
        """
        query, today = read_query(request, ReportQuery), self._replica.today()
        last = _day("last", query.last) or today
        first = _day("first", query.first) or last - timedelta(DAYS_DEFAULT - 1)
        if first > last:
            raise InvalidFields({"first": "must not be after `last`"})
        if (last - first).days >= DAYS_MAX:
            raise InvalidFields({"first": f"at most {DAYS_MAX} days can be asked for"})
        return first, last

    def _ms(self, day: date) -> int:
        return int(datetime.combine(day, time(), self._zone).timestamp() * 1000)


def _day(name: str, text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise InvalidFields({name: "must be a day, as in 2026-11-03"}) from error
    if found is not None and not 1970 <= found.year < 9999:
        raise InvalidFields({name: "must be a day, as in 2026-11-03"})
    return found


def _outage(found: OutageWithCount, now_ms: int) -> OutageAnswer:
    outage, registered = found
    end = outage.ended_ms if outage.ended_ms is not None else max(now_ms, outage.began_ms)
    return {
        "terminal": outage.terminal,
        "began": iso_utc_of_ms(outage.began_ms),
        "ended": iso_utc_of_ms(outage.ended_ms) if outage.ended_ms is not None else None,
        "seconds": (end - outage.began_ms) // 1000,
        "cause": outage.cause,
        "registered": registered,
    }


def csv_of(name: str, kind: type, found: Listed[Any]) -> CsvFile:
    """Return a report as rows, whose first one names the fields of an answer."""
    fields = tuple(kind.__annotations__)
    rows = ([one[field] for field in fields] for one in found["results"])
    return CsvFile(csv_text(fields, rows), f"{name}.csv")


def csv_text(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return rows as RFC 4180 has them, with a mark by which spreadsheets know UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return "\ufeff" + text.getvalue()
