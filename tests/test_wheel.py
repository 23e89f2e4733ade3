"""The wheel is whole: an installation that is not editable has every module and every file."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sync", "node", "coordinator")

BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
"""What pip has a process do for it."""

TRY_ALL = """
import contextlib, importlib, io, json, runpy, sys

def said(program, *words):
    sys.argv[1:] = words
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        runpy.run_module(program + ".cli", run_name="__main__", alter_sys=True)
    return out.getvalue()

found = {name: importlib.import_module(name).__file__ for name in json.load(sys.stdin)}
docs = {
    program: (said(program, "docs", "--path"), said(program, "docs", "backup"))
    for program in ("node", "coordinator")
}
print(json.dumps([found, docs]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources, so that nothing is left behind in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            copy = folder / "source" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-c", BUILD, folder]
    subprocess.run(command, cwd=folder / "source", check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def shared() -> set[str]:
    """The pages of the documentation and the files that make services of the daemons."""
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    return found | {f"deploy/{path.name}" for path in (ROOT / "deploy").iterdir()}


def test_every_module_and_page_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in (".py", ".html") or {"static", "texts"} & {*path.parts}
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == wanted | {f"sync/share/{name}" for name in shared()}


def test_what_it_carries_is_what_lies_in_the_tree(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in shared():
            assert archive.read(f"sync/share/{name}") == (ROOT / name).read_bytes()


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def installed(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """A Python with the wheel and what the project needs, but not the project's own folder.

    Returns:
        The interpreter, and where the wheel lies.
    """
    venv.create(folder / "env", with_pip=False, symlinks=sys.platform != "win32")
    scheme = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    site = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # Python reads no .pth file in a folder that a .pth file names, so an editable
    # installation in there stays out of sight.
    (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", vars=scheme))
    return scripts / Path(sys.executable).name, site


class Tried(NamedTuple):
    """What an installation said of itself.

    ``files``: module -> where it lies; ``docs``: program -> where its pages are, and one of them.
    """

    site: Path
    files: dict[str, str]
    docs: dict[str, list[str]]


def modules_in(wheel: Path) -> list[str]:
    return [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in names_in(wheel)
        if name.endswith(".py") and not name.endswith("/__main__.py")
    ]


@pytest.fixture(scope="module")
def tried(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """An installation that is tried in another folder than the project's, in one process."""
    folder = tmp_path_factory.mktemp("installed")
    python, site = installed(wheel, folder)
    done = subprocess.run(
        [python, "-I", "-X", "utf8", "-c", TRY_ALL],
        cwd=folder,
        check=True,
        capture_output=True,
        encoding="utf-8",
        input=json.dumps(modules_in(wheel)),
    )
    return Tried(site, *json.loads(done.stdout))


def test_every_module_can_be_imported_from_it(wheel, tried):
    assert set(tried.files) == set(modules_in(wheel))
    assert len(tried.files) > 100
    assert not [name for name, file in tried.files.items() if tried.site not in Path(file).parents]


@pytest.mark.parametrize("program", ["node", "coordinator"])
def test_an_installation_finds_its_pages_and_the_files_for_services(tried, program):
    path, page = tried.docs[program]
    folder = Path(path.strip())
    assert folder == tried.site / "sync" / "share" / "docs"
    assert {one.name for one in (folder / ".." / "deploy").iterdir()} == {
        one.name for one in (ROOT / "deploy").iterdir()
    }
    assert "Backups" in page.splitlines()[0]
