"""Every module has a test file of its own, at the same place below `tests/`."""

from __future__ import annotations

import ast
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

MISSING = {
    "coordinator/api/access.py",
    "coordinator/api/conflicts.py",
    "coordinator/api/imports.py",
    "coordinator/api/parts.py",
    "coordinator/api/patients.py",
    "coordinator/api/pool.py",
    "coordinator/api/system.py",
    "coordinator/api/terminals.py",
    "coordinator/api/terminals_bodies.py",
    "coordinator/api/webhooks.py",
    "coordinator/cli/backup.py",
    "coordinator/cli/calling.py",
    "coordinator/cli/conflicts_text.py",
    "coordinator/cli/doctor.py",
    "coordinator/cli/import_run.py",
    "coordinator/cli/pool.py",
    "coordinator/cli/rebuild.py",
    "coordinator/cli/running.py",
    "coordinator/cli/salvage.py",
    "coordinator/cli/setup.py",
    "coordinator/cli/terminals.py",
    "coordinator/cli/token.py",
    "coordinator/cli/webhooks.py",
    "coordinator/config.py",
    "node/api/conflicts.py",
    "node/api/drill.py",
    "node/api/patients.py",
    "node/api/status.py",
    "node/cli/backup.py",
    "node/cli/cards.py",
    "node/cli/drill.py",
    "node/cli/rebuild.py",
    "node/cli/running.py",
    "node/cli/setup.py",
    "node/cli/status.py",
    "node/config.py",
    "sync/cli/backup.py",
    "sync/cli/config.py",
    "sync/cli/doctor.py",
    "sync/cli/progress.py",
    "sync/cli/rebuild.py",
    "sync/daemon/conflict_alarms.py",
    "sync/daemon/data_folder.py",
    "sync/daemon/jobs.py",
    "sync/daemon/settings_files.py",
    "sync/engine/digests.py",
    "sync/engine/holders.py",
    "sync/engine/rebuilding.py",
    "sync/engine/sorting.py",
    "sync/http/conflicts.py",
    "sync/http/operations.py",
    "sync/model/bodies.py",
    "sync/model/fields.py",
    "sync/network/connection.py",
    "sync/protocol/events.py",
    "sync/protocol/host.py",
    "sync/protocol/machine.py",
    "sync/protocol/push.py",
    "sync/protocol/questions.py",
    "sync/protocol/rounds.py",
    "sync/protocol/serve.py",
    "sync/protocol/stage.py",
    "sync/protocol/wire.py",
    "sync/reading/answers.py",
    "sync/reading/pages.py",
    "sync/reading/people.py",
    "sync/storage/decisions.py",
    "sync/storage/files.py",
    "sync/storage/numbers.py",
    "sync/storage/people.py",
    "sync/storage/queries.py",
    "sync/upkeep/archive.py",
    "sync/upkeep/doctor.py",
    "sync/upkeep/restore.py",
    "sync/upkeep/service.py",
    "sync/version.py",
}
"""Modules whose test file is still to be written."""


def file_of_tests_for(module: str) -> PurePosixPath:
    path = PurePosixPath(module)
    return PurePosixPath("tests") / path.with_name(f"test_{path.name}")


def names_of_tests(source: str) -> list[str]:
    """The names of the tests in the source of a test file."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    ]


def is_tested(module: str) -> bool:
    path = ROOT / file_of_tests_for(module)
    return path.is_file() and bool(names_of_tests(path.read_text(encoding="utf-8")))


MODULES = [
    path.relative_to(ROOT).as_posix()
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name not in NEED_NONE
]


@pytest.mark.parametrize("module", [one for one in MODULES if one not in MISSING])
def test_a_module_has_a_test_file_of_its_own(module):
    assert is_tested(module), f"there are no tests in {file_of_tests_for(module)}"


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
    ],
)
def test_a_file_without_a_test_is_no_test_file(source, found):
    assert names_of_tests(source) == found
