"""Finding people by what a clerk types, and the cost of the index behind it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.clinic import clone, full_clinic
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.people import first_names, people
from sync.reading.answers import PeopleQuery
from sync.reading.connection import FoldedRegistry, ReadConnection

BENCH: Final = "search"
SEARCHES: Final = 300
SEARCHES_QUICK: Final = 100
SEED: Final = 3


def run(bench: Bench) -> Iterator[Figure]:
    """Filling the index, then searches, for each number of people."""
    for count in bench.people:
        desk = clone(full_clinic(bench, count).desks["A"], bench.folder / f"search-{count}").open()
        bench.say(f"filling the search index with {count:,} people")
        began = perf_counter()
        desk.fill_search()
        seconds = perf_counter() - began
        desk.close()
        label = f"{count:,} people"
        yield Figure(BENCH, f"{label}: filling the index", seconds / count * 1e6, "us a person")
        bench.say(f"searching {count:,} people")
        searches = SEARCHES_QUICK if bench.quick else SEARCHES
        samples = _search(desk.path, count, searches)
        for name, one in samples.items():
            yield one.figure(BENCH, f"{label}: {name}", "ms")


def _search(path: Path, count: int, searches: int) -> dict[str, Samples]:
    """What a clerk types -> how long it took to find the first 20, each time in a snapshot."""
    chance = random.Random(SEED)
    connection = ReadConnection(path.absolute(), date.today, FoldedRegistry())
    samples: dict[str, Samples] = {}
    for person in people(min(count, searches)):
        name = chance.choice(first_names())
        typed = {
            "three letters of a name": name[:3],
            "a name and two letters": f"{name} {chance.choice(first_names())[:2]}",
            "somebody's phone": person["phone"],
        }
        for kind, words in typed.items():
            began = perf_counter()
            with connection.snapshot() as snapshot:
                snapshot.search.page(PeopleQuery(query=words))
            samples.setdefault(kind, Samples()).add(perf_counter() - began)
    connection.close()
    return samples
