"""What is run on Windows' Python, and how its results are shown; it is itself run by hand."""

import pytest
from packaging.requirements import Requirement

from scripts import windows_check


def test_what_the_tests_import_is_installed():
    names = {Requirement(text).name for text in windows_check.requirements()}
    assert {"aiohttp", "pycrdt", "tzdata", "pytest", "pytest-asyncio", "pytest-timeout"} <= names
    assert not {"mypy", "ruff", "mkdocs", "pytest-xdist", "pytest-cov"} & names


def test_the_files_that_are_left_out_are_there():
    files = windows_check.test_files()
    assert "tests/node/test_config.py" in files
    assert all((windows_check.ROOT / path).exists() for path in windows_check.TOO_SLOW)
    assert not windows_check.TOO_SLOW & set(files)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("...\n3 passed in 0.1s", {"passed": 3}),
        ("1 failed, 2 passed, 4 skipped in 1s", {"failed": 1, "passed": 2, "skipped": 4}),
        ("2 errors in 1s", {"error": 2}),
        ("Traceback", {}),
    ],
)
def test_the_last_line_of_pytest_is_counted(said, found):
    assert windows_check.outcome(said) == found


def test_the_table_has_a_line_for_each_file_and_the_sums():
    rows = [
        {"file": "tests/a.py", "seconds": 3, "passed": 7, "failed": 1},
        {"file": "tests/b.py", "seconds": 600, "ended with": 124},
    ]
    lines = windows_check.table(rows).splitlines()
    assert lines[0].split() == ["tests/a.py", "3", "s", "7", "passed,", "1", "failed"]
    assert lines[1].endswith("124 ended with")
    assert lines[2] == "2 files: 7 passed, 1 failed, 0 skipped, 0 error"
