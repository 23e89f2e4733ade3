"""Asking for decisions at a desk over HTTP, and what becomes of them at the coordinator."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.daemons.api import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = {"why": "one CNIC"}
ASKED = {"why": "one person", "operator": "bilal"}


@pytest_asyncio.fixture(loop_scope="module")
async def people(hub, desk) -> list[dict]:
    """Two people who are at the coordinator as well."""
    found = [
        await desk.call("POST", "/api/patients/", AYESHA | {"full_name": name})
        for name in ("Amna", "Amina")
    ]
    records = {one["record_id"] for one in found}
    await hub.until(
        "/api/patients/", lambda page: records <= {one["record_id"] for one in page["results"]}
    )
    return found


def path(person: dict, act: str) -> str:
    return f"/api/patients/{person['record_id']}/{act}/"


async def merge_body(daemon, one: dict, other: dict) -> dict:
    where = f"/api/patients/{one['record_id']}/compare/{other['record_id']}/"
    return {"into": other["record_id"], "seen": (await daemon.get(where))["seen"]}


async def test_a_request_waits_at_the_desk_until_the_coordinator_has_carried_it_out(
    hub, desk, people
):
    first, second = people
    body = ASKED | await merge_body(desk, first, second) | {"take": ["phone"]}
    asked = await desk.call("POST", path(first, "merge"), body)
    assert (asked["state"], asked["act"], asked["desk"]) == ("waiting", "merge", "LAB1-PC")
    assert (asked["operator"], asked["take"]) == ("bilal", ["phone"])
    assert asked["into"]["record_id"] == second["record_id"]
    again = await desk.call("POST", path(first, "merge"), body)
    assert again["id"] == asked["id"], "the same request waits already"
    page = await hub.until_stored("/api/requests/?open=true", lambda page: page["count"] == 1)
    assert page["results"][0]["id"] == asked["id"]
    assert (await hub.get("/api/status/"))["open_requests"] == 1
    done = f"/api/requests/{asked['id']}/carry-out/"
    assert await hub.refused("POST", done, WHO) == (409, "seen_otherwise")
    seen = (await merge_body(hub, first, second))["seen"]
    assert seen == body["seen"], "at every daemon it is the same"
    carried = await hub.call("POST", done, WHO | {"seen": seen})
    assert (carried["state"], carried["answer"]["who"]) == ("done", "administrator")
    assert await hub.refused("POST", done, WHO | {"seen": seen}) == (409, "cannot_merge")
    page = await desk.until_stored(
        "/api/requests/", lambda page: page["results"][0]["state"] == "done"
    )
    assert page["results"][0]["patient"]["merged_into"] == second["record_id"]
    assert (await desk.get("/api/requests/?open=true"))["count"] == 0


async def test_a_request_is_refused_with_a_reason(hub, desk, people):
    asked = await desk.call("POST", path(people[0], "void"), ASKED)
    await hub.until_stored("/api/requests/?open=true", lambda page: page["count"] == 1)
    refusal = WHO | {"why": "she is real"}
    await hub.call("POST", f"/api/requests/{asked['id']}/refuse/", refusal)
    page = await desk.until_stored("/api/requests/", lambda page: page["results"][0]["answer"])
    (newest, *_) = page["results"]
    assert (newest["id"], newest["state"]) == (asked["id"], "refused")
    assert newest["answer"]["why"] == "she is real"


async def test_what_cannot_be_asked_for(desk, people):
    first, second = people
    body = ASKED | await merge_body(desk, first, second)
    stale = body | {"seen": "x"}
    assert await desk.refused("POST", path(first, "merge"), stale) == (409, "seen_otherwise")
    for act in ("unmerge", "unvoid"):
        assert await desk.refused("POST", path(first, act), ASKED) == (409, "cannot_ask")
    assert (await desk.faults("POST", path(first, "void"), {"why": " "})).keys() == {"why"}


async def test_a_request_that_is_not_there(hub):
    for ident in ("00" * 16, "x"):
        where = f"/api/requests/{ident}/refuse/"
        assert await hub.refused("POST", where, WHO) == (404, "not_found")
