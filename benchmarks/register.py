"""Registering durably, through each layer of the product, beside the bare commit of one row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from benchmarks.clinic import Clinic, Desk
from benchmarks.daemons import Caller, node
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.floors import RawCommit
from benchmarks.people import drafts, people
from benchmarks.steps import REGISTERING, Steps
from node import config as node_config
from sync.issuing import Draft, Registered
from sync.replica import Replica
from sync.witness import Witness, machine_id

BENCH: Final = "register"
COUNT: Final = 2000
COUNT_QUICK: Final = 500
WARM_UP: Final = 10


@dataclass
class _Way:
    """One way to register a person: what is timed, and the samples."""

    name: str
    register: Callable[[Draft], object]
    witnessed: bool
    samples: Samples


def run(bench: Bench) -> Iterator[Figure]:
    """Latency of one registration by way and layer, then the time of its steps."""
    count = min(bench.smallest, COUNT_QUICK if bench.quick else COUNT)
    yield from library(bench, count)
    yield from over_http(bench, count)


def library(bench: Bench, count: int) -> Iterator[Figure]:
    """Through the library: no daemon, no socket."""
    clinic = Clinic(bench.folder / "library")
    for code in ("UNSIGNED", "SIGNED", "REPLICA", "STEPS-UNSIGNED", "STEPS-SIGNED"):
        clinic.add(code)
    clinic.close()
    yield from _interleaved(bench, clinic, count)
    yield from _steps(clinic.desks["STEPS-UNSIGNED"], "unsigned", count, False)
    yield from _steps(clinic.desks["STEPS-SIGNED"], "signed", count, True)


def _interleaved(bench: Bench, clinic: Clinic, count: int) -> Iterator[Figure]:
    floor = RawCommit(bench.folder / "library")
    unsigned = clinic.desks["UNSIGNED"].open()
    signed = clinic.desks["SIGNED"].open()
    signed.writer.live = True
    desk = clinic.desks["REPLICA"]
    with asyncio.Runner() as runner:
        replica, witness = runner.run(_open(desk))
        issue = desk.issue(witness)

        def through_replica(draft: Draft) -> None:
            runner.run(replica.register(desk.author, draft, issue))

        ways = [
            _Way("Writer, offline and unsigned", unsigned.register, False, Samples()),
            _Way("Writer, live and signed", signed.register, False, Samples()),
            _Way("Replica, with its witness", through_replica, True, Samples()),
        ]
        everybody = bench.track(
            drafts(count + WARM_UP, unsigned.author), "registering each way", count
        )
        for number, draft in enumerate(everybody):
            if number >= WARM_UP:
                floor.measure()
            for way in ways:
                began = perf_counter()
                way.register(draft)
                if number >= WARM_UP:
                    way.samples.add(perf_counter() - began)
        runner.run(replica.close())
    unsigned.close()
    signed.close()
    yield from _floors(floor)
    for way in ways:
        yield way.samples.figure(
            BENCH, way.name, "us", floor.witnessed if way.witnessed else floor.commits
        )
    floor.close()


async def _open(desk: Desk) -> tuple[Replica, Witness]:
    """A replica that notes each number in the witness, as the daemon does."""
    replica = await Replica.open(desk.folder, desk.signer, desk.coordinator_key)
    witness = Witness(desk.folder.with_suffix(".witness"), machine_id())

    def note(registered: Registered) -> None:
        issued = registered.issued
        assert issued is not None
        assert issued.range is not None
        witness.note(issued.range, int(issued.mrn or 0))

    replica.note = note
    return replica, witness


def _floors(floor: RawCommit) -> Iterator[Figure]:
    yield floor.commits.figure(BENCH, "floor: one SQLite commit", "us")
    yield floor.witnessed.figure(BENCH, "floor: and a witness write", "us")


def _steps(desk: Desk, label: str, count: int, live: bool) -> Iterator[Figure]:
    steps = Steps()
    desk.open(connect=steps.connect)
    desk.writer.live = live
    for draft in drafts(WARM_UP, desk.author):
        desk.register(draft)
    everybody = list(drafts(count, desk.author))
    with steps.timed(REGISTERING):
        for draft in everybody:
            desk.register(draft)
            desk.writer.commits.clear()
    desk.close()
    yield from steps.figures(BENCH, label, count)


def over_http(bench: Bench, count: int) -> Iterator[Figure]:
    """Over the HTTP API of a node's process that is offline, one client that waits each time."""
    clinic = Clinic(bench.folder / "http")
    desk = clinic.add("HTTP")
    clinic.close()
    samples = Samples()
    floor = RawCommit(bench.folder / "http")
    listen = node_config.load(desk.folder).listen
    with node(desk.folder):
        caller = Caller(listen.host, listen.port)
        everybody = bench.track(people(count + WARM_UP), "registering over HTTP", count)
        for number, person in enumerate(everybody):
            if number >= WARM_UP:
                floor.measure()
            began = perf_counter()
            caller.call("POST", "/api/patients/", person | {"operator": "reception-1"})
            if number >= WARM_UP:
                samples.add(perf_counter() - began)
        caller.close()
    yield samples.figure(BENCH, "HTTP API of a node, offline", "us", floor.witnessed)
    floor.close()
