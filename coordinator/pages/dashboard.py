"""The dashboard: its files, its streams, and what it looks at from time to time."""

from __future__ import annotations

import contextlib
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import Access
from coordinator.config import CoordinatorSettings
from coordinator.pages.board import LOOK_S, Board
from coordinator.pages.links import Links
from coordinator.pages.rescue import RescueApi
from coordinator.pages.settings import SettingsApi
from coordinator.pages.sightings import LOOK_S as SIGHTINGS_S
from coordinator.pages.sightings import Sightings
from coordinator.range_watch import RangeWatch
from sync.daemon.jobs import Jobs
from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation, read_body
from sync.model.alarms import Alarms
from sync.network.peering import Peering
from sync.pages.codes import qr_squares
from sync.pages.files import Pages
from sync.pages.live import Live
from sync.trust.credentials import Credentials
from sync.upkeep.service import Upkeep

BOARD: Final = "/live/board/"
"""What administrators follow; what all others may see is at ``/live/``."""


class QrText(msgspec.Struct, kw_only=True, frozen=True):
    """What a QR code is to say."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class QrPicture(TypedDict):
    """A QR code as the path of an SVG, ``side`` units wide and high, with its empty border."""

    side: int
    path: str


async def draw_qr(request: web.Request) -> QrPicture:
    """Return the QR code of a text."""
    side, path = qr_squares(read_body(request, QrText).text)
    return {"side": side, "path": path}


class Dashboard:
    """All that the coordinator's pages need beside the API."""

    def __init__(
        self,
        config: CoordinatorSettings,
        replica: Replica,
        peering: Peering,
        watch: RangeWatch,
        alarms: Alarms,
        upkeep: Upkeep,
        access: Access,
        credentials: Credentials,
    ) -> None:
        def connected() -> set[str]:
            return {author for author, _ in peering.live_peers()}

        self._sightings = Sightings(replica, connected)
        self._links = Links(credentials)
        board = Board(config, replica, peering, watch, self._sightings, self._links, alarms, upkeep)
        may = access.going_on
        self._live = (
            Live(board.brief, Needs.READ, may_go_on=may(Needs.READ)),
            Live(board.now, Needs.ADMINISTER, BOARD, may_go_on=may(Needs.ADMINISTER)),
        )
        self._settings = SettingsApi(config, replica, upkeep)
        self._rescue = RescueApi(config)
        self._pages = Pages("mrnmesh", "coordinator.pages", "board", needs=Needs.NOTHING)

    async def start(self) -> None:
        """Take up what is stored."""
        await self._sightings.start()

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered at the port where desks sync."""
        return self._links.routes()

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        streams = (operation for live in self._live for operation in live.operations())
        picture = Operation(
            "POST", "/pages/qr/", draw_qr, "Draw a QR code", needs=Needs.KNOWN_CALLER, body=QrText
        )
        return [
            *self._settings.operations(),
            *self._rescue.operations(),
            *self._pages.operations(),
            *streams,
            picture,
        ]

    def begin(self, stack: contextlib.AsyncExitStack, jobs: Jobs) -> None:
        """Look from now on, until the stack ends."""
        stack.push_async_callback(self._sightings.stop)
        jobs.every(SIGHTINGS_S, "looking who is connected", self._sightings.look)
        for live in self._live:
            stack.callback(live.stop)
            jobs.every(LOOK_S, "telling the pages", live.look)
