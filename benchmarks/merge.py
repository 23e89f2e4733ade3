"""The coordinator takes in what desks wrote: how fast, step by step, and how many bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.clinic import (
    MERGED_AT_ONCE,
    Clinic,
    Desk,
    chunks,
    clone,
    file_bytes,
    missing_batches,
)
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.people import drafts
from benchmarks.steps import MERGING, Steps
from sync.daemon.serving import short_collections
from sync.model.runs import Batch
from sync.protocol import limits, messages
from sync.protocol.messages import Batches, Push
from sync.protocol.pieces import in_pieces
from sync.protocol.questions import Admittance, Merge, Merged

BENCH: Final = "merge"
LIVE_MAX: Final = 10_000
LIVE_MAX_QUICK: Final = 2000
TURNS: Final = 3
TURNS_UP_TO: Final = 20_000
"""More people than these are merged once; that is long enough."""


def run(bench: Bench) -> Iterator[Figure]:
    """In bulk for each number of people, live for a part of them."""
    for count in bench.people:
        yield from bulk(bench, count)
    yield from live(bench, min(bench.smallest, LIVE_MAX_QUICK if bench.quick else LIVE_MAX))


def bulk(bench: Bench, count: int) -> Iterator[Figure]:
    """Whole runs with one signature each, as after days without a network."""
    clinic = Clinic(bench.folder / f"bulk-{count}")
    desk, hub = clinic.add("DESK"), clinic.coordinator
    desk.register_many(bench.track(drafts(count, desk.author), "registering", count))
    batches = missing_batches(hub, desk)
    clinic.close()
    label = f"{count:,} in bulk"
    merges = list(chunks(batches, MERGED_AT_ONCE))
    turns = TURNS if count <= TURNS_UP_TO else 1
    yield from _merged(bench, hub, merges, label, turns)
    wire = sum(len(messages.encode(Batches(1, piece, True))) for piece in in_pieces(batches))
    facts = sum(len(batch.update) for batch in batches)
    yield Figure(BENCH, f"{label}: on the wire", wire / count, "B a fact", floor=facts / count)
    full = Desk(_folder(hub, label, 0), hub.author, hub.signer, hub.coordinator_key)
    stored = file_bytes(full)
    yield Figure(BENCH, f"{label}: on disk", stored / count, "B a fact", floor=facts / count)
    full.open(durable=False)
    full.fill_search()
    full.close()
    stored = file_bytes(full)
    yield Figure(
        BENCH, f"{label}: on disk, searchable", stored / count, "B a fact", floor=facts / count
    )


def live(bench: Bench, count: int) -> Iterator[Figure]:
    """A signature for each fact: merged one by one, and as many at once as a message may hold."""
    clinic = Clinic(bench.folder / "live")
    desk, hub = clinic.add("DESK"), clinic.coordinator
    clinic.close()
    pushes = _pushes(bench, desk, count)
    facts = sum(len(batch.update) for batch in pushes)
    ways: dict[str, Sequence[Sequence[Batch]]] = {
        "one by one": [(batch,) for batch in pushes],
        "queued": list(chunks(pushes, limits.BATCHES_MAX)),
    }
    for way, merges in ways.items():
        label = f"{count:,} live, {way}"
        yield from _merged(bench, hub, merges, label, TURNS)
        wire = sum(
            len(messages.encode(Push(seq, piece)))
            for seq, some in enumerate(merges)
            for piece in in_pieces(some, limits.BATCHES_MAX)
        )
        yield Figure(BENCH, f"{label}: on the wire", wire / count, "B a fact", floor=facts / count)
        full = Desk(_folder(hub, label, 0), hub.author, hub.signer, hub.coordinator_key)
        stored = file_bytes(full) / count
        yield Figure(BENCH, f"{label}: on disk", stored, "B a fact", floor=facts / count)


def _pushes(bench: Bench, desk: Desk, count: int) -> list[Batch]:
    """What a desk with an open session sends for each person."""
    desk.open(durable=False)
    desk.writer.live = True
    pushes: list[Batch] = []
    for draft in bench.track(drafts(count, desk.author), "registering one by one", count):
        desk.register(draft)
        for commit in desk.writer.commits:
            pushes += commit.batches
        desk.writer.commits.clear()
    desk.close()
    return pushes


def _merged(
    bench: Bench, empty: Desk, merges: Sequence[Sequence[Batch]], label: str, turns: int
) -> Iterator[Figure]:
    """Everything into a fresh copy of a coordinator, then again with the steps timed."""
    bench.say(f"merging {label}")
    samples, facts = Samples(), 0
    for turn in range(turns):
        hub = clone(empty, _folder(empty, label, turn)).open()
        hub.writer.live = True
        with short_collections():  # as in a daemon; what the benchmark holds is no work of it
            began = perf_counter()
            facts = _merge_all(hub, merges)
            samples.add(perf_counter() - began)
        hub.close()
    yield Figure(BENCH, f"{label}: with verdicts", facts / samples.median, "facts/s")
    yield Figure(BENCH, f"{label}: a transaction", samples.median / len(merges) * 1e3, "ms")
    bench.say(f"merging {label}, steps timed")
    steps = Steps()
    with steps.timed(MERGING):
        hub = clone(empty, _folder(empty, label, turns)).open(connect=steps.connect)
        hub.writer.live = True
        steps.seconds.clear()
        _merge_all(hub, merges)
    hub.close()
    yield from steps.figures(BENCH, label, facts)


def _folder(hub: Desk, label: str, turn: int) -> Path:
    """Where a copy of a coordinator takes in everything."""
    return hub.folder.parent / f"{label}-{turn}".replace(",", "").replace(" ", "-")


def _merge_all(hub: Desk, merges: Sequence[Sequence[Batch]]) -> int:
    facts = 0
    for some in merges:
        merged: Merged = hub.exchange.merge(Merge(tuple(some)))
        if any(outcome.entry is not Admittance.ACCEPTED for outcome in merged.outcomes):
            raise AssertionError(f"the coordinator did not take everything: {merged.outcomes}")
        facts += merged.facts
        hub.writer.commits.clear()
    return facts
