"""Restoring a backup: whole or not at all, with a witness of its own."""

import struct
import zipfile

import pytest

from coordinator import config as coordinator_config
from coordinator.backups import KIND as COORDINATOR_KIND
from node import config
from node.backups import KIND
from sync.errors import BadOption, WitnessUnwritable
from sync.model.believed import KeptTime
from sync.model.numbers import NumberRange
from sync.storage.store import Store
from sync.upkeep import backup, restore
from sync.upkeep.backup import Source
from sync.upkeep.errors import BackupDamaged, BackupOfOther, RestoreOntoData
from sync.upkeep.restore import RestoreOptions
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
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


def meta(folder, key):
    store = Store.open(folder / "register.db")
    try:
        return getattr(store.meta, key)
    finally:
        store.close()


def test_without_a_name_the_witness_is_a_new_file_where_state_goes(file, tmp_path, monkeypatch):
    monkeypatch.setattr(restore.platformdirs, "user_state_dir", lambda *_, **__: tmp_path / "s")
    put_back(file, tmp_path, witness=None)
    witness = config.load(tmp_path / "clinic" / "new").witness
    assert witness.parent == tmp_path / "s"
    assert Witness(witness, machine_id()).trusted


@pytest.mark.parametrize("without", [True, False])
def test_a_trial_can_be_kept_from_making_backups(file, tmp_path, without):
    put_back(file, tmp_path, without_backups=without)
    assert config.load(tmp_path / "clinic" / "new").backup is not without


def test_what_was_said_of_the_clock_of_the_other_computer_is_over(desk, tmp_path):
    store = Store.open(desk.folder / "register.db")
    store.meta.kept_time = KeptTime(NOW_MS, True, True)
    store.close()
    put_back(backup.make(KIND.source(desk), tmp_path, NOW_MS).path, tmp_path)
    assert meta(tmp_path / "clinic" / "new", "kept_time") == KeptTime(NOW_MS, True, False)


def test_data_that_is_there_is_never_overwritten(file, tmp_path):
    put_back(file, tmp_path)
    kept = meta(tmp_path / "clinic" / "new", "incarnation")
    with pytest.raises(RestoreOntoData, match="rename this one first"):
        put_back(file, tmp_path, witness=tmp_path / "w2")
    assert meta(tmp_path / "clinic" / "new", "incarnation") == kept
    assert not (tmp_path / "w2").exists()


def test_settings_that_were_edited_by_hand_are_restored_with_their_comments(desk, tmp_path):
    path = desk.folder / "node.toml"
    path.write_bytes(b"\xef\xbb\xbf# reception\r\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    file = backup.make(KIND.source(desk), tmp_path, NOW_MS).path
    put_back(file, tmp_path, listen="127.0.0.1:9")
    made = tmp_path / "clinic" / "new" / "node.toml"
    assert made.read_bytes().startswith(b"# reception\r\n")
    assert config.load(made.parent).url == "http://127.0.0.1:9"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_settings_that_an_editor_of_windows_saved_are_restored(desk, tmp_path, encoding, line_end):
    path = desk.folder / "node.toml"
    text = path.read_text(encoding="utf-8") + "# صبح کا عملہ\n"
    path.write_bytes(text.replace("\n", line_end).encode(encoding))
    file = backup.make(KIND.source(config.load(desk.folder)), tmp_path, NOW_MS).path
    put_back(file, tmp_path, listen="127.0.0.1:9999")
    assert config.load(tmp_path / "clinic" / "new").url == "http://127.0.0.1:9999"


def test_what_a_killed_check_left_goes_with_the_next_one(file, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    left = tmp_path / "tmp" / "mrnmesh-check-killed" / "data"
    left.mkdir(parents=True)
    (left / "signing-key.pem").touch()
    restore.look(file, KIND)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_empty_folder_may_be_there(file, tmp_path):
    (tmp_path / "clinic" / "new").mkdir(parents=True)
    put_back(file, tmp_path)
    assert config.load(tmp_path / "clinic" / "new").code == "LAB1-PC"


def broken(file):
    """Change a bit of the database where it says what it is.

    Elsewhere a bit may change nothing: between the members, or where one run of zeros is packed as
    the copy of another one.
    """
    with zipfile.ZipFile(file) as packed:
        member = packed.getinfo("register.db")
    data = bytearray(file.read_bytes())
    name, extra = struct.unpack_from("<HH", data, member.header_offset + 26)
    data[member.header_offset + 30 + name + extra + 16] ^= 1
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


def test_a_new_folder_is_made_with_its_parents_and_they_go_if_it_fails(file, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(restore.Witness, "create", fails)
        with pytest.raises(OSError, match="No space left"):
            restore.restore(file, tmp_path / "a" / "b" / "new", KIND, RestoreOptions())
    assert not (tmp_path / "a").exists()
    restore.restore(
        file, tmp_path / "a" / "b" / "new", KIND, RestoreOptions(tmp_path / "new.witness")
    )
    assert config.load(tmp_path / "a" / "b" / "new").code == "LAB1-PC"


def test_what_a_killed_restore_left_goes_with_the_next_one(file, tmp_path):
    left = tmp_path / "clinic" / ".new-restoring-abc"
    left.mkdir(parents=True)
    (left / "register.db").write_bytes(b"half of one")
    put_back(file, tmp_path)
    assert [path.name for path in (tmp_path / "clinic").iterdir()] == ["new"]
