"""Conflicts at a desk: those about its own people, the cards to print again, and all to read."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web

from node import cards
from node.config import Config
from node.errors import NotToReprint, ReadOnlyHere
from sync.daemon.conflict_alarms import ConflictWatch
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.http.conflicts import ABOUT, ONE, ConflictViews
from sync.http.operations import Operation, read_body
from sync.reading.snapshot import Snapshot

REPRINTED = r"/api/patients/{id:\d{1,15}}/reprinted/"


class Reprinted(msgspec.Struct, kw_only=True, frozen=True):
    """A card was printed again."""

    mrn: Annotated[str | None, msgspec.Meta(description="the number on the new card")] = None


class NodeConflictsApi:
    """Routes over a desk's replica."""

    def __init__(self, config: Config, replica: Replica, watch: ConflictWatch) -> None:
        self._code = config.code
        self._replica = replica
        self._watch = watch
        self._views = ConflictViews(replica, config.zone)

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            *self._views.operations(),
            Operation(
                "POST",
                f"{ONE}resolve/",
                self.resolve,
                "Say that the coordinator decides",
                errors=(ReadOnlyHere,),
                about=ABOUT,
            ),
            Operation(
                "POST",
                REPRINTED,
                self.reprinted,
                "Say that a card was printed again",
                body=Reprinted,
                errors=(NotFound, NotToReprint),
                about=ABOUT,
            ),
        ]

    def status(self, snapshot: Snapshot) -> dict[str, Any]:
        """What the clerks of this desk must see to."""
        conflicts, desk = snapshot.conflicts, self._code
        return {
            "conflicts": {
                "count": conflicts.count_concerning(desk),
                "results": conflicts.concerning(desk),
            },
            "cards_to_reprint": {
                "count": conflicts.count_to_reprint(desk),
                "results": conflicts.to_reprint(desk),
            },
        }

    async def resolve(self, _request: web.Request) -> web.Response:
        """Conflicts are resolved at the coordinator, also by programs that know only a desk.

        Raises:
            ReadOnlyHere: always.
        """
        raise ReadOnlyHere()

    async def reprinted(self, request: web.Request) -> web.Response:
        """The card of a person of this desk shows their number now."""
        ident = int(request.match_info["id"])
        told = await read_body(request, Reprinted)

        def act(tx: Transaction) -> None:
            cards.reprinted(tx, self._code, ident, told.mrn)

        await self._replica.write(act)
        self._watch.changed()
        person = await self._replica.read(lambda snapshot: snapshot.people.by_id(ident))
        if person is None:
            raise NotFound(what="patient", key=ident)
        return web.json_response(person)
