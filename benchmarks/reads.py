"""How long reads take at a coordinator that is busy with writing: an import of many people."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from time import perf_counter
from typing import Any, Final

from benchmarks.clinic import Clinic
from benchmarks.daemons import Caller, coordinator
from benchmarks.figures import Bench, Figure, Samples
from benchmarks.people import people
from coordinator import config

BENCH: Final = "reads"
ROWS: Final = 12_000
ROWS_AT_ONCE: Final = 500
"""As ``mrnmesh-coordinator import`` sends them, each time one transaction."""

PACE_S: Final = 0.05
"""How often each client calls."""

HEALTH: Final = "health, without a token"
CALLS: Final = {
    HEALTH: "/api/health/",
    "a person": "/api/patients/1/",
    "the newest people": "/api/patients/",
    "a search": "/api/patients/?query=khan",
    "the terminals": "/api/terminals/",
    "the changes": "/api/changes/?limit=20",
    "the status": "/api/status/",
}
"""One client asks for each of these."""


def run(bench: Bench) -> Iterator[Figure]:
    """Each call while the rows are imported, beside ``/api/health/`` in the same seconds."""
    total = min(bench.smallest, ROWS)
    clinic = Clinic(bench.folder / "reads")
    clinic.close()
    folder, token = clinic.coordinator.folder, clinic.token
    listen = config.load(folder).listen
    rows = _rows(ROWS_AT_ONCE + total)
    over = threading.Event()

    def ask(path: str) -> Samples:
        caller = Caller(listen.host, listen.port, token)
        try:
            return _ask(caller, path, over)
        finally:
            caller.close()

    with coordinator(folder), ThreadPoolExecutor(len(CALLS)) as clients:
        importer = Caller(listen.host, listen.port, token)
        _take(importer, list(islice(rows, ROWS_AT_ONCE)))  # so that each call finds somebody
        bench.say(f"reading while {total:,} rows are imported")
        asking = {name: clients.submit(ask, path) for name, path in CALLS.items()}
        try:
            while some := list(islice(rows, ROWS_AT_ONCE)):
                _take(importer, some)
        finally:
            over.set()
            importer.close()
        samples = {name: one.result() for name, one in asking.items()}
    for name, one in samples.items():
        yield one.figure(BENCH, f"{total:,} rows: {name}", "ms", samples[HEALTH])


def _ask(caller: Caller, path: str, over: threading.Event) -> Samples:
    """Call every `PACE_S` seconds; what fell due during a slow call counts as asked then.

    A client that only timed its own calls makes few of the slow ones, and would hardly see them.
    """
    samples = Samples()
    while not over.is_set():
        began = perf_counter()
        caller.call("GET", path)
        took = perf_counter() - began
        for due in range(int(took / PACE_S) + 1):
            samples.add(took - due * PACE_S)
        time.sleep(PACE_S - took % PACE_S)
    return samples


def _rows(total: int) -> Iterator[dict[str, str]]:
    """Rows of an earlier system's table of patients, with numbers of its own."""
    for number, person in enumerate(people(total)):
        yield person | {"mrn": f"OLD-{number:07d}", "created_at": "2026-03-01 10:30:00"}


def _take(importer: Caller, rows: list[dict[str, str]]) -> None:
    answer: Any = importer.call("POST", "/api/import/patients/", {"rows": rows})
    assert answer["taken"] == len(rows), answer
