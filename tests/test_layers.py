"""The layers hold: pure modules stay pure, and each package imports only what lies below it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts.pure import PURE

ROOT = Path(__file__).resolve().parent.parent

IMPURE = frozenset(
    {
        "aiohttp",
        "aiosqlite",
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


def imported(source: str, package: str) -> set[str]:
    """Dotted names of everything that the source of a module in ``package`` imports, anywhere.

    ``from a import b`` gives ``a.b``, for b may be a module.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
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


def impurities(source: str) -> set[str]:
    """What a pure module of sync imports but must not; plain ``import sync`` would hide it."""
    wrong = set()
    for name in imported(source, "sync"):
        top, _, rest = name.partition(".")
        if top in IMPURE or (top == "sync" and rest.partition(".")[0] not in PURE):
            wrong.add(name)
    return wrong


def sources(package: str) -> dict[Path, str]:
    """Path below the root -> source, of all modules of a package."""
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"there is no module in {package}"
    return {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in found}


def imports_of(package: str) -> dict[Path, set[str]]:
    return {
        path: imported(source, ".".join(path.parent.parts))
        for path, source in sources(package).items()
    }


def written_pure_modules() -> list[str]:
    return sorted(name for name in PURE if (ROOT / "sync" / f"{name}.py").is_file())


def test_the_central_modules_are_checked():
    assert {"facts", "gate", "document"} <= set(written_pure_modules())


@pytest.mark.parametrize("module", written_pure_modules())
def test_a_pure_module_imports_nothing_impure(module):
    source = (ROOT / "sync" / f"{module}.py").read_text(encoding="utf-8")
    assert not impurities(source)


def test_only_the_document_imports_pycrdt():
    importers = {
        path.as_posix()
        for package in PACKAGES
        for path, names in imports_of(package).items()
        if "pycrdt" in tops(names)
    }
    assert importers == {"sync/document.py"}


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("sync", {"node", "coordinator"}),
        ("node", {"coordinator"}),
        ("coordinator", {"node"}),
    ],
)
def test_a_package_keeps_to_its_layer(package, others):
    wrong = {path.as_posix(): tops(names) & others for path, names in imports_of(package).items()}
    assert not {path: names for path, names in wrong.items() if names}


def test_no_package_imports_what_is_not_shipped():
    shipped = {
        path: tops(names) for package in PACKAGES for path, names in imports_of(package).items()
    }
    assert not {
        path.as_posix(): names
        for path, names in shipped.items()
        if names & {"tests", "examples", "benchmarks"}
    }


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


def test_impure_imports_are_told_from_pure_ones():
    assert impurities(MADE_UP) == {
        "asyncio.to_thread",
        "os.path",
        "random",
        "secrets",
        "sqlite3",
        "sync.store",
        "sync.tables.Tables",
        "sync.writer",
        "threading.Thread",
        "time.monotonic",
    }


@pytest.mark.parametrize(
    "source",
    [
        "import sync",
        "import sync.store",
        "from sync import *",
        "from sync.store import Store",
        "from .. import sync, os",
        "def late():\n    import time",
        "if True:\n    from os import urandom",
    ],
)
def test_each_way_of_importing_is_seen(source):
    assert impurities(source)


@pytest.mark.parametrize(
    "source",
    [
        "import sync.facts",
        "from sync import facts as facts_",
        "from . import gate",
        "import timeit",
        "import osmosis.time",
        "os = time = None",
    ],
)
def test_a_pure_import_is_let_through(source):
    assert not impurities(source)


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
