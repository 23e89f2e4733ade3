"""What the command says of an import: its progress, and how it ends."""

import io

from coordinator.cli.importing import run as import_run
from coordinator.importing import source
from coordinator.importing.columns import PATIENTS
from coordinator.importing.run import How, ImportRun


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


def a_run(tmp_path):
    """A run over two rows, the second of which is refused, and its table."""
    path = tmp_path / "old.csv"
    path.write_text("mrn,full_name\n1,One\n2,Two\n", encoding="utf-8")
    table = source.look_through(path, PATIENTS, "utf-8")
    refused = [{"row": 1, "mrn": "2", "code": "mrn_in_use", "detail": "It is in use."}]
    answer = {"taken": 1, "there": [], "filled": [], "alike": [], "left_out": []}
    work = ImportRun(
        lambda _table, _body: answer | {"refused": refused}, table, How("patients"), io.StringIO()
    )
    work.run()
    return work, table


def test_the_outcome_is_told_with_the_place_of_the_report(tmp_path, capsys):
    work, table = a_run(tmp_path)
    status = import_run.tell(work, table, How("patients"), tmp_path / "r.csv", as_json=False)
    assert status == import_run.NOT_ALL
    said = capsys.readouterr().out
    assert "old.csv: 2 rows; 1 taken, 0 known already, 1 not taken." in said
    assert f"Each of them is in {tmp_path / 'r.csv'}" in said


def test_one_that_is_cut_short_says_how_far_it_came(tmp_path, capsys):
    work, table = a_run(tmp_path)
    work.rows = 1
    import_run.tell_of_end(work, table)
    assert "It ended after 1 of 2 rows. What was taken stays" in capsys.readouterr().err
