"""A new administrator's token, with the daemon stopped and beside a running one."""

import json
import os
import sys

import pytest

from coordinator import config, token_reset
from coordinator.cli import main as cli
from coordinator.token_reset import FILE
from coordinator.users import console, keys
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import program_keys
from tests.clinic import Clinic
from tests.coordinator.users.made import scopes_of


@pytest.fixture
def hub(tmp_path):
    """The data folder, and its first token."""
    token = config.init(tmp_path / "hub", listen="127.0.0.1:1", witness=tmp_path / "w")
    return tmp_path / "hub", token


def is_good(folder, token):
    store = Store.open(folder / "register.db")
    try:
        return scopes_of(store, token) == ("administer",)
    finally:
        store.close()


def test_with_the_daemon_stopped_it_is_good_at_once(hub, capsys):
    folder, old = hub
    assert cli.main(["--data", str(folder), "token", "reset"]) == 0
    new = capsys.readouterr().out.split()[-1]
    assert is_good(folder, new)
    assert not is_good(folder, old)
    assert not token_reset.is_waiting(folder)


def test_beside_a_running_daemon_only_its_hash_is_left_for_that(hub, capsys):
    folder, old = hub
    lock = FolderLock(folder)
    assert cli.main(["--data", str(folder), "token", "reset", "--json"]) == 0
    lock.release()
    printed = json.loads(capsys.readouterr().out)
    assert printed["good"] is False, "nothing answers, so nobody has taken it up yet"
    assert is_good(folder, old)
    assert [path.name for path in folder.glob(f"*{FILE}*")] == [FILE]
    for file in folder.iterdir():
        assert printed["token"].encode() not in file.read_bytes()


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def left(hub):
    """A data folder with the hash of a new token in it, and that token."""
    folder, _ = hub
    lock = FolderLock(folder)
    token, good = token_reset.reset(folder)
    lock.release()
    assert not good
    return folder, token


def take_up(clinic, folder):
    return clinic.act(lambda tx: token_reset.take_up(folder, tx))


def scopes_in(clinic, token):
    return scopes_of(clinic.coordinator.writer.store, token)


def test_the_daemon_takes_it_up_and_withdraws_the_others(clinic, left):
    folder, new = left
    store = clinic.coordinator.writer.store
    old, desk = (
        program_keys.fresh(),
        clinic.act(lambda tx: keys.renew_for_terminal(tx, "FRONT", "")),
    )
    keys.keep_administrator(store, program_keys.digest(old))
    assert token_reset.is_waiting(folder)
    assert take_up(clinic, folder)
    token_reset.done(folder)
    assert scopes_in(clinic, new) == ("administer",)
    assert scopes_in(clinic, old) is None
    assert scopes_in(clinic, desk) == ("register:FRONT",)
    assert not token_reset.is_waiting(folder)
    assert not take_up(clinic, folder)


def test_it_is_taken_up_again_if_the_process_ended_before_the_file_was_removed(clinic, left):
    folder, new = left
    assert take_up(clinic, folder)
    assert take_up(clinic, folder)
    assert scopes_in(clinic, new) == ("administer",)


def test_the_audit_says_that_it_was_done_at_the_console(clinic, left):
    folder, _ = left
    take_up(clinic, folder)
    said = [entry.said for entry in clinic.coordinator.writer.store.audit.from_oldest()]
    assert [(one.who, one.act, one.outcome) for one in said] == [
        ("console", "console.token_reset", "done")
    ]


@pytest.mark.parametrize("content", ["", "x" * 64, "0" * 63, "0" * 128, "0" * 64 + "\nmore"])
def test_what_the_command_did_not_write_is_not_taken_up(clinic, left, content):
    folder, _ = left
    (folder / FILE).write_text(content, encoding="utf-8")
    assert not take_up(clinic, folder)


@pytest.mark.skipif(sys.platform == "win32", reason="there, whoever may write may reset")
def test_what_somebody_else_could_have_written_is_not_taken_up(clinic, left, monkeypatch):
    folder, _ = left
    (folder / FILE).chmod(0o620)
    assert not take_up(clinic, folder)
    (folder / FILE).chmod(0o600)
    owner = (folder / FILE).stat().st_uid
    if owner == 0:
        os.chown(folder / FILE, 12345, -1)
    else:
        monkeypatch.setattr(console.os, "geteuid", lambda: owner + 1)
    assert not take_up(clinic, folder)


def test_a_folder_without_data_is_said_to_be_one(tmp_path, capsys):
    assert cli.main(["--data", str(tmp_path / "none"), "token", "reset"]) == 1
    assert "There is no data in" in capsys.readouterr().err
