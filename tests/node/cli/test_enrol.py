"""``mrnmesh-node enrol``: one line, and what to do next."""

import json
import shutil

import pytest

from tests.daemons.running import addresses


@pytest.fixture
def code(live):
    """A code for a terminal of its own."""

    def make(terminal):
        answer = live.hub("terminals", "enrol", terminal, "--json").out
        return json.loads(answer)["enrolment_code"]

    return make


@pytest.fixture
def enrol(live, tmp_path):
    def run(folder, *words):
        wanted = addresses()
        return live.run_node(
            tmp_path / folder,
            "enrol",
            *words,
            "--listen",
            wanted["listen"],
            "--sync-listen",
            wanted["sync_listen"],
            "--witness",
            str(tmp_path / f"{folder}.witness"),
        )

    return run


def test_a_computer_becomes_a_desk_and_says_what_to_do_next(enrol, code, tmp_path):
    done = enrol("desk", code("ENROLLED-1"))
    assert (done.status, done.err) == (0, "")
    assert "This computer is ENROLLED-1 now" in done.out
    assert "It has these numbers of its own: " in done.out
    assert f"mrnmesh-node --data {tmp_path / 'desk'} run" in done.out


def test_as_json_for_programs(enrol, code):
    answer = json.loads(enrol("desk", code("ENROLLED-2"), "--json").out)
    assert (answer["code"], answer["met"]) == ("ENROLLED-2", True)
    assert len(answer["ranges"]) == 1


def test_a_code_may_be_typed_in_groups(enrol, code):
    assert enrol("desk", *code("ENROLLED-3").lower().split("-")).status == 0


def test_what_is_wrong_is_said_in_one_line(enrol, code):
    done = enrol("desk", "LAB1-PC")
    assert done.status == 1
    assert done.err.startswith("mrnmesh-node: This is not a code that lets a desk in")
    done = enrol("desk", code("ENROLLED-4"), "--coordinator", "127.0.0.9")
    assert "Nobody lets desks in at 127.0.0.9" in done.err
    assert done.err.count("\n") == 1


def test_without_the_network_a_file_goes_there_and_one_comes_back(enrol, live, tmp_path):
    asked = enrol("desk", "--offline", "carried-pc")
    request = tmp_path / "desk" / "CARRIED-PC.request"
    assert (asked.status, str(request) in asked.out) == (0, True)
    check = json.loads(enrol("desk", "--offline", "CARRIED-PC", "--json").out)["check"]
    assert check in asked.out
    there = ("terminals", "enrol", "--offline", str(request), "--check", check, "--json")
    given = json.loads(live.hub(*there).out)
    refused = enrol("desk", "--offline", given["answer"], "--check", check)
    assert (refused.status, "does not fit the file" in refused.err) == (1, True)
    done = enrol("desk", "--offline", given["answer"], "--check", given["check"])
    assert (done.status, done.err) == (0, "")
    assert "This computer is CARRIED-PC now" in done.out
    assert f"mrnmesh-node --data {tmp_path / 'desk'} run" in done.out
    assert enrol("desk", "--offline").status == 0
    again = enrol("desk", "--offline", given["answer"], "--check", given["check"], "--json")
    assert json.loads(again.out)["code"] == "CARRIED-PC"


def test_a_copy_of_the_folder_is_told_that_the_numbers_are_not_for_it(enrol, live, tmp_path):
    asked = json.loads(enrol("desk", "--offline", "COPIED-PC", "--json").out)
    shutil.copytree(tmp_path / "desk", tmp_path / "copy")
    there = ("terminals", "enrol", "--offline", asked["request"], "--check", asked["check"])
    given = json.loads(live.hub(*there, "--json").out)
    answer = ("--offline", given["answer"], "--check", given["check"])
    done = enrol("desk", *answer)
    assert "It has these numbers of its own: " in done.out
    copied = enrol("copy", *answer)
    assert (copied.status, copied.err) == (0, "")
    assert "It has no numbers of its own yet" in copied.out
    assert f"  mrnmesh-node --data {tmp_path / 'copy'} enrol --offline\n" in copied.out
    assert json.loads(enrol("copy", *answer, "--json").out)["ranges"] == []


def test_without_anything_it_asks_for_the_code(enrol):
    done = enrol("desk")
    assert (done.status, "the code of the administrator" in done.err) == (1, True)
