"""What the dashboard shows live: the terminals and their numbers, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypedDict
from zlib import crc32

from coordinator.config import CoordinatorSettings
from coordinator.pages.links import Links
from coordinator.pages.sightings import Sightings
from coordinator.range_watch import RangeWatch
from coordinator.registry import answers, ranges, usage
from coordinator.registry.answers import RangeAnswer, UsageAnswer
from coordinator.registry.usage import Account, RangeStanding, Usage
from sync.engine.replica import Replica
from sync.http.checks.fields import FieldAnswer
from sync.http.checks.fields import answers as answers_of_fields
from sync.http.status import AlarmAnswer, alarm_answers
from sync.model import reasons
from sync.model.alarms import Alarms
from sync.model.facts import COORDINATOR, Author, State
from sync.model.formats import Day, Time, iso_utc_of_ms
from sync.model.reasons import FixedReason
from sync.network.peering import Peering, SessionStatus
from sync.reading.answers import RegisterCounts
from sync.reading.snapshot import Snapshot
from sync.rules.registry import Terminal
from sync.upkeep.nightly import BackupStatus
from sync.upkeep.service import Upkeep
from sync.version import version

LOOK_S: Final = 1.0

Line = Literal["live", "begun", "away"]
"""A desk is in step with the coordinator, has begun to be, or is not connected."""


class Brief(TypedDict):
    """What everybody who is signed in sees.

    ``cursor`` grows with each change of the register, ``asked`` with each request of a desk and
    each answer to one. ``open_requests`` counts those that nobody has answered. ``required`` and
    ``fields`` are for the form of a person.
    """

    facility: str
    zone: str
    today: Day
    version: str
    cursor: int
    asked: int
    open_requests: int
    required: list[str]
    fields: list[FieldAnswer]


class DeskNow(TypedDict):
    """A terminal as the dashboard shows it.

    ``since`` is when its connection was made, ``seen_at`` when there was one last. ``ahead_ms``
    is how far its clock was ahead when it connected. ``waiting`` counts registrations that are not
    confirmed yet. ``ranges`` are those that are open.
    """

    code: str
    name: str
    state: State
    reason: str
    reason_fixed: FixedReason | None
    has_node: bool
    line: Line
    address: str
    version: str
    ahead_ms: int | None
    since: Time | None
    seen_at: Time | None
    waiting: int
    usage: UsageAnswer | None
    ranges: list[RangeAnswer]


class StoredBoard(RegisterCounts):
    """What the database says; see `BoardNow`.

    ``alerts`` is another number whenever something of the kept alarms that are not over is
    otherwise than before: they are kept some seconds after they came up.
    """

    facility: str
    cursor: int
    asked: int
    alerts: int
    in_recovery: bool


class BoardNow(StoredBoard):
    """What an administrator sees, see `Brief`; ``links`` are pairs of desks that are connected."""

    zone: str
    today: Day
    version: str
    desks: list[DeskNow]
    links: list[tuple[str, str]]
    alarms: list[AlarmAnswer]
    backup: BackupStatus
    required: list[str]
    fields: list[FieldAnswer]


class Kept(TypedDict):
    """What is read from the database when it has changed."""

    stored: StoredBoard
    terminals: list[Terminal]
    standings: Mapping[Author, Sequence[RangeStanding]]
    waiting: dict[str, int]
    accounts: dict[Author, Account]


class Board:
    """Looks how the clinic stands; what the database says is read anew only after a change."""

    def __init__(
        self,
        config: CoordinatorSettings,
        replica: Replica,
        peering: Peering,
        watch: RangeWatch,
        sightings: Sightings,
        links: Links,
        alarms: Alarms,
        upkeep: Upkeep,
    ) -> None:
        self._config = config
        self._replica = replica
        self._peering = peering
        self._watch = watch
        self._sightings = sightings
        self._links = links
        self._alarms = alarms
        self._upkeep = upkeep
        self._kept: Kept | None = None
        self._as_of = 0

    async def brief(self) -> Brief:
        """Return what everybody who is signed in sees."""

        def look(snapshot: Snapshot) -> tuple[str, int, int, int]:
            store = snapshot.store
            asked, waiting = store.requests.progress(), store.requests.count(only_open=True)
            return store.meta.facility, snapshot.changes.newest(), asked, waiting

        facility, cursor, asked, waiting = await self._replica.read(look)
        return {
            "facility": facility,
            "zone": self._config.zone.key,
            "today": self._replica.today().isoformat(),
            "version": version(),
            "cursor": cursor,
            "asked": asked,
            "open_requests": waiting,
            "required": list(self._config.required),
            "fields": answers_of_fields(self._config.fields),
        }

    async def now(self) -> BoardNow:
        """Return what an administrator sees."""
        kept = await self._read()
        lines = {one.author: one for one in self._peering.sessions() if one.author != COORDINATOR}
        return {
            **kept["stored"],
            "zone": self._config.zone.key,
            "today": self._replica.today().isoformat(),
            "version": version(),
            "desks": [
                self._desk(kept, terminal, lines.get(terminal.code))
                for terminal in kept["terminals"]
            ],
            "links": self._links.among(lines),
            "alarms": alarm_answers(self._alarms.now()),
            "backup": self._upkeep.status()["backup"],
            "required": list(self._config.required),
            "fields": answers_of_fields(self._config.fields),
        }

    async def _read(self) -> Kept:
        commit = self._replica.commit_number
        if self._kept is not None and commit == self._as_of:
            return self._kept
        account = self._watch.account
        kept: Kept = await self._replica.read(lambda snapshot: _read(snapshot, account))
        # It may be newer than that by now; it is read once too often if it is.
        self._kept = kept
        self._as_of = commit
        return kept

    def _desk(self, kept: Kept, terminal: Terminal, line: SessionStatus | None) -> DeskNow:
        seen_ms = self._sightings.seen_ms(terminal.code)
        account = kept["accounts"].get(terminal.code)
        return {
            "code": terminal.code,
            "name": terminal.name,
            "state": terminal.state,
            "reason": terminal.why,
            "reason_fixed": reasons.fixed(terminal.why),
            "has_node": terminal.has_node,
            "line": _line(line),
            "address": line.address if line is not None else "",
            "version": line.version if line is not None else "",
            "ahead_ms": line.ahead_ms if line is not None else None,
            "since": line.since if line is not None else None,
            "seen_at": iso_utc_of_ms(seen_ms) if seen_ms is not None else None,
            "waiting": kept["waiting"].get(terminal.code, 0),
            "usage": answers.usage_answer(account) if account is not None else None,
            "ranges": [
                answers.range_answer(one)
                for one in kept["standings"].get(terminal.code, ())
                if one.closed is None
            ],
        }


def _line(line: SessionStatus | None) -> Line:
    if line is None:
        return "away"
    return "live" if line.live else "begun"


def _read(snapshot: Snapshot, account: Callable[[Usage], Account]) -> Kept:
    standings = ranges.standings(snapshot)
    terminals = sorted(snapshot.registry.terminals.values(), key=lambda one: one.serial)
    return {
        "stored": {
            "facility": snapshot.store.meta.facility,
            "cursor": snapshot.changes.newest(),
            "asked": snapshot.store.requests.progress(),
            "alerts": crc32(repr(snapshot.store.alerts.not_over()).encode()),
            "in_recovery": snapshot.store.meta.recovery is not None,
            **snapshot.counts.register(),
        },
        "terminals": terminals,
        "standings": standings,
        "waiting": snapshot.counts.waiting_of_terminals(),
        "accounts": {
            one.code: account(usage.usage(one, standings.get(one.code, ())))
            for one in terminals
            if one.state is State.ACTIVE
        },
    }
