"""Registering durably, through each layer of the product, beside the bare commit of one row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from benchmarks.clinic import Clinic, Desk
from benchmarks.daemons import Caller, coordinator, node
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.floors import FLOOR_COMMITS, RawCommit, journal_bytes
from benchmarks.people import drafts, people
from benchmarks.steps import REGISTERING, Steps
from node import config as node_config
from sync.engine.issuing import Draft
from sync.engine.replica import Replica
from sync.witness.machine import machine_id
from sync.witness.memory import Witness

BENCH: Final = "register"
COUNT: Final = 2000
COUNT_QUICK: Final = 500
WARM_UP: Final = 10
JOURNALLED: Final = 50


@dataclass
class _Way:
    """One way to register a person: what is timed, and the samples."""

    name: str
    register: Callable[[Draft], Awaitable[None]]
    floor: Samples
    samples: Samples = field(default_factory=Samples)


def run(bench: Bench) -> Iterator[Figure]:
    """Latency of one registration by way and layer, then the time of its steps."""
    count = min(bench.smallest, COUNT_QUICK if bench.quick else COUNT)
    yield from library(bench, count)
    for online in (False, True):
        yield from over_http(bench, count, online)


def library(bench: Bench, count: int) -> Iterator[Figure]:
    """Through the library: no daemon, no socket."""
    clinic = Clinic(bench.folder / "library")
    for code in ("UNSIGNED", "SIGNED", "REPLICA", "STEPS-UNSIGNED", "STEPS-SIGNED"):
        clinic.add(code)
    clinic.close()
    yield from asyncio.run(_interleaved(bench, clinic, count))
    for label, live in (("unsigned", False), ("signed", True)):
        desk = clinic.desks[f"STEPS-{label.upper()}"]
        yield from _steps(desk, label, count, live)
        yield _journal(bench, desk, label, live)


async def _interleaved(bench: Bench, clinic: Clinic, count: int) -> list[Figure]:
    """Each way in turn, and the floor, so that noise of the computer meets all of them alike."""
    floor = RawCommit(bench.folder / "library")
    unsigned = clinic.desks["UNSIGNED"].open()
    signed = clinic.desks["SIGNED"].open()
    signed.writer.live = True
    desk = clinic.desks["REPLICA"]
    replica, witness = await _open(desk)
    issue = desk.issue(witness)

    async def through_unsigned(draft: Draft) -> None:
        unsigned.register(draft)

    async def through_signed(draft: Draft) -> None:
        signed.register(draft)

    async def through_replica(draft: Draft) -> None:
        await replica.register(desk.author, draft, issue)

    ways = [
        _Way("Writer, offline and unsigned", through_unsigned, floor.commits),
        _Way("Writer, live and signed", through_signed, floor.commits),
        _Way("Replica, with its witness", through_replica, floor.witnessed),
    ]
    everybody = drafts(count + WARM_UP, unsigned.author)
    try:
        for number, draft in enumerate(bench.track(everybody, "registering each way", count)):
            if number >= WARM_UP:
                floor.measure()
            for way in ways:
                began = perf_counter()
                await way.register(draft)
                if number >= WARM_UP:
                    way.samples.add(perf_counter() - began)
    finally:
        await replica.close()  # its threads would outlive an interrupt
    unsigned.close()
    signed.close()
    floor.close()
    return [
        floor.commits.figure(BENCH, "floor: one SQLite commit", "us"),
        floor.witnessed.figure(BENCH, "floor: and a witness write", "us"),
        *(way.samples.figure(BENCH, way.name, "us", way.floor) for way in ways),
    ]


async def _open(desk: Desk) -> tuple[Replica, Witness]:
    """A replica that tells the witness of each number, as the daemon does."""
    witness = Witness(desk.folder.with_suffix(".witness"), machine_id())
    replica = await Replica.open(desk.folder, desk.signer, desk.coordinator_key, witness=witness)
    return replica, witness


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


def _journal(bench: Bench, desk: Desk, label: str, live: bool) -> Figure:
    """What one registration makes SQLite write before it is durable, beside the floor's row."""
    floor = RawCommit(bench.folder / f"journal-{label}")
    desk.open()
    desk.writer.live = live
    everybody = list(drafts(JOURNALLED + 1, desk.author))
    desk.register(everybody.pop())
    floor.measure()

    def act() -> None:
        for draft in everybody:
            desk.register(draft)

    def bare() -> None:
        for _ in everybody:
            floor.measure()

    written = journal_bytes(desk.writer.store.connection, desk.path, act) / JOURNALLED
    least = journal_bytes(floor.connection, floor.path, bare) / JOURNALLED / FLOOR_COMMITS
    desk.close()
    floor.close()
    return Figure(BENCH, f"{label}: journal", written / 1024, "KiB", floor=least / 1024)


def over_http(bench: Bench, count: int, online: bool) -> Iterator[Figure]:
    """Over the HTTP API of a node's process, by one client that waits for each answer.

    Args:
        online: a coordinator's process gives the numbers and judges; else the node is alone.
    """
    where = "online" if online else "offline"
    clinic = Clinic(bench.folder / f"http-{where}")
    desk = clinic.add("HTTP")
    clinic.close()
    samples = Samples()
    floor = RawCommit(bench.folder / f"http-{where}")
    listen = node_config.load(desk.folder).listen
    with ExitStack() as stack:
        if online:
            stack.enter_context(coordinator(clinic.coordinator.folder))
        stack.enter_context(node(desk.folder))
        caller = Caller(listen.host, listen.port)
        stack.callback(caller.close)
        while caller.call("GET", "/api/status/")["numbers"] != where:
            pass  # each answer takes a while
        everybody = people(count + WARM_UP)
        for number, person in enumerate(
            bench.track(everybody, f"registering over HTTP, {where}", count)
        ):
            if number >= WARM_UP:
                floor.measure()
            began = perf_counter()
            caller.call("POST", "/api/patients/", person | {"operator": "reception-1"})
            if number >= WARM_UP:
                samples.add(perf_counter() - began)
    yield samples.figure(BENCH, f"HTTP API of a node, {where}", "us", floor.witnessed)
    floor.close()
