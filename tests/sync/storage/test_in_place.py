"""A running daemon notices when its files are exchanged, and its data can still be had."""

import os
import shutil
import sys

import pytest

from sync.errors import StoreExchanged
from sync.storage import belonging
from sync.storage.belonging import LOOK_S, OpenFiles
from sync.upkeep import backup
from sync.upkeep.backup import Source
from tests.clinic import START_MS, ZONE
from tests.stepping import Computer, opened

DATABASE, WAL = "register.db", "register.db-wal"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32",
    reason="Windows lets nobody remove or rename a file that SQLite has open",
)


@pytest.fixture
def looking(monkeypatch):
    """Before each transaction, however soon it comes after another one."""
    monkeypatch.setattr(belonging, "LOOK_S", 0.0)


def _replaced(folder, name):
    """As `mv`, `rsync` and programs that bring older versions of files back do it."""
    shutil.copy(folder / name, folder / "copy")
    os.replace(folder / "copy", folder / name)


def _removed(folder, name):
    (folder / name).unlink()


def _moved(folder, name):
    (folder / name).rename(folder / f"{name}.old")


@pytest.mark.usefixtures("looking")
@pytest.mark.parametrize("name", [DATABASE, WAL])
@pytest.mark.parametrize("act", [_replaced, _removed, _moved])
async def test_nothing_is_written_into_a_file_that_goes_with_the_process(tmp_path, act, name):
    async with opened(tmp_path, Computer()) as replica:
        await replica.write(lambda tx: tx.begin())
        commits = await replica.read(lambda snapshot: snapshot.store.meta.commits)
        act(tmp_path, name)
        with pytest.raises(StoreExchanged, match=f"{name} is"):
            await replica.write(lambda tx: tx.begin())
        assert replica.health.writing.code == "store_exchanged"
        assert await replica.read(lambda snapshot: snapshot.store.meta.commits) == commits


@pytest.mark.usefixtures("looking")
async def test_all_goes_on_when_the_very_file_is_back(tmp_path):
    async with opened(tmp_path, Computer()) as replica:
        (tmp_path / DATABASE).rename(tmp_path / "elsewhere")
        with pytest.raises(StoreExchanged, match="is not there any more"):
            await replica.write(lambda tx: tx.begin())
        (tmp_path / "elsewhere").rename(tmp_path / DATABASE)
        await replica.write(lambda tx: tx.begin())
        assert replica.health.writing is None


@pytest.mark.parametrize("act", [_replaced, _removed, _moved])
async def test_a_backup_is_of_what_the_daemon_has_and_not_of_what_lies_there(tmp_path, act):
    folder, usb = tmp_path / "desk", tmp_path / "usb"
    folder.mkdir()
    usb.mkdir()
    async with opened(folder, Computer()) as replica:
        author = replica.identity.author
        source = Source(folder, author, (), ZONE, reading=replica.readers.copying)
        act(folder, DATABASE)
        commits = await replica.read(lambda snapshot: snapshot.store.meta.commits)
        made = backup.make(source, usb, START_MS)
        assert backup.own_backups_in(source, usb) == [made]
    backup.unpack(made.path, tmp_path / "restored")
    async with opened(tmp_path / "restored", Computer()) as restored:
        assert await restored.read(lambda snapshot: snapshot.store.meta.commits) >= commits
        assert restored.replica_id == replica.replica_id


@pytest.mark.parametrize("name", [DATABASE, WAL])
@pytest.mark.parametrize("act", [_replaced, _removed, _moved])
def test_while_much_is_written_it_is_noticed_a_moment_later(tmp_path, act, name):
    now_s = [0.0]
    for each in (DATABASE, WAL):
        (tmp_path / each).touch()
    files = OpenFiles(tmp_path / DATABASE, lambda: now_s[0])
    files.require()
    act(tmp_path, name)
    now_s[0] = LOOK_S - 0.001
    files.require()
    now_s[0] = LOOK_S
    for _ in range(2):
        with pytest.raises(StoreExchanged, match=f"{name} is"):
            files.require()


def test_a_file_that_was_not_there_is_not_missed(tmp_path):
    files = OpenFiles(tmp_path / DATABASE)
    (tmp_path / DATABASE).touch()
    files.require()


def test_what_the_system_does_not_tell_is_left_to_sqlite(tmp_path, monkeypatch):
    (tmp_path / DATABASE).touch()
    files = OpenFiles(tmp_path / DATABASE)

    def refused(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refused)
    files.require()
