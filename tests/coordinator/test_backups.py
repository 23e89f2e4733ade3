"""A coordinator's backup put back: it recovers first, whatever a witness says."""

import shutil
import zipfile

import pytest

from coordinator import config
from coordinator.backups import KIND
from coordinator.cli.enrolment import replacing
from coordinator.errors import InRecovery
from coordinator.judging.recovery import (
    SKIPPED_FROM,
    SKIPPED_TO,
    begin_restored,
    missing_entries,
)
from sync.engine import keys
from sync.errors import BadRecoveryKey
from sync.model.facts import Author
from sync.rules import registry
from sync.storage.store import Store
from sync.trust import sealing
from sync.upkeep import archive, backup, restore
from sync.upkeep.backup import Source
from sync.upkeep.errors import BackupOfOther, RecoveryKeyNeeded
from sync.upkeep.restore import RestoreOptions
from sync.witness.machine import machine_id
from sync.witness.memory import SERIAL, Intent, Witness
from tests.clinic import ZONE, pull
from tests.coordinator.judging.setting_back import note_merged
from tests.coordinator.judging.setting_back import restore as put_back

NOW_MS = 1_767_600_000_000
FILES = ("coordinator.toml", "signing-key.pem", "authority.pem")


@pytest.fixture
def hub(tmp_path):
    config.init(tmp_path / "hub", witness=tmp_path / "hub.witness")
    return config.load(tmp_path / "hub")


@pytest.fixture
def file(hub, tmp_path):
    return backup.make(KIND.source(hub), tmp_path, NOW_MS).path


def test_a_restored_coordinator_begins_in_recovery(hub, file, tmp_path):
    Witness(hub.witness, machine_id()).note_marks({"serial": 77, "newest online": 20260105 * 10**9})
    restore.restore(file, tmp_path / "new", KIND, RestoreOptions(tmp_path / "new.witness"))
    made = config.load(tmp_path / "new")
    assert made.signer().public_key == hub.signer().public_key
    assert (tmp_path / "new" / "authority.pem").exists()
    store = Store.open(made.folder / "register.db")
    assert store.meta.recovery == "it was restored from a backup of 2026-01-05 08:00 UTC"
    store.close()
    witness = Witness(made.witness, machine_id())
    assert witness.trusted
    assert witness.mark("serial") == 77, "what this computer knows of the time after the backup"


def test_what_an_earlier_restored_copy_gave_on_this_computer_is_known(hub, file, tmp_path):
    """The backup names the first witness only; the others have the name of the database."""
    replica = archive.read_manifest(file).replica
    Witness(hub.witness, machine_id()).note_marks({SERIAL: 6})
    began = {SKIPPED_FROM: 7, SKIPPED_TO: 999}
    for number, serial, known in ((1, 999, 6), (2, 1003, 1003)):
        beside = Witness.create(hub.witness.with_name(f"{replica}-{number}"), machine_id(), 0)
        beside.note_marks({SERIAL: serial} | began)
        new = tmp_path / f"new{number}.witness"
        restore.restore(file, tmp_path / f"new{number}", KIND, RestoreOptions(new))
        witness = Witness(new, machine_id())
        assert (witness.committed(SERIAL), witness.mark(SERIAL)) == (known, serial)
        assert witness.mark(SKIPPED_TO) is None


def restored_serial(file, tmp_path, name, **options):
    """What the witness of one more restore begins with, and the folder that it makes."""
    folder = tmp_path / name / "hub"
    restore.restore(file, folder, KIND, RestoreOptions(**options))
    witness = Witness(config.load(folder).witness, machine_id())
    return witness.committed(SERIAL), witness, folder


WITNESSES = {
    "where the system keeps such things": lambda tmp_path: {},
    "beside the first one": lambda tmp_path: {"witness": tmp_path / "w2"},
    "in a folder of its own": lambda tmp_path: {"witness": tmp_path / "witnesses" / "w2"},
}


@pytest.mark.parametrize("place", WITNESSES)
def test_the_witness_of_an_earlier_restore_is_found_wherever_it_is(
    file, tmp_path, monkeypatch, place
):
    """The installation named a witness, as docs/first-clinic.md does."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    options = WITNESSES[place](tmp_path)
    serial, witness, folder = restored_serial(file, tmp_path, "one", **options)
    assert serial < 41
    witness.note_marks({SERIAL: 41})
    folder.rename(folder.with_name("hub-broken"))
    again = {name: path.with_name("w3") for name, path in options.items()}
    assert restored_serial(file, tmp_path, "one", **again)[0] == 41
    folder.rename(folder.with_name("hub-broken-again"))
    assert restored_serial(file, tmp_path, "one")[0] == 41, "and whoever names none the next time"


@pytest.mark.parametrize("place", WITNESSES)
def test_it_is_found_where_the_data_folder_is_gone(file, tmp_path, monkeypatch, place):
    """Whoever has named a witness names the next one in the same folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    options = WITNESSES[place](tmp_path)
    _, witness, folder = restored_serial(file, tmp_path, "one", **options)
    witness.note_marks({SERIAL: 41})
    shutil.rmtree(folder)
    again = options.get("witness", tmp_path / "elsewhere" / "w2").with_name("w3")
    assert restored_serial(file, tmp_path, "two", witness=again)[0] == 41


def test_a_witness_of_another_clinic_in_the_same_folder_says_nothing(file, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    config.init(tmp_path / "other", witness=tmp_path / "other.witness")
    other = config.load(tmp_path / "other")
    made = backup.make(KIND.source(other), tmp_path, NOW_MS + 1000).path
    for witness in (
        Witness(other.witness, machine_id()),
        restored_serial(made, tmp_path, "clone", witness=tmp_path / "clone.witness")[1],
    ):
        witness.note_marks({SERIAL: 99})
    (tmp_path / "large").write_bytes(b"x" * (restore.SIZE_MAX + 1))
    assert restored_serial(file, tmp_path, "new")[0] < 99


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_commit_of_which_nothing_is_known_gives_no_serial_twice_and_nobody_waits_for_it(
    hub, file, tmp_path, clinic, coordinator, lab, is_committed
):
    """It failed, because the disk was full; or the process died before it told its witness.

    Then no desk has heard of a range or a key, and of a number or a decision only such as bring it.
    """
    known = coordinator.writer.serial
    witness = Witness(hub.witness, machine_id())
    witness.note_marks({SERIAL: known})
    witness.intend({SERIAL: Intent(known + 3, known)})
    if not is_committed:
        witness.withdraw()
        witness.settle()
    _, found, _ = restored_serial(file, tmp_path, "new", witness=tmp_path / "new.witness")
    put_back(coordinator, coordinator.back_up(), found)
    assert clinic.act(missing_entries) == []
    assert coordinator.writer.serial > known + 3
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [True]


def test_the_witness_of_another_computer_is_not_believed(hub, file, tmp_path):
    Witness.create(hub.witness, "another computer", 0).note_marks({"serial": 77})
    restore.restore(file, tmp_path / "new", KIND, RestoreOptions(tmp_path / "new.witness"))
    assert Witness(tmp_path / "new.witness", machine_id()).mark("serial") is None


def test_the_backup_of_a_node_is_refused(hub, tmp_path):
    store = Store.open(hub.folder / "register.db")
    store.meta.author = Author("LAB1-PC")
    store.close()
    made = backup.make(Source(hub.folder, "LAB1-PC", FILES, ZONE), tmp_path, NOW_MS)
    with pytest.raises(BackupOfOther, match=r"of a node \(LAB1-PC\).*mrnmesh-node restore"):
        restore.restore(made.path, tmp_path / "new", KIND, RestoreOptions())


@pytest.fixture
def restored(clinic, coordinator):
    """The coordinator of a test, marked as `restore` marks one."""
    coordinator.close()
    store = Store.open(coordinator.path)
    begin_restored(store, "it was restored")
    store.close()
    coordinator.open()
    return coordinator


def test_one_that_knows_no_desk_waits_for_an_administrator(clinic, restored):
    recovery = restored.arbiter.recovery
    with pytest.raises(InRecovery, match="mrnmesh-coordinator end-recovery"):
        clinic.act(recovery.require_over)
    clinic.act(recovery.end)
    clinic.act(recovery.require_over)


def test_one_that_knows_desks_ends_when_they_have_merged(clinic, lab, restored):
    recovery = restored.arbiter.recovery
    assert clinic.act(recovery.waiting_for) == [lab.author]
    assert clinic.act(lambda tx: recovery.note_merged(tx, lab.author))
    clinic.act(recovery.require_over)
    assert not restored.writer.store.meta.restored


# keys in backups


@pytest.fixture
def made(tmp_path):
    """A coordinator with a recovery key, and a backup of it."""
    folder = tmp_path / "sealed"
    config.init(folder, witness=tmp_path / "sealed.witness")
    keys.Signer.new().save(folder / config.NEXT_SIGNING_KEY)  # its key is being replaced
    key = sealing.new_recovery_key(folder)
    backups = tmp_path / "usb"
    backups.mkdir()
    return folder, key, backup.make(KIND.source(config.load(folder)), backups, 1).path


def test_keys_are_in_a_backup_only_sealed(made):
    folder, _, file = made
    with zipfile.ZipFile(file) as packed:
        content = {name: packed.read(name) for name in packed.namelist()}
    for name in KIND.secret:
        if (folder / name).exists():
            assert name not in content
            assert f"{name}.sealed" in content
    everything = b"".join(content.values())
    assert b"PRIVATE KEY" not in everything
    assert set(content) > {"register.db", "coordinator.toml", "authority.pem"}


def test_they_come_back_with_the_recovery_key_and_not_without(made, tmp_path):
    folder, key, file = made
    restore.look(file, KIND)
    for wrong, error in (
        (None, RecoveryKeyNeeded),
        (sealing.new_recovery_key(tmp_path), BadRecoveryKey),
    ):
        options = RestoreOptions(witness=tmp_path / "w", recovery_key=wrong)
        with pytest.raises(error):
            restore.restore(file, tmp_path / "new", KIND, options)
        assert not (tmp_path / "new").exists()
    options = RestoreOptions(witness=tmp_path / "w", recovery_key=key)
    restore.restore(file, tmp_path / "new", KIND, options)
    for name in KIND.secret:
        if (folder / name).exists():
            assert (tmp_path / "new" / name).read_bytes() == (folder / name).read_bytes()
    assert not list((tmp_path / "new").glob("*.sealed"))
    assert sealing.public_key(tmp_path / "new") == sealing.public_key(folder)


def test_a_coordinator_of_before_has_no_recovery_key_and_seals_nothing(made, tmp_path):
    folder, _, _ = made
    (folder / sealing.PUBLIC_FILE).unlink()
    file = backup.make(KIND.source(config.load(folder)), tmp_path / "usb", 2).path
    options = RestoreOptions(witness=tmp_path / "w")
    restore.restore(file, tmp_path / "new", KIND, options)
    assert (tmp_path / "new" / "signing-key.pem").exists()


def test_without_the_recovery_key_all_but_the_keys_comes_back(hub, tmp_path):
    sealing.new_recovery_key(hub.folder)
    file = backup.make(KIND.source(hub), tmp_path, NOW_MS).path
    options = RestoreOptions(tmp_path / "new.witness", without_keys=True)
    restore.restore(file, tmp_path / "new", KIND, options)
    made = config.load(tmp_path / "new")
    assert [path.name for path in made.folder.glob("*key.pem*")] == []
    assert replacing.replace(made, True, "no paper", None) == made.signer().public_key
    store = Store.open(made.folder / "register.db")
    former = registry.fold(store.decisions.registry_entries()).succession.trusted
    assert (former, store.meta.recovery is None) == ({hub.signer().public_key}, False)
    store.close()
