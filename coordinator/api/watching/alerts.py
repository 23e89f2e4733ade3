"""Alarms from when they came up to when they were over, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.alerts.book import AlertBook
from coordinator.alerts.courier import Courier, SentAnswer
from coordinator.api.access import CALLER
from sync.engine.replica import Replica
from sync.errors import NotFound
from sync.http.operations import Needs, Operation, read_body, read_query
from sync.http.paging import Listed, paged, whole
from sync.model.alarms import AlarmLevel
from sync.model.facts import REASON_LENGTH_MAX
from sync.model.formats import Time, iso_utc_of_ms
from sync.reading.pages import Page
from sync.storage.watching.alerts import KeptAlert, What


class AlertQuery(Page, kw_only=True, frozen=True):
    """Which alerts: ``open=true`` for those that are not over."""

    open: bool | None = None


class Acknowledging(msgspec.Struct, kw_only=True, frozen=True):
    """What whoever acknowledges an alert has to say."""

    note: Annotated[str, Meta(max_length=REASON_LENGTH_MAX)] = ""


class AcknowledgedAnswer(TypedDict):
    """Who has looked at an alert, and when."""

    who: str
    at: Time
    note: str


class AlertMessage(TypedDict):
    """A message about an alert: that it was raised, or is over, and by which way it went."""

    channel: str
    what: Annotated[str, Meta(title="AlertNews", extra_json_schema={"enum": [*map(str, What)]})]
    at: Time


class AlertAnswer(TypedDict):
    """An alarm from when it came up; ``ended`` is null while it lasts.

    ``terms`` are the numbers and names in the text, for programs that say it in other words.
    """

    id: int
    code: str
    level: AlarmLevel
    about: str
    text: str
    do: str
    terms: dict[str, str | int]
    since: Time
    ended: Time | None
    acknowledged: AcknowledgedAnswer | None
    sent: list[AlertMessage]


class AlertsApi:
    """Operations on alerts."""

    def __init__(self, replica: Replica, book: AlertBook, courier: Courier) -> None:
        self._replica = replica
        self._book = book
        self._courier = courier

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about="alerts")
        return [
            operation(
                "GET",
                "/api/alerts/",
                self.listed,
                "List alarms, those of now and those that are over",
                query=AlertQuery,
            ),
            operation(
                "POST",
                r"/api/alerts/{id:\d{1,15}}/acknowledge/",
                self.acknowledge,
                "Say that somebody looks at an alarm",
                body=Acknowledging,
                errors=(NotFound,),
            ),
            operation(
                "POST",
                "/api/alerts/try/",
                self.send_trial,
                "Send a trial message by each way that is set up",
            ),
        ]

    async def listed(self, request: web.Request) -> Listed[AlertAnswer]:
        """Return a page of alerts, the newest first."""
        query = read_query(request, AlertQuery)
        count, found = await self._replica.read(
            lambda snapshot: snapshot.store.alerts.page(query.open, query.page_size, query.offset)
        )
        return paged(request, query, count, await self._answers(found))

    async def acknowledge(self, request: web.Request) -> AlertAnswer:
        """Note that whoever calls looks at an alarm; the first who did stays.

        Raises:
            NotFound: there is no alert with that id.
        """
        ident, note = int(request.match_info["id"]), read_body(request, Acknowledging).note
        alert = await self._book.acknowledge(ident, request[CALLER].who, note)
        (answer,) = await self._answers([alert])
        return answer

    async def send_trial(self, _request: web.Request) -> Listed[SentAnswer]:
        """Send a trial message by each way, and return what became of it."""
        return whole(await self._courier.send_trial())

    async def _answers(self, alerts: list[KeptAlert]) -> list[AlertAnswer]:
        idents = [one.id for one in alerts]
        messages: dict[int, list[AlertMessage]] = {ident: [] for ident in idents}
        for ident, channel, what, at_ms in await self._replica.read(
            lambda snapshot: snapshot.store.alerts.messages_of(idents)
        ):
            messages[ident].append({"channel": channel, "what": what, "at": iso_utc_of_ms(at_ms)})
        return [alert_answer(one, messages[one.id]) for one in alerts]


def alert_answer(alert: KeptAlert, sent: list[AlertMessage]) -> AlertAnswer:
    """Return an alert as the API shows it."""
    seen: AcknowledgedAnswer | None = None
    if alert.seen_ms is not None:
        seen = {"who": alert.seen_by or "", "at": iso_utc_of_ms(alert.seen_ms), "note": alert.note}
    return {
        "id": alert.id,
        "code": alert.code,
        "level": AlarmLevel(alert.level),
        "about": alert.about,
        "text": alert.text,
        "do": alert.advice,
        "terms": msgspec.json.decode(alert.terms, type=dict[str, str | int]),
        "since": iso_utc_of_ms(alert.since_ms),
        "ended": iso_utc_of_ms(alert.ended_ms) if alert.ended_ms is not None else None,
        "acknowledged": seen,
        "sent": sent,
    }
