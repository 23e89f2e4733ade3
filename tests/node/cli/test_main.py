"""``mrnmesh-node`` where no daemon is needed: new folders, and every way to get it wrong."""

import pytest

from node.cli import main as cli


@pytest.mark.parametrize("command", ["run", "status", "renew"])
def test_without_data_it_says_what_to_do_first(tmp_path, capsys, command):
    assert cli.main(["--data", str(tmp_path / "nothing"), command]) == 1
    said = f"Run `mrnmesh-node --data {tmp_path / 'nothing'} enrol CODE` first"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("lost", ["node.toml", "register.db"])
@pytest.mark.parametrize("command", [["run"], ["enrol", "--offline", "LAB1-PC"]])
def test_half_a_data_folder_is_said_to_be_one(init, tmp_path, capsys, lost, command):
    init()
    (tmp_path / "desk" / lost).unlink()
    assert cli.main(["--data", str(tmp_path / "desk"), *command]) == 1
    assert f"{lost} is not. If a backup has {lost}" in capsys.readouterr().err


def test_a_damaged_database_is_reported_in_one_line(init, tmp_path, capsys):
    init()
    (tmp_path / "desk" / "register.db").write_bytes(b"no database" * 1000)
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 1
    error = capsys.readouterr().err
    assert "is damaged" in error
    assert error.count("\n") == 1
