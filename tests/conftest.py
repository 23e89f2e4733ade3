"""What holds for every test: where its files are, how it ends, what its child processes inherit."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from types import AsyncGeneratorType
from typing import Any

import pytest
from aiohttp import web_app
from hypothesis import HealthCheck, settings

from examples import programs, signals
from scripts.pure_coverage import PURE, pure_modules
from tests import forking

IN_MEMORY = Path("/dev/shm")
IN_MEMORY_FREE_MIN = 1 << 30
MEASURED = tuple(f"tests/{folder}" for folder in PURE)
"""The tests whose reach is measured. To measure that of all others takes half as long again."""

STDERR = pytest.StashKey[int]()
COVERAGE = pytest.StashKey[Any]()


def use_memory() -> None:
    """Keep the files of tests in memory where there is such a folder, and TMPDIR names no other.

    The databases of tests wait for the disk many thousand times; nobody cuts the power here.
    """
    if (
        "TMPDIR" not in os.environ
        and os.access(IN_MEMORY, os.W_OK | os.X_OK)
        and shutil.disk_usage(IN_MEMORY).free >= IN_MEMORY_FREE_MIN
    ):
        tempfile.tempdir = os.environ["TMPDIR"] = str(IN_MEMORY)


use_memory()

# An example takes as long as it takes: a machine may have other work. `make test` plays the same
# examples every time, so that no change is blamed for what it has not done; `make soak` plays new
# ones, and more. With a failure comes what plays its example again.
settings.register_profile(
    "test",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    print_blob=True,
)
settings.register_profile("soak", settings.get_profile("test"), derandomize=False, max_examples=500)
settings.load_profile("test")


def pytest_configure(config: pytest.Config) -> None:
    signals.give_defaults_to_children()
    os.environ["PYTHONFAULTHANDLER"] = "1"  # a child process that crashes says where
    if sys.platform != "win32":
        programs.start_by(forking.start)
    assert sys.__stderr__ is not None
    config.stash[STDERR] = os.dup(sys.__stderr__.fileno())  # what tests write there is captured


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Spare the collector of garbage the thousands of tests, which stay to the end.

    If anything is measured (`--cov`), the imports of the pure core are; those of all others would
    take twice as long.
    """
    measuring = None
    if session.config.pluginmanager.hasplugin("_cov"):
        # It may not be installed where nothing is measured.
        coverage = importlib.import_module("coverage")
        measuring = coverage.Coverage.current()
        for path in pure_modules():
            name = path.removesuffix(".py").removesuffix("/__init__")
            importlib.import_module(name.replace("/", "."))
        # One of several processes has two of them: the other goes on when the first has stopped.
        while (running := coverage.Coverage.current()) is not None:
            running.stop()
    session.config.stash[COVERAGE] = measuring
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure what some tests reach, if that was asked for (`--cov`)."""
    measuring = item.config.stash[COVERAGE]
    if measuring is None or not item.nodeid.startswith(MEASURED):
        return (yield)
    measuring.start()
    try:
        return (yield)
    finally:
        measuring.stop()


@pytest.fixture(autouse=True, scope="module")
def _forget_daemons() -> Generator[None]:
    """Let go of the daemons of a file.

    aiohttp keeps the handlers of the last thousand routes of all applications of a process, and
    with them some hundred daemons of tests, among which the collector of garbage searches.
    """
    yield
    cache = getattr(web_app, "_cached_build_middleware", None)  # a later aiohttp may have none
    if cache is not None:
        cache.cache_clear()


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Limit the teardown of a test that has failed.

    At a failure pytest calls off all limits of the test, in case somebody is in the debugger now.
    """
    limit_s = float(node.config.getini("faulthandler_timeout"))
    if isinstance(node, pytest.Item) and limit_s and not node.config.getoption("usepdb"):
        faulthandler.dump_traceback_later(limit_s, exit=True, file=node.config.stash[STDERR])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report where the tasks of a test that took too long wait: its thread waits in the loop."""
    report = yield
    if call.excinfo is not None and str(call.excinfo.value).startswith("Timeout"):
        report.sections.append(("Tasks that wait", waiting_tasks()))
    return report


def waiting_tasks() -> str:
    """The stacks of tasks and asynchronous fixtures that have not ended, outermost call first."""
    lines = []
    for one in gc.get_objects():
        waits: Any = None
        if issubclass(type(one), asyncio.Task) and not one.done():
            lines.append(one.get_name())
            waits = one.get_coro()
        elif type(one) is AsyncGeneratorType and one.ag_running:
            lines.append(one.__qualname__)
            waits = one
        while waits is not None:
            frame = getattr(waits, "cr_frame", None) or getattr(waits, "ag_frame", None)
            if frame is not None:
                code = frame.f_code
                lines.append(f"  {code.co_filename}:{frame.f_lineno} in {code.co_name}")
            waits = getattr(waits, "cr_await", None) or getattr(waits, "ag_await", None)
    return "\n".join(lines)
