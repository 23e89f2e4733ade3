"""Every module has a test file of its own, at the same place below `tests/`."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sync", "node", "coordinator")

NEED_NONE = {
    "__init__.py": "it says in one sentence what the package is",
    "__main__.py": "it calls the main function of a command, as tests/e2e does",
    "errors.py": "tests/sync/test_errors.py holds the errors of all packages to the same rules",
}
"""Name of a file -> why it has no test file in each folder."""


def file_of_tests_for(module: str) -> PurePosixPath:
    path = PurePosixPath(module)
    return PurePosixPath("tests") / path.with_name(f"test_{path.name}")


def names_of_tests(source: str) -> list[str]:
    """The names of the tests in the source of a test file, outside of texts of several lines.

    It is not parsed, which takes longer for all of them than everything else here.
    """
    code = re.sub(r'"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'', "", source, flags=re.S)
    return re.findall(r"^[ \t]*(?:async )?def (test\w*)\(", code, re.M)


def is_tested(module: str) -> bool:
    path = ROOT / file_of_tests_for(module)
    return path.is_file() and bool(names_of_tests(path.read_text(encoding="utf-8")))


MODULES = [
    path.relative_to(ROOT).as_posix()
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name not in NEED_NONE
]


def test_each_module_has_a_test_file_of_its_own():
    assert [file_of_tests_for(module) for module in MODULES if not is_tested(module)] == []


def test_the_modules_are_found():
    assert {"sync/model/facts.py", "node/daemon.py", "coordinator/judging/cases.py"} <= set(MODULES)
    assert str(file_of_tests_for("sync/model/facts.py")) == "tests/sync/model/test_facts.py"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", []),
        ('"""No tests."""\nclass Helper:\n    def run(self): ...', []),
        ("def helper(): ...", []),
        ("def test_it(): ...", ["test_it"]),
        ("async def test_it(): ...", ["test_it"]),
        ("class TestIt:\n    def test_it(self): ...", ["test_it"]),
        ('"""One.\n\ndef test_it(): ...\n"""\ndef helper(): ...', []),
        ("MADE_UP = '''\ndef test_it(): ...\n'''", []),
    ],
)
def test_a_file_without_a_test_is_no_test_file(source, found):
    assert names_of_tests(source) == found
