"""Which desks are connected with each other, as each of them says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final

import msgspec
from aiohttp import web

from sync.errors import BadCertificate, BadRequest
from sync.http.app import error_response
from sync.model.facts import Author
from sync.trust.credentials import Credentials

PATH: Final = "/links"
DESKS_MAX: Final = 100
BYTES_MAX: Final = 16 * 1024

Codes = Annotated[
    list[Annotated[str, msgspec.Meta(max_length=50)]], msgspec.Meta(max_length=DESKS_MAX)
]


class Links:
    """Keeps what desks say; it decides nothing, and only the dashboard shows it."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._said: dict[Author, list[str]] = {}

    def routes(self) -> list[web.RouteDef]:
        """What is answered at the port where desks sync."""
        return [web.post(PATH, self.hear)]

    async def hear(self, request: web.Request) -> web.Response:
        """A desk says with whom it is connected."""
        try:
            peer = self._credentials.peer(request.get_extra_info("ssl_object"))
            if (request.content_length or 0) > BYTES_MAX:
                raise BadRequest(why="it is too long")
            codes = msgspec.json.decode(await request.content.read(BYTES_MAX), type=Codes)
        except msgspec.DecodeError:
            return error_response(BadRequest(why="it is no list of terminals"))
        except (BadCertificate, BadRequest) as error:
            return error_response(error)
        self._said[peer.subject.author] = codes
        return web.Response(status=204)

    def among(self, connected: Collection[str]) -> list[tuple[str, str]]:
        """Pairs of desks that are connected with each other, each once, by what one of them says.

        Args:
            connected: the desks that can say so now; what others have said may hold no longer.
        """
        pairs = {
            (min(author, code), max(author, code))
            for author, codes in self._said.items()
            if author in connected
            for code in codes
            if code != author
        }
        return sorted(pairs)
