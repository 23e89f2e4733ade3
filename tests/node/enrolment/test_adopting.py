"""Desks go over to the coordinator's next signing key: over real sockets, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import shutil

import pytest

from coordinator import config as coordinator_config
from coordinator.cli.enrolment import replacing
from coordinator.registry import terminals
from node.enrolment import adopting, doors, enrolling
from node.errors import EnrolmentRefused, OtherCoordinator
from sync.engine import replica
from sync.engine.writer import Writer
from sync.model.facts import REGISTRY, Author, State
from sync.protocol.questions import KEY_MISSING, Admittance, Merge, RootsQuery, SignTails
from sync.rules import registry
from sync.storage.store import Store
from sync.trust import registry_copy
from sync.trust.registry_copy import RegistryCopy
from sync.upkeep import archive
from sync.upkeep.records import changed
from tests.daemons import OFFLINE, WAIT_S_MAX, Hub, enrolled, new_code, new_hub
from tests.damage import change_record, change_row

LAB, WARD = "LAB1-PC", "WARD-PC"
AUTHORITY = b"authority"
"""Of nobody: it was never withdrawn."""


@pytest.fixture(autouse=True)
def announced(monkeypatch):
    """Nobody announces anything on the network."""
    monkeypatch.setattr(doors, "places", lambda _fingerprint: iter(()))


def replaced(hub, trusted=False, named=None):
    """The coordinator after its signing key was replaced."""
    here_trusted = None if named is None else False
    replacing.replace(hub.config, trusted, "its disk was stolen", named, here_trusted)
    return Hub(coordinator_config.load(hub.config.folder), hub.token)


async def admitted(one, person):
    """Wait until somebody is there and confirmed, with the number that was given."""

    def holds(page):
        return [(found["record_id"], found["mrn_status"]) for found in page["results"]] == [
            (person["record_id"], "admitted")
        ]

    await one.until(f"/api/patients/?mrn={person['mrn']}", holds)


async def clinic_with_two_desks(tmp_path, hub):
    """Two desks that have been at work, and the people that they have registered."""
    lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
    ward = await enrolled(tmp_path, await new_code(hub, WARD), WARD)
    async with lab.running(jobs=False), ward.running(jobs=False):
        await lab.in_touch()
        await ward.in_touch()
        people = [await lab.register(**OFFLINE), await ward.register()]
        for person in people:
            await admitted(lab, person)
            await admitted(ward, person)
    return lab, ward, people


async def refusal(desk):
    """Why the coordinator is not the desk's own any more."""
    peering = desk.daemon._peering
    await asyncio.wait_for(peering.wait_until(lambda: peering.refusal is not None), WAIT_S_MAX)
    return (await desk.get("/api/status/"))["refused"]


async def test_desks_are_enrolled_again_one_after_the_other_and_all_meet(tmp_path, caplog):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab, ward, people = await clinic_with_two_desks(tmp_path, hub)
    ranges = hub.replica.registry.blocks
    own = [(desk.config.signer().public_key, desk.replica.identity) for desk in (lab, ward)]
    hub = replaced(hub)
    async with hub.running(jobs=False):
        async with ward.running(jobs=False):
            refused = await refusal(ward)
            assert refused["reason"] == "not_coordinator"
            assert "has a key that this desk does not trust" in caplog.text
            people.append(await ward.register(**OFFLINE))
            assert (await hub.get("/api/signing-key/"))["left"] == [LAB, WARD]
            lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
            async with lab.running(jobs=False):
                await lab.in_touch()
                people.append(await lab.register(**OFFLINE))
                behind = f"wss://127.0.0.1:{ward.config.sync_listen.port}/sync"
                lab.daemon._peering.dial(behind)
                heard = lab.daemon._peering.wait_until(lambda: f"{behind} has" in caplog.text)
                await asyncio.wait_for(heard, WAIT_S_MAX)
                assert (await lab.get("/api/status/"))["refused"] is None
        said = await hub.get("/api/signing-key/")
        assert (said["enrolled"], said["left"]) == ([LAB], [WARD])
        (alarm,) = [
            one for one in (await hub.get("/api/status/"))["alarms"] if one["code"] == "enrol_again"
        ]
        assert "1 desk must be enrolled again: WARD-PC" in alarm["text"]
        ward = await enrolled(tmp_path, await new_code(hub, WARD), WARD)
        new = await enrolled(tmp_path, await new_code(hub, "NEW-PC"), "NEW-PC")
        async with lab.running(jobs=False), ward.running(jobs=False), new.running(jobs=False):
            for desk in (lab, ward, new):
                await desk.in_touch()
            people.append(await ward.register(**OFFLINE))
            for person in people:
                for one in (hub, lab, ward, new):
                    await admitted(one, person)
            roots = {await one.replica.answer(RootsQuery()) for one in (hub, lab, ward, new)}
            assert len(roots) == 1
        alarms = (await hub.get("/api/status/"))["alarms"]
        assert "enrol_again" not in {one["code"] for one in alarms}
    assert len({person["mrn"] for person in people}) == len(people)
    assert [one for one in hub.replica.registry.blocks if one.terminal != "NEW-PC"] == ranges
    assert own == [(desk.config.signer().public_key, desk.replica.identity) for desk in (lab, ward)]


class Thief:
    """Somebody who has a copy of the coordinator's whole folder, and its signing key with it."""

    def __init__(self, hub, folder):
        shutil.copytree(hub.config.folder, folder)
        store = Store.open(folder / replica.DATABASE)
        self.writer = Writer(store, hub.config.signer(), replica.shell())
        self.writer.live = True

    def write(self, act):
        """The batches of what is written in the coordinator's name."""
        self.writer.commits.clear()
        self.writer.write(act)
        return tuple(batch for commit in self.writer.commits for batch in commit.batches)

    def close(self):
        self.writer.close()


def revoking(code):
    return lambda tx: terminals.change_terminal(tx, code, state=State.REVOKED, why="a thief")


async def test_what_a_thief_has_written_is_gone_where_a_desk_was_enrolled_again(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab, _, people = await clinic_with_two_desks(tmp_path, hub)
    thief = Thief(hub, tmp_path / "stolen")
    false = thief.write(revoking(WARD))
    async with lab.running(jobs=False, alone=True):
        await lab.replica.merge(Merge(false), None)
        assert lab.replica.registry.terminals[WARD].state is State.REVOKED
    hub = replaced(hub)
    async with hub.running(jobs=False):
        refused = await hub.replica.merge(Merge(false), None)
        assert {one.reason for one in refused.outcomes} == {KEY_MISSING}
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        async with lab.running(jobs=False):
            assert lab.replica.registry.terminals[WARD].state is State.ACTIVE
            await lab.in_touch()
            people.append(await lab.register(**OFFLINE))
            for batches in (false, thief.write(revoking(LAB))):
                merged = await lab.replica.merge(Merge(batches), None)
                assert {one.entry for one in merged.outcomes} == {Admittance.NOT_YET}
                assert {one.reason for one in merged.outcomes} == {KEY_MISSING}
            for person in people:
                await admitted(lab, person)
            roots = {await one.replica.answer(RootsQuery()) for one in (hub, lab)}
            assert len(roots) == 1
    thief.close()


async def test_what_a_lost_coordinator_had_given_last_comes_back_from_the_desks(tmp_path):
    """Its disk is gone, the backup is of yesterday, and nobody has its recovery key."""
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab, _, people = await clinic_with_two_desks(tmp_path, hub)
    shutil.copytree(hub.config.folder, tmp_path / "yesterday")
    async with hub.running(jobs=False), lab.running(jobs=False):
        await lab.in_touch()
        people.append(await lab.register())
        await hub.call("POST", f"/api/terminals/{LAB}/ranges/", {"range": "880000-889999"})
        await lab.until("/api/status/", lambda status: len(status["ranges"]) == 2)
        await admitted(lab, people[-1])
    shutil.rmtree(hub.config.folder)
    (tmp_path / "yesterday").rename(hub.config.folder)
    (hub.config.folder / "signing-key.pem").unlink()
    hub = replaced(hub, trusted=True)
    async with hub.running(jobs=False):
        assert hub.replica.registry.blocks_at(880000) == []
        assert (await hub.get("/api/status/"))["recovery"] is not None
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        async with lab.running(jobs=False):
            await lab.in_touch()
            for person in people:
                await admitted(hub, person)
            assert len(hub.replica.registry.blocks_at(880000)) == 1
            assert (await lab.register(**OFFLINE))["mrn"] not in {one["mrn"] for one in people}


async def test_what_a_thief_has_written_since_a_desk_asked_with_a_file_goes_too(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        await hub.new_terminal(WARD)
        await hub.replica.answer(SignTails())
    folder, pinned = lab.config.folder, lab.config.coordinator_key
    adopting.adopt(folder, Author(LAB), pinned, pinned, RegistryCopy(registry_of(hub)), AUTHORITY)
    shown = adopting.shown(folder)
    thief = Thief(hub, tmp_path / "stolen")
    false = RegistryCopy(thief.write(revoking(WARD)))
    adopting.adopt(folder, Author(LAB), pinned, pinned, false, AUTHORITY)
    thief.close()
    assert registry_at(lab).terminals[WARD].state is State.REVOKED
    hub = replaced(hub)
    key = hub.config.signer().public_key
    adopting.adopt(
        folder, Author(LAB), pinned, key, RegistryCopy(registry_of(hub), shown.ends), AUTHORITY
    )
    assert registry_at(lab).terminals[WARD].state is State.ACTIVE
    assert registry_at(lab).terminals[LAB].state is State.ACTIVE


async def test_desks_follow_a_coordinator_that_a_backup_of_before_set_back(tmp_path):
    """Its key was replaced, and the only backup is of the time before."""
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        await hub.replica.answer(SignTails())
    folder, first = lab.config.folder, lab.config.coordinator_key
    shutil.copytree(hub.config.folder, tmp_path / "yesterday")
    hub = replaced(hub)
    second = hub.config.signer().public_key
    known = adopting.shown(folder).ends
    adopting.adopt(
        folder, Author(LAB), first, second, RegistryCopy(registry_of(hub), known), AUTHORITY
    )
    shutil.rmtree(hub.config.folder)
    (tmp_path / "yesterday").rename(hub.config.folder)
    hub = replaced(hub, trusted=True, named=second)
    third = hub.config.signer().public_key
    adopting.adopt(folder, Author(LAB), second, third, RegistryCopy(registry_of(hub)), AUTHORITY)
    found = registry_at(lab)
    assert found.succession.former == {first, second}
    assert found.succession.trusted == {second}, "the first one was stolen, and stays so"
    assert found.terminals[LAB].state is State.ACTIVE


async def test_a_desk_that_was_away_follows_two_keys_and_nobody_else(tmp_path):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        await hub.replica.answer(SignTails())
    folder, pinned = lab.config.folder, lab.config.coordinator_key
    copies = []
    for _ in range(3):
        copies.append((hub.config.signer().public_key, RegistryCopy(registry_of(hub))))
        hub = replaced(hub, trusted=len(copies) == 1)
    (_, first), (second, _), (third, last) = copies
    for key, copy in ((third, first), (pinned[::-1], last), (second, RegistryCopy(()))):
        with pytest.raises(OtherCoordinator, match="Nothing was changed"):
            adopting.adopt(folder, Author(LAB), pinned, key, copy, AUTHORITY)
    adopting.adopt(folder, Author(LAB), pinned, third, last, AUTHORITY)
    known = registry_at(lab)
    assert known.succession.former == {pinned, second}
    assert known.succession.trusted == {pinned}
    assert known.terminals[LAB].state is State.ACTIVE


def registry_at(desk):
    """The registry in the data folder of a desk that is not at work."""
    store = Store.open(desk.config.folder / replica.DATABASE)
    try:
        return registry.fold(store.decisions.registry_entries())
    finally:
        store.close()


def registry_of(hub):
    """What is signed of the registry of a coordinator that is not at work."""
    store = Store.open(hub.config.folder / replica.DATABASE)
    shard = store.shards.find(REGISTRY, 0)
    batches = tuple(store.shards.batch(run, 0) for run in store.shards.runs_of(shard.id))
    store.close()
    return batches


async def test_what_tables_know_of_a_changed_record_outlives_an_enrolment_of_newer_software(
    tmp_path,
):
    """The command makes the tables, and not the start, which would have kept it."""
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        lab, _, _ = await clinic_with_two_desks(tmp_path, hub)
    async with lab.running(jobs=False, alone=True):
        await lab.register(full_name="Zarmina Bibi", offline=True)
    change_record(lab.config.folder, b"Zarmina", b"@@rmina")
    change_row(lab.config.folder, "UPDATE meta SET value = 1 WHERE key = 'projection'")
    hub = replaced(hub)
    async with hub.running(jobs=False):
        lab = await enrolled(tmp_path, await new_code(hub, LAB), LAB)
    with contextlib.closing(archive.open_read_only(lab.config.folder / "register.db")) as opened:
        store = Store(opened)
        (lost,) = changed.known_to_tables(store)
        assert changed.person_of(store, lost).full_name == "Zarmina Bibi"


async def test_a_desk_of_an_older_version_is_not_let_in_by_halves(tmp_path, monkeypatch):
    hub = replaced(new_hub(tmp_path))
    async with hub.running(jobs=False):
        monkeypatch.delitem(enrolling._SAID, registry_copy.TAKES)
        with pytest.raises(EnrolmentRefused, match="Install the coordinator's version"):
            await enrolled(tmp_path, await new_code(hub, LAB), LAB)
        assert not hub.replica.registry.terminals[LAB].has_node
