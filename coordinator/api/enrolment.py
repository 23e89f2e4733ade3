"""Codes that let a desk in, and the authority that issues certificates of desks, over HTTP."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.terminals_bodies import Code, Name, printable
from coordinator.enrolling import EnrolmentDoor
from coordinator.errors import InRecovery, NextAuthorityThere, NoNextAuthority
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import enrolments, terminals
from coordinator.registry.enrolments import NewCode
from coordinator.renewing import Renewing
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import AuthorityLocked, BadTerminalCode, CannotListen, WrongPassphrase
from sync.http.operations import Needs, Operation, read_body
from sync.model.facts import REASON_LENGTH_MAX, as_terminal_code
from sync.model.formats import Time, iso_utc_of_ms
from sync.protocol.addresses import with_port
from sync.reading.snapshot import Snapshot
from sync.trust import codes

Host = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9.:-]{1,253}$",
        title="must be the name or the address of this computer",
        description="by which desks reach the coordinator's computer",
    ),
]
Seconds = Annotated[int, msgspec.Meta(ge=60, le=enrolments.VALID_S_MAX)]


Passphrase = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=200, description="of the authority, if its key is locked"
    ),
]


class EnrolmentSetup(msgspec.Struct, kw_only=True, frozen=True):
    """A code to be made for a terminal, which is made too if there is none."""

    code: Code
    name: Name | None = None
    valid_s: Seconds = enrolments.VALID_S
    host: Host | None = None
    short: Annotated[
        bool, msgspec.Meta(description="for reading over a telephone: without the address")
    ] = False
    passphrase: Passphrase | None = None


class EnrolmentAnswer(TypedDict):
    """A code, shown this once: only a hash of it is kept.

    ``address`` is where a desk shows it. ``has_node`` says that the terminal has a computer, which
    is then the only one that the code lets in. ``only_here`` says that the coordinator syncs with
    desks of its own computer only.
    """

    terminal: str
    enrolment_code: str
    address: str
    until: Time
    has_node: bool
    only_here: bool


class EnrolmentApi:
    """The operation that makes a code."""

    def __init__(
        self, replica: Replica, arbiter: Arbiter, door: EnrolmentDoor, only_here: bool
    ) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._door = door
        self._only_here = only_here

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "POST",
                "/api/enrolments/",
                self.new_code,
                "Make a code that lets a desk in",
                needs=Needs.ADMINISTER,
                body=EnrolmentSetup,
                status=201,
                errors=(
                    BadTerminalCode,
                    CannotListen,
                    InRecovery,
                    AuthorityLocked,
                    WrongPassphrase,
                ),
                about="terminals",
            )
        ]

    async def new_code(self, request: web.Request) -> EnrolmentAnswer:
        """Make a code for one desk, and open the port at which the desk shows it.

        Raises:
            BadTerminalCode, InvalidFields, InRecovery: no code was made.
            AuthorityLocked, WrongPassphrase: no certificate could be issued for it.
            CannotListen: no desk can show a code, because another program has the port.
        """
        body = read_body(request, EnrolmentSetup)
        code, name = as_terminal_code(body.code), printable(body.name)
        async with self._door.making:
            await self._door.unlock(body.passphrase)
            await self._door.open()
            made = self._door.fresh_code(body.host)
            text, kept = made.text, NewCode(made.id, made.secret)
            if body.short:
                brief = codes.fresh_short()
                stretched = await asyncio.to_thread(brief.stretched)
                text, kept = brief.text, NewCode(brief.id, *stretched)

            def act(tx: Transaction) -> tuple[int, bool]:
                if not enrolments.is_at_work(tx, code):
                    self._arbiter.recovery.require_over(tx)
                until_ms = enrolments.new_code(tx, code, name, kept, body.valid_s)
                return until_ms, terminals.known(tx, code).has_node

            until_ms, has_node = await self._replica.write(act)
        return {
            "terminal": code,
            "enrolment_code": text,
            "address": with_port(made.host, made.port),
            "until": iso_utc_of_ms(until_ms),
            "has_node": has_node,
            "only_here": self._only_here,
        }


class AuthorityEnd(msgspec.Struct, kw_only=True, frozen=True):
    """Why the authority in use is withdrawn."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_LENGTH_MAX)]


class AuthorityPassphrase(msgspec.Struct, kw_only=True, frozen=True):
    """The passphrase of the authority, and the one that it is to have; without ``new`` none."""

    old: Passphrase | None = None
    new: Annotated[str, msgspec.Meta(min_length=10, max_length=200)] | None = None


class AuthorityRenewal(msgspec.Struct, kw_only=True, frozen=True):
    """The passphrase of the authority, which its successor gets too."""

    passphrase: Passphrase | None = None


class AuthorityAnswer(TypedDict):
    """The authority in use and the next one, by the fingerprints of their keys.

    ``left`` are the terminals that have no certificate of the next one yet; without a next one,
    those that have none of the one in use, because they joined with a file or by another one.
    ``locked`` says that its passphrase is needed before it can issue anything.
    """

    fingerprint: str
    next: str | None
    locked: bool
    left: list[str]


class AuthorityApi:
    """Operations on the authority."""

    def __init__(self, replica: Replica, arbiter: Arbiter, renewing: Renewing) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._renewing = renewing

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        path = "/api/authority/"
        operation = partial(Operation, needs=Needs.ADMINISTER, about="terminals")
        return [
            operation("GET", path, self.show, "Show the authority"),
            operation(
                "POST",
                path + "renew/",
                self.renew,
                "Make a next authority",
                body=AuthorityRenewal,
                errors=(NextAuthorityThere, InRecovery, AuthorityLocked, WrongPassphrase),
            ),
            operation(
                "POST",
                path + "passphrase/",
                self.protect,
                "Give the authority a passphrase",
                body=AuthorityPassphrase,
                errors=(AuthorityLocked, WrongPassphrase),
            ),
            operation(
                "POST",
                path + "finish/",
                self.finish,
                "Withdraw the authority in use",
                body=AuthorityEnd,
                errors=(NoNextAuthority, InRecovery),
            ),
        ]

    async def show(self, _request: web.Request) -> AuthorityAnswer:
        """Return the authority, the next one, and who has no certificate of the newer one."""
        issuer = self._renewing.issuer

        def look(snapshot: Snapshot) -> list[str]:
            return [*enrolments.left(snapshot, issuer.renewing)]

        return {
            "fingerprint": issuer.current.fingerprint.hex(),
            "next": issuer.next.fingerprint.hex() if issuer.next is not None else None,
            "locked": issuer.current.is_locked,
            "left": await self._replica.read(look),
        }

    async def renew(self, request: web.Request) -> AuthorityAnswer:
        """Make a next authority, of which desks get certificates over their sessions.

        Raises:
            NextAuthorityThere, InRecovery, AuthorityLocked, WrongPassphrase: none was made.
        """
        body = read_body(request, AuthorityRenewal)
        await self._replica.write(self._arbiter.recovery.require_over)
        await self._renewing.begin(body.passphrase)
        return await self.show(request)

    async def protect(self, request: web.Request) -> AuthorityAnswer:
        """Lock the key of the authority with a passphrase, or with none any more.

        Raises:
            AuthorityLocked, WrongPassphrase: nothing was changed.
        """
        body = read_body(request, AuthorityPassphrase)
        await self._renewing.protect(body.old, body.new)
        return await self.show(request)

    async def finish(self, request: web.Request) -> AuthorityAnswer:
        """Withdraw the authority in use: desks that are left have to be enrolled again.

        Raises:
            NoNextAuthority, InRecovery: nothing was changed.
        """
        body = read_body(request, AuthorityEnd)
        await self._replica.write(self._arbiter.recovery.require_over)
        await self._renewing.finish(body.reason)
        return await self.show(request)
