"""Replicas that sync over a WebSocket: the first time, live, and after days apart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from operator import ne
from time import perf_counter
from typing import Final

import aiohttp

from benchmarks import bare
from benchmarks.clinic import Clinic, Desk, clone, full_clinic, pull
from benchmarks.daemons import Process, node
from benchmarks.daemons import bare as bare_process
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.floors import RawCommit
from benchmarks.line import Line, connect_and_echo, counted, running, take_in
from benchmarks.people import drafts
from node import config as node_config
from sync.engine.issuing import Draft
from sync.model.facts import COORDINATOR, REGISTRY
from sync.protocol.questions import Roots

FIRST: Final = "first-sync"
PROPAGATION: Final = "propagation"
RECONNECT: Final = "reconnect"

REPEATS: Final = 3
REPEATED_MAX: Final = 20_000
"""More people than this are synced once only."""
PROPAGATED: Final = 500
PROPAGATED_QUICK: Final = 150
RECONNECTS: Final = 15
RECONNECTS_QUICK: Final = 5
NEW: Final = 10
MESSAGE_BYTES: Final = 450
LIMIT_S: Final = 600.0


def first_sync(bench: Bench) -> Iterator[Figure]:
    """A fresh node takes all from a full one, which is a process of its own."""
    for count in bench.people:
        yield from _first_syncs(bench, count, False)
        yield from _first_syncs(bench, count, True)


def _first_syncs(bench: Bench, count: int, live: bool) -> Iterator[Figure]:
    clinic = full_clinic(bench, count, live)
    kind = "live" if live else "bulk"
    label = f"{count:,} people, {kind}"
    peer = clone(clinic.desks["A"], bench.folder / f"peer-{count}-{kind}")
    peer.open()
    wanted, facts = peer.roots, _facts(peer)
    peer.close()
    address = node_config.load(peer.folder).sync_listen
    samples, floor, wire = Samples(), Samples(), 0
    with node(peer.folder), bare_process() as line:
        for turn in range(REPEATS if count <= REPEATED_MAX else 1):
            bench.say(f"first sync of {label}")
            fresh = clone(clinic.desks["B"], bench.folder / f"fresh-{count}-{kind}-{turn}")
            url = f"ws://{address.host}:{address.port}/sync"
            seconds, wire, messages = asyncio.run(_take_all(fresh, url, wanted))
            samples.add(seconds)
            size = max(1, wire // messages)
            floor.add(asyncio.run(take_in(_url(line), wire, size)))
    yield samples.figure(FIRST, label, "ms", floor)
    yield Figure(FIRST, f"{label}: {facts:,} facts", facts / samples.median, "facts/s")
    yield Figure(FIRST, f"{label}: on the wire", wire / count, "B a person")


async def _take_all(fresh: Desk, url: str, wanted: Roots) -> tuple[float, int, int]:
    """Seconds, bytes and messages until a replica holds all that the peer at ``url`` does."""
    async with running(fresh) as line, asyncio.timeout(LIMIT_S):
        with counted() as traffic:
            began = perf_counter()
            line.peering.dial(url)
            await line.until_it_holds(lambda roots: roots == wanted)
            return perf_counter() - began, traffic.received, traffic.messages


def propagation(bench: Bench) -> Iterator[Figure]:
    """From a commit at a desk to the coordinator's commit, and to its verdict at the desk."""
    clinic = full_clinic(bench, bench.smallest)
    count = min(bench.smallest, PROPAGATED_QUICK if bench.quick else PROPAGATED)
    bench.say(f"registering {count:,} people beside a live coordinator")
    yield from asyncio.run(_propagate(bench, clinic, count))


async def _propagate(bench: Bench, clinic: Clinic, count: int) -> list[Figure]:
    folder = bench.folder / "propagation"
    there, back, floor = Samples(), Samples(), Samples()
    commit = RawCommit(folder)
    runner = await bare.serve()
    echo_url = f"http://127.0.0.1:{runner.addresses[0][1]}/echo"
    async with (
        running(clone(clinic.coordinator, folder / "coordinator")) as hub,
        running(clone(clinic.desks["A"], folder / "A")) as desk,
        aiohttp.ClientSession() as client,
        client.ws_connect(echo_url, compress=0) as echo,
        asyncio.timeout(LIMIT_S),
    ):
        desk.peering.dial(hub.url)
        await desk.peering.wait_live(COORDINATOR)
        for number, draft in enumerate(drafts(count + NEW, desk.desk.author)):
            commit.measure()
            echoed = await _echo(echo)
            arrived, judged = await _one(hub, desk, draft)
            if number >= NEW:
                floor.add(echoed)
                there.add(arrived)
                back.add(judged)
    await runner.cleanup()
    commit.close()
    return [
        floor.figure(PROPAGATION, "floor: echo on a bare WebSocket", "ms"),
        commit.commits.figure(PROPAGATION, "floor: one SQLite commit", "ms"),
        there.figure(PROPAGATION, "until the coordinator has committed", "ms", floor),
        back.figure(PROPAGATION, "until the verdict is on the desk's disk", "ms", floor),
    ]


async def _one(hub: Line, desk: Line, draft: Draft) -> tuple[float, float]:
    """Register one person; seconds from its commit until the coordinator's, and the verdict's."""
    times: dict[str, float] = {}
    done = asyncio.Event()

    def note(what: str) -> None:
        times.setdefault(what, perf_counter())
        if what == "judged":
            done.set()

    author = desk.desk.author
    ends = [
        desk.on_commit_of(author, partial(note, "written")),
        hub.on_commit_of(author, partial(note, "arrived")),
        desk.on_commit_of(COORDINATOR, partial(note, "judged")),
    ]
    await desk.replica.register(author, draft, desk.desk.issue())
    await done.wait()
    for end in ends:
        end()
    return times["arrived"] - times["written"], times["judged"] - times["written"]


async def _echo(line: aiohttp.ClientWebSocketResponse) -> float:
    began = perf_counter()
    await line.send_bytes(bytes(MESSAGE_BYTES))
    await line.receive_bytes()
    return perf_counter() - began


def reconnect(bench: Bench) -> Iterator[Figure]:
    """Two desks that hold the same people meet again, each with a few new ones."""
    for count in bench.people:
        clinic = full_clinic(bench, count)
        folder = bench.folder / f"reconnect-{count}"
        one = clone(clinic.desks["A"], folder / "A").open(durable=False)
        other = clone(clinic.desks["B"], folder / "B").open(durable=False)
        bench.say(f"bringing a second desk to {count:,} people")
        pull(other, one)
        one.close()
        other.close()
        bench.say(f"meeting again, {count:,} people")
        turns = RECONNECTS_QUICK if bench.quick else RECONNECTS
        yield from asyncio.run(_reconnect(one, other, count, turns))


async def _reconnect(one: Desk, other: Desk, count: int, turns: int) -> list[Figure]:
    samples, floor, wire = Samples(), Samples(), Samples()
    runner = await bare.serve()
    bare_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with running(one) as dialler, running(other) as server, asyncio.timeout(LIMIT_S):
        for turn in range(turns):
            before = await dialler.roots()
            for line in (dialler, server):
                author = line.desk.author
                for draft in drafts(NEW, author, seed=turn):
                    await line.replica.register(author, draft, line.desk.issue())
            with counted() as traffic:
                began = perf_counter()
                dialler.peering.dial(server.url)
                await _until_equal(dialler, server, before)
                samples.add(perf_counter() - began)
                wire.add(traffic.total)
            await dialler.peering.stop()
            dialler.peering = dialler.new_peering()
            floor.add(await connect_and_echo(bare_url, bytes(MESSAGE_BYTES)))
    await runner.cleanup()
    label = f"{count:,} people and {NEW} new on each side"
    return [
        floor.figure(RECONNECT, "floor: dial a bare WebSocket, echo once", "ms"),
        samples.figure(RECONNECT, f"{label}: until both are equal", "ms", floor),
        Figure(RECONNECT, f"{label}: on the wire", wire.median, "B"),
    ]


async def _until_equal(one: Line, other: Line, before: Roots) -> None:
    """Wait until two replicas hold the same, and more than ``before``.

    What was written alone counts in the digests only when it is signed, as the two meet.
    """
    while True:
        mine, theirs = await one.roots(), await other.roots()
        if mine == theirs != before:
            return
        waits = [
            asyncio.create_task(line.until_it_holds(partial(ne, old)))
            for line, old in ((one, mine), (other, theirs))
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


def _facts(desk: Desk) -> int:
    """Facts of others than the registry that a replica holds."""
    count: int = desk.writer.store.connection.execute(
        "SELECT sum(facts) FROM shards WHERE author <> ?", (REGISTRY,)
    ).fetchone()[0]
    return count


def _url(process: Process) -> str:
    return "http:" + process.ready_line.rpartition("ws:")[2]
