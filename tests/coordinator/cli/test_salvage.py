"""``terminals salvage``: what is on a desk's disk is brought in, and reported."""

import asyncio
import json
import shutil

from coordinator.cli.main import main
from coordinator.cli.salvage import report_lines
from tests.daemons import Copy, desk_cut_off, new_desk, new_hub
from tests.damage import change_record, damage_page, pages_of

RESULT = {
    "terminal": "LAB1-PC",
    "complete": False,
    "facts": 5,
    "new_facts": 4,
    "people": 3,
    "new_people": {"LAB1-PC": 2},
    "people_of_terminal": [{"status": "rejected", "reason": "revoked", "count": 2}],
    "refused": [{"author": "X", "shard": 7, "reason": "bad_signature", "why": "it is forged"}],
    "mended": 0,
    "lost": [],
    "unread": 0,
    "doubts": [],
    "objection": None,
}


def test_the_report_says_what_came_and_what_did_not():
    text = "\n".join(report_lines(RESULT))
    assert "5 records were on the disk of LAB1-PC, 4 of them new here." in text
    assert "People that are new here: 2." in text
    assert "number refused (the terminal was revoked when this arrived): 2" in text
    assert "Not taken: part 7 of what X wrote (bad_signature): it is forged." in text
    assert "Keep the disk" in text


def test_a_disk_that_was_taken_in_whole_says_so():
    lines = report_lines(RESULT | {"refused": [], "complete": True, "facts": 1, "new_people": {}})
    assert lines[0] == "1 record was on the disk of LAB1-PC, 4 of them new here."
    assert lines[-1] == "All that was on it is in the register of the coordinator now."


def lost(**fields):
    person = {"mrn": "710002", "full_name": "Amna", "father_name": None, "record_id": "r"}
    place = {"author": "LAB1-PC", "shard": 0, "what": "registration", "is_here": False}
    return person | place | fields


def test_who_could_not_be_brought_in_is_named():
    found = [
        lost(father_name="Rashid"),
        lost(mrn="710003", full_name="Bilqis", is_here=True),
        lost(mrn="710004", what="correction"),
        lost(mrn=None, full_name=None, what=None),
    ]
    text = "\n".join(report_lines(RESULT | {"mended": 2, "lost": found}))
    assert "2 records were changed by a fault of the disk, and put right" in text
    assert "    number 710002: Amna, father Rashid\n" in text
    assert "    a correction of number 710004: Amna\n" in text
    assert "    a record of LAB1-PC, part 0: what was in it cannot be read\n" in text
    assert "registered again when they come" in text
    assert "Bilqis" not in text, "the coordinator has her"


def test_a_correction_is_made_again():
    text = "\n".join(report_lines(RESULT | {"lost": [lost(what="correction")]}))
    assert "correct them again" in text
    assert "registered again" not in text


def test_what_cannot_be_read_is_counted_and_the_disk_is_kept():
    found = {"refused": [], "unread": 70, "doubts": ["a part cannot be read"]}
    text = "\n".join(report_lines(RESULT | found))
    assert "they cannot be read or proven: 70 records." in text
    assert "There was more on it than can be read: a part cannot be read." in text
    assert "Keep the disk" in text


def test_a_refusal_of_somebody_who_is_confirmed_now_is_not_told():
    row = {"status": "admitted", "reason": "duplicate_mrn", "count": 1}
    assert "    confirmed: 1" in report_lines(RESULT | {"people_of_terminal": [row]})


def test_a_copy_of_a_disk_is_brought_in_and_a_running_desk_is_not(live, tmp_path):
    refused = live.hub("terminals", "salvage", "LAB1-PC", str(live.desk.folder))
    assert refused.status == 1
    assert "Another daemon is using" in refused.err
    live.register(full_name="Salvaged Person")
    live.in_step()
    with live.desk.away():
        disk = shutil.copytree(live.desk.folder, tmp_path / "disk")
    done = live.hub("terminals", "salvage", "LAB1-PC", str(disk), "--json")
    assert done.status == 0
    report = json.loads(done.out)
    assert (report["complete"], report["new_facts"], report["refused"]) == (True, 0, [])
    assert report["people"] >= 1
    wrong = live.hub("terminals", "salvage", "OTHER-PC", str(disk))
    assert wrong.status == 1
    assert "it is that of LAB1-PC, not of OTHER-PC" in wrong.err
    live.in_step()


async def test_the_disk_of_a_desk_that_came_after_the_backup_is_brought_in(tmp_path, monkeypatch):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await hub.new_terminal("OTHER-PC")
    backup = Copy(hub)
    async with hub.running(jobs=False):
        desk = await new_desk(tmp_path, hub, "LATE-PC", "730000-739999")
        async with desk.running(jobs=False):
            await desk.in_touch()
            person = await desk.register(full_name="Late Person", offline=True)
    backup.put_back()
    monkeypatch.setenv("MRNMESH_TOKEN", hub.token)
    async with hub.running(jobs=False):
        terminals = (await hub.get("/api/terminals/"))["results"]
        assert [one["code"] for one in terminals] == ["OTHER-PC"]
        salvage = ["--data", str(hub.config.folder), "terminals", "salvage", "LATE-PC"]
        assert await asyncio.to_thread(main, [*salvage, str(desk.config.folder)]) == 0
        found = await hub.get(f"/api/patients/{person['record_id']}/")
        assert (found["mrn"], found["mrn_status"]) == ("730000", "admitted")


async def test_a_changed_byte_keeps_nobody_back_and_who_is_lost_is_named(
    tmp_path, monkeypatch, capsys
):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        desk = await desk_cut_off(tmp_path, hub)
        change_record(desk.config.folder, b"Amna", b"@mna")
        change_record(desk.config.folder, b"Bilqis", b"@@lqis")
        monkeypatch.setenv("MRNMESH_TOKEN", hub.token)
        salvage = ["--data", str(hub.config.folder), "terminals", "salvage", "LAB1-PC"]
        folder = str(desk.config.folder)
        assert await asyncio.to_thread(main, [*salvage, folder, "--json"]) == 1
        report = json.loads(capsys.readouterr().out)
        assert (report["complete"], report["mended"], report["refused"]) == (False, 1, [])
        (one,) = report["lost"]
        assert (one["mrn"], one["full_name"], one["is_here"]) == ("710001", "Bilqis", False)
        people = (await hub.get("/api/patients/"))["results"]
        assert {person["full_name"] for person in people} == {"Amna", "Zarmina"}
        change_record(desk.config.folder, b"@@lqis", b"Bilqis")
        assert await asyncio.to_thread(main, [*salvage, folder]) == 0
        change_record(desk.config.folder, b"Bilqis", b"@@lqis")
        capsys.readouterr()
        assert await asyncio.to_thread(main, [*salvage, folder, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["lost"] == [], "everybody is here"
        change_record(desk.config.folder, b"Zarmina", b"@@rmina")
        assert await asyncio.to_thread(main, [*salvage, folder, "--json"]) == 0
        lost = json.loads(capsys.readouterr().out)["lost"]
        assert [(one["full_name"], one["is_here"]) for one in lost][-1] == ("Zarmina", True)
        assert (await hub.get("/api/patients/"))["count"] == 3
        assert (await hub.get("/api/conflicts/"))["count"] == 0


async def test_an_index_that_lost_a_write_keeps_nobody_back_and_what_is_gone_is_counted(
    tmp_path, monkeypatch, capsys
):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        desk = await desk_cut_off(tmp_path, hub)
        folder = desk.config.folder
        (unsigned,), (runs, *_) = pages_of(folder, "runs_unsigned"), pages_of(folder, "runs")
        damage_page(folder, unsigned, "empty")
        whole = shutil.copytree(folder, tmp_path / "whole")
        damage_page(folder, runs, "empty")
        monkeypatch.setenv("MRNMESH_TOKEN", hub.token)
        salvage = ["--data", str(hub.config.folder), "terminals", "salvage", "LAB1-PC"]
        assert await asyncio.to_thread(main, [*salvage, str(folder), "--json"]) == 1
        report = json.loads(capsys.readouterr().out)
        assert not report["complete"]
        assert report["unread"] > 0
        assert report["doubts"]
        assert await asyncio.to_thread(main, [*salvage, str(whole), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["people"] == 3
        assert (await hub.get("/api/patients/"))["count"] == 3


async def test_a_former_folder_of_the_coordinator_is_brought_in(tmp_path, monkeypatch, capsys):
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        await hub.register(full_name="In Backup")
    backup = Copy(hub)
    async with hub.running(jobs=False):
        await hub.register(full_name="After Backup")
        await hub.new_terminal("LATE-PC")
    broken = shutil.copytree(hub.config.folder, tmp_path / "hub-broken")
    damage_page(broken, pages_of(broken, "patients_mrn")[0], "zero")
    backup.put_back()
    monkeypatch.setenv("MRNMESH_TOKEN", hub.token)
    async with hub.running(jobs=False):
        program = ["--data", str(hub.config.folder)]
        wrong = [*program, "terminals", "salvage", "LAB1-PC", str(broken)]
        assert await asyncio.to_thread(main, wrong) == 1
        assert "salvage FOLDER`. Nothing was changed" in capsys.readouterr().err
        assert await asyncio.to_thread(main, [*program, "salvage", str(broken)]) == 0
        assert "People registered at the coordinator, as they stand now:" in capsys.readouterr().out
        people = (await hub.get("/api/patients/"))["results"]
        assert {person["full_name"] for person in people} == {"In Backup", "After Backup"}
        assert [one["code"] for one in (await hub.get("/api/terminals/"))["results"]] == ["LATE-PC"]


async def test_the_folder_of_another_coordinator_is_not_brought_in(tmp_path, monkeypatch, capsys):
    (tmp_path / "other").mkdir()
    other, hub = new_hub(tmp_path / "other"), new_hub(tmp_path)
    async with other.running(jobs=False):
        await other.register(full_name="Of Another Clinic")
    monkeypatch.setenv("MRNMESH_TOKEN", hub.token)
    async with hub.running(jobs=False):
        salvage = ["--data", str(hub.config.folder), "salvage", str(other.config.folder)]
        assert await asyncio.to_thread(main, salvage) == 1
        assert "The key in the folder is none" in capsys.readouterr().err
        assert (await hub.get("/api/patients/"))["count"] == 0
