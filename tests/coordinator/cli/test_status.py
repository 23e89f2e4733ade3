"""`mrnmesh-coordinator status` for people."""

import json

from coordinator.cli.status import status_text

STATUS = {
    "recovery": None,
    "patients": 1,
    "pending": 0,
    "open_conflicts": 1,
    "sessions": [
        {"author": "RECEP-1", "address": "127.0.0.1", "live": False},
        {"author": "LAB1-PC", "address": "127.0.0.1", "live": True},
    ],
    "backup": {"last_good": None, "folder": "/backup"},
    "held_batches": 0,
    "alarms": [],
}


def test_a_good_day():
    assert status_text(STATUS).splitlines() == [
        "The coordinator gives numbers and ranges, and confirms registrations.",
        "1 person, 0 waiting for confirmation, 1 conflict open.",
        "Connected: LAB1-PC (in step), RECEP-1 (catching up).",
        "No backup yet in /backup.",
    ]


def test_recovery_is_reported_once_and_names_the_desks():
    alarm = {"code": "in_recovery", "level": "alert", "text": "x", "do": "y"}
    recovery = {"why": "it was restored", "waiting_for": ["LAB1-PC"]}
    first, *others = status_text(STATUS | {"recovery": recovery, "alarms": [alarm]}).splitlines()
    assert "confirms nothing. The reason: it was restored. It waits for LAB1-PC" in first
    assert len(others) == 3


def test_what_is_to_be_done_comes_last():
    alarm = {"code": "no_block", "level": "alert", "text": "It gets none.", "do": "Grant one."}
    lines = status_text(STATUS | {"sessions": [], "alarms": [alarm]}).splitlines()
    assert lines[-2:] == ["ALERT: It gets none.", "    -> Grant one."]
    assert "No desk is connected." in lines


def test_a_running_coordinator_says_who_is_connected(live):
    live.in_step()
    done = live.hub("status")
    assert done.status == 0
    first, people, connected, backup = done.out.splitlines()[:4]
    assert first == "The coordinator gives numbers and ranges, and confirms registrations."
    assert "0 waiting for confirmation" in people
    assert connected == "Connected: LAB1-PC (in step)."
    assert backup.startswith("Last backup: ")
    assert json.loads(live.hub("status", "--json").out)["recovery"] is None


def test_without_recovery_there_is_none_to_end(live):
    assert live.hub("end-recovery").out == "The coordinator is not in recovery.\n"
    assert json.loads(live.hub("end-recovery", "--json").out) == {"ended": False}


def test_what_an_earlier_version_stored_is_reported_in_the_words_of_today():
    why = "a peer holds facts that this coordinator wrote and has lost"
    recovery = {"why": why, "waiting_for": []}
    first = status_text(STATUS | {"recovery": recovery}).splitlines()[0]
    assert "The reason: a desk has records that this coordinator wrote and has lost." in first
    assert "It waits for an administrator." in first
