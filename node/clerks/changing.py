"""A clerk changes her own PIN: the desk checks the one before it, the coordinator lets it count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from node.clerks.asking import coordinator_of
from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from node.errors import PinChangeUnanswered, PinNeedsCoordinator, PinNotChanged
from sync.model.clerks.pins import ClerkPin
from sync.network.connection import Connection
from sync.protocol.events import PinChangeArrived
from sync.rules.clerks import Clerk

ANSWER_S_MAX: Final = 10.0


class PinChanging:
    """Asks the coordinator to let a new PIN count, so that all desks of the clerk hear of it.

    Args:
        connections: returns those that there are now.
        answer_s_max: how long a clerk waits for the coordinator.
    """

    def __init__(
        self,
        clerks: DeskClerks,
        pins: PinFile,
        connections: Callable[[], Iterable[Connection]],
        answer_s_max: float = ANSWER_S_MAX,
    ) -> None:
        self._clerks = clerks
        self._pins = pins
        self._connections = connections
        self._answer_s_max = answer_s_max

    def require_touch(self, clerk: Clerk) -> Connection:
        """Return the connection with the coordinator.

        Raises:
            PinNeedsCoordinator: there is none.
        """
        line = coordinator_of(self._connections())
        if line is None:
            raise PinNeedsCoordinator(name=clerk.name)
        return line

    async def change(self, clerk: Clerk, verifier: str) -> None:
        """Let the next PIN of a clerk be that which is checked by ``verifier``.

        When this returns it counts here, unless its fact is still on its way; then the coordinator
        is asked for it as for any other.

        Raises:
            PinNeedsCoordinator, PinNotChanged: the former one still counts.
            PinChangeUnanswered: nobody can say here which one counts.
        """
        chosen = ClerkPin(clerk.id, clerk.pins + 1, verifier)
        answer: PinChangeArrived | None = await self.require_touch(clerk).ask(
            lambda session: session.change_pin(chosen), self._answer_s_max
        )
        if answer is None:
            raise PinChangeUnanswered(name=clerk.name)
        if answer.code:
            raise PinNotChanged(name=clerk.name, reason=answer.code)
        self._pins.keep((chosen,), {one.id: one for one in self._clerks.here()})
