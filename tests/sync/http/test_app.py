"""Guards and bodies of the HTTP APIs, over real sockets."""

from typing import NoReturn

import aiohttp
import pytest
from aiohttp import web

from sync.errors import BadConfig, InvalidPatient, RangeExhausted
from sync.http.address import Address
from sync.http.app import new_application, serve
from sync.http.operations import Needs, Operation, read_body
from sync.http.registration import NewPatient
from sync.http.requests import body_hash, idempotency_key, read_object


async def echo(request) -> dict:
    posted = await read_body(request, NewPatient)
    return {
        "offline": posted.offline,
        "terminal": posted.origin_terminal_code,
        "key": idempotency_key(request, "").text,
        "request": body_hash(await read_object(request)).hex(),
    }


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
            Operation("POST", "/echo", echo, "Echo", needs=Needs.THIS_COMPUTER),
            Operation("GET", "/exhausted", exhausted, "Fail", needs=Needs.THIS_COMPUTER),
            Operation("GET", "/incomplete", incomplete, "Fail", needs=Needs.THIS_COMPUTER),
        ],
    )
    runner, port = await serve(app, Address("127.0.0.1", 0))
    ports.append(port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        yield http, port
    await runner.cleanup()


async def test_what_keeps_a_number_from_somebody_is_in_the_log_without_their_words(server, caplog):
    http, _ = server
    async with http.get("/exhausted?search=Amina") as answer:
        assert answer.status == 400
    assert caplog.messages == ["GET /exhausted was answered with range_exhausted"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", ""])
async def test_another_host_name_is_refused(server, host):
    http, port = server
    headers = {"Host": host.format(port=port)}
    async with http.get("/exhausted", headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
async def test_this_computers_names_are_answered(server, host):
    http, port = server
    async with http.get("/exhausted", headers={"Host": host.format(port=port)}) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}"])
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


@pytest.mark.parametrize(
    ("value", "offline"),
    [(True, True), (False, False), ("true", True), ("false", False), (1, True), (None, False)],
)
async def test_offline_is_read_as_the_earlier_system_read_it(server, value, offline):
    http, _ = server
    async with http.post("/echo", json={"offline": value}) as answer:
        assert (await answer.json())["offline"] is offline


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"text"',
        b"[" * 50_000,
        b'{"operator": "\\ud800"}',
    ],
)
async def test_a_bad_body_is_a_clear_error(server, body):
    http, _ = server
    headers = {"Content-Type": "application/json"}
    async with http.post("/echo", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"offline": "perhaps"}, {"offline": ["must be true or false"]}),
        ({"offline": []}, {"offline": ["must be true or false"]}),
        (
            {"operator": 5, "age_years": "x"},
            {"operator": ["must be a text"], "age_years": ["must be a whole number"]},
        ),
        ({"operator": "a\u0000"}, {"operator": ["control characters are not allowed"]}),
        ({"sex": "X"}, {"sex": ["must be M, F or O"]}),
        ({"age_years": 151}, {"age_years": ["must be a whole number <= 150"]}),
    ],
)
async def test_all_fields_that_are_wrong_are_named(server, body, said):
    http, _ = server
    async with http.post("/echo", json=body) as answer:
        told = await answer.json()
        assert (answer.status, told.pop("code")) == (400, "invalid_fields")
        assert told.pop("detail")
        assert told == said


async def test_a_form_of_another_page_is_not_read(server):
    http, _ = server
    async with http.post("/echo", data={"offline": "true"}) as answer:
        assert answer.status == 400


async def test_a_body_that_is_too_large_is_refused(server):
    http, _ = server
    async with http.post("/echo", json={"full_name": "x" * 100_000}) as answer:
        assert answer.status == 413


async def test_the_order_of_fields_does_not_make_another_request(server):
    http, _ = server
    told = []
    for body in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}):
        async with http.post("/echo", json=body) as answer:
            told.append((await answer.json())["request"])
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize("text", ["0.0.0.0:80", "192.168.1.5:80", "example.org:80", "[::]:80"])
def test_only_loopback_may_be_listened_on(text):
    with pytest.raises(BadConfig, match="not on this computer"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":x"])
def test_an_address_needs_host_and_port(text):
    with pytest.raises(BadConfig, match="HOST:PORT"):
        Address.parse(text)


async def test_a_port_in_use_is_a_clear_error(server):
    _, port = server
    with pytest.raises(BadConfig, match="cannot listen"):
        await serve(web.Application(), Address("127.0.0.1", port))
