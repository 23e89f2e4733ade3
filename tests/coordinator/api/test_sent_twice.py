"""People who were probably sent twice, over HTTP."""

import pytest

from tests.daemons import AYESHA, OFFLINE, new_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_request_that_two_desks_took_is_listed(hub, tmp_path):
    assert (await hub.get("/api/sent-twice/"))["results"] == []
    people = []
    for number, code in enumerate(("TWICE-1", "TWICE-2")):
        numbers = f"{780000 + 10 * number}-{780009 + 10 * number}"
        desk = await new_desk(tmp_path, hub, code, numbers)
        async with desk.running(jobs=False):
            await desk.in_touch()
            headers = {"Idempotency-Key": "visit-118"}
            _, person = await desk.send("POST", "/api/patients/", OFFLINE, headers=headers)
            people.append(person["record_id"])
            await desk.in_touch()
            await hub.until(
                "/api/patients/",
                lambda page: any(one["record_id"] == people[-1] for one in page["results"]),
            )
    page = await hub.get("/api/sent-twice/")
    assert page["count"] == 1
    assert [one["record_id"] for one in page["results"][0]["patients"]] == people


async def test_a_request_that_the_coordinator_and_a_desk_took_is_listed(hub, tmp_path):
    """Its program heard no answer of the coordinator and asked the desk."""
    desk = await new_desk(tmp_path, hub, "TWICE-3", "780100-780109")
    token = (await hub.call("POST", "/api/terminals/TWICE-3/token/"))["token"]
    headers = {"Idempotency-Key": "visit-119"}
    async with desk.running(jobs=False):
        await desk.in_touch()
        first = await hub.call("POST", "/api/patients/", AYESHA, token=token, headers=headers)
        second = await desk.call("POST", "/api/patients/", OFFLINE, headers=headers)
        await hub.until(f"/api/patients/{second['record_id']}/", lambda _: True)
    expected = {first["record_id"], second["record_id"]}
    listed = (await hub.get("/api/sent-twice/"))["results"]
    assert expected in [{one["record_id"] for one in found["patients"]} for found in listed]


async def test_it_is_for_administrators(hub):
    assert (await hub.send("GET", "/api/sent-twice/", token=None))[0] == 401
