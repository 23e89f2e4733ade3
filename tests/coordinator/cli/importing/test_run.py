"""One run of an import: its progress, and how it ends."""

import argparse
import io

import pytest

from coordinator.cli.importing import run as import_run
from coordinator.cli.importing.run import ImportRun
from coordinator.importing import source
from coordinator.importing.columns import PATIENTS


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_tells_rate_and_time_left_on_a_terminal():
    clock = iter([0.0, 2.0, 4.0]).__next__
    stream = Terminal()
    progress = import_run.Progress(100_000, stream, clock)
    progress.show(10_000)
    progress.show(99_000)
    progress.end()
    _, first, second, *_ = stream.getvalue().split("\r")
    assert first == "10,000 of 100,000 rows, 5,000 a second, 18 s left"
    assert second.strip() == "99,000 of 100,000 rows, 24,750 a second, 0 s left"
    assert len(second) == len(first)
    plain = io.StringIO()
    import_run.Progress(10, plain).show(5)
    assert plain.getvalue() == ""


class Api:
    """Takes each row, except those that it has already or refuses, and keeps what it was sent."""

    def __init__(self, refused=(), why="It is in use."):
        self.refused = refused
        self.why = why
        self.bodies = []

    def call(self, _method, _path, body):
        self.bodies.append(body)
        names = [row["mrn"] for row in body["rows"]]
        notes = [
            {"row": at, "mrn": name, "code": "mrn_in_use", "detail": self.why}
            for at, name in enumerate(names)
            if name in self.refused
        ]
        return {
            "taken": len(names) - len(notes),
            "there": [],
            "filled": [],
            "alike": [],
            "refused": notes,
            "left_out": [],
        }


@pytest.fixture
def take(tmp_path):
    """Import rows from a file, and return the run and its report."""

    def run(api, mrns, **options):
        path = tmp_path / "old.csv"
        rows = "".join(f"{mrn},Person {mrn}\n" for mrn in mrns)
        path.write_text(f"mrn,full_name\n{rows}", encoding="utf-8")
        given = {
            "table": "patients",
            "kind": PATIENTS,
            "dry_run": False,
            "lenient": False,
            "take_odd": False,
            "date_format": None,
            "json": False,
        }
        table = source.look_through(path, PATIENTS, "utf-8")
        report = io.StringIO()
        work = ImportRun(api, table, argparse.Namespace(**given | options), report)
        work.run()
        return work, report.getvalue()

    return run


def test_counts_and_report_say_what_became_of_each_row(take, tmp_path, capsys):
    work, report = take(Api(refused={"2"}), ["1", "2", "3"])
    assert (work.rows, work.taken, work.refused.total()) == (3, 2, 1)
    assert report.splitlines() == ["3,2,mrn_in_use,It is in use."]
    assert work.tell(tmp_path / "r.csv") == 1
    assert "old.csv: 3 rows; 2 taken, 0 known already, 1 not taken." in capsys.readouterr().out


def test_a_date_is_missed_in_the_form_in_which_the_file_writes_it(take):
    says = "dob: must be a date as YYYY-MM-DD"
    _, report = take(Api({"2"}, says), ["1", "2"], date_format="%d/%m/%Y")
    assert report.splitlines() == ["3,2,mrn_in_use,dob: must be a date as %d/%m/%Y"]
    _, report = take(Api({"2"}, says), ["1", "2"])
    assert report.splitlines() == [f"3,2,mrn_in_use,{says}"]


def test_a_dry_run_takes_a_number_once_and_an_equal_row_twice(take):
    work, report = take(Api(), ["7", "7", "0007", "8"], dry_run=True)
    assert (work.taken, work.there) == (2, 1)
    assert report.splitlines()[0].startswith("4,0007,twice_in_file,")


def test_one_that_is_cut_short_says_how_far_it_came(take, capsys):
    work, _ = take(Api(), ["1", "2"])
    work.rows = 1
    work.tell_of_end()
    assert "It ended after 1 of 2 rows. What was taken stays" in capsys.readouterr().err
