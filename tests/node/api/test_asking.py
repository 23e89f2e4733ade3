"""Asking for decisions at a desk over HTTP, and what becomes of them at the coordinator."""

from __future__ import annotations

import pytest
import pytest_asyncio

from sync.engine.records.comparing import DuplicateList
from tests.comparing import compare_all
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
    page = await hub.until("/api/requests/?open=true", lambda page: page["count"] == 1)
    assert page["results"][0]["id"] == asked["id"]
    assert (await hub.get("/api/status/"))["open_requests"] == 1
    done = f"/api/requests/{asked['id']}/carry-out/"
    assert await hub.refused("POST", done, WHO) == (409, "seen_otherwise")
    seen = (await merge_body(hub, first, second))["seen"]
    assert seen == body["seen"], "at every daemon it is the same"
    carried = await hub.call("POST", done, WHO | {"seen": seen})
    assert (carried["state"], carried["answer"]["who"]) == ("done", "administrator")
    assert await hub.refused("POST", done, WHO | {"seen": seen}) == (409, "cannot_merge")
    page = await desk.until("/api/requests/", lambda page: page["results"][0]["state"] == "done")
    assert page["results"][0]["patient"]["merged_into"] == second["record_id"]
    for daemon in (hub, desk):
        one = await daemon.get(f"/api/requests/{asked['id']}/")
        assert (one["id"], one["state"], one["take"]) == (asked["id"], "done", ["phone"])
    assert (await desk.get("/api/requests/?open=true"))["count"] == 0


async def test_requests_about_somebody_who_cannot_be_there(desk):
    path = "/api/requests/?patient="
    assert await desk.refused("GET", f"{path}{10**15 - 1}") == (404, "not_found")
    for number in (10**15, 2**63):
        assert "patient" in await desk.faults("GET", f"{path}{number}", None)


async def test_a_request_is_refused_with_a_reason(hub, desk, people):
    asked = await desk.call("POST", path(people[0], "void"), ASKED)
    await hub.until("/api/requests/?open=true", lambda page: page["count"] == 1)
    refusal = WHO | {"why": "she is real"}
    await hub.call("POST", f"/api/requests/{asked['id']}/refuse/", refusal)
    page = await desk.until("/api/requests/", lambda page: page["results"][0]["answer"])
    (newest, *_) = page["results"]
    assert (newest["id"], newest["state"]) == (asked["id"], "refused")
    assert newest["answer"]["why"] == "she is real"


async def test_a_desk_lists_its_own_people_and_asks_that_two_are_two_people(hub, desk):
    fields = AYESHA | {"full_name": "Zubaida Anwar", "phone": "03457654321", "cnic": None}
    at_hub = await hub.call("POST", "/api/patients/", fields)
    first, second = [await desk.call("POST", "/api/patients/", fields) for _ in range(2)]
    records = {one["record_id"] for one in (first, second)}
    for daemon, wanted in ((hub, records), (desk, {at_hub["record_id"]})):
        await daemon.until(
            "/api/patients/",
            lambda page, wanted=wanted: wanted <= {one["record_id"] for one in page["results"]},
        )
    await compare_all(desk.replica, DuplicateList(desk.replica, "LAB1-PC"))
    listed = (await desk.get("/api/duplicates/?state=open&page_size=50"))["results"]
    pairs = [{pair["patient"]["id"], pair["others"][0]["patient"]["id"]} for pair in listed]
    assert {first["id"], second["id"]} in pairs
    assert {pair["patient"]["origin_terminal_code"] for pair in listed} == {"LAB1-PC"}
    waiting = (await desk.get("/api/duplicates/counts/"))["open"]
    assert waiting == len(listed)

    seen = (await merge_body(desk, first, second))["seen"]
    body = ASKED | {"other": second["record_id"], "seen": seen}
    asked = await desk.call("POST", path(first, "two-people"), body)
    assert (asked["act"], asked["into"]["id"]) == ("two_people", second["id"])
    stale = body | {"seen": "x"}
    assert await desk.refused("POST", path(first, "two-people"), stale) == (409, "seen_otherwise")
    maybe = ASKED | {"other": second["record_id"]}
    assert await desk.refused("POST", path(first, "maybe-one"), maybe) == (409, "cannot_ask")
    await hub.until("/api/requests/?open=true", lambda page: page["count"] == 1)
    done = f"/api/requests/{asked['id']}/carry-out/"
    await hub.call("POST", done, WHO | {"seen": seen})
    counts = "/api/duplicates/counts/"
    await desk.until(counts, lambda found: found["open"] == waiting - 1)
    assert (await desk.get(counts))["dismissed"] == 1
    assert await desk.refused("POST", path(first, "two-people"), body) == (409, "cannot_ask")
    back = await desk.call("POST", path(second, "maybe-one"), maybe | {"other": first["record_id"]})
    await hub.until("/api/requests/?open=true", lambda page: page["count"] == 1)
    await hub.call("POST", f"/api/requests/{back['id']}/carry-out/", WHO)
    await desk.until(counts, lambda found: found["open"] == waiting)


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
        assert await hub.refused("GET", f"/api/requests/{ident}/") == (404, "not_found")
