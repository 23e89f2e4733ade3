"""What is on a dead desk's disk: copied aside, signed with its key, given out in pieces."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from coordinator.registry import terminals
from sync.errors import StoreFromFuture, StoreLocked
from sync.model.facts import State
from sync.protocol import limits, messages
from sync.protocol.questions import Admittance, Merge
from sync.storage.lock import FolderLock
from sync.storage.schema import VERSION
from sync.storage.store import Store
from sync.upkeep import salvage
from sync.upkeep.archive import quiet
from sync.upkeep.errors import SalvageFails
from tests.clinic import pull


@pytest.fixture
def disk(lab, tmp_path):
    """The disk of the lab, pulled out while three people were on it alone."""
    for number in range(3):
        lab.register_offline(full_name=f"Alone {number}")
    assert lab.writer.store.shards.unsigned_runs(lab.author)
    return taken_out(lab, tmp_path / "disk")


def taken_out(desk, folder):
    folder.mkdir()
    desk.signer.save(folder / "signing-key.pem")
    for suffix in ("", "-wal"):
        if Path(f"{desk.path}{suffix}").exists():
            shutil.copy(f"{desk.path}{suffix}", folder / f"register.db{suffix}")
    return folder


def bring(disk, coordinator, scratch, code="LAB1-PC"):
    """Salvage it into the coordinator, and return how many facts were new."""
    scratch.mkdir()
    facts = 0
    with salvage.opened(disk, code, scratch, quiet) as found:
        for piece in found.pieces():
            frame = messages.encode(messages.Push(0, piece.batches))
            assert len(frame) <= limits.FRAME_BYTES_MAX
            merged = coordinator.exchange.merge(Merge(messages.decode(frame).batches))
            assert {outcome.entry for outcome in merged.outcomes} == {Admittance.ACCEPTED}
            facts += merged.facts
        assert found.unreadable == []
    return facts


@pytest.mark.parametrize("state", list(State))
def test_what_a_dead_desk_wrote_alone_is_brought_in(clinic, disk, tmp_path, state):
    clinic.act(lambda tx: terminals.change_terminal(tx, "LAB1-PC", state=state))
    assert bring(disk, clinic.coordinator, tmp_path / "scratch") == 3
    standing = ("rejected", "revoked") if state is State.REVOKED else ("admitted", None)
    assert clinic.coordinator.status() == dict.fromkeys(("710000", "710001", "710002"), standing)


def test_the_disk_is_not_changed_and_may_be_read_only(clinic, disk, tmp_path):
    before = {path.name: path.read_bytes() for path in disk.iterdir()}
    for path in (*disk.iterdir(), disk):
        path.chmod(path.stat().st_mode & ~0o222)
    bring(disk, clinic.coordinator, tmp_path / "scratch")
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == before
    disk.chmod(0o700)


def test_once_more_brings_nothing_new(clinic, disk, tmp_path):
    assert bring(disk, clinic.coordinator, tmp_path / "one") == 3
    assert bring(disk, clinic.coordinator, tmp_path / "two") == 0


def test_people_of_other_desks_and_lost_facts_of_the_coordinator_come_too(
    clinic, lab, ward, tmp_path
):
    backup = clinic.coordinator.back_up()
    clinic.grant_range("WARD-PC", "800-899")
    ward.register_offline()
    pull(ward, clinic.coordinator)
    pull(lab, ward)
    clinic.coordinator.restore(backup)
    bring(taken_out(lab, tmp_path / "disk"), clinic.coordinator, tmp_path / "scratch")
    assert clinic.coordinator.mrns() == ["720000"]
    assert clinic.coordinator.writer.registry.blocks_at(800)
    recovery = clinic.coordinator.arbiter.recovery
    assert clinic.act(recovery.is_on), "it met its own past"


def test_much_comes_in_bounded_pieces(clinic, lab, tmp_path):
    for number in range(1200):
        lab.clinic.now_ms += 1000
        lab.register_offline(address=f"{number} " + "x" * 200)
    assert bring(taken_out(lab, tmp_path / "disk"), clinic.coordinator, tmp_path / "s") == 1200
    assert len(clinic.coordinator.mrns()) == 1200


@pytest.mark.parametrize("lost", ["register.db", "signing-key.pem"])
def test_half_a_folder_is_named(disk, tmp_path, lost):
    (disk / lost).unlink()
    with pytest.raises(SalvageFails, match=f"{lost} is not in it"):
        bring(disk, None, tmp_path / "s")


def test_the_disk_of_another_desk_is_named(disk, tmp_path):
    with pytest.raises(SalvageFails, match="it is that of LAB1-PC, not of WARD-PC"):
        bring(disk, None, tmp_path / "s", "WARD-PC")


def test_the_folder_of_the_coordinator_is_named(clinic, tmp_path):
    disk = taken_out(clinic.coordinator, tmp_path / "disk")
    with pytest.raises(SalvageFails, match="that of a coordinator"):
        bring(disk, None, tmp_path / "s")


def test_a_log_that_was_left_behind_is_reported(disk, tmp_path):
    store = Store.open(disk / "register.db")
    store.meta.commits += 1
    content = (disk / "register.db").read_bytes()
    store.close()
    (tmp_path / "s").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "s", quiet) as found:
        assert found.objection is None, "it was ended in order"
    (disk / "register.db").write_bytes(content)
    (tmp_path / "t").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "t", quiet) as found:
        assert "register.db-wal, which holds what was written last" in found.objection


def test_a_damaged_database_is_reported(disk, tmp_path):
    (disk / "register.db").write_bytes(b"no database" * 1000)
    (disk / "register.db-wal").unlink()
    with pytest.raises(SalvageFails, match="is damaged"):
        bring(disk, None, tmp_path / "s")


def test_a_table_that_is_not_needed_keeps_nothing_back(clinic, disk, tmp_path):
    """Who was on the disk stands in the records; the count is for the report only."""
    with contextlib.closing(sqlite3.connect(disk / "register.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'patients'"
            " AND type = 'index' AND name != 'patients_mrn'"
        ).fetchall()
    with (disk / "register.db").open("r+b") as file:
        for (page,) in roots:
            file.seek(4096 * (page - 1))
            file.write(b"\xaa" * 4096)
    assert bring(disk, clinic.coordinator, tmp_path / "scratch") == 3
    (tmp_path / "again").mkdir()
    with salvage.opened(disk, "LAB1-PC", tmp_path / "again", quiet) as found:
        assert found.patients is None


def test_a_copy_that_does_not_fit_here_is_not_a_damaged_disk(disk, tmp_path, monkeypatch):
    def full(_path):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(salvage.schema, "open_for_writing", full)
    with pytest.raises(SalvageFails, match="the copy of it that was made here") as raised:
        bring(disk, None, tmp_path / "s")
    assert "damaged" not in str(raised.value)


def test_newer_software_is_asked_for(disk, tmp_path):
    store = Store.open(disk / "register.db")
    store.connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    store.close()
    with pytest.raises(StoreFromFuture, match="disk has schema"):
        bring(disk, None, tmp_path / "s")


def test_a_folder_in_use_is_refused(disk, tmp_path):
    lock = FolderLock(disk)
    with pytest.raises(StoreLocked):
        bring(disk, None, tmp_path / "s")
    lock.release()
    assert os.listdir(tmp_path / "s" / "copy") == []
