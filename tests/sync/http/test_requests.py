"""Bodies and idempotency keys, as they arrive over a real socket."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from sync.http.app import new_application
from sync.http.operations import Needs, Operation, read_body
from sync.http.registration import NewPatient
from sync.http.requests import KEY_LENGTH_MAX, body_hash, idempotency_key, read_object, session_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def echo(request) -> dict:
    posted = read_body(request, NewPatient)
    key = idempotency_key(request, request.headers.get("Scope", ""))
    return {
        "offline": posted.offline,
        "key": [key.text, key.hash and key.hash.hex()],
        "shared": key.shared and key.shared.hex(),
        "request": body_hash(read_object(request)).hex(),
    }


async def give_back(request) -> dict:
    return read_object(request)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http():
    operations = [
        Operation("POST", "/echo/", echo, "Echo", needs=Needs.THIS_COMPUTER),
        Operation("POST", "/give-back/", give_back, "Echo", needs=Needs.THIS_COMPUTER),
    ]
    server = TestServer(new_application(lambda: [server.port], operations))
    async with TestClient(server) as client:
        yield client


async def echoed(http, body, **headers):
    async with http.post("/echo/", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("value", "offline"),
    [(True, True), (False, False), ("true", True), ("false", False), (1, True), (None, False)],
)
async def test_offline_is_read_as_the_earlier_system_read_it(http, value, offline):
    _, answer = await echoed(http, {"offline": value})
    assert answer["offline"] is offline


async def test_an_object_comes_through_whole(http):
    body = {"text": "عائشہ \u0000 😀", "number": 2**70, "part": 1.5, "list": [None, True, {}]}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    async with http.post("/give-back/", data=json.dumps(body), headers=headers) as answer:
        assert await answer.json() == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"text"',
        b"[" * 50_000,
        b'{"a":' * 5_000,
        b'{"operator": "\\ud800"}',
        '{"operator": "é"}'.encode("latin-1"),
        b'{"age_years": NaN}',
        b"null",
        b"nul",
        b"7",
        b'{"sex": "M",}',
        b"{'sex': 'M'}",
        b'{sex: "M"}',
        b'{"sex": "M"} x',
        b'{"\\udc00": 1}',
        b'{"sex": "M\n"}',
        b'{"sex": 01}',
        b"// a remark\n{}",
        b"sex=M",
        b"<sex>M</sex>",
        '{"sex": "M"}'.encode("utf-16"),
    ],
)
async def test_a_bad_body_is_a_clear_error(http, body):
    headers = {"Content-Type": "application/json"}
    async with http.post("/give-back/", data=body, headers=headers) as answer:
        refused = await answer.json()
        assert (answer.status, refused["code"]) == (400, "bad_request")
        assert refused["detail"].startswith("The request cannot be read: the body is not")


@pytest.mark.parametrize("number", ["1e999", "9" * 5000, "-1e999"])
async def test_a_number_that_nobody_can_mean_is_named(http, number):
    headers = {"Content-Type": "application/json"}
    body = f'{{"age_years": {number}}}'
    async with http.post("/give-back/", data=body, headers=headers) as answer:
        refused = await answer.json()
        assert (answer.status, refused["code"]) == (400, "bad_request")
        assert "a number in the body is too large" in refused["detail"]


async def test_a_mark_before_the_body_is_passed_over(http):
    """Programs of Windows write one."""
    headers = {"Content-Type": "application/json"}
    async with http.post(
        "/give-back/", data=b'\xef\xbb\xbf{"sex": "M"}', headers=headers
    ) as answer:
        assert await answer.json() == {"sex": "M"}


async def test_only_json_is_read(http):
    """A page of another site may post a form or a text without being asked first."""
    for data, kind in (({"offline": "true"}, None), (b"{}", "text/plain")):
        headers = {"Content-Type": kind} if kind else {}
        async with http.post("/echo/", data=data, headers=headers) as answer:
            refused = await answer.json()
            assert (answer.status, refused["code"]) == (400, "bad_request")
            assert "Content-Type: application/json" in refused["detail"]


async def test_a_body_that_is_too_large_is_refused(http):
    status, answer = await echoed(http, {"full_name": "x" * 100_000})
    assert (status, answer["code"]) == (413, "http_413")


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
async def test_all_fields_that_are_wrong_are_named(http, body, said):
    status, answer = await echoed(http, body)
    assert (status, answer.pop("code")) == (400, "invalid_fields")
    assert answer.pop("detail")
    assert answer == said


async def test_the_order_of_fields_does_not_make_another_request(http):
    one, two = {"full_name": "A", "sex": "M"}, {"sex": "M", "full_name": "A"}
    bodies = (one, two, one | {"sex": "F"})
    one, same, other = [(await echoed(http, body))[1]["request"] for body in bodies]
    assert one == same != other


async def test_a_key_is_known_by_its_hash_which_counts_within_a_scope(http):
    async def key(**headers):
        return (await echoed(http, {}, **headers))[1]["key"]

    assert await key() == ["", None]
    text, own = await key(**{"Idempotency-Key": "visit-1"})
    assert (text, len(bytes.fromhex(own))) == ("visit-1", 16)
    assert await key(**{"Idempotency-Key": "visit-1"}) == [text, own]
    assert (await key(**{"Idempotency-Key": "visit-2"}))[1] != own
    assert (await key(**{"Idempotency-Key": "visit-1", "Scope": "LAB1-PC"}))[1] != own


async def test_a_key_has_one_hash_whoever_sends_it(http):
    """It is that of a desk, which has no scopes."""
    _, here = await echoed(http, {}, **{"Idempotency-Key": "visit-1"})
    _, there = await echoed(http, {}, **{"Idempotency-Key": "visit-1", "Scope": "LAB1-PC"})
    assert here["key"][1] == here["shared"] == there["shared"]
    assert (await echoed(http, {}))[1]["shared"] is None


@pytest.mark.parametrize("key", ["x" * (KEY_LENGTH_MAX + 1), "é"])
async def test_a_key_that_cannot_be(http, key):
    status, answer = await echoed(http, {}, **{"Idempotency-Key": key})
    assert (status, answer["code"]) == (400, "bad_request")
    assert (await echoed(http, {}, **{"Idempotency-Key": "x" * KEY_LENGTH_MAX}))[0] == 200


# the cookie of somebody who is signed in

OWN = "https://hub.clinic:8443"


def call(scheme="https", **headers):
    given = {"Host": "hub.clinic:8443", "Cookie": "__Host-mrnmesh_session=s; mrnmesh_session=h"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = make_mocked_request("GET", "/", headers=given | named)
    return request.clone(scheme=scheme)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": "HTTPS://HUB.clinic:8443"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": OWN, "Sec_Fetch_Site": "same-origin"},
    ],
)
async def test_its_own_pages_and_programs_may_use_it(headers):
    assert session_of(call(**headers)) == "s"
    assert session_of(call("http")) == "h"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://hub.clinic:8443"},
        {"Origin": "https://hub.clinic:9000"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Origin": OWN, "Sec_Fetch_Site": "same-site"},
    ],
)
async def test_no_other_page_may(headers):
    assert session_of(call(**headers)) is None
