"""Saying over HTTP that a clock was wrong, so that nobody believes what was written by it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import CALLER
from coordinator.api.deciding import EarlierWho
from coordinator.errors import BadDisbelief, InRecovery
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import disbelief
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.http.operations import Needs, Operation, read_body
from sync.http.paging import Listed, whole
from sync.model import clock
from sync.model.facts import REGISTRY, Author, FactId
from sync.model.formats import Time, iso_utc_of_ms
from sync.rules.times import Times, TimeStretch

_PATH = "/api/clock/disbelieved/"
_WHY = Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="the reason")]
_AT = Annotated[str, msgspec.Meta(max_length=40, extra_json_schema={"format": "date-time"})]


class WrongTimes(msgspec.Struct, kw_only=True, frozen=True):
    """A stretch of time in which somebody's clock was wrong, as that clock showed it."""

    author: Annotated[str, msgspec.Meta(max_length=50, examples=["LAB1-PC", "@coordinator"])]
    first: _AT
    last: _AT
    why: _WHY
    who: EarlierWho = None


class TakenBack(msgspec.Struct, kw_only=True, frozen=True):
    """Why it is taken back that a clock was wrong."""

    why: _WHY
    who: EarlierWho = None


class WrongTimesAnswer(TypedDict):
    """A stretch of time that nobody believes."""

    id: str
    author: str
    first: Time
    last: Time
    who: str
    why: str
    at: Time


class WrongTimesApi:
    """Operations on stretches of time that nobody believes."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER)
        return [
            operation("GET", _PATH, self.show, "List the times that nobody believes"),
            operation(
                "POST",
                _PATH,
                self.add,
                "Say that a clock was wrong",
                body=WrongTimes,
                status=201,
                errors=(BadDisbelief, InRecovery),
            ),
            operation(
                "POST",
                _PATH + "{id}/back/",
                self.take_back,
                "Take back that a clock was wrong",
                body=TakenBack,
                errors=(NotFound, InRecovery),
            ),
        ]

    async def show(self, _request: web.Request) -> Listed[WrongTimesAnswer]:
        """Return the stretches of time that nobody believes, the oldest first."""
        return whole(self._listed())

    async def add(self, request: web.Request) -> Listed[WrongTimesAnswer]:
        """Let nobody believe a stretch of somebody's times; return all such stretches.

        Raises:
            BadDisbelief, InRecovery: nothing was changed.
        """
        body, who = read_body(request, WrongTimes), request[CALLER].who
        first_ms, last_ms = _ms(body.first), _ms(body.last)

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            author = Author(body.author)
            disbelief.disbelieve(tx, author, first_ms, last_ms, who, body.why)

        await self._replica.write(act)
        return whole(self._listed())

    async def take_back(self, request: web.Request) -> Listed[WrongTimesAnswer]:
        """Believe those times again; return all stretches that nobody believes.

        Raises:
            NotFound, InRecovery: nothing was changed.
        """
        body, who = read_body(request, TakenBack), request[CALLER].who
        name = request.match_info["id"]
        try:
            ident = FactId(bytes.fromhex(name))
        except ValueError as error:
            raise NotFound(what="disbelieved stretch", key=name) from error

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            disbelief.believe_again(tx, ident, who, body.why)

        await self._replica.write(act)
        return whole(self._listed())

    def _listed(self) -> list[WrongTimesAnswer]:
        times = self._replica.registry.times
        return [_answer(times, one) for one in times.disbelieved if one.fact.last_ms]


def _ms(text: str) -> int:
    """Milliseconds since 1970 of a time with its zone.

    Raises:
        BadDisbelief: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadDisbelief(why=f"{text} is no time") from error
    if at.tzinfo is None:
        raise BadDisbelief(why=f"{text} has no time zone")
    return max(0, round(at.timestamp() * 1000))


def _answer(times: Times, one: TimeStretch) -> WrongTimesAnswer:
    fact = one.fact
    return {
        "id": one.id.hex(),
        "author": fact.author,
        "first": iso_utc_of_ms(fact.first_ms),
        "last": iso_utc_of_ms(fact.last_ms),
        "who": fact.who,
        "why": fact.why,
        "at": times.iso(REGISTRY, clock.pack(one.said_ms, 0)),
    }
