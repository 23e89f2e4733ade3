"""``terminals salvage``: what is on a desk's disk is brought in, and reported."""

import json
import shutil

from coordinator.cli.salvage import report_lines

RESULT = {
    "terminal": "LAB1-PC",
    "complete": False,
    "facts": 5,
    "new_facts": 4,
    "people": 3,
    "new_people": {"LAB1-PC": 2},
    "people_of_terminal": [{"status": "rejected", "reason": "revoked", "count": 2}],
    "refused": [{"author": "X", "shard": 7, "reason": "bad_signature", "why": "it is forged"}],
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


def test_a_refusal_of_somebody_who_is_confirmed_now_is_not_told():
    row = {"status": "admitted", "reason": "duplicate_mrn", "count": 1}
    assert "    confirmed: 1" in report_lines(RESULT | {"people_of_terminal": [row]})


def test_a_copy_of_a_disk_is_brought_in_and_a_running_desk_is_not(live, tmp_path):
    refused = live.hub("terminals", "salvage", "LAB1-PC", str(live.desk.folder))
    assert refused.status == 1
    assert "Another daemon is using" in refused.err
    live.register(full_name="Salvaged Person")
    live.in_step()
    live.desk.stop()
    disk = shutil.copytree(live.desk.folder, tmp_path / "disk")
    live.desk.start()
    done = live.hub("terminals", "salvage", "LAB1-PC", str(disk), "--json")
    assert done.status == 0
    report = json.loads(done.out)
    assert (report["complete"], report["new_facts"], report["refused"]) == (True, 0, [])
    assert report["people"] >= 1
    wrong = live.hub("terminals", "salvage", "OTHER-PC", str(disk))
    assert wrong.status == 1
    assert "it is that of LAB1-PC, not of OTHER-PC" in wrong.err
    live.in_step()
