"""``config``: each setting, its value, and where that comes from."""

import json

import pytest

from coordinator.cli import main as coordinator_cli
from node import config
from node.cli import main as cli
from sync.cli.table import width
from tests.folders import new_coordinator, new_desk


@pytest.fixture
def hub(tmp_path):
    return new_coordinator(tmp_path)


@pytest.fixture
def desk(tmp_path, hub):
    return new_desk(tmp_path, hub)


def test_config_shows_each_setting_with_its_origin(desk, monkeypatch, capsys):
    monkeypatch.setenv("MRNMESH_NODE_LISTEN", "127.0.0.1:9001")
    assert cli.main(["--data", str(desk), "config"]) == 0
    out = capsys.readouterr().out
    assert "listen          127.0.0.1:9001" in out
    for name, origin in (("listen", "environment"), ("code", "file"), ("log_folder", "default")):
        line = next(line for line in out.splitlines() if line.startswith(f"{name} "))
        assert line.endswith(origin)
    assert cli.main(["--data", str(desk), "config", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["file"] == str(desk / "node.toml")
    assert [row["name"] for row in shown["settings"]] == [one.name for one in config.TABLE.settings]


def test_config_of_a_coordinator_tells_of_a_misspelt_key(hub, capsys):
    with (hub / "coordinator.toml").open("a", encoding="utf-8") as file:
        file.write('sync_listn = "127.0.0.1:1"\n')
    assert coordinator_cli.main(["--data", str(hub), "config"]) == 1
    error = capsys.readouterr().err
    assert "did you mean 'sync_listen'?" in error
    assert error.count("\n") == 1


def test_the_data_folder_may_come_from_a_variable(desk, monkeypatch, capsys):
    monkeypatch.setenv("MRNMESH_NODE_DATA", str(desk))
    assert cli.main(["config", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == str(desk / "node.toml")


def test_a_list_a_switch_and_an_urdu_folder_are_shown_in_their_columns(desk, monkeypatch, capsys):
    monkeypatch.setenv("MRNMESH_NODE_REQUIRED", "")
    monkeypatch.setenv("MRNMESH_NODE_BACKUP", "off")
    monkeypatch.setenv("MRNMESH_NODE_LOG_FOLDER", "گل\u200cبانو")
    monkeypatch.setenv("MRNMESH_NODE_ORIGINS", "http://a.example,http://b.example")
    assert cli.main(["--data", str(desk), "config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines if line and line[0].islower()}
    assert " (none) " in rows["required"]
    assert " false " in rows["backup"]
    assert " http://a.example, http://b.example " in rows["origins"]
    starts = {
        width(rows[name].rpartition("  ")[0])
        for name in ("required", "backup", "log_folder", "origins")
    }
    assert len(starts) == 1
