"""Operations: what they must declare, and how what their handlers return becomes an answer."""

from types import NoneType
from typing import NoReturn, TypedDict

import msgspec
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from sync.errors import Busy
from sync.http.app import new_application
from sync.http.operations import (
    EventStream,
    HtmlPage,
    Made,
    Needs,
    Operation,
    PageFile,
    WithCookie,
    _with_cookie,
    json_response,
    read_body,
    read_query,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Card(msgspec.Struct, kw_only=True):
    mrn: str
    copies: int = 1


class Printed(TypedDict):
    mrn: str
    copies: int


PRINTED: dict[str, Printed] = {}


async def print_card(request) -> Printed:
    card = read_body(request, Card)
    return {"mrn": card.mrn, "copies": card.copies}


async def find_card(request) -> list[Printed]:
    card = read_query(request, Card)
    return [{"mrn": card.mrn, "copies": card.copies}]


async def print_once(request) -> Made[Printed]:
    key = request.headers["Idempotency-Key"]
    new = key not in PRINTED
    return Made(PRINTED.setdefault(key, {"mrn": "710001", "copies": 1}), new)


async def forget(_request) -> None:
    PRINTED.clear()


async def refuse(_request) -> NoReturn:
    raise Busy()


async def show(_request) -> HtmlPage:
    return HtmlPage("<p>عائشہ</p>")


async def mark(_request) -> PageFile:
    return PageFile(b"<svg/>", "image/svg+xml", lasting=True)


async def style(_request) -> PageFile:
    return PageFile(b"p {}", "text/css; charset=utf-8")


ENDED: list[bool] = []


async def count(_request) -> EventStream:
    async def events():
        try:
            for number in range(3):
                yield f"data: {number}\n\n".encode()
        finally:
            ENDED.append(True)

    return EventStream(events())


async def silent(_request):
    return {}


def operation(method, path, handler, **more):
    return Operation(method, path, handler, "Do it", needs=Needs.THIS_COMPUTER, **more)


OPERATIONS = [
    operation("POST", "/cards/", print_card, body=Card, status=201),
    operation("GET", "/cards/", find_card, query=Card),
    operation("POST", "/cards/once/", print_once, status=201),
    operation("DELETE", "/cards/", forget),
    operation("POST", "/cards/never/", refuse),
    operation("GET", "/page/", show),
    operation("GET", "/mark.svg", mark),
    operation("GET", "/page.css", style),
    operation("GET", "/count/", count),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http():
    server = TestServer(new_application(lambda: [server.port], OPERATIONS))
    async with TestClient(server) as client:
        yield client


async def test_what_a_handler_returns_is_the_answer(http):
    async with http.post("/cards/", json={"mrn": "710007"}) as answer:
        assert (answer.status, await answer.json()) == (201, {"mrn": "710007", "copies": 1})
    async with http.get("/cards/?mrn=710007&copies=2") as answer:
        assert (answer.status, await answer.json()) == (200, [{"mrn": "710007", "copies": 2}])


async def test_what_is_not_as_it_is_declared_is_refused(http):
    for call in (http.post("/cards/", json={"copies": "x"}), http.get("/cards/?copies=x")):
        async with call as answer:
            refused = await answer.json()
            assert (answer.status, refused["code"]) == (400, "invalid_fields")
            assert refused["mrn"] == ["this field is required"]
            assert refused["copies"] == ["must be a whole number"]


async def test_a_repeated_request_is_answered_with_200(http):
    for status in (201, 200, 200):
        async with http.post("/cards/once/", headers={"Idempotency-Key": "a"}) as answer:
            assert (answer.status, (await answer.json())["mrn"]) == (status, "710001")


async def test_nothing_is_answered_as_nothing(http):
    async with http.delete("/cards/") as answer:
        assert (answer.status, await answer.read()) == (204, b"")


async def test_a_page_may_load_nothing_from_elsewhere(http):
    async with http.get("/page/") as answer:
        assert await answer.text() == "<p>عائشہ</p>"
        assert answer.content_type == "text/html"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_file_of_a_page_is_sent_once_as_long_as_it_is_the_same(http):
    async with http.get("/page.css") as answer:
        assert (answer.status, await answer.text()) == (200, "p {}")
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"
        version = answer.headers["ETag"]
    async with http.get("/page.css", headers={"If-None-Match": version}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with http.get("/mark.svg", headers={"If-None-Match": version}) as answer:
        assert (answer.status, await answer.read()) == (200, b"<svg/>")
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"


async def test_a_page_of_the_daemon_has_no_script_or_style_inside(http):
    async with http.get("/page.css") as answer:
        policy_text = answer.headers["Content-Security-Policy"]
        policy = dict(one.split(" ", 1) for one in policy_text.split("; "))
        assert policy.pop("default-src") == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["require-trusted-types-for"] == "'script'"
        assert "unsafe" not in policy_text
        assert "http" not in policy_text, "no other site is named"


async def test_events_are_sent_as_they_come_and_end_with_who_makes_them(http):
    ENDED.clear()
    async with http.get("/count/") as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.text() == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
        assert ENDED == [True]
    async with http.head("/count/") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_a_head_is_a_get_without_its_body(http):
    async with http.head("/cards/?mrn=710007") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


async def test_another_method_is_no_operation(http):
    async with http.patch("/cards/") as answer:
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(",")) >= {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        (
            "/cards/",
            {"mrn": "7", "copis": 2},
            {"copis": ["is not known here; perhaps 'copies' is meant"]},
        ),
        (
            "/cards/",
            {"mrn": "7", "MRN": "8"},
            {"MRN": ["is not known here; perhaps 'mrn' is meant"]},
        ),
        ("/cards/", {"mrn": "7", "zzz": None}, {"zzz": ["is not known here"]}),
        (
            "/cards/?mrn=7&copeis=1",
            None,
            {"copeis": ["is not known here; perhaps 'copies' is meant"]},
        ),
    ],
)
async def test_a_misspelt_name_is_refused_with_the_one_that_is_meant(http, path, body, wrong):
    call = http.post(path, json=body) if body else http.get(path)
    async with call as answer:
        refused = await answer.json()
        assert answer.status == 400
        assert {name: refused[name] for name in wrong} == wrong


async def test_the_answer_is_what_the_handler_is_annotated_to_return():
    answers = [one.answer for one in OPERATIONS]
    assert answers[:6] == [Printed, list[Printed], Printed, NoneType, NoReturn, HtmlPage]
    assert answers[6:] == [PageFile, PageFile, EventStream]
    assert [one.path for one in OPERATIONS if one.repeatable] == ["/cards/once/"]


async def test_nobody_forgets_to_say_who_may_call_and_what_is_answered():
    with pytest.raises(TypeError, match="needs"):
        Operation("GET", "/cards/", find_card, "Find a card")
    with pytest.raises(TypeError, match="handler of GET /silent/ does not say what it answers"):
        operation("GET", "/silent/", silent)


async def test_an_application_that_looks_at_no_tokens_takes_no_operation_that_needs_one():
    for needs in set(Needs) - {Needs.THIS_COMPUTER, Needs.NOTHING}:
        declared = Operation("GET", "/cards/", find_card, "Find a card", needs=needs)
        with pytest.raises(ValueError, match="nobody checks who calls GET /cards/"):
            new_application(list, [declared])


async def test_an_answer_is_compact_and_readable():
    answer = json_response({"name": "علی", "none": None}, 201)
    assert answer.body == '{"name":"علی","none":null}'.encode()
    assert (answer.status, answer.headers["Content-Type"]) == (
        201,
        "application/json; charset=utf-8",
    )


def call(scheme):
    return make_mocked_request("GET", "/").clone(scheme=scheme)


def set_cookie(request, value, *name):
    response = _with_cookie(request, web.Response(), WithCookie({}, value, *name))
    return response.cookies.output(header="").strip()


async def test_over_https_a_cookie_is_for_this_host_alone():
    text = set_cookie(call("https"), "secret")
    assert text.startswith("__Host-mrnmesh_session=secret;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(text.split("; "))
    assert "Domain" not in text
    other = set_cookie(call("https"), "secret", "mrnmesh_clerk_LAB1-PC")
    assert other.startswith("__Host-mrnmesh_clerk_LAB1-PC=secret;")
    assert "Max-Age=0" in set_cookie(call("https"), None)


async def test_without_https_it_goes_over_http_too():
    text = set_cookie(call("http"), "secret")
    assert text.startswith("mrnmesh_session=secret;")
    assert "Secure" not in text
