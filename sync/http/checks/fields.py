"""Which identifiers and own fields the settings have, for programs and pages."""

from __future__ import annotations

from typing import TypedDict

from aiohttp import web

from sync.http.operations import Needs, Operation
from sync.http.paging import Listed, whole
from sync.http.people import ABOUT
from sync.model.person.more import Kind, More


class FieldAnswer(TypedDict):
    """An identifier or a field of the clinic; ``group`` is the object that it stands in.

    ``unique`` is for identifiers that belong to one person only, ``pattern`` a regular expression
    for the whole of one, ``system`` the URI that names whose it is, ``choices`` the values of a
    choice. ``label`` and ``label_ur`` are what forms show, null for the name itself.
    """

    name: str
    group: str
    kind: Kind
    unique: bool
    pattern: str | None
    system: str | None
    choices: list[str]
    label: str | None
    label_ur: str | None


class FieldViews:
    """Reading which fields a daemon knows beside the usual ones.

    Args:
        needs: who may read it.
    """

    def __init__(self, known: More, needs: Needs) -> None:
        self._known = known
        self._needs = needs

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                "/api/fields/",
                self.listed,
                "List the identifiers and own fields of this clinic, as its settings have them",
                needs=self._needs,
                about=ABOUT,
            ),
        ]

    async def listed(self, _: web.Request) -> Listed[FieldAnswer]:
        """Return the fields, in the order of the settings."""
        return whole(answers(self._known))


def answers(known: More) -> list[FieldAnswer]:
    """Return the fields in the settings as the API shows them."""
    return [
        {
            "name": one.name,
            "group": one.group,
            "kind": one.kind,
            "unique": one.unique,
            "pattern": one.pattern.pattern if one.pattern is not None else None,
            "system": one.system or None,
            "choices": list(one.choices),
            "label": one.label.en if one.label is not None else None,
            "label_ur": (one.label.ur if one.label is not None else "") or None,
        }
        for one in known
    ]
