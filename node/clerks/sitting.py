"""Who sits at the page of a desk, and how that is known."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from aiohttp import web

from node.clerks.names import DeskClerks
from sync.http.callers.doing import UNATTENDED
from sync.http.callers.sessions import Sessions
from sync.http.requests import session_of
from sync.model import typed
from sync.model.clerks.known import NOBODY, Doer, KnownBy
from sync.model.facts import Author

HEADER: Final = "Clerk"
"""The page sends in it who works there: the name in UTF-8, percent-encoded."""
IN_ADDRESS: Final = "clerk"
NAME_LENGTH_MAX: Final = 100


class Sitting:
    """Tells of each call of a desk's API who makes it.

    Args:
        sessions: of clerks who have typed their PIN, by their ids in hexadecimal.
    """

    def __init__(self, code: Author, clerks: DeskClerks, sessions: Sessions) -> None:
        self.cookie: Final = f"mrnmesh_clerk_{code}"
        """Its name: a browser sends cookies of all ports of a computer to each of them."""
        self._clerks = clerks
        self._sessions = sessions

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
        return self.named(request, _in_header(request) or self.proved(request))

    def named(self, request: web.Request, name: str | None) -> Doer:
        """Return how a name that a call gives in its body is known; see `of`."""
        if not name:
            return NOBODY
        if name == self.proved(request):
            return Doer(name, KnownBy.PIN)
        return Doer(name, KnownBy.CHOSEN if self._clerks.is_name(name) else KnownBy.TYPED)

    def proved(self, request: web.Request) -> str | None:
        """Return the name of the clerk who has typed her PIN at the page, if that still counts.

        A call that the page makes while nobody sits there does not make it last longer.
        """
        ident = session_of(request, self.cookie)
        if ident is None:
            return None
        is_used = UNATTENDED not in request.headers
        owner = self._sessions.owner_of(ident, self._clerks.secret_of, is_used)
        return self._clerks.name_of(owner) if owner is not None else None


def _in_header(request: web.Request) -> str:
    """Return the name in the header of a call, empty if there is none that can be a name.

    What is printed stands in a frame, of which a browser sends no such header: there the name is in
    the address.
    """
    sent = request.headers.get(HEADER)
    named = request.query.get(IN_ADDRESS, "") if sent is None else unquote(sent, errors="replace")
    name = typed.entered(named)
    return "" if len(name) > NAME_LENGTH_MAX or typed.has_control(name) else name
