"""Who may call what: every operation of both daemons, as each caller that there can be."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from sync.http.operations import EventStream, Needs, Operation, PageFile
from tests.daemons import Api, open_desk, open_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN, OTHER, INACTIVE = "LAB1-PC", "WARD-PC", "OLD-PC"
IN_PATHS = {
    "series": "710000-719999",
    **{"id": "999999", "other": "999998", "mrn": "710000", "code": OWN, "name": "Nobody"},
    **{"key": "k", "path": "shared/mark.svg", "language": "en"},
}
REFUSALS = {
    **{"not_authorised": 401, "token_wrong": 401},
    **{"forbidden": 403, "not_from_here": 403, "for_administrator": 403},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    async with open_hub(tmp_path_factory.mktemp("authority")) as hub:
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority-desk")
    async with open_desk(folder, hub, "DESK-PC", "760000-769999") as desk:
        yield desk


def a_path(operation: Operation) -> str:
    """A path that leads to an operation."""
    path = re.sub(
        r"\{(\w+)(:(?:[^{}]|\{[^{}]*\})*)?\}", lambda found: IN_PATHS[found[1]], operation.path
    )
    assert "{" not in path
    return path


async def refusal(api: Api, operation: Operation, **how: Any) -> str | None:
    """The code with which a call is refused for whom it comes from, None if it is not.

    It may go wrong later, because its body is empty and the path names nobody.
    """
    status, answer = await api.send(operation.method, a_path(operation), {}, **how)
    code = answer.get("code") if isinstance(answer, dict) else None
    if code not in REFUSALS:
        assert status != 401
        return None
    assert status == REFUSALS[code]
    return str(code)


EVERYBODY = frozenset({Needs.THIS_COMPUTER, Needs.NOTHING})
KNOWN = EVERYBODY | {Needs.KNOWN_CALLER, Needs.OWN_TERMINAL}
ALL = frozenset(Needs) - {Needs.DATA_FOLDER}
"""What the coordinator's operations need at most."""
MAY = {
    "reader": KNOWN | {Needs.READ},
    "registrar": KNOWN | {Needs.READ, Needs.REGISTER, Needs.DUPLICATES},
    "administrator": ALL,
    "read": KNOWN | {Needs.READ},
    "conflicts": KNOWN | {Needs.CONFLICTS, Needs.RECORDS, Needs.DUPLICATES},
    f"register:{OWN}": KNOWN | {Needs.READ, Needs.REGISTER},
    f"register:{OTHER}": (KNOWN - {Needs.OWN_TERMINAL}) | {Needs.READ, Needs.REGISTER},
    "metrics": KNOWN | {Needs.METRICS},
    "administer": ALL,
}
"""Role of a user, or scope of a key -> what they may call."""

ENDING = ("/api/sign-out/", "/api/password/")
"""Calls after which the one who made them is signed in no longer, or that take a password."""


async def test_each_operation_of_the_coordinator_takes_those_callers_that_it_declares(hub):
    tokens = [await hub.new_terminal(code) for code in (OWN, OTHER, INACTIVE)]
    await hub.call("PATCH", f"/api/terminals/{INACTIVE}/", {"is_active": False})
    callers = [await caller(hub, kind) for kind in MAY]
    refused: list[tuple[dict[str, Any], frozenset[Needs], str]] = [
        ({"token": None}, EVERYBODY, "not_authorised"),
        ({"token": "x"}, EVERYBODY, "token_wrong"),
        ({"token": tokens[2]}, EVERYBODY, "forbidden"),
        ({"token": tokens[0]}, MAY[f"register:{OWN}"], "forbidden"),
        ({"token": tokens[1]}, MAY[f"register:{OTHER}"], "forbidden"),
        *((how, may, "forbidden") for how, may in zip(callers, MAY.values(), strict=True)),
        ({"token": hub.token}, MAY["administer"], "forbidden"),
    ]
    # Those come last whose calls withdraw keys and retire the terminal.
    for how, may, code in sorted(refused, key=lambda one: len(one[1])):
        for operation in hub.operations:
            if operation.path in ENDING:
                continue
            found = await refusal(hub, operation, **how)
            assert found == (None if operation.needs in may else code), (how, operation)
    assert {operation.needs for operation in hub.operations} == ALL - {Needs.THIS_COMPUTER}


async def caller(hub: Api, kind: str) -> dict[str, Any]:
    """How somebody calls: a user of a role, or a program whose key has a scope."""
    if kind not in ("reader", "registrar", "administrator"):
        made = await hub.call(
            "POST", "/api/keys/", {"name": f"Key {kind}".replace(":", " "), "scopes": [kind]}
        )
        return {"token": made["key"]}
    if kind != "administrator":
        await hub.send("POST", "/api/users/", FIRST)
    password = f"good password of a {kind}"
    user = {"name": f"User {kind}", "role": kind, "password": password}
    await hub.call("POST", "/api/users/", user)
    return {"token": None, "headers": {"Cookie": await sign_in(hub, user)}}


FIRST = {"name": "First", "role": "administrator", "password": "a good password"}


async def sign_in(hub: Api, user: dict[str, Any]) -> str:
    """The cookie of a user who signs in."""
    body = {"name": user["name"], "password": user["password"]}
    async with (
        aiohttp.ClientSession(hub.url, cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.post("/api/sign-in/", json=body) as response,
    ):
        assert response.status == 200, await response.text()
        (cookie,) = response.headers.getall("Set-Cookie")
        return cookie.partition(";")[0]


async def test_each_operation_of_a_desk_takes_calls_of_this_computer(desk):
    closed = [one for one in desk.operations if one.needs is Needs.DATA_FOLDER]
    assert closed, "who looked at people"
    for operation in desk.operations:
        assert operation in closed or operation.needs is Needs.THIS_COMPUTER
        assert await refusal(desk, operation) is None, operation
        for token in (None, "0" * 64):
            found = await refusal(desk, operation, token=token)
            assert found == ("for_administrator" if operation in closed else None), operation


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
@pytest.mark.parametrize("daemon", ["hub", "desk"])
async def test_no_operation_answers_another_computer_or_site(hub, desk, daemon, headers):
    api = {"hub": hub, "desk": desk}[daemon]
    assert len(api.operations) >= 20
    for operation in api.operations:
        assert await refusal(api, operation, headers=headers) == "not_from_here", operation


async def test_that_there_is_no_such_path_is_said_to_those_who_are_known(hub):
    assert await hub.refused("GET", "/api/nowhere/", token=None) == (401, "not_authorised")
    assert await hub.refused("GET", "/api/nowhere/") == (404, "http_404")


async def test_what_each_needs_is_in_the_description(hub, desk):
    every = ["read", "register", "conflicts", "metrics", "administer"]
    scopes = {
        Needs.THIS_COMPUTER: [],
        Needs.NOTHING: [],
        Needs.DATA_FOLDER: [],
        Needs.KNOWN_CALLER: every,
        Needs.OWN_TERMINAL: every,
        Needs.READ: ["read", "register", "administer"],
        Needs.REGISTER: ["register", "administer"],
        Needs.CONFLICTS: ["conflicts", "administer"],
        Needs.RECORDS: ["conflicts", "administer"],
        Needs.DUPLICATES: ["conflicts", "administer"],
        Needs.METRICS: ["metrics", "administer"],
        Needs.ADMINISTER: ["administer"],
    }
    for api in (desk, hub):
        document = await api.get("/openapi.json")
        assert ("securitySchemes" in document["components"]) == (api is hub)
        for operation in api.operations:
            if operation.answer in (PageFile, EventStream):
                continue
            path = re.sub(r":(?:[^{}]|\{[^{}]*\})*\}", "}", operation.path)
            described = document["paths"][path][operation.method.lower()]
            assert described["description"] == operation.needs.value
            enough = scopes[operation.needs]
            cookie = [{"session": []}] if enough else []
            assert described["security"] == [*({"key": [one]} for one in enough), *cookie]
