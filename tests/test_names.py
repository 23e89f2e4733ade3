"""Names in the code: one for each thing, and none that only an insider understands."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sync", "node", "coordinator")
CODE = (*PACKAGES, "examples", "benchmarks", "scripts", "tests")
WORDS = "(told|twins?|whom|life|lives|querying)"
PRIVATE = re.compile(rf"(^|_){WORDS}($|_)", re.I)
"""Words whose meaning only this project knew, or that stood for several things at once."""
ANYWHERE = re.compile(rf"(\b|_){WORDS}(\b|_)", re.I)
"""A text without any of them has no name with one, and is not parsed: that takes far longer."""


def sources(*folders: str) -> dict[str, str]:
    """Path below the root -> source."""
    found = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert found
    return found


def names(tree: ast.Module) -> Iterator[str]:
    """Whatever a module names: modules and what they are imported as, definitions, variables."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=alias):
                yield alias or name.rpartition(".")[2]
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case _:
                pass


def test_each_class_has_a_name_of_its_own():
    places = defaultdict(list)
    for path, source in sources(*PACKAGES).items():
        for name in re.findall(r"^class (\w+)", source, re.MULTILINE):
            places[name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("folder", CODE)
def test_no_name_is_a_private_word(folder):
    found = {
        (path, name)
        for path, source in sources(folder).items()
        if ANYWHERE.search(path + source)
        for name in {Path(path).stem, *names(ast.parse(source))}
        # The name of a test is a sentence about users as much as about the code.
        if PRIVATE.search(name) and not name.startswith("test_")
    }
    assert found == set()


def test_private_words_are_found_wherever_a_name_stands():
    source = """
import told
from a import b as was_told
class Twin:
    def tell(self, whom):
        self.twins = [life for life in self.all]
        match whom:
            case {"a": querying}:
                pass
async def _told(): ...
"""
    assert {name for name in names(ast.parse(source)) if PRIVATE.search(name)} == {
        *("told", "was_told", "Twin", "whom", "twins", "life", "querying", "_told")
    }
