"""The command line's HTTP client, against a real server."""

import asyncio
import shutil

import pytest
from aiohttp import web

from coordinator import config as coordinator_config
from node import config as node_config
from sync.cli.client import Client
from sync.cli.errors import AnotherDaemon, NoToken, TokenUnknown
from sync.http.address import Address
from sync.http.server import serve
from tests.folders import new_coordinator, new_desk


@pytest.fixture
async def url():
    async def refuse(request):
        return web.json_response({"detail": "no", "code": "not_authorised"}, status=401)

    async def answer(_request):
        return web.json_response({"fine": True})

    app = web.Application()
    app.add_routes([web.get("/refuse", refuse), web.get("/fine", answer)])
    listener = await serve(app, Address("127.0.0.1", 0))
    yield f"http://127.0.0.1:{listener.port}"
    await listener.close()


async def test_no_proxy_gets_to_see_the_call(url, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    answer = await asyncio.to_thread(Client(url, "token").call, "GET", "/fine")
    assert answer == {"fine": True}


async def test_a_wrong_token_is_told_apart_from_none(url):
    with pytest.raises(TokenUnknown, match="does not know this token"):
        await asyncio.to_thread(Client(url, "wrong").call, "GET", "/refuse")
    with pytest.raises(NoToken, match="Set MRNMESH_TOKEN"):
        await asyncio.to_thread(Client(url).call, "GET", "/refuse")


# two folders with one port


def same_port(folder, url):
    """Let a folder's settings name the address of a daemon that runs."""
    path = next(folder.glob("*.toml"))
    text = path.read_text(encoding="utf-8")
    for old in ("127.0.0.1:8480", "127.0.0.1:8470"):
        text = text.replace(old, url.removeprefix("http://"))
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    [
        ["drill", "--minutes", "0.1"],
        ["status"],
        ["status", "--json"],
        ["reprinted", "710000"],
        ["clock", "show"],
        ["clock", "right"],
    ],
)
def test_a_desk_with_the_same_port_is_not_told_anything(live, tmp_path, command):
    other = new_desk(tmp_path)
    same_port(other, live.desk.url)
    assert node_config.load(other).url == live.desk.url
    done = live.run_node(other, *command)
    assert (done.status, done.out) == (1, "")
    assert f"is LAB1-PC, not the one of {other}" in done.err
    assert f"`mrnmesh-node --data {other} run`" in done.err
    assert live.api().call("GET", "/api/drill/")["on"] is False


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["terminals", "list"],
        ["terminals", "retire", "LAB1-PC", "--reason", "x", "--yes"],
        ["terminals", "grant", "LAB1-PC"],
        ["terminals", "token", "LAB1-PC"],
        ["end-recovery"],
        ["pool", "off"],
        ["webhooks", "list"],
        ["clock", "right"],
        ["clock", "wrong"],
    ],
)
def test_a_coordinator_with_the_same_port_is_not_told_anything(live, tmp_path, command):
    new_coordinator(tmp_path)
    other = tmp_path / "hub"
    same_port(other, live.coordinator.url)
    assert coordinator_config.load(other).url == live.coordinator.url
    done = live.run_hub(other, *command)
    assert (done.status, done.out) == (1, "")
    assert f"is the coordinator, not the one of {other}" in done.err
    named = live.run_hub(other, *command, "--url", live.coordinator.url)
    assert (named.status, named.out, named.err) == (1, "", done.err)
    assert live.hub_api().call("GET", "/api/terminals/LAB1-PC/")["state"] == "active"


def test_conflicts_of_another_folder_are_not_shown(live, tmp_path):
    other = new_desk(tmp_path)
    same_port(other, live.desk.url)
    same_port(tmp_path / "hub", live.coordinator.url)
    for given in (["--node", str(other)], ["--data", str(tmp_path / "hub")]):
        done = live.run_conflicts(*given, "list")
        assert (done.status, done.out) == (2, "")
        assert "Nothing was asked of the daemon" in done.err


def test_a_copy_of_the_folder_is_told_from_the_folder(live, tmp_path):
    """Both have the same key; only one of them is in use."""
    copy = tmp_path / "copy"
    shutil.copytree(live.desk.folder, copy)
    done = live.run_node(copy, "status")
    assert (done.status, done.out) == (1, "")
    assert "the daemon of a copy" in done.err
    assert live.node("status").status == 0


async def test_a_daemon_of_an_earlier_version_is_asked_nothing(tmp_path):
    desk = new_desk(tmp_path)
    asked = []

    async def health(_request):
        return web.json_response({"status": "ok", "version": "0.2.0", "schema": 2})

    async def status(request):
        asked.append(request)
        return web.json_response({})

    app = web.Application()
    app.add_routes([web.get("/api/health/", health), web.get("/api/status/", status)])
    listener = await serve(app, Address("127.0.0.1", 0))
    api = Client(f"http://127.0.0.1:{listener.port}", None, desk)
    with pytest.raises(AnotherDaemon, match=r"of an earlier version.*restart it"):
        await asyncio.to_thread(api.call, "GET", "/api/status/")
    assert not asked
    await listener.close()
