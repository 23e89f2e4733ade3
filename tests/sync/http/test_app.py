"""Guards of the HTTP APIs, and their errors, over real sockets."""

from typing import NoReturn

import aiohttp
import pytest
from aiohttp import web

from sync.errors import BadConfig, InvalidPatient, RangeExhausted
from sync.http.address import Address
from sync.http.app import new_application
from sync.http.operations import Needs, Operation
from sync.http.server import serve


async def exhausted(_request) -> NoReturn:
    raise RangeExhausted(terminal="LAB1-PC", range="710000-719999")


async def incomplete(_request) -> NoReturn:
    raise InvalidPatient({"sex": "must be M, F or O"})


@pytest.fixture
async def server():
    ports = []
    app = new_application(
        lambda: ports,
        [
            Operation("GET", "/exhausted", exhausted, "Fail", needs=Needs.THIS_COMPUTER),
            Operation("GET", "/incomplete", incomplete, "Fail", needs=Needs.THIS_COMPUTER),
        ],
    )
    listener = await serve(app, Address("127.0.0.1", 0))
    ports.append(listener.port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listener.port}") as http:
        yield http, listener.port
    await listener.close()


async def test_what_keeps_a_number_from_somebody_is_in_the_log_without_their_words(server, caplog):
    http, _ = server
    async with http.get("/exhausted?search=Amina") as answer:
        assert answer.status == 400
    assert caplog.messages == ["GET /exhausted was answered with range_exhausted"]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:{port}", "localhost.evil.example:{port}", "127.0.0.1:1"),
        *("localhost", "localhost..:{port}", ""),
    ],
)
async def test_another_host_name_is_refused(server, host):
    http, port = server
    headers = {"Host": host.format(port=port)}
    async with http.get("/exhausted", headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "host",
    [
        *("localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "[::1%lo]:{port}"),
        *("LocalHost:{port}", "localhost.:{port}", "LOCALHOST.:{port}"),
    ],
)
async def test_this_computers_names_are_answered(server, host):
    http, port = server
    async with http.get("/exhausted", headers={"Host": host.format(port=port)}) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://127.0.0.1:{port}",
        "http://localhost.evil.example",
        "http://localhost",
    ],
)
async def test_another_sites_page_is_refused(server, origin):
    http, port = server
    headers = {"Origin": origin.format(port=port)}
    async with http.get("/exhausted", headers=headers) as answer:
        assert answer.status == 403


async def test_an_error_is_its_sentence_and_code(server):
    http, _ = server
    async with http.get("/exhausted") as answer:
        assert await answer.json() == {
            "detail": "Terminal LAB1-PC has exhausted its offline MRN range (710000-719999). "
            "Please contact administrator to configure a new range.",
            "code": "range_exhausted",
        }
    async with http.get("/incomplete") as answer:
        assert (await answer.json())["sex"] == ["must be M, F or O"]
    async with http.get("/nowhere") as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "http_404")


async def test_a_port_in_use_is_a_clear_error(server):
    _, port = server
    with pytest.raises(BadConfig, match="cannot listen"):
        await serve(web.Application(), Address("127.0.0.1", port))
