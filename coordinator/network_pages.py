"""The HTTP API for other computers, if the settings name an address for it."""

from __future__ import annotations

from aiohttp.typedefs import Middleware

from coordinator.config import CoordinatorSettings
from coordinator.https.certificates import Certificates
from sync.daemon.serving import Network
from sync.engine.replica import Replica
from sync.model.alarms import Alarm
from sync.trust.entrance import Entrance


class NetworkPages:
    """Serves nobody where the settings name no address.

    Raises:
        BadConfig: there is no certificate to show.
    """

    def __init__(self, config: CoordinatorSettings, replica: Replica) -> None:
        self._address = config.https_listen
        self._certificates: Certificates | None = None
        if self._address is not None:
            self._certificates = Certificates(
                config.folder, config.host_names, config.https_files, lambda: replica.now
            )

    def network(self, authority: Middleware) -> Network | None:
        """How the API is offered, None if it is not.

        Args:
            authority: refuses calls that do not have what their operation needs.
        """
        if self._certificates is None or self._address is None:
            return None
        return Network(
            address=self._address,
            entrance=Entrance(self._certificates, plain=lambda: False),
            names=self._certificates.header_names,
            authority=authority,
        )

    async def look(self) -> None:
        """Renew the certificate if it is time to."""
        if self._certificates is not None:
            await self._certificates.look()

    def alarms(self) -> list[Alarm]:
        """What keeps browsers from trusting this coordinator."""
        return [] if self._certificates is None else self._certificates.alarms()
