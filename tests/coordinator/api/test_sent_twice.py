"""People who were probably sent twice, over HTTP."""

import pytest

from tests.daemons import OFFLINE, new_desk

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


async def test_it_is_for_administrators(hub):
    assert (await hub.send("GET", "/api/sent-twice/", token=None))[0] == 401
