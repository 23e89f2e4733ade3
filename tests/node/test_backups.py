"""A node's backup put back: whole or not at all, as a new incarnation, with its own witness."""

import os
from types import MappingProxyType

import pytest

from node import config
from node.backups import KIND, look_back
from sync.model.numbers import NumberRange
from sync.rules import chains
from sync.rules.feed import FeedChange, FeedEntry
from sync.storage.local import IDS_SKIPPED
from sync.storage.store import Store
from sync.upkeep import backup, restore
from sync.upkeep.looks import keeping
from sync.upkeep.restore import RestoreOptions
from sync.witness.machine import machine_id
from sync.witness.memory import Agreement, Witness
from tests.clinic import Clinic, pull
from tests.folders import new_desk

NOW_MS = 1_767_600_000_000


@pytest.fixture
def desk(tmp_path):
    made = config.load(new_desk(tmp_path))
    store = Store.open(made.folder / "register.db")
    store.cursors.add(NumberRange(710000, 719999), store.meta.incarnation, 710005, None)
    store.close()
    return made


@pytest.fixture
def file(desk, tmp_path):
    return backup.make(KIND.source(desk), tmp_path, NOW_MS).path


def put_back(file, tmp_path, **options):
    given = {"witness": tmp_path / "new.witness"} | options
    return restore.restore(file, tmp_path / "clinic" / "new", KIND, RestoreOptions(**given))


def names_of(folder):
    """(replica id, incarnation) of the database in a data folder."""
    store = Store.open(folder / "register.db")
    try:
        return store.meta.replica, store.meta.incarnation
    finally:
        store.close()


def test_a_restored_node_is_the_same_under_a_new_life(desk, file, tmp_path):
    before = desk.witness.read_bytes()
    put_back(file, tmp_path, listen="127.0.0.1:9")
    made = config.load(tmp_path / "clinic" / "new")
    assert (made.code, made.coordinator_key) == (desk.code, desk.coordinator_key)
    assert made.signer().public_key == desk.signer().public_key
    assert made.url == "http://127.0.0.1:9"
    replica, incarnation = names_of(made.folder)
    assert replica == names_of(desk.folder)[0]
    assert incarnation != names_of(desk.folder)[1]
    store = Store.open(made.folder / "register.db")
    assert "an earlier copy" in store.cursors.all()[0].closed
    store.close()
    assert made.witness == tmp_path / "new.witness"
    assert Witness(made.witness, machine_id()).trusted
    assert desk.witness.read_bytes() == before, "another daemon may be using it"
    assert [path.name for path in (tmp_path / "clinic").iterdir()] == ["new"]


@pytest.mark.parametrize(
    ("known", "lost"),
    [(7, "entries 1 to 7 are lost"), (None, "what was written after entry 0 is lost")],
)
def test_a_restore_is_an_entry_of_who_looked_that_says_what_is_lost(
    desk, file, tmp_path, known, lost
):
    if known is not None:
        Witness(desk.witness, machine_id()).note_marks({keeping.MARK: known})
    put_back(file, tmp_path)
    store = Store.open(tmp_path / "clinic" / "new" / "register.db")
    (entry,) = store.looks.from_oldest()
    assert entry.said.act == "restored"
    assert entry.said.about.startswith(f"backup of 2026-01-05 08:00 UTC: {lost}")
    assert chains.check(store.looks.from_oldest()).wrong is None
    store.close()
    assert Witness(tmp_path / "new.witness", machine_id()).mark(keeping.MARK) is None


def test_a_witness_that_cannot_be_read_keeps_nobody_from_restoring(desk, file, tmp_path):
    desk.witness.unlink()
    desk.witness.mkdir()
    put_back(file, tmp_path)
    store = Store.open(tmp_path / "clinic" / "new" / "register.db")
    assert store.looks.oldest().said.act == "restored"
    store.close()


def test_ids_that_were_told_after_the_backup_come_to_mean_nobody_else(desk, file, tmp_path):
    put_back(file, tmp_path)
    store = Store.open(tmp_path / "clinic" / "new" / "register.db")
    assert store.local.next_patient_id() > IDS_SKIPPED
    store.local.log_changes(NOW_MS, [FeedEntry(1, FeedChange.REGISTERED)])
    assert store.connection.execute("SELECT id FROM changes").fetchone()[0] > IDS_SKIPPED
    store.close()


class Remembering:
    """What a witness has against a range whose cursor lies below a number."""

    ranges = ()
    belongs = True
    lacks = None
    marks = MappingProxyType({})
    agreement = Agreement.IN_STEP

    def __init__(self, number, trusted=True):
        self.number = number
        self.trusted = trusted

    def objection(self, cursor, _fresh, _below=0):
        return f"up to {self.number} were issued" if cursor.cursor < self.number else None

    def burned(self, _range):
        return 0


def start(lab, witness):
    """What a desk does at its start."""
    lab.writer.write(lambda tx: look_back(tx, witness, os.urandom))
    return lab.writer.store.local.feed_epoch


@pytest.fixture
def lab(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic.desk("LAB1-PC", "710000-719999")
    clinic.close()


def test_a_database_put_back_by_hand_goes_on_above_what_clients_know(lab):
    lab.register_offline()
    before = start(lab, Remembering(710000))
    backup = lab.back_up()
    patient = lab.register_offline().patient
    ((change,),) = lab.query("SELECT max(id) FROM changes")
    assert start(lab, Remembering(710001)) == before, "an honest database"
    lab.restore(backup)
    epoch = start(lab, Remembering(710001))
    assert epoch != before
    assert start(lab, Remembering(710001)) == epoch, "it is found out once"
    assert start(lab, Remembering(710002)) != epoch, "and again if there was more"
    assert lab.writer.store.local.next_patient_id() > patient
    lab.writer.store.local.log_changes(NOW_MS, [FeedEntry(1, FeedChange.REGISTERED)])
    assert lab.query("SELECT max(id) FROM changes") > [(change,)]


def test_a_database_of_before_a_range_was_granted_lacks_whoever_has_its_numbers(lab, tmp_path):
    clinic = lab.clinic
    desk = clinic.desk("WARD-PC")
    desk.be_witnessed(witness := Witness.create(tmp_path / "witness", machine_id(), 0))
    backup = desk.back_up()
    clinic.grant_range("WARD-PC", "720000-729999")
    pull(desk, clinic.coordinator)
    for _ in range(2):
        desk.register_offline()
    start(desk, witness.seen())
    assert desk.writer.store.meta.set_back is None, "an honest database"
    desk.restore(backup)
    witness.settle()
    witness.read()
    epoch = start(desk, witness.seen())
    assert "numbers up to 720001 were issued" in (desk.writer.store.meta.set_back or "")
    pull(desk, clinic.coordinator)
    assert start(desk, witness.seen()) == epoch, "it is found out once"


def test_the_witness_of_another_computer_says_nothing_of_a_database(lab):
    epoch = lab.writer.store.local.feed_epoch
    assert start(lab, Remembering(710001, trusted=False)) == epoch, "`renew` begins another one"
