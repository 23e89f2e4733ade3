"""Conflicts over HTTP at the coordinator: reading them, and deciding about them."""

from __future__ import annotations

import uuid
from datetime import tzinfo
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import require_administrator
from coordinator.errors import CannotResolve, ConflictDecided, InRecovery
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.cases import Order, Seen
from coordinator.judging.resolving import NumberChange, Resolved, resolve
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import InvalidFields, NotFound
from sync.http.app import read_object
from sync.http.conflicts import ABOUT, ONE, ConflictViews
from sync.http.operations import Operation, read_body
from sync.model import facts
from sync.model.facts import Action, Author, FactId, RecordId
from sync.reading.answers import Patient
from sync.reading.conflicts import ConflictAnswer
from sync.reading.snapshot import Snapshot

WHO_LENGTH_MAX: Final = 100
WHY_LENGTH_MAX: Final = 1000


class Decide(msgspec.Struct, kw_only=True, frozen=True):
    """A decision about a conflict."""

    action: Action
    who: Annotated[str, msgspec.Meta(max_length=WHO_LENGTH_MAX, description="who decides")]
    why: Annotated[str, msgspec.Meta(max_length=WHY_LENGTH_MAX, description="the reason")]
    into: Annotated[
        str | None, msgspec.Meta(description="with `merge`: the record id that counts")
    ] = None
    resolution: Annotated[
        str | None,
        msgspec.Meta(description="the decision that you have seen in force, null for none"),
    ] = None


class ChangeAnswer(TypedDict):
    """What a decision did to one person's number; with ``reprint`` a card is due at ``desk``.

    ``listed`` says that the desk has a node, which lists the card until it is printed.
    """

    patient: Patient
    before: str | None
    held_before: bool
    mrn: str | None
    holds: bool
    reprint: bool
    desk: str
    listed: bool


class ResolvedAnswer(TypedDict):
    """The conflict as it is now, and whose numbers have changed."""

    conflict: ConflictAnswer
    changed: list[ChangeAnswer]


class CoordinatorConflictsApi:
    """Routes over the coordinator's replica."""

    def __init__(self, replica: Replica, arbiter: Arbiter, zone: tzinfo) -> None:
        self._views = ConflictViews(replica, zone, require_administrator)
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            *self._views.operations(),
            Operation(
                "POST",
                f"{ONE}resolve/",
                self.resolve,
                "Decide about a conflict",
                body=Decide,
                answer=ResolvedAnswer,
                errors=(NotFound, CannotResolve, ConflictDecided, InRecovery),
                about=ABOUT,
            ),
        ]

    async def resolve(self, request: web.Request) -> web.Response:
        """Decide about a conflict."""
        require_administrator(request)
        ident = request.match_info["id"]
        wanted = await read_body(request, Decide)
        looked = "resolution" in await read_object(request)  # null says: I saw none in force
        order = _order(ident, wanted, looked)

        def act(tx: Transaction) -> Resolved:
            return resolve(tx, self._arbiter, order)

        done = await self._replica.write(act)

        def look(snapshot: Snapshot) -> ResolvedAnswer:
            conflict = snapshot.conflicts.one(ident)
            if conflict is None:
                raise NotFound(what="conflict", key=ident)
            changed = [_change(snapshot, change) for change in done.changes]
            return ResolvedAnswer(conflict=conflict, changed=changed)

        return web.json_response(await self._replica.read(look))


def _change(snapshot: Snapshot, change: NumberChange) -> ChangeAnswer:
    person = snapshot.people.by_id(change.patient)
    if person is None:
        raise NotFound(what="patient", key=change.patient)
    wrote, code = person["registered_by"], person["origin_terminal_code"]
    desk = (code or "the coordinator") if wrote == facts.COORDINATOR else wrote
    terminal = snapshot.registry.terminals.get(Author(desk))
    return {
        "patient": person,
        "before": change.before,
        "held_before": change.held_before,
        "mrn": change.after,
        "holds": change.holds,
        "reprint": change.reprint,
        "desk": desk,
        "listed": terminal is not None and terminal.has_node,
    }


def _order(ident: str, wanted: Decide, looked: bool) -> Order:
    """What is asked for, checked as far as that needs no database.

    Raises:
        NotFound: there can be no such conflict.
        InvalidFields: a text is empty, or an id is none.
    """
    registration = _sixteen(ident)
    if registration is None:
        raise NotFound(what="conflict", key=ident)
    wrong: dict[str, str] = {}
    told = {name: " ".join(getattr(wanted, name).split()) for name in ("who", "why")}
    for name, text in told.items():
        if not text or not text.isprintable():
            wrong[name] = "must be a text that can be printed, and not empty"
    seen = _sixteen(wanted.resolution) if wanted.resolution else None
    if wanted.resolution and seen is None:
        wrong["resolution"] = "must be the id of a resolution"
    into = _record(wanted.into) if wanted.into else None
    if wanted.into and into is None:
        wrong["into"] = "must be a record id"
    if wanted.into and wanted.action is not Action.MERGE:
        wrong["into"] = f"goes with merge, not with {wanted.action}"
    if wrong:
        raise InvalidFields(wrong)
    return Order(
        FactId(registration),
        wanted.action,
        told["who"],
        told["why"],
        into,
        Seen(FactId(seen) if seen else None) if looked else None,
    )


def _sixteen(text: str) -> bytes | None:
    """16 bytes in hexadecimal."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    return data if len(data) == 16 else None


def _record(text: str) -> RecordId | None:
    try:
        return RecordId(uuid.UUID(text).bytes)
    except ValueError:
        return None
