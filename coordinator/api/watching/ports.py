"""The ports of the coordinator, tried from desks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping

from coordinator.config import CoordinatorSettings
from coordinator.enrolling import EnrolmentDoor
from sync.errors import CannotListen
from sync.http.operations import Needs
from sync.network.peering import Peering
from sync.network.port_trials import PortTrials
from sync.upkeep.reach.ports import CODES, HTTPS, SYNC, PortsApi


def ports_api(
    config: CoordinatorSettings, door: EnrolmentDoor, peering: Peering, trials: PortTrials
) -> PortsApi:
    """The operation that has desks try the ports of the coordinator."""
    listening = (
        (SYNC, config.sync_listen),
        (CODES, config.enrol_listen),
        (HTTPS, config.https_listen),
    )
    ports = {use: at.port for use, at in listening if at is not None and not at.is_here and at.port}

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Mapping[str, int]]:
        if CODES not in ports:
            yield ports
            return
        # Nobody listens there while no code is open, and then some firewalls answer as if they let
        # nobody in.
        async with door.making:
            try:
                await door.open()
            except CannotListen:  # an alarm says so
                yield {use: port for use, port in ports.items() if use != CODES}
                return
            yield ports  # the daemon closes it again when it next looks whether a code is open

    return PortsApi(
        lambda: bool(trials.able(peering.connections)),
        lambda some: trials.ask(peering.connections, some),
        opened,
        Needs.ADMINISTER,
    )
