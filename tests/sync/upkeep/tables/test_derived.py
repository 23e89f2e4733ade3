"""What a fault of the disk changed in the tables is found, and nothing else is."""

import pytest

from sync.engine.replica import DATABASE
from sync.upkeep.archive import Stop
from sync.upkeep.errors import BackupStopped
from sync.upkeep.tables import derived
from sync.upkeep.tables.derived import differences
from tests.damage import change_row


def database_of(desk):
    return desk.config.folder / DATABASE


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE patients SET full_name = 'Nilqis' WHERE mrn = '710001'", {"patients": 1}),
        ("UPDATE patients SET status = 'bdmitted' WHERE mrn = '710001'", {"patients": 1}),
        ("UPDATE patients SET full_name = CAST(x'ff' AS TEXT) WHERE id = 1", {"patients": 1}),
        ("UPDATE held SET patient = 1 WHERE mrn = '710001'", {"held": 1}),
        ("DELETE FROM held WHERE mrn = '710001'", {"held": 1}),
        ("INSERT INTO twins VALUES ('1', '2')", {"twins": 1}),
        ("INSERT INTO links VALUES (1, 1, x'00')", {"links": 1}),
    ],
)
async def test_a_row_that_was_changed_is_found(filled, statement, found):
    assert differences(database_of(filled)) == {}
    change_row(filled.config.folder, statement)
    assert differences(database_of(filled)) == found


async def test_it_changes_nothing_and_leaves_nothing_behind(filled):
    before = {path.name: path.read_bytes() for path in filled.config.folder.iterdir()}
    assert differences(database_of(filled)) == {}
    after = {path.name: path.read_bytes() for path in filled.config.folder.iterdir()}
    for log in ("register.db-shm", "register.db-wal"):  # looking makes them
        before.pop(log, None), after.pop(log, None)
    assert after == before


async def test_tables_of_another_version_are_not_compared(filled):
    """They are made again when the daemon starts."""
    change_row(filled.config.folder, "UPDATE meta SET value = 0 WHERE key = 'projection'")
    change_row(
        filled.config.folder, "UPDATE patients SET full_name = 'Nilqis' WHERE mrn = '710001'"
    )
    assert differences(database_of(filled)) == {}


async def test_it_can_be_stopped(filled, monkeypatch):
    stop = Stop()
    stop.set()
    with pytest.raises(BackupStopped):
        differences(database_of(filled), stop)
    again, real = Stop(), derived.fold_all

    def stopped(store, pieces):
        for done in real(store, pieces):
            again.set()
            yield done

    monkeypatch.setattr(derived, "fold_all", stopped)
    with pytest.raises(BackupStopped):
        differences(database_of(filled), again)


async def test_a_disk_without_room_for_the_tables_is_left_alone(filled, monkeypatch):
    monkeypatch.setattr(derived, "_SPARE_BYTES", 1 << 62)
    with pytest.raises(OSError, match="No space left"):
        differences(database_of(filled))


async def test_what_a_killed_look_left_goes_with_the_next_one(filled):
    left = filled.config.folder / ".comparing-killed"
    left.mkdir()
    (left / "tables").write_bytes(b"of people")
    assert differences(database_of(filled)) == {}
    assert not left.exists()
