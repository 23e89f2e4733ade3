"""The ports of a desk, tried from other computers."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping

from node.config import NodeSettings
from sync.http.operations import Needs
from sync.network.peering import Peering
from sync.network.port_trials import PortTrials
from sync.upkeep.reach.ports import HTTPS, SYNC, PortsApi


def ports_api(config: NodeSettings, peering: Peering, trials: PortTrials) -> PortsApi:
    """The operation that has others try the ports of a desk."""
    listening = ((SYNC, config.sync_listen), (HTTPS, config.https_listen))
    ports = {use: at.port for use, at in listening if at is not None and not at.is_here and at.port}

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Mapping[str, int]]:
        yield ports  # they are open as long as the daemon runs

    return PortsApi(
        lambda: bool(trials.able(peering.connections)),
        lambda some: trials.ask(peering.connections, some),
        opened,
        Needs.THIS_COMPUTER,
    )
