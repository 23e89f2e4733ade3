"""A database of the first release, opened by this one.

The fixture was written by the first schema's own code: a coordinator and LAB1-PC with made-up
people, a correction, and a copied disk whose number was refused.
"""

import gzip
import sqlite3
from pathlib import Path

import pytest

from sync.engine import fold
from sync.engine.writer import Shell, Writer
from sync.storage import schema
from sync.storage.store import Store
from tests.clinic import Clinic, Desk
from tests.faults import Crash
from tests.projection import difference, folded_from_nothing, projection
from tests.sync.patients import feed, reading

FIRST = Path(__file__).parent / "data" / "schema-1.db.gz"
PEOPLE = [
    (1, "710000", "Ayesha Imran Khan", "admitted"),
    (2, "710001", "Bilal Ahmed", "admitted"),
    (3, "710002", "Chand Bibi", "admitted"),
    (4, "710002", "Danish Ali", "rejected"),
]


@pytest.fixture
def clinic(tmp_path):
    """A clinic whose coordinator has the old database; it is not open yet."""
    clinic = Clinic(tmp_path, seed=7)
    clinic.coordinator.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{clinic.coordinator.path}{suffix}").unlink(missing_ok=True)
    clinic.coordinator.path.write_bytes(gzip.decompress(FIRST.read_bytes()))
    return clinic


def people(desk: Desk):
    return desk.query("SELECT id, mrn, full_name, status FROM patients ORDER BY id")


def test_it_is_what_it_says(clinic):
    connection = sqlite3.connect(clinic.coordinator.path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    columns = {row[1] for row in connection.execute("PRAGMA table_info(patients)")}
    assert "dob_estimated" not in columns
    connection.close()


def test_everybody_is_there_with_the_same_local_id(clinic):
    hub = clinic.coordinator
    hub.open()
    assert people(hub) == PEOPLE
    assert hub.conflicts() == [("710002", "duplicate_mrn")]
    assert hub.query("PRAGMA user_version") == [(schema.VERSION,)]
    assert not difference(projection(hub), folded_from_nothing(hub))
    with reading(hub) as snapshot:
        shown = snapshot.people.by_id(1)
        history = snapshot.people.history(1)
    assert (shown["address"], shown["dob_estimated"]) == ("12 Canal Road, Lahore", False)
    assert [entry["kind"] for entry in history].count("amended") == 1
    hub.close()


def test_whoever_follows_the_feed_from_its_start_hears_of_everybody(clinic):
    hub = clinic.coordinator
    hub.open()
    entries = feed(hub)
    assert [entry[:2] for entry in entries if entry[0] == "registered"] == [
        ("registered", mrn) for _, mrn, *_ in PEOPLE
    ]
    assert ("rejected", "710002", None) in entries
    hub.reopen()
    assert feed(hub) == entries
    hub.close()


def test_work_goes_on(clinic):
    hub = clinic.coordinator
    hub.open()
    desk = clinic.desk("WARD-PC", "720000-729999")
    desk.register_offline()
    clinic.heal()
    assert people(hub)[:4] == PEOPLE
    assert people(hub)[4][1] == "720000"
    assert sorted(desk.mrns(), key=repr) == sorted(hub.mrns(), key=repr)
    clinic.close()


@pytest.mark.parametrize("moment", [1, 2, 3, 30])
def test_an_interrupted_upgrade_is_finished_at_the_next_start(clinic, moment, monkeypatch):
    hub = clinic.coordinator
    fold_all = fold.fold_all
    real = schema._statements

    def breaks(store):
        if moment == 3:
            raise Crash("in the middle of the rebuild")
        yield from fold_all(store)
        if moment == 30:
            raise Crash("at the end of the rebuild")

    def migrates(script):
        if moment == 1:
            raise Crash("before the migration")
        yield from real(script)
        if moment == 2:
            raise Crash("at the end of the migration")

    monkeypatch.setattr(fold, "fold_all", breaks)
    monkeypatch.setattr(schema, "_statements", migrates)
    shell = Shell(lambda: clinic.now_ms, clinic.random.randbytes, lambda: clinic.now_ms)
    with pytest.raises(Crash):
        Writer(Store.open(hub.path), hub.signer, shell)
    monkeypatch.undo()
    hub.open()
    assert people(hub) == PEOPLE
    assert hub.query("SELECT value FROM meta WHERE key = 'projection'") == [
        (schema.PROJECTION_VERSION,)
    ]
    hub.close()
