"""The HTTP API of a daemon for other computers, if the settings name an address for it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from aiohttp.typedefs import Middleware

from sync.daemon.serving import Network
from sync.engine.replica import Replica
from sync.http.address import Address
from sync.https.certificates import Certificates
from sync.model.alarms import Alarm
from sync.trust.entrance import Entrance
from sync.trust.slots import HandshakeSlots


class HttpsPlace(Protocol):
    """The settings of a daemon that say where and as whom it serves other computers."""

    @property
    def folder(self) -> Path:
        """The data folder."""
        ...

    @property
    def https_listen(self) -> Address | None:
        """Where other computers may call, None if nowhere."""
        ...

    @property
    def host_names(self) -> tuple[str, ...]:
        """Host names of this computer."""
        ...

    @property
    def https_files(self) -> tuple[Path, Path] | None:
        """A certificate and its key; None for one of the authority in the data folder."""
        ...


class NetworkPages:
    """Serves nobody where the settings name no address.

    Raises:
        BadConfig: there is no certificate to show.
    """

    def __init__(self, place: HttpsPlace, replica: Replica) -> None:
        self._address = place.https_listen
        self._slots = HandshakeSlots(replica.steady_s)
        self._certificates: Certificates | None = None
        if self._address is not None:
            self._certificates = Certificates(
                place.folder, place.host_names, place.https_files, lambda: replica.now
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
            entrance=Entrance(self._certificates, lambda: False, self._slots),
            names=self._certificates.header_names,
            authority=authority,
        )

    async def look(self) -> None:
        """Renew the certificate if it is time to."""
        if self._certificates is not None:
            await self._certificates.look()

    def alarms(self) -> list[Alarm]:
        """What keeps others from trusting this computer."""
        return [] if self._certificates is None else self._certificates.alarms()
