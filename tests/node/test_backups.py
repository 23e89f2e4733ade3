"""A node's backup put back: whole or not at all, as a new incarnation, with its own witness."""

import json

import pytest

from coordinator import config as coordinator_config
from coordinator.backups import KIND as COORDINATOR_KIND
from node import config
from node.backups import KIND
from sync.engine.witness import Witness, machine_id
from sync.errors import BadOption, WitnessUnwritable
from sync.model.numbers import NumberRange
from sync.rules.feed import FeedChange, FeedEntry
from sync.storage.local import IDS_SKIPPED
from sync.storage.store import Store
from sync.upkeep import backup, restore
from sync.upkeep.backup import Source
from sync.upkeep.errors import BackupDamaged, BackupOfOther, RestoreOntoData
from sync.upkeep.restore import RestoreOptions

NOW_MS = 1_767_600_000_000


@pytest.fixture
def desk(tmp_path):
    hub_file, _ = coordinator_config.init(tmp_path / "hub", witness=tmp_path / "hub.witness")
    config.init(tmp_path / "desk", "LAB1-PC", hub_file, witness=tmp_path / "desk.witness")
    made = config.load(tmp_path / "desk")
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
    join = json.loads((made.folder / "LAB1-PC.join").read_text(encoding="utf-8"))
    assert join["incarnation"] == incarnation.hex()
    store = Store.open(made.folder / "register.db")
    assert "an earlier life" in store.cursors.all()[0].closed
    store.close()
    assert made.witness == tmp_path / "new.witness"
    assert Witness(made.witness, machine_id()).trusted
    assert desk.witness.read_bytes() == before, "another daemon may be using it"
    assert [path.name for path in (tmp_path / "clinic").iterdir()] == ["new"]


def test_without_a_name_the_witness_is_a_new_file_where_state_goes(file, tmp_path, monkeypatch):
    monkeypatch.setattr(restore.platformdirs, "user_state_dir", lambda *_, **__: tmp_path / "s")
    put_back(file, tmp_path, witness=None)
    witness = config.load(tmp_path / "clinic" / "new").witness
    assert witness.parent == tmp_path / "s"
    assert Witness(witness, machine_id()).trusted


def test_ids_that_were_told_after_the_backup_come_to_mean_nobody_else(desk, file, tmp_path):
    put_back(file, tmp_path)
    store = Store.open(tmp_path / "clinic" / "new" / "register.db")
    assert store.local.next_patient_id() == IDS_SKIPPED + 1
    store.local.log_changes(NOW_MS, [FeedEntry(1, FeedChange.REGISTERED)])
    assert store.connection.execute("SELECT id FROM changes").fetchone()[0] > IDS_SKIPPED
    store.close()


def test_data_that_is_there_is_never_overwritten(file, tmp_path):
    put_back(file, tmp_path)
    kept = names_of(tmp_path / "clinic" / "new")
    with pytest.raises(RestoreOntoData, match="rename this one first"):
        put_back(file, tmp_path, witness=tmp_path / "w2")
    assert names_of(tmp_path / "clinic" / "new") == kept
    assert not (tmp_path / "w2").exists()


def test_settings_that_were_edited_by_hand_are_restored_with_their_comments(desk, tmp_path):
    path = desk.folder / "node.toml"
    path.write_bytes(b"\xef\xbb\xbf# reception\r\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    file = backup.make(KIND.source(desk), tmp_path, NOW_MS).path
    put_back(file, tmp_path, listen="127.0.0.1:9")
    made = tmp_path / "clinic" / "new" / "node.toml"
    assert made.read_bytes().startswith(b"# reception\r\n")
    assert config.load(made.parent).url == "http://127.0.0.1:9"


def test_an_empty_folder_may_be_there(file, tmp_path):
    (tmp_path / "clinic" / "new").mkdir(parents=True)
    put_back(file, tmp_path)
    assert config.load(tmp_path / "clinic" / "new").code == "LAB1-PC"


def broken(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def of_a_coordinator(file):
    hub = coordinator_config.load(file.parent / "hub")
    backup.make(COORDINATOR_KIND.source(hub), file.parent, NOW_MS).path.replace(file)


def without_its_key(file):
    desk = config.load(file.parent / "desk")
    source = Source(desk.folder, desk.code, ("node.toml",), desk.zone)
    backup.make(source, file.parent, NOW_MS + 1000).path.replace(file)


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        (broken, {}, BackupDamaged, "cannot be used"),
        (of_a_coordinator, {}, BackupOfOther, "of a coordinator.*mrnmesh-coordinator restore"),
        (without_its_key, {}, BackupDamaged, "signing-key.pem is not in it"),
        (None, {"listen": "0.0.0.0:1"}, BadOption, "--listen"),
        (None, {"witness": "clinic/new/w"}, BadOption, "in the data folder"),
        (None, {"witness": "desk.witness"}, BadOption, "name a new file"),
        (None, {"witness": "desk.witness/w"}, WitnessUnwritable, "cannot be written"),
    ],
)
def test_what_cannot_be_restored_leaves_nothing(file, tmp_path, change, options, error, said):
    if change is not None:
        change(file)
    if "witness" in options:
        options = options | {"witness": tmp_path / options["witness"]}
    with pytest.raises(error, match=said):
        put_back(file, tmp_path, **options)
    assert not (tmp_path / "clinic").exists()
    assert not (tmp_path / "new.witness").exists()


def test_ctrl_c_leaves_nothing(file, tmp_path):
    def interrupt(step, _done, _total):
        if step == "checking the database":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore.restore(file, tmp_path / "clinic" / "new", KIND, RestoreOptions(), interrupt)
    assert not (tmp_path / "clinic").exists()


def test_looking_at_a_backup_makes_nothing(file, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    manifest = restore.look(file, KIND)
    assert (manifest.author, manifest.patients) == ("LAB1-PC", 0)
    assert sorted(tmp_path.rglob("*")) == before
    broken(file)
    with pytest.raises(BackupDamaged):
        restore.look(file, KIND)
