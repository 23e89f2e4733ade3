"""Labels for cards: the number as text, Code 128 and QR code, and whose it is, one a page."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from node.config import NodeSettings, Size
from sync.engine.replica import Replica
from sync.errors import BadRequest, NotFound
from sync.http.operations import Needs, Operation, PageFile
from sync.http.people import person_in
from sync.http.requests import SHOWN
from sync.pages.codes import code128, qr
from sync.reading.answers import PatientAnswer
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

AT_ONCE_MAX: Final = 200
QR_OF_HEIGHT: Final = 0.45
BARS_OF_HEIGHT: Final = 0.28
"""How much of a label's height the codes take."""
_URDU: Final = re.compile("[\u0600-\u06ff]")
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Labels</title>
<link rel="icon" href="/static/shared/mark.svg">
<link rel="stylesheet" href="/static/shared/fonts.css">
<link rel="stylesheet" href="/labels/size.css">
<link rel="stylesheet" href="/static/desk/printing/label.css">
</head>
<body>
{labels}
<script type="module" src="/static/desk/printing/label.js"></script>
</body>
</html>
"""
_LABEL: Final = """<article class="label">
<div class="whose">
<p class="name {script}" dir="auto">{name}</p>
<p class="father" dir="auto">{father}</p>
<p class="born">{born}</p>
</div>
{qr}
{bars}
<p class="number">{number}</p>
</article>"""


class Labels:
    """The labels of one desk."""

    def __init__(self, config: NodeSettings, replica: Replica) -> None:
        self._size = config.label
        self._replica = replica

    def operations(self) -> list[Operation]:
        """Return the operations of this part; they are no part of the API that programs use."""
        needs = Needs.THIS_COMPUTER
        return [
            Operation(
                "GET",
                "/labels/",
                self.labels,
                "Show labels to print",
                needs=needs,
                look=LookAct.PRINTED,
            ),
            Operation("GET", "/labels/size.css", self.size, "Fetch their size", needs=needs),
        ]

    async def labels(self, request: web.Request) -> PageFile:
        """Return the labels of people, who are named by ``?person=ID``, once for each.

        Raises:
            BadRequest: nobody is named, or too many are.
            NotFound: there is nobody with that id, or they have no number.
        """
        wanted = request.query.getall("person", [])
        if not 0 < len(wanted) <= AT_ONCE_MAX or not all(
            one.isascii() and one.isdigit() and len(one) <= 15 for one in wanted
        ):
            raise BadRequest(why=f"name 1 to {AT_ONCE_MAX} people, as in /labels/?person=7")

        def look(snapshot: Snapshot) -> list[PatientAnswer]:
            return [person_in(snapshot, int(one)) for one in wanted]

        people = await self._replica.read(look)
        request[SHOWN] = [person["record_id"] for person in people]
        return labels_of(people, self._size)

    async def size(self, _request: web.Request) -> PageFile:
        """Return the style sheet that gives a printed page the size of a label."""
        return size_of(self._size)


def labels_of(people: Sequence[PatientAnswer], size: Size) -> PageFile:
    """Return a page with the labels of some people.

    Raises:
        NotFound: one of them has no number.
    """
    labels = "\n".join(_label(person, size) for person in people)
    return PageFile(_PAGE.format(labels=labels).encode(), "text/html; charset=utf-8")


def size_of(size: Size) -> PageFile:
    """Return the style sheet for labels of one size."""
    width, height = size
    css = (
        f"@page {{ size: {width}mm {height}mm; margin: 0 }}\n"
        f":root {{ --width: {width}mm; --height: {height}mm }}\n"
    )
    return PageFile(css.encode(), "text/css; charset=utf-8")


def _label(person: PatientAnswer, size: Size) -> str:
    number = person["mrn"]
    if number is None:
        raise NotFound(what="number of patient", key=person["id"])
    return _LABEL.format(
        name=html.escape(person["full_name"] or ""),
        # Nastaliq hangs low, so that one line of it takes the room of two.
        script="nastaliq" if _URDU.search(person["full_name"] or "") else "",
        father=html.escape(person["father_name"] or ""),
        born=html.escape(_born(person)),
        qr=qr(number, size.height * QR_OF_HEIGHT),
        bars=code128(number, size.width, size.height * BARS_OF_HEIGHT) or "",
        number=html.escape(number),
    )


def _born(person: PatientAnswer) -> str:
    """Return sex and day of birth; where that is a guess, the age, as of which day it is so."""
    parts = [person["sex"] or "", person["dob"] or ""]
    if person["dob"] is not None and person["dob_estimated"]:
        parts[1] = f"~{person['dob'][:4]}"
    return " · ".join(filter(None, parts))
