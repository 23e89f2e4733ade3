"""``mrnmesh-coordinator import``: what is sent, told and reported, beside a made-up daemon."""

import csv
import io
import json

import pytest

from coordinator.cli import main as cli
from sync.cli.client import Client
from sync.cli.errors import CallRefused, Unreachable


class Daemon:
    """Takes every row but those that a test names; ``fails`` after so many calls."""

    def __init__(self):
        self.bodies = []
        self.there = set()
        self.lacking = set()
        self.alike = set()
        self.refused = {}
        self.left_out = {}
        self.fails = {}
        self.clock = {"time": "2026-11-27T12:00:00Z", "believed": True, "settled": False}

    def call(self, method, path, body=None):
        if path == "/api/clock/":
            return self.clock
        self.bodies.append((method, path, body))
        error = self.fails.get(len(self.bodies))
        if error is not None:
            raise error
        names = [row.get("mrn", row.get("code")) for row in body["rows"]]

        def notes(why):
            return [
                {"row": at, "mrn": name, "code": why[name], "detail": f"{name} it is."}
                for at, name in enumerate(names)
                if name in why
            ]

        there = [at for at, name in enumerate(names) if name in self.there]
        refused = notes(self.refused)
        return {
            "taken": len(names) - len(there) - len(refused),
            "there": there,
            "filled": [at for at in there if names[at] in self.lacking],
            "alike": [at for at, name in enumerate(names) if name in self.alike],
            "refused": refused,
            "left_out": notes(self.left_out),
        }

    @property
    def sent(self):
        return [len(body["rows"]) for _, _, body in self.bodies]


@pytest.fixture
def daemon(monkeypatch):
    daemon = Daemon()
    monkeypatch.setattr(Client, "call", lambda _, *what: daemon.call(*what))
    return daemon


@pytest.fixture
def take(tmp_path, daemon):
    def run(table, content, *options):
        path = tmp_path / "old.csv"
        path.write_text(content, encoding="utf-8")
        where = ("--url", "http://127.0.0.1:1", "--token", "x")
        return cli.main(["import", table, str(path), *options, *where])

    return run


@pytest.fixture
def report(tmp_path):
    def read():
        path = tmp_path / "old.not-taken.csv"
        if not path.exists():
            return None
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))[1:]

    return read


class Terminal(io.StringIO):
    """An input at which somebody sits."""

    def isatty(self):
        return True


def people(*mrns):
    return "mrn,full_name,ward\n" + "".join(f"{mrn},Person {mrn},W\n" for mrn in mrns)


def test_rows_are_sent_some_at_a_time(take, daemon, capsys):
    assert take("patients", people(*range(1, 1102)), "--lenient") == 0
    assert daemon.sent == [500, 500, 101]
    method, path, body = daemon.bodies[0]
    assert (method, path) == ("POST", "/api/import/patients/")
    assert body["rows"][0] == {"mrn": "1", "full_name": "Person 1"}
    assert (body["dry_run"], body["lenient"]) == (False, True)
    printed = capsys.readouterr()
    assert "Not imported, because nothing here holds it: ward." in printed.out
    assert "old.csv: 1,101 rows; 1,101 taken, 0 known already, 0 not taken." in printed.out
    assert printed.err == ""


def test_long_rows_are_sent_fewer_at_a_time(take, daemon):
    text = "mrn,full_name,address\n" + "".join(f"{n},A,{'x' * 9000}\n" for n in range(60))
    take("patients", text)
    assert daemon.sent == [56, 4]
    assert len(json.dumps(daemon.bodies[0][2])) < 4_000_000


def test_each_row_that_is_not_taken_is_reported_with_its_line(take, daemon, report, capsys):
    daemon.refused = {"2": "mrn_in_use", "3": "mrn_in_use"}
    daemon.left_out = {"4": "taken_without_field"}
    daemon.there = {"1"}
    assert take("patients", people(1, 2, 3, 4) + "5,too short\n") == 1
    assert report() == [
        ["6", "5", "broken_row", "The row has 2 cells, the header 3."],
        ["3", "2", "mrn_in_use", "2 it is."],
        ["4", "3", "mrn_in_use", "3 it is."],
        ["5", "4", "taken_without_field", "4 it is."],
    ]
    printed = capsys.readouterr().out
    assert "5 rows; 1 taken, 1 known already, 3 not taken." in printed
    assert "    2  mrn_in_use\n    1  broken_row\n" in printed
    assert "1 of those that are taken lose a field" in printed
    assert "old.not-taken.csv" in printed


def test_a_report_of_an_earlier_run_does_not_stay(take, daemon, report):
    daemon.refused = {"1": "mrn_in_use"}
    assert take("patients", people(1)) == 1
    assert report()
    daemon.refused = {}
    assert take("patients", people(1)) == 0
    assert report() is None


def test_the_outcome_for_programs(take, daemon, tmp_path, capsys):
    daemon.refused = {"2": "mrn_in_use"}
    elsewhere = tmp_path / "elsewhere.csv"
    assert take("patients", people(1, 2), "--json", "--report", str(elsewhere)) == 1
    assert json.loads(capsys.readouterr().out) == {
        "rows": 2,
        "taken": 1,
        "there": 0,
        "filled": 0,
        "alike": None,
        "not_taken": {"mrn_in_use": 1},
        "taken_without_field": 0,
        "dry_run": False,
        "report": str(elsewhere),
    }
    assert elsewhere.exists()


def test_a_dry_run_holds_rows_against_those_far_above_them(take, daemon, report, capsys):
    mrns = ["0001", *(f"X{n}" for n in range(600)), "0001", "1", "pat-20240101-1", "X7"]
    content = people(*mrns) + "PAT-20240101-0001,Person,W\nX8,Somebody Else,W\n"
    assert take("patients", content, "--dry-run") == 1
    assert daemon.bodies[0][2]["dry_run"] is True
    assert [row[1] for row in report()] == ["1", "PAT-20240101-0001", "X8"]
    assert {row[2] for row in report()} == {"twice_in_file"}
    printed = capsys.readouterr().out
    assert "607 rows; 602 would be taken, 2 are known already, 3 would not" in printed
    assert "This was a dry run: nothing was changed." in printed


def test_terminals_of_a_dry_run_are_sent_at_once(take, daemon):
    rows = "".join(f"T{n},{n}00,{n}99\n" for n in range(1, 102))
    content = "code,offline_range_start,offline_range_end\n" + rows
    assert take("terminals", content) == 0
    assert daemon.sent == [50, 50, 1]
    assert "lenient" not in daemon.bodies[0][2]
    daemon.bodies.clear()
    assert take("terminals", content, "--dry-run") == 0
    assert daemon.sent == [101]


@pytest.mark.parametrize(
    "error",
    [
        Unreachable(url="http://x", why="gone", start="`run`"),
        CallRefused(detail="It is recovering."),
    ],
)
def test_a_daemon_that_fails_in_the_middle_is_reported_with_what_to_do(take, daemon, capsys, error):
    daemon.fails = {2: error}
    assert take("patients", people(*range(1, 1102))) == 2
    printed = capsys.readouterr().err
    assert "ended after 500 of 1,101 rows" in printed
    assert "run the same command again to go on" in printed
    assert str(error) in printed


def test_what_fails_at_once_leaves_no_report(take, daemon, report, capsys):
    daemon.fails = {1: Unreachable(url="http://x", why="gone", start="`run`")}
    assert take("patients", people(1)) == 2
    assert report() is None
    assert "ended after" not in capsys.readouterr().err


def test_an_interrupt_leaves_the_report_of_what_was_done(take, daemon, report, capsys):
    daemon.refused = {"7": "mrn_in_use"}
    daemon.fails = {2: KeyboardInterrupt()}
    assert take("patients", people(*range(1, 1102))) == 130
    assert [row[:3] for row in report()] == [["8", "7", "mrn_in_use"]]
    assert "ended after 500 of 1,101 rows" in capsys.readouterr().err


def test_how_the_file_is_read_is_shown_before_anything_is_sent(take, daemon, capsys):
    content = "mrn;full_name;dob;ward\n710000;کریم;1990-01-02;A\n710001;Sana;1991-01-02;B\n"
    take("patients", content, "--dry-run")
    shown = capsys.readouterr().out.splitlines()
    assert shown[:4] == [
        "old.csv: 2 rows, CSV in utf-8, columns separated by ';'",
        "  mrn        2 of 6 digits (710000)",
        "  full_name  2 filled: کریم, Sana",
        "  dob        2 dates as YYYY-MM-DD",
    ]


def test_dates_in_another_form_stop_the_import_before_it_begins(take, daemon, capsys):
    content = "mrn,full_name,dob\n1,Ali,31/12/1990\n2,Sana,13/01/1991\n"
    for options in ((), ("--lenient",), ("--dry-run",)):
        assert take("patients", content, *options) == 2
        assert "--date-format %d/%m/%Y" in capsys.readouterr().err
    assert daemon.bodies == []
    assert take("patients", content, "--date-format", "%d/%m/%Y") == 0
    assert [row["dob"] for row in daemon.bodies[0][2]["rows"]] == ["1990-12-31", "1991-01-13"]


@pytest.mark.parametrize(("believed", "last"), [(True, "1926"), (False, "2026")])
def test_a_year_of_two_digits_is_not_in_the_future_by_the_time_of_the_coordinator(
    take, daemon, believed, last
):
    """It may be some days later while its clock is not believed, so a newborn is not a hundred."""
    daemon.clock["believed"] = believed
    content = "mrn,full_name,dob\n1,Ali,31/12/68\n2,Sana,13/01/01\n3,Omar,13/01/30\n4,Ada,1/12/26\n"
    take("patients", content, "--date-format", "%d/%m/%y")
    years = [row["dob"][:4] for row in daemon.bodies[0][2]["rows"]]
    assert years == ["1968", "2001", "1930", last]


def test_an_encoding_that_would_garble_the_names_stops_the_import(take, daemon, capsys):
    content = "mrn,full_name\n1,محمد علی\n"
    for encoding in ("cp1252", "latin-1", "cp1256"):
        assert take("patients", content, "--encoding", encoding) == 2
    assert "leave out --encoding" in capsys.readouterr().err
    assert daemon.bodies == []


@pytest.mark.parametrize(("typed", "status"), [("y", 0), ("YES", 0), ("n", 2), ("", 2)])
def test_on_a_terminal_the_import_asks(take, daemon, monkeypatch, typed, status):
    monkeypatch.setattr("sys.stdin", Terminal(f"{typed}\n"))
    assert take("patients", people(1)) == status
    dry = [body["dry_run"] for _, _, body in daemon.bodies]
    assert dry == [True, False] if status == 0 else [True]


def test_who_is_asked_sees_first_what_would_become_of_the_rows(
    take, daemon, monkeypatch, report, capsys
):
    daemon.alike, daemon.there, daemon.refused = {"1", "4"}, {"2"}, {"3": "bad_mrn"}
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert take("patients", people(1, 2, 3, 4)) == 2
    shown = capsys.readouterr().out
    before, _, question = shown.partition("Take these 4 rows?")
    assert question
    assert "4 rows; 2 would be taken, 1 are known already, 1 would not." in before
    assert "2 look like somebody who is registered already." in before
    assert "    1  bad_mrn" in before
    assert report() is None, "nothing was taken, and nothing was refused"


def test_terminals_are_asked_about_without_a_comparison(take, daemon, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    take("terminals", "code,name,offline_range_start,offline_range_end\nA,A,1,9\n")
    assert [body["dry_run"] for _, _, body in daemon.bodies] == [False]


def test_with_yes_the_import_does_not_ask(take, daemon, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert take("patients", people(1), "--yes") == 0
    assert len(daemon.bodies) == 1


def test_a_field_that_is_lost_is_no_success(take, daemon):
    daemon.left_out = {"1": "taken_without_field"}
    assert take("patients", people(1), "--lenient") == 1


@pytest.mark.parametrize("number", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")'])
def test_the_report_holds_no_formulas(take, daemon, report, number):
    daemon.refused = {number: "bad_mrn"}
    quoted = number.replace('"', '""')
    take("patients", f'mrn,full_name\n"{quoted}",Ali\n')
    (row,) = report()
    assert row[1] == f"'{number}"


def test_who_was_filled_in_and_who_looks_like_somebody_is_counted(take, daemon, capsys):
    daemon.there, daemon.lacking, daemon.alike = {"1", "2"}, {"2"}, {"3"}
    assert take("patients", people(1, 2, 3), "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "1 of those that were there lack something that this file says." in shown
    assert "1 looks like somebody who is registered already." in shown
