"""Say how much of the pure core the tests cover, and fail where that is not enough.

    python -m scripts.pure_coverage            # reads coverage.json, which `make test` writes

A branch is a place where the code can go on in two ways; it is covered when tests went each of
them. In a pure module nothing stands in the way of a test, so there next to all must be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
PURE: Final = ("sync/matching/", "sync/model/", "sync/protocol/", "sync/rules/")
"""The folders of the pure core."""

REPORT: Final = Path("coverage.json")
PERCENT_MIN: Final = 99


class Row(NamedTuple):
    """The branches of one module; ``missing`` are (line, next line) of those no test went."""

    module: str
    covered: int
    branches: int
    missing: tuple[tuple[int, int], ...]


def pure_modules() -> list[str]:
    """The paths of all modules of the pure core, below the root, with slashes."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in PURE
        for path in (ROOT / folder).rglob("*.py")
    )


def rows_of(report: Mapping[str, Any], modules: Iterable[str]) -> list[Row]:
    """A row for each module, in the order of their paths.

    Raises:
        SystemExit: a module is not in the report.
    """
    files = {path.replace("\\", "/"): found for path, found in report["files"].items()}
    rows = []
    for module in sorted(modules):
        found = files.get(module)
        if found is None:
            raise SystemExit(f"coverage: {module} is pure, and was not measured")
        summary = found["summary"]
        missing = tuple((line, after) for line, after in found["missing_branches"])
        rows.append(Row(module, summary["covered_branches"], summary["num_branches"], missing))
    return rows


def total_of(rows: Iterable[Row]) -> Row:
    """All modules together, without what is missing."""
    rows = list(rows)
    return Row("together", sum(row.covered for row in rows), sum(row.branches for row in rows), ())


def enough(total: Row) -> bool:
    """True when so many branches are covered that it may pass."""
    return total.covered * 100 >= total.branches * PERCENT_MIN


def percent(row: Row) -> str:
    """Rounded down, so that it never looks like more than it is."""
    tenths = row.covered * 1000 // row.branches if row.branches else 1000
    return f"{tenths // 10}.{tenths % 10} %"


def table(rows: Iterable[Row]) -> list[str]:
    """Lines for people."""
    lines = [
        f"  {row.module:<34} {row.covered:>4} of {row.branches:>4} {percent(row):>8}  {_ways(row)}"
        for row in rows
    ]
    return [line.rstrip() for line in lines]


def _ways(row: Row) -> str:
    """As `12->14`, the lines of the module between which no test went."""
    return " ".join(f"{line}->{after if after > 0 else 'end'}" for line, after in row.missing)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.pure_coverage",
        description="Check that the tests cover the branches of the pure modules.",
    )
    parser.add_argument("report", nargs="?", type=Path, default=REPORT)
    path = parser.parse_args(arguments).report
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        print(f"coverage: there is no {path}; `make test` writes it", file=sys.stderr)
        return 1
    rows = rows_of(report, pure_modules())
    total = total_of(rows)
    print("Branches of the pure modules that the tests have gone:")
    print("\n".join(table([*rows, total])))
    if not enough(total):
        print(f"coverage: the pure modules need {PERCENT_MIN} % of branches", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
