"""The check of coverage: what it lets pass, what it does not, and what it says."""

import json

import pytest

from scripts import pure_coverage
from scripts.pure_coverage import Row

PURE = pure_coverage.pure_modules()
FIRST = PURE[0]


def report_of(covered, branches, missing=(), separator="/"):
    """A report in which one pure module has so many branches, and the others none."""
    none = {"summary": {"covered_branches": 0, "num_branches": 0}, "missing_branches": []}
    files = {path.replace("/", separator): none for path in PURE}
    files[FIRST.replace("/", separator)] = {
        "summary": {"covered_branches": covered, "num_branches": branches},
        "missing_branches": [list(way) for way in missing],
    }
    files[f"sync{separator}storage{separator}shards.py"] = none
    return {"files": files}


@pytest.fixture
def run(tmp_path):
    def check(report):
        path = tmp_path / "coverage.json"
        path.write_text(json.dumps(report), encoding="utf-8")
        return pure_coverage.main([str(path)])

    return check


@pytest.mark.parametrize(("covered", "status"), [(1000, 0), (991, 0), (990, 0), (989, 1), (0, 1)])
def test_99_of_100_branches_pass_and_fewer_do_not(run, covered, status):
    assert run(report_of(covered, 1000)) == status


def test_the_pure_core_is_found_by_its_folders():
    assert {"sync/model/facts.py", "sync/rules/gate.py", "sync/protocol/session.py"} <= set(PURE)
    assert not [path for path in PURE if "storage" in path]


def test_the_modules_count_together(run):
    report = report_of(1000, 1000)
    last = report["files"][PURE[-1]]
    report["files"][PURE[-1]] = {
        **last,
        "summary": {"covered_branches": 0, "num_branches": 10},
    }
    assert run(report) == 0


def test_it_says_what_is_missing_and_how_much_there_is(run, capsys):
    assert run(report_of(97, 99, [(12, 14), (20, -18)])) == 1
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert [FIRST, "97", "of", "99", "97.9", "%", "12->14", "20->end"] in lines
    assert ["together", "97", "of", "99", "97.9", "%"] in lines
    assert "need 99 % of branches" in err
    assert "shards" not in out


def test_it_never_rounds_up():
    assert pure_coverage.percent(Row("m", 98_999, 100_000, ())) == "98.9 %"
    assert pure_coverage.percent(Row("m", 0, 0, ())) == "100.0 %"


def test_a_report_of_windows_is_read(run):
    assert run(report_of(5, 5, separator="\\")) == 0


def test_a_pure_module_that_was_not_measured_does_not_pass(run):
    report = report_of(5, 5)
    del report["files"][FIRST]
    with pytest.raises(SystemExit, match=f"{FIRST} is pure, and was not measured"):
        run(report)


def test_without_a_report_it_says_how_to_get_one(tmp_path, capsys):
    assert pure_coverage.main([str(tmp_path / "coverage.json")]) == 1
    assert "`make test` writes it" in capsys.readouterr().err
