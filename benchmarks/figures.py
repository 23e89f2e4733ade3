"""What a benchmark yields, and how that is reported: figures, their floors, a plain table."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

LIBRARIES: Final = ("pycrdt", "aiohttp", "cryptography", "msgpack")
_COLUMNS: Final = ("", "value", "p95", "unit", "floor", "ratio", "")
_ALIGN_RIGHT: Final = (False, True, True, False, True, True, False)


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    ``floor`` is what the bare minimum of the same work took in the same run, in the same unit.
    """

    bench: str
    name: str
    value: float
    unit: str
    p95: float | None = None
    floor: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the floor."""
        return self.value / self.floor if self.floor else None


@dataclass
class Samples:
    """Durations of one kind of act, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        """One more."""
        self.seconds.append(seconds)

    @property
    def median(self) -> float:
        """Half of them took no longer."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """95 of 100 took no longer."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]

    def figure(self, bench: str, name: str, unit: str, floor: Samples | None = None) -> Figure:
        """Median and p95 in ``unit``, beside the median of a floor."""
        scale = SCALES[unit]
        value = self.median * scale
        if floor is None:
            return Figure(bench, name, value, unit, self.p95 * scale)
        bare = floor.median * scale
        note = f"{_number(abs(value - bare))} {unit} {'above' if value >= bare else 'below'}"
        return Figure(bench, name, value, unit, self.p95 * scale, bare, note)


SCALES: Final = {"s": 1.0, "ms": 1e3, "us": 1e6}
"""Unit -> how many of it are one second."""


@dataclass
class Bench:
    """What a benchmark is given: how many people, a folder, and how to tell of progress.

    ``shared`` keeps the clinics that several benchmarks need, see `benchmarks.clinic.full_clinic`.
    """

    folder: Path
    people: Sequence[int]
    quick: bool = False
    quiet: bool = False
    shared: dict[tuple[int, bool], Any] = field(default_factory=dict)

    @property
    def smallest(self) -> int:
        """The smallest number of people that was asked for."""
        return min(self.people)

    def say(self, text: str) -> None:
        """Tell on stderr what is being done now."""
        if not self.quiet:
            print(f"  {text} ...", file=sys.stderr, flush=True)

    def track(self, items: Iterable[T], label: str, total: int) -> Iterator[T]:
        """Yield the items, and report on stderr how far they have come."""
        self.say(f"{label}: {total:,}")
        began = reported = time.monotonic()
        for index, item in enumerate(items):
            yield item
            now = time.monotonic()
            if now - reported > 5:
                reported = now
                self.say(f"{label}: {index + 1:,} of {total:,} after {now - began:.0f} s")


def environment() -> dict[str, Any]:
    """What the figures depend on, except who owns the computer."""
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: metadata.version(name) for name in LIBRARIES},
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }


def header(found: dict[str, Any]) -> str:
    """The environment in one line."""
    return ", ".join(f"{name} {value}" for name, value in found.items())


def table(figures: Sequence[Figure]) -> str:
    """All figures, aligned, a block for each benchmark."""
    lines: list[tuple[str, ...] | str] = []
    bench = ""
    for figure in figures:
        if figure.bench != bench:
            bench = figure.bench
            lines += ["", (bench, *_COLUMNS[1:])]
        lines.append(
            (
                f"  {figure.name}",
                _number(figure.value),
                _number(figure.p95),
                figure.unit,
                _number(figure.floor),
                f"{figure.ratio:.1f}x" if figure.ratio is not None else "",
                figure.note,
            )
        )
    rows = [line for line in lines if isinstance(line, tuple)]
    widths = [max((_width(row[at]) for row in rows), default=0) for at in range(len(_COLUMNS))]
    return "\n".join(line if isinstance(line, str) else _row(line, widths) for line in lines)


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """All figures with their ratios."""
    return [{**asdict(figure), "ratio": figure.ratio} for figure in figures]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for cell, width, right in zip(cells, widths, _ALIGN_RIGHT, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if right else cell + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return sum(not unicodedata.combining(character) for character in text)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"
