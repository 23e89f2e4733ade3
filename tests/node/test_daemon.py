"""A whole desk in this process: with a coordinator, alone, beside another desk, and set back."""

import asyncio
import shutil
from dataclasses import replace

import pytest

from examples.clinic import hold_the_same, until
from node import config as node_config
from node import daemon as node_daemon
from sync.errors import CannotListen, WitnessInUse
from sync.model import reasons
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests.daemons import Copy, Desk, new_desk, new_hub, online, settled


@pytest.fixture
def hub(tmp_path):
    return new_hub(tmp_path)


@pytest.fixture
async def desk(hub, tmp_path):
    """A desk that knows its range; neither it nor the coordinator is at work."""
    async with hub.running():
        desk = await new_desk(tmp_path, hub, "LAB1-PC", "710000-719999")
        async with desk.running():
            await until("the desk is online", online(desk))
    return desk


async def test_numbers_come_from_the_coordinator_and_without_it_from_the_own_range(hub, desk):
    async with desk.running():
        async with hub.running():
            await until("the desk is online", online(desk))
            assert (await desk.register())["mrn"].startswith("PAT-")
        assert (await desk.register())["mrn"] == "710000"
        async with hub.running():
            await until("all is judged", settled(hub, desk))
            assert (await hub.get("/api/patients/"))["count"] == 2
            await until("the desk is online again", online(desk))
            assert (await desk.register())["mrn"].startswith("PAT-")


async def test_the_witness_knows_a_number_before_its_answer_and_the_next_start_goes_on(desk):
    async with desk.running():
        assert (await desk.register(offline=True))["mrn"] == "710000"
        witness = Witness(desk.config.witness, machine_id())
        assert witness.mark("710000-719999") == 710000
    async with desk.running():
        assert (await desk.register(offline=True))["mrn"] == "710001"


async def test_a_second_copy_of_the_folder_does_not_start_beside_the_first(desk, tmp_path):
    """Both would give the same numbers: the copy names the same witness."""
    shutil.copytree(desk.config.folder, tmp_path / "copy")
    copy = node_config.load(tmp_path / "copy")
    async with desk.running(alone=True):
        assert (await desk.register(offline=True))["mrn"] == "710000"
        with pytest.raises(WitnessInUse, match="made by `init`"):
            async with node_daemon.opened(copy):
                pass
        assert (await desk.register(offline=True))["mrn"] == "710001"
    async with node_daemon.opened(copy) as later:
        prospects = await later._replica.read(later._allocator.prospects())
        assert prospects[0].objection == reasons.COPY_OF_DATABASE
        why = await later._replica.read(lambda snapshot: snapshot.store.meta.set_back)
        assert "up to 710001 were issued" in why


async def test_a_desk_alone_knows_more_than_its_digest_says_until_it_has_signed_that(hub, desk):
    async with hub.running(), desk.running():
        await until("both hold the same", settled(hub, desk))
        there = await hub.get("/api/status/")
    async with desk.running():
        await desk.register(offline=True)
        here = await desk.get("/api/status/")
    assert here["digests"] == there["digests"]
    assert not hold_the_same([here, there])


async def test_desks_that_are_named_as_peers_sync_without_the_coordinator(hub, desk, tmp_path):
    async with hub.running():
        other = await new_desk(tmp_path, hub, "WARD-PC", "720000-729999")
        async with desk.running(), other.running():
            await until("all know one another", settled(hub, desk, other))
    other = Desk(replace(other.config, peers=(desk.sync_url,)))
    async with desk.running(), other.running():
        made = [await one.register() for one in (desk, other)]

        async def all_at_both():
            counts = [(await one.get("/api/status/"))["patients"] for one in (desk, other)]
            return counts == [2, 2]

        await until("each has the other's", all_at_both)
    assert [one["mrn"] for one in made] == ["710000", "720000"]


async def test_a_desk_set_back_meets_its_past_and_goes_on_as_another_incarnation(hub, desk):
    older = Copy(desk)
    async with hub.running(), desk.running():
        first = await desk.register(offline=True)
        await until("the coordinator has it", settled(hub, desk))
        before = (await desk.get("/api/status/"))["incarnation"]
    older.put_back()
    async with desk.running():
        again = await desk.register(offline=True)
        assert again["mrn"] == first["mrn"], "alone it cannot know"
        async with hub.running():

            async def has_block():
                status = await desk.get("/api/status/")
                return [one["range"] for one in status["ranges"][1:]] == ["1000000-1009999"]

            await until("a fresh block has come", has_block)
            status = await desk.get("/api/status/")
            assert status["copies_noticed"] == 1
            assert status["incarnation"] != before
            assert status["ranges"][0]["closed"]
            assert (await desk.register(offline=True))["mrn"] == "1000000"
            await until("all is judged", settled(hub, desk))
        (conflict,) = (await desk.get("/api/conflicts/"))["results"]
        assert conflict["mrn"] == first["mrn"]


async def test_the_right_folder_put_back_after_an_older_one_had_met_the_coordinator_gets_its_block(
    hub, tmp_path
):
    async with hub.running():
        desk = await new_desk(tmp_path, hub, "LAB2-PC", "720000-720009")
        folder, older, right = desk.config.folder, tmp_path / "older", tmp_path / "right"

        async def has_block():
            status = await desk.get("/api/status/")
            return any(one["remaining"] > 9 for one in status["ranges"])

        async def register():
            return (await desk.register(offline=True))["mrn"]

        async with desk.running(jobs=False):
            await desk.in_touch()
        shutil.copytree(folder, older)
        async with desk.running(jobs=False, alone=True):
            assert await register() == "720000"
        folder.rename(right)
        older.rename(folder)
        async with desk.running(jobs=False):
            await until("the older copy has a block", has_block)
        shutil.rmtree(folder)
        right.rename(folder)
        async with desk.running(jobs=False):
            await desk.in_touch()
            given = [await register() for _ in range(6)]
            await desk.daemon._next_range.look()
            given.append(await register())
            assert given == [str(number) for number in range(720001, 720008)]
            await until("nobody has anything to say", settled(hub, desk))
            await desk.daemon._next_range.look()
            await until("it has a block too", has_block)
            assert await register() == "1010000"
            await until("all is judged", settled(hub, desk))


async def test_a_drill_ends_with_the_daemon(hub, desk):
    async with hub.running(), desk.running():
        await until("the desk is online", online(desk))
        assert (await desk.call("POST", "/api/drill/", {"minutes": 60}))["on"] is True
        assert (await desk.register())["mrn"] == "710000"
    async with desk.running():
        assert (await desk.get("/api/drill/"))["on"] is False


async def test_an_address_in_use_leaves_the_folder_to_the_next_start(desk):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", desk.config.sync_listen.port)
    async with server:
        with pytest.raises(CannotListen):
            async with desk.running():
                pytest.fail("it runs")
    async with desk.running():
        assert await desk.register(offline=True)
