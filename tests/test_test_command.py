"""The test command ends, whatever a test does and whatever shell it was started from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 200

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its signals are of Unix")

HANGING = """
import asyncio
import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hangs_at_once():
    await asyncio.Event().wait()
    yield

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hangs_at_the_end():
    yield
    await asyncio.Event().wait()
"""
LIMITED = """
@pytest.mark.timeout(3)
async def test_first(hangs_at_once):
    pass

async def test_in_between():
    pass

@pytest.mark.timeout(3)
async def test_last(hangs_at_the_end):
    pass
"""
FAILING = """
async def test_only(hangs_at_the_end):
    raise ValueError("it fails first")
"""


UNMEASURED = """
import sys

def test_nothing_is_traced():
    assert sys.gettrace() is None
"""


def run_pytest(*arguments, start=()):
    """Run another pytest with the settings of this one; return its status and what it printed."""
    # On a build server (CI is set) pytest prints each error twice: at its place and in the summary.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTEST_") and name not in ("CI", "BUILD_NUMBER")
    }
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        [*start, *command],
        cwd=ROOT,
        env=kept | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_S,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_ctrl_c_reaches_a_drill_although_the_shell_ignores_it():
    ignoring = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
    test = "tests/e2e/test_running.py::test_ctrl_c_ends_a_drill_and_still_reports"
    status, printed = run_pytest("--timeout", str(LIMIT_S // 2), test, start=ignoring)
    assert status == 0, printed
    assert "1 passed" in printed


@pytest.fixture
def run_file(tmp_path):
    """Run a file of tests as one of the project's."""

    def run(content, *limits):
        (tmp_path / "test_hanging.py").write_text(content, encoding="utf-8")
        settings = ("-p", "tests.conftest", "-c", "pyproject.toml", "--rootdir", str(tmp_path))
        return run_pytest(*settings, *limits, str(tmp_path))

    return run


def test_a_fixture_that_hangs_is_given_up_and_the_rest_goes_on(run_file):
    status, printed = run_file(HANGING + LIMITED)
    assert status == 1
    assert "2 passed, 2 errors" in printed
    assert printed.count("Failed: Timeout") == 2
    assert "in hangs_at_once" in printed, "what each task waits for"


def test_a_fixture_that_hangs_after_a_failure_ends_the_process(run_file):
    status, printed = run_file(HANGING + FAILING, "-o", "faulthandler_timeout=3")
    assert status == 1
    assert "Timeout (0:00:03)!" in printed
    assert "in run_forever" in printed


def test_only_tests_of_the_pure_core_are_measured(tmp_path, monkeypatch):
    """Also after one of them, in a process of several; all others would take half as long again."""
    # This process may be measuring too, into a file of the same name.
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / ".coverage"))
    (tmp_path / "test_unmeasured.py").write_text(UNMEASURED, encoding="utf-8")
    measured = "tests/sync/rules/test_times.py"
    report = tmp_path / "coverage.json"
    options = ("-n", "1", "--dist", "loadfile", "--no-loadscope-reorder", "--cov")
    status, printed = run_pytest(
        *options, f"--cov-report=json:{report}", measured, str(tmp_path / "test_unmeasured.py")
    )
    assert status == 0, printed
    found = json.loads(report.read_text(encoding="utf-8"))["files"]
    assert found["sync/rules/times.py"]["summary"]["covered_branches"] > 0
