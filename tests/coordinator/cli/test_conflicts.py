"""What `mrnmesh-conflicts` prints, and what it ends with."""

import csv
import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli.conflicts_text import conflict_text, plan, side_by_side, spreadsheet, table
from sync.daemon import settings_files

REFUSED = {
    "id": 2,
    "record_id": "01a20b78-45ab-7d23-bc9f-6f01f5118e25",
    "full_name": "Sidra Bibi",
    "father_name": "Zubair",
    "dob": "1963-11-15",
    "sex": "F",
    "phone": "+923995550079",
    "cnic": None,
    "address": "A long address in a long street of a large town",
    "origin_terminal_code": "RECEP-1",
    "created_at": "2026-01-05T12:00:00+05:00",
    "operator": None,
    "mrn": "730030",
    "former_mrn": None,
    "mrn_status": "rejected",
    "merged_into": None,
    "voided": False,
}
HOLDER = REFUSED | {
    "id": 1,
    "record_id": "01a20b78-45ab-7d23-bc9f-000000000001",
    "full_name": "احمد علی",
    "mrn_status": "admitted",
    "phone": "03995550163",
    "origin_terminal_code": "LAB1-PC",
}
CONFLICT = {
    "id": "04641a4200112233445566778899aabb",
    "mrn": "730030",
    "reason": "duplicate_mrn",
    "open": True,
    "resolution": None,
    "patient": REFUSED,
    "holder": HOLDER,
    "held_by": "verdict",
    "other": HOLDER,
    "differs": ["full_name", "phone"],
    "history": [],
}
STEP = {
    "id": "aa",
    "action": "assign",
    "who": "Sadia Malik",
    "why": '=HYPERLINK("evil")',
    "at": "2026-01-05T08:00:00Z",
    "about": CONFLICT["id"],
    "mrn": "PAT-20260105-0001",
    "into": None,
    "displaced": None,
    "displaced_mrn": None,
    "replaced": False,
    "in_force": True,
}


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
        "  2026-01-05T08:00:00Z  assign by Sadia Malik, number PAT-20260105-0001: "
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
        ("merge", "one with the record 01a20b78-45ab-7d23-bc9f-000000000001"),
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


def test_status_2_says_that_it_could_not_be_told(tmp_path, capsys):
    for wrong in (
        ["--node", str(tmp_path), "list"],
        ["list", "--url", "http://127.0.0.1:1"],
        ["--node", str(tmp_path), "resolve", "730030", "void", "--who", "A", "--why", "B"],
    ):
        assert conflicts_cli.main(wrong) == 2
        assert capsys.readouterr().err.startswith("mrnmesh-conflicts: ")
    with pytest.raises(SystemExit) as ended:
        conflicts_cli.main(["resolve", "730030", "erase", "--who", "A", "--why", "B"])
    assert ended.value.code == 2


def test_a_desk_is_found_by_its_settings(tmp_path, monkeypatch, capsys):
    settings_files.write_toml(tmp_path / "node.toml", {"listen": "127.0.0.1:1"})
    assert conflicts_cli.main(["--node", str(tmp_path), "list"]) == 2
    assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err


def test_who_and_why_are_required(capsys):
    for given in (["--who", "A"], ["--why", "B"]):
        with pytest.raises(SystemExit):
            conflicts_cli.main(["resolve", "730030", "void", *given])
    assert "required: --who" in capsys.readouterr().err


class Served:
    """The API of a daemon with two conflicts, a page each; remembers what was asked of it."""

    def __init__(self, monkeypatch):
        self.conflicts = [
            CONFLICT | {"id": "710042ff" + "0" * 24, "mrn": "5", "open": False},
            CONFLICT | {"id": "aabbccdd" + "0" * 24, "mrn": "710042"},
        ]
        self.calls = []
        monkeypatch.setattr(conflicts_cli.Client, "call", lambda _, *call: self.call(*call))

    def call(self, method, path, body=None):
        self.calls.append((method, path, body))
        if method == "POST":
            return {"conflict": self.conflicts[1] | {"open": False}, "changed": []}
        wanted = parse_qs(urlsplit(path).query)
        found = [one for one in self.conflicts if wanted.get("mrn", [one["mrn"]]) == [one["mrn"]]]
        second = "offset" in wanted
        link = None if second or len(found) < 2 else f"http://127.0.0.1:1{path}&offset=1"
        page = found[1:] if second else found[:1]
        return {"count": len(found), "next": link, "previous": None, "results": page}


@pytest.fixture
def served(monkeypatch):
    monkeypatch.delenv("MRNMESH_URL", raising=False)
    return Served(monkeypatch)


def run(*arguments):
    return conflicts_cli.main([*arguments, "--url", "http://127.0.0.1:1", "--token", "x"])


def test_all_pages_are_listed_and_the_status_says_whether_one_is_open(served, capsys):
    assert run("list") == 1
    assert len(capsys.readouterr().out.splitlines()) == 3
    served.conflicts[1] = served.conflicts[1] | {"open": False}
    assert run("list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert run("list", "--open", "--reason", "revoked", "--since", "2026-01-05") == 0
    asked = parse_qs(urlsplit(served.calls[-1][1]).query)
    given = [asked[name][0] for name in ("open", "reason", "since")]
    assert given == ["true", "revoked", "2026-01-05"]


def test_a_conflict_is_picked_by_its_number_before_the_beginning_of_an_id(served, capsys):
    for wanted, status in (("710042", 1), ("AABBCC", 1), ("710042ff", 0), ("aabbc", 2), ("", 2)):
        assert run("show", wanted, "--json") == status
        found = json.loads(capsys.readouterr().out or "[]")
        assert [one["mrn"] for one in found] == {0: ["5"], 1: ["710042"], 2: []}[status]


def test_a_file_is_written_for_a_spreadsheet_or_a_program(served, tmp_path):
    assert run("export", str(tmp_path / "all.csv")) == 1
    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbfid,number")
    run("export", str(tmp_path / "all.json"))
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))) == 2


def test_of_two_conflicts_about_a_number_the_one_that_was_decided_is_meant(served, capsys):
    """Whoever was displaced by an award has one too."""
    mine, theirs = ({"id": letter * 32, "mrn": "710042"} for letter in "ab")
    step = STEP | {"about": mine["id"]}
    given = [CONFLICT | one | {"open": False, "history": [step]} for one in (theirs, mine)]
    assert conflicts_cli._meant(given) == [given[1]]
    again = [given[0] | {"open": True}, given[1]]
    assert conflicts_cli._meant(again) == [again[0]]
    served.conflicts = [CONFLICT | one for one in (theirs, mine)]
    assert run("resolve", "710042", "void", "--who", "A", "--why", "B", "--yes") == 2
    assert "710042 means 2 conflicts: bbbbbbbbbbbb, aaaaaaaaaaaa" in capsys.readouterr().err


def test_it_asks_before_it_decides_and_tells_what_was_seen(served, monkeypatch, capsys):
    decide = ("resolve", "710042", "void", "--who", "Sadia", "--why", "typed twice")
    assert run(*decide) == 2
    assert "Add --yes" in capsys.readouterr().err
    for answer, status in (("n\n", 2), ("", 2), ("y\n", 0)):
        terminal = io.StringIO(answer)
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", terminal)
        assert run(*decide) == status
        assert "marked as a mistake" in capsys.readouterr().err
    posts = [call for call in served.calls if call[0] == "POST"]
    body = {"action": "void", "who": "Sadia", "why": "typed twice", "resolution": None}
    assert posts == [("POST", f"/api/conflicts/aabbccdd{'0' * 24}/resolve/", body)]
    assert run(*decide, "--yes") == 0
    assert "resolution" not in served.calls[-1][2], "whatever is in force is refused unseen"
