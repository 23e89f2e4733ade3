"""An earlier system's patients, taken over with the command line by a coordinator's process."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.clinic import Clinic
from benchmarks.daemons import ROOT, coordinator
from benchmarks.figures import Bench, Figure
from benchmarks.people import people
from sync.cli.client import TOKEN_VARIABLE

BENCH: Final = "import"
A_DAY: Final = 2000
"""Numbers that the earlier system gave on each day."""

_TURNS: Final[tuple[tuple[str, list[str]], ...]] = (
    ("checked in a dry run", ["--dry-run"]),
    ("taken", []),
    ("found there again", []),
)
_COLUMNS: Final = (
    *("mrn", "full_name", "father_name", "dob", "sex", "phone", "cnic", "address"),
    *("is_offline_entry", "created_at"),
)


def run(bench: Bench) -> Iterator[Figure]:
    """For each number of people: a file of them is checked, taken, and imported once more."""
    for count in bench.people:
        clinic = Clinic(bench.folder / f"import-{count}")
        clinic.close()
        file = bench.folder / f"patients-{count}.csv"
        _write(file, count)
        folder = clinic.coordinator.folder
        with coordinator(folder):
            for name, options in _TURNS:
                bench.say(f"importing {count:,} people: {name}")
                began = perf_counter()
                _import(folder, clinic.token, file, options)
                seconds = perf_counter() - began
                yield Figure(
                    BENCH,
                    f"{count:,} people: {name}",
                    count / seconds,
                    "rows/s",
                    note=f"{seconds:.1f} s in all",
                )


def _import(folder: Path, token: str, file: Path, options: list[str]) -> None:
    """Run the command to its end.

    Raises:
        CalledProcessError: some rows were not taken, or it could not run.
    """
    command = ("coordinator.cli", "--data", str(folder), "import", "patients", str(file), *options)
    subprocess.run(
        [sys.executable, "-m", *command],
        env=os.environ | {TOKEN_VARIABLE: token},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _write(file: Path, count: int) -> None:
    """A file as an earlier system exports it."""
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, _COLUMNS)
        writer.writeheader()
        for number, person in enumerate(people(count)):
            day, counter = divmod(number, A_DAY)
            month, day = divmod(day, 28)
            writer.writerow(
                {
                    "mrn": f"PAT-2024{month % 12 + 1:02d}{day + 1:02d}-{counter + 1:04d}",
                    "is_offline_entry": "f",
                    "created_at": f"2026-{month % 9 + 1:02d}-{day + 1:02d} 10:30:00.123456",
                    **person,
                }
            )
