"""Who may call what: every operation of both daemons, as each caller that there can be."""

from __future__ import annotations

import re
from typing import Any

import pytest
import pytest_asyncio

from sync.http.operations import EventStream, Needs, Operation, PageFile
from tests.daemons import Api, open_desk, open_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN, OTHER, INACTIVE = "LAB1-PC", "WARD-PC", "OLD-PC"
IN_PATHS = {
    **{"id": "1", "other": "2", "mrn": "710000", "code": OWN, "key": "k"},
    **{"path": "shared/mark.svg", "language": "en"},
}
REFUSALS = {"not_authorised": 401, "token_wrong": 401, "forbidden": 403, "not_from_here": 403}


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


async def test_each_operation_of_the_coordinator_takes_those_tokens_that_it_declares(hub):
    own, other, old = [await hub.new_terminal(code) for code in (OWN, OTHER, INACTIVE)]
    await hub.call("PATCH", f"/api/terminals/{INACTIVE}/", {"is_active": False})
    refused = {
        Needs.THIS_COMPUTER: {},
        Needs.ANY_TOKEN: {None: "not_authorised", "x": "token_wrong", old: "forbidden"},
    }
    refused[Needs.TERMINAL_TOKEN] = refused[Needs.ANY_TOKEN] | {other: "forbidden"}
    refused[Needs.ADMINISTRATOR_TOKEN] = refused[Needs.TERMINAL_TOKEN] | {own: "forbidden"}
    # The administrator comes last, whose calls withdraw tokens and retire the terminal.
    for token in (None, "x", old, other, own, hub.token):
        for operation in hub.operations:
            found = await refusal(hub, operation, token=token)
            assert found == refused[operation.needs].get(token), (operation, token)
    assert {operation.needs for operation in hub.operations} == set(Needs)


async def test_each_operation_of_a_desk_takes_calls_of_this_computer(desk):
    for operation in desk.operations:
        assert operation.needs is Needs.THIS_COMPUTER
        assert await refusal(desk, operation) is None, operation


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
@pytest.mark.parametrize("daemon", ["hub", "desk"])
async def test_no_operation_answers_another_computer_or_site(hub, desk, daemon, headers):
    api = {"hub": hub, "desk": desk}[daemon]
    assert len(api.operations) >= 20
    for operation in api.operations:
        assert await refusal(api, operation, headers=headers) == "not_from_here", operation


async def test_that_there_is_no_such_path_is_said_to_those_who_have_a_token(hub):
    assert await hub.refused("GET", "/api/nowhere/", token=None) == (401, "not_authorised")
    assert await hub.refused("GET", "/api/nowhere/") == (404, "http_404")


async def test_what_each_needs_is_in_the_description(hub, desk):
    for api, roles in (
        (desk, {Needs.THIS_COMPUTER: []}),
        (
            hub,
            {
                Needs.THIS_COMPUTER: [],
                Needs.ANY_TOKEN: ["administrator", "terminal"],
                Needs.TERMINAL_TOKEN: ["administrator", "terminal"],
                Needs.ADMINISTRATOR_TOKEN: ["administrator"],
            },
        ),
    ):
        document = await api.get("/openapi.json")
        assert ("securitySchemes" in document["components"]) == (api is hub)
        for operation in api.operations:
            if operation.answer in (PageFile, EventStream):
                continue
            path = re.sub(r":(?:[^{}]|\{[^{}]*\})*\}", "}", operation.path)
            described = document["paths"][path][operation.method.lower()]
            assert described["description"] == operation.needs.value
            assert described["security"] == [{"token": [one]} for one in roles[operation.needs]]
