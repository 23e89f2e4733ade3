"""``terminals enrol``: a code to be typed and one for a camera, and what is done with it."""

import json

import pytest

from coordinator.cli.enrolment import enrol
from node.enrolment import offline
from sync.errors import BadOption
from sync.trust import codes


def test_it_prints_the_command_for_the_desk(live):
    done = live.hub("terminals", "enrol", "NEW-PC", "--valid", "8h", "--address", "10.0.0.5")
    assert done.status == 0
    (line,) = [one for one in done.out.splitlines() if "mrnmesh-node enrol" in one]
    code = codes.parse(line.split()[-1])
    assert code.host == "10.0.0.5"
    assert f"10.0.0.5:{code.port}" in done.out
    assert "█" in done.out


def test_it_says_when_the_coordinator_is_reached_only_from_its_own_computer(live):
    done = live.hub("terminals", "enrol", "NEW-PC")
    assert "`sync_listen` to 0.0.0.0:8471" in done.out


def test_it_says_that_a_terminal_with_a_computer_has_to_be_replaced_first(live):
    done = live.hub("terminals", "enrol", "LAB1-PC")
    assert "terminals replace LAB1-PC" in done.out


def test_a_request_is_answered_with_a_file_beside_it_if_its_check_is_right(live, tmp_path):
    folder, request = tmp_path / "usb", tmp_path / "usb" / "FILE-PC.request"
    folder.mkdir()
    path, check = offline.ask(tmp_path / "desk", "FILE-PC", tmp_path / "witness")
    path.rename(request)
    asked = ("terminals", "enrol", "--offline", str(request), "--check")
    refused = live.hub(*asked, check[::-1])
    assert (refused.status, "does not fit" in refused.err) == (1, True)
    assert "the request is that of FILE-PC" in live.hub(*asked, check, "OTHER-PC").err
    assert [one.name for one in folder.iterdir()] == [request.name]
    done = live.hub(*asked, check, "--name", "The cellar")
    assert done.status == 0
    assert f"FILE-PC is let in. Carry this file back to it: {folder / 'FILE-PC.answer'}" in done.out
    assert "The cellar" in live.hub("terminals", "show", "FILE-PC").out
    answer = json.loads(live.hub(*asked, check, "--json").out)
    assert answer["answer"] == str(folder / "FILE-PC.answer")
    named = live.hub("terminals", "enrol")
    assert (named.status, "name a terminal code" in named.err) == (1, True)


def test_as_json_for_programs(live):
    answer = json.loads(live.hub("terminals", "enrol", "NEW-PC", "--json").out)
    assert codes.parse(answer["enrolment_code"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [("30min", 1800), ("90 m", 5400), ("8h", 28800), ("1H", 3600), ("2d", 172800)],
)
def test_times_are_read_as_people_write_them(text, meant):
    assert enrol.seconds(text) == meant


@pytest.mark.parametrize("text", ["", "8", "h", "0h", "8d", "-1h", "30s", "١h"])
def test_other_times_are_refused(text):
    with pytest.raises(BadOption, match="--valid"):
        enrol.seconds(text)


def test_a_short_code_comes_with_where_to_look(live):
    done = live.hub("terminals", "enrol", "NEW-PC", "--short", "--address", "10.0.0.5")
    (line,) = [one for one in done.out.splitlines() if "mrnmesh-node enrol" in one]
    words = line.split()
    assert len(words[2]) == 22
    assert words[3:] == ["--coordinator", words[4]]
    assert words[4].startswith("10.0.0.5:")
    assert "\u2588" not in done.out
