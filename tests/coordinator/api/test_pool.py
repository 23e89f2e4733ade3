"""The pool over HTTP: as it is, and changed."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/pool/"


async def test_the_pool_and_its_next_block(hub):
    assert await hub.get(PATH) == {
        "range": "1000000-9999999",
        "block": 10000,
        "on": True,
        "is_closed": False,
        "closed": [],
        "next": "1000000-1009999",
    }


async def test_another_pool_is_named_and_switched_off(hub):
    answer = await hub.call("PATCH", PATH, {"range": "3000000-3009999", "block": 5000})
    assert (answer["range"], answer["block"], answer["next"]) == (
        "3000000-3009999",
        5000,
        "3000000-3004999",
    )
    await hub.call("POST", "/api/terminals/", {"code": "LAB1-PC"})
    grant = "/api/terminals/LAB1-PC/ranges/"
    await hub.call("POST", grant, {"allocator": "coordinator"})
    assert (await hub.get(PATH))["next"] == "3005000-3009999"
    answer = await hub.call("PATCH", PATH, {"on": False})
    assert answer["on"] is False
    await hub.call("PATCH", PATH, {"on": True})
    await hub.call("POST", grant, {"allocator": "coordinator"})
    assert (await hub.get(PATH))["next"] is None, "it is used up"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"range": "x"}, "bad_range"),
        ({"range": "9-1"}, "bad_range"),
        ({"range": "3000000-3000100", "block": 5000}, "bad_pool"),
    ],
)
async def test_a_pool_that_cannot_be(hub, body, code):
    before = await hub.get(PATH)
    assert await hub.refused("PATCH", PATH, body) == (400, code)
    assert await hub.get(PATH) == before


async def test_what_is_wrong_with_a_change_is_said(hub):
    assert await hub.faults("PATCH", PATH, {"block": 1, "on": "x", "range": 5}) == {
        "block": "must be a whole number >= 10",
        "on": "must be true or false",
        "range": "must be a text",
    }


async def test_it_is_not_changed_in_recovery(hub):
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "a test"))
    assert await hub.refused("PATCH", PATH, {"on": False}) == (503, "in_recovery")
    assert (await hub.get(PATH))["on"] is True
