"""Apply each mutant to a copy of the code, and see whether somebody catches it."""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.mutants.catalogue import MUTANTS, NARROW, WIDE, Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("sync", "node", "coordinator", "examples", "scripts", "tests", "pyproject.toml")
FIRST_SEEDS = Path(__file__).with_name("first_seeds.json")
"""Mutant -> the first seed that showed it. It is tried first; if it is silent, all are searched."""

WORDS = {NARROW: (), WIDE: ("--wide",)}
LIMIT_S = 900


class Result(NamedTuple):
    """``caught`` says by what, None if by nothing; ``seed`` is the first that showed it."""

    caught: str | None
    seed: int | None
    seconds: float


@dataclass
class Copy:
    """A copy of the code, in which one mutant after the other is tried."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Copy:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        return cls(folder)

    def attempt(self, mutant: Mutant, seeds: int, hint: int | None) -> Result:
        path = self.folder / mutant.file
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            print(f"{mutant.name}: its text is {text.count(mutant.old)} times in {mutant.file}")
            return Result(None, None, 0)
        began = time.monotonic()
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            if mutant.by not in WORDS:
                return Result(self._fails(mutant.by), None, time.monotonic() - began)
            caught = self.histories(mutant.by, hint, 1) if hint is not None else None
            caught = caught or self.histories(mutant.by, 0, seeds)
            return Result(*(caught or (None, None)), time.monotonic() - began)
        finally:
            path.write_text(text, encoding="utf-8")

    def histories(self, kind: str, first: int, seeds: int) -> tuple[str, int] | None:
        """The first broken promise that histories show, and its seed; None if all is well."""
        words = ("--stop", "--seed", str(first), "--seeds", str(seeds), *WORDS[kind])
        done = self._run("tests.simulation", *words)
        if done is None:
            return "a history hangs", first
        if done.returncode == 0:
            return None
        broken = [line for line in done.stdout.splitlines() if line.startswith("invariant ")]
        if not broken:
            raise SystemExit(f"histories could not be played:\n{done.stdout}{done.stderr}")
        return broken[0][:110], int(broken[0].split("seed ")[1].split(":")[0])

    def _fails(self, test: str) -> str | None:
        done = self._run("pytest", "-q", "-x", "-p", "no:cacheprovider", test)
        if done is not None and done.returncode not in (0, 1):
            raise SystemExit(f"{test} could not be run:\n{done.stdout}{done.stderr}")
        return f"{test} fails" if done is None or done.returncode else None

    def _run(self, *words: str) -> subprocess.CompletedProcess[str] | None:
        """What a module says on the code of this copy; None if it does not end."""
        environment = {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            return subprocess.run(
                [sys.executable, "-m", *words],
                cwd=self.folder,
                env=os.environ | environment,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None


def main() -> int:
    """Run the mutants that the command line names; 1 if one survives or does not apply."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="which; all by default")
    parser.add_argument("--seeds", type=int, default=60, help="how many each may take, from 0 on")
    parser.add_argument("--no-base", action="store_true", help="do not run the code as it is")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("--note", action="store_true", help=f"write {FIRST_SEEDS.name}")
    given = parser.parse_args()
    chosen = [one for one in MUTANTS if not given.names or one.name in given.names]
    hints: dict[str, int] = json.loads(FIRST_SEEDS.read_text(encoding="utf-8"))
    failed = []
    with tempfile.TemporaryDirectory(prefix="mrnmesh-mutants-") as folder:
        copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for number in range(given.jobs):
            copies.put(Copy.make(Path(folder, str(number))))

        def attempt(mutant: Mutant) -> Result:
            copy = copies.get()
            try:
                result = copy.attempt(mutant, given.seeds, hints.get(mutant.name))
            finally:
                copies.put(copy)
            print(
                f"{mutant.name}: {result.caught or 'SURVIVES'} ({result.seconds:.0f} s)", flush=True
            )
            return result

        if not given.no_base:
            failed = _base(copies.get(), given.seeds, hints)
            copies.put(Copy(Path(folder, "0")))
        with ThreadPoolExecutor(given.jobs) as pool:
            results = dict(zip(chosen, pool.map(attempt, chosen), strict=True))
    failed += [mutant.name for mutant, result in results.items() if result.caught is None]
    if given.note:
        hints |= {one.name: found.seed for one, found in results.items() if found.seed is not None}
        known = {one.name: hints[one.name] for one in MUTANTS if one.name in hints}
        FIRST_SEEDS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    by_histories = sum(result.seed is not None for result in results.values())
    print(f"{len(chosen)} mutants, {by_histories} caught by histories; failed: {failed or 'none'}")
    return 1 if failed else 0


def _base(copy: Copy, seeds: int, hints: dict[str, int]) -> list[str]:
    """What histories show of the code as it is, with the same seeds: nothing, or a false alarm."""
    failed = []
    for kind in WORDS:
        beyond = {hints[one.name] for one in MUTANTS if one.by == kind and one.name in hints}
        tried = [(0, seeds), *((seed, 1) for seed in sorted(beyond) if seed >= seeds)]
        for first, count in tried:
            if caught := copy.histories(kind, first, count):
                failed.append(f"the code as it is ({kind})")
                print(f"the code as it is: {caught[0]}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
