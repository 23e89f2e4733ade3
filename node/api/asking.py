"""Asking for a decision about a record at a desk; the coordinator decides."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from node.asking import RecordWish, ask
from node.clerks.sitting import Sitting
from node.errors import CannotAsk
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import InvalidFields, MergedIntoAnother, NotFound, SeenOtherwise
from sync.http.merging import ID_PATTERN, Comparing, RequestViews, asked
from sync.http.operations import Needs, Operation, read_body
from sync.http.people import ABOUT, ONE, Operator, named_person
from sync.model.facts import Author, FactId, RecordAct
from sync.reading.merging import RequestAnswer, compared
from sync.reading.people import PeopleReader
from sync.rules.merging import CHOOSABLE, TAKEN_MAX, TakenField
from sync.storage.access.looks import LookAct

WHY_LENGTH_MAX: Final = 1000


class AskedDecision(msgspec.Struct, kw_only=True, frozen=True):
    """A clerk asks for a decision about one record."""

    why: Annotated[str, Meta(max_length=WHY_LENGTH_MAX, description="the reason")]
    operator: Operator | None = None


class AskedMerge(AskedDecision, kw_only=True, frozen=True):
    """A clerk asks to merge the record in the path into another one."""

    into: Annotated[
        str,
        Meta(
            pattern=ID_PATTERN,
            title="must be the id or the record id of a person",
            description="the record that should count, by local id or record id",
        ),
    ]
    seen: Annotated[
        str,
        Meta(max_length=64, description="`seen` of the comparison that the clerk has read"),
    ]
    take: Annotated[
        list[TakenField],
        Meta(
            max_length=TAKEN_MAX,
            description="fields whose values come from the record in the path: one of "
            f"{', '.join(CHOOSABLE)}, identifiers.NAME or extra.NAME",
        ),
    ] = []


class AskedAboutPair(AskedDecision, kw_only=True, frozen=True):
    """A clerk asks for a decision about the record in the path and another one."""

    other: Annotated[
        str,
        Meta(
            pattern=ID_PATTERN,
            title="must be the id or the record id of a person",
            description="the other record, by local id or record id",
        ),
    ]


class AskedTwoPeople(AskedAboutPair, kw_only=True, frozen=True):
    """A clerk asks to decide that two records are two people."""

    seen: Annotated[
        str,
        Meta(max_length=64, description="`seen` of the comparison that the clerk has read"),
    ]


class AskingApi:
    """The operations by which a desk asks for decisions, and sees what becomes of them."""

    def __init__(self, replica: Replica, author: Author, sitting: Sitting) -> None:
        self._replica = replica
        self._author = author
        self._sitting = sitting

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        needs = Needs.THIS_COMPUTER
        refused = (NotFound, MergedIntoAnother, CannotAsk)
        operation = partial(
            Operation,
            "POST",
            needs=needs,
            about=ABOUT,
            status=202,
            errors=refused,
            look=LookAct.OPENED,
        )
        about_one = partial(operation, body=AskedDecision)
        return [
            *Comparing(self._replica, needs).operations(),
            *RequestViews(self._replica, needs).operations(),
            operation(
                ONE + "merge/",
                self.merge,
                "Ask to merge a record into another one of the same person",
                body=AskedMerge,
                errors=(*refused, SeenOtherwise),
            ),
            operation(
                ONE + "two-people/",
                self.two_people,
                "Ask to decide that two records are two people",
                body=AskedTwoPeople,
                errors=(*refused, SeenOtherwise),
            ),
            operation(
                ONE + "maybe-one/",
                self.maybe_one,
                "Ask to take back that two records are two people",
                body=AskedAboutPair,
            ),
            about_one(ONE + "unmerge/", self.unmerge, "Ask to take a merge back"),
            about_one(ONE + "void/", self.void, "Ask to mark a registration as a mistake"),
            about_one(ONE + "unvoid/", self.unvoid, "Ask to let a registration count again"),
        ]

    async def merge(self, request: web.Request) -> RequestAnswer:
        """Ask to merge the record in the path into another one; return the request.

        Raises:
            NotFound, MergedIntoAnother, CannotAsk: nothing was asked for.
            SeenOtherwise: one of the records says something else than was seen.
        """
        wanted = read_body(request, AskedMerge)
        into = await self._id_of(wanted.into)
        wish = await self._wish(request, wanted, RecordAct.MERGE)
        wish = wish._replace(into=into, taken=tuple(wanted.take))
        return await self._ask_as_seen(wish, wanted.seen)

    async def two_people(self, request: web.Request) -> RequestAnswer:
        """Ask to decide that two records are two people; return the request.

        Raises:
            NotFound, MergedIntoAnother, CannotAsk: nothing was asked for.
            SeenOtherwise: one of the records says something else than was seen.
        """
        wanted = read_body(request, AskedTwoPeople)
        other = await self._id_of(wanted.other)
        wish = await self._wish(request, wanted, RecordAct.TWO_PEOPLE)
        return await self._ask_as_seen(wish._replace(into=other), wanted.seen)

    async def maybe_one(self, request: web.Request) -> RequestAnswer:
        """Ask to take back that two records are two people; return the request."""
        wanted = read_body(request, AskedAboutPair)
        other = await self._id_of(wanted.other)
        wish = await self._wish(request, wanted, RecordAct.MAYBE_ONE)
        wish = wish._replace(into=other)
        return await self._answer(await self._replica.write(lambda tx: ask(tx, self._author, wish)))

    async def _ask_as_seen(self, wish: RecordWish, seen: str) -> RequestAnswer:
        def act(tx: Transaction) -> FactId:
            return ask(tx, self._author, wish, lambda: self._seen(tx, wish) == seen)

        return await self._answer(await self._replica.write(act))

    async def unmerge(self, request: web.Request) -> RequestAnswer:
        """Ask to take back what merged the record in the path into another one."""
        return await self._ask(request, RecordAct.UNMERGE)

    async def void(self, request: web.Request) -> RequestAnswer:
        """Ask to mark the registration in the path as a mistake."""
        return await self._ask(request, RecordAct.VOID)

    async def unvoid(self, request: web.Request) -> RequestAnswer:
        """Ask to let the registration in the path count again."""
        return await self._ask(request, RecordAct.UNVOID)

    async def _ask(self, request: web.Request, act: RecordAct) -> RequestAnswer:
        wish = await self._wish(request, read_body(request, AskedDecision), act)
        return await self._answer(await self._replica.write(lambda tx: ask(tx, self._author, wish)))

    async def _wish(
        self, request: web.Request, wanted: AskedDecision, act: RecordAct
    ) -> RecordWish:
        """Return what a clerk wants decided.

        Raises:
            InvalidFields: the reason has nothing to print.
            NotFound: there is no such person.
        """
        why = " ".join(wanted.why.split())
        if not why or not why.isprintable():
            raise InvalidFields({"why": "must be a text that can be printed, and not empty"})
        patient = await self._id_of(request.match_info["id"])
        now = self._replica.now.isoformat(timespec="seconds")
        operator = self._sitting.named(request, wanted.operator)
        return RecordWish(act, patient, why, operator, now)

    async def _id_of(self, name: str) -> int:
        return await self._replica.read(lambda snapshot: named_person(snapshot, name)["id"])

    def _seen(self, tx: Transaction, wish: RecordWish) -> str | None:
        replica = self._replica
        people = PeopleReader(tx.store.connection, tx.registry, replica.today(), replica.region)
        one, other = people.by_id(wish.patient), people.by_id(wish.into or 0)
        return compared(one, other)["seen"] if one is not None and other is not None else None

    async def _answer(self, fact: FactId) -> RequestAnswer:
        return await self._replica.read(lambda snapshot: asked(snapshot, fact))
