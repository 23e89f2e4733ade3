"""Conflicts at a desk: reading them all, and the cards of its own people to print again."""

from __future__ import annotations

from typing import Annotated, Final, NoReturn, TypedDict

import msgspec
from aiohttp import web

from node import cards
from node.config import NodeSettings
from node.errors import NotToReprint, ReadOnlyHere
from sync.daemon.conflict_alarms import ConflictWatch
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.http.conflicts import ABOUT, ONE, ConflictViews
from sync.http.operations import Needs, Operation, read_body
from sync.http.people import person_by_id
from sync.reading.answers import PatientAnswer
from sync.reading.conflicts import CardToReprint, ConflictAnswer
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

REPRINTED: Final = r"/api/patients/{id:\d{1,15}}/reprinted/"


class CardReprinted(msgspec.Struct, kw_only=True, frozen=True):
    """A card was printed again."""

    mrn: Annotated[str | None, msgspec.Meta(description="the number on the new card")] = None


class OpenConflicts(TypedDict):
    """How many conflicts there are, and the newest of them."""

    count: int
    results: list[ConflictAnswer]


class CardsToReprint(TypedDict):
    """How many cards there are, and the first of them."""

    count: int
    results: list[CardToReprint]


class DeskConflicts(TypedDict):
    """What the clerks of a desk must see to: its open conflicts, and cards to print again."""

    conflicts: OpenConflicts
    cards_to_reprint: CardsToReprint


class NodeConflictsApi:
    """Operations on the conflicts and cards of a desk."""

    def __init__(self, config: NodeSettings, replica: Replica, watch: ConflictWatch) -> None:
        self._code = config.code
        self._replica = replica
        self._watch = watch
        self._views = ConflictViews(replica, config.zone, Needs.THIS_COMPUTER)

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            *self._views.operations(),
            Operation(
                "POST",
                f"{ONE}resolve/",
                self.resolve,
                "Say that the coordinator decides",
                needs=Needs.THIS_COMPUTER,
                errors=(ReadOnlyHere,),
                about=ABOUT,
            ),
            Operation(
                "POST",
                REPRINTED,
                self.reprinted,
                "Say that a card was printed again",
                needs=Needs.THIS_COMPUTER,
                body=CardReprinted,
                look=LookAct.OPENED,
                errors=(NotFound, NotToReprint),
                about=ABOUT,
            ),
        ]

    def status(self, snapshot: Snapshot) -> DeskConflicts:
        """Return what the clerks of this desk must see to."""
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

    async def resolve(self, _request: web.Request) -> NoReturn:
        """Refuse: conflicts are resolved at the coordinator.

        The operation exists so that a program that knows only its desk is told so.

        Raises:
            ReadOnlyHere: always.
        """
        raise ReadOnlyHere()

    async def reprinted(self, request: web.Request) -> PatientAnswer:
        """Note that the card of a person of this desk shows their number now; return the person.

        Raises:
            NotFound: there is nobody with that id.
            NotToReprint: there is no card to print, or another number is on the new one.
        """
        ident = int(request.match_info["id"])
        card = read_body(request, CardReprinted)

        def act(tx: Transaction) -> None:
            cards.reprinted(tx, self._code, ident, card.mrn)

        await self._replica.write(act)
        self._watch.changed()  # so that the next look finds the alarm gone
        return await person_by_id(self._replica, ident)
