"""A desk that never sees its coordinator: a request there, and an answer back."""

from __future__ import annotations

import shutil
from functools import partial

import pytest

from coordinator.registry import authorities
from examples.clinic import until
from node.enrolment import offline, taking
from node.enrolment.taking import Options
from node.errors import AnswerOfAnother, EnrolledAs, OtherCoordinator, RequestMissing
from sync.daemon import data_folder, enrolment_files
from sync.daemon.enrolment_files import AnswerFile
from sync.engine import replica
from sync.errors import BadTerminalCode, StoreIncomplete, StoreLocked, WrongCheck
from sync.model.facts import Author
from sync.storage.lock import FolderLock
from tests.daemons import AYESHA, OFFLINE, Desk, new_desk, new_hub, open_hub
from tests.daemons.running import addresses

LAB, WARD = "LAB1-PC", "WARD-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture(autouse=True)
def _state(tmp_path, monkeypatch):
    """Where the system keeps witnesses."""
    where = str(tmp_path / "state")
    monkeypatch.setattr(data_folder.platformdirs, "user_state_dir", lambda *_, **__: where)


def options(tmp_path):
    wanted = addresses()
    return Options(wanted["listen"], wanted["sync_listen"], tmp_path / "lab.witness")


async def answered(hub, request, answer):
    """Let the coordinator answer a request; returns the file with the answer, and its check."""
    content = request.read_text(encoding="utf-8")
    given = await hub.call("POST", "/api/enrolments/offline/", {"request": content})
    answer.write_text(given["answer"], encoding="utf-8")
    return answer, given["check"]


async def test_a_new_desk_works_at_once_with_numbers_of_its_own(hub, tmp_path):
    folder, answer = tmp_path / "lab", tmp_path / "answer"
    request, check = offline.ask(folder, LAB)
    assert offline.ask(folder, LAB) == (request, check), "it asks with the same keys"
    desk = Desk(offline.take(folder, *await answered(hub, request, answer), options(tmp_path)))
    assert desk.config.code == LAB
    assert not (folder / taking.BEGUN).exists()
    (range_,) = hub.replica.registry.blocks_of(LAB)
    async with desk.running(jobs=False, alone=True):
        person = await desk.register(**OFFLINE)
        assert int(person["mrn"]) == range_.range.start
        assert desk.replica.registry.terminals == hub.replica.registry.terminals
    async with desk.running(jobs=False):
        await desk.in_touch()
        path = f"/api/patients/{person['record_id']}/"
        await hub.until(path, lambda one: one["mrn_status"] == "admitted")


async def test_a_desk_that_had_joined_with_a_file_keeps_identity_ranges_and_people(hub, tmp_path):
    desk = await new_desk(tmp_path, hub, LAB, "710000-719999")
    async with desk.running(jobs=False):
        await desk.in_touch()
        first = await desk.register(**OFFLINE)
    before, incarnation = desk.config, desk.replica.identity.incarnation
    request, _ = offline.ask(before.folder, None)
    with pytest.raises(EnrolledAs, match=LAB):
        offline.ask(before.folder, WARD)
    given = await answered(hub, request, tmp_path / "answer")
    desk = Desk(offline.take(before.folder, *given, Options()))
    assert desk.config.signer().public_key == before.signer().public_key
    assert (desk.config.witness, desk.config.listen) == (before.witness, before.listen)
    async with desk.running(jobs=False):
        await desk.in_touch()
        second = await desk.register(**OFFLINE)
        assert desk.replica.identity.incarnation == incarnation
    assert (first["mrn"], second["mrn"]) == ("710000", "710001")
    assert len(hub.replica.registry.blocks_of(LAB)) == 1


async def test_an_answer_is_for_the_very_desk_that_has_asked(hub, tmp_path):
    answer = tmp_path / "answer"
    request, check = offline.ask(tmp_path / "lab", LAB)
    path, check = await answered(hub, request, answer)
    with pytest.raises(RequestMissing):
        offline.take(tmp_path / "other", path, check, options(tmp_path))
    offline.ask(tmp_path / "ward", WARD)
    with pytest.raises(AnswerOfAnother):
        offline.take(tmp_path / "ward", path, check, options(tmp_path))
    with pytest.raises(WrongCheck):
        offline.take(tmp_path / "lab", path, check[::-1], options(tmp_path))
    assert not (tmp_path / "ward" / "node.toml").exists()
    assert not (tmp_path / "lab" / "node.toml").exists()
    settings = offline.take(tmp_path / "lab", path, check, options(tmp_path))
    lock = FolderLock(settings.folder)
    for act in (
        lambda: offline.ask(settings.folder, None),
        lambda: offline.take(settings.folder, path, check, Options()),
    ):
        with pytest.raises(StoreLocked):
            act()
    lock.release()


@pytest.mark.parametrize("made", [True, False])
async def test_a_power_cut_while_the_folder_is_made_costs_no_second_journey(hub, tmp_path, made):
    folder = tmp_path / "lab"
    request, _ = offline.ask(folder, LAB)
    given = await answered(hub, request, tmp_path / "answer")
    if made:
        replica.init(folder, Author(LAB))
    else:
        (folder / replica.DATABASE).touch()
    assert offline.ask(folder, LAB)[0] == request, "it still asks with the same keys"
    settings = offline.take(folder, *given, options(tmp_path))
    (range_,) = hub.replica.registry.blocks_of(LAB)
    async with Desk(settings).running(jobs=False, alone=True) as desk:
        assert int((await desk.register(**OFFLINE))["mrn"]) == range_.range.start


@pytest.mark.parametrize("its_own", [False, True])
async def test_of_two_copies_that_take_one_answer_one_has_its_numbers(tmp_path, its_own):
    wanted = {name: options(tmp_path) for name in ("lab", "copy")}
    if its_own:
        wanted["copy"] = wanted["copy"]._replace(witness=tmp_path / "copy.witness")
    async with new_hub(tmp_path).running() as hub:
        request, _ = offline.ask(tmp_path / "lab", LAB)
        given = await answered(hub, request, tmp_path / "answer")
        shutil.copytree(tmp_path / "lab", tmp_path / "copy")
        lab, copy = (
            Desk(offline.take(tmp_path / name, *given, wanted[name])) for name in ("lab", "copy")
        )
        async with lab.running(jobs=False, alone=True):
            assert (await lab.register(**OFFLINE))["mrn"] == "1000000"
        async with copy.running(jobs=False, alone=True):
            status, refused = await copy.send("POST", "/api/patients/", AYESHA | OFFLINE)
            assert (status, refused["code"]) == (400, "no_range")
        # With a witness in common each notices at its start what the other one has given meanwhile.
        goes_on = "1000001" if its_own else "1020000"
        for desk, following in ((copy, "1010000"), (lab, goes_on)):
            async with desk.running():
                await until("it has numbers that nobody else has", partial(has_numbers, desk))
                assert (await desk.register(**OFFLINE))["mrn"] == following


async def has_numbers(desk):
    status = await desk.get("/api/status/")
    return status["coordinator_live"] and any(one["remaining"] for one in status["ranges"])


async def test_a_desk_whose_settings_are_gone_is_not_made_anew(hub, tmp_path):
    folder = tmp_path / "lab"
    request, _ = offline.ask(folder, LAB)
    begun = (folder / taking.BEGUN).read_bytes()
    given = await answered(hub, request, tmp_path / "answer")
    offline.take(folder, *given, options(tmp_path))
    (folder / taking.BEGUN).write_bytes(begun)  # the power went before it was removed
    (folder / "node.toml").unlink()
    before = (folder / replica.DATABASE).read_bytes()
    for act in (
        lambda: offline.ask(folder, LAB),
        lambda: offline.take(folder, *given, options(tmp_path)),
    ):
        with pytest.raises(StoreIncomplete):
            act()
    assert (folder / replica.DATABASE).read_bytes() == before


async def test_an_answer_of_before_the_authority_was_replaced_changes_nothing(hub, tmp_path):
    folder = tmp_path / "lab"
    request, _ = offline.ask(folder, LAB)
    old = await answered(hub, request, tmp_path / "old")
    offline.take(folder, *old, options(tmp_path))
    given = enrolment_files.parsed(old[0].read_text(encoding="utf-8"), AnswerFile, "")
    await hub.replica.write(lambda tx: authorities.withdraw(tx, given.authority, "replaced"))
    request, _ = offline.ask(folder, None)
    offline.take(folder, *await answered(hub, request, tmp_path / "new"), Options())
    files = {path: path.read_bytes() for path in folder.glob("*.toml")}
    with pytest.raises(AnswerOfAnother, match="authority"):
        offline.take(folder, *old, Options())
    assert {path: path.read_bytes() for path in files} == files


async def test_an_answer_of_another_coordinator_changes_nothing(hub, tmp_path):
    desk = await new_desk(tmp_path, hub, LAB)
    request, _ = offline.ask(desk.config.folder, None)
    (tmp_path / "other").mkdir()
    before = (desk.config.folder / "node.toml").read_bytes()
    async with new_hub(tmp_path / "other").running(jobs=False) as other:
        given = await answered(other, request, tmp_path / "answer")
    with pytest.raises(OtherCoordinator):
        offline.take(desk.config.folder, *given, Options())
    assert (desk.config.folder / "node.toml").read_bytes() == before


@pytest.mark.parametrize("code", [None, "", "lab 1", "12345", "x" * 51])
def test_a_new_desk_has_to_say_who_it_is_to_be(tmp_path, code):
    with pytest.raises(BadTerminalCode):
        offline.ask(tmp_path / "lab", code)
    assert not (tmp_path / "lab").exists()
