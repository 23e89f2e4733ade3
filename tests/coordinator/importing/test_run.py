"""One run of an import: what becomes of each row, and the report."""

import io
from datetime import date

import pytest

from coordinator.importing import source
from coordinator.importing.columns import PATIENTS
from coordinator.importing.run import How, ImportRun
from coordinator.importing.source import DateForm


class Api:
    """Takes each row, except those that it has already or refuses, and keeps what it was sent."""

    def __init__(self, refused=(), why="It is in use."):
        self.refused = refused
        self.why = why
        self.bodies = []

    def __call__(self, _table, body):
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
        table = source.look_through(path, PATIENTS, "utf-8")
        report = io.StringIO()
        work = ImportRun(api, table, How("patients", **options), report)
        work.run()
        return work, report.getvalue()

    return run


def test_counts_and_report_say_what_became_of_each_row(take):
    work, report = take(Api(refused={"2"}), ["1", "2", "3"])
    assert (work.rows, work.taken, work.refused.total()) == (3, 2, 1)
    assert report.splitlines() == ["3,2,mrn_in_use,It is in use."]


def test_a_date_is_missed_in_the_form_in_which_the_file_writes_it(take):
    says = "dob: must be a date as YYYY-MM-DD"
    _, report = take(Api({"2"}, says), ["1", "2"], dates=DateForm("%d/%m/%Y", date.max))
    assert report.splitlines() == ["3,2,mrn_in_use,dob: must be a date as %d/%m/%Y"]
    _, report = take(Api({"2"}, says), ["1", "2"])
    assert report.splitlines() == [f"3,2,mrn_in_use,{says}"]


def test_a_dry_run_takes_a_number_once_and_an_equal_row_twice(take):
    work, report = take(Api(), ["7", "7", "0007", "8"], dry_run=True)
    assert (work.taken, work.there) == (2, 1)
    assert report.splitlines()[0].startswith("4,0007,twice_in_file,")


def test_how_far_it_is_is_told(tmp_path):
    path = tmp_path / "old.csv"
    path.write_text("mrn,full_name\n" + "".join(f"{n},P{n}\n" for n in range(1, 1101)))
    table = source.look_through(path, PATIENTS, "utf-8")
    steps = []
    ImportRun(Api(), table, How("patients"), io.StringIO(), steps.append).run()
    assert steps == [500, 1000, 1100]
