"""Taking numbers ahead at a desk, to be written on paper and typed in later."""

from __future__ import annotations

import msgspec
from aiohttp import web

from node.allocator import NodeAllocator
from node.clerks.sitting import Sitting
from node.config import NodeSettings
from sync.engine.replica import Replica
from sync.errors import NoRange, RangeExhausted, TerminalNotFound, TooFewNumbers
from sync.http.operations import Needs, Operation, read_body
from sync.http.paper.sheets import SHEETS, SheetAnswer, SheetViews, sheet_in
from sync.http.people import ABOUT, Operator


class NewSheet(msgspec.Struct, kw_only=True, frozen=True):
    """Numbers are to be printed ahead.

    Without ``another`` the newest sheet is printed again as long as nobody is registered with any
    of its numbers.
    """

    another: bool = False
    operator: Operator | None = None


class SheetsApi:
    """The operations on the sheets of a desk."""

    def __init__(
        self, config: NodeSettings, replica: Replica, allocator: NodeAllocator, sitting: Sitting
    ) -> None:
        self._code = config.code
        self._replica = replica
        self._allocator = allocator
        self._sitting = sitting

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        needs = Needs.THIS_COMPUTER
        return [
            *SheetViews(self._replica, needs, self._code).operations(),
            Operation(
                "POST",
                SHEETS,
                self.take,
                "Take the next 50 numbers of this desk, to be printed ahead",
                needs=needs,
                body=NewSheet,
                errors=(TooFewNumbers, RangeExhausted, NoRange, TerminalNotFound),
                about=ABOUT,
            ),
        ]

    async def take(self, request: web.Request) -> SheetAnswer:
        """Take the next numbers for a sheet, unless the newest one is unused; return the sheet.

        Raises:
            TooFewNumbers, RangeExhausted, NoRange, TerminalNotFound: this desk has not so many
                numbers to give.
        """
        wanted = read_body(request, NewSheet)
        now = self._replica.now.isoformat(timespec="seconds")
        operator = self._sitting.named(request, wanted.operator)
        act = self._allocator.take_sheet(operator, now, wanted.another)
        fact = await self._replica.write(act)
        return await self._replica.read(lambda snapshot: sheet_in(snapshot, fact.hex()))
