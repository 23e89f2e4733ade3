"""Sheets: numbers that desks have printed ahead, and who is registered with them by now."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from sync.engine.replica import Replica
from sync.errors import NotFound
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged
from sync.http.people import ABOUT
from sync.model.clerks.known import KnownBy
from sync.model.clock import believable
from sync.model.facts import Author, FactId, as_terminal_code
from sync.model.formats import Time
from sync.model.numbers import Mrn
from sync.reading.pages import Page
from sync.reading.snapshot import Snapshot
from sync.storage.records.sheets import KeptSheet

SHEETS: Final = "/api/sheets/"


class SheetQuery(Page, kw_only=True, frozen=True):
    """Whose sheets."""

    terminal: Annotated[str, Meta(max_length=100, description="code of the desk")] = ""


class SheetNumber(TypedDict):
    """A number on a sheet, and who is registered with it; nobody while nothing was typed in."""

    mrn: str
    patient: int | None
    full_name: str | None


class SheetAnswer(TypedDict):
    """A sheet: whose numbers they are, when they were taken, and how many are left."""

    id: str
    terminal: str
    printed_at: Time
    operator: str | None
    operator_known: KnownBy | None
    left: int
    numbers: list[SheetNumber]


class SheetViews:
    """Reading sheets at one replica.

    Args:
        needs: who may read them.
        own: whose they are where nobody is named; None for those of all desks.
    """

    def __init__(self, replica: Replica, needs: Needs, own: Author | None = None) -> None:
        self._replica = replica
        self._needs = needs
        self._own = own

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                SHEETS,
                self.listed,
                "List the sheets of numbers that a desk has printed ahead, the newest first",
                needs=self._needs,
                query=SheetQuery,
                about=ABOUT,
            ),
        ]

    async def listed(self, request: web.Request) -> Listed[SheetAnswer]:
        """Return a page of sheets, the newest first."""
        query = read_query(request, SheetQuery)
        of = Author(as_terminal_code(query.terminal)) if query.terminal else self._own

        def look(snapshot: Snapshot) -> tuple[int, list[SheetAnswer]]:
            sheets = snapshot.store.sheets
            most = believable(self._replica.now_ms)
            kept = sheets.newest_of(of, query.page_size, query.offset, most)
            return sheets.count_of(of), [_answer(snapshot, one) for one in kept]

        count, found = await self._replica.read(look)
        return paged(request, query, count, found)


def sheet_in(snapshot: Snapshot, ident: str) -> SheetAnswer:
    """Return a sheet by its id.

    Raises:
        NotFound: there is none.
    """
    fact = bytes.fromhex(ident) if _is_hex(ident) else b""
    kept = snapshot.store.sheets.one(FactId(fact))
    if kept is None:
        raise NotFound(what="sheet", key=ident)
    return _answer(snapshot, kept)


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and all(letter in "0123456789abcdef" for letter in text)


def _answer(snapshot: Snapshot, kept: KeptSheet) -> SheetAnswer:
    used = snapshot.store.sheets.typed_in(kept.fact.numbers)
    people = {one["id"]: one for one in snapshot.people.by_ids(sorted(set(used.values())))}
    texts = snapshot.people.numbers
    lines: list[SheetNumber] = []
    for number in kept.fact.numbers:
        person = people.get(used.get(number, 0))
        lines.append(
            {
                "mrn": texts.text(Mrn(str(number))) or str(number),
                "patient": person["id"] if person else None,
                "full_name": person["full_name"] if person else None,
            }
        )
    return {
        "id": kept.id.hex(),
        "terminal": kept.author,
        "printed_at": snapshot.registry.times.iso(kept.author, kept.hlc, kept.fact.printed_at),
        "operator": kept.fact.operator,
        "operator_known": kept.fact.known,
        "left": sum(line["patient"] is None for line in lines),
        "numbers": lines,
    }
