"""A desk looks for another one where somebody said that it is: over real TLS."""

from __future__ import annotations

import asyncio

import pytest

from sync.network.dialling import Target
from tests.daemons import WAIT_S_MAX, enrolled, new_code, open_hub

LAB, WARD, DOOR = "LAB1-PC", "WARD-PC", "DOOR-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


async def test_whoever_is_not_the_one_that_is_looked_for_is_left_alone(hub, tmp_path):
    """A false hint, or an address that the router has given to another desk since."""
    lab, ward, door = [
        await enrolled(tmp_path, await new_code(hub, code), code) for code in (LAB, WARD, DOOR)
    ]
    wanted = ward.config.signer().public_key
    async with lab.running(jobs=False), door.running(jobs=False):
        for desk in (lab, door):
            await desk.in_touch()
        dialling = lab.daemon._peering.dialling
        attempt, tried = dialling._attempt, asyncio.Event()

        async def noted(sought):
            await attempt(sought)
            tried.set()

        dialling._attempt = noted
        at_door = f"wss://127.0.0.1:{door.config.sync_listen.port}/sync"
        dialling.keep(Target("somebody", lambda: (at_door,), wanted))
        await asyncio.wait_for(tried.wait(), WAIT_S_MAX)
        assert dialling.failures("somebody") == 1
        assert [one.author for one in door.daemon._peering.sessions()] == ["@coordinator"]
        async with ward.running(jobs=False, alone=True):
            at_ward = f"wss://127.0.0.1:{ward.config.sync_listen.port}/sync"
            dialling.hurry("somebody", at_ward)
            await asyncio.wait_for(lab.daemon._peering.wait_live(WARD), WAIT_S_MAX)
            assert dialling.failures("somebody") == 0
