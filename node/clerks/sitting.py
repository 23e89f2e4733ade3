"""Who sits at the page of a desk, and how that is known."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from sync.model import typed
from sync.model.clerks.known import NOBODY, Doer, KnownBy

HEADER: Final = "Clerk"
"""The page sends in it who works there: the name in UTF-8, percent-encoded."""
IN_ADDRESS: Final = "clerk"
NAME_LENGTH_MAX: Final = 100


class Sitting:
    """Tells of each call of a desk's API who makes it.

    Args:
        names: returns the names from which the clerks of this desk choose theirs.
    """

    def __init__(self, names: Callable[[], Collection[str]]) -> None:
        self._names = names

    def of(self, request: web.Request) -> Doer:
        """Return who sits at the page that makes a call, and how that is known.

        It asks no database and waits for nothing.

        Returns:
            The clerk's name with `KnownBy.PIN` if she has typed her PIN at this page and that still
            counts; `KnownBy.CHOSEN` if the name is one of those who work at this desk, without a
            PIN or without having typed it; `KnownBy.TYPED` for any other name. `NOBODY` where the
            call names no one: nobody has chosen a name, or it is a program or command that sends
            no header ``Clerk``.
        """
        return self.named(request, _in_header(request))

    def named(self, request: web.Request, name: str | None) -> Doer:
        """Return how a name that a call gives in its body is known; see `of`."""
        if not name:
            return NOBODY
        return Doer(name, KnownBy.CHOSEN if name in self._names() else KnownBy.TYPED)


def _in_header(request: web.Request) -> str:
    """Return the name in the header of a call, empty if there is none that can be a name.

    What is printed stands in a frame, of which a browser sends no such header: there the name is in
    the address.
    """
    sent = request.headers.get(HEADER)
    named = request.query.get(IN_ADDRESS, "") if sent is None else unquote(sent, errors="replace")
    name = typed.entered(named)
    return "" if len(name) > NAME_LENGTH_MAX or typed.has_control(name) else name
