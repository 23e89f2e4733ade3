"""Which records count, at the coordinator: merged, two people or one, void; and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.access import CALLER
from coordinator.api.deciding import EarlierWho, Taken, Why, is_as_seen, reason_of
from coordinator.errors import CannotMerge, InRecovery
from coordinator.judging import merging, pairs, requests
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.merging import Decider, Pair
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import InvalidFields, MergedIntoAnother, NotFound, SeenOtherwise
from sync.http.merging import (
    ID_PATTERN,
    ONE_REQUEST,
    Comparing,
    RequestViews,
    asked,
    comparison,
    request_in,
)
from sync.http.operations import Needs, Operation, read_body
from sync.http.people import ABOUT, ONE, named_person, person_in
from sync.model.facts import FactId
from sync.reading.answers import PatientAnswer
from sync.reading.merging import Comparison, RequestAnswer
from sync.reading.snapshot import Snapshot
from sync.rules.merging import TAKEN_MAX, TakenField
from sync.storage.access.looks import LookAct


class DecisionAboutRecord(msgspec.Struct, kw_only=True, frozen=True):
    """A decision about one record."""

    why: Why
    who: EarlierWho = None


class MergeDecision(DecisionAboutRecord, kw_only=True, frozen=True):
    """A decision to merge the record in the path into another one."""

    into: Annotated[
        str,
        Meta(
            pattern=ID_PATTERN,
            title="must be the id or the record id of a person",
            description="the record that counts from then on, by local id or record id",
        ),
    ]
    seen: Annotated[
        str,
        Meta(
            max_length=64,
            description="`seen` of the comparison that the administrator has read",
        ),
    ]
    take: Taken = []


class AboutPair(DecisionAboutRecord, kw_only=True, frozen=True):
    """A decision whether the record in the path and another one are two people."""

    other: Annotated[
        str,
        Meta(
            pattern=ID_PATTERN,
            title="must be the id or the record id of a person",
            description="the other record, by local id or record id",
        ),
    ]


class TwoPeopleDecision(AboutPair, kw_only=True, frozen=True):
    """A decision that the record in the path and another one are two people."""

    seen: Annotated[
        str,
        Meta(
            max_length=64,
            description="`seen` of the comparison that the administrator has read",
        ),
    ]


class DecisionAboutRequest(DecisionAboutRecord, kw_only=True, frozen=True):
    """A decision to do what a desk asks for."""

    seen: (
        Annotated[
            str,
            Meta(max_length=64, description="of two records: `seen` of their comparison"),
        ]
        | None
    ) = None
    take: (
        Annotated[
            list[TakenField],
            Meta(
                max_length=TAKEN_MAX,
                description="of a merge: fields to take instead of those that the desk names",
            ),
        ]
        | None
    ) = None


class RecordDecided(TypedDict):
    """A record as it is after a decision, and the one that counts for it, which may be itself."""

    decision: str
    patient: PatientAnswer
    counts: PatientAnswer | None


class MergingApi:
    """The operations that decide which records count."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._comparing = Comparing(replica, Needs.READ)
        self._requests = RequestViews(replica, Needs.RECORDS)

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(
            Operation, "POST", needs=Needs.RECORDS, about=ABOUT, look=LookAct.OPENED
        )
        refused = (NotFound, CannotMerge, InRecovery)
        about_one = partial(operation, body=DecisionAboutRecord)
        return [
            *self._comparing.operations(),
            *self._requests.operations(),
            operation(
                ONE + "merge/",
                self.merge,
                "Merge a record into another one of the same person",
                body=MergeDecision,
                errors=(*refused, MergedIntoAnother, SeenOtherwise),
            ),
            operation(
                ONE + "two-people/",
                self.two_people,
                "Decide that two records are two people, and stop asking about them",
                body=TwoPeopleDecision,
                errors=(*refused, MergedIntoAnother, SeenOtherwise),
            ),
            operation(
                ONE + "maybe-one/",
                self.maybe_one,
                "Take back that two records are two people",
                body=AboutPair,
                errors=refused,
            ),
            about_one(ONE + "unmerge/", self.unmerge, "Take a merge back", errors=refused),
            about_one(
                ONE + "void/",
                self.void,
                "Mark a registration as a mistake",
                errors=(*refused, MergedIntoAnother),
            ),
            about_one(
                ONE + "unvoid/",
                self.unvoid,
                "Let a registration count that was marked as a mistake",
                errors=refused,
            ),
            operation(
                ONE_REQUEST + "carry-out/",
                self.carry_out,
                "Do what a desk asks for",
                body=DecisionAboutRequest,
                errors=(*refused, MergedIntoAnother, SeenOtherwise),
            ),
            about_one(
                ONE_REQUEST + "refuse/",
                self.refuse,
                "Refuse what a desk asks for",
                errors=refused,
            ),
        ]

    async def merge(self, request: web.Request) -> RecordDecided:
        """Merge the record in the path into another one.

        Raises:
            NotFound, InvalidFields, MergedIntoAnother, CannotMerge, SeenOtherwise, InRecovery:
                nothing was changed.
        """
        wanted = read_body(request, MergeDecision)
        decider = _decider(request, wanted)
        former = await self._id_of(request.match_info["id"])
        survivor = await self._id_of(wanted.into)
        pair = Pair(former, survivor, tuple(wanted.take))

        def act(tx: Transaction) -> FactId:
            as_seen = partial(
                is_as_seen, self._replica, tx, pair.former, pair.survivor, wanted.seen
            )
            return merging.merge(tx, self._arbiter, pair, decider, as_seen)

        return await self._answer(former, await self._replica.write(act))

    async def two_people(self, request: web.Request) -> Comparison:
        """Decide that two records are two people; return them side by side.

        Raises:
            NotFound, InvalidFields, MergedIntoAnother, CannotMerge, SeenOtherwise, InRecovery:
                nothing was changed.
        """
        wanted = read_body(request, TwoPeopleDecision)
        decider, pair = _decider(request, wanted), await self._pair(request, wanted)

        def act(tx: Transaction) -> FactId:
            as_seen = partial(
                is_as_seen, self._replica, tx, pair.former, pair.survivor, wanted.seen
            )
            return pairs.two_people(tx, self._arbiter, pair, decider, as_seen)

        return await self._side_by_side(pair, act)

    async def maybe_one(self, request: web.Request) -> Comparison:
        """Take back that two records are two people; return them side by side.

        Raises:
            NotFound, InvalidFields, CannotMerge, InRecovery: nothing was changed.
        """
        wanted = read_body(request, AboutPair)
        decider, pair = _decider(request, wanted), await self._pair(request, wanted)
        return await self._side_by_side(
            pair, lambda tx: pairs.maybe_one(tx, self._arbiter, pair, decider)
        )

    async def _pair(self, request: web.Request, wanted: AboutPair) -> Pair:
        one = await self._id_of(request.match_info["id"])
        return Pair(one, await self._id_of(wanted.other))

    async def _side_by_side(self, pair: Pair, act: Callable[[Transaction], FactId]) -> Comparison:
        await self._replica.write(act)
        return await self._replica.read(
            lambda snapshot: comparison(snapshot, str(pair.former), str(pair.survivor))
        )

    async def unmerge(self, request: web.Request) -> RecordDecided:
        """Take back what merged the record in the path into another one."""
        return await self._decide(request, merging.unmerge)

    async def void(self, request: web.Request) -> RecordDecided:
        """Mark the registration in the path as a mistake."""
        return await self._decide(request, merging.void)

    async def unvoid(self, request: web.Request) -> RecordDecided:
        """Let the registration in the path count again."""
        return await self._decide(request, merging.unvoid)

    async def carry_out(self, request: web.Request) -> RequestAnswer:
        """Do what a desk asks for; return the request as it is then.

        Raises:
            NotFound, InvalidFields, MergedIntoAnother, CannotMerge, SeenOtherwise, InRecovery:
                nothing was changed.
        """
        wanted = read_body(request, DecisionAboutRequest)
        decider, fact = _decider(request, wanted), request_in(request)
        taken = None if wanted.take is None else tuple(wanted.take)

        def as_read(tx: Transaction, pair: Pair) -> bool:
            return wanted.seen is not None and is_as_seen(
                self._replica, tx, pair.former, pair.survivor, wanted.seen
            )

        def act(tx: Transaction) -> FactId:
            as_seen = partial(as_read, tx)
            return requests.carry_out(tx, self._arbiter, fact, decider, as_seen, taken)

        await self._replica.write(act)
        return await self._replica.read(lambda snapshot: asked(snapshot, fact))

    async def refuse(self, request: web.Request) -> RequestAnswer:
        """Refuse what a desk asks for; return the request as it is then.

        Raises:
            NotFound, InvalidFields, CannotMerge, InRecovery: nothing was changed.
        """
        decider = _decider(request, read_body(request, DecisionAboutRecord))
        fact = request_in(request)
        await self._replica.write(lambda tx: requests.refuse(tx, self._arbiter, fact, decider))
        return await self._replica.read(lambda snapshot: asked(snapshot, fact))

    async def _decide(
        self, request: web.Request, decide: Callable[[Transaction, Arbiter, int, Decider], FactId]
    ) -> RecordDecided:
        """Decide about one record; return it as it is then.

        Raises:
            NotFound, InvalidFields, MergedIntoAnother, CannotMerge, InRecovery: nothing was
                changed.
        """
        decider = _decider(request, read_body(request, DecisionAboutRecord))
        patient = await self._id_of(request.match_info["id"])
        done = await self._replica.write(lambda tx: decide(tx, self._arbiter, patient, decider))
        return await self._answer(patient, done)

    async def _id_of(self, name: str) -> int:
        return await self._replica.read(lambda snapshot: named_person(snapshot, name)["id"])

    async def _answer(self, patient: int, done: FactId) -> RecordDecided:
        def look(snapshot: Snapshot) -> RecordDecided:
            person = person_in(snapshot, patient)
            links = [one["id"] for one in person["links"] if one["type"] == "replaced-by"]
            counts: PatientAnswer | None = person
            if person["voided"]:
                counts = None
            elif links and links[0] is not None:
                counts = person_in(snapshot, links[0])
            return {"decision": done.hex(), "patient": person, "counts": counts}

        return await self._replica.read(look)


def _decider(request: web.Request, wanted: DecisionAboutRecord) -> Decider:
    """Return who decides and why.

    Raises:
        InvalidFields: the reason has nothing to print.
    """
    why, wrong = reason_of(wanted.why)
    if wrong:
        raise InvalidFields(wrong)
    caller = request[CALLER]
    return Decider(caller.who, why, known=caller.known)
