"""Who is let in by which token, and that a withdrawal takes effect at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from coordinator import config, token_reset
from coordinator.api.access import SCOPE, Access
from coordinator.api.terminals import TerminalsApi
from coordinator.extension import RangeWatch
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry import tokens
from sync.engine.replica import Replica
from sync.http.app import new_application
from sync.http.operations import routes


class NoLine:
    """No desk is connected."""

    def live_peers(self):
        return ()


class Hub:
    """A coordinator's API of terminals, behind its tokens."""

    def __init__(self, replica: Replica, token: str) -> None:
        self.replica = replica
        self.token = token
        self.client: TestClient

    async def call(self, token, method="GET", path="/who", **body):
        headers = {"Authorization": f"Bearer {token}"}
        async with self.client.request(method, path, headers=headers, json=body) as answer:
            return answer.status

    async def terminal(self, code="FRONT") -> str:
        """A new terminal; its token."""
        assert await self.call(self.token, "POST", "/api/terminals/", code=code) == 201
        return await self.token_of(code)

    async def token_of(self, code="FRONT") -> str:
        headers = {"Authorization": f"Bearer {self.token}"}
        path = f"/api/terminals/{code}/token/"
        async with self.client.post(path, headers=headers) as answer:
            return (await answer.json())["token"]


@pytest.fixture
def made(tmp_path):
    """The data folder of a coordinator, and the administrator's token."""
    _, token = config.init(tmp_path / "hub", listen="127.0.0.1:1", witness=tmp_path / "w")
    return tmp_path / "hub", token


@pytest.fixture
async def hub(made):
    async with serving(*made) as hub:
        yield hub


@asynccontextmanager
async def serving(folder, token) -> AsyncIterator[Hub]:
    """The daemon's part in all this, from its start to its end."""
    place = config.load(folder)
    recovery = Recovery(os.urandom, place.zone)
    arbiter, signer = Arbiter(recovery), place.signer()
    replica = await Replica.open(place.folder, signer, signer.public_key, arbiter, place.zone)
    hub = Hub(replica, token)
    access = Access(replica)
    await access.start()
    app = new_application(lambda: [server.port], access.authorise)
    watch = RangeWatch(replica, recovery, NoLine(), place.zone)
    app.add_routes(routes(TerminalsApi(replica, arbiter, watch).operations()))
    app.router.add_get("/who", _who)
    server = TestServer(app)
    async with TestClient(server) as hub.client:
        yield hub
    await replica.close()


async def _who(request: web.Request) -> web.Response:
    return web.Response(text=request[SCOPE])


async def test_a_token_is_good_from_the_answer_that_shows_it(hub):
    assert await hub.call(hub.token) == 200
    assert await hub.call(await hub.terminal()) == 200


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "é" * 64, "\udcff"])
async def test_a_token_that_nobody_has_is_refused(hub, token):
    assert await hub.call(token) == 401


async def test_a_new_token_of_a_terminal_withdraws_the_one_before(hub):
    first, ward = await hub.terminal(), await hub.terminal("WARD")
    second = await hub.token_of()
    assert await hub.call(first) == 401
    assert [await hub.call(token) for token in (second, ward, hub.token)] == [200] * 3


@pytest.mark.parametrize("state", ["replaced", "retired", "revoked"])
async def test_a_terminal_that_has_ended_has_no_token_any_more(hub, state):
    token = await hub.terminal()
    path = "/api/terminals/FRONT/"
    assert await hub.call(hub.token, "PATCH", path, state=state, reason="a test") == 200
    assert await hub.call(token) == 401


async def test_a_terminal_that_is_deleted_has_no_token_any_more(hub):
    token = await hub.terminal()
    assert await hub.call(hub.token, "DELETE", "/api/terminals/FRONT/") == 204
    assert await hub.call(token) == 401


async def test_the_token_of_an_inactive_terminal_rests_until_it_is_active_again(hub):
    token = await hub.terminal()
    path = "/api/terminals/FRONT/"
    for active, status in ((False, 403), (True, 200), (False, 403)):
        assert await hub.call(hub.token, "PATCH", path, is_active=active) == 200
        assert await hub.call(token) == status


async def test_a_reset_beside_the_daemon_withdraws_the_administrators_tokens_at_once(hub):
    front = await hub.terminal()
    new, is_good = token_reset.reset(hub.replica.folder)
    assert not is_good, "the daemon works: it takes up what was left when the new one is used"
    assert await hub.call(new) == 200
    assert await hub.call(hub.token) == 401
    assert await hub.call(front) == 200


async def test_a_reset_that_was_left_is_taken_up_at_the_start(made):
    folder, old = made
    async with serving(folder, old):
        new, _ = token_reset.reset(folder)
    async with serving(folder, new) as hub:
        assert await hub.call(old) == 401
        assert await hub.call(new) == 200


async def test_what_was_undone_withdraws_nothing(hub):
    def act(tx) -> None:
        tokens.withdraw(tokens.changing(tx), tokens.ADMINISTRATOR)
        raise LookupError("undone")

    with pytest.raises(LookupError, match="undone"):
        await hub.replica.write(act)
    assert await hub.call(hub.token) == 200
