from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from unittest import mock

import pytest

from benchmarks import __main__ as command
from benchmarks import encrypted, households, importing, matching, merge, reads, register, steps
from benchmarks.figures import Bench, Figure, table
from coordinator import config
from coordinator.cli import main as coordinator_cli
from sync.matching import estimating, scoring, weights
from sync.reading.sampling import estimate as sampling
from tests.daemons.commands import Threaded
from tests.daemons.running import Hub


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


def test_encryption_is_measured_beside_none(bench, monkeypatch):
    for name in ("CONNECTS_QUICK", "MESSAGES_QUICK", "PIECES_QUICK"):
        monkeypatch.setattr(encrypted, name, 3)
    figures = list(encrypted.run(bench))
    assert [figure.unit for figure in figures] == ["ms"] * 3
    assert all(figure.value > 0 and figure.floor for figure in figures)


@pytest.fixture
def here(monkeypatch):
    """The coordinator that people are imported into, and the commands, run in this process.

    To start them takes most of the time; `test_reading_beside_an_import_yields_each_call` does it.
    """

    @contextmanager
    def coordinator(folder):
        daemon = Threaded(Hub(config.load(folder)))
        daemon.start()
        try:
            yield
        finally:
            daemon.stop()

    def run(command, *, env, **_how):
        _, _, module, *words = command
        assert module == "coordinator.cli"
        with mock.patch.dict(os.environ, env):
            assert coordinator_cli.main(words) == 0

    monkeypatch.setattr(importing, "coordinator", coordinator)
    monkeypatch.setattr(subprocess, "run", run)


def test_importing_yields_rows_a_second(bench, here):
    figures = list(importing.run(bench))
    assert [figure.unit for figure in figures] == ["rows/s"] * 3
    assert value_of(figures, "200 people: taken") > 0


def test_matching_yields_how_many_are_found(bench):
    figures = list(matching.run(bench))
    assert value_of(figures, "200 people: among the first 5") >= 95
    assert value_of(figures, "200 people: CPU an answer") > 0
    assert 50 < value_of(figures, "200 people: keys in the index") < 500
    assert value_of(figures, "200 people, rapidfuzz alone: among the first 5") > 50
    assert value_of(figures, "200 people, splink: among the first 5") > 50


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A register of 600 people, where it is, and those who come again or are new."""
    makes = households.Households()
    people = makes.people(600)
    register = [makes.written(one) for one in people]
    path = matching.fill(tmp_path_factory.mktemp("matching") / "A", register)
    return register, path, list(households.asked(makes, people, 200, 200))


@pytest.fixture(scope="module")
def fixed(made_up):
    """What the register answers with the fixed weights."""
    return matching.ask(*made_up[1:])


def test_the_weights_reach_what_they_have_to(fixed):
    assert fixed.shortfalls() == []


def test_weights_estimated_without_labels_find_as_many_and_alarm_as_seldom(
    made_up, fixed, tmp_path, monkeypatch
):
    monkeypatch.setattr(estimating, "RANDOM_MIN", 2_000)
    monkeypatch.setattr(sampling, "RANDOM_PAIRS", estimating.RANDOM_MIN)
    register, path, questions = made_up
    table = matching.estimated(tmp_path / "B", register, [one.fields for one in questions])
    assert table != scoring.FIXED
    found = matching.ask(path, questions, table)
    assert abs(found.among - fixed.among) <= fixed.again / 100
    assert abs(found.first - fixed.first) <= fixed.again / 100
    assert abs(found.alarms - fixed.alarms) <= fixed.new / 100


def asked_for(shortfall, questions):
    """Those of the questions that a shortfall is counted in: people who are new, or who are not."""
    is_new = shortfall in ("alarms", "scores")
    return [one for one in questions if (one.person < 0) == is_new]


def mutated(name, **change):
    """A table of weights with some values of one finding changed."""
    return {**weights.FIELDS, name: weights.FIELDS[name]._replace(**change)}


@pytest.mark.parametrize(
    ("name", "value", "shortfall"),
    [
        ("RELATIVES_PRIOR", 1e-9, "scores"),
        ("GIVEN_NAME_DIFFERS", 0.9, "scores"),
        ("SAME_PRIOR", 300.0, "alarms"),
        ("SAME_PRIOR", 1e-5, "among the first"),
        ("share", lambda *_: 1e-5, "alarms"),
    ],
)
def test_other_weights_do_not(made_up, monkeypatch, name, value, shortfall):
    monkeypatch.setattr(weights, name, value)
    _, path, questions = made_up
    assert shortfall in matching.ask(path, asked_for(shortfall, questions)).shortfalls()


@pytest.mark.parametrize(
    ("finding", "change", "shortfall"),
    [
        (("phone", "same"), {"relative": 1e-6}, "scores"),
        (("dob", "exact"), {"same": 1e-6}, "first"),
        (("age", "1"), {"same": 1e-6}, "among the first"),
    ],
)
def test_other_weights_of_a_field_do_not(made_up, finding, change, shortfall):
    table = scoring.logs(mutated(finding, **change))
    _, path, questions = made_up
    assert shortfall in matching.ask(path, asked_for(shortfall, questions), table).shortfalls()


def test_reading_beside_an_import_yields_each_call(bench, monkeypatch):
    monkeypatch.setattr(reads, "ROWS_AT_ONCE", 100)
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
