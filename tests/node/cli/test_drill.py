"""``drill``: a running node held offline, and what is reported of that."""

import json
from datetime import datetime

import pytest

from node.cli import drill as drill_command

DONE = {
    "on": False,
    "phase": "done",
    "begun_at": datetime(2026, 11, 24, 16, 0, 2).astimezone().isoformat(),
    "ended_at": datetime(2026, 11, 24, 16, 5, 2).astimezone().isoformat(),
    "people": 2,
    "numbers": ["710000-710001"],
    "from_coordinator": 0,
    "confirmed": 2,
    "refused": 0,
    "waiting": 0,
    "failures": {},
    "in_step_after_s": 0.6,
}


def test_a_good_drill_is_reported_in_sentences():
    assert drill_command.report_lines(DONE) == [
        "Offline from 2026-11-24 16:00:02 to 2026-11-24 16:05:02: "
        "2 people registered (710000-710001).",
        "In step with the coordinator again after 0.6 seconds.",
        "Confirmed: 2 of 2.",
    ]
    assert drill_command.went_wrong(DONE) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"in_step_after_s": None}, "was not in step within 120 seconds"),
        ({"failures": {"range_exhausted": 3}}, "failed with range_exhausted: 3."),
        ({"refused": 1}, "Numbers refused: 1."),
    ],
)
def test_what_went_wrong_is_reported_with_what_to_do(changed, said):
    (line,) = drill_command.went_wrong(DONE | changed)
    assert said in line
    assert "mrnmesh-" in line


def test_progress_is_reported_while_it_runs(capsys):
    reports = iter(
        [
            DONE | {"on": True, "seconds_left": 65.2, "people": 0, "numbers": []},
            DONE | {"on": True, "seconds_left": 64.1, "people": 1, "numbers": ["710000"]},
            DONE | {"phase": "syncing", "confirmed": 1},
        ]
    )
    say = drill_command.Saying(quiet=False)
    last = drill_command.watch(
        lambda *_: next(reports), say, lambda now: now["on"], pause=lambda _: None
    )
    assert last["phase"] == "syncing"
    assert capsys.readouterr().err.splitlines() == [
        "nobody registered; 1:05 left.",
        "1 person registered (710000); 1:04 left.",
    ]


def test_a_drill_of_a_second_is_reported_with_its_numbers(live):
    live.in_step()
    done = live.node("drill", "--minutes", "0.01", "--json")
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert (report["phase"], report["people"], report["wrong"]) == ("done", 0, [])
    assert done.err == "", "programs get only the report"
    live.in_step()


def test_the_length_is_said_in_the_singular_too(live, monkeypatch):
    """Ctrl-C ends it before its time."""

    def interrupt(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(drill_command, "watch", interrupted_once(drill_command.watch, interrupt))
    done = live.node("drill", "--minutes", "1")
    assert "This node is held offline for 1 minute." in done.err
    assert "Ended before its time." in done.err
    assert done.status == 0
    live.in_step()


def test_ctrl_c_counts_from_the_first_word_on(live, monkeypatch):
    said = []

    class Interrupted(drill_command.Saying):
        def __call__(self, line):
            super().__call__(line)
            said.append(line)
            if len(said) == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(drill_command, "Saying", Interrupted)
    done = live.node("drill", "--minutes", "60")
    assert (done.status, said[1]) == (0, "Ended before its time.")
    assert not live.api().call("GET", "/api/drill/")["on"]
    live.in_step()


def interrupted_once(watch, interrupt):
    """The first wait is cut short, as by Ctrl-C; the one for the sync is not."""
    calls = []

    def run(call, say, going, report=None):
        calls.append(going)
        if len(calls) == 1:
            return watch(call, say, going, report, pause=interrupt)
        return watch(call, say, going, report, pause=lambda _: None)

    return run
