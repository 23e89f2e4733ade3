"""Forms of numbers over HTTP: what is in use, and what new numbers look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.errors import DesksBehind, InRecovery, PoolClosed, PoolUsedUp
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import formats, pool, ranges
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadNumberFormat
from sync.http.operations import Needs, Operation, read_body
from sync.model.facts import Author
from sync.model.numbers import Mrn, online_mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import PREFIX_MAX, WIDTH_MAX, NumberFormat, PrintedKind
from sync.reading.snapshot import Snapshot
from sync.reading.view import View

PATH = "/api/number-formats/"


class FormatChange(msgspec.Struct, kw_only=True, frozen=True):
    """What new numbers of one kind are to look like; ``on`` false prints them as they are."""

    kind: PrintedKind
    on: bool = True
    prefix: Annotated[str, Meta(max_length=PREFIX_MAX, pattern=r"^[A-Z0-9.-]*$")] = ""
    width: Annotated[int, Meta(ge=0, le=WIDTH_MAX, description="digits of plain numbers")] = 0
    separator: Annotated[str, Meta(max_length=1, pattern=r"^[.-]?$")] = ""
    check: Check = Check.NONE
    dry_run: Annotated[bool, Meta(description="only say what will happen")] = False
    all_upgraded: Annotated[
        bool, Meta(description="desks that are not connected run this version too")
    ] = False


class FormatAnswer(TypedDict):
    """A form; in ``description`` ``0`` stands for a digit and ``C`` for a check digit."""

    kind: PrintedKind
    description: str
    prefix: str
    width: int
    separator: str
    check: Check


class FormatsAnswer(TypedDict):
    """The forms of new numbers, null where these are printed as they are, and all in use."""

    plain: FormatAnswer | None
    online: FormatAnswer | None
    in_use: list[FormatAnswer]


class FormatPlan(TypedDict):
    """What a change does, or would do.

    ``example`` is what one of the next numbers looks like. ``old_numbers`` is how many plain
    numbers are still to come out of ranges that were granted before and stay as they are.
    ``earlier`` are desks that would print numbers without their form, ``unknown`` those of which
    that is not known, because they are not connected. ``done`` is false for a dry run.
    """

    kind: PrintedKind
    before: FormatAnswer | None
    after: FormatAnswer | None
    example: str | None
    old_numbers: int
    earlier: list[str]
    unknown: list[str]
    done: bool


class FormatsApi:
    """Operations on forms of numbers.

    Args:
        speaking: the protocol version of each desk that is connected.
    """

    def __init__(
        self, replica: Replica, arbiter: Arbiter, speaking: Callable[[], Mapping[Author, int]]
    ) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._speaking = speaking

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about="terminals")
        return [
            operation("GET", PATH, self.show, "Show what numbers look like"),
            operation(
                "PATCH",
                PATH,
                self.change,
                "Switch a form for new numbers on or off",
                body=FormatChange,
                errors=(BadNumberFormat, DesksBehind, InRecovery),
            ),
        ]

    async def show(self, _request: web.Request) -> FormatsAnswer:
        """Return the forms of new numbers, and all that are in use."""

        def look(snapshot: Snapshot) -> FormatsAnswer:
            on = formats.read(snapshot.store)
            return {
                "plain": _answer(on.get(PrintedKind.PLAIN)),
                "online": _answer(on.get(PrintedKind.ONLINE)),
                "in_use": [_shown(one) for one in sorted(snapshot.numbers.formats)],
            }

        return await self._replica.read(look)

    async def change(self, request: web.Request) -> FormatPlan:
        """Switch a form for new numbers on or off; return what that does.

        A dry run changes nothing, and names desks that hold the form back instead of refusing it.

        Raises:
            BadNumberFormat, DesksBehind, InRecovery: nothing was changed.
        """
        body = read_body(request, FormatChange)
        form = None
        if body.on:
            form = NumberFormat(body.kind, body.prefix, body.width, body.separator, body.check)
        speaking = self._speaking()
        if body.dry_run:
            return await self._replica.read(lambda now: self._plan(now, body, form, speaking))

        def act(tx: Transaction) -> FormatPlan:
            self._arbiter.recovery.require_over(tx)
            plan = self._plan(tx, body, form, speaking)
            if form is not None:
                formats.require_known(formats.behind(tx, speaking), updated=body.all_upgraded)
            formats.switch(tx, body.kind, form)
            return plan

        return await self._replica.write(act)

    def _plan(
        self,
        view: View,
        body: FormatChange,
        form: NumberFormat | None,
        speaking: Mapping[Author, int],
    ) -> FormatPlan:
        """Return what a change does.

        Raises:
            BadNumberFormat: it cannot be done.
        """
        behind = formats.Behind([], [])
        if form is not None:
            formats.require_usable(view, form)
            behind = formats.behind(view, speaking)
        return {
            "kind": body.kind,
            "before": _answer(formats.read(view.store).get(body.kind)),
            "after": _answer(form),
            "example": self._example(view, body.kind, form),
            "old_numbers": _old_numbers(view, form) if body.kind is PrintedKind.PLAIN else 0,
            "earlier": list(behind.earlier),
            "unknown": list(behind.unknown),
            "done": not body.dry_run,
        }

    def _example(self, view: View, kind: PrintedKind, form: NumberFormat | None) -> str | None:
        """Return what one of the next numbers looks like, None if there is no next one."""
        if kind is PrintedKind.ONLINE:
            mrn = online_mrn(self._arbiter.recovery.day(self._replica.now_ms), 1)
        else:
            try:
                mrn = Mrn(str(pool.next_block(view).start))
            except (PoolClosed, PoolUsedUp):
                return None
        return form.text(mrn) if form is not None else mrn


def _old_numbers(view: View, form: NumberFormat | None) -> int:
    """Return how many numbers are still to come that look otherwise, because of their range."""
    return sum(
        standing.remaining
        for held in ranges.standings(view).values()
        for standing in held
        if standing.block.format != form
    )


def _answer(form: NumberFormat | None) -> FormatAnswer | None:
    return _shown(form) if form is not None else None


def _shown(form: NumberFormat) -> FormatAnswer:
    return {
        "kind": form.kind,
        "description": form.description,
        "prefix": form.prefix,
        "width": form.width,
        "separator": form.separator,
        "check": form.check,
    }
