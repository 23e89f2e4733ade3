"""Taking over the registers of an earlier system, some hundred rows in one transaction.

Every person becomes a registration of the coordinator with the number unchanged, and a grant of
that number to that very record, so the registration is admitted at once. A row is taken only if
nobody has its number or one that could be mistaken for it, and neither can ever be issued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from coordinator.errors import (
    CounterTooHigh,
    FormedNumber,
    LookAlikeInUse,
    NumberAhead,
    NumberGranted,
    NumberInUse,
    NumberPrinted,
    OriginUnknown,
    RangeOverlap,
    TerminalDiffers,
    TwiceInFile,
)
from coordinator.importing.filling import fill
from coordinator.importing.rows import (
    ImportedPerson,
    OldTerminal,
    Row,
    RowKey,
    identify,
    read_person,
    read_terminal,
)
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import formats, terminals
from sync.engine.transaction import Transaction
from sync.errors import MrnmeshError
from sync.model import bodies, facts, numbers
from sync.model.demographics import PossibleTimes
from sync.model.facts import COORDINATOR, Allocator, RecordId, Registration, State
from sync.model.numbers import Mrn, NumberRange
from sync.model.person.more import More
from sync.reading.answers import record_text
from sync.rules.registry import Block
from sync.storage.numbers import OldClaim

OPERATOR: Final = "import"
COUNTER_MAX: Final = 100_000_000
"""The counter from which an online number of a day that is not over is refused.

The day goes on above its highest counter, so too few would be left.
"""
LEFT_OUT: Final = "taken_without_field"


class Note(NamedTuple):
    """A row that was refused or not taken whole: its position, and why for programs and people."""

    row: int
    mrn: str
    code: str
    detail: str


class Taken(NamedTuple):
    """What became of the rows.

    ``taken`` counts them; ``there`` are the positions of those that an earlier import has taken.
    Of these ``filled`` had something to say that the register did not have. ``fresh`` are the
    positions of those that were taken.
    """

    taken: int
    there: list[int]
    filled: list[int]
    fresh: list[int]
    refused: list[Note]
    left_out: list[Note]


def take_people(
    tx: Transaction,
    arbiter: Arbiter,
    rows: Sequence[Row],
    now: datetime,
    possible: PossibleTimes,
    new_record: Callable[[], RecordId],
    *,
    lenient: bool = False,
    take_odd: bool = False,
    dry_run: bool = False,
    fields: More = (),
) -> Taken:
    """Register the people of these rows, except those that are there or cannot be taken.

    A row of an earlier import that says more now fills in what was left empty.

    Args:
        now: trusted now in the facility's zone.
        possible: what time it may be by whatever clock is known.
        new_record: returns a fresh record id.
        lenient: leave out fields that break a rule instead of refusing the row.
        take_odd: take rows that look odd too.
        dry_run: only find out what would become of the rows; nothing is written.
        fields: the identifiers and own fields in the settings.
    """
    found = Taken(0, [], [], [], [], [])
    read = partial(read_person, lenient=lenient, take_odd=take_odd, known=fields)
    fill_in = partial(fill, operator=OPERATOR, possible=possible, dry_run=dry_run, known=fields)
    named = list(_identified(rows, found.refused))
    known = _Known(tx, [identity.mrn for _, identity in named], f"{now:%Y%m%d}")
    for position, identity in named:
        if known.has_row(identity):
            found.there.append(position)
            continue
        earlier = known.imported(identity.mrn)
        try:
            person = read(rows[position], now, possible)
            if earlier is not None:
                filled = fill_in(tx, earlier, identity.mrn, person, now)
                found.there.append(position)
                found.filled.extend([position] * filled)
                continue
            known.require_free(identity.mrn)
            if person.terminal is not None and person.terminal not in tx.registry.terminals:
                raise OriginUnknown(terminal=person.terminal[:100])
        except MrnmeshError as error:
            found.refused.append(Note(position, identity.mrn, error.code, str(error)))
            continue
        record = new_record()
        known.add(identity, record)
        found.fresh.append(position)
        if person.left_out:
            why = "; ".join(f"{name} {what}" for name, what in person.left_out.items())
            found.left_out.append(Note(position, identity.mrn, LEFT_OUT, f"Taken without: {why}."))
        if not dry_run:
            _register(tx, arbiter, record, identity, person)
    found.refused.sort()  # rows without a number were refused before all others
    return found._replace(taken=len(found.fresh))


def _register(
    tx: Transaction, arbiter: Arbiter, record: RecordId, identity: RowKey, person: ImportedPerson
) -> None:
    # The grant is what covers the number, so that the registration is admitted.
    arbiter.give(tx, record, person.terminal, identity.mrn)
    registration = Registration(
        identity.mrn,
        person.terminal,
        person.offline,
        person.registered_at,
        OPERATOR,
        identity.key,
        person.demographics,
    )
    tx.append(COORDINATOR, facts.REGISTRATION, record, bodies.write(registration))


def take_terminals(tx: Transaction, rows: Sequence[Row], *, dry_run: bool = False) -> Taken:
    """Add the terminals of these rows with their ranges, from which the coordinator issues.

    Args:
        dry_run: only find out what would become of the rows; nothing is written.
    """
    found = Taken(0, [], [], [], [], [])
    planned: list[OldTerminal] = []
    for position, row in enumerate(rows):
        try:
            terminal = read_terminal(row)
            if _is_there(tx, terminal, planned):
                found.there.append(position)
                continue
            _require_apart(terminal, planned)
            terminals.require_free(tx, terminal.range, terminal.mark)
        except MrnmeshError as error:
            code = row.get("code", "").strip()[:100]
            found.refused.append(Note(position, code, error.code, str(error)))
            continue
        planned.append(terminal)
        if not dry_run:
            _add_terminal(tx, terminal)
    return found._replace(taken=len(planned))


class _Known:
    """What is known of the numbers of some rows, including the rows that were taken just now.

    Args:
        mrns: the numbers of all rows, which are looked up together.
        today: the facility's day, YYYYMMDD.
    """

    def __init__(self, tx: Transaction, mrns: Sequence[Mrn], today: str) -> None:
        likes = [like for mrn in mrns if (like := numbers.look_alike(mrn)) is not None]
        wanted = list(dict.fromkeys([*mrns, *likes]))
        self._tx = tx
        self._texts = formats.numbers_of(tx)
        self._today = today
        self._claims = tx.store.numbers.claims_on(wanted)
        self._look_alikes = tx.store.numbers.look_alikes_of(wanted)
        self._granted = tx.store.numbers.granted_among(wanted)
        self._cursors = {cursor.range: cursor.cursor for cursor in tx.store.cursors.all()}
        self._used: dict[NumberRange, int] = {}
        self._fresh: set[Mrn] = set()

    def add(self, identity: RowKey, record: RecordId) -> None:
        """Note that a row was taken."""
        self._fresh.add(identity.mrn)
        self._claims[identity.mrn] = [OldClaim(record, OPERATOR, identity.key)]
        like = numbers.look_alike(identity.mrn)
        if like is not None:
            self._look_alikes.setdefault(like, []).append(identity.mrn)

    def has_row(self, identity: RowKey) -> bool:
        """True when an earlier import has taken this very row."""
        return any(claim.key == identity.key for claim in self._claims.get(identity.mrn, ()))

    def imported(self, mrn: Mrn) -> RecordId | None:
        """The record that an earlier import has made for a number; None if none has."""
        if mrn in self._fresh:
            return None
        claims = self._claims.get(mrn, ())
        return next((one.record for one in claims if one.operator == OPERATOR and one.key), None)

    def require_free(self, mrn: Mrn) -> None:
        """Raise if somebody has the number or one that looks like it, or can ever get it.

        Raises:
            RowRefused: it says what is in the way.
            MistypedNumber, FormedNumber: it looks like a number that has a form.
        """
        if self._texts.written(mrn) is not None:
            raise FormedNumber(mrn=mrn)
        self._texts.number(mrn)
        self._require_not_fresh(mrn, mrn)
        for claim in self._claims.get(mrn, ()):
            raise NumberInUse(mrn=mrn, record=record_text(claim.record))
        like = numbers.look_alike(mrn)
        for other in [like] if like is not None else self._look_alikes.get(mrn, ()):
            self._require_not_fresh(mrn, other)
            for claim in self._claims_on(other):
                raise LookAlikeInUse(mrn=mrn, other=other, record=record_text(claim.record))
        issued = like or mrn
        if issued in self._granted or mrn in self._granted:
            raise NumberGranted(mrn=mrn)
        self._require_behind(mrn, issued)

    def _require_not_fresh(self, mrn: Mrn, other: Mrn) -> None:
        if other in self._fresh:
            raise TwiceInFile(mrn=mrn, other=other)

    def _claims_on(self, mrn: Mrn) -> Sequence[OldClaim]:
        if mrn not in self._claims:
            self._claims.update(self._tx.store.numbers.claims_on([mrn]))
        return self._claims.get(mrn, ())

    def _require_behind(self, mrn: Mrn, issued: Mrn) -> None:
        """Raise for a number that a range or a day is still to come to."""
        number = numbers.plain_number(issued)
        for block in self._tx.registry.blocks_at(number) if number is not None else ():
            used = self._used_of(block)
            if number is not None and number > used:
                raise NumberAhead(
                    mrn=mrn, range=block.range.text, terminal=block.terminal, mark=used
                )
        for desk in self._tx.store.sheets.desks_of(number) if number is not None else ():
            raise NumberPrinted(mrn=mrn, terminal=desk)
        day = numbers.online_parts(issued)
        if day is not None and day[0] >= self._today and day[1] >= COUNTER_MAX:
            raise CounterTooHigh(mrn=mrn)

    def _used_of(self, block: Block) -> int:
        """The number up to which a range is used; its allocator issues those above it."""
        if block.range not in self._used:
            used = max(block.mark, self._cursors.get(block.range, 0), block.range.start - 1)
            # Clients supply numbers in any order, so theirs say nothing about those below.
            if block.allocator is not Allocator.CLIENT:
                used = max(used, self._tx.store.numbers.range_mark(block.range))
            self._used[block.range] = used
        return self._used[block.range]


def _identified(rows: Sequence[Row], refused: list[Note]) -> Iterable[tuple[int, RowKey]]:
    """Position and key of each row that has a number; the others are added to ``refused``."""
    for position, row in enumerate(rows):
        try:
            yield position, identify(row)
        except MrnmeshError as error:
            refused.append(Note(position, row.get("mrn", "")[:100], error.code, str(error)))


def _is_there(tx: Transaction, terminal: OldTerminal, planned: Iterable[OldTerminal]) -> bool:
    """True when the terminal has this very range already.

    Raises:
        TerminalDiffers: it exists, without the range.
    """
    held = [block.range for block in tx.registry.blocks_of(terminal.code)]
    held += [other.range for other in planned if other.code == terminal.code]
    if terminal.range in held:
        return True
    if held or terminal.code in tx.registry.terminals:
        raise TerminalDiffers(terminal=terminal.code, range=terminal.range.text)
    return False


def _require_apart(terminal: OldTerminal, planned: Iterable[OldTerminal]) -> None:
    """Raise if a range overlaps one of an earlier row, which a dry run has not written.

    Raises:
        RangeOverlap: it does.
    """
    for other in planned:
        if other.range.overlaps(terminal.range):
            raise RangeOverlap(
                range=terminal.range.text, why=f"overlaps {other.range.text} of {other.code}"
            )


def _add_terminal(tx: Transaction, terminal: OldTerminal) -> None:
    terminals.add_terminal(tx, terminal.code, terminal.name)
    terminals.grant_range(
        tx, terminal.code, terminal.range, Allocator.COORDINATOR, terminal.mark, formless=True
    )
    if not terminal.active:
        terminals.change_terminal(tx, terminal.code, state=State.INACTIVE)
