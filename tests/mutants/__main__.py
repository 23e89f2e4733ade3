"""Apply each mutant to a copy of the code, and see whether somebody catches it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.catalogue import MUTANTS, NARROW, NOBODY, WIDE, Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("sync", "node", "coordinator", "examples", "tests", "pyproject.toml")
SEEDS = {NARROW: (), WIDE: ("--wide",)}
FROM = ("--seed", "0")
LIMIT_S = 900


def main() -> int:
    """Run the mutants that the command line names; 1 if one survives or does not apply."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="which; all by default")
    parser.add_argument("--seeds", default="40", help="how many seeds each may take, from 0 on")
    parser.add_argument("--no-base", action="store_true", help="do not run the code as it is")
    given = parser.parse_args()
    gaps = [one.name for one in MUTANTS if one.by == NOBODY]
    chosen = [
        one
        for one in MUTANTS
        if one.name in (given.names or ()) or (not given.names and one.name not in gaps)
    ]
    failed = []
    with tempfile.TemporaryDirectory(prefix="mrnmesh-mutants-") as folder:
        scratch = Path(folder)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, scratch / name)
        if not given.no_base:
            for kind in SEEDS:
                if caught := _history(scratch, kind, given.seeds):
                    failed.append(f"the code as it is ({kind})")
                    print(f"the code as it is: {caught}")
        for mutant in chosen:
            began = time.monotonic()
            caught = _try(scratch, mutant, given.seeds)
            if caught is None:
                failed.append(mutant.name)
            seconds = time.monotonic() - began
            print(f"{mutant.name}: {caught or 'SURVIVES'} ({seconds:.0f} s)", flush=True)
    by_histories = sum(one.by in SEEDS and one.name not in failed for one in chosen)
    print(f"{len(chosen)} mutants, {by_histories} caught by histories; failed: {failed or 'none'}")
    print(f"{len(gaps)} that nobody catches, tried only by name: {', '.join(gaps)}")
    return 1 if failed else 0


def _try(scratch: Path, mutant: Mutant, seeds: str) -> str | None:
    """What caught it, None if nothing did."""
    path = scratch / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        print(f"{mutant.name}: its text is {text.count(mutant.old)} times in {mutant.file}")
        return None
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        if mutant.by == NOBODY:
            return _history(scratch, NARROW, seeds) or _history(scratch, WIDE, seeds)
        if mutant.by in SEEDS:
            return _history(scratch, mutant.by, seeds)
        return _test(scratch, mutant.by)
    finally:
        path.write_text(text, encoding="utf-8")


def _run(scratch: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=scratch,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def _history(scratch: Path, kind: str, seeds: str) -> str | None:
    """The seed and the promise that a history shows broken, None if all is well."""
    done = _run(scratch, "tests.simulation", "--stop", "--seeds", seeds, *SEEDS[kind], *FROM)
    if done.returncode == 0:
        return None
    lines = done.stdout.splitlines() + done.stderr.splitlines()
    broken = [line for line in lines if line.startswith("invariant ")]
    return broken[0][:110] if broken else f"the history breaks off: {lines[-1][:90]}"


def _test(scratch: Path, test: str) -> str | None:
    done = _run(scratch, "pytest", "-q", "-x", "-p", "no:cacheprovider", test)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{test} could not be run:\n{done.stdout}{done.stderr}")
    return f"{test} fails" if done.returncode else None


if __name__ == "__main__":
    sys.exit(main())
