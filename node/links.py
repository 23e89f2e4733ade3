"""Tells the coordinator with which other desks this one is connected, for its administrator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import aiohttp
from yarl import URL

from sync.model.facts import COORDINATOR, Author
from sync.network.dialling import why_unreachable
from sync.network.waiting import new_client
from sync.trust.credentials import Credentials

LOOK_S: Final = 3.0
ANSWER_S_MAX: Final = 10.0
PATH: Final = "/links"

log = logging.getLogger("mrnmesh.peering")


class LinksReport:
    """Tells it again only when it has changed, or the coordinator was away.

    Args:
        shown: the certificate of this desk.
        coordinator: returns where it syncs now, as a URL.
        peers: returns who is connected and in step, the coordinator among them.
    """

    def __init__(
        self,
        shown: Credentials,
        coordinator: Callable[[], str],
        peers: Callable[[], set[Author]],
    ) -> None:
        self._credentials = shown
        self._coordinator = coordinator
        self._peers = peers
        self._sent: set[Author] | None = None

    async def look(self) -> None:
        """Tell it, if the coordinator does not know it yet."""
        peers = self._peers()
        if COORDINATOR not in peers:
            self._sent = None
            return
        desks = peers - {COORDINATOR}
        if desks == self._sent:
            return
        # A coordinator of an earlier version does not know this call; it is not asked again.
        self._sent = desks
        url = URL(self._coordinator()).with_scheme("https").with_path(PATH)
        try:
            async with (
                new_client(ANSWER_S_MAX) as http,
                http.post(url, ssl=self._credentials.client, json=sorted(desks)) as answer,
            ):
                log.debug("the coordinator was told of connections: %d", answer.status)
        except (aiohttp.ClientError, OSError) as error:
            self._sent = None
            log.info("the coordinator was not told of connections: %s", why_unreachable(error))
