"""No regular expression of the product can keep a replica busy, whatever text it is held against.

A record is never changed and reaches every replica, so a text that stops one stops all of them, and
after each restart again. `tests.regular` says of a pattern how much work it may be.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from math import inf
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import pytest

from tests.regular import degree

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sync", "node", "coordinator")

ANYWHERE = frozenset({"search", "sub", "subn", "split", "findall", "finditer"})
METHODS = ANYWHERE | {"match", "fullmatch"}

AT_RUN_TIME: Final = {
    "sync/daemon/data_folder.py:pasteable": r"\b(a|b)(\s+)(?!--data)(?=[a-z])",
    "sync/model/printed/formats.py:NumberFormat": r"A\-([0-9]{8})-([0-9]{4,7})\.([0-9A-Z]{2})",
    "sync/upkeep/backup.py:backups_in": r"a\-b-\d{8}-\d{6}(-\d+)?\.zip",
    "sync/model/person/more.py:read_identifier": None,  # what an administrator has set
}
"""Patterns that only a running program knows -> one as it makes them."""

OF_OUR_OWN: Final = {
    "sync/cli/command.py:_TOGETHER": "what somebody types into a command of their own",
    "sync/cli/command.py:_WRONG_CHOICE": "what somebody types into a command of their own",
    "sync/cli/command.py:_WRONG_NUMBER": "what somebody types into a command of their own",
    "sync/cli/docs.py:_LINK": "a page of the documentation",
    "sync/http/operations.py:_INLINE": "a page of the program",
    "sync/pages/files.py:_IMPORT": "a script of the program",
    "sync/pages/texts.py:_NAME": "the texts of the pages",
    "sync/upkeep/findings.py:_granted": "what Windows says of a folder",
}
"""Patterns that may take more than one step a character -> the texts that alone they see, which are
short, and nobody else's."""

THROUGH_OTHERS: Final = {"sync/model/person/more.py:_EMAIL": frozenset({"fullmatch"})}
"""Patterns that are handed to a function -> the methods by which it uses them."""


OF_LIBRARIES: Final = {
    "phonenumbers.phonenumberutil._RFC3966_DOMAINNAME_PATTERN": "what stands behind a semicolon, "
    "which `sync.model.telephones` cuts off",
    "phonenumbers.phonenumbermatcher._PATTERN": "texts in which somebody looks for numbers: nobody",
    "platformdirs.unix._USER_DIRS_LINE": "a file of the account that runs the program",
}
"""Exponential patterns of libraries -> the texts that alone they see."""


class Expression(NamedTuple):
    """A regular expression, where it stands, and the methods by which it is used."""

    place: str
    pattern: str | bytes
    flags: int
    used: frozenset[str]

    @property
    def degree(self) -> float:
        found = [degree(self.pattern, self.flags)] if self.used & ANYWHERE else []
        if "match" in self.used:
            found.append(degree(self.pattern, self.flags, anywhere=False))
        if "fullmatch" in self.used:
            found.append(degree(self.pattern, self.flags, anywhere=False, whole=True))
        return max(found)


def value_of(node: ast.expr, module: ModuleType) -> Any:
    """The value of an expression of the names of a module; None where it has others."""
    try:
        return eval(compile(ast.Expression(node), module.__name__, "eval"), dict(vars(module)))
    except NameError:
        return None


def patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    """The patterns that were compiled, in collections too."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from patterns_in(tuple(value.values()))
    elif isinstance(value, tuple | list | set | frozenset):
        for one in value:
            yield from patterns_in(one)


def method_of(node: ast.AST) -> str | None:
    """Which function of `re` is called here, if one is."""
    called = node.func if isinstance(node, ast.Call) else None
    if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name):
        return None
    return called.attr if called.value.id == "re" and called.attr != "escape" else None


def name_of(statement: ast.stmt) -> str:
    if isinstance(statement, ast.AnnAssign | ast.Assign):
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        return target.id if isinstance(target, ast.Name) else ""
    return getattr(statement, "name", "")


def expressions(source: str, module: ModuleType, path: str) -> Iterator[Expression | str]:
    """Those of a module; of a pattern that cannot be known here only the place."""
    for statement in ast.parse(source).body:
        name = name_of(statement)
        place = f"{path}:{name}"
        for node in ast.walk(statement):
            if isinstance(node, ast.keyword) and node.arg == "pattern":
                found = value_of(node.value, module)  # of a schema: `msgspec` looks everywhere
                if isinstance(found, str):
                    yield Expression(place, found, 0, ANYWHERE)
            method = method_of(node)
            if method is None:
                continue
            given = [
                value_of(one, module) for one in [*node.args, *(k.value for k in node.keywords)]
            ]
            flags = sum(one for one in given if isinstance(one, re.RegexFlag))
            used = frozenset({method}) & METHODS
            used = used or METHODS.intersection(re.findall(rf"\b{name}\.(\w+)\(", source))
            # Where another module uses it, or a loop, it may be used in any way.
            used = used or THROUGH_OTHERS.get(place, METHODS)
            held = [] if name not in vars(module) else list(patterns_in(vars(module)[name]))
            if isinstance(given[0], str | bytes):
                yield Expression(place, given[0], flags, used)
            elif held:
                yield from (Expression(place, one.pattern, one.flags, used) for one in held)
            else:
                yield place


@cache
def of_the_product() -> list[Expression | str]:
    found: list[Expression | str] = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if re.search(r"\bre\.\w|\bpattern=", source):
                place = path.relative_to(ROOT)
                module = importlib.import_module(".".join(place.with_suffix("").parts))
                found += expressions(source, module, place.as_posix())
    return found


def test_each_takes_one_step_a_character_or_sees_texts_of_the_program_only():
    found = of_the_product()
    known = [one for one in found if isinstance(one, Expression)]
    assert len(known) > 100
    costly = {one.place: power for one in known if (power := one.degree) > 1}
    assert set(costly) == set(OF_OUR_OWN)
    assert inf not in costly.values()
    assert {one for one in found if isinstance(one, str)} == set(AT_RUN_TIME)


@pytest.mark.parametrize("pattern", [one for one in AT_RUN_TIME.values() if one])
def test_what_a_running_program_makes_takes_one_step_a_character_too(pattern):
    assert degree(pattern) == degree(pattern, anywhere=False, whole=True) == 1


def test_no_module_has_another_name_for_the_functions_of_regular_expressions():
    other = re.compile(r"^\s*(from re import|import re as|from re\b)", re.M)
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert not [path for path in paths if other.search(path.read_text(encoding="utf-8"))]


def of_the_libraries() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns of the modules that the product loads of other projects."""
    of_the_product()
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {re.match(r"[\w-]+", one)[0] for one in config["project"]["dependencies"]}
    packages = {package for package, of in packages_distributions().items() if names & set(of)}
    packages -= {path.name for path in ROOT.iterdir()}  # some bring a package ``tests`` along
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] in packages:
            for attribute, value in vars(module).items():
                for pattern in patterns_in(value):
                    yield f"{name}.{attribute}", pattern


def test_no_library_keeps_a_replica_busy_either():
    found = {
        place
        for place, one in of_the_libraries()
        if degree(one.pattern, one.flags & ~re.UNICODE, anywhere=False, whole=True) == inf
    }
    assert "phonenumbers.phonenumberutil._RFC3966_DOMAINNAME_PATTERN" in found
    assert found <= set(OF_LIBRARIES)


_IN_SCRIPT = re.compile(
    r"(?:[(,=:?&|!\[] ?)/(?![/*>])((?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\\[])+)/([dgimsuvy]*)"
)


def of_the_pages() -> Iterator[tuple[str, str, int]]:
    """The regular expressions of the pages: (script, pattern, flags)."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("static/**/*.js")):
            if "vendor" not in path.parts:
                for pattern, flags in _IN_SCRIPT.findall(path.read_text(encoding="utf-8")):
                    yield path.name, pattern, re.IGNORECASE * ("i" in flags)


def test_those_of_the_pages_take_one_step_a_character_too():
    found = list(of_the_pages())
    assert len(found) > 15
    assert not [one for one in found if degree(one[1], one[2]) > 1]


# that the measure measures


AT_ONCE = {"anywhere": False, "whole": True}


@pytest.mark.parametrize(
    ("pattern", "how", "expected"),
    [
        (r"(?:[^\W_]|[\x00-\x7f،۔])*", AT_ONCE, inf),
        ("(a+)+b", {}, inf),
        ("(a*)*b", {}, inf),
        ("(a|aa)*b", {}, inf),
        ("(x+x+)+y", {}, inf),
        ("([0-9]+-?)+", AT_ONCE, inf),
        (r"(\w|[^-])*", AT_ONCE, inf),
        ("(a{1,30}){1,30}b", {}, inf),
        ("(?=(a+)+b)x", {}, inf),
        ("(?i:([^j]|K)*)b", {}, inf),
        (r"(?:ab|\w\w)*x", {}, inf),
        (rb"(\x80|[^a])*b", {}, inf),
        (r"(?s:.|\n)*b", AT_ONCE, inf),
        ("a*a*b", AT_ONCE, 2),
        ("a*[ab]*b?a*c", AT_ONCE, 3),
        ("(.*),(.*);", AT_ONCE, 2),
        ("a*b", {}, 2),
        (r"\s+$", {}, 2),
        (r"(.)-\1+$", {}, 2),
        ("a*b", AT_ONCE, 1),
        ("a+", {}, 1),
        ("^a*b", {}, 1),
        ("a*ba*c", AT_ONCE, 1),
        ("([0-9]+-)*[0-9]+", AT_ONCE, 1),
        ("(ab|ac)*d", AT_ONCE, 1),
        ("(a|[b-z])*d", AT_ONCE, 1),
        ("(?:aa?){1,3}", AT_ONCE, 1),
        (r"(?:\d|[a-z])*(?!x)", AT_ONCE, 1),
        (r"(?:.|\n)*b", AT_ONCE, 1),
    ],
)
def test_the_degree_of_a_pattern(pattern, how, expected):
    assert degree(pattern, **how) == expected


def test_what_is_put_together_elsewhere_is_found_in_its_module():
    module = ModuleType("made_up")
    source = (
        "A = re.compile(f'{B}+')\n"
        "C: Final = tuple(re.compile(one) for one in ('x', 'y'))\n"
        "def f(g): re.search(g, 'x'); A.sub('', 'x')\n"
    )
    vars(module).update({"B": "(a|aa)", "C": (re.compile("x"), re.compile("y")), "re": re})
    found = list(expressions(source, module, "made_up.py"))
    assert [one if isinstance(one, str) else one[:2] for one in found] == [
        ("made_up.py:A", "(a|aa)+"),
        ("made_up.py:C", "x"),
        ("made_up.py:C", "y"),
        "made_up.py:f",
    ]
    assert [one.used for one in found[:2]] == [{"sub"}, METHODS]
    assert found[0].degree == inf
