"""SIGKILL while a desk registers: what a client was told is there, and no number comes twice."""

import asyncio
import contextlib
import os
import random

import aiohttp
import pytest

from examples.clinic import Failed
from tests.e2e.test_clinic import JOHN

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLERKS = 3
KILLS = 30
KILLS_SOAK = int(os.environ.get("KILLS", "300"))
SOAK = [pytest.mark.soak, pytest.mark.timeout(300 + 10 * KILLS_SOAK)]


@pytest.mark.parametrize(
    "kills", [KILLS, pytest.param(KILLS_SOAK, marks=SOAK)], ids=["short", "soak"]
)
async def test_what_was_told_survives_being_killed_at_any_moment(clinic, desk, http, kills):
    assert await clinic.coordinator.stop() == 0
    chance = random.Random(kills)
    shown: dict[str, str] = {}
    for _ in range(kills):
        shown.update(await register_until_killed(desk, http, chance))
        await desk.start()
    people = await desk.everyone(http)
    kept = {record: person["mrn"] for record, person in people.items()}
    assert {record: kept.get(record) for record in shown} == shown
    assert len(set(kept.values())) == len(kept)
    assert len(shown) > kills
    await clinic.coordinator.start()


async def register_until_killed(desk, http, chance):
    """Register without a pause until the desk is killed, and return what was answered."""
    shown = {}
    first = asyncio.Event()

    async def clerk():
        with contextlib.suppress(aiohttp.ClientError, Failed):
            while True:
                answer = await desk.call(http, "POST", "/api/patients/", json=JOHN)
                shown[answer["record_id"]] = answer["mrn"]
                first.set()

    clerks = [asyncio.create_task(clerk()) for _ in range(CLERKS)]
    await first.wait()
    asyncio.get_running_loop().call_later(chance.uniform(0, 0.03), desk.kill)
    await asyncio.gather(*clerks)
    await desk.gone()
    return shown
