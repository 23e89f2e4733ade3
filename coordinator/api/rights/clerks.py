"""The list of clerks over HTTP: who works at which desk."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.access import CALLER
from coordinator.api.rights.signing_in import ABOUT
from coordinator.errors import BadClerk, BadUserName, InRecovery, NameTaken
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import clerks
from coordinator.registry.clerks import ClerkWish
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadPin, Busy, NotFound
from sync.http.operations import Needs, Operation, read_body
from sync.http.paging import Listed, whole
from sync.http.registration import new_record_id
from sync.model.clerks.pins import ClerkPin, as_pin
from sync.model.formats import Uuid
from sync.reading.snapshot import Snapshot
from sync.rules.clerks import Clerk
from sync.trust.passwords import Passwords

EVERY: Final = "/api/clerks/"
ONE: Final = "/api/clerks/{id}/"
RULE: Final = "/api/clerks/rule/"

ClerkName = Annotated[str, Meta(max_length=200, description="letters, digits, spaces and . - _ '")]
ClerkDesks = (
    Annotated[
        list[Annotated[str, Meta(max_length=50)]],
        Meta(max_length=1000, description="codes of the desks where they work"),
    ]
    | None
)
Pin = Annotated[str, Meta(max_length=100, description="4 to 12 digits")]


class NewClerk(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody who works at desks."""

    name: ClerkName
    desks: ClerkDesks = None
    pin: Pin | None = None


class ClerkChange(msgspec.Struct, kw_only=True, frozen=True):
    """What is to change of a clerk; what is left out stays."""

    name: ClerkName | None = None
    desks: ClerkDesks = None
    all_desks: Annotated[bool, Meta(description="they work at all desks")] = False
    pin: Pin | None = None
    no_pin: Annotated[bool, Meta(description="they need no PIN any more")] = False


class RuleChange(msgspec.Struct, kw_only=True, frozen=True):
    """Whether names may be typed at desks that have clerks to choose from."""

    typing: bool


class ClerkAnswer(TypedDict):
    """A clerk; ``desks`` is null for all desks.

    ``pin`` says whether they have one. With ``pin_lost`` this coordinator does not know it any
    more, because it was set back to a copy of before: desks that have it go on, others get none
    until it is set again.
    """

    id: Uuid
    name: str
    desks: list[str] | None
    pin: bool
    pin_lost: bool


class RuleAnswer(TypedDict):
    """Whether names may be typed at desks that have clerks to choose from."""

    typing: bool


class ClerksApi:
    """Operations on the list of clerks."""

    def __init__(self, replica: Replica, arbiter: Arbiter, hashing: Passwords) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._hashing = hashing

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about=ABOUT)
        refused = (NotFound, BadClerk, BadUserName, NameTaken, BadPin, Busy, InRecovery)
        return [
            operation("GET", EVERY, self.list_clerks, "List clerks"),
            operation(
                "POST",
                EVERY,
                self.add_clerk,
                "Add a clerk",
                body=NewClerk,
                status=201,
                errors=refused,
            ),
            operation("GET", RULE, self.show_rule, "Show whether names may be typed"),
            operation(
                "PATCH",
                RULE,
                self.change_rule,
                "Say whether names may be typed",
                body=RuleChange,
                errors=(InRecovery,),
            ),
            operation(
                "PATCH", ONE, self.change_clerk, "Change a clerk", body=ClerkChange, errors=refused
            ),
            operation(
                "DELETE", ONE, self.remove_clerk, "Remove a clerk", errors=(NotFound, InRecovery)
            ),
        ]

    async def list_clerks(self, _request: web.Request) -> Listed[ClerkAnswer]:
        """Return all clerks, by name."""

        def look(snapshot: Snapshot) -> list[ClerkAnswer]:
            kept = snapshot.store.clerk_pins.all()
            return [_answer(kept, one) for one in snapshot.registry.clerks.listed]

        return whole(await self._replica.read(look))

    async def add_clerk(self, request: web.Request) -> ClerkAnswer:
        """Put a clerk on the list.

        Raises:
            NotFound, BadClerk, BadUserName, NameTaken, BadPin, Busy, InRecovery: nobody was added.
        """
        sent, who = read_body(request, NewClerk), request[CALLER].who
        verifier = await self._verifier(sent.pin)
        ident = new_record_id(self._replica.now_ms)

        def act(tx: Transaction) -> ClerkAnswer:
            self._arbiter.recovery.require_over(tx)
            desks = clerks.desks_of(tx, sent.desks) if sent.desks is not None else None
            clerks.add(tx, ident, ClerkWish(sent.name, desks, verifier), who)
            return _answer(tx.store.clerk_pins.all(), clerks.known(tx, ident))

        return await self._replica.write(act)

    async def change_clerk(self, request: web.Request) -> ClerkAnswer:
        """Let a clerk be called otherwise, work elsewhere, or have another PIN or none.

        Raises:
            NotFound, BadClerk, BadUserName, NameTaken, BadPin, Busy, InRecovery: nothing was
                changed.
        """
        sent, who, ident = read_body(request, ClerkChange), request[CALLER].who, _ident(request)
        verifier = "" if sent.no_pin else await self._verifier(sent.pin)

        def act(tx: Transaction) -> ClerkAnswer:
            self._arbiter.recovery.require_over(tx)
            before = clerks.known(tx, ident)
            desks = tuple(sorted(before.desks)) if before.desks is not None else None
            if sent.all_desks:
                desks = None
            elif sent.desks is not None:
                desks = clerks.desks_of(tx, sent.desks)
            wish = ClerkWish(sent.name or before.name, desks, verifier)
            clerks.change(tx, ident, wish, who)
            return _answer(tx.store.clerk_pins.all(), clerks.known(tx, ident))

        return await self._replica.write(act)

    async def remove_clerk(self, request: web.Request) -> None:
        """Take a clerk off the list; what they did keeps their name.

        Raises:
            NotFound, InRecovery: nothing was changed.
        """
        who, ident = request[CALLER].who, _ident(request)

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            clerks.remove(tx, ident, who)

        await self._replica.write(act)

    async def show_rule(self, _request: web.Request) -> RuleAnswer:
        """Return whether names may be typed at desks that have clerks to choose from."""
        return {"typing": self._replica.registry.clerks.typing}

    async def change_rule(self, request: web.Request) -> RuleAnswer:
        """Say whether names may be typed at desks that have clerks to choose from.

        Raises:
            InRecovery: nothing was changed.
        """
        sent, who = read_body(request, RuleChange), request[CALLER].who

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            clerks.rule(tx, sent.typing, who)

        await self._replica.write(act)
        return {"typing": sent.typing}

    async def _verifier(self, pin: str | None) -> str | None:
        return await self._hashing.hash_of(as_pin(pin)) if pin is not None else None


def _ident(request: web.Request) -> bytes:
    """Return the clerk that the path of a call names.

    Raises:
        NotFound: there can be none.
    """
    text = request.match_info["id"]
    try:
        return uuid.UUID(text).bytes
    except ValueError as error:
        raise NotFound(what="clerk", key=text) from error


def _answer(pins: Mapping[bytes, ClerkPin], clerk: Clerk) -> ClerkAnswer:
    kept = pins.get(clerk.id)
    return {
        "id": str(uuid.UUID(bytes=clerk.id)),
        "name": clerk.name,
        "desks": sorted(clerk.desks) if clerk.desks is not None else None,
        "pin": clerk.pin > 0,
        "pin_lost": clerk.pin > 0 and (kept is None or kept.pin != clerk.pin),
    }
