"""A desk that is revoked is out wherever that has arrived: over real TLS, desk to desk."""

from __future__ import annotations

import asyncio

import pytest

from sync.model.facts import Author, State
from tests.daemons import WAIT_S_MAX, enrolled, new_code, new_hub

LAB, WARD, DOOR = "LAB1-PC", "WARD-PC", "DOOR-PC"
STOLEN = {"state": "revoked", "reason": "stolen"}


def wss(desk) -> str:
    return f"wss://127.0.0.1:{desk.config.sync_listen.port}/sync"


async def until(desk, holds) -> None:
    await asyncio.wait_for(desk.daemon._peering.wait_until(lambda: holds(desk)), WAIT_S_MAX)


def live_with(code):
    return lambda desk: any(author == code for author, _ in desk.daemon._peering.live_peers())


def knows_why(desk) -> bool:
    refusal = desk.daemon._peering.refusal
    return refusal is not None and refusal.reason == "revoked"


def knows_of_it(desk) -> bool:
    return desk.replica.registry.terminals[Author(LAB)].state is State.REVOKED


@pytest.fixture
async def hub(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        yield hub


async def test_sessions_of_a_revoked_desk_end_everywhere_and_it_learns_why(hub, tmp_path):
    lab, ward = [await enrolled(tmp_path, await new_code(hub, code), code) for code in (LAB, WARD)]
    async with lab.running(jobs=False), ward.running(jobs=False):
        lab.daemon._peering.dial(wss(ward))
        for desk in (lab, ward):
            await desk.in_touch()
        await until(lab, live_with(WARD))
        await hub.call("PATCH", f"/api/terminals/{LAB}/", STOLEN)
        await until(ward, lambda desk: not live_with(LAB)(desk))
        await until(hub, lambda hub: not live_with(LAB)(hub))
        await until(lab, knows_why)
        assert knows_of_it(ward)
        assert live_with(WARD)(hub), "nobody else is cut off"


async def test_the_news_goes_from_desk_to_desk_without_the_coordinator(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab, ward, door = [
            await enrolled(tmp_path, await new_code(hub, code), code) for code in (LAB, WARD, DOOR)
        ]
        for desk in (lab, door):  # they get the registry, in which everybody is fine
            async with desk.running(jobs=False):
                await desk.in_touch()
        async with ward.running(jobs=False):
            await ward.in_touch()
            came = asyncio.Event()
            ward.replica.subscribe(lambda _commit: came.set())
            await hub.call("PATCH", f"/api/terminals/{LAB}/", STOLEN)
            async with asyncio.timeout(WAIT_S_MAX):
                while not knows_of_it(ward):
                    await came.wait()
                    came.clear()
    async with (  # the coordinator is gone
        lab.running(jobs=False, alone=True),
        ward.running(jobs=False, alone=True),
        door.running(jobs=False, alone=True),
    ):
        lab.daemon._peering.dial(wss(door))
        await until(door, live_with(LAB))  # who has not heard still trusts
        door.daemon._peering.dial(wss(ward))
        await until(door, lambda desk: not live_with(LAB)(desk))
        assert knows_of_it(door)
        await until(lab, knows_why)
        lab.daemon._peering.dial(wss(ward))
        await until(lab, lambda desk: not desk.daemon._peering.live_peers())
        assert not live_with(LAB)(ward)
