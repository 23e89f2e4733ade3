"""Sheets: numbers that a desk takes to print them ahead, and what is typed in from paper.

A sheet is a fact of its desk. It moves cursor and witness as a registration does, before anything
is printed. From then on none of its numbers is issued by anybody; each can be given once, to the
person beside whom it is written: at the desk, at the computer that replaces it, or at the
coordinator, which by that very fact may register in the desk's name.
"""

from __future__ import annotations

from typing import Final

from sync.engine import issuing
from sync.engine.issuing import Issued, IssueMarks
from sync.engine.transaction import Transaction
from sync.errors import MrnConflict
from sync.model import bodies, facts, numbers
from sync.model.clerks.known import Doer
from sync.model.clock import believable
from sync.model.facts import NO_RECORD, Allocator, Author, FactId, SheetFact
from sync.model.numbers import Mrn
from sync.storage.records.sheets import KeptSheet

SHEET_NUMBERS: Final = 50


def take(
    tx: Transaction,
    terminal: Author,
    witness: IssueMarks | None,
    printed_at: str,
    operator: Doer,
    another: bool = False,
    count: int = SHEET_NUMBERS,
) -> FactId:
    """Take the next numbers of a desk for a sheet; return the sheet.

    If nobody has used the newest sheet yet, that is the one: a print that failed, or an answer that
    was lost, takes no other numbers. A sheet of before the database was put back is another thing:
    people may have its numbers, whom nobody here knows.

    Args:
        another: take a new one in any case, for a second pad.
        count: how many numbers a new one has.

    Raises:
        TerminalNotFound, TooFewNumbers, RangeExhausted, NoRange: see
            `sync.engine.issuing.several_from_ranges`.
    """
    most = believable(tx.now_ms)
    newest = next(iter(tx.store.sheets.newest_of(terminal, 1, most=most)), None)
    if newest is not None and not another and _is_fresh(tx, terminal, witness, newest):
        return newest.id
    tx.reserve()
    taken = issuing.several_from_ranges(tx, terminal, Allocator.NODE, witness, count)
    rising = sorted(int(one.mrn) for one in taken if one.mrn is not None)
    body = bodies.write(SheetFact(tuple(rising), printed_at, *operator))
    fact = tx.append(terminal, facts.SHEET, NO_RECORD, body)
    tx.intents.carry(fact, rising[-1])
    tx.flush()
    return fact


def _is_fresh(
    tx: Transaction, terminal: Author, witness: IssueMarks | None, sheet: KeptSheet
) -> bool:
    """True if a sheet can be printed again: it is of ranges of now, and nobody has used it."""
    if sheet.id == tx.store.meta.doubted_sheet:
        return False
    ranges = [
        prospect.block.range
        for prospect in issuing.prospects(tx, terminal, Allocator.NODE, witness)
        if prospect.objection is None
    ]
    return not tx.store.sheets.typed_in(sheet.fact.numbers) and all(
        any(number in range_ for range_ in ranges) for number in sheet.fact.numbers
    )


def typed_in(tx: Transaction, terminal: Author, mrn: Mrn) -> Issued | None:
    """A number that stands on a sheet of a terminal, for whoever it was written beside.

    Returns:
        None if it stands on no sheet of that terminal, or in none of its ranges.

    Raises:
        MrnConflict: somebody has it already.
    """
    number = numbers.plain_number(mrn)
    if number is None or not tx.store.sheets.has(number, terminal):
        return None
    mine = [block for block in tx.registry.blocks_at(number) if block.terminal == terminal]
    if not mine:
        return None
    if tx.store.numbers.is_claimed(mrn):
        raise MrnConflict()
    # It moves no cursor, so it could not be left out if its commit were in doubt.
    tx.intents.in_use_at_once = True
    return Issued(mrn, True, mine[0].range, on_sheet=True)
