"""Registering a person inside one transaction: the number is picked where it is committed.

The rule of which number may be issued is here and in `sync.model.numbers`: oldest range first,
never outside it, never at or below one that was issued from it, never one seen anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final, NamedTuple, Protocol

from sync.engine.transaction import Transaction
from sync.errors import (
    KeyReused,
    MrnConflict,
    NoRange,
    NotOnSheet,
    NotYourNumber,
    RangeExhausted,
    TerminalNotFound,
    TooFewNumbers,
)
from sync.model import bodies, facts, numbers, phrases, reasons
from sync.model.clerks.known import KnownBy
from sync.model.facts import Allocator, Author, FactId, RecordId, Registration, State
from sync.model.numbers import Mrn, NumberRange
from sync.reading.view import View
from sync.rules.number_texts import NumberTexts
from sync.rules.registry import Block
from sync.storage.cursors import Cursor
from sync.storage.records.number_sets import USED
from sync.witness.memory import Known, Used, below_name

SUPPLIED_AHEAD_MAX: Final = 1000
"""How far above the last number used a client's own number may lie, without those of others."""

CALLERS_MAX: Final = 50
"""So many people whom callers registered under equal keys are looked at when one asks again."""


class Draft(NamedTuple):
    """A person to be registered.

    ``terminal`` is where, ``registered_at`` the wall time with its zone. ``key`` is the 16-byte
    hash of the client's idempotency key, ``request`` a hash of what it sent with it, ``key_text``
    the key itself, for messages. ``shared_key`` is the hash of the key whoever sends it, where
    ``key`` is that of one caller; others compare by it. ``from_paper``: the time is that on a
    sheet, and is good for a number of a sheet only. ``known`` is how the name of the operator is
    known.
    """

    record: RecordId
    terminal: Author | None
    demographics: dict[str, str]
    registered_at: str
    operator: str | None = None
    key: bytes | None = None
    request: bytes = b""
    key_text: str = ""
    from_paper: bool = False
    known: KnownBy | None = None
    shared_key: bytes | None = None


class Issued(NamedTuple):
    """A number, whether it came out of a range, out of which, and whether it stood on a sheet."""

    mrn: Mrn | None
    offline: bool
    range: NumberRange | None = None
    on_sheet: bool = False


class Registered(NamedTuple):
    """The local patient id, and the number; ``issued`` is None for a repeated request."""

    patient: int
    issued: Issued | None


class IssueMarks(Protocol):
    """What is remembered outside the data folder of what was issued; see `sync.witness.memory`."""

    def objection(self, cursor: Cursor, fresh: bool, below: int = 0) -> str | None:
        """Why nothing may be issued from a range whose cursor stands there, None if it may.

        Args:
            fresh: the database says that nothing was ever issued from the range.
            below: how many numbers below its cursor clients have supplied, as the database says.
        """
        ...

    def burned(self, range_: NumberRange) -> int:
        """The number up to which an earlier process may have issued, 0 if none is in doubt."""
        ...

    def given(self, range_: NumberRange) -> int:
        """The same of numbers that the desk itself picked: people may have them."""
        ...


Issue = Callable[[Transaction], Issued]
"""Picks the number of one registration, inside the transaction that stores it."""


def register(tx: Transaction, author: Author, draft: Draft, issue: Issue) -> Registered:
    """Register a person, or find the one that the same request has registered before.

    Args:
        author: under whose name the fact is written.

    Raises:
        KeyReused: the idempotency key came with another request before.
        RangeExhausted, NoRange, TerminalNotFound: ``issue`` has no number to give.
        NotOnSheet: the time stands on a sheet, and the number does not.
    """
    if draft.key is not None:
        # A client that heard no answer sends its request again, and must not get a second number.
        answered = tx.store.local.answer(draft.key)
        if answered is not None:
            request, patient = answered
            if request != draft.request:
                raise KeyReused(key=draft.key_text)
            return Registered(patient, None)
        returned = _returned(tx, author, draft)
        if returned is not None:
            tx.begin()
            tx.intents.gives = True
            tx.store.local.keep_answer(draft.key, draft.request, returned.patient)
            return Registered(returned.patient, None)
    tx.reserve()
    issued = issue(tx)
    if draft.from_paper and not issued.on_sheet:
        shown = NumberTexts(tx.registry, tx.store.printed).text(issued.mrn)
        raise NotOnSheet(mrn=shown, terminal=draft.terminal)
    registration = Registration(
        issued.mrn,
        draft.terminal,
        issued.offline,
        draft.registered_at,
        draft.operator,
        draft.shared_key or draft.key,
        draft.demographics,
        draft.known,
    )
    fact = tx.append(author, facts.REGISTRATION, draft.record, bodies.write(registration))
    tx.intents.carry(fact, numbers.plain_number(issued.mrn) if issued.mrn is not None else None)
    tx.flush()
    patient = tx.patients[fact]
    if draft.key is not None:
        tx.store.local.keep_answer(draft.key, draft.request, patient)
    return Registered(patient, issued)


class CameBack(NamedTuple):
    """A registration of this author's own that others have kept, as it was entered."""

    patient: int
    registration: Registration | None


def came_back(view: View, author: Author, key: bytes, limit: int = 1) -> list[CameBack]:
    """The first registrations of this author's own with an idempotency key.

    What was answered to the key is lost with a database that was set back, but the registration
    carries its hash. Another author's is another request, for all that can be known.
    """
    found = []
    for patient, run, clock in view.store.people.registered_with(key, author, limit):
        body = bodies.read(view.store.shards.envelope_at(run, clock))
        found.append(CameBack(patient, body if isinstance(body, Registration) else None))
    return found


def _returned(tx: Transaction, author: Author, draft: Draft) -> CameBack | None:
    """Who was registered with the key of a draft before this database was set back.

    Raises:
        KeyReused: somebody else was.
    """
    assert draft.key is not None
    for returned in came_back(tx, author, draft.key):
        if not _is_same(returned, draft):
            raise KeyReused(key=draft.key_text)
        return returned
    if draft.shared_key is None or draft.shared_key == draft.key:
        return None
    # Which caller's key it was the registration does not say: here it is only that of a person who
    # was entered alike, at the same terminal, and of whom no caller has been told as far as is
    # known.
    for returned in came_back(tx, author, draft.shared_key, CALLERS_MAX):
        entered = returned.registration
        if (
            entered is not None
            and entered.terminal == draft.terminal
            and _is_same(returned, draft)
            and not tx.store.local.is_answer(returned.patient)
        ):
            return returned
    return None


def _is_same(returned: CameBack, draft: Draft) -> bool:
    """True unless the draft is plainly about somebody else.

    A day of birth that follows from an age depends on the day on which it was entered.
    """
    entered = returned.registration
    if entered is None:
        return True  # this software cannot read it
    guessed = {"dob", "dob_estimated"} if "dob_estimated" in draft.demographics else set()
    fields = (set(entered.demographics) | set(draft.demographics)) - guessed
    return all(entered.demographics.get(name) == draft.demographics.get(name) for name in fields)


def granted(tx: Transaction, record: RecordId, terminal: Author) -> Issued | None:
    """The online number granted to this very record and terminal, if it is here and unused."""
    for grant in sorted(tx.store.decisions.grants_of([record]).get(record, ())):
        if grant.terminal == terminal and not tx.store.numbers.is_used(grant.mrn):
            return Issued(grant.mrn, False)
    return None


def from_range(
    tx: Transaction, terminal: Author, allocator: Allocator, witness: IssueMarks | None
) -> Issued:
    """The next number of a terminal's own ranges, see `several_from_ranges`."""
    (issued,) = several_from_ranges(tx, terminal, allocator, witness, 1)
    return issued


def several_from_ranges(
    tx: Transaction,
    terminal: Author,
    allocator: Allocator,
    witness: IssueMarks | None,
    count: int,
) -> list[Issued]:
    """The next numbers of a terminal's own ranges, the oldest range first; moves its cursors.

    Args:
        allocator: as what this replica issues; ranges of another allocator are passed over.
        witness: without one only the database can object.

    Raises:
        TerminalNotFound: there is no such terminal, or it is not active.
        TooFewNumbers: there are some, but fewer than ``count``.
        RangeExhausted: every range that may be used is used up.
        NoRange: there is none that may be used; says why.
    """
    known = tx.registry.terminals.get(terminal)
    if known is None or known.state is not State.ACTIVE:
        raise TerminalNotFound(terminal=terminal)
    exhausted: list[NumberRange] = []
    found: list[Issued] = []
    why = "none was granted"
    for prospect in prospects(tx, terminal, allocator, witness):
        range_, cursor = prospect.block.range, prospect.cursor
        if prospect.objection is not None or cursor is None:
            # A later range may still be good, so this is only said if none is.
            why = f"{range_.text}: {prospect.objection}"
            continue
        mine = _next_unused(tx, range_, prospect.used, count - len(found))
        if mine:
            _move(tx, cursor, mine[-1], witness, is_own=True)
            found += [Issued(Mrn(str(number)), True, range_) for number in mine]
        if len(found) == count:
            return found
        exhausted.append(range_)
    if found:
        raise TooFewNumbers(terminal=terminal, left=len(found), count=count)
    # That the numbers are used up is what somebody can do something about.
    if exhausted:
        raise RangeExhausted(
            terminal=terminal, range=", ".join(range_.text for range_ in exhausted)
        )
    raise NoRange(terminal=terminal, why=why)


def supplied(tx: Transaction, terminal: Author, mrn: Mrn, witness: IssueMarks | None) -> Issued:
    """A number that a client of a node brings along, out of the node's own range.

    It counts as issued by the node: a cursor below it moves up to it, and what lies between is
    never issued. So a number far above the cursor is refused, because otherwise one slip of a
    client would use up the range. One below the cursor is taken if nobody has it, and counted: the
    cursor does not move, so by itself it could not show that the database was set back. One that
    the desk may have given to somebody who was lost with the database is never taken.

    Raises:
        TerminalNotFound: there is no such terminal, or it is not active.
        MrnConflict: somebody has the number.
        NotYourNumber: it lies in no range that this node issues from, or too far up in it.
    """
    known = tx.registry.terminals.get(terminal)
    if known is None or known.state is not State.ACTIVE:
        raise TerminalNotFound(terminal=terminal)
    if tx.store.numbers.is_used(mrn):
        raise MrnConflict()
    shown = NumberTexts(tx.registry, tx.store.printed).text(mrn)
    number = numbers.plain_number(mrn)
    found = [
        prospect
        for prospect in prospects(tx, terminal, Allocator.NODE, witness)
        if number is not None and number in prospect.block.range
    ]
    if number is None or not found:
        raise NotYourNumber(mrn=shown, terminal=terminal, why="it lies in none of its ranges")
    # Two coordinators from one backup may have granted the number in two ranges of this terminal.
    prospect = min(found, key=lambda one: one.objection is not None)
    range_, cursor = prospect.block.range, prospect.cursor
    if number <= prospect.block.mark:
        raise MrnConflict()  # the coordinator issued up to there; its facts may be on the way
    if prospect.objection is not None or cursor is None:
        raise NotYourNumber(mrn=shown, terminal=terminal, why=str(prospect.objection))
    if _may_have_been_given(tx, cursor, number, witness):
        raise NotYourNumber(
            mrn=shown,
            terminal=terminal,
            why="this desk may have given it to somebody before its database was put back",
        )
    claimed = tx.store.number_sets.count(USED, prospect.used + 1, number - 1)
    skipped = number - prospect.used - 1 - claimed
    if skipped >= SUPPLIED_AHEAD_MAX:
        raise NotYourNumber(
            mrn=shown,
            terminal=terminal,
            why=f"it would leave {skipped} numbers below it unused, "
            f"at most {SUPPLIED_AHEAD_MAX - 1} may be skipped",
        )
    if number > cursor.cursor:
        _move(tx, cursor, number, witness)
        return Issued(mrn, True, range_)
    _count_below(tx, cursor)
    return Issued(mrn, True, range_)


def _count_below(tx: Transaction, cursor: Cursor) -> None:
    """Count one more number below a cursor that a client has supplied."""
    tx.begin()
    range_ = cursor.range
    below = tx.store.meta.supplied_below(range_)
    tx.store.meta.set_supplied_below(range_, below + 1)
    tx.intents.issue(below_name(range_), below + 1, below)
    # So that a range of which a number was used always has a mark.
    tx.intents.issue(range_.text, cursor.cursor, cursor.cursor)
    # Where the client brings its numbers again, no mark tells that this one was taken.
    tx.intents.in_use_at_once = True


def _move(
    tx: Transaction,
    cursor: Cursor,
    number: int,
    witness: IssueMarks | None,
    *,
    is_own: bool = False,
) -> None:
    """Move the cursor of a range up to a number above it.

    Args:
        is_own: this desk picked the number.
    """
    tx.begin()
    _keep_in_doubt(tx, cursor, witness)
    tx.store.cursors.move(cursor.range.start, number)
    tx.intents.issue(cursor.range.text, number, cursor.cursor, is_own=is_own)


def _keep_in_doubt(tx: Transaction, cursor: Cursor, witness: IssueMarks | None) -> None:
    """Remember the numbers above a cursor that may have been given, before it moves above them.

    The witness forgets them then, and below the cursor they would look as if nobody had them.
    """
    given = witness.given(cursor.range) if witness is not None else 0
    if given > cursor.cursor:
        tx.store.meta.add_in_doubt(cursor.range, cursor.cursor + 1, given)


def _may_have_been_given(
    tx: Transaction, cursor: Cursor, number: int, witness: IssueMarks | None
) -> bool:
    """Whether this desk may have given a number to somebody of whom its database knows nothing."""
    given = witness.given(cursor.range) if witness is not None else 0
    return cursor.cursor < number <= given or may_have_been_given(tx, cursor.range, number)


def leave_out_in_doubt(tx: Transaction, witness: IssueMarks) -> None:
    """Move each cursor above what an earlier process may have given, and nobody here has.

    So whoever takes over a range, and supplies numbers of it, goes on above that too.
    """
    for cursor in tx.store.cursors.all():
        burned = witness.burned(cursor.range)
        if cursor.closed is None and burned > cursor.cursor:
            _move(tx, cursor, burned, witness)


def may_have_been_given(tx: Transaction, range_: NumberRange, number: int) -> bool:
    """Whether a number below a cursor may be somebody's of whom the database knows nothing."""
    return any(first <= number <= last for first, last in tx.store.meta.in_doubt(range_))


class Prospect(NamedTuple):
    """A range of a terminal as its allocator sees it.

    ``cursor`` is None if this replica does not know how far it has used the range. ``used`` is the
    highest number that counts as used. ``objection`` is why nothing may be issued, None if it may.
    ``stray`` is how many numbers above ``used`` others claim, as far as `less_strays` has looked.
    """

    block: Block
    cursor: Cursor | None
    used: int
    objection: str | None
    stray: int = 0

    @property
    def remaining(self) -> int:
        """How many numbers are left."""
        return self.block.range.end - self.used - self.stray if self.objection is None else 0


def prospects(
    view: View, terminal: Author, allocator: Allocator, witness: IssueMarks | None
) -> list[Prospect]:
    """The ranges of a terminal that this allocator issues from, the oldest first."""
    cursors = {cursor.range: cursor for cursor in view.store.cursors.all()}
    found = []
    for block in view.registry.blocks_of(terminal):
        if block.allocator is allocator:
            cursor = cursors.get(block.range)
            # Whatever says more: the cursor, the hand-over by the coordinator, what came back from
            # others after this database was set back, and what a process that died may have given.
            used = max(
                block.range.start - 1,
                block.mark,
                cursor.cursor if cursor is not None else 0,
                view.store.numbers.range_mark(block.range),
                witness.burned(block.range) if witness is not None else 0,
            )
            found.append(Prospect(block, cursor, used, _objection(view, block, cursor, witness)))
    return found


def less_strays(view: View, found: list[Prospect]) -> list[Prospect]:
    """The same with what others claim: such a number is never issued, so it does not remain."""
    count = view.store.number_sets.count
    return [one._replace(stray=count(USED, one.used + 1, one.block.range.end)) for one in found]


def how_far_used(view: View, asked: Iterable[int] = ()) -> Known:
    """How far this database has used each of its ranges, for its witness.

    Args:
        asked: the numbers of which it is to say who got them, see `Witness.asked`.
    """
    used = [
        Used(
            cursor,
            view.store.meta.supplied_below(cursor.range),
            frozenset(_carriers(view, cursor.cursor)),
        )
        for cursor in view.store.cursors.all()
    ]
    carriers = {number: _carriers(view, number) for number in asked}
    meta, changes = view.store.meta, view.store.local.newest_cursor()
    return Known(meta.witness, used, carriers, meta.given, changes)


def _carriers(view: View, number: int) -> list[FactId]:
    """The registrations and sheets that this replica itself has written with a number."""
    names = view.identity.names
    return [
        *view.store.numbers.carriers(Mrn(str(number)), names),
        *view.store.sheets.carriers(number, names),
    ]


def _objection(
    view: View, block: Block, cursor: Cursor | None, witness: IssueMarks | None
) -> str | None:
    """Why nothing may be issued from a range; what this replica itself has written comes first."""
    if cursor is not None and cursor.closed is not None:
        return phrases.reworded(cursor.closed)
    if block.allocator is Allocator.NODE and block.incarnation != view.identity.incarnation:
        return "it was granted to an earlier copy of this desk's database"
    if block.closed:
        return "closed by the coordinator"
    if cursor is None:
        return "how far it was used is not known here"
    if cursor.incarnation != view.identity.incarnation:
        return reasons.COPY_OF_DATABASE
    if witness is None:
        return None
    # Up to the mark the coordinator issued, of which no witness of ours can know.
    fresh = cursor.cursor <= max(block.mark, block.range.start - 1)
    return witness.objection(cursor, fresh, view.store.meta.supplied_below(block.range))


def _next_unused(tx: Transaction, range_: NumberRange, used: int, count: int) -> list[int]:
    """The next numbers above ``used`` that nobody has; a stray claim may lie anywhere."""
    first = max(range_.start, used + 1)
    return list(islice(tx.store.number_sets.lacking(USED, first, range_.end), count))
