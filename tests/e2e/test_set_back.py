"""Databases put back to older copies: what the daemons notice, and what it costs."""

import shutil

import pytest

from examples.clinic import until
from tests.e2e.test_clinic import JOHN, ONLINE, post

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

    async def online():
        status, answer = await post(desk, http, JOHN)
        return status == 201 and ONLINE.fullmatch(answer["mrn"])

    await until("numbers come from the coordinator", online)
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


async def test_a_desk_set_back_behind_its_witness_gives_no_number_again(clinic, desk, http):
    assert await desk.stop() == 0
    copy = keep_copy(desk, "desk-yesterday")
    await desk.start()
    _, shown = await post(desk, http, JOHN | {"offline": True})
    assert await desk.stop() == 0
    assert await clinic.coordinator.stop() == 0
    put_back(desk, copy)
    await desk.start()
    status, answer = await post(desk, http, JOHN)
    assert (status, answer["code"]) == (400, "no_range")
    assert f"numbers up to {shown['mrn']} were issued" in answer["detail"]
    await clinic.coordinator.start()
