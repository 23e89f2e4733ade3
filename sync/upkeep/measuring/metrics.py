"""``GET /metrics``: how a daemon is, as Prometheus reads it, and nothing about any patient.

Names follow https://prometheus.io/docs/practices/naming/: base units, ``_total`` for what only
grows. Nothing is counted anew that grows with the register: registrations are counted once after
the start, and then only those that came since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from sync.engine.replica import DATABASE, Replica
from sync.http.operations import MetricsText, Needs, Operation
from sync.http.status import SessionAnswer
from sync.model.alarms import Alarms
from sync.reading.snapshot import Snapshot
from sync.upkeep.service import Upkeep
from sync.version import version

PREFIX: Final = "mrnmesh_"

Own = Callable[[Snapshot], Iterable[Metric]]
"""What only one of the daemons measures, within the snapshot of all the rest."""


class Metrics:
    """The operation that shows what one daemon measures.

    Args:
        sessions: the connections with others now.
        own: returns what this daemon measures beside what both do. It is called before the
            snapshot is taken.
    """

    def __init__(
        self,
        replica: Replica,
        alarms: Alarms,
        sessions: Callable[[], list[SessionAnswer]],
        upkeep: Upkeep,
        needs: Needs,
        own: Callable[[], Own],
    ) -> None:
        self._replica = replica
        self._alarms = alarms
        self._sessions = sessions
        self._upkeep = upkeep
        self._needs = needs
        self._own = own
        self._counted_up_to = 0
        self._registered: Counter[tuple[str, bool]] = Counter()
        # One of its own: the library's own registry is shared by all daemons of a process.
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                "/metrics",
                self.show,
                "Show what Prometheus collects",
                needs=self._needs,
            )
        ]

    async def show(self, _request: web.Request) -> MetricsText:
        """Return what is measured now; no patient's data is part of it."""
        own = self._own()
        kept = await self._replica.read(partial(self._kept, own=own))
        registry = CollectorRegistry()
        registry.register(_Gathered([*kept, *self._now()]))
        process = generate_latest(self._process)
        return MetricsText((generate_latest(registry) + process).decode())

    def _kept(self, snapshot: Snapshot, own: Own) -> list[Metric]:
        """Return what is read from the database."""
        counts = snapshot.counts.register()
        return [
            gauge(
                "patients", "Records of people in this copy of the register.", counts["patients"]
            ),
            gauge(
                "patients_waiting", "People whose number waits to be confirmed.", counts["pending"]
            ),
            gauge("conflicts_open", "Conflicts that nobody has decided.", counts["open_conflicts"]),
            gauge(
                "requests_open",
                "Requests of desks that wait for an answer.",
                counts["open_requests"],
            ),
            self._registrations(snapshot),
            *own(snapshot),
        ]

    def _registrations(self, snapshot: Snapshot) -> Metric:
        after = self._counted_up_to
        newest, found = snapshot.registrations.came_after(after)
        # Two readers may count at once; what one of them has added must not be added again.
        if after == self._counted_up_to:
            self._registered.update(found)
            self._counted_up_to = newest
        family = CounterMetricFamily(
            PREFIX + "registrations",
            "Registrations by desk, and whether its number is an offline one.",
            labels=("terminal", "source"),
        )
        for (terminal, offline), number in sorted(self._registered.items()):
            family.add_metric((terminal, "offline" if offline else "online"), number)
        return family

    def _now(self) -> Iterator[Metric]:
        """Yield what is known without the database."""
        author = self._replica.identity.author
        yield labelled(
            "build_info",
            "The version of this daemon, and whose it is; always 1.",
            ("version", "author"),
            [((version(), author), 1)],
        )
        sessions = self._sessions()
        live = Counter({one["author"]: 0 for one in sessions if one["author"]})
        live.update(one["author"] for one in sessions if one["live"])
        yield labelled(
            "session_live",
            "1 while a connection with that desk or the coordinator is in step.",
            ("peer",),
            [((peer,), min(1, count)) for peer, count in sorted(live.items())],
        )
        alarms = Counter((alarm.code, str(alarm.level)) for alarm in self._alarms.now())
        yield labelled("alarms", "Alarms now.", ("code", "level"), sorted(alarms.items()))
        backup = self._upkeep.status()["backup"]["last_good"]
        if backup is not None:
            yield gauge(
                "backup_last_success_timestamp_seconds",
                "When the last good backup was made.",
                datetime.fromisoformat(backup["at"]).timestamp(),
            )
        yield gauge(
            "database_size_bytes",
            "How large the database is, with what is not yet written back to it.",
            _size(self._replica),
        )
        believed = self._replica.believed
        yield gauge(
            "clock_offset_seconds",
            "How far the clock of this computer is ahead of the time that is believed.",
            (believed.shown_ms - believed.now_ms) / 1000,
        )


class _Gathered(Collector):
    """Measured values in the form in which the library wants to collect them."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        return self._found


def gauge(name: str, help_: str, value: float) -> Metric:
    """Return one value that goes up and down."""
    return GaugeMetricFamily(PREFIX + name, help_, value=value)


def labelled(
    name: str,
    help_: str,
    labels: tuple[str, ...],
    values: Iterable[tuple[tuple[str, ...], float]],
) -> Metric:
    """Return values that go up and down, each with the values of its labels."""
    family = GaugeMetricFamily(PREFIX + name, help_, labels=labels)
    for where, value in values:
        family.add_metric(where, value)
    return family


def _size(replica: Replica) -> int:
    """Return the bytes of a database and its write-ahead log."""
    files = (replica.folder / DATABASE, replica.folder / f"{DATABASE}-wal")
    return sum(file.stat().st_size for file in files if file.exists())
