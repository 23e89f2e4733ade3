"""Fill a folder with all wheels that an installation without the internet needs.

    python -m scripts.wheels
    python -m scripts.wheels --platform win_amd64 --python 3.11   # for a Windows PC

What a package needs depends on the system that it is installed on, and pip answers that for the
system that it runs on. So the folder is looked through afterwards, with the other system's answers,
and what is missing is fetched until nothing is.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from email.parser import Parser
from pathlib import Path
from typing import Final, NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parent.parent
PROJECT: Final = "mrnmesh"
NOTE: Final = "HOW-TO-INSTALL.txt"
SUMS: Final = "SHA256SUMS"
SOURCES: Final = (
    *("pyproject.toml", "setup.py", "README.md", "LICENSE"),
    *("sync", "node", "coordinator", "docs", "deploy"),
)
_ROUNDS_MAX: Final = 20
_MACHINE: Final = re.compile(r"(x86_64|amd64|aarch64|arm64)$")
_SYSTEMS: Final = {
    "win": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    "manylinux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "musllinux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macosx": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
}

Fetch = Callable[[list[str]], None]


class Target(NamedTuple):
    """The computer to install on: pip's name of its platform, None for this one, and its Python."""

    platform: str | None
    python: str

    @property
    def options(self) -> list[str]:
        """What pip has to know of it."""
        if self.platform is None:
            return []
        return ["--platform", self.platform, "--python-version", self.python]

    def environment(self) -> dict[str, str]:
        """What the markers of requirements ask about.

        Raises:
            SystemExit: the platform is not known.
        """
        answers = {name: str(value) for name, value in default_environment().items()}
        if self.platform is None:
            return answers
        system = self.platform.split("_")[0].rstrip("0123456789")
        machine = _MACHINE.search(self.platform)
        if system not in _SYSTEMS or machine is None:
            raise SystemExit(f"wheels: unknown platform {self.platform}; try win_amd64")
        return (
            answers
            | _SYSTEMS[system]
            | {
                "platform_machine": machine[0].upper() if system == "win" else machine[0],
                "python_version": self.python,
                "python_full_version": f"{self.python}.0",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.wheels",
        description="Fill a folder with all wheels that an installation without internet needs.",
    )
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser.add_argument("--platform", help="pip's name, as win_amd64; by default this computer")
    parser.add_argument("--python", help=f"its Python, by default this one ({here})")
    parser.add_argument("--folder", type=Path, help="to fill (wheels/ with the platform's name)")
    options = parser.parse_args(arguments)
    if options.python and not options.platform and options.python != here:
        parser.error("another Python needs --platform too, as --platform win_amd64")
    target = Target(options.platform, options.python or here)
    folder = options.folder or ROOT / "wheels" / f"{target.platform or 'here'}-py{target.python}"
    environment = target.environment()
    if folder.exists() and any(folder.iterdir()):
        print(f"wheels: {folder} is not empty; name another folder or empty it", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    try:
        build(folder)
        close(folder, environment, fetch_with_pip(folder, target))
    except subprocess.CalledProcessError as error:
        print(f"wheels: pip has failed with status {error.returncode}", file=sys.stderr)
        return 1
    describe(folder, target)
    print(f"{len(list(folder.glob('*.whl')))} wheels are in {folder}; {NOTE} there says the rest.")
    return 0


def build(folder: Path) -> None:
    """Make our own wheel out of a copy: what an earlier build left here must not get into it."""
    with tempfile.TemporaryDirectory() as work:
        copy = Path(work) / PROJECT
        copy.mkdir()
        for name in SOURCES:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(copy))


def fetch_with_pip(folder: Path, target: Target) -> Fetch:
    """A function that fetches requirements, and what pip thinks that they need."""

    def fetch(requirements: list[str]) -> None:
        _pip(
            *("download", "--only-binary", ":all:", "--dest", str(folder)),
            *("--find-links", str(folder), *target.options, *requirements),
        )

    return fetch


def close(folder: Path, environment: dict[str, str], fetch: Fetch) -> None:
    """Fetch what the wheels in the folder need on the target, until all is there.

    Raises:
        SystemExit: it does not come to an end.
    """
    for _ in range(_ROUNDS_MAX):
        lacking = missing(folder, environment)
        if not lacking:
            return
        fetch(lacking)
    raise SystemExit(f"wheels: still missing: {', '.join(missing(folder, environment))}")


def missing(folder: Path, environment: dict[str, str]) -> list[str]:
    """Requirements of the wheels in the folder that no wheel in it is for."""
    wheels = sorted(folder.glob("*.whl"))
    held = {canonicalize_name(wheel.name.split("-")[0]) for wheel in wheels}
    needed = {
        f"{one.name}{one.specifier}"
        for wheel in wheels
        for one in needs(wheel, environment)
        if canonicalize_name(one.name) not in held
    }
    return sorted(needed)


def needs(wheel: Path, environment: dict[str, str]) -> Iterable[Requirement]:
    """What a wheel requires on a system, leaving out its extras."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode("utf-8"))
    for text in metadata.get_all("Requires-Dist") or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or marker.evaluate(environment | {"extra": ""}):
            yield requirement


def describe(folder: Path, target: Target) -> None:
    """Write how to install from the folder, and what each file must hash to."""
    where = target.platform or sys.platform
    (folder / NOTE).write_text(
        f"""mrnmesh, and everything that it needs, for {where} with Python {target.python}.

Copy this folder to the computer. Nothing below uses the network.

Windows, in a command prompt:

    py -{target.python} -m venv C:\\mrnmesh
    C:\\mrnmesh\\Scripts\\pip install --no-index --find-links . {PROJECT}
    C:\\mrnmesh\\Scripts\\mrnmesh-node --version

Linux:

    python{target.python} -m venv /opt/mrnmesh
    /opt/mrnmesh/bin/pip install --no-index --find-links . {PROJECT}
    /opt/mrnmesh/bin/mrnmesh-node --version

To upgrade, stop the daemon and add --upgrade to the line with pip.
How to go on is on the page that `mrnmesh-node docs install` prints.
{SUMS} has the hash of each file: sha256sum -c {SUMS}
""",
        encoding="utf-8",
    )
    sums = [
        f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n"
        for wheel in sorted(folder.glob("*.whl"))
    ]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8", newline="\n")


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
