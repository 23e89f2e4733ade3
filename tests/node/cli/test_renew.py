"""``renew``: a node goes on after a move, with its key and without its ranges."""

import json

from node import config
from node.cli import main as cli
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.witness.machine import machine_id
from sync.witness.memory import Witness


def incarnation_of(folder):
    store = Store.open(folder / "register.db")
    try:
        return store.meta.incarnation
    finally:
        store.close()


def test_a_renewed_database_has_a_new_incarnation_and_a_new_witness(init, tmp_path, capsys):
    folder = init()
    before, key = incarnation_of(folder), config.load(folder).signer().public_key
    (tmp_path / "desk.witness").unlink()
    assert cli.main(["--data", str(folder), "renew"]) == 0
    assert "mrnmesh-coordinator terminals grant LAB1-PC\n" in capsys.readouterr().out
    assert incarnation_of(folder) != before
    assert config.load(folder).signer().public_key == key
    assert Witness(tmp_path / "desk.witness", machine_id()).trusted


def test_a_running_node_is_not_renewed(init, capsys):
    folder = init()
    lock = FolderLock(folder)
    assert cli.main(["--data", str(folder), "renew"]) == 1
    assert "Another daemon is using" in capsys.readouterr().err
    lock.release()


def test_programs_are_told_in_json(init, capsys):
    folder = init()
    assert cli.main(["--data", str(folder), "renew", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"renewed": True}
