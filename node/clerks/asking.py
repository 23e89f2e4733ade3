"""Asks the coordinator what the PINs of the clerks of this desk are checked by."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from sync.model.facts import COORDINATOR
from sync.network.connection import Connection
from sync.protocol.events import Event, PinsArrived, Welcomed
from sync.protocol.questions import Commit


class PinAsking:
    """Asks when the coordinator is there and something is lacking.

    Args:
        connections: returns those that there are now.
    """

    def __init__(
        self, clerks: DeskClerks, pins: PinFile, connections: Callable[[], Iterable[Connection]]
    ) -> None:
        self._clerks = clerks
        self._pins = pins
        self._connections = connections

    def heard(self, connection: Connection, event: Event, _among: Iterable[Connection]) -> None:
        """Something has happened on one of the connections."""
        if not _is_coordinator(connection):
            return  # another desk can say nothing of PINs
        match event:
            case Welcomed():
                self._ask(connection)
            case PinsArrived(found):
                self._pins.keep(found, {one.id: one for one in self._clerks.here()})

    def committed(self, commit: Commit) -> None:
        """Something was committed: the list may have changed."""
        if commit.registry:
            self.look()

    def look(self) -> None:
        """Forget the PINs of those who do not work here any more, and ask for what is lacking."""
        self._pins.keep((), {one.id: one for one in self._clerks.here()})
        for connection in self._connections():
            if _can_be_asked(connection):
                self._ask(connection)

    def _ask(self, connection: Connection) -> None:
        lacking = self._pins.lacking(self._clerks.here())
        if lacking:
            connection.say(lambda session: session.ask_pins(lacking))


def coordinator_of(connections: Iterable[Connection]) -> Connection | None:
    """The connection with the coordinator, if there is one on which things can be asked."""
    return next((one for one in connections if _can_be_asked(one)), None)


def _can_be_asked(connection: Connection) -> bool:
    return _is_coordinator(connection) and connection.welcomed and not connection.is_ending


def _is_coordinator(connection: Connection) -> bool:
    return connection.peer is not None and connection.peer.author == COORDINATOR
