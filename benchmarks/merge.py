"""The coordinator takes in what desks wrote: how fast, step by step, and how many bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Final

from benchmarks.clinic import MERGED_AT_ONCE, Clinic, Desk, chunks, file_bytes, missing_batches
from benchmarks.figures import Bench, Figure
from benchmarks.people import drafts
from benchmarks.steps import MERGING, Steps
from sync import messages
from sync.messages import BATCHES_MAX, Batches, Push
from sync.queries import Entry, Merge, Merged
from sync.runs import Batch
from sync.serving import in_pieces
from sync.writer import Writer

BENCH: Final = "merge"
LIVE_MAX: Final = 10_000
LIVE_MAX_QUICK: Final = 2000


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
    label = f"{count:,} in bulk"
    yield from _merged(bench, hub, list(chunks(batches, MERGED_AT_ONCE)), label, count)
    wire = sum(len(messages.encode(Batches(1, piece, True))) for piece in in_pieces(batches))
    facts = sum(len(batch.update) for batch in batches)
    yield Figure(BENCH, f"{label}: on the wire", wire / count, "B a fact", floor=facts / count)
    clinic.close()
    stored = file_bytes(hub)
    yield Figure(BENCH, f"{label}: on disk", stored / count, "B a fact", floor=facts / count)
    hub.open(durable=False)
    hub.fill_search()
    hub.close()
    stored = file_bytes(hub)
    yield Figure(
        BENCH, f"{label}: on disk, searchable", stored / count, "B a fact", floor=facts / count
    )


def live(bench: Bench, count: int) -> Iterator[Figure]:
    """A signature for each fact: merged one by one, and as many at once as a message may hold."""
    clinic = Clinic(bench.folder / "live")
    desk, hub = clinic.add("DESK"), clinic.coordinator
    clinic.close()
    copy = Desk(bench.folder / "copy", hub.author, hub.signer, hub.coordinator_key)
    copy.folder.mkdir()
    copy.path.write_bytes(hub.path.read_bytes())
    pushes = _pushes(bench, desk, count)
    label = f"{count:,} live"
    single = [(batch,) for batch in pushes]
    queued = list(chunks(pushes, BATCHES_MAX))
    hub.open()
    yield from _merged(bench, hub, single, f"{label}, one by one", count)
    copy.open()
    yield from _merged(bench, copy, queued, f"{label}, queued", count)
    for batches, name in ((single, "one by one"), (queued, "queued")):
        wire = sum(
            len(messages.encode(Push(seq, piece)))
            for seq, some in enumerate(batches)
            for piece in in_pieces(some, BATCHES_MAX)
        )
        yield Figure(BENCH, f"{label}, {name}: on the wire", wire / count, "B a fact")
    hub.close()
    copy.close()
    yield Figure(BENCH, f"{label}: on disk", file_bytes(hub) / count, "B a fact")


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
    bench: Bench, hub: Desk, merges: Sequence[Sequence[Batch]], label: str, count: int
) -> Iterator[Figure]:
    """The first half of the merges as they are, the other half with its steps timed."""
    bench.say(f"merging {label}")
    hub.wait_for_disk()
    half = (len(merges) + 1) // 2
    began = perf_counter()
    facts = _merge_all(hub.writer, merges[:half])
    seconds = perf_counter() - began
    yield Figure(BENCH, f"{label}: with verdicts", facts / seconds, "facts/s")
    yield Figure(BENCH, f"{label}: a transaction", seconds / half * 1e3, "ms")
    if not merges[half:]:
        return
    hub.close()
    steps = Steps()
    with steps.timed(MERGING):
        hub.open(connect=steps.connect)
        steps.seconds.clear()
        facts = _merge_all(hub.writer, merges[half:])
    yield from steps.figures(BENCH, label, facts)


def _merge_all(writer: Writer, merges: Sequence[Sequence[Batch]]) -> int:
    facts = 0
    for some in merges:
        merged: Merged = writer.merge(Merge(tuple(some)))
        if any(outcome.entry is not Entry.ACCEPTED for outcome in merged.outcomes):
            raise AssertionError(f"the coordinator did not take everything: {merged.outcomes}")
        facts += merged.facts
        writer.commits.clear()
    return facts
