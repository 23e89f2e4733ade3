"""What the shared commands know of each daemon, and the parser that they are added to."""

import argparse
from pathlib import Path

import pytest

from coordinator.cli.program import PROGRAM as COORDINATOR
from node.cli.program import PROGRAM as NODE


@pytest.mark.parametrize("program", [NODE, COORDINATOR], ids=lambda program: program.name)
def test_the_parser_has_name_version_examples_and_data_folder(program, monkeypatch, capsys):
    variable = f"MRNMESH_{program.kind.daemon.kind.upper()}_DATA"
    monkeypatch.delenv(variable, raising=False)
    parser = program.new_parser()
    assert parser.parse_args([]).data is program.kind.daemon.folder
    assert str(parser.parse_args(["--data", "x"]).data) == "x"
    monkeypatch.setenv(variable, "/srv/data")
    assert program.new_parser().parse_args([]).data == Path("/srv/data")
    said = parser.format_help()
    assert said.startswith(f"usage: {program.name} ")
    assert program.description in said
    assert f"  {program.name} --data /srv/" in said, "examples are indented by two"
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"{program.name} ")


def test_only_a_coordinator_may_be_elsewhere_and_asks_for_a_token():
    parser = argparse.ArgumentParser()
    NODE.add_client_options(parser)
    assert vars(parser.parse_args([])) == {}
    assert not NODE.is_elsewhere(parser.parse_args([]))
    COORDINATOR.add_client_options(parser)
    given = parser.parse_args(["--url", "http://127.0.0.1:1", "--token", "t"])
    assert COORDINATOR.is_elsewhere(given)
    given.url = None
    assert not COORDINATOR.is_elsewhere(given)


@pytest.mark.parametrize("program", [NODE, COORDINATOR], ids=lambda program: program.name)
def test_table_and_kind_are_of_the_same_daemon(program):
    assert program.table.daemon is program.kind.daemon
    assert f"`{program.name} run`" in program.after_restore
