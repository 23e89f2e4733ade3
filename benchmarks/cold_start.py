"""From starting a node's process until it serves, and its memory, beside a bare aiohttp process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Final

from benchmarks.clinic import clone, full_clinic
from benchmarks.daemons import Caller, Process, bare, node
from benchmarks.figures import Bench, Figure, Samples
from node import config as node_config

BENCH: Final = "cold-start"
STARTS: Final = 7
STARTS_QUICK: Final = 3


def run(bench: Bench) -> Iterator[Figure]:
    """Start time and resident memory for each number of people."""
    starts = STARTS_QUICK if bench.quick else STARTS
    for count in bench.people:
        yield from started(bench, count, starts)


def started(bench: Bench, count: int, starts: int) -> Iterator[Figure]:
    """A node that holds ``count`` people, and the bare process, started in turn."""
    folder = bench.folder / f"cold-{count}"
    desk = clone(full_clinic(bench, count).desks["A"], folder)
    address = node_config.load(folder).listen
    times, floor = Samples(), Samples()
    memory, bare_memory = Samples(), Samples()
    bench.say(f"starting a node with {count:,} people")
    for _ in range(starts):
        _start(bare, None, "/", floor, bare_memory)
        port = address.port
        _start(lambda: node(desk.folder), port, "/api/status/", times, memory)
    label = f"{count:,} people"
    yield times.figure(BENCH, f"{label}: until it answers", "s", floor)
    if memory.seconds:
        yield Figure(
            BENCH, f"{label}: resident memory", memory.median, "MiB", floor=bare_memory.median
        )
    else:
        bench.say("resident memory is left out: this system does not tell it in /proc")


def _start(
    make: Callable[[], Process], port: int | None, path: str, times: Samples, memory: Samples
) -> None:
    began = perf_counter()
    with make() as process:
        caller = Caller("127.0.0.1", port or int(process.ready_line.rpartition(":")[2]))
        caller.call("GET", path)
        times.add(perf_counter() - began)
        caller.close()
        resident = process.rss_mib
        if resident is not None:
            memory.add(resident)
