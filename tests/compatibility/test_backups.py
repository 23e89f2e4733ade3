"""Backups that version 0.1.0 made, put back and run by this version."""

from __future__ import annotations

import pytest

from coordinator import backups as coordinator_backups
from examples.clinic import until
from node import backups as node_backups
from sync.upkeep.restore import RestoreOptions, look, restore
from tests.compatibility.answers import everything, missing
from tests.compatibility.running import coordinator_of, desk_of
from tests.compatibility.test_data_folders import WAITING
from tests.daemons import OFFLINE, settled

pytestmark = pytest.mark.usefixtures("same_computer")


def restore_backup_of(kept):
    """Put its backup into a new folder, which takes the place of the one that was kept."""
    kind = coordinator_backups.KIND if kept.kind == "coordinator" else node_backups.KIND
    kept.folder = kept.folder.with_name("restored")
    kept.witness = kept.folder.with_name("restored.witness")
    restore(kept.backup, kept.folder, kind, RestoreOptions(kept.witness))


def test_each_is_found_to_be_good(hub, desk):
    for kept, kind in ((hub, coordinator_backups.KIND), (desk, node_backups.KIND)):
        assert look(kept.backup, kind).patients == len(kept.people())


async def test_a_restored_desk_has_everybody_and_issues_from_no_range_of_before(desk):
    restore_backup_of(desk)
    async with desk_of(desk) as api:
        now = await everything(api.get, "node")
        refused = await api.refused("POST", "/api/patients/", OFFLINE)
    assert refused == (400, "no_range")
    for name in ("patients", "histories", "conflicts"):
        assert list(missing(desk.answers[name], now[name])) == []
    assert now["status"]["incarnation"] != desk.answers["status"]["incarnation"]
    assert all(one["closed"] for one in now["status"]["ranges"])


async def test_a_restored_desk_brings_what_it_had_and_gets_a_fresh_block(hub, desk):
    restore_backup_of(desk)
    async with coordinator_of(hub) as api, desk_of(desk, api) as clerk:

        async def has_numbers():
            return any(one["remaining"] for one in (await clerk.get("/api/status/"))["ranges"])

        await until("the coordinator gives it a block", has_numbers)
        assert (await clerk.register(offline=True))["mrn"] == "1000010"
        await until("they are equal", settled(api, clerk))
        (waited,) = (await api.get(f"/api/patients/mrn/{WAITING}/"))["results"]
        assert waited["mrn_status"] == "admitted"
        assert (await api.get("/api/status/"))["patients"] == len(desk.people()) + 1


async def test_a_restored_coordinator_recovers_from_the_desk_and_goes_on(hub, desk):
    restore_backup_of(hub)
    async with coordinator_of(hub) as api:
        now = await everything(api.get, "coordinator")
        for name in ("patients", "histories", "conflicts", "terminals", "webhooks"):
            known = hub.answers[name]
            if name == "webhooks":
                now[name] = [{"id": one["id"], "url": one["url"]} for one in now[name]]
                known = [{"id": one["id"], "url": one["url"]} for one in known]
            assert list(missing(known, now[name])) == []
        assert (await api.get("/api/status/"))["recovery"]["waiting_for"] == ["LAB1-PC"]
        async with desk_of(desk, api) as clerk:
            await until("recovery is over and they are equal", settled(api, clerk))
            (waited,) = (await api.get(f"/api/patients/mrn/{WAITING}/"))["results"]
            assert waited["mrn_status"] == "admitted"
            assert (await clerk.register(offline=True))["mrn"] == "1000005"
        assert (await api.get("/api/status/"))["recovery"] is None
        online = await api.register()
        assert int(online["mrn"].rpartition("-")[2]) > 10_000
