"""Conflicts at the coordinator: reading them, and deciding about them."""

from __future__ import annotations

import re
import uuid
from datetime import tzinfo
from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.access import CALLER
from coordinator.api.deciding import EarlierWho, Taken, Why, is_as_seen, reason_of
from coordinator.errors import CannotResolve, ConflictDecided, InRecovery
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.cases import Order, Seen
from coordinator.judging.resolving import NumberChange, Resolved, resolve
from coordinator.users.rights import Caller
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import InvalidFields, MergedIntoAnother, NotFound, SeenOtherwise
from sync.http.conflicts import ABOUT, ONE, ConflictViews
from sync.http.operations import Needs, Operation, read_body
from sync.http.people import person_in
from sync.http.requests import read_object
from sync.model import facts
from sync.model.facts import Action, Author, FactId, RecordId
from sync.reading.answers import PatientAnswer
from sync.reading.conflicts import ConflictAnswer
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct


class ConflictDecision(msgspec.Struct, kw_only=True, frozen=True):
    """A decision about a conflict."""

    action: Action
    why: Why
    who: EarlierWho = None
    into: (
        Annotated[
            uuid.UUID,
            Meta(
                title="must be the whole record id of a person, as the conflict shows it",
                description="with `merge`: the record id that counts",
            ),
        ]
        | None
    ) = None
    resolution: (
        Annotated[
            str,
            Meta(
                pattern=r"^[0-9a-fA-F]{32}$",
                title="must be the id of a decision, as the history of the conflict shows it",
                description="the decision that you have seen in force, null for none",
            ),
        ]
        | None
    ) = None
    take: Taken = []
    seen: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="with `merge`: `seen` of the conflict or the comparison that was read; "
                "needed with `take`",
            ),
        ]
        | None
    ) = None


class NumberChangeAnswer(TypedDict):
    """What a decision did to one person's number; with ``reprint`` a card is due at ``desk``.

    ``listed`` says that the desk has a node, which lists the card until it is printed.
    """

    patient: PatientAnswer
    before: str | None
    held_before: bool
    mrn: str | None
    holds: bool
    reprint: bool
    desk: str
    listed: bool


class ConflictResolution(TypedDict):
    """The conflict as it is now, and whose numbers have changed."""

    conflict: ConflictAnswer
    changed: list[NumberChangeAnswer]


class CoordinatorConflictsApi:
    """Operations on the conflicts of the clinic."""

    def __init__(self, replica: Replica, arbiter: Arbiter, zone: tzinfo) -> None:
        self._views = ConflictViews(replica, zone, Needs.CONFLICTS)
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            *self._views.operations(),
            Operation(
                "POST",
                f"{ONE}resolve/",
                self.resolve,
                "Decide about a conflict",
                needs=Needs.CONFLICTS,
                body=ConflictDecision,
                errors=(
                    *(NotFound, CannotResolve, MergedIntoAnother, ConflictDecided),
                    *(SeenOtherwise, InRecovery),
                ),
                about=ABOUT,
                look=LookAct.COMPARED,
            ),
        ]

    async def resolve(self, request: web.Request) -> ConflictResolution:
        """Decide about a conflict; return it as it is then, and whose numbers have changed.

        Raises:
            NotFound, InvalidFields: see `_order`.
            CannotResolve, MergedIntoAnother, ConflictDecided, SeenOtherwise, InRecovery: nothing
                was changed.
        """
        ident = request.match_info["id"]
        wanted = read_body(request, ConflictDecision)
        # A null says that the client saw no decision in force, no name that it did not look.
        looked = "resolution" in read_object(request)
        order = _order(ident, wanted, looked, request[CALLER])

        def act(tx: Transaction) -> Resolved:
            if wanted.seen is None:
                return resolve(tx, self._arbiter, order)
            as_seen = partial(is_as_seen, self._replica, tx, seen=wanted.seen)
            return resolve(tx, self._arbiter, order._replace(is_as_seen=as_seen))

        done = await self._replica.write(act)

        def look(snapshot: Snapshot) -> ConflictResolution:
            conflict = snapshot.conflicts.one(ident)
            if conflict is None:
                raise NotFound(what="conflict", key=ident)
            changed = [_change(snapshot, change) for change in done.changes]
            return {"conflict": conflict, "changed": changed}

        return await self._replica.read(look)


def _change(snapshot: Snapshot, change: NumberChange) -> NumberChangeAnswer:
    """Return what a decision did to one person's number."""
    person = person_in(snapshot, change.patient)
    # Whoever wrote the registration has the card; for the coordinator's it is the terminal's.
    wrote, code = person["registered_by"], person["origin_terminal_code"]
    desk = (code or "the coordinator") if wrote == facts.COORDINATOR else wrote
    terminal = snapshot.registry.terminals.get(Author(desk))
    return {
        "patient": person,
        "before": snapshot.numbers.text(change.before),
        "held_before": change.held_before,
        "mrn": snapshot.numbers.text(change.after),
        "holds": change.holds,
        "reprint": change.reprint,
        "desk": desk,
        "listed": terminal is not None and terminal.has_node,
    }


def _order(ident: str, wanted: ConflictDecision, looked: bool, decider: Caller) -> Order:
    """Return the decision that a client wants, checked as far as that needs no database.

    Args:
        looked: the client says which decision it has seen in force.

    Raises:
        NotFound: there can be no conflict with that id.
        InvalidFields: the reason has nothing to print, or a record id goes with the wrong action.
    """
    if re.fullmatch(r"[0-9a-fA-F]{32}", ident) is None:
        raise NotFound(what="conflict", key=ident)
    why, wrong = reason_of(wanted.why)
    if wanted.into is not None and wanted.action is not Action.MERGE:
        wrong["into"] = f"goes with merge, not with {wanted.action}"
    if wanted.take and wanted.action is not Action.MERGE:
        wrong["take"] = f"goes with merge, not with {wanted.action}"
    elif wanted.take and wanted.seen is None:
        wrong["seen"] = "must be there with 'take': what both records say, as it was read"
    if wrong:
        raise InvalidFields(wrong)
    seen = FactId(bytes.fromhex(wanted.resolution)) if wanted.resolution is not None else None
    return Order(
        FactId(bytes.fromhex(ident)),
        wanted.action,
        decider.who,
        why,
        RecordId(wanted.into.bytes) if wanted.into is not None else None,
        Seen(seen) if looked else None,
        decider.known,
        tuple(wanted.take),
    )
