"""Webhooks over HTTP: named, listed, removed. `tests/coordinator/test_webhooks.py` delivers."""

import pytest

from coordinator.webhooks import HOOKS_MAX

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/webhooks/"
URL = "https://lims.example/changes"


async def test_a_webhook_is_made_with_a_secret_that_is_shown_once_and_removed(hub):
    made = await hub.call("POST", PATH, {"url": URL, "after": 0})
    assert (made["url"], len(made["secret"])) == (URL, 64)
    other = await hub.call("POST", PATH, {"url": URL})
    assert other["id"] != made["id"]
    assert other["secret"] != made["secret"]
    page = await hub.get(PATH)
    assert page["count"] == 2
    assert page["results"][0] == {
        "id": made["id"],
        "url": URL,
        "delivered": 0,
        "behind": 0,
        "failing_since": None,
        "last_error": None,
    }
    for hook in (made, other):
        assert await hub.send("DELETE", f"{PATH}{hook['id']}/") == (204, "")
    assert await hub.get(PATH) == {"count": 0, "next": None, "previous": None, "results": []}
    assert await hub.refused("DELETE", f"{PATH}{made['id']}/") == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"url": "this field is required"}),
        ({"url": URL, "after": -1}, {"after": "must be a whole number >= 0"}),
        ({"url": "x" * 2001}, {"url": "at most 2000 characters are allowed"}),
        (
            {"url": "ftp://lims.example"},
            {"url": "must be a URL, as in https://lims.example/changes"},
        ),
        (
            {"url": "http://lims.example/changes"},
            {"url": "must be https: patients' data does not leave this computer unencrypted"},
        ),
    ],
)
async def test_an_address_that_cannot_be(hub, body, wrong):
    assert await hub.faults("POST", PATH, body) == wrong


async def test_a_webhook_cannot_begin_after_a_change_that_there_is_not(hub):
    body = {"url": URL, "after": 10**9}
    assert await hub.refused("POST", PATH, body) == (409, "cursor_beyond")
    assert (await hub.get(PATH))["count"] == 0


async def test_there_are_not_too_many(hub):
    made = [await hub.call("POST", PATH, {"url": URL}) for _ in range(HOOKS_MAX)]
    assert await hub.refused("POST", PATH, {"url": URL}) == (409, "too_many_webhooks")
    for hook in made:
        await hub.send("DELETE", f"{PATH}{hook['id']}/")
    assert (await hub.get(PATH))["count"] == 0
