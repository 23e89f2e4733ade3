"""`mrnmesh-conflicts`: what it asks, what it decides, and what it ends with."""

import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from coordinator.cli import conflicts as conflicts_cli
from sync.cli.errors import CallRefused
from sync.daemon import settings_files
from sync.daemon.data_folder import KEY_FILE
from sync.engine.keys import Signer
from sync.errors import BadOption
from tests.coordinator.cli.made_up import CONFLICT, STEP


def test_status_2_says_that_it_could_not_be_told(tmp_path, capsys):
    for wrong in (
        ["--node", str(tmp_path), "list"],
        ["list", "--url", "http://127.0.0.1:1"],
        ["--node", str(tmp_path), "resolve", "730030", "void", "--why", "B"],
    ):
        assert conflicts_cli.main(wrong) == 2
        assert capsys.readouterr().err.startswith("mrnmesh-conflicts: ")
    with pytest.raises(SystemExit) as ended:
        conflicts_cli.main(["resolve", "730030", "erase", "--why", "B"])
    assert ended.value.code == 2


def test_a_desk_is_found_by_its_settings(tmp_path, monkeypatch, capsys):
    (tmp_path / "register.db").touch()
    Signer.new().save(tmp_path / KEY_FILE)
    settings_files.write_toml(tmp_path / "node.toml", {"listen": "127.0.0.1:1"})
    assert conflicts_cli.main(["--node", str(tmp_path), "list"]) == 2
    assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err


def test_why_is_required(capsys):
    with pytest.raises(SystemExit):
        conflicts_cli.main(["resolve", "730030", "void"])
    assert "required: --why" in capsys.readouterr().err


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
    assert run("resolve", "710042", "void", "--why", "B", "--yes") == 2
    assert (
        "2 conflicts about 710042. Name one by its id: bbbbbbbbbbbb, aaaaaaaaaaaa"
        in capsys.readouterr().err
    )


def test_it_asks_before_it_decides_and_tells_what_was_seen(served, monkeypatch, capsys):
    decide = ("resolve", "710042", "void", "--why", "typed twice")
    assert run(*decide) == 2
    assert "Add --yes" in capsys.readouterr().err
    for answer, status in (("n\n", 2), ("", 2), ("y\n", 0)):
        terminal = io.StringIO(answer)
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", terminal)
        assert run(*decide) == status
        assert "marked as a mistake" in capsys.readouterr().err
    posts = [call for call in served.calls if call[0] == "POST"]
    body = {"action": "void", "why": "typed twice", "resolution": None}
    assert posts == [("POST", f"/api/conflicts/aabbccdd{'0' * 24}/resolve/", body)]
    assert run(*decide, "--yes") == 0
    assert "resolution" not in served.calls[-1][2], "whatever is in force is refused unseen"


# people who were sent twice

SENT = {
    "mrn": "710000",
    "full_name": "Ayesha Khan",
    "dob": "1990-01-01",
    "origin_terminal_code": "LAB1-PC",
    "created_at": "2026-01-05T12:00:00+05:00",
}


@pytest.fixture
def answered(monkeypatch):
    """The pages that the coordinator answers with."""
    pages = [{"count": 1, "results": [{"patients": [SENT, SENT | {"mrn": "720000"}]}]}]

    class Client:
        def call(self, method, path):
            assert (method, path) == ("GET", "/api/sent-twice/?page_size=200&page=1")
            return pages[0]

    monkeypatch.setattr(conflicts_cli, "client", lambda *_, **__: Client())
    return pages


def run_sent_twice(*arguments):
    return conflicts_cli.main(
        ["sent-twice", "--url", "http://127.0.0.1:1", "--token", "t", *arguments]
    )


def test_both_people_stand_below_each_other(answered, capsys):
    assert run_sent_twice() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line] == ["MRN", "710000", "720000"]


def test_a_program_gets_json(answered, capsys):
    assert run_sent_twice("--json") == 0
    assert json.loads(capsys.readouterr().out) == answered[0]["results"]


def test_that_there_is_nobody_is_said(answered, capsys):
    answered[0] = {"count": 0, "results": []}
    assert run_sent_twice() == 0
    assert capsys.readouterr().out == "Nobody.\n"


def test_fields_are_taken_as_both_records_were_read(served, capsys):
    merge = ("resolve", "710042", "merge", "--why", "moved", "--yes", "--take")
    assert run(*merge, "phone, identifiers.passport") == 0
    (_, _, body) = served.calls[-1]
    assert (body["take"], body["seen"]) == (["phone", "identifiers.passport"], "5ee4")
    assert run(*merge, "mrn") == 2
    assert "none of the fields" in capsys.readouterr().err


def test_with_another_person_than_that_of_the_conflict_both_are_read(monkeypatch):
    api = People(CONFLICT["patient"], OTHER, THIRD)
    asked = []
    monkeypatch.setattr(api, "call", lambda *call: asked.append(call) or {"seen": "read now"})
    assert conflicts_cli._seen(api, CONFLICT, THIRD) == "read now"
    (one, other) = (person["record_id"] for person in (CONFLICT["patient"], THIRD))
    assert asked == [("GET", f"/api/patients/{one}/compare/{other}/")]
    assert conflicts_cli._seen(api, CONFLICT, None) == "5ee4"


# the person to merge into


class People:
    """The people whom a coordinator knows by a number or a record."""

    def __init__(self, *people):
        self.people = people

    def call(self, method, path):
        assert method == "GET"
        kind, _, key = path.removeprefix("/api/patients/").strip("/").rpartition("/")
        found = [one for one in self.people if key in (one["mrn"], one["record_id"])]
        if not found:
            raise CallRefused(detail="There is no patient.")
        return {"results": found} if kind == "mrn" else found[0]


OTHER = CONFLICT["other"]
THIRD = OTHER | {"id": 9, "record_id": f"{9:036x}", "mrn": "710009"}


@pytest.mark.parametrize(
    ("wanted", "who"),
    [
        (OTHER["record_id"], OTHER),
        (OTHER["record_id"].upper(), OTHER),
        (OTHER["record_id"][:26], OTHER),
        ("730030", OTHER),
        ("\u202a730030\u202c", OTHER),
        ("710009", THIRD),
        (THIRD["record_id"], THIRD),
        (THIRD["record_id"].upper(), THIRD),
        *((OTHER["record_id"][:length], OTHER) for length in range(conflicts_cli.PREFIX_MIN, 36)),
        *(
            (f"{before}{number.translate(digits)}{behind}", who)
            for digits in (
                {ord("0") + digit: zero + digit for digit in range(10)}
                for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10)
            )
            for before, behind in (("", ""), (" ", "\u00a0"), ("\u202b", "\u202c"), ("\ufeff", ""))
            for number, who in (("730030", OTHER), ("710009", THIRD))
        ),
    ],
)
def test_merge_takes_what_show_prints(wanted, who):
    api = People(CONFLICT["patient"], OTHER, THIRD)
    assert conflicts_cli._person(api, CONFLICT, wanted) == who


@pytest.mark.parametrize(
    ("people", "wanted", "said"),
    [
        ((CONFLICT["patient"],), "730030", "is the number of nobody else"),
        ((OTHER, OTHER | {"id": 8}), "730030", "name one record"),
        ((), "5", "There is no patient"),
    ],
)
def test_who_is_not_one_other_person_is_not_merged_into(people, wanted, said):
    with pytest.raises(BadOption, match=said):
        conflicts_cli._person(People(*people), CONFLICT, wanted)
