"""Desks go over to the coordinator's next signing key: over real sockets, one after the other."""

from __future__ import annotations

import pytest

from coordinator import config as coordinator_config
from coordinator.cli.enrolment import replacing
from node import doors
from sync.protocol.questions import RootsQuery
from tests.daemons import OFFLINE, Hub, enrolled, new_code, new_hub

LAB, WARD = "LAB1-PC", "WARD-PC"


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """Nobody announces anything on the network."""
    monkeypatch.setattr(doors, "places", lambda _fingerprint: iter(()))


def replaced(hub, trusted=False):
    """The coordinator after its signing key was replaced."""
    replacing.replace(hub.config, trusted, "its disk was stolen", None)
    return Hub(coordinator_config.load(hub.config.folder), hub.token)


@pytest.mark.parametrize("trusted", [True, False])
async def test_desks_are_enrolled_again_one_after_the_other_and_all_meet(tmp_path, trusted):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        ward = await enrolled(tmp_path, await new_code(hub, WARD), WARD)
        async with lab.running(jobs=False), ward.running(jobs=False):
            await lab.in_touch()
            await ward.in_touch()
            first = await lab.register(**OFFLINE)
            online = await ward.register()
            for desk in (lab, ward):
                path = f"/api/patients/{first['record_id']}/"
                await desk.until(path, lambda one: one["mrn_status"] == "admitted")
    ranges = hub.replica.registry.blocks
    keys = [desk.config.signer().public_key for desk in (lab, ward)]
    hub = replaced(hub, trusted)
    async with ward.running(jobs=False, alone=True), hub.running(jobs=False):
        alone = await ward.register(**OFFLINE)
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        async with lab.running(jobs=False):
            await lab.in_touch()
            second = await lab.register(**OFFLINE)
            assert (await lab.get(f"/api/patients/{first['record_id']}/"))["mrn"] == first["mrn"]
    async with hub.running(jobs=False):
        ward = await enrolled(tmp_path, await new_code(hub, WARD), WARD)
        async with lab.running(jobs=False), ward.running(jobs=False):
            await lab.in_touch()
            await ward.in_touch()
            third = await ward.register(**OFFLINE)
            for person in (first, online, alone, second, third):
                path = f"/api/patients/{person['record_id']}/"
                for one in (hub, lab, ward):
                    found = await one.until(path, lambda one: one["mrn_status"] == "admitted")
                    assert found["mrn"] == person["mrn"]
            roots = {await one.replica.answer(RootsQuery()) for one in (hub, lab, ward)}
            assert len(roots) == 1
    assert hub.replica.registry.blocks == ranges
    assert keys == [desk.config.signer().public_key for desk in (lab, ward)]
