"""What a new desk has asked with: of all copies of its folder one is what the range is given to."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from node.enrolment import begun, offline, taking
from node.enrolment.taking import Options
from sync.daemon import data_folder
from sync.errors import BadOption, WitnessUnwritable
from sync.storage import files
from tests.daemons import open_hub
from tests.daemons.running import addresses
from tests.node.enrolment.computers import Computer, can_give_one_number_twice, moments, put_back

LAB = "LAB1-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
def computer(tmp_path, monkeypatch):
    return Computer(tmp_path / "here", "here", monkeypatch).use()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    return Computer(tmp_path / "there", "there", monkeypatch)


def take(computer, name, answer, witness):
    """Take an answer in a folder of a computer."""
    computer.use()
    wanted = addresses()
    place = computer.place / witness if witness is not None else None
    options = Options(wanted["listen"], wanted["sync_listen"], place)
    settings = offline.take(computer.place / name, *answer, options)
    assert not (settings.folder / taking.BEGUN).exists()
    return computer.made(settings)


async def answered(hub, request, answer):
    """Let the coordinator answer a request; returns the file with the answer, and its check."""
    content = request.read_text(encoding="utf-8")
    given = await hub.call("POST", "/api/enrolments/offline/", {"request": content})
    answer.write_text(given["answer"], encoding="utf-8")
    return answer, given["check"]


PLACES = [None, "lab.witness"]
"""The witness goes where the system keeps state, or where it is said when the answer is taken."""


@pytest.mark.parametrize("witness", PLACES)
async def test_a_power_cut_at_any_step_costs_no_second_journey(
    hub, computer, tmp_path, monkeypatch, witness
):
    with moments(computer, tmp_path / "asking", monkeypatch) as asking:
        offline.ask(computer.place / "lab", LAB)
    for moment in asking:
        put_back(computer, moment)
        request, check = offline.ask(computer.place / "lab", LAB)
        assert offline.ask(computer.place / "lab", LAB) == (request, check)
    asked = begun.read(computer.place / "lab")
    answer = await answered(hub, request, tmp_path / "answer")
    with moments(computer, tmp_path / "taking", monkeypatch) as taken:
        take(computer, "lab", answer, witness)
    assert len(taken) > 6
    for moment in taken:
        put_back(computer, moment)
        if not (computer.place / "lab" / "node.toml").exists():
            assert offline.ask(computer.place / "lab", LAB) == (request, check)
        desk = take(computer, "lab", answer, witness)
        assert (desk.incarnation, desk.number) == (asked.incarnation, asked.number)
        assert desk.is_trusted


@pytest.mark.parametrize("where", ["here", "there", "here, with a witness of its own"])
@pytest.mark.parametrize("witness", PLACES)
async def test_a_copy_of_the_folder_of_any_moment_gives_no_number_that_the_other_gives(
    hub, computer, elsewhere, tmp_path, monkeypatch, witness, where
):
    request, _ = offline.ask(computer.place / "lab", LAB)
    answer = await answered(hub, request, tmp_path / "answer")
    with moments(computer, tmp_path / "taking", monkeypatch) as taken:
        take(computer, "lab", answer, witness)
    other = elsewhere if where == "there" else computer
    its_own = "copy.witness" if "own" in where else witness
    for number, moment in enumerate(taken):
        for copy_first in (False, True):
            put_back(computer, moment)
            name = f"copy-{number}-{copy_first}"
            shutil.copytree(computer.place / "lab", other.place / name)
            made = {}
            for is_copy in (copy_first, not copy_first):
                made[is_copy] = (
                    take(other, name, answer, its_own and f"{its_own}-{name}")
                    if is_copy and (other is elsewhere or "own" in where)
                    else take(computer, name if is_copy else "lab", answer, witness)
                )
            assert not can_give_one_number_twice(made[True], made[False])
            if not copy_first:
                assert made[False].is_trusted, "the one that was there first"


async def test_where_the_witness_was_lost_it_begins_another_incarnation_and_can_ask_again(
    hub, computer, tmp_path
):
    folder = computer.place / "lab"
    request, _ = offline.ask(folder, LAB)
    answer = await answered(hub, request, tmp_path / "answer")
    asked = begun.read(folder)
    shutil.rmtree(computer.place / "state")
    desk = take(computer, "lab", answer, None)
    assert desk.incarnation != asked.incarnation
    assert desk.is_trusted
    request, _ = offline.ask(folder, None)
    await answered(hub, request, tmp_path / "second")
    first, second = hub.replica.registry.blocks_of(LAB)
    assert (first.incarnation, second.incarnation) == (asked.incarnation, desk.incarnation)


async def test_who_asks_on_another_computer_asks_for_another_incarnation(
    computer, elsewhere, tmp_path
):
    folder = computer.place / "lab"
    offline.ask(folder, LAB)
    asked = begun.read(folder)
    elsewhere.use()
    offline.ask(folder, LAB)
    again = begun.read(folder)
    assert (again.seed, again.tls_key) == (asked.seed, asked.tls_key)
    assert again.incarnation != asked.incarnation


def test_what_asked_before_witnesses_were_begun_with_it_asks_for_another_incarnation(computer):
    folder = computer.place / "lab"
    offline.ask(folder, LAB)
    asked = begun.read(folder)
    begun._keep(folder, begun.AskedWith(LAB, asked.seed, asked.tls_key, asked.incarnation))
    offline.ask(folder, LAB)
    assert begun.read(folder).incarnation != asked.incarnation


def test_a_witness_would_not_be_put_back_with_the_folder_nor_in_place_of_another(
    computer, monkeypatch
):
    folder = computer.place / "lab"
    with pytest.raises(BadOption, match="--witness"):
        offline.ask(folder, LAB, folder / "witness")
    (computer.place / "other").touch()
    with pytest.raises(BadOption, match="is there"):
        offline.ask(folder, LAB, computer.place / "other")
    monkeypatch.setattr(
        data_folder.platformdirs, "user_state_dir", lambda *_, **__: str(folder / "state")
    )
    with pytest.raises(BadOption, match="name a file elsewhere with --witness"):
        offline.ask(folder, LAB)
    assert not folder.exists()


@pytest.mark.parametrize("cut", [False, True])
async def test_on_another_disk_the_witness_is_at_no_moment_in_both_places(
    hub, computer, tmp_path, monkeypatch, cut
):
    request, _ = offline.ask(computer.place / "lab", LAB)
    answer = await answered(hub, request, tmp_path / "answer")
    asked = begun.read(computer.place / "lab")

    def replace(source, target, real=files.replace):
        if Path(source) == Path(asked.waiting):
            raise OSError(errno.EXDEV, "another disk")
        real(source, target)

    monkeypatch.setattr(files, "replace", replace)
    with monkeypatch.context() as patch:
        if cut:
            patch.setattr(begun.Witness, "create", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                take(computer, "lab", answer, "lab.witness")
    desk = take(computer, "lab", answer, "lab.witness")
    assert asked.waiting not in map(str, computer.place.rglob("*"))
    assert desk.is_trusted
    assert (desk.incarnation == asked.incarnation) is not cut


async def test_a_witness_that_cannot_be_read_or_moved_is_waited_for(
    hub, computer, tmp_path, monkeypatch
):
    request, _ = offline.ask(computer.place / "lab", LAB)
    answer = await answered(hub, request, tmp_path / "answer")
    asked = begun.read(computer.place / "lab")

    def refuse(*_):
        raise PermissionError(errno.EACCES, "no")

    for part, name in ((begun.Witness, "is_of"), (files, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(part, name, refuse)
            with pytest.raises(WitnessUnwritable):
                take(computer, "lab", answer, None)
    assert take(computer, "lab", answer, None).incarnation == asked.incarnation
