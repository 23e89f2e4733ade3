"""The real node process, and the bare processes that it is compared with."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Final

from examples import signals

READY: Final = "syncs at"
START_LIMIT_S: Final = 120.0
STOP_LIMIT_S: Final = 60.0
ROOT: Final = Path(__file__).resolve().parent.parent


class NotStarted(Exception):
    """A process ended before it served."""


class Process:
    """A Python process that says on stderr when it serves; entered when it does.

    Args:
        arguments: what follows ``python -m``.
        ready: the text that tells that it serves.
    """

    def __init__(self, *arguments: str, ready: str = READY) -> None:
        self._arguments = arguments
        self._ready = ready
        self._process: subprocess.Popen[str]
        self._draining: threading.Thread
        self.ready_line = ""
        self.started_s = 0.0

    def __enter__(self) -> Process:
        signals.give_defaults_to_children()
        began = perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self._arguments], stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        log = self._process.stderr
        assert log is not None
        said: list[str] = []
        for line in log:
            said.append(line)
            if self._ready in line:
                self.ready_line = line.strip()
                break
        else:
            raise NotStarted("".join(said[-5:]))
        self.started_s = perf_counter() - began
        self._draining = threading.Thread(target=_drain, args=(log,), daemon=True)
        self._draining.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(STOP_LIMIT_S)
        self._draining.join()

    @property
    def rss_mib(self) -> float | None:
        """Its resident memory, None where the system does not tell."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(found[0]) / 1024 if found else None


def node(folder: Path) -> Process:
    """The daemon of a node's data folder."""
    return Process("node.cli", "--data", str(folder), "run")


def coordinator(folder: Path) -> Process:
    """The daemon of a coordinator's data folder."""
    return Process("coordinator.cli", "--data", str(folder), "run")


def bare() -> Process:
    """A process with the same libraries and nothing else, see `benchmarks.bare`."""
    return Process("benchmarks.bare")


class Caller:
    """One client of a daemon's HTTP API, on one connection that it keeps.

    Args:
        token: sent with each call; a node needs none.
    """

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection(host, port)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer, from JSON; any other than success is an error here."""
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, data, self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise NotStarted(f"{method} {path}: {response.status} {content.decode()}")
        return json.loads(content)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _drain(log: IO[str]) -> None:
    with log:
        for _ in log:
            pass
