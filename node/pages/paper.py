"""A sheet to print: each of its numbers with its label, and room to write beside it."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation, PageFile
from sync.http.paper.sheets import SheetAnswer, sheet_in
from sync.pages.codes import code128, qr
from sync.pages.texts import Language

BARS_MM: Final = (40, 8)
QR_MM: Final = 18
WRITTEN: Final = ("full_name", "father_name", "sex", "born", "phone", "cnic", "address")
"""What is written beside a number, as the form of a person asks for it."""
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{terminal} {first}-{last}</title>
<link rel="icon" href="/static/shared/mark.svg">
<link rel="stylesheet" href="/static/shared/fonts.css">
<link rel="stylesheet" href="/static/desk/printing/sheet.css">
</head>
<body data-languages="{languages}">
<header>
<h1></h1>
<p><bdi>{terminal}</bdi> · <bdi>{first} - {last}</bdi></p>
<p class="how"></p>
</header>
{lines}
<script type="module" src="/static/desk/printing/sheet-print.js"></script>
</body>
</html>
"""
_LINE: Final = """<article class="line">
<div class="label">{qr}<div>{bars}<p class="number">{number}</p></div></div>
<dl>{fields}<div class="of-written"><dt data-field="written"></dt><dd></dd></div></dl>
</article>"""
_FIELD: Final = """<div class="of-{name}"><dt data-field="{name}"></dt><dd></dd></div>"""
_FIELDS: Final = "".join(_FIELD.format(name=name) for name in WRITTEN)


class PaperSheets:
    """The sheets of one desk, as they are printed.

    Args:
        languages: those of the desk's page.
    """

    def __init__(self, replica: Replica, languages: Sequence[Language]) -> None:
        self._replica = replica
        self._languages = html.escape(json.dumps(languages, ensure_ascii=False))

    def operations(self) -> list[Operation]:
        """Return the operation; it is no part of the API that programs use."""
        return [
            Operation(
                "GET", "/sheet/", self.sheet, "Show a sheet to print", needs=Needs.THIS_COMPUTER
            )
        ]

    async def sheet(self, request: web.Request) -> PageFile:
        """Return the sheet that is named by ``?id=ID``.

        Raises:
            NotFound: there is none with that id.
        """
        ident = request.query.get("id", "")
        found = await self._replica.read(lambda snapshot: sheet_in(snapshot, ident))
        return PageFile(self._page(found).encode(), "text/html; charset=utf-8")

    def _page(self, sheet: SheetAnswer) -> str:
        numbers = [line["mrn"] for line in sheet["numbers"]]
        return _PAGE.format(
            languages=self._languages,
            terminal=html.escape(sheet["terminal"]),
            first=html.escape(numbers[0]),
            last=html.escape(numbers[-1]),
            lines="\n".join(_line(number) for number in numbers),
        )


def _line(number: str) -> str:
    """A number with its label and empty fields, whoever is registered with it by now."""
    return _LINE.format(
        qr=qr(number, QR_MM),
        bars=code128(number, *BARS_MM) or "",
        number=html.escape(number),
        fields=_FIELDS,
    )
