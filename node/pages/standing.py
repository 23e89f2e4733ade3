"""How a desk stands, as its page tells a clerk: in one line, live."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from node.allocator import NodeAllocator
from node.api.status import DeskState, NumberSource
from node.clerks.names import ClerkChoice, DeskClerks
from node.config import NodeSettings
from sync.engine.issuing import Prospect
from sync.engine.replica import Replica
from sync.http.checks.fields import FieldAnswer, answers
from sync.model.alarms import AlarmLevel, Alarms
from sync.model.facts import COORDINATOR, REGISTRY
from sync.model.formats import Day, Time, iso_utc_of_ms
from sync.network.peering import Peering
from sync.reading.snapshot import Snapshot
from sync.reading.view import View


class AlarmNow(TypedDict):
    """An alarm; the page has sentences of its own for those that concern a clerk."""

    code: str
    level: AlarmLevel
    text: str
    do: str


class Stored(TypedDict):
    """What the database says; see `DeskStanding`."""

    state: DeskState
    left: int
    waiting: int
    unconfirmed: int
    cards: int
    cursor: int
    asked: int


class DeskStanding(Stored):
    """How a desk stands.

    ``numbers`` says where the next number comes from, ``since`` when that last changed, ``left``
    how many the desk can give by itself. ``desks`` are those in reach, ``waiting`` counts people
    whose number is not confirmed yet, ``unconfirmed`` those of whom nobody has confirmed who they
    are, ``cards`` those to print again. ``cursor`` grows with each
    change of the register, ``asked`` with each request of a desk and each answer to one.
    ``clerks`` are the names to choose from; with ``typing`` others may be typed.
    """

    terminal: str
    today: Day
    zone: str
    clerks: list[ClerkChoice]
    typing: bool
    required: list[str]
    fields: list[FieldAnswer]
    numbers: NumberSource
    since: Time
    desks: list[str]
    alarms: list[AlarmNow]


class Watch:
    """Looks how a desk stands, and remembers since when it is online or offline."""

    def __init__(
        self,
        config: NodeSettings,
        replica: Replica,
        allocator: NodeAllocator,
        peering: Peering,
        alarms: Alarms,
        clerks: DeskClerks,
    ) -> None:
        self._config = config
        self._clerks = clerks
        self._replica = replica
        self._allocator = allocator
        self._peering = peering
        self._alarms = alarms
        self._numbers: NumberSource = "offline"
        self._since = ""

    async def look(self) -> None:
        """Note when the desk goes online or offline."""
        numbers: NumberSource = "online" if self._allocator.online else "offline"
        if numbers != self._numbers or not self._since:
            self._numbers = numbers
            self._since = iso_utc_of_ms(self._replica.now_ms)

    async def standing(self) -> DeskStanding:
        """Return how the desk stands now."""
        await self.look()
        prospects = self._allocator.prospects()  # before the snapshot, see there
        stored = await self._replica.read(lambda snapshot: self._stored(snapshot, prospects))
        return {
            "terminal": self._config.code,
            "today": self._replica.today().isoformat(),
            "zone": self._config.zone.key,
            "clerks": self._clerks.choices(),
            "typing": self._clerks.may_type(),
            "required": list(self._config.required),
            "fields": answers(self._config.fields),
            "numbers": self._numbers,
            "since": self._since,
            "desks": sorted(
                {author for author, _ in self._peering.live_peers()} - {COORDINATOR, REGISTRY}
            ),
            "alarms": [
                {"code": one.code, "level": one.level, "text": one.text, "do": one.do}
                for one in self._alarms.now()
            ],
            **stored,
        }

    def _stored(self, snapshot: Snapshot, prospects: Callable[[View], list[Prospect]]) -> Stored:
        terminal = snapshot.registry.terminals.get(self._config.code)
        open_ones = [one for one in prospects(snapshot) if one.objection is None]
        return {
            "state": terminal.state if terminal else "unknown",
            "left": sum(one.remaining for one in open_ones),
            "waiting": snapshot.counts.waiting(),
            "unconfirmed": snapshot.counts.unconfirmed(),
            "cards": snapshot.conflicts.count_to_reprint(self._config.code),
            "cursor": snapshot.changes.newest(),
            "asked": snapshot.store.requests.progress(),
        }
