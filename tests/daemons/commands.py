"""A coordinator and a desk that run in threads of the test process, for tests of the commands.

Everything is real: data folders, ports, HTTP, the connection between the two. Only the signals of
the system are left out, which belong to the main thread. `LiveClinic.run` is the command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli import main as coordinator_cli
from examples.clinic import hold_the_same
from node.cli import main as node_cli
from sync.cli.client import Client
from tests.clinic import PERSON
from tests.daemons.running import Copy, Desk, Hub, Running, new_hub, new_node

START_S_MAX = 120.0


class Done(NamedTuple):
    """A command that has ended."""

    status: int
    out: str
    err: str


class Threaded:
    """A daemon in a thread of its own."""

    def __init__(self, daemon: Hub | Desk) -> None:
        self.daemon = daemon
        self._stop: Callable[[], None] = lambda: None
        self.loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def folder(self) -> Path:
        return self.daemon.config.folder

    @property
    def url(self) -> str:
        return self.daemon.url

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        """Start it and wait until it serves."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(START_S_MAX), "it did not start"
        self.require_well()

    def stop(self) -> None:
        """Stop it as SIGTERM does."""
        if self._thread is not None:
            self._stop()
            self._thread.join(START_S_MAX)
            assert not self._thread.is_alive()
            self._thread = None
        self.require_well()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """It is stopped, and runs again for the tests that come after, whatever happens."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def with_settings(self, **settings: Any) -> Iterator[None]:
        """It runs with other settings, and then with its own again."""
        running: Running = self.daemon
        before = running.config
        with self.away():
            running.config = replace(before, **settings)
        try:
            yield
        finally:
            with self.away():
                running.config = before

    def require_well(self) -> None:
        if self._failure is not None:
            raise AssertionError(f"{self.folder.name} has ended") from self._failure

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            self._failure = error
            ready.set()

    def write_looks(self) -> None:
        """Let it write down at once who looked at whom up to now."""
        written = asyncio.run_coroutine_threadsafe(self.daemon.daemon.looks.write(), self.loop)
        written.result(START_S_MAX)

    async def _serve(self, ready: threading.Event) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self.loop = loop
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)  # type: ignore[assignment]
        async with self.daemon.running():
            ready.set()
            await stop.wait()


class LiveClinic:
    """A coordinator and a desk at work, and their command lines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: list[str] = []
        hub = new_hub(folder)
        desk, join = new_node(folder, hub, "LAB1-PC")
        self.token = hub.token
        self.coordinator, self.desk = Threaded(hub), Threaded(desk)
        self.coordinator.start()
        self.hub_api().call("POST", "/api/terminals/", join | {"name": "Laboratory"})
        self.hub("terminals", "grant", "LAB1-PC", "710000-719999")
        self.hub("terminals", "allow", "LAB1-PC")  # each `give_a_number_twice` costs it a block
        self.desk.start()
        self.until(lambda: self.api().call("GET", "/api/status/")["numbers"] == "online")

    def close(self) -> None:
        self.desk.stop()
        self.coordinator.stop()

    def node(self, *arguments: str) -> Done:
        """``mrnmesh-node``, with the desk's data folder."""
        return self.run(node_cli.main, "--data", str(self.desk.folder), *arguments)

    def run_node(self, folder: Path, *arguments: str) -> Done:
        """``mrnmesh-node``, with another data folder."""
        return self.run(node_cli.main, *arguments, "--data", str(folder))

    def run_hub(self, folder: Path, *arguments: str) -> Done:
        """``mrnmesh-coordinator``, with another data folder."""
        return self.run(coordinator_cli.main, *arguments, "--data", str(folder))

    def run_conflicts(self, *arguments: str) -> Done:
        """``mrnmesh-conflicts``, with what folder the arguments name."""
        return self.run(conflicts_cli.main, *arguments)

    def hub(self, *arguments: str) -> Done:
        """``mrnmesh-coordinator``, with the coordinator's data folder and token."""
        return self.run(coordinator_cli.main, "--data", str(self.coordinator.folder), *arguments)

    def conflicts(self, *arguments: str) -> Done:
        """``mrnmesh-conflicts``, with the coordinator's data folder and token."""
        return self.run(conflicts_cli.main, "--data", str(self.coordinator.folder), *arguments)

    def run(self, main: Callable[[list[str]], int], *arguments: str) -> Done:
        """Run a command line to its end."""
        out, err = _Output(), _Output()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, {"MRNMESH_TOKEN": self.token}),
        ):
            try:
                status = main(list(arguments))
            except SystemExit as ended:
                status = int(ended.code or 0)
        return Done(status, out.text, err.text)

    def api(self) -> Client:
        """The desk's API."""
        return Client(self.desk.url)

    def hub_api(self) -> Client:
        """The coordinator's API, for an administrator."""
        return Client(self.coordinator.url, self.token)

    def register(self, **fields: Any) -> dict[str, Any]:
        """A person at the desk; the answer of its API.

        With ``offline`` it waits until the desk has numbers of its own: after `give_a_number_twice`
        the coordinator gives it a block, within some seconds.
        """
        if fields.get("offline"):
            self.until(self._has_numbers)
        answer: dict[str, Any] = self.api().call("POST", "/api/patients/", PERSON | fields)
        return answer

    def _has_numbers(self) -> bool:
        ranges = self.api().call("GET", "/api/status/")["ranges"]
        return any(one["remaining"] and one["closed"] is None for one in ranges)

    def in_step(self) -> None:
        """Wait until both have the same, and nothing waits for confirmation."""

        def agree() -> bool:
            found = [api.call("GET", "/api/status/") for api in (self.api(), self.hub_api())]
            return hold_the_same(found) and not any(status["pending"] for status in found)

        self.until(agree)

    def give_a_number_twice(self, first: str, second: str) -> str:
        """Put the desk back to an earlier copy, so that two people get one number; returns it."""
        self.until(self._has_numbers)
        self.desk.stop()
        copy = Copy(self.desk.daemon)
        self.desk.start()
        given = self.register(full_name=first, offline=True)["mrn"]
        self.in_step()
        self.desk.stop()
        self.coordinator.stop()
        copy.put_back()
        self.desk.start()
        again = self.register(full_name=second, offline=True)["mrn"]
        assert again == given
        self.coordinator.start()
        self.in_step()
        return str(given)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; there is no event for what another process would see."""
        limit = time.monotonic() + START_S_MAX
        while not condition():
            assert time.monotonic() < limit, "it did not come about"
            self.desk.require_well()
            self.coordinator.require_well()
            time.sleep(0.05)


class _Output(io.TextIOWrapper):
    """What a command writes, as text or as bytes."""

    def __init__(self) -> None:
        # Lines end the same on every system, so that a test can say what is behind one.
        super().__init__(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)

    @property
    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


class _Log(logging.Handler):
    """Keeps what the daemons warn of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveClinic]:
    """One clinic for all tests of a process: each test makes its own people and terminals."""
    logger, handler = logging.getLogger("mrnmesh"), _Log()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    clinic = LiveClinic(tmp_path_factory.mktemp("live"))
    clinic.log = handler.lines
    yield clinic
    clinic.close()
    logger.removeHandler(handler)
    logger.setLevel(level)
