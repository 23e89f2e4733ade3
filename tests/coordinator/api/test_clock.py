"""Times that nobody believes, over HTTP."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/clock/disbelieved/"
WRONG = {
    "author": "@coordinator",
    "first": "2030-01-01T00:00:00+05:00",
    "last": "2030-01-01T00:00:08+05:00",
    "who": "Sadia",
    "why": "the year was mistyped",
}


async def test_a_clock_was_wrong_and_then_it_was_not(hub):
    assert (await hub.get(PATH))["results"] == []
    ((one),) = (await hub.call("POST", PATH, WRONG))["results"]
    assert (one["author"], one["who"], one["why"]) == (
        "@coordinator",
        "administrator",
        WRONG["why"],
    )
    assert (one["first"], one["last"]) == ("2029-12-31T19:00:00Z", "2029-12-31T19:00:08Z")
    assert (await hub.get(PATH))["results"] == [one]
    back = {"who": "Sadia", "why": "it was another one"}
    assert (await hub.call("POST", f"{PATH}{one['id']}/back/", back))["results"] == []
    status, refused = await hub.send("POST", f"{PATH}{one['id']}/back/", back)
    assert (status, refused["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "change",
    [
        {"author": "NOBODY-PC"},
        {"first": "2030-01-01T00:00:00"},
        {"last": "yesterday"},
        {"last": "2029-01-01T00:00:00Z"},
    ],
)
async def test_what_is_no_stretch_is_refused(hub, change):
    status, refused = await hub.send("POST", PATH, WRONG | change)
    assert (status, refused["code"]) == (422, "bad_stretch")
