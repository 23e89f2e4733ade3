"""A start that sets files aside, and loses its power at any of its writes."""

import contextlib
import itertools
import shutil
import sqlite3

import pytest

from node.backups import begin_set_back
from sync.engine.replica import DATABASE
from sync.storage import belonging, schema
from sync.storage.store import Store
from sync.upkeep import set_back
from sync.upkeep.set_back import ASIDE
from tests.faults import Crash
from tests.simulation import wide_clinic
from tests.simulation.layer import why_unavailable
from tests.simulation.wide_clinic import Files, WideClinic

WHY = why_unavailable()
pytestmark = pytest.mark.skipif(WHY is not None, reason=f"no layer below the files: {WHY}")
TRIES = 4
"""So often is each write tried: what a power cut leaves is decided by chance."""

PEOPLE = 4
"""The first of them is in the database file of `desk`, the others are in its log."""


@pytest.fixture
def desk(tmp_path):
    """A stopped desk with an old database, as of a stopped desk, beside a newer log.

    Without the log nothing shows any more that something was missing.
    """
    with wide_clinic.installed():
        clinic = WideClinic(tmp_path, 1)
        desk = clinic.desk("LAB1-PC", "700000-700999")
        older = desk.back_up().read_bytes()
        desk.register_offline()
        desk.back_up()
        for _ in range(PEOPLE - 1):
            desk.register_offline()
        desk.kill()
        now = desk.files()
        with contextlib.closing(Store(schema.open_for_writing(desk.path))) as store:
            store.meta.in_use = False
        desk.whole = desk.path.read_bytes()
        desk.laid, desk.right = Files(older, now.wal, now.witness), now.database
        yield desk
        clinic.coordinator.close()


def lay(desk):
    for aside in desk.folder.glob(f"{ASIDE}*"):
        shutil.rmtree(aside)
    desk.lay(desk.laid)


def settle(desk):
    set_back.settle(desk.folder, desk.witness.marks, begin_set_back)


def settle_and_die(desk, write):
    """Set aside what does not belong, while the power goes at a write; False if it does not go."""
    desk.disk.die_at(write)
    with contextlib.suppress(Crash, sqlite3.Error, OSError):
        settle(desk)
    if not desk.disk.dead:
        desk.disk.heal()
        return False
    desk.cut_power()
    return True


def test_what_is_set_aside_is_there_after_a_power_cut_at_any_write(desk):
    for write in itertools.count(1):
        for _ in range(TRIES):
            lay(desk)
            is_cut = settle_and_die(desk, write)
            settle(desk)
            aside = [path.read_bytes() for path in desk.folder.glob(f"{ASIDE}-*/{DATABASE}-wal")]
            assert desk.laid.wal in aside, f"write {write}"
            with contextlib.closing(Store(schema.open_for_writing(desk.path))) as store:
                assert store.meta.set_back is not None, f"write {write}"
        if not is_cut:
            break
    assert write > 20


def test_a_log_with_a_fault_is_kept_after_a_power_cut_at_any_write(desk):
    """It stays beside the database, too: what lies before the fault is good."""
    wal = bytearray(desk.laid.wal)
    wal[len(wal) // 2] ^= 1
    desk.laid = desk.laid._replace(database=desk.right, wal=bytes(wal))
    lay(desk)
    with contextlib.closing(belonging.open_to_look(desk.path)) as read:
        (before,) = read.execute("SELECT count(*) FROM patients").fetchone()
    assert before == 2, "one is in the file, and one in the log before the fault"
    for write in itertools.count(1):
        lay(desk)
        is_cut = settle_and_die(desk, write)
        settle(desk)
        aside = [path.read_bytes() for path in desk.folder.glob(f"{ASIDE}-*/{DATABASE}-wal")]
        assert aside == [desk.laid.wal], f"write {write}"
        with contextlib.closing(Store(schema.open_for_writing(desk.path))) as store:
            assert store.meta.set_back is not None, f"write {write}"
            people = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
            assert people == before, f"write {write}"
        if not is_cut:
            break
    assert write > 10


def test_the_right_file_is_asked_about_again_after_a_power_cut_at_any_write(desk):
    """Whoever put an old database there puts the right one back when the start has failed."""
    kept = set()
    for write in itertools.count(1):
        lay(desk)
        is_cut = settle_and_die(desk, write)
        files = desk.files()
        desk.lay(files._replace(database=desk.right))
        settle(desk)
        aside = [path.read_bytes() for path in desk.folder.glob(f"{ASIDE}-*/{DATABASE}-wal")]
        with contextlib.closing(Store(schema.open_for_writing(desk.path))) as store:
            is_set_back = store.meta.set_back is not None
            people = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
        if files.wal == desk.laid.wal:
            assert not is_set_back, f"write {write}"
            assert people == PEOPLE, f"write {write}"
        else:
            assert is_set_back, f"write {write}"
            assert desk.laid.wal in aside, f"write {write}"
        kept.add(is_set_back)
        if not is_cut:
            break
    assert kept == {False, True}


def test_a_whole_copy_starts_as_always_after_a_power_cut_at_any_write(desk):
    """Also where the log of before was removed already, as long as nothing went on without it."""
    for write in itertools.count(1):
        lay(desk)
        is_cut = settle_and_die(desk, write)
        went_on = [*desk.folder.glob(f"{ASIDE}*/moved")]
        desk.lay(desk.files()._replace(database=desk.whole, wal=None))
        settle(desk)
        with contextlib.closing(Store(schema.open_for_writing(desk.path))) as store:
            assert (store.meta.set_back is None) == (not went_on), f"write {write}"
            people = store.connection.execute("SELECT count(*) FROM patients").fetchone()[0]
            assert people == PEOPLE, f"write {write}"
        if went_on or not is_cut:
            break
    assert write > 10
