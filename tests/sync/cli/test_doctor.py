"""``doctor``: findings as lines or as JSON, and what it ends with."""

import argparse
import json

import pytest

from coordinator.cli import main as coordinator_cli
from node.cli import main as node_cli
from sync.cli.doctor import report
from sync.upkeep.findings import Finding, FindingLevel

OK = Finding("clock", FindingLevel.OK, "it runs")
OLD = Finding("sqlite", FindingLevel.WARNING, "it is old", "install a newer one")
BROKEN = Finding("database", FindingLevel.PROBLEM, "it is damaged", "restore a backup")


def options(json=False):
    return argparse.Namespace(json=json, data_named=False)


@pytest.mark.parametrize(
    ("found", "status", "end"),
    [
        ([OK], 0, "All is well."),
        ([OK, OLD], 0, "1 warning."),
        ([OK, OLD, BROKEN, OLD], 1, "1 problem, 2 warnings."),
        ([BROKEN, BROKEN], 1, "2 problems."),
    ],
)
def test_it_ends_with_how_many_findings_need_somebody(capsys, found, status, end):
    assert report(options(), found) == status
    *lines, empty, last = capsys.readouterr().out.splitlines()
    assert (empty, last) == ("", end)
    assert len([line for line in lines if not line.startswith(" ")]) == len(found)
    assert len([line for line in lines if "-> " in line]) == len([one for one in found if one.do])


def test_programs_get_the_same_as_json(capsys):
    assert report(options(json=True), [OLD, BROKEN]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["level"] == "problem"
    assert shown["findings"][1] == {
        "check": "database",
        "level": "problem",
        "found": "it is damaged",
        "do": "restore a backup",
    }


@pytest.mark.parametrize(
    ("module", "subject"),
    [
        (node_cli, "coordinator, other computers, ranges"),
        (coordinator_cli, "other computers, recovery"),
    ],
)
def test_the_help_says_what_is_looked_at_in_this_daemon(capsys, module, subject):
    with pytest.raises(SystemExit):
        module.main(["doctor", "--help"])
    said = capsys.readouterr().out
    assert f"database, ports, {subject}" in said
    assert "doctor --json" in said
