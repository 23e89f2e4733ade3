"""Codes that let a desk in, over HTTP."""

from __future__ import annotations

from typing import Annotated, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.terminals_bodies import Code, Name, printable
from coordinator.enrolling import EnrolmentDoor
from coordinator.errors import InRecovery
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import enrolments, terminals
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadTerminalCode, CannotListen
from sync.http.operations import Needs, Operation, read_body
from sync.model.facts import as_terminal_code
from sync.model.formats import Time, iso_utc_of_ms

Host = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9.:-]{1,253}$",
        title="must be the name or the address of this computer",
        description="by which desks reach the coordinator's computer",
    ),
]
Seconds = Annotated[int, msgspec.Meta(ge=60, le=enrolments.VALID_S_MAX)]


class EnrolmentSetup(msgspec.Struct, kw_only=True, frozen=True):
    """A code to be made for a terminal, which is made too if there is none."""

    code: Code
    name: Name | None = None
    valid_s: Seconds = enrolments.VALID_S
    host: Host | None = None


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
                errors=(BadTerminalCode, CannotListen, InRecovery),
                about="terminals",
            )
        ]

    async def new_code(self, request: web.Request) -> EnrolmentAnswer:
        """Make a code for one desk, and open the port at which the desk shows it.

        Raises:
            BadTerminalCode, InvalidFields, InRecovery: no code was made.
            CannotListen: no desk can show a code, because another program has the port.
        """
        body = read_body(request, EnrolmentSetup)
        code, name = as_terminal_code(body.code), printable(body.name)
        await self._door.open()
        made = self._door.fresh_code(body.host)

        def act(tx: Transaction) -> tuple[int, bool]:
            self._arbiter.recovery.require_over(tx)
            until_ms = enrolments.new_code(tx, code, name, made, body.valid_s)
            return until_ms, terminals.known(tx, code).has_node

        until_ms, has_node = await self._replica.write(act)
        return {
            "terminal": code,
            "enrolment_code": made.text,
            "address": f"{made.host}:{made.port}",
            "until": iso_utc_of_ms(until_ms),
            "has_node": has_node,
            "only_here": self._only_here,
        }
