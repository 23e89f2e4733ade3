"""Who sits at the page of a desk, over HTTP: typing a PIN, and leaving."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from node.api.desk_work import ABOUT
from node.clerks.workplace import Workplace
from node.errors import (
    NoPinHere,
    PinChangeUnanswered,
    PinDelayed,
    PinNeedsCoordinator,
    PinNotChanged,
    WrongPin,
)
from sync.errors import BadPin, Busy, NotFound
from sync.http.operations import Needs, Operation, WithCookie, read_body
from sync.http.requests import session_of
from sync.model import typed
from sync.model.clerks.known import KnownBy
from sync.model.clerks.pins import as_pin
from sync.rules.clerks import Clerk

PATH: Final = "/api/sitting/"
OWN_PIN: Final = "/api/sitting/pin/"


class TypedPin(msgspec.Struct, kw_only=True, frozen=True):
    """A clerk's PIN, as whoever sits at the page has typed it."""

    name: Annotated[str, Meta(max_length=100)]
    pin: Annotated[str, Meta(max_length=100)]


class ChosenPin(TypedPin, kw_only=True, frozen=True):
    """Another PIN that a clerk chooses, with the one that she has."""

    new_pin: Annotated[str, Meta(max_length=100, description="4 to 12 digits")]


class SittingAnswer(TypedDict):
    """Who sits at this page, and how that is known; null where nobody was named."""

    name: str | None
    known: KnownBy | None


class SittingApi:
    """Operations on who sits at a desk's page."""

    def __init__(
        self,
        workplace: Workplace,
    ) -> None:
        self._sitting = workplace.sitting
        self._clerks = workplace.clerks
        self._pins = workplace.pins
        self._sessions = workplace.sessions
        self._hashing = workplace.hashing
        self._changing = workplace.changing

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.THIS_COMPUTER, about=ABOUT)
        return [
            operation("GET", PATH, self.shown, "Show who sits at this page"),
            operation(
                "POST",
                PATH,
                self.begin,
                "Prove by a PIN who sits at this page",
                body=TypedPin,
                errors=(NotFound, NoPinHere, WrongPin, PinDelayed, Busy),
            ),
            operation(
                "POST",
                OWN_PIN,
                self.change_pin,
                "Change the PIN of whoever types it",
                body=ChosenPin,
                errors=(
                    *(NotFound, NoPinHere, WrongPin, PinDelayed, Busy, BadPin),
                    *(PinNeedsCoordinator, PinNotChanged, PinChangeUnanswered),
                ),
            ),
            operation("DELETE", PATH, self.leave, "Leave this page"),
        ]

    async def shown(self, request: web.Request) -> SittingAnswer:
        """Return who sits at the page that asks."""
        name, known = self._sitting.of(request)
        return {"name": name, "known": known}

    async def begin(self, request: web.Request) -> WithCookie[SittingAnswer]:
        """Let the name of a clerk count as proved at this page until she leaves it.

        Raises:
            NotFound: nobody who works here has that name.
            NoPinHere: she has no PIN, or it has not come to this desk yet.
            WrongPin, PinDelayed: it was wrong, or it comes too early after a wrong one.
            Busy: too many others wait.
        """
        sent = read_body(request, TypedPin)
        clerk = self._named(sent.name)
        verifier = await self._prove(clerk, sent.pin)
        return self._seat(request, clerk, verifier)

    async def change_pin(self, request: web.Request) -> WithCookie[SittingAnswer]:
        """Let a clerk have another PIN at all desks where she works, and sit at this page.

        Raises:
            PinNeedsCoordinator: this desk is not in touch with the coordinator; no PIN was looked
                at.
            BadPin: it cannot be used as one.
            PinNotChanged, PinChangeUnanswered: see `node.clerks.changing`.
            NotFound, NoPinHere, WrongPin, PinDelayed, Busy: see `begin`.
        """
        sent = read_body(request, ChosenPin)
        clerk, chosen = self._named(sent.name), as_pin(sent.new_pin)
        self._changing.require_touch(clerk)
        former = await self._prove(clerk, sent.pin)
        if chosen == typed.code(sent.pin):
            raise BadPin(why="it is the one that you have")
        verifier = await self._hashing.hash_of(chosen)
        await self._changing.change(clerk, verifier)
        # Where the news of it is still on its way here the former one counts a moment longer.
        now = self._clerks.named(clerk.name) or clerk
        return self._seat(request, clerk, self._pins.verifier_of(now) or former)

    async def leave(self, request: web.Request) -> WithCookie[SittingAnswer]:
        """Let nobody count as sitting at this page."""
        self._end(request)
        return WithCookie({"name": None, "known": None}, None, self._sitting.cookie)

    def _named(self, name: str) -> Clerk:
        clerk = self._clerks.named(typed.entered(name))
        if clerk is None:
            raise NotFound(what="clerk", key=name)
        return clerk

    async def _prove(self, clerk: Clerk, pin: str) -> str:
        """Return what the PIN of a clerk is checked by, when it was the right one."""
        verifier = self._pins.verifier_of(clerk)
        if verifier is None:
            why = "the coordinator has not told it yet" if clerk.pin else "there is none"
            raise NoPinHere(name=clerk.name, why=why)
        if not await self._is_right(clerk, typed.code(pin), verifier):
            raise WrongPin(name=clerk.name, seconds=self._pins.next_try_s(clerk))
        return verifier

    def _seat(self, request: web.Request, clerk: Clerk, verifier: str) -> WithCookie[SittingAnswer]:
        self._end(request)  # whoever sat there before
        ident = self._sessions.begin(clerk.id.hex(), verifier)
        found: SittingAnswer = {"name": clerk.name, "known": KnownBy.PIN}
        return WithCookie(found, ident, self._sitting.cookie)

    async def _is_right(self, clerk: Clerk, pin: str, verifier: str) -> bool:
        self._pins.begin(clerk)
        try:
            right = await self._hashing.is_right(pin, verifier)
        except Busy:
            self._pins.take_back(clerk)
            raise
        if right:
            self._pins.succeeded(clerk)
        return right

    def _end(self, request: web.Request) -> None:
        ident = session_of(request, self._sitting.cookie)
        if ident is not None:
            self._sessions.end(ident)
