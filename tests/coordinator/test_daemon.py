"""A whole coordinator in this process: its start, what it does beside its API, its end."""

import asyncio
import shutil

import aiohttp
import pytest

from coordinator import daemon, token_reset
from coordinator.judging.recovery import NEWEST_ONLINE, SERIAL
from examples.clinic import until
from node import daemon as node_daemon
from sync.engine.witness import Witness, machine_id
from sync.errors import CannotListen
from tests.at_work import OFFLINE, SOMEBODY, NewHub, online, settled


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
def hub(tmp_path, http):
    return NewHub(tmp_path, http)


def counter(person):
    return int(person["mrn"].rpartition("-")[2])


def marks(hub):
    return Witness(hub.config.witness, machine_id()).marks


async def at_old_pc(hub):
    body = {"code": "OLD-PC", "offline_range_start": 500, "offline_range_end": 599}
    assert (await hub.api.post("/api/terminals/", body))[0] == 201
    return OFFLINE | {"origin_terminal_code": "OLD-PC"}


async def test_numbers_go_on_after_a_restart(hub):
    async with daemon.running(hub.config):
        first = await hub.api.register(SOMEBODY)
    async with daemon.running(hub.config):
        assert counter(await hub.api.register(SOMEBODY)) == counter(first) + 1
        assert (await hub.api.get("/api/status/"))["recovery"] is None


async def test_the_witness_knows_every_number_before_its_answer(hub):
    async with daemon.running(hub.config):
        person = await hub.api.register(SOMEBODY)
        day, number = person["mrn"].split("-")[1:]
        assert marks(hub)[NEWEST_ONLINE] == int(day) * 10**9 + int(number)
        serial = marks(hub)[SERIAL]
        body = await at_old_pc(hub)
        assert marks(hub)[SERIAL] == serial + 2, "the terminal and its range"
        assert (await hub.api.register(body))["mrn"] == "500"
        assert marks(hub)["500-599"] == 500


async def test_one_behind_its_witness_recovers_before_it_gives_anything(hub):
    async with daemon.running(hub.config):
        await hub.new_desk("LAB1-PC")
        await hub.api.register(SOMEBODY)
    copy = hub.config.folder.with_name("copy")
    shutil.copytree(hub.config.folder, copy)
    async with daemon.running(hub.config):
        await hub.api.register(SOMEBODY)
    shutil.rmtree(hub.config.folder)
    copy.rename(hub.config.folder)
    async with daemon.running(hub.config):
        assert (await hub.api.get("/api/status/"))["recovery"]["waiting_for"] == ["LAB1-PC"]
        status, answer = await hub.api.post("/api/patients/", SOMEBODY)
        assert (status, answer["code"]) == (503, "in_recovery")


async def test_one_without_its_witness_recovers_and_begins_a_new_one(hub):
    async with daemon.running(hub.config):
        await hub.new_desk("LAB1-PC")
        await hub.api.register(SOMEBODY)
    hub.config.witness.unlink()
    async with daemon.running(hub.config):
        assert "witness" in (await hub.api.get("/api/status/"))["recovery"]["why"]
        assert Witness(hub.config.witness, machine_id()).trusted
        assert (await hub.api.post("/api/recovery/end/", {}))[1] == {"ended": True}
        assert counter(await hub.api.register(SOMEBODY)) > 10_000
        assert NEWEST_ONLINE in marks(hub)
    async with daemon.running(hub.config):
        assert (await hub.api.get("/api/status/"))["recovery"] is None


async def test_a_desk_that_comes_gets_its_block_at_once_and_what_it_brings_is_judged(hub):
    async with daemon.running(hub.config):
        desk = await hub.new_desk("LAB1-PC")
        async with node_daemon.running(desk.config):

            async def has_numbers():
                return bool((await desk.api.get("/api/status/"))["ranges"])

            await until("the desk has a block of the pool", has_numbers)
            assert (await desk.api.register(OFFLINE))["mrn"] == "1000000"
            await until("it is judged", settled(hub.api, desk.api))
            (person,) = (await hub.api.get("/api/patients/"))["results"]
            assert person["mrn_status"] == "admitted"


async def test_only_an_active_terminal_is_granted_a_number(hub):
    async with daemon.running(hub.config):
        desk = await hub.new_desk("LAB1-PC", "710000-719999")
        async with node_daemon.running(desk.config):
            await until("the desk is online", online(desk.api))
            assert (await desk.api.register(SOMEBODY))["mrn"].startswith("PAT-")
            before = marks(hub)[NEWEST_ONLINE]
            status, _ = await hub.api.call(
                "PATCH", "/api/terminals/LAB1-PC/", {"state": "inactive", "reason": "a test"}
            )
            assert status == 200
            status, answer = await desk.api.post("/api/patients/", SOMEBODY)
            assert (status, answer["code"]) == (400, "terminal_not_found")
            assert marks(hub)[NEWEST_ONLINE] == before


async def test_a_token_that_was_reset_before_the_start_is_the_only_good_one(hub):
    async with daemon.running(hub.config):
        token, is_good = token_reset.reset(hub.config.folder)
        assert not is_good
    async with daemon.running(hub.config):
        status, answer = await hub.api.call("GET", "/api/status/")
        assert (status, answer["code"]) == (401, "not_authorised")
        assert await hub.api.with_token(token).get("/api/status/")


async def test_whoever_waits_for_a_change_is_answered_when_it_ends(hub):
    async with daemon.running(hub.config):
        last = (await hub.api.get("/api/changes/?after=0"))["cursor"]
        waiting = asyncio.create_task(hub.api.get(f"/api/changes/?after={last}&wait=60"))
        await hub.api.register(SOMEBODY)
        assert (await waiting)["results"][0]["change"] == "registered"
        last = (await hub.api.get("/api/changes/?after=0"))["cursor"]
        waiting = asyncio.create_task(hub.api.get(f"/api/changes/?after={last}&wait=60"))
        await hub.api.get("/api/health/")
    assert (await asyncio.wait_for(waiting, 10))["results"] == []


async def test_an_address_in_use_leaves_the_folder_to_the_next_start(hub):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", hub.config.listen.port)
    async with server:
        with pytest.raises(CannotListen):
            async with daemon.running(hub.config):
                pytest.fail("it runs")
    async with daemon.running(hub.config):
        assert await hub.api.register(SOMEBODY)
