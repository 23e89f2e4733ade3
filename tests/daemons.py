"""Both daemons in this process: real replicas, real HTTP over loopback, really in sync.

What a test leaves out of a daemon are its jobs (nightly backups, the looks at ranges and
conflicts), which run by the clock.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from coordinator import config as coordinator_config
from coordinator import daemon as coordinator_daemon
from coordinator.daemon import CoordinatorDaemon
from coordinator.judging.arbiter import Arbiter
from node import config as node_config
from node import daemon as node_daemon
from node.daemon import NodeDaemon
from sync.engine.replica import Replica
from sync.http.app import new_application
from sync.http.openapi import describe
from sync.model.facts import COORDINATOR

AYESHA: dict[str, Any] = {
    "full_name": "Ayesha Khan",
    "father_name": "Imran Khan",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
    "address": "12 Canal Road, Lahore",
}
WAIT_S_MAX = 30
_DOCUMENT = "urn:description"


class Described:
    """What a daemon says of its API; each answer that a test gets is held against it."""

    def __init__(self, document: dict[str, Any]) -> None:
        resource = DRAFT202012.create_resource(document)
        self._registry = Registry[Any]().with_resource(_DOCUMENT, resource)
        self._paths = {
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): methods
            for path, methods in sorted(document["paths"].items(), key=lambda one: "{" in one[0])
        }

    def check(self, method: str, path: str, status: int, answer: object) -> None:
        """Fail where an answer is not as it is described."""
        path = path.partition("?")[0]
        methods = next((one for told, one in self._paths.items() if told.fullmatch(path)), {})
        if method.lower() not in methods:
            assert status in (401, 403, 404, 405)
            return
        responses = methods[method.lower()]["responses"]
        response = responses.get(str(status), responses["default"])
        schema = {"$ref": _DOCUMENT + response["content"]["application/json"]["schema"]["$ref"]}
        OAS31Validator(
            schema, registry=self._registry, format_checker=oas31_format_checker
        ).validate(answer)


class Api:
    """The HTTP API of a daemon in this process; ``token`` goes with calls that name no other."""

    def __init__(self, daemon: NodeDaemon | CoordinatorDaemon, replica: Replica) -> None:
        self.daemon = daemon
        self.replica = replica
        self.operations = daemon.operations()
        self.described = Described(cast(dict[str, Any], describe(self.operations, "an API")))
        self.token: str | None = None
        self.http: TestClient[Any, Any]

    @property
    def url(self) -> str:
        return str(self.http.make_url("")).rstrip("/")

    async def send(
        self, method: str, path: str, body: object = None, token: str | None = "", **how: Any
    ) -> tuple[int, Any]:
        """Status and answer of a call; None is sent without a token."""
        token = self.token if token == "" else token
        headers = how.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Bearer {token}"} | headers
        if body is not None:
            how["json"] = body
        async with self.http.request(method, path, headers=headers, **how) as answer:
            if answer.content_type != "application/json":
                return answer.status, await answer.text()
            told = await answer.json()
            self.described.check(method, path, answer.status, told)
            return answer.status, told

    async def call(self, method: str, path: str, body: object = None, **how: Any) -> Any:
        """The answer of a call that works."""
        status, answer = await self.send(method, path, body, **how)
        assert status < 300, answer
        return answer

    async def get(self, path: str, **how: Any) -> Any:
        return await self.call("GET", path, **how)

    async def refused(
        self, method: str, path: str, body: object = None, **how: Any
    ) -> tuple[int, str]:
        """Status and code of a call that does not work."""
        status, answer = await self.send(method, path, body, **how)
        assert status >= 400, answer
        return status, answer["code"]

    async def faults(self, method: str, path: str, body: object, **how: Any) -> dict[str, str]:
        """Field -> what is wrong with it, of a call whose fields are wrong."""
        status, answer = await self.send(method, path, body, **how)
        assert (status, answer.pop("code")) in ((400, "invalid_fields"), (400, "invalid_patient"))
        assert answer.pop("detail")
        return {field: why for field, (why,) in answer.items()}

    async def register(self, **fields: Any) -> dict[str, Any]:
        """A person; what is not given is Ayesha's."""
        answer: dict[str, Any] = await self.call("POST", "/api/patients/", AYESHA | fields)
        return answer

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer of a path once something holds; it is read anew after each change."""
        while True:
            newest = self.replica.changed.newest
            answer = await self.get(path)
            if holds(answer):
                return answer
            await asyncio.wait_for(self.replica.changed.beyond(newest), WAIT_S_MAX)


class Hub(Api):
    """A coordinator; ``token`` is the administrator's."""

    daemon: CoordinatorDaemon

    def __init__(self, daemon: CoordinatorDaemon, replica: Replica, arbiter: Arbiter) -> None:
        super().__init__(daemon, replica)
        self.arbiter = arbiter
        self.file: Path
        self.sync_url: str

    async def new_terminal(self, code: str, numbers: str | None = None) -> str:
        """A terminal without a node, with a range that the coordinator issues from; its token."""
        body: dict[str, Any] = {"code": code}
        if numbers is not None:
            first, _, last = numbers.partition("-")
            body |= {"offline_range_start": int(first), "offline_range_end": int(last)}
        await self.call("POST", "/api/terminals/", body)
        token: str = (await self.call("POST", f"/api/terminals/{code}/token/"))["token"]
        return token


class Desk(Api):
    """A node that has joined."""

    daemon: NodeDaemon

    async def meet(self, hub: Hub) -> None:
        """Connect with the coordinator, and wait until both have told each other everything."""
        self.daemon._peering.dial(hub.sync_url)
        await asyncio.wait_for(self.daemon._peering.wait_live(COORDINATOR), WAIT_S_MAX)


@asynccontextmanager
async def open_hub(folder: Path) -> AsyncIterator[Hub]:
    """A new coordinator in ``folder``."""
    file, token = coordinator_config.init(folder / "hub", witness=folder / "hub.witness")
    config = coordinator_config.load(folder / "hub")
    async with AsyncExitStack() as stack:
        daemon = await stack.enter_async_context(coordinator_daemon.opened(config))
        await daemon._webhooks.start()
        hub = Hub(daemon, daemon._replica, daemon._arbiter)
        hub.file, hub.token = file, token
        ports: list[int] = []
        app = new_application(
            lambda: ports, daemon.operations(), daemon._access.authorise, origins=config.origins
        )
        server = TestServer(app)
        hub.http = await stack.enter_async_context(TestClient(server))
        ports.append(server.port)
        mesh_app = web.Application()
        mesh_app.add_routes([web.get("/sync", daemon._peering.handler)])
        mesh = await stack.enter_async_context(TestClient(TestServer(mesh_app)))
        hub.sync_url = str(mesh.make_url("/sync")).replace("http", "ws")
        stack.push_async_callback(daemon._upkeep.stop)
        stack.push_async_callback(daemon._webhooks.stop)
        stack.push_async_callback(daemon._peering.stop)
        stack.callback(daemon._changes.stop)
        yield hub


async def new_desk(folder: Path, hub: Hub, code: str, numbers: str) -> None:
    """A node in ``folder / code``, with its witness beside it, that has joined the hub's clinic."""
    join_file = node_config.init(folder / code, code, hub.file, witness=folder / f"{code}.witness")
    join = json.loads(join_file.read_text(encoding="utf-8"))
    await hub.call("POST", "/api/terminals/", join)
    await hub.call("POST", f"/api/terminals/{code}/ranges/", {"range": numbers})


@asynccontextmanager
async def run_desk(folder: Path) -> AsyncIterator[Desk]:
    """The node in ``folder`` at work, alone until it is to `Desk.meet` the coordinator."""
    config = node_config.load(folder)
    async with AsyncExitStack() as stack:
        daemon = await stack.enter_async_context(node_daemon.opened(config))
        desk = Desk(daemon, daemon._replica)
        ports: list[int] = []
        app = new_application(lambda: ports, daemon.operations(), origins=config.origins)
        server = TestServer(app)
        desk.http = await stack.enter_async_context(TestClient(server))
        ports.append(server.port)
        stack.push_async_callback(daemon._upkeep.stop)
        stack.push_async_callback(daemon._peering.stop)
        stack.push_async_callback(daemon._drill.close)
        stack.callback(daemon._changes.stop)
        yield desk


@asynccontextmanager
async def open_desk(folder: Path, hub: Hub, code: str, numbers: str) -> AsyncIterator[Desk]:
    """A new node in ``folder``, in step with the coordinator."""
    await new_desk(folder, hub, code, numbers)
    async with run_desk(folder / code) as desk:
        await desk.meet(hub)
        yield desk


@asynccontextmanager
async def open_set_back_desk(
    folder: Path, hub: Hub, code: str, numbers: str
) -> AsyncIterator[tuple[Desk, dict[str, Any], dict[str, Any]]]:
    """A desk whose computer was put back to an older copy, and two people with one number.

    The first holds it. The second was registered after that, before the desk met anybody.
    """
    await new_desk(folder, hub, code, numbers)
    state, witness = folder / code, folder / f"{code}.witness"
    async with run_desk(state) as desk:
        await desk.meet(hub)
    shutil.copytree(state, folder / "yesterday")
    shutil.copy(witness, folder / "yesterday.witness")
    async with run_desk(state) as desk:
        first = await desk.register(full_name="Amna Holder", offline=True)
        await desk.meet(hub)
        path = f"/api/patients/{first['record_id']}/"
        await hub.until(path, lambda person: person["mrn_status"] == "admitted")
    shutil.rmtree(state)
    shutil.copytree(folder / "yesterday", state)
    shutil.copy(folder / "yesterday.witness", witness)
    async with run_desk(state) as desk:
        second = await desk.register(full_name="سدرہ بی بی", offline=True)
        assert first["mrn"] == second["mrn"]
        await desk.meet(hub)
        await hub.until("/api/conflicts/", lambda page: page["count"] == 1)
        path = f"/api/patients/{second['record_id']}/"
        await desk.until(path, lambda person: person["mrn_status"] == "rejected")
        yield desk, first, second
