"""``mrnmesh-coordinator matching estimate``: it reads beside the coordinator and only reads."""

import json
import sqlite3

import pytest

from coordinator import config
from coordinator.cli import main as cli
from coordinator.cli.matching import command
from sync.engine.replica import DATABASE
from sync.matching import weights
from sync.matching.estimating import Estimate
from sync.storage import schema


@pytest.fixture
def hub(tmp_path):
    config.init(
        tmp_path / "hub",
        witness=tmp_path / "hub.witness",
        listen="127.0.0.1:0",
        sync_listen="127.0.0.1:0",
    )
    return tmp_path / "hub"


def estimate(hub, *more):
    return cli.main(["--data", str(hub), "matching", "estimate", *more])


def test_a_register_without_people_is_refused_in_a_sentence(hub, capsys):
    before = (hub / DATABASE).read_bytes()
    assert estimate(hub) == 1
    assert "Nothing was estimated: among the people looked at" in capsys.readouterr().err
    assert (hub / DATABASE).read_bytes() == before


def test_what_was_estimated_is_shown_and_used_by_nobody(hub, capsys, monkeypatch):
    found = Estimate(weights.FIELDS, 4000, 250.0, 900.0, 7)
    monkeypatch.setattr(command, "estimate", lambda *_: found)
    assert estimate(hub) == 0
    assert "4,000 people compared" in capsys.readouterr().out
    assert estimate(hub, "--json") == 0
    assert json.loads(capsys.readouterr().out)["people"] == 4000


def test_an_interrupt_ends_it_and_closes_the_database(hub, monkeypatch):
    opened = []

    def interrupt(connection, _tell):
        opened.append(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "estimate", interrupt)
    assert estimate(hub) == 130
    with pytest.raises(sqlite3.ProgrammingError), opened[0].snapshot():
        pass


def test_a_database_of_a_newer_version_is_left_alone(hub, capsys):
    connection = sqlite3.connect(hub / DATABASE)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    assert estimate(hub) == 1
    assert "Install the newer software" in capsys.readouterr().err
