"""Codes over HTTP: for administrators only, shown once, and with what is to be known of them."""

import pytest

from sync.trust import codes

EVERY = "/api/enrolments/"

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_code_comes_with_its_terminal_address_and_end(hub):
    answer = await hub.call("POST", EVERY, {"code": "lab1-pc", "name": "Laboratory"})
    code = codes.parse(answer["enrolment_code"])
    assert answer["terminal"] == "LAB1-PC"
    assert answer["address"] == f"{code.host}:{code.port}"
    assert (answer["has_node"], answer["only_here"]) == (False, True)
    terminal = await hub.get("/api/terminals/LAB1-PC/")
    assert (terminal["name"], terminal["state"], terminal["has_node"]) == (
        "Laboratory",
        "active",
        False,
    )


async def test_it_takes_the_administrators_token(hub):
    token = await hub.new_terminal("OLD-PC")
    assert (await hub.send("POST", EVERY, {"code": "A"}, token=None))[0] == 401
    assert (await hub.send("POST", EVERY, {"code": "A"}, token=token))[0] == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_fields"),
        ({"code": "1234"}, "bad_terminal_code"),
        ({"code": "A", "valid_s": 59}, "invalid_fields"),
        ({"code": "A", "valid_s": 8 * 24 * 3600}, "invalid_fields"),
        ({"code": "A", "host": "a b"}, "invalid_fields"),
        ({"code": "A", "name": "\x07"}, "invalid_fields"),
    ],
)
async def test_what_is_wrong_with_it_is_named(hub, body, code):
    status, answer = await hub.send("POST", EVERY, body)
    assert (status, answer["code"]) == (400, code)


async def test_the_host_can_be_chosen(hub):
    answer = await hub.call("POST", EVERY, {"code": "B", "host": "hub.clinic.example"})
    assert codes.parse(answer["enrolment_code"]).host == "hub.clinic.example"
