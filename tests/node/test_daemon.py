"""A whole desk in this process: with a coordinator, alone, beside another desk, and set back."""

import asyncio
import shutil
from dataclasses import replace

import aiohttp
import pytest

from coordinator import daemon as coordinator_daemon
from examples.clinic import hold_the_same, until
from node import daemon
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


@pytest.fixture
async def desk(hub):
    """A desk that knows its range; neither it nor the coordinator is at work."""
    async with coordinator_daemon.running(hub.config):
        desk = await hub.new_desk("LAB1-PC", "710000-719999")
        async with daemon.running(desk.config):
            await until("the desk is online", online(desk.api))
    return desk


async def test_numbers_come_from_the_coordinator_and_without_it_from_the_own_range(hub, desk):
    async with daemon.running(desk.config):
        async with coordinator_daemon.running(hub.config):
            await until("the desk is online", online(desk.api))
            assert (await desk.api.register(SOMEBODY))["mrn"].startswith("PAT-")
        assert (await desk.api.register(SOMEBODY))["mrn"] == "710000"
        async with coordinator_daemon.running(hub.config):
            await until("all is judged", settled(hub.api, desk.api))
            assert (await hub.api.get("/api/patients/"))["count"] == 2
            await until("the desk is online again", online(desk.api))
            assert (await desk.api.register(SOMEBODY))["mrn"].startswith("PAT-")


async def test_the_witness_knows_a_number_before_its_answer_and_the_next_start_goes_on(desk):
    async with daemon.running(desk.config):
        assert (await desk.api.register(OFFLINE))["mrn"] == "710000"
        witness = Witness(desk.config.witness, machine_id())
        assert witness.mark("710000-719999") == 710000
    async with daemon.running(desk.config):
        assert (await desk.api.register(OFFLINE))["mrn"] == "710001"


async def test_a_desk_alone_knows_more_than_its_digest_says_until_it_has_signed_that(hub, desk):
    async with coordinator_daemon.running(hub.config), daemon.running(desk.config):
        await until("both hold the same", settled(hub.api, desk.api))
        there = await hub.api.get("/api/status/")
    async with daemon.running(desk.config):
        await desk.api.register(OFFLINE)
        here = await desk.api.get("/api/status/")
    assert here["digests"] == there["digests"]
    assert not hold_the_same([here, there])


async def test_desks_that_are_named_as_peers_sync_without_the_coordinator(hub, desk):
    async with coordinator_daemon.running(hub.config):
        other = await hub.new_desk("WARD-PC", "720000-729999")
        async with daemon.running(desk.config), daemon.running(other.config):
            await until("all know one another", settled(hub.api, desk.api, other.api))
    at = f"ws://127.0.0.1:{desk.config.sync_listen.port}/sync"
    async with daemon.running(desk.config), daemon.running(replace(other.config, peers=(at,))):
        made = [await one.api.register(SOMEBODY) for one in (desk, other)]

        async def all_at_both():
            counts = [(await one.api.get("/api/status/"))["patients"] for one in (desk, other)]
            return counts == [2, 2]

        await until("each has the other's", all_at_both)
    assert [one["mrn"] for one in made] == ["710000", "720000"]


async def test_a_desk_set_back_meets_its_past_and_goes_on_as_another_incarnation(hub, desk):
    older, witness = desk.config.folder.with_name("older"), desk.config.witness
    shutil.copytree(desk.config.folder, older)
    seen = witness.read_bytes()
    async with coordinator_daemon.running(hub.config), daemon.running(desk.config):
        first = await desk.api.register(OFFLINE)
        await until("the coordinator has it", settled(hub.api, desk.api))
        before = (await desk.api.get("/api/status/"))["incarnation"]
    shutil.rmtree(desk.config.folder)
    older.rename(desk.config.folder)
    witness.write_bytes(seen)
    async with daemon.running(desk.config):
        again = await desk.api.register(OFFLINE)
        assert again["mrn"] == first["mrn"], "alone it cannot know"
        async with coordinator_daemon.running(hub.config):

            async def has_block():
                status = await desk.api.get("/api/status/")
                return [one["range"] for one in status["ranges"][1:]] == ["1000000-1009999"]

            await until("a fresh block has come", has_block)
            status = await desk.api.get("/api/status/")
            assert status["copies_noticed"] == 1
            assert status["incarnation"] != before
            assert status["ranges"][0]["closed"]
            assert (await desk.api.register(OFFLINE))["mrn"] == "1000000"
            await until("all is judged", settled(hub.api, desk.api))
        (conflict,) = (await desk.api.get("/api/conflicts/"))["results"]
        assert conflict["mrn"] == first["mrn"]


async def test_a_drill_ends_with_the_daemon(hub, desk):
    async with coordinator_daemon.running(hub.config), daemon.running(desk.config):
        await until("the desk is online", online(desk.api))
        status, drill = await desk.api.post("/api/drill/", {"minutes": 60})
        assert (status, drill["on"]) == (201, True)
        assert (await desk.api.register(SOMEBODY))["mrn"] == "710000"
    async with daemon.running(desk.config):
        assert (await desk.api.get("/api/drill/"))["on"] is False


async def test_an_address_in_use_leaves_the_folder_to_the_next_start(desk):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", desk.config.sync_listen.port)
    async with server:
        with pytest.raises(CannotListen):
            async with daemon.running(desk.config):
                pytest.fail("it runs")
    async with daemon.running(desk.config):
        assert await desk.api.register(OFFLINE)
