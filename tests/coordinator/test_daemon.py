"""A whole coordinator in this process: its start, what it does beside its API, its end."""

import asyncio
import shutil

import pytest

from coordinator import token_reset
from coordinator.judging.recovery import NEWEST_ONLINE, SERIAL, SKIPPED_FROM, SKIPPED_TO
from examples.clinic import until
from sync.errors import CannotListen
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests.daemons import AYESHA, new_desk, new_hub, online, settled


@pytest.fixture
def hub(tmp_path):
    return new_hub(tmp_path)


def counter(person):
    return int(person["mrn"].rpartition("-")[2])


def marks(hub):
    return Witness(hub.config.witness, machine_id()).marks


async def at_old_pc(hub):
    body = {"code": "OLD-PC", "offline_range_start": 500, "offline_range_end": 599}
    await hub.call("POST", "/api/terminals/", body)
    return {"offline": True, "origin_terminal_code": "OLD-PC"}


async def test_numbers_go_on_after_a_restart(hub):
    async with hub.running():
        first = await hub.register()
    async with hub.running():
        assert counter(await hub.register()) == counter(first) + 1
        assert (await hub.get("/api/status/"))["recovery"] is None


async def test_the_witness_knows_every_number_before_its_answer(hub):
    async with hub.running():
        person = await hub.register()
        day, number = person["mrn"].split("-")[1:]
        assert marks(hub)[NEWEST_ONLINE] == int(day) * 10**9 + int(number)
        serial = marks(hub)[SERIAL]
        body = await at_old_pc(hub)
        assert marks(hub)[SERIAL] == serial + 2, "the terminal and its range"
        assert (await hub.register(**body))["mrn"] == "500"
        assert marks(hub)["500-599"] == 500


async def test_one_behind_its_witness_recovers_before_it_gives_anything(hub, tmp_path):
    async with hub.running():
        await new_desk(tmp_path, hub, "LAB1-PC")
        await hub.register()
    copy = hub.config.folder.with_name("copy")
    shutil.copytree(hub.config.folder, copy)
    async with hub.running():
        await hub.register()
    shutil.rmtree(hub.config.folder)
    copy.rename(hub.config.folder)
    async with hub.running():
        assert (await hub.get("/api/status/"))["recovery"]["waiting_for"] == ["LAB1-PC"]
        assert await hub.refused("POST", "/api/patients/", AYESHA) == (503, "in_recovery")


async def test_the_witness_knows_which_serials_a_recovery_left_out(hub):
    async with hub.running():
        await hub.register()
    hub.config.witness.unlink()
    for _ in range(2):
        async with hub.running():
            known = marks(hub)
            assert known[SERIAL] == known[SKIPPED_TO] > known[SKIPPED_FROM] > 1


async def test_the_witness_of_another_past_makes_it_recover_once(hub):
    """Its witness was lost, and now comes back: what it knows of was given by another copy."""
    async with hub.running():
        await hub.register()
    kept = hub.config.witness.read_bytes()
    hub.config.witness.unlink()
    async with hub.running():
        await hub.call("POST", "/api/recovery/end/", {})
    hub.config.witness.write_bytes(kept)
    async with hub.running():
        assert (await hub.get("/api/status/"))["recovery"]["why"].startswith(
            "its database and its witness are of different"
        )
        await hub.call("POST", "/api/recovery/end/", {})
    async with hub.running():
        assert (await hub.get("/api/status/"))["recovery"] is None
        await hub.register()


async def test_one_without_its_witness_recovers_and_begins_a_new_one(hub, tmp_path):
    async with hub.running():
        await new_desk(tmp_path, hub, "LAB1-PC")
        await hub.register()
    hub.config.witness.unlink()
    async with hub.running():
        assert "witness" in (await hub.get("/api/status/"))["recovery"]["why"]
        assert Witness(hub.config.witness, machine_id()).trusted
        assert await hub.call("POST", "/api/recovery/end/", {}) == {"ended": True}
        assert counter(await hub.register()) > 10_000
        assert NEWEST_ONLINE in marks(hub)
    async with hub.running():
        assert (await hub.get("/api/status/"))["recovery"] is None


async def test_a_desk_that_comes_gets_its_block_at_once_and_what_it_brings_is_judged(hub, tmp_path):
    async with hub.running():
        desk = await new_desk(tmp_path, hub, "LAB1-PC")
        async with desk.running():

            async def has_numbers():
                return bool((await desk.get("/api/status/"))["ranges"])

            await until("the desk has a block of the pool", has_numbers)
            assert (await desk.register(offline=True))["mrn"] == "1000000"
            await until("it is judged", settled(hub, desk))
            (person,) = (await hub.get("/api/patients/"))["results"]
            assert person["mrn_status"] == "admitted"


async def test_only_an_active_terminal_is_granted_a_number(hub, tmp_path):
    async with hub.running():
        desk = await new_desk(tmp_path, hub, "LAB1-PC", "710000-719999")
        async with desk.running():
            await until("the desk is online", online(desk))
            assert (await desk.register())["mrn"].startswith("PAT-")
            before = marks(hub)[NEWEST_ONLINE]
            inactive = {"state": "inactive", "reason": "a test"}
            await hub.call("PATCH", "/api/terminals/LAB1-PC/", inactive)
            refused = await desk.refused("POST", "/api/patients/", AYESHA)
            assert refused == (400, "terminal_not_found")
            assert marks(hub)[NEWEST_ONLINE] == before


async def test_a_token_that_was_reset_before_the_start_is_the_only_good_one(hub):
    async with hub.running():
        token, is_good = token_reset.reset(hub.config.folder)
        assert not is_good
    async with hub.running():
        assert await hub.refused("GET", "/api/status/") == (401, "key_revoked")
        assert await hub.get("/api/status/", token=token)


async def test_whoever_waits_for_a_change_is_answered_when_it_ends(hub):
    async with hub.running():
        last = (await hub.get("/api/changes/?after=0"))["cursor"]
        waiting = asyncio.create_task(hub.get(f"/api/changes/?after={last}&wait=60"))
        await hub.register()
        assert (await waiting)["results"][0]["change"] == "registered"
        last = (await hub.get("/api/changes/?after=0"))["cursor"]
        waiting = asyncio.create_task(hub.get(f"/api/changes/?after={last}&wait=60"))
        await hub.get("/api/health/")
    assert (await asyncio.wait_for(waiting, 50))["results"] == []


async def test_an_address_in_use_leaves_the_folder_to_the_next_start(hub):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", hub.config.listen.port)
    async with server:
        with pytest.raises(CannotListen):
            async with hub.running():
                pytest.fail("it runs")
    async with hub.running():
        assert await hub.register()
