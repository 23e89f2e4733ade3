"""Whole daemons in the process of a test: real replicas, real HTTP, really in sync."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, cast

import aiohttp

from coordinator import config as coordinator_config
from coordinator import daemon as coordinator_daemon
from coordinator.daemon import CoordinatorDaemon
from examples import joined
from examples.clinic import free_ports, hold_the_same
from node import config as node_config
from node import daemon as node_daemon
from node.api.administrator import secret_of
from node.config import NodeSettings
from node.daemon import NodeDaemon
from node.enrolment import enrolling, taking
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.jobs import Job, Jobs
from sync.daemon.serving import Service, serving
from sync.engine.replica import Replica
from sync.http.openapi import describe
from sync.http.operations import Operation
from sync.model.facts import COORDINATOR
from sync.witness.memory import Witness
from tests import disclosing
from tests.daemons.api import Api, Described

WAIT_S_MAX = 60
DESCRIBED: dict[type[Running], Described] = {}


class Running(Api):
    """A daemon and its API; `running` starts and stops it, as often as a test wants.

    Args:
        config: where its data is, and at which addresses it serves.
    """

    def __init__(self, config: DaemonSettings, token: str | None = None) -> None:
        super().__init__(token)
        self.config = config
        self.daemon: Any
        self.replica: Replica
        self.witness: Witness
        self.operations: list[Operation]

    @property
    def url(self) -> str:
        return self.config.url

    @property
    def sync_url(self) -> str:
        return f"ws://127.0.0.1:{self.config.sync_listen.port}/sync"

    async def _serve(self, stack: AsyncExitStack, jobs: bool) -> None:
        """Serve until the stack is left."""
        self.replica = self.daemon._replica
        disclosing.watch(self.replica._writer)
        self.operations = self.daemon.operations()
        self.described = self._described()
        # The session outlives the daemon: who waits for an answer when it ends still gets it.
        self.http = await stack.enter_async_context(aiohttp.ClientSession(self.url))
        service = self.daemon.service()
        await stack.enter_async_context(serving(self.config, service if jobs else idle(service)))

    def _described(self) -> Described:
        """What such a daemon says about its API, which takes as long as to start it."""
        if type(self) not in DESCRIBED:
            document = cast(dict[str, Any], describe(self.operations, "an API"))
            DESCRIBED[type(self)] = Described(document)
        return DESCRIBED[type(self)]

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer of a path once something holds; it is read anew after each commit.

        A person or a request that is not there yet does not hold.
        """
        came = asyncio.Event()
        end = self.replica.subscribe(lambda _: came.set())
        try:
            while True:
                came.clear()
                status, answer = await self.send("GET", path)
                assert status < 300 or status == HTTPStatus.NOT_FOUND, answer
                if status < 300 and holds(answer):
                    return answer
                try:
                    await asyncio.wait_for(came.wait(), WAIT_S_MAX)
                except TimeoutError:
                    raise AssertionError(f"{path} still answers {answer}") from None
        finally:
            end()


class _NoJobs(Jobs):
    """Begins no job: they run by the clock."""

    def keep(self, name: str, job: Job) -> None:
        pass


def idle(service: Service) -> Service:
    """A daemon without its jobs: nightly backups, the looks at ranges and conflicts."""

    async def begin(stack: AsyncExitStack, _jobs: Jobs) -> None:
        await service.begin(stack, _NoJobs())

    return replace(service, begin=begin)


class Hub(Running):
    """A coordinator; ``token`` is the administrator's."""

    daemon: CoordinatorDaemon

    @asynccontextmanager
    async def running(self, jobs: bool = True) -> AsyncIterator[Self]:
        """The coordinator at work for as long as the block lasts."""
        async with AsyncExitStack() as stack:
            opened = coordinator_daemon.opened(self.config)
            self.daemon = await stack.enter_async_context(opened)
            self.arbiter, self.witness = self.daemon._arbiter, self.daemon._witness
            await self._serve(stack, jobs)
            here = asyncio.get_running_loop(), self
            HUBS.append(here)
            stack.callback(HUBS.remove, here)
            yield self

    async def new_terminal(self, code: str, numbers: str | None = None) -> str:
        """A terminal without a node, with a range that the coordinator issues from; its token."""
        body: dict[str, Any] = {"code": code}
        if numbers is not None:
            first, _, last = numbers.partition("-")
            body |= {"offline_range_start": int(first), "offline_range_end": int(last)}
        await self.call("POST", "/api/terminals/", body)
        token: str = (await self.call("POST", f"/api/terminals/{code}/token/"))["token"]
        return token


HUBS: list[tuple[asyncio.AbstractEventLoop, Hub]] = []
"""The coordinators that are at work, and where."""


class Desk(Running):
    """A node."""

    config: NodeSettings
    daemon: NodeDaemon

    @asynccontextmanager
    async def running(self, jobs: bool = True, alone: bool = False) -> AsyncIterator[Self]:
        """The node at work for as long as the block lasts.

        Args:
            alone: it does not dial the coordinator until it is to `meet` it.
        """
        config = replace(self.config, coordinator=nobody()) if alone else self.config
        async with AsyncExitStack() as stack:
            self.daemon = await stack.enter_async_context(node_daemon.opened(config))
            self.witness = self.daemon._allocator._witness
            # On a machine that has other work a desk that waits no longer than for a clerk would
            # give a number of its own.
            self.daemon._allocator._limit_s = WAIT_S_MAX
            self.token = secret_of(self.config.folder)
            await self._serve(stack, jobs)
            yield self

    async def meet(self, hub: Hub) -> None:
        """Connect with the coordinator, and wait until both have told each other everything."""
        self.daemon._peering.dial(hub.sync_url)
        await self.in_touch()

    async def in_touch(self) -> None:
        """Wait until the coordinator has everything that this desk has, and the reverse.

        Both know of it then: the desk hears of it first.
        """
        await asyncio.wait_for(self.daemon._peering.wait_live(COORDINATOR), WAIT_S_MAX)
        code, loop = self.config.code, asyncio.get_running_loop()
        for peering in [hub.daemon._peering for where, hub in HUBS if where is loop]:
            if any(session.author == code for session in peering.sessions()):
                await asyncio.wait_for(peering.wait_live(code), WAIT_S_MAX)


def nobody() -> str:
    """An address at which nobody syncs."""
    (port,) = free_ports(1)
    return f"ws://127.0.0.1:{port}/sync"


def addresses() -> dict[str, str]:
    """Addresses that nobody uses, as settings have them."""
    port, sync_port = free_ports(2)
    return {"listen": f"127.0.0.1:{port}", "sync_listen": f"127.0.0.1:{sync_port}"}


def new_hub(folder: Path) -> Hub:
    """A coordinator in ``folder / "hub"``, with its witness beside it."""
    data = folder / "hub"
    (enrol_port,) = free_ports(1)
    token = coordinator_config.init(
        data,
        witness=folder / "hub.witness",
        enrol_listen=f"127.0.0.1:{enrol_port}",
        **addresses(),
    )
    return Hub(coordinator_config.load(data), token)


def new_node(folder: Path, hub: Hub, code: str) -> tuple[Desk, dict[str, str]]:
    """A node in ``folder / code`` that its coordinator does not know yet, and what that needs.

    It is made as versions up to 0.2.0 did, which takes no code and no certificate.
    """
    witness = folder / f"{code}.witness"
    key = hub.config.signer().public_key
    join = joined.make(folder / code, code, key, hub.sync_url, witness=witness, **addresses())
    return Desk(node_config.load(folder / code)), join


async def new_code(hub: Hub, code: str, **how: Any) -> str:
    """A code that lets a desk in as a terminal."""
    answer = await hub.call("POST", "/api/enrolments/", {"code": code} | how)
    return str(answer["enrolment_code"])


async def enrolled(folder: Path, code: str, name: str, at: str | None = None) -> Desk:
    """The desk in ``folder / name`` after it has been enrolled with a code.

    Args:
        at: where the coordinator is, None for where the code says.
    """
    wanted = addresses()
    options = taking.Options(wanted["listen"], wanted["sync_listen"], folder / f"{name}.witness")
    settings = await asyncio.to_thread(enrolling.enrol, folder / name, code, at, options)
    return Desk(settings)


async def new_desk(folder: Path, hub: Hub, code: str, numbers: str | None = None) -> Desk:
    """A node that has joined the coordinator, which is at work; it is not at work itself."""
    desk, join = new_node(folder, hub, code)
    await hub.call("POST", "/api/terminals/", join)
    if numbers is not None:
        await hub.call("POST", f"/api/terminals/{code}/ranges/", {"range": numbers})
    return desk


async def desk_cut_off(folder: Path, hub: Hub) -> Desk:
    """A node that was in step, and then registered three people while it was alone."""
    async with open_desk(folder, hub, "LAB1-PC", "710000-719999") as desk:
        pass
    async with desk.running(jobs=False, alone=True):
        for name in ("Amna", "Bilqis", "Zarmina"):
            await desk.register(full_name=name, offline=True)
    return desk


@asynccontextmanager
async def open_hub(folder: Path) -> AsyncIterator[Hub]:
    """A new coordinator at work, without its jobs."""
    async with new_hub(folder).running(jobs=False) as hub:
        yield hub


@asynccontextmanager
async def open_desk(folder: Path, hub: Hub, code: str, numbers: str) -> AsyncIterator[Desk]:
    """A new node at work, without its jobs, in step with the coordinator."""
    desk = await new_desk(folder, hub, code, numbers)
    async with desk.running(jobs=False):
        await desk.in_touch()
        yield desk


class Copy:
    """The whole state of a daemon that is not at work: data folder and witness."""

    def __init__(self, daemon: Running) -> None:
        self._folder, self._witness = daemon.config.folder, daemon.config.witness
        self._copied = self._folder.with_name(f"copy-of-{self._folder.name}")
        self._seen = self._witness.read_bytes()
        shutil.copytree(self._folder, self._copied)

    def put_back(self) -> None:
        """Put the daemon back to it, once."""
        shutil.rmtree(self._folder)
        self._copied.rename(self._folder)
        self._witness.write_bytes(self._seen)


@asynccontextmanager
async def open_set_back_desk(
    folder: Path, hub: Hub, code: str, numbers: str
) -> AsyncIterator[tuple[Desk, dict[str, Any], dict[str, Any]]]:
    """A desk whose computer was put back to an older copy, and two people with one number.

    The first holds it. The second was registered after that, before the desk met anybody.
    """
    desk = await new_desk(folder, hub, code, numbers)
    async with desk.running(jobs=False):
        await desk.in_touch()
    yesterday = Copy(desk)
    async with desk.running(jobs=False, alone=True):
        first = await desk.register(full_name="Amna Holder", offline=True)
        await desk.meet(hub)
        path = f"/api/patients/{first['record_id']}/"
        await hub.until(path, lambda person: person["mrn_status"] == "admitted")
    yesterday.put_back()
    async with desk.running(jobs=False, alone=True):
        second = await desk.register(full_name="سدرہ بی بی", offline=True)
        assert first["mrn"] == second["mrn"]
        await desk.meet(hub)
        await hub.until("/api/conflicts/", lambda page: page["count"] == 1)
        path = f"/api/patients/{second['record_id']}/"
        await desk.until(path, lambda person: person["mrn_status"] == "rejected")
        yield desk, first, second


def settled(hub: Api, *desks: Api) -> Callable[[], Awaitable[bool]]:
    """True when all hold the same and nobody waits for confirmation."""

    async def holds() -> bool:
        statuses = [await one.get("/api/status/") for one in (hub, *desks)]
        return hold_the_same(statuses) and not statuses[0]["pending"]

    return holds


def online(desk: Desk) -> Callable[[], Awaitable[bool]]:
    """True when the desk takes numbers from the coordinator."""

    async def holds() -> bool:
        return bool((await desk.get("/api/status/"))["numbers"] == "online")

    return holds
