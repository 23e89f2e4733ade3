"""Backups: made while the database is written, checked before they count, never half of one."""

import contextlib
import errno
import sqlite3
import stat
import sys
from collections import namedtuple

import pytest

from sync.errors import DiskForbidden, StoreDamaged
from sync.model.facts import COORDINATOR, Incarnation
from sync.storage import files, schema
from sync.upkeep import archive, backup
from sync.upkeep.archive import (
    Stop,
    unpack,
)
from sync.upkeep.backup import SUFFIX, Source
from sync.upkeep.errors import (
    BackupFails,
    BackupFolderMissing,
    BackupNoRoom,
    BackupStopped,
)
from tests.clinic import START_MS as NOW_MS
from tests.clinic import ZONE
from tests.sync.upkeep.databases import add_facts, break_pages, facts_in

DAY_MS = 24 * 3_600_000
KEPT = 4
"""So many are kept in these tests: each takes a while to make."""
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def few_kept(monkeypatch):
    monkeypatch.setattr(backup, "KEPT", KEPT)


def test_a_backup_holds_database_settings_and_key(source, folder, tmp_path):
    made = backup.make(source, folder, NOW_MS)
    assert made.path.name == f"mrnmesh-node-LAB1-PC-20260105-130000{SUFFIX}"
    assert (made.manifest.kind, made.manifest.author) == ("node", "LAB1-PC")
    assert (made.manifest.facts, made.manifest.schema) == (300, schema.VERSION)
    assert unpack(made.path, tmp_path / "out") == made.manifest
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"register.db", "node.toml", "signing-key.pem"}
    assert facts_in(tmp_path / "out" / "register.db") == 300
    assert (tmp_path / "out" / "signing-key.pem").read_text(encoding="utf-8") == "the key"
    assert [path.name for path in folder.iterdir()] == [made.path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has rights of folders instead")
def test_only_its_owner_reads_it(source, folder, tmp_path):
    made = backup.make(source, folder, NOW_MS)
    unpack(made.path, tmp_path / "out")
    for path in (made.path, *(tmp_path / "out").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_written_meanwhile_does_not_tear_the_copy(source, folder, store, tmp_path):
    pages = 0

    def write_more(step, _done, _total):
        nonlocal pages
        if step == "copying the database":
            pages += 1
            add_facts(store, 20)

    made = backup.make(source, folder, NOW_MS, write_more)
    assert pages > 0
    assert made.manifest.facts == 300
    unpack(made.path, tmp_path / "out")
    assert facts_in(tmp_path / "out" / "register.db") == 300
    assert facts_in(source.folder / "register.db") == 300 + 20 * pages


def test_a_copy_that_does_not_hold_what_it_should_is_never_taken_for_good(
    source, folder, monkeypatch
):
    copy = backup._copy_database

    def lossy(database, to, *more):
        copied = copy(database, to, *more)
        with contextlib.closing(sqlite3.connect(to)) as connection:
            connection.execute("DELETE FROM facts WHERE clock = 7")
            connection.commit()
        return copied

    monkeypatch.setattr(backup, "_copy_database", lossy)
    with pytest.raises(
        BackupFails, match="number of records differs: 300 in its manifest, 299 in its database"
    ):
        backup.make(source, folder, NOW_MS)
    assert list(folder.iterdir()) == []


def test_a_damaged_database_is_named_and_earlier_backups_stay(source, folder, store):
    good = backup.make(source, folder, NOW_MS)
    store.close()
    break_pages(source.folder / "register.db")
    with pytest.raises(StoreDamaged, match="is damaged"):
        backup.make(source, folder, NOW_MS + DAY_MS)
    assert list(folder.iterdir()) == [good.path]


def test_a_check_that_the_system_refuses_is_no_damage(source, folder, monkeypatch):
    def refused(_database, _stop):
        raise DiskForbidden(path=folder, why="unable to open database file")

    monkeypatch.setattr(archive, "problems_of", refused)
    with pytest.raises(BackupFails, match="unable to open database file"):
        backup.make(source, folder, NOW_MS)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "when", ["copying the database", "packing node.toml", "checking register.db"]
)
def test_one_that_is_stopped_leaves_nothing(source, folder, when):
    stop = Stop()

    def tell(step, _done, _total):
        if step == when:
            stop.set()

    with pytest.raises(BackupStopped):
        backup.make(source, folder, NOW_MS, tell, stop)
    assert list(folder.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_one(source, folder):
    left = folder / ".mrnmesh-node-LAB1-PC-partial-abc"
    left.mkdir()
    (left / "backup").write_bytes(b"half of one")
    assert backup.backups_in(source, folder) == []
    made = backup.make(source, folder, NOW_MS)
    assert list(folder.iterdir()) == [made.path]


def test_a_folder_that_is_gone_is_not_made(source, tmp_path):
    with pytest.raises(BackupFolderMissing, match="Connect its disk"):
        backup.make(source, tmp_path / "usb" / "backups", NOW_MS)
    assert not (tmp_path / "usb").exists()


def test_a_disk_without_room_is_not_filled(source, folder, monkeypatch):
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 5 << 20))
    with pytest.raises(BackupNoRoom, match="there are 5 MB"):
        backup.make(source, folder, NOW_MS)
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(source, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "the disk is full on device")

    monkeypatch.setattr(backup, "transfer", full)
    with pytest.raises(BackupFails, match="the disk is full"):
        backup.make(source, folder, NOW_MS)
    assert list(folder.iterdir()) == []


def test_those_from_the_future_go_before_real_ones(source, folder):
    ahead = [backup.make(source, folder, NOW_MS + (1000 + day) * DAY_MS) for day in range(KEPT)]
    real = [backup.make(source, folder, NOW_MS + day * DAY_MS) for day in range(KEPT - 1)]
    left = {found.path for found in backup.backups_in(source, folder)}
    assert {found.path for found in real} <= left
    assert len(left & {found.path for found in ahead}) == 1


def test_the_last_ones_are_kept_and_files_of_others_never_touched(source, folder):
    other = folder / f"mrnmesh-node-LAB1-PC-2-20200101-000000{SUFFIX}"
    other.write_bytes(b"")
    strange = folder / f"mrnmesh-node-LAB1-PC-20200101-000000{SUFFIX}"
    strange.write_bytes(b"cannot be read")
    made = [backup.make(source, folder, NOW_MS + day * DAY_MS) for day in range(KEPT + 2)]
    assert backup.backups_in(source, folder) == made[:1:-1]
    assert other.exists()
    assert strange.exists()
    back_in_time = backup.make(source, folder, NOW_MS - 900 * DAY_MS)
    found = backup.backups_in(source, folder)
    assert found == [*made[:2:-1], back_in_time], "a clock that was set back costs one old backup"


def test_one_of_a_database_that_does_not_agree_takes_no_place_of_a_good_one(source, folder, store):
    """A byte of a record that has changed is nothing that SQLite sees."""
    store.connection.execute("DELETE FROM facts")
    good = backup.make(source, folder, NOW_MS)
    assert good.manifest.doubts == ()
    add_facts(store, 1)
    for day in range(1, KEPT + 3):
        made = backup.make(source, folder, NOW_MS + day * DAY_MS)
        assert made.manifest.doubts == ("records that cannot be assigned to anybody: 1",)
    left = sorted(folder.iterdir())
    assert good.path == left[0]
    assert len(left) == KEPT + 1
    store.connection.execute("DELETE FROM facts")
    backup.make(source, folder, NOW_MS + (KEPT + 3) * DAY_MS)
    assert len(list(folder.iterdir())) == KEPT + 2


def _broken(path, *_):
    raise OSError(errno.EIO, "Input/output error", str(path))


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("backups_in", lambda _source, folder: _broken(folder)),
        ("_takes_place_of", lambda *_: 1 / 0),
    ],
)
def test_a_good_backup_stays_one_where_old_ones_cannot_be_removed(
    source, folder, monkeypatch, caplog, part, broken
):
    for day in range(KEPT):
        backup.make(source, folder, NOW_MS + day * DAY_MS)
    with monkeypatch.context() as patch:
        patch.setattr(backup, part, broken)
        made = backup.make(source, folder, NOW_MS + KEPT * DAY_MS)
    assert backup.backups_in(source, folder)[0] == made
    assert f"old backups in {folder} could not be removed" in caplog.text


def test_one_old_backup_that_cannot_be_removed_is_named_and_the_others_go(
    source, folder, monkeypatch, caplog
):
    with monkeypatch.context() as patch:
        patch.setattr(backup, "_remove_old", lambda *_: None)
        made = [backup.make(source, folder, NOW_MS + day * DAY_MS) for day in range(KEPT + 2)]
    remove, stays = files.remove, made[1].path
    monkeypatch.setattr(
        files, "remove", lambda path: _broken(path) if path == stays else remove(path)
    )
    newest = backup.make(source, folder, NOW_MS + (KEPT + 2) * DAY_MS)
    assert backup.backups_in(source, folder) == [newest, *made[:2:-1], made[1]]
    assert f"{stays} could not be removed: " in caplog.text


def test_a_folder_that_cannot_be_looked_at_is_said_so(source, folder, monkeypatch):
    monkeypatch.setattr(type(folder), "is_dir", _broken)
    with pytest.raises(BackupFails, match="could not be written"):
        backup.make(source, folder, NOW_MS)


def _put_back(store):
    store.connection.execute("DELETE FROM facts WHERE clock > 20")


def _put_back_and_gone_on(store):
    _put_back(store)
    store.meta.set_back = "an older database was put back"
    add_facts(store, 400)


def _in_recovery(store):
    store.meta.recovery = "an older database was put back"
    add_facts(store, 400)


def _restored(store):
    store.meta.incarnation = Incarnation(b"another!")
    add_facts(store, 400)


def _made_anew(store):
    store.meta.replica = bytes(16)
    add_facts(store, 400)


@pytest.mark.parametrize(
    "change", [_put_back, _put_back_and_gone_on, _in_recovery, _restored, _made_anew]
)
def test_the_backup_that_has_what_is_missing_is_not_pushed_out(source, folder, store, change):
    full = [backup.make(source, folder, NOW_MS + day * DAY_MS) for day in range(KEPT)]
    change(store)
    for day in range(KEPT, 2 * KEPT + 2):
        backup.make(source, folder, NOW_MS + day * DAY_MS)
    left = backup.backups_in(source, folder)
    assert [found for found in left if found in full] == full[::-1]
    assert len(left) == 2 * KEPT, "its own are counted as before"


def test_what_an_earlier_version_made_is_counted_with_those_of_this_one(
    source, folder, monkeypatch
):
    """It noted no incarnation."""
    with monkeypatch.context() as patch:
        patch.setattr(
            backup, "Manifest", lambda incarnation, lacking, **noted: archive.Manifest(**noted)
        )
        earlier = [backup.make(source, folder, NOW_MS + day * DAY_MS) for day in range(KEPT)]
    assert earlier[0].manifest.incarnation == ""
    assert backup.own_backups_in(source, folder) == earlier[::-1]
    made = backup.make(source, folder, NOW_MS + KEPT * DAY_MS)
    assert backup.own_backups_in(source, folder) == [made, *earlier[:0:-1]]


def test_a_database_whose_tables_cannot_be_read_is_damaged(source, folder, store):
    """SQLite names the table, and Python cannot read that."""
    store.close()
    database = source.folder / "register.db"
    content = database.read_bytes()
    database.write_bytes(content.replace(b"TABLE runs (", b"TABLE\xffruns ("))
    with pytest.raises(StoreDamaged, match="malformed"):
        backup.make(source, folder, NOW_MS)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("INSERT INTO cursors VALUES (1, 'x', x'00', 1, NULL)", "StoreDamaged"),
        (
            "INSERT INTO shards (id, author, number) VALUES (9, CAST(x'416d6e61ff' AS TEXT), 0);"
            " INSERT INTO runs (shard, client, yjs_client, base, count, link, bytes)"
            " VALUES (9, 1, 1, 0, 0, x'', 0)",
            "UTF-8",
        ),
    ],
)
def test_what_cannot_be_compared_is_in_doubt_and_kept(source, folder, store, statement, why):
    """A fault of the disk leaves values that SQLite takes, and that are of another kind."""
    store.connection.execute("DELETE FROM facts")
    store.connection.executescript(statement)
    made = backup.make(source, folder, NOW_MS)
    (doubt,) = made.manifest.doubts
    assert why in doubt
    assert "Amna" not in doubt, "what a row holds is not quoted"
    assert made.path.exists()


def test_two_in_one_second_have_two_names(source, folder):
    one, two = (backup.make(source, folder, NOW_MS) for _ in range(2))
    assert one.path != two.path
    assert len(backup.backups_in(source, folder)) == 2


def test_the_coordinator_has_names_of_its_own(tmp_path):
    hub = Source(tmp_path, COORDINATOR, (), ZONE)
    assert (hub.daemon.kind, hub.stem) == ("coordinator", "mrnmesh-coordinator")
