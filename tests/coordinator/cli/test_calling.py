"""Where the coordinator is that a command calls, and with which token."""

import argparse

import pytest

from coordinator.cli import calling
from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli import main as cli
from sync.daemon.daemons import COORDINATOR
from sync.errors import StoreMissing


@pytest.mark.parametrize(
    "arguments",
    [["terminals", "list"], ["terminals", "grant", "LAB1-PC", "1-9"], ["status"]],
)
def test_without_a_token_it_says_where_to_put_one(arguments, capsys, monkeypatch):
    monkeypatch.delenv("MRNMESH_TOKEN", raising=False)
    assert cli.main(arguments) == 1
    assert "Set MRNMESH_TOKEN" in capsys.readouterr().err


def test_a_coordinator_that_does_not_run_is_said_so(capsys):
    assert conflicts_cli.main(["list", "--url", "http://127.0.0.1:1", "--token", "x"]) == 2
    assert "Start the daemon there with `mrnmesh-coordinator run`" in capsys.readouterr().err


def test_the_data_folder_names_the_coordinator(init, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MRNMESH_URL", raising=False)
    init("--listen", "127.0.0.1:1")
    for main, act, status in ((cli.main, "status", 1), (conflicts_cli.main, "list", 2)):
        assert main(["--data", str(tmp_path / "hub"), act, "--token", "x"]) == status
        assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err
        assert main(["--data", str(tmp_path / "none"), act, "--token", "x"]) == status
        assert "There is no data in" in capsys.readouterr().err


def options(**given):
    plain = {"url": None, "token": "t", "data": COORDINATOR.folder, "data_named": False}
    return argparse.Namespace(**(plain | given))


def called(given):
    """Where a command with these options calls, and whose daemon that must be."""
    api = calling.client_at(given, "t")
    return api.url, api.folder


def test_an_address_goes_before_the_data_folder_and_that_before_the_default(
    init, tmp_path, monkeypatch
):
    init("--listen", "127.0.0.1:1")
    hub = tmp_path / "hub"
    url, named = "http://127.0.0.1:9", options(data=hub, data_named=True)
    monkeypatch.delenv("MRNMESH_URL", raising=False)
    assert called(options(url=url)) == (url, None)
    assert called(options(url=url, data=hub, data_named=True)) == (url, hub)
    assert called(named) == called(options(data=hub)) == ("http://127.0.0.1:1", hub)
    monkeypatch.setenv("MRNMESH_URL", url)
    assert called(named) == ("http://127.0.0.1:1", hub)
    assert called(options()) == called(options(data=hub)) == (url, None)
    monkeypatch.delenv("MRNMESH_URL")
    monkeypatch.setattr(calling, "COORDINATOR", Elsewhere(tmp_path / "none"))
    assert called(options(data=calling.COORDINATOR.folder)) == (calling.URL, None)
    with pytest.raises(StoreMissing):
        calling.client_at(options(data=tmp_path / "named-but-empty"), "t")


class Elsewhere:
    """A coordinator whose default folder is in the test's own."""

    settings_file = COORDINATOR.settings_file
    command = COORDINATOR.command

    def __init__(self, folder):
        self.folder = folder


def test_every_call_has_the_options_of_all_calls(monkeypatch):
    monkeypatch.setenv("MRNMESH_URL", "http://127.0.0.1:7")
    monkeypatch.setenv("MRNMESH_TOKEN", "from the environment")
    parser = argparse.ArgumentParser()
    made = []
    calling.add_call(parser.add_subparsers(), "show", "show it", made.append, "mrnmesh-x show")
    given = parser.parse_args(["show"])
    assert (given.url, given.token, given.json) == (
        None,
        "from the environment",
        False,
    )
    given.act("called")
    assert calling.client_at(options(), "t").url == "http://127.0.0.1:7"
    assert made == ["called"]
    assert parser.parse_args(["show", "--json", "--token", "t"]).token == "t"
