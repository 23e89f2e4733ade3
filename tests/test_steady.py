"""What expires or waits goes by a clock that counts while the computer sleeps too.

On Linux, and on macOS, `time.monotonic` and the timers of the event loop stand still then: whoever
was signed in when a laptop was closed would be signed in on the next morning.
`sync.engine.replica.Replica.steady_s` is the clock to hand in.
"""

from __future__ import annotations

import ast

import pytest

from tests.test_layers import PACKAGES, sources

STANDS_STILL = frozenset({"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"})

ALLOWED = {
    "sync/engine/replica.py": "where it counts in sleep (Windows) this is the steady clock",
    "sync/daemon/logs.py": "how many lines a minute has; there is no replica yet",
    "sync/http/changes.py": "how long one call waits",
    "sync/network/connection.py": "what one connection sends, and when it is given up as dead",
    "sync/storage/belonging.py": "how lately it was looked at a file that is open",
    "sync/cli/running.py": "how long the end of a daemon waits",
    "sync/cli/rebuild.py": "how long a command took",
    "node/cli/drill.py": "how long a command waits",
    "node/enrolment/doors.py": "how long a command waits",
    "coordinator/cli/importing/run.py": "how long a command takes",
}
"""Durations within one call, one command or one connection: nothing holds longer in sleep."""


def stands_still(source: str) -> bool:
    """Whether a source asks a clock that may stand still, which the event loop has too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            if STANDS_STILL & {alias.name for alias in node.names}:
                return True
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner == "time" and node.attr in STANDS_STILL:
                return True
            if node.attr == "time" and "loop" in owner.rpartition(".")[2]:
                return True
    return False


def users() -> set[str]:
    return {
        path.as_posix()
        for package in PACKAGES
        for path, source in sources(package).items()
        if "time" in source and stands_still(source)
    }


def test_nothing_that_expires_goes_by_a_clock_that_stands_still_in_sleep():
    assert users() == set(ALLOWED)


@pytest.mark.parametrize(
    "source",
    [
        "now = time.monotonic()",
        "def f(now_s=time.monotonic): ...",
        "Sessions(time.monotonic)",
        "from time import monotonic",
        "x = time.perf_counter_ns() - y",
        "end = loop.time() + 5",
        "end = asyncio.get_running_loop().time()",
        "now = self._loop.time",
    ],
)
def test_such_a_clock_is_seen(source):
    assert stands_still(source)


@pytest.mark.parametrize(
    "source",
    ["Sessions(replica.steady_s)", "value.time()", "time.time_ns()", "asyncio.timeout(3)"],
)
def test_other_times_are_let_through(source):
    assert not stands_still(source)
