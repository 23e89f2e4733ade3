"""Databases put back to older copies: what the daemons notice, and what it costs."""

import shutil

import pytest

from examples.clinic import Failed, until
from sync.model.numbers import NumberRange
from tests.e2e.test_clinic import JOHN, post, registered_online

pytestmark = pytest.mark.asyncio(loop_scope="module")


def keep_copy(daemon, name):
    copy = daemon.folder.with_name(name)
    shutil.copytree(daemon.folder, copy)
    return copy


def put_back(daemon, copy):
    """Only the data folder: the witness stays as it is."""
    shutil.rmtree(daemon.folder)
    shutil.copytree(copy, daemon.folder)


async def test_a_coordinator_set_back_recovers_its_past_from_the_desks(clinic, desk, http):
    hub = clinic.coordinator
    await post(desk, http, JOHN)
    assert await hub.stop() == 0
    copy = keep_copy(hub, "coordinator-yesterday")
    await hub.start()

    await registered_online(desk, http)
    _, last = await post(desk, http, JOHN)
    assert await hub.stop() == 0
    assert await desk.stop() == 0
    put_back(hub, copy)
    await hub.start()
    status = await hub.call(http, "GET", "/api/status/")
    assert status["recovery"]["waiting_for"] == ["LAB1-PC"]
    refused, answer = await post(hub, http, JOHN)
    assert (refused, answer["code"]) == (503, "in_recovery")

    await desk.start()

    async def recovered():
        return (await hub.call(http, "GET", "/api/status/"))["recovery"] is None

    await until("recovery is over", recovered)
    assert last["record_id"] in await hub.everyone(http)
    status, answer = await post(hub, http, JOHN)
    assert status == 201
    assert int(answer["mrn"][13:]) > 10_000
    assert await hub.stop() == 0
    await hub.start()
    assert await recovered(), "it does not begin again"


async def test_a_desk_set_back_behind_its_witness_gives_no_number_again(clinic, desk, http):
    assert await desk.stop() == 0
    assert await clinic.coordinator.stop() == 0
    copy = keep_copy(desk, "desk-yesterday")
    await desk.start()
    _, shown = await post(desk, http, JOHN | {"offline": True})
    assert await desk.stop() == 0
    put_back(desk, copy)
    await desk.start()
    status, answer = await post(desk, http, JOHN)
    assert (status, answer["code"]) == (400, "no_range")
    assert "an earlier copy of this database used it" in answer["detail"]
    status = await desk.call(http, "GET", "/api/status/")
    (alarm,) = [one for one in status["alarms"] if one["code"] == "set_back"]
    assert f"numbers up to {shown['mrn']} were issued" in alarm["text"]
    await clinic.coordinator.start()

    async def has_range():
        status = await desk.call(http, "GET", "/api/status/")
        return any(range_["remaining"] for range_ in status["ranges"])

    await until("it has got another range by itself", has_range)


async def test_a_desk_moved_to_another_place_goes_on_after_it_was_renewed(clinic, desk, http):
    assert await desk.stop() == 0
    desk.witness.unlink()
    await desk.start()
    status = await desk.call(http, "GET", "/api/status/")
    assert "renew" in status["ranges"][-1]["closed"]
    assert status["ranges"][-1]["remaining"] == 0
    assert await desk.stop() == 0
    await desk.command("renew")
    await desk.start()

    async def is_known():
        status = await desk.call(http, "GET", "/api/status/")
        return status["numbers"] == "online"

    await until("the coordinator knows the new life", is_known)

    async def has_range():
        status = await desk.call(http, "GET", "/api/status/")
        return any(range_["remaining"] for range_ in status["ranges"])

    await until("the range has come", has_range)
    _, answer = await post(desk, http, JOHN | {"offline": True})
    assert int(answer["mrn"]) >= 2_000_000, "the coordinator was set back before"


async def test_a_copy_of_before_a_desk_was_renewed_gives_no_number_again(clinic, desk, http):
    """The witness that was begun then knows nothing of the ranges of before."""

    async def renew():
        desk.witness.unlink()
        await desk.command("renew")

    async def has_range():
        status = await desk.call(http, "GET", "/api/status/")
        return any(range_["remaining"] for range_ in status["ranges"])

    assert await desk.stop() == 0
    await renew()
    await desk.start()
    await until("it has a range of which no number was given yet", has_range)
    assert await desk.stop() == 0
    copy = keep_copy(desk, "desk-before-it-was-renewed")
    await desk.start()
    given = [(await post(desk, http, JOHN | {"offline": True}))[1]["mrn"] for _ in range(3)]
    assert await desk.stop() == 0
    await renew()
    put_back(desk, copy)
    assert await clinic.coordinator.stop() == 0
    await desk.start()
    status, answer = await post(desk, http, JOHN | {"offline": True})
    assert (status, answer["code"]) == (400, "no_range"), f"{answer} after {given}"
    assert "the witness was begun for another copy" in answer["detail"]
    assert await desk.stop() == 0
    await clinic.coordinator.start()
    await desk.command("renew")
    await desk.start()
    await until("it has a range again", has_range)
    _, answer = await post(desk, http, JOHN | {"offline": True})
    assert answer["mrn"].isdecimal()
    assert answer["mrn"] not in given


async def test_a_coordinator_set_back_behind_numbers_of_its_own_ranges_recovers(clinic, desk, http):
    hub = clinic.coordinator
    await clinic.administer("add", "OLD-PC", "--range", "800000-800009", "--never-granted")
    old = JOHN | {"offline": True, "origin_terminal_code": "OLD-PC"}
    assert (await post(hub, http, old))[1]["mrn"] == "800000"
    assert await hub.stop() == 0
    copy = keep_copy(hub, "coordinator-before-a-number")
    await hub.start()
    assert (await post(hub, http, old))[1]["mrn"] == "800001"
    assert await hub.stop() == 0
    put_back(hub, copy)
    await hub.start()

    async def recovered():
        return (await hub.call(http, "GET", "/api/status/"))["recovery"] is None

    await until("recovery is over", recovered)

    async def goes_on():
        return int((await post(hub, http, old))[1].get("mrn", 0)) >= 3_000_000

    await until("a block of the pool has come", goes_on)
    listed = await clinic.administer("list")
    assert "closed, the coordinator was restored" in listed


async def test_an_administrator_may_end_recovery_early(clinic, desk, http):
    hub = clinic.coordinator
    end = ("end-recovery", "--yes", "--url", hub.url, "--token", clinic.token)
    assert await hub.command(*end) == "The coordinator is not in recovery.\n"
    assert await hub.stop() == 0
    assert await desk.stop() == 0
    hub.witness.unlink()
    await hub.start()
    assert (await hub.call(http, "GET", "/api/status/"))["recovery"] is not None
    assert await hub.command(*end) == "Recovery is over.\n"
    status, _ = await post(hub, http, JOHN)
    assert status == 201
    assert "closed: name a new one" in await clinic.pool("show")
    with pytest.raises(Failed, match="The pool 1000000-9999999 is closed"):
        await clinic.administer("grant", "LAB1-PC")
    with pytest.raises(Failed, match="a pool that is closed for good"):
        await clinic.pool("set", "5000000-10999999")
    with pytest.raises(Failed, match="say so: `--never-granted`"):
        await clinic.pool("set", "10000000-10999999")
    named = await clinic.pool("set", "10000000-10999999", "--never-granted")
    first = NumberRange.parse(named.split("next free block is ")[1].rstrip(".\n"))
    assert first.start == 10_000_000
    assert await hub.stop() == 0
    await hub.start()
    assert (await hub.call(http, "GET", "/api/status/"))["recovery"] is None
    await desk.start()
