from __future__ import annotations

import json

import pytest

from benchmarks import __main__ as command
from benchmarks import importing, merge, reads, register, steps
from benchmarks.figures import Bench, Figure, table


@pytest.fixture
def bench(tmp_path, monkeypatch):
    # On a busy computer one step may take so long that the others are too small to be shown.
    monkeypatch.setattr(steps, "SHOWN_FROM", 0)
    return Bench(tmp_path, [200], quick=True, quiet=True)


def value_of(figures: list[Figure], name: str) -> float:
    return next(figure.value for figure in figures if figure.name == name)


def test_registering_yields_figures_beside_their_floors(bench):
    figures = list(register.library(bench, 10))
    ways = [figure for figure in figures if figure.floor and figure.p95]
    assert len(ways) == 3
    assert all(figure.value > 0 and figure.ratio for figure in ways)
    assert {"unsigned: fold", "signed: Ed25519"} <= {figure.name for figure in figures}


def test_merging_in_bulk_yields_speed_and_bytes(bench):
    figures = list(merge.bulk(bench, 200))
    assert value_of(figures, "200 in bulk: with verdicts") > 0
    assert 0 < value_of(figures, "200 in bulk: on the wire") < 300
    assert value_of(figures, "200 in bulk: on disk") > 100


def test_merging_live_yields_speed_and_bytes(bench):
    figures = list(merge.live(bench, 40))
    assert value_of(figures, "40 live, one by one: with verdicts") > 0
    assert value_of(figures, "40 live, one by one: gate") > 0


def test_importing_yields_rows_a_second(bench):
    figures = list(importing.run(bench))
    assert [figure.unit for figure in figures] == ["rows/s"] * 3
    assert value_of(figures, "200 people: taken") > 0


def test_reading_beside_an_import_yields_each_call(bench):
    figures = list(reads.run(bench))
    assert [figure.name.split(": ", 1)[1] for figure in figures] == list(reads.CALLS)
    assert all(figure.p95 for figure in figures)


def test_a_table_is_aligned_and_shows_ratios():
    figures = [
        Figure("one", "short", 1.5, "ms", p95=2, floor=0.5),
        Figure("one", "a longer name", 1234, "ms"),
    ]
    lines = table(figures).splitlines()
    assert lines[2].split() == ["short", "1.5", "2", "ms", "0.5", "3.0x"]
    assert lines[2].index("ms") == lines[3].index("ms")


def test_an_interrupt_tells_what_was_measured(monkeypatch, tmp_path, capsys):
    def interrupted(_bench):
        yield Figure("search", "first", 1, "ms")
        raise KeyboardInterrupt

    monkeypatch.setitem(command.BENCHMARKS, "search", interrupted)
    report = tmp_path / "report.json"
    status = command.main(["search", "--quick", "--json", str(report), "--folder", str(tmp_path)])
    assert status == command.INTERRUPTED
    assert "first" in capsys.readouterr().out
    assert json.loads(report.read_text())["figures"][0]["value"] == 1
    assert list(tmp_path.iterdir()) == [report]
