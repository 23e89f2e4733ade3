"""The parts that know who works at one desk, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from node.clerks.asking import PinAsking
from node.clerks.changing import PinChanging
from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from node.clerks.sitting import Sitting
from sync.engine.replica import Replica
from sync.http.callers.sessions import Sessions
from sync.model.facts import Author
from sync.network.connection import Connection
from sync.trust.passwords import Passwords


class Workplace:
    """Who works at a desk, who sits at its page, and what their PINs are checked by.

    Args:
        own: the names in the desk's settings.
        idle_s: after so long without a call a PIN has to be typed again.
        connections: returns those that there are now.
    """

    def __init__(
        self,
        replica: Replica,
        code: Author,
        own: Sequence[str],
        idle_s: float,
        connections: Callable[[], Iterable[Connection]],
    ) -> None:
        self.pins = PinFile(replica.folder, replica.steady_s)
        self.clerks = DeskClerks(code, own, lambda: replica.registry.clerks, self.pins)
        self.sessions = Sessions(replica.steady_s, idle_s)
        self.sitting = Sitting(code, self.clerks, self.sessions)
        self.hashing = Passwords()
        self.asking = PinAsking(self.clerks, self.pins, connections)
        self.changing = PinChanging(self.clerks, self.pins, connections)
        replica.subscribe(self.asking.committed)
