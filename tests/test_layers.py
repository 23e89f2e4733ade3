"""The layers hold: the table of ARCHITECTURE.md says who may import whom."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from scripts.pure_coverage import PURE

ROOT = Path(__file__).resolve().parent.parent

IMPURE = frozenset(
    {
        "aiohttp",
        "asyncio",
        "os",
        "random",
        "secrets",
        "socket",
        "sqlite3",
        "threading",
        "time",
    }
)
PACKAGES = ("sync", "node", "coordinator")
FILES_MAX = 17
CLASS_LINES_MAX = 300
FUNCTION_LINES_MAX = 60
"""What a newcomer can take in at a glance."""
FOR_ALL = frozenset({"sync/errors.py", "sync/version.py"})


class Layer(NamedTuple):
    """A row of the table: the places that it stands for, and what it may import."""

    places: tuple[str, ...]
    imports: str


def table(page: str) -> list[Layer]:
    """The rows of the table of layers in a page of Markdown."""
    rows = re.findall(r"^\| (`.*?`) \| .*? \| (.*?) \|$", page, re.M)
    return [Layer(tuple(re.findall(r"`(.*?)`", places)), imports) for places, imports in rows]


LAYERS = table((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
PLACES = [place for layer in LAYERS for place in layer.places]


def place_of(path: str) -> str | None:
    """The place in the table that a module's path belongs to: the longest that fits."""
    fits = [one for one in PLACES if path == one or (one.endswith("/") and path.startswith(one))]
    return max(fits, key=len, default=None)


def allowed(layer: Layer) -> set[str]:
    """The places that modules of a layer may import."""
    package = layer.places[0].partition("/")[0]
    found = set(layer.places) | FOR_ALL | {f"{package}/errors.py"}
    for part in layer.imports.split(", "):
        everything, _, without = part.removeprefix("all of ").partition(" except ")
        if part == "nothing":
            continue
        if part.startswith("all of "):
            assert f"{without}/" in PLACES or not without, f"there is no layer {without}"
            found |= {one for one in PLACES if one.startswith(f"{everything}/")} - {f"{without}/"}
        else:
            assert f"{part}/" in PLACES, f"ARCHITECTURE.md: there is no layer {part}"
            found.add(f"{part}/")
    return found


ALLOWED = {place: allowed(layer) for layer in LAYERS for place in layer.places}


@functools.cache
def path_of(name: str) -> str | None:
    """The path of the module or package that a dotted name is or lies in."""
    parts = name.split(".")
    while parts:
        path = PurePosixPath(*parts)
        for module in (f"{path}.py", f"{path}/__init__.py"):
            if (ROOT / module).is_file():
                return module
        parts.pop()
    return None


def breaches(path: str, names: set[str]) -> set[str]:
    """Those of the names that the module at ``path`` imports and must not."""
    may = ALLOWED.get(place_of(path) or "", set())
    wrong = set()
    for name in names:
        if name.partition(".")[0] in PACKAGES:
            target = path_of(name)
            if target is None or place_of(target) not in may:
                wrong.add(name)
    return wrong


@functools.cache
def nodes(source: str) -> list[ast.stmt]:
    """The statements of a source that import or define something, wherever they stand."""
    kinds = ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]


def imported(source: str, package: str) -> set[str]:
    """Dotted names of everything that the source of a module in ``package`` imports, anywhere.

    ``from a import b`` is reported as ``a.b``, because b may be a module.
    """
    names: set[str] = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = [node.module] if node.module else []
            if node.level:
                above = package.split(".")
                parts = above[: len(above) - node.level + 1] + parts
            names.update(".".join([*parts, alias.name]) for alias in node.names)
    return names


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@functools.cache
def sources(package: str) -> dict[Path, str]:
    """Path below the root -> source, of all modules of a package."""
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"there is no module in {package}"
    return {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in found}


@functools.cache
def imports() -> dict[str, set[str]]:
    """Path below the root -> what it imports, of all modules."""
    return {
        path.as_posix(): imported(source, ".".join(path.parent.parts))
        for package in PACKAGES
        for path, source in sources(package).items()
    }


def test_every_layer_of_the_table_is_there():
    assert not [place for place in PLACES if not (ROOT / place).exists()]


def test_every_module_belongs_to_a_layer():
    assert [path for path in imports() if place_of(path) is None] == ["sync/__init__.py"]


def test_the_map_in_the_readme_has_the_same_table():
    assert table((ROOT / "README.md").read_text(encoding="utf-8")) == LAYERS


def test_a_module_imports_what_its_layer_may():
    found = {path: breaches(path, names) for path, names in imports().items()}
    assert not {path: names for path, names in found.items() if names}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("sync/rules/gate.py", "sync.storage.schema"),
        ("sync/rules/gate.py", "sync.engine"),
        ("sync/model/facts.py", "sync.rules.gate.examine"),
        ("sync/storage/files.py", "sync.reading.people.PeopleReader"),
        ("sync/http/app.py", "sync.network.peering.Peering"),
        ("sync/network/peering.py", "sync.http.app"),
        ("sync/engine/writer.py", "node.allocator"),
        ("node/allocator.py", "coordinator.config"),
        ("node/allocator.py", "node.api.status"),
        ("coordinator/registry/pool.py", "coordinator.judging.cases"),
        ("coordinator/api/pool.py", "coordinator.cli.main"),
        ("coordinator/daemon.py", "sync.cli.command"),
        ("coordinator/daemon.py", "coordinator.cli.main"),
    ],
)
def test_an_import_upward_is_found(path, name):
    assert breaches(path, {name, "sync.errors.MrnmeshError", "asyncio.run"}) == {name}


def test_a_pure_module_imports_nothing_impure():
    pure = {path: names for path, names in imports().items() if path.startswith(PURE)}
    assert pure
    assert not {path: names for path, names in pure.items() if tops(names) & IMPURE}


def test_only_the_documents_import_pycrdt():
    assert [path for path, names in imports().items() if "pycrdt" in tops(names)] == [
        "sync/engine/documents.py"
    ]


def test_no_package_imports_what_is_not_shipped():
    elsewhere = {"tests", "examples", "benchmarks", "scripts"}
    assert not {path: names for path, names in imports().items() if tops(names) & elsewhere}


def test_no_folder_is_crowded():
    folders = {Path(path).parent for path in imports()}
    folders |= {
        path.parent.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package / "pages/static").rglob("*.js")
    }
    crowded = {
        folder: sum(path.suffix in (".py", ".js", ".css") for path in (ROOT / folder).iterdir())
        for folder in folders
    }
    assert not {folder: count for folder, count in crowded.items() if count > FILES_MAX}


def too_long(source: str) -> dict[str, int]:
    """Name -> lines of each class and function that is too long."""
    found = {}
    for node in nodes(source):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            most = CLASS_LINES_MAX if isinstance(node, ast.ClassDef) else FUNCTION_LINES_MAX
            if lines > most:
                found[node.name] = lines
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_no_class_and_no_function_is_too_long(package):
    found = {path.as_posix(): too_long(source) for path, source in sources(package).items()}
    assert not {path: names for path, names in found.items() if names}


def test_what_is_too_long_is_found():
    long = "def long():\n" + "    pass\n" * FUNCTION_LINES_MAX
    assert too_long(long + "class Short:\n    pass\n") == {"long": FUNCTION_LINES_MAX + 1}


MADE_UP = '''
"""A made-up module; import socket in a text is none."""

from __future__ import annotations

import os.path as paths
from time import monotonic
from datetime import date

from sync import gate, store
from sync.facts import Author
from . import writer
from .tables import Tables


class Shelf:
    import sqlite3

    async def read(self):
        from asyncio import to_thread as run

        try:
            import random, secrets
        except ImportError:
            from threading import Thread
        return run
'''


def test_imports_are_found_wherever_they_stand():
    assert imported(MADE_UP, "sync") == {
        "__future__.annotations",
        "asyncio.to_thread",
        "datetime.date",
        "os.path",
        "random",
        "secrets",
        "sqlite3",
        "sync.facts.Author",
        "sync.gate",
        "sync.store",
        "sync.tables.Tables",
        "sync.writer",
        "threading.Thread",
        "time.monotonic",
    }


@pytest.mark.parametrize(
    "source",
    [
        "import sync.storage",
        "import sync.storage.schema",
        "from sync import *",
        "from sync.storage import schema",
        "from sync.storage import *",
        "from sync.storage.shards import ShardTables",
        "from ..storage import schema",
        "def late():\n    from sync.storage import schema",
        "if True:\n    from sync.storage.schema import VERSION",
    ],
)
def test_each_way_of_importing_is_seen(source):
    assert breaches("sync/rules/made_up.py", imported(source, "sync.rules"))


@pytest.mark.parametrize(
    "source",
    [
        "import sync.model.facts",
        "from sync.model import facts as facts_",
        "from . import gate",
        "from ..model import facts",
        "import synchronous.storage",
        "os = time = None",
    ],
)
def test_an_import_downward_is_let_through(source):
    assert not breaches("sync/rules/made_up.py", imported(source, "sync.rules"))


@pytest.mark.parametrize(
    ("source", "package", "name"),
    [
        ("from . import b", "node", "node.b"),
        ("from .a import b", "node.web", "node.web.a.b"),
        ("from .. import b", "node.web", "node.b"),
        ("from ..a import b", "node.web", "node.a.b"),
    ],
)
def test_a_relative_import_is_resolved(source, package, name):
    assert imported(source, package) == {name}
