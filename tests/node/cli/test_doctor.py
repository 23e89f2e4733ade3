"""The doctor at a desk whose daemon does not run."""

import json
import time
from collections import Counter

import pytest

from node.cli import main as cli
from sync.engine import issuing
from sync.model import phrases
from sync.model.believed import KeptTime
from sync.model.facts import Allocator
from sync.storage.store import Store
from sync.upkeep.findings import FindingLevel
from tests.clinic import Clinic
from tests.folders import idle_desk


@pytest.fixture
def desk(tmp_path):
    """A desk with a coordinator that does not run, and ports that were free a moment ago."""
    return idle_desk(tmp_path)


@pytest.fixture
def examine(desk, capsys):
    """Run the command, and return check -> finding, of the worst if a check has several."""

    def run(main=cli.main, folder=desk):
        status = main(["--data", str(folder), "doctor", "--json"])
        report = json.loads(capsys.readouterr().out)
        assert status == (report["level"] == "problem")
        order = list(FindingLevel)
        found = {}
        for one in sorted(report["findings"], key=lambda one: order.index(one["level"])):
            found[one["check"]] = one
        return found

    return run


def test_a_new_desk_is_told_what_is_missing(examine):
    found = examine()
    levels = {name: one["level"] for name, one in found.items()}
    assert levels["database"] == levels["data folder"] == levels["API port"] == "ok"
    assert levels["daemon"] == levels["coordinator"] == levels["peer"] == "warning"
    assert levels["terminal"] == "problem"
    assert "ranges" not in levels, "nobody can grant it one before it is added"
    assert "terminals enrol LAB1-PC" in found["terminal"]["do"]
    for one in found.values():
        assert bool(one["do"]) == (one["level"] != "ok")


def test_a_clock_before_the_last_known_time_is_a_problem(examine, desk):
    store = Store.open(desk / "register.db")
    store.meta.kept_time = KeptTime(int(time.time() + 86_500) * 1000)
    store.close()
    found = examine()["clock"]
    assert found["level"] == "problem"
    assert "24 hours behind the last time known" in found["found"]


def test_in_words_it_ends_with_how_many_there_are_of_each(examine, desk, capsys):
    levels = Counter(one["level"] for one in examine().values())
    assert levels["problem"] >= 1
    assert cli.main(["--data", str(desk), "doctor"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("ok       mrnmesh       version")
    problems = phrases.count(levels["problem"], "problem")
    assert out.endswith(f"\n\n{problems}, {levels['warning']} warnings.\n")


def test_a_range_that_an_earlier_version_closed_is_reported_in_the_words_of_today(tmp_path):
    clinic = Clinic(tmp_path)
    desk = clinic.desk("LAB1-PC", "100-109")
    store = desk.writer.store
    store.cursors.close(100, "an earlier life of this database used it")
    (held,) = desk.writer.write(lambda tx: issuing.prospects(tx, desk.author, Allocator.NODE, None))
    clinic.close()
    assert held.objection == "an earlier copy of this database used it"
