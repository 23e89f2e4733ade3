"""A user's new password at the console, with the daemon stopped and beside a running one."""

import contextlib

import pytest

from coordinator import config, password_reset
from coordinator.errors import BadPassword, UserMissing
from coordinator.password_reset import FILE
from sync.storage.access.users import UserRow
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import passwords
from tests.clinic import Clinic

NEW = "forgotten no longer"
SADIA = UserRow("sadia", "Sadia", "administrator", "hash", False, 0, "")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "hub"
    config.init(folder, listen="127.0.0.1:1", witness=tmp_path / "w")
    store = Store.open(folder / "register.db")
    store.users.put(SADIA)
    store.close()
    return folder


@contextlib.contextmanager
def running(folder):
    """As if a daemon worked on a folder."""
    lock, store = FolderLock(folder), Store.open(folder / "register.db")
    yield
    store.close()
    lock.release()


def stored(folder):
    store = Store.open(folder / "register.db")
    try:
        return store.users.find("sadia"), [e.said for e in store.audit.from_oldest()]
    finally:
        store.close()


def test_with_the_daemon_stopped_it_is_good_at_once(folder):
    assert password_reset.reset(folder, " SADIA ", NEW)
    user, (said,) = stored(folder)
    assert user.is_active
    assert passwords.is_right(NEW, user.password)
    assert (said.act, said.about, said.outcome) == ("console.password_reset", "Sadia", "done")
    assert said.who.startswith("console:")
    assert not password_reset.is_waiting(folder)


@pytest.mark.parametrize("state", [running, contextlib.nullcontext])
def test_what_cannot_be_changes_nothing(folder, state):
    with state(folder):
        with pytest.raises(UserMissing):
            password_reset.reset(folder, "Nobody", NEW)
        with pytest.raises(BadPassword):
            password_reset.reset(folder, "Sadia", "short")
    assert not password_reset.is_waiting(folder)
    assert stored(folder)[0] == SADIA


def test_beside_a_running_daemon_only_its_hash_is_left_for_that(folder, tmp_path):
    with running(folder):
        assert not password_reset.reset(folder, "Sadia", NEW)
    assert NEW not in (folder / FILE).read_text(encoding="utf-8")
    (tmp_path / "clinic").mkdir()
    clinic = Clinic(tmp_path / "clinic")
    store = clinic.coordinator.writer.store
    clinic.act(lambda tx: (tx.begin(), tx.store.users.put(SADIA)))
    assert clinic.act(lambda tx: password_reset.take_up(folder, tx))
    assert passwords.is_right(NEW, store.users.find("sadia").password)
    assert password_reset.is_waiting(folder), "until the commit is known to have happened"
    password_reset.done(folder)
    assert not clinic.act(lambda tx: password_reset.take_up(folder, tx))
    clinic.close()


@pytest.mark.parametrize("content", ["", "sadia", "hash sadia", f"{'0' * 64} sadia"])
def test_what_the_command_did_not_write_is_not_taken_up(folder, tmp_path, content):
    with running(folder):
        password_reset.reset(folder, "Sadia", NEW)
    (folder / FILE).write_text(content, encoding="utf-8")
    (tmp_path / "clinic").mkdir()
    clinic = Clinic(tmp_path / "clinic")
    assert not clinic.act(lambda tx: password_reset.take_up(folder, tx))
    clinic.close()
