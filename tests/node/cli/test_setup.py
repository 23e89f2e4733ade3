"""``init`` and ``renew``: a new node, and every way to get it wrong."""

import json

import pytest

from node import config
from node.cli import main as cli
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.witness.memory import Witness, machine_id


def test_a_new_node_knows_its_coordinator_and_writes_a_join_file(init, tmp_path, hub_file, capsys):
    assert init() == 0
    join_file = tmp_path / "desk" / "LAB1-PC.join"
    assert f'mrnmesh-coordinator terminals add --key "{join_file}"' in capsys.readouterr().out
    made = config.load(tmp_path / "desk")
    public = json.loads(hub_file.read_text(encoding="utf-8"))
    assert made.coordinator_key.hex() == public["coordinator_key"]
    assert made.coordinator == public["sync"]
    join = json.loads((tmp_path / "desk" / "LAB1-PC.join").read_text(encoding="utf-8"))
    assert join["code"] == "LAB1-PC"
    assert join["public_key"] == made.signer().public_key.hex()
    assert Witness(made.witness, machine_id()).trusted


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "lab 1"}, "'LAB 1' is not a terminal code"),
        ({"key": "nowhere.json"}, "nowhere.json cannot be used"),
        ({"key": __file__}, "cannot be used"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(init, tmp_path, capsys, changed, said):
    assert init(**changed) == 1
    error = capsys.readouterr().err
    assert error.startswith("mrnmesh-node: ")
    assert said in error
    assert not (tmp_path / "desk").exists()


def test_an_address_that_others_can_reach_is_refused(init, tmp_path, hub_file, capsys):
    assert init("LAB1-PC", hub_file, "--listen", "0.0.0.0:8480") == 1
    assert "not on this computer" in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()


def test_data_that_is_there_is_left_as_it_is(init, tmp_path, capsys):
    init()
    before = (tmp_path / "desk" / "node.toml").read_bytes()
    assert init() == 1
    assert "already" in capsys.readouterr().err
    assert (tmp_path / "desk" / "node.toml").read_bytes() == before


def test_a_renewed_database_has_a_new_join_file_and_a_new_witness(init, tmp_path):
    init()
    join = tmp_path / "desk" / "LAB1-PC.join"
    before = json.loads(join.read_text(encoding="utf-8"))
    (tmp_path / "desk.witness").unlink()
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 0
    after = json.loads(join.read_text(encoding="utf-8"))
    assert after["public_key"] == before["public_key"]
    assert after["incarnation"] != before["incarnation"]
    store = Store.open(tmp_path / "desk" / "register.db")
    assert store.meta.incarnation.hex() == after["incarnation"]
    store.close()
    assert Witness(tmp_path / "desk.witness", machine_id()).trusted


def test_a_running_node_is_not_renewed(init, tmp_path, capsys):
    init()
    lock = FolderLock(tmp_path / "desk")
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 1
    assert "Another daemon is using" in capsys.readouterr().err
    lock.release()


@pytest.mark.parametrize("code", ["CON", "LPT1"])
def test_a_code_that_is_a_device_on_windows_has_a_join_file_all_the_same(init, tmp_path, code):
    assert init(code) == 0
    assert (tmp_path / "desk" / f"terminal-{code}.join").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--peer", "http://127.0.0.1:1/sync"], "is not wss://HOST:PORT/sync"),
        (["--peer", "ws://192.0.2.1:1/sync"], "not an address of this computer"),
        (["--listen", "127.0.0.1:9", "--sync-listen", "127.0.0.1:9"], "the port 9 already"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_made(init, tmp_path, hub_file, capsys, more, said):
    assert init("LAB1-PC", hub_file, *more) == 1
    error = capsys.readouterr().err
    assert error.startswith("mrnmesh-node: --")
    assert said in error
    assert not (tmp_path / "desk").exists()


def test_a_witness_in_the_data_folder_is_refused(init, tmp_path, hub_file, capsys):
    assert init("LAB1-PC", hub_file, "--witness", str(tmp_path / "desk" / "w")) == 1
    assert "is in the data folder" in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()


def test_an_init_that_fails_leaves_nothing_and_can_be_repeated(init, tmp_path, hub_file, capsys):
    (tmp_path / "file").touch()
    assert init("LAB1-PC", hub_file, "--witness", str(tmp_path / "file" / "w")) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()
    assert init() == 0


def test_programs_get_the_join_file_as_json(init, tmp_path, hub_file, capsys):
    assert init("LAB1-PC", hub_file, "--json") == 0
    join = str(tmp_path / "desk" / "LAB1-PC.join")
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"code": "LAB1-PC", "folder": str(tmp_path / "desk"), "join_file": join}
    assert cli.main(["--data", str(tmp_path / "desk"), "renew", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"join_file": join}


def test_after_a_move_the_next_step_is_said(init, tmp_path, capsys):
    init()
    capsys.readouterr()
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 0
    assert "mrnmesh-coordinator terminals grant LAB1-PC\n" in capsys.readouterr().out


def test_a_port_that_another_folder_has_is_told_at_once(init, tmp_path, hub_file, capsys):
    init()
    assert capsys.readouterr().err == ""
    other = ["--data", str(tmp_path / "lab2"), "init", "LAB2-PC", "--coordinator-key"]
    ports = ["--listen", "127.0.0.1:8481", "--sync-listen", "127.0.0.1:8471"]
    witness = ["--witness", str(tmp_path / "lab2.witness")]
    assert cli.main([*other, str(hub_file), *ports, *witness]) == 0
    said = capsys.readouterr().err
    assert f"127.0.0.1:8481 has the same port as the node in {tmp_path / 'desk'}:" in said
    assert f"127.0.0.1:8471 has the same port as the coordinator in {tmp_path / 'hub'}:" in said
    assert said.count("only one of the two can run") == 2
    for name in ("desk", "lab2"):
        assert cli.main(["--data", str(tmp_path / name), "doctor", "--json"]) == 1
        found = json.loads(capsys.readouterr().out)["findings"]
        assert any(one["check"] == "ports" and "8481" in one["found"] for one in found)
