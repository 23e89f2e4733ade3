"""The command line's HTTP client, against a real server."""

import asyncio

import pytest
from aiohttp import web

from sync.cli.client import Client
from sync.cli.errors import NoToken, TokenUnknown
from sync.http.address import Address
from sync.http.server import serve


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
