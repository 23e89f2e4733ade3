"""A whole clinic on this computer: a coordinator and desks as processes of their own.

Each has its data folder, its ports and its witness. Everything is done as an administrator or a
program at a desk does it: through the command lines and the HTTP APIs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import aiohttp

from examples import programs
from sync.daemon import stopping
from sync.engine import keys

START_LIMIT_S: Final = 120.0
STOP_LIMIT_S: Final = 120.0
SETTLE_LIMIT_S: Final = 120.0
POLL_S: Final = 0.1
READY: Final = "syncs at"
RECOVERY_KEY_FOLLOWS: Final = "nowhere: write it down, and keep it where the backups are not."
NO_SOURCES: Final[Mapping[str, Path]] = MappingProxyType({})
PORTS: Final = iter(
    sorted(random.sample(range(20_000, 32_000), 12_000), key=lambda port: (port - os.getpid()) % 8)
)
"""None of them is one that a system hands out to whoever asks for any port.

Processes that run beside one another begin with different ones: a port that one has drawn and does
not use yet looks free to the others.
"""


class Failed(Exception):
    """Something in the clinic went wrong."""


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody uses now, and that are not handed out here again.

    They stay free while a daemon is stopped, because no system hands them out to others.
    """
    found: list[int] = []
    while len(found) < count:
        port = next(PORTS)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            found.append(port)
    return found


async def run_command(
    module: str,
    *arguments: str,
    fine: tuple[int, ...] = (0,),
    source: Path | None = None,
    variables: Mapping[str, str] = programs.NO_VARIABLES,
) -> str:
    """Run one of our commands to its end and return what it printed.

    Args:
        fine: the exit statuses that are no failure.
        source: see `programs.where_code_is`.
        variables: of the environment, besides those of this process.

    Raises:
        Failed: it ended with another status.
    """
    process = await programs.start(
        module, *arguments, printed=True, variables=variables, source=source
    )
    out, err = await process.communicate()
    if process.returncode not in fine:
        command = f"{module} {' '.join(arguments)} (status {process.returncode})"
        raise Failed(f"{command}: {(err or out).decode().strip()}")
    return out.decode()


class Daemon:
    """One of our daemons, in the folder ``folder`` with its log beside it.

    Args:
        source: the folder with the code of the version that it runs, see `programs.where_code_is`.
        encrypted: it has a certificate, so others reach it over TLS.
    """

    def __init__(
        self,
        name: str,
        module: str,
        folder: Path,
        port: int,
        sync_port: int,
        source: Path | None = None,
        encrypted: bool = True,
    ) -> None:
        self.name = name
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.sync_url = f"{'wss' if encrypted else 'ws'}://127.0.0.1:{sync_port}/sync"
        self.listen = f"127.0.0.1:{port}"
        self.sync_listen = f"127.0.0.1:{sync_port}"
        self.witness = folder.with_suffix(".witness")
        self.headers: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self._module = module
        self._source = source
        self._process: programs.Program | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def data(self) -> str:
        """The data folder, as the command lines take it."""
        return str(self.folder)

    async def command(self, *arguments: str) -> str:
        """Run this daemon's command line, and return what it printed."""
        return await run_command(
            self._module,
            "--data",
            self.data,
            *arguments,
            source=self._source,
            variables=self.variables,
        )

    async def start(self) -> None:
        """Start it, and wait until its log says that it serves.

        Raises:
            Failed: it ended, or took too long.
        """
        self._process = await programs.start(
            self._module, "--data", self.data, "run", printed=False, source=self._source
        )
        ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read_log(self._process, ready))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait(
            {waiting, self._reading}, timeout=START_LIMIT_S, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if not ready.is_set():
            raise Failed(f"{self.name} did not start; see {self.log_path}")

    @property
    def log_path(self) -> Path:
        """Where its log is."""
        return self.folder.with_suffix(".log")

    async def _read_log(self, process: programs.Program, ready: asyncio.Event) -> None:
        assert process.stderr is not None
        with self.log_path.open("ab") as log:
            async for line in process.stderr:
                log.write(line)
                log.flush()
                if READY in line.decode(errors="replace"):
                    ready.set()

    def kill(self) -> None:
        """End it at once, as a power cut would end it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def gone(self) -> int:
        """Wait until it has ended and return its exit status."""
        assert self._process is not None
        assert self._reading is not None
        status = await asyncio.wait_for(self._process.wait(), STOP_LIMIT_S)
        await self._reading
        return status

    async def ended(self) -> None:
        """Wait until it has ended by itself, however long that takes."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> int:
        """Stop it, wait until it has ended and return its exit status."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self.resume()
            if sys.platform == "win32":
                stopping.ask(self.folder)
            else:
                self._process.terminate()
        return await self.gone()

    def suspend(self) -> None:
        """Suspend it: its connections stay open, and it answers nothing."""
        self._signal("SIGSTOP")

    def resume(self) -> None:
        """Let it go on after `suspend`."""
        self._signal("SIGCONT")

    def _signal(self, name: str) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(getattr(signal, name))

    async def call(self, http: aiohttp.ClientSession, method: str, path: str, **how: Any) -> Any:
        """Call its HTTP API, and return the answer.

        Raises:
            Failed: it answers with an error.
        """
        headers = self.headers | how.pop("headers", {})
        async with http.request(method, self.url + path, headers=headers, **how) as response:
            answer = await response.json()
            if response.status >= 400:
                raise Failed(f"{self.name}: {response.status} {answer}")
            return answer

    async def everyone(self, http: aiohttp.ClientSession) -> dict[str, dict[str, Any]]:
        """Record id -> person, for everybody that it has."""
        people: dict[str, dict[str, Any]] = {}
        path = "/api/patients/?page_size=200"
        while path:
            page = await self.call(http, "GET", path)
            people.update((person["record_id"], person) for person in page["results"])
            path = (page["next"] or "").removeprefix(self.url)
        return people


class Clinic:
    """A coordinator and desks, each desk dialling the coordinator and the desks made before it.

    Args:
        sources: the code of those that run another version than this process: ``coordinator`` or
            a terminal code -> folder, see `programs.where_code_is`.
    """

    def __init__(self, folder: Path, sources: Mapping[str, Path] = NO_SOURCES) -> None:
        self.folder = folder
        self.token = ""
        self.desks: dict[str, Daemon] = {}
        self._sources = sources
        self.coordinator = self._daemon("coordinator", "coordinator.cli", *free_ports(2))

    @property
    def daemons(self) -> list[Daemon]:
        """All of them, the coordinator first."""
        return [self.coordinator, *self.desks.values()]

    async def open(self, ranges: dict[str, str]) -> None:
        """Make and start everything; ``ranges`` maps terminal codes to START-END."""
        hub = self.coordinator
        printed = await hub.command(
            "init",
            "--listen",
            hub.listen,
            "--sync-listen",
            hub.sync_listen,
            "--witness",
            str(hub.witness),
            *self._enrol_listen(),
        )
        self.token = printed.split()[-1]
        if not self._sources:  # a version of before seals nothing
            lines = printed.splitlines()
            key = lines[lines.index(RECOVERY_KEY_FOLLOWS) + 1]
            hub.variables["MRNMESH_RECOVERY_KEY"] = key
        hub.headers = {"Authorization": f"Bearer {self.token}"}
        await hub.start()
        ports = iter(free_ports(2 * len(ranges)))
        for code in ranges:
            self.desks[code] = self._daemon(code, "node.cli", next(ports), next(ports))
        await asyncio.gather(*(self._add(desk, ranges[code]) for code, desk in self.desks.items()))

    async def add_desk(self, code: str, numbers: str) -> Daemon:
        """Make and start one more desk; ``numbers`` is its range, START-END."""
        desk = self.desks[code] = self._daemon(code, "node.cli", *free_ports(2))
        await self._add(desk, numbers)
        return desk

    def _daemon(self, name: str, module: str, port: int, sync_port: int) -> Daemon:
        source = self._sources.get(name)
        encrypted = not self._sources
        return Daemon(name, module, self.folder / name, port, sync_port, source, encrypted)

    def _enrol_listen(self) -> list[str]:
        """The option for the port at which desks show their codes."""
        return [] if self._sources else ["--enrol-listen", f"127.0.0.1:{free_ports(1)[0]}"]

    async def _add(self, desk: Daemon, numbers: str) -> None:
        """A new terminal with a node and its range."""
        others = itertools.takewhile(lambda other: other is not desk, self.desks.values())
        options = ["--listen", desk.listen, "--sync-listen", desk.sync_listen]
        options += ["--witness", str(desk.witness)]
        options += [word for other in others for word in ("--peer", other.sync_url)]
        if self._sources:
            await self._join(desk, numbers, options)
        else:
            await self.administer("add", desk.name, "--range", numbers)
            await self.enrol(desk, *options)
        await desk.start()

    async def _join(self, desk: Daemon, numbers: str, options: list[str]) -> None:
        """Let a desk in as a version of before did, which knows no codes: with files.

        That version makes them, because the one of now knows no such files.
        """
        before = next(iter(self._sources.values()))
        key = keys.Signer.load(self.coordinator.folder / "signing-key.pem").public_key
        public = self.folder / f"for-{desk.name}.json"
        sync = f"ws://{self.coordinator.sync_listen}/sync"
        public.write_text(
            json.dumps({"coordinator_key": key.hex(), "sync": sync}), encoding="utf-8"
        )
        where = ["--data", str(desk.folder)]
        made = ["init", desk.name, "--coordinator-key", str(public), *options]
        await run_command("node.cli", *where, *made, source=before)
        join = str(desk.folder / f"{desk.name}.join")
        at = ["--url", self.coordinator.url, "--token", self.token]
        added = ["terminals", "add", "--key", join, "--range", numbers, *at]
        await run_command("coordinator.cli", *added, source=before)

    async def enrol(self, desk: Daemon, *options: str) -> None:
        """Let a desk in with a code."""
        printed = await self.administer("enrol", desk.name, "--json")
        await desk.command("enrol", json.loads(printed)["enrolment_code"], *options)

    async def administer(self, act: str, *arguments: str) -> str:
        """Run ``mrnmesh-coordinator terminals``."""
        return await self.coordinator.command(
            "terminals", act, *arguments, "--url", self.coordinator.url, "--token", self.token
        )

    async def pool(self, act: str, *arguments: str) -> str:
        """Run ``mrnmesh-coordinator pool``."""
        return await self.coordinator.command(
            "pool", act, *arguments, "--url", self.coordinator.url, "--token", self.token
        )

    async def conflicts(self, *arguments: str) -> str:
        """Run ``mrnmesh-conflicts``; status 1 says that a conflict is open."""
        return await run_command(
            "coordinator.cli.conflicts",
            *arguments,
            "--url",
            self.coordinator.url,
            "--token",
            self.token,
            fine=(0, 1),
        )

    async def close(self) -> dict[str, int]:
        """Stop everything, and return name -> exit status."""
        for daemon in self.daemons:
            daemon.resume()
        return {daemon.name: await daemon.stop() for daemon in reversed(self.daemons)}


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask the clinic again and again, from outside, until something holds.

    Args:
        what: what to say when it does not.

    Raises:
        Failed: it does not hold within `SETTLE_LIMIT_S`.
    """
    for _ in range(int(SETTLE_LIMIT_S / POLL_S)):
        if await holds():
            return
        await asyncio.sleep(POLL_S)
    raise Failed(f"it did not happen in time: {what}")


def hold_the_same(statuses: Iterable[Mapping[str, Any]]) -> bool:
    """True when the daemons with these answers to ``GET /api/status/`` hold the same.

    The digest of a desk leaves out what it has registered alone, until it signs that for its next
    session. So the digests can be equal while the desk knows more people.
    """
    return len({(status["digests"]["document"], status["patients"]) for status in statuses}) == 1


def copy_state(daemon: Daemon, target: Path) -> None:
    """Copy a stopped daemon's whole state, data folder and witness."""
    shutil.copytree(daemon.folder, target)
    shutil.copy(daemon.witness, target.with_suffix(".witness"))


def put_back_state(daemon: Daemon, source: Path) -> None:
    """Put a stopped daemon back to an older copy of its whole state."""
    shutil.rmtree(daemon.folder)
    shutil.copytree(source, daemon.folder)
    shutil.copy(source.with_suffix(".witness"), daemon.witness)
