"""``python -m benchmarks [NAME ...]``: measure, and print a table of figures."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import (
    cold_start,
    encrypted,
    importing,
    matching,
    merge,
    reads,
    register,
    searching,
    syncing,
)
from benchmarks.figures import Bench, Figure, as_json, environment, header, table

BENCHMARKS: Final[dict[str, Callable[[Bench], Iterator[Figure]]]] = {
    "register": register.run,
    "merge": merge.run,
    "first-sync": syncing.first_sync,
    "propagation": syncing.propagation,
    "reconnect": syncing.reconnect,
    "encrypted": encrypted.run,
    "cold-start": cold_start.run,
    "search": searching.run,
    "matching": matching.run,
    "import": importing.run,
    "reads": reads.run,
}
PEOPLE: Final = (10_000, 100_000)
PEOPLE_QUICK: Final = (10_000,)
INTERRUPTED: Final = 130

_HELP: Final = """\
Benchmarks on made-up people, in a temporary folder that is removed afterwards.

  register     durable registration through each layer, and where its time goes
  merge        the coordinator takes in what desks wrote, with verdicts
  first-sync   a fresh node takes everything from a full one
  propagation  from a desk's commit to the coordinator's, and to the verdict at the desk
  reconnect    two desks with a few new people each meet again
  encrypted    what TLS costs where replicas sync, beside the same without it
  cold-start   from starting a node's process until it answers, and its memory
  search       finding people, and filling the search index
  matching     finding who is registered already: how many, how fast, and beside two other ways
  import       an earlier system's patients, taken over from a CSV file
  reads        reading at a coordinator while people are imported

All of them with --quick take about 2 minutes; without it about 5, half of it for preparing the
100,000 people and for the 10,000 that are written and judged one by one.
A ratio is the figure divided by its floor: the bare minimum of the same work in the same run.
Ctrl-C prints what was measured so far.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that were asked for and return the exit status."""
    options = _parser().parse_args(arguments)
    names = list(BENCHMARKS) if "all" in options.names else list(dict.fromkeys(options.names))
    people = tuple(options.people or (PEOPLE_QUICK if options.quick else PEOPLE))
    folder = Path(tempfile.mkdtemp(prefix="mrnmesh-bench-", dir=options.folder))
    bench = Bench(folder, people, options.quick)
    figures: list[Figure] = []
    status = 0
    try:
        for name in names:
            began = time.monotonic()
            print(f"{name}:", file=sys.stderr, flush=True)
            for figure in BENCHMARKS[name](bench):
                figures.append(figure)  # one by one, so that an interrupt loses none
            print(f"  done after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\nInterrupted: this is what was measured.", file=sys.stderr)
        status = INTERRUPTED
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _tell(figures, options.json)
    return status


def _tell(figures: Sequence[Figure], target: Path | None) -> None:
    found = environment()
    print(header(found))
    print(table(figures))
    if target is not None:
        content = {"environment": found, "figures": as_json(figures)}
        target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", default="all", choices=[*BENCHMARKS, "all"], metavar="NAME"
    )
    parser.add_argument(
        "--people", type=_count, nargs="+", metavar="N", help="how many people, one or more times"
    )
    parser.add_argument("--quick", action="store_true", help="10,000 people, fewer repetitions")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where to make the folder: the disk to measure"
    )
    return parser


def _count(text: str) -> int:
    digits = text.replace(",", "").replace("_", "")
    if not digits.isdecimal() or int(digits) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of people")
    return int(digits)


if __name__ == "__main__":
    sys.exit(main())
