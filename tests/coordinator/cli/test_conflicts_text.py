"""Conflicts for people: side by side, as a table, for a spreadsheet; what a decision did."""

import csv
import io

import pytest

from coordinator.cli.conflicts_text import conflict_text, plan, side_by_side, spreadsheet, table
from sync.cli.status import local_time
from sync.cli.table import width
from tests.coordinator.cli.made_up import CONFLICT, HOLDER, REFUSED, STEP


def test_both_people_stand_side_by_side_with_what_differs_marked():
    lines = side_by_side(CONFLICT).splitlines()
    assert lines[0] == f"Conflict {CONFLICT['id']}: open"
    assert lines[1] == "Number 730030: another person holds this number."
    rows = {line[2:12].strip(): line for line in lines[3:]}
    assert "Sidra Bibi" in rows["Name"]
    assert "احمد علی" in rows["Name"]
    assert [title for title, line in rows.items() if line.startswith("*")] == ["Name", "Phone"]
    column = rows["Phone"].index("03995550163")
    assert rows["Address"].index("A long", 20) == column
    assert rows["Status"].endswith("  confirmed")
    assert lines[3].split() == ["NUMBER", "REFUSED", "HOLDS", "THE", "NUMBER"]
    assert lines[-1] == (
        "احمد علی holds 730030 because the coordinator confirmed that registration first."
    )


def test_a_number_that_nobody_holds_is_said_so():
    alone = CONFLICT | {"holder": None, "other": None, "differs": [], "reason": "outside_range"}
    text = side_by_side(alone)
    assert "NOBODY ELSE" in text
    assert "Nobody holds 730030." in text
    assert "the number was not this terminal's to give" in text


def test_the_history_says_who_why_and_what():
    text = side_by_side(CONFLICT | {"open": False, "history": [STEP]})
    assert text.splitlines()[-1] == (
        f"  {local_time('2026-01-05T08:00:00Z')}  assign by Sadia Malik, number PAT-20260105-0001: "
        '=HYPERLINK("evil") [in force]'
    )


def test_the_table_has_one_line_for_each():
    lines = table([CONFLICT, CONFLICT | {"open": False, "holder": None}]).splitlines()
    assert lines[0].split() == ["ID", "NUMBER", "STATE", "PERSON", "HELD", "BY", "REASON"]
    assert lines[1].startswith("04641a420011  730030  open ")
    assert "nobody" in lines[2]
    assert lines[1].index("another person") == lines[2].index("another person")
    assert table([]) == "No conflicts."


def test_a_spreadsheet_reads_urdu_and_runs_nothing():
    data = spreadsheet([CONFLICT | {"history": [STEP]}])
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert row["other_full_name"] == "احمد علی"
    assert row["person_phone"] == "'+923995550079"
    assert row["why"] == '\'=HYPERLINK("evil")'
    assert row["person_cnic"] == ""
    assert (row["number"], row["state"], row["action"]) == ("730030", "open", "assign")
    assert not [value for value in row.values() if value[:1] in ("=", "+", "-", "@")]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("assign", "Sidra Bibi (RECEP-1) gets a fresh number"),
        ("award", "احمد علی (LAB1-PC) gets a fresh number"),
        ("merge", "counts as one with that of احمد علی (LAB1-PC), number 730030"),
        ("void", "marked as a mistake"),
        ("reopen", "taken back"),
    ],
)
def test_what_is_about_to_be_done_is_said_before_it_is_asked(action, words):
    assert words in plan(CONFLICT, action, None)


def test_what_changed_says_which_desk_prints_which_card():
    change = {
        "patient": REFUSED | {"mrn": "PAT-20260105-0001"},
        "before": "730030",
        "held_before": False,
        "mrn": "PAT-20260105-0001",
        "holds": True,
        "reprint": True,
        "desk": "RECEP-1",
        "listed": True,
    }
    text = conflict_text({"conflict": CONFLICT | {"open": False}, "changed": [change]})
    assert "730030 became PAT-20260105-0001. Print a new card at RECEP-1, unless" in text
    assert "mrnmesh-node reprinted NUMBER" in text
    bare = conflict_text(
        {"conflict": CONFLICT, "changed": [change | {"listed": False, "desk": "OLD-PC"}]}
    )
    assert "Tell OLD-PC, which has no node" in bare
    assert "No number has changed." in conflict_text({"conflict": CONFLICT, "changed": []})


@pytest.mark.parametrize(
    "name", ["گل\u200cبانو", "李小龙", "Sidra 👩\u200d⚕️", "Zoe\u0308", "Sidra"]
)
def test_columns_stand_below_one_another_in_every_script(name):
    one = CONFLICT | {"patient": REFUSED | {"full_name": name}}
    lines = side_by_side(one).splitlines()
    left, right = HOLDER["full_name"], HOLDER["phone"]
    starts = {
        width(line.rpartition(found)[0])
        for line in lines[4:9]
        for found in (left, right)
        if line.endswith(found)
    }
    assert len(starts) == 1
    listed = table([one, CONFLICT]).splitlines()
    assert len({width(line.rpartition("another person")[0]) for line in listed[1:]}) == 1


@pytest.mark.parametrize(
    ("field", "title", "value"),
    [("sex", "sex", "M"), ("dob", "date of birth", "1964-11-15"), ("cnic", "CNIC", "2")],
)
def test_a_merge_names_the_person_and_warns_of_what_one_human_being_cannot_have(
    field, title, value
):
    mine = CONFLICT | {"patient": REFUSED | {"cnic": "1"}}
    same = HOLDER | {"cnic": "1", "mrn": "710001"}
    said = plan(mine, "merge", same)
    assert "one with that of احمد علی (LAB1-PC), number 710001" in said
    assert "WARNING" not in said
    said = plan(mine, "merge", same | {field: value})
    assert f"WARNING: the {title} differs: " in said
    assert said.count("WARNING") == 1
    assert "WARNING" not in plan(mine, "merge", same | {field: None}), "nobody has said it"


def test_what_a_merge_takes_is_said_before_it_is_asked():
    former = REFUSED | {"identifiers": {"passport": "AB1"}}
    said = plan(CONFLICT | {"patient": former}, "merge", None, ["identifiers.passport", "cnic"])
    assert "Taken from the first: identifiers.passport AB1." in said
    assert "Taken from the first: cnic (empty)." in said


def test_to_reopen_says_which_card_is_wrong_and_that_somebody_must_decide():
    step = STEP | {"displaced_mrn": "PAT-20260105-0002"}
    said = plan(
        CONFLICT | {"history": [step, STEP | {"in_force": False, "mrn": "5"}]}, "reopen", None
    )
    assert "card printed with PAT-20260105-0001 or PAT-20260105-0002 may be wrong" in said
    assert "somebody has to decide about it again" in said
    change = {
        "patient": REFUSED,
        "before": "PAT-1",
        "mrn": "730030",
        "holds": False,
        "reprint": False,
    }
    text = conflict_text({"conflict": CONFLICT, "changed": [change]})
    assert "A card printed with PAT-1 is wrong." in text
    assert "Somebody has to decide about it again." in text


def test_the_record_that_merge_takes_is_shown():
    shown = side_by_side(CONFLICT)
    assert REFUSED["record_id"] in shown
    assert HOLDER["record_id"] in shown


def test_after_an_award_nobody_is_in_conflict_with_himself():
    awarded = CONFLICT | {
        "holder": REFUSED,
        "held_by": "resolution",
        "open": False,
        "history": [STEP | {"action": "award"}],
    }
    (line,) = table([awarded]).splitlines()[1:]
    assert "this person" in line
    assert line.count("Sidra Bibi") == 1
    for shown in (line, side_by_side(awarded)):
        assert "another person held this number" in shown
        assert "another person holds" not in shown
    assert "another person holds this number" in table([CONFLICT])
