"""A data folder is made whole or not at all, and never over another one."""

import re
import sys
from pathlib import Path

import pytest

from sync.daemon import data_folder
from sync.daemon.daemons import COORDINATOR, NODE, Daemon
from sync.daemon.data_folder import (
    as_option,
    hints,
    is_inside,
    make,
    pasteable,
    quoted,
    require_made,
    require_new,
    require_whole,
)
from sync.engine.keys import Signer
from sync.errors import (
    BadConfig,
    BadOption,
    StoreElsewhere,
    StoreExists,
    StoreForbidden,
    StoreIncomplete,
    StoreLinked,
    StoreMissing,
    StoreOfAnother,
    WitnessUnwritable,
)
from sync.model.facts import Author
from sync.storage.store import Store
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests.folders import new_desk

LAB = Author("LAB1-PC")


@pytest.mark.parametrize(
    ("found", "missing"), [("node.toml", "register.db"), ("register.db", "node.toml")]
)
def test_half_a_data_folder_is_refused_with_what_is_missing(tmp_path, found, missing):
    require_whole(tmp_path, NODE)
    (tmp_path / found).touch()
    said = re.escape(f"{found} is there, {missing} is not.") + ".*`mrnmesh-node enrol CODE`"
    with pytest.raises(StoreIncomplete, match=said):
        require_whole(tmp_path, NODE)
    (tmp_path / missing).touch()
    require_whole(tmp_path, NODE)


@pytest.mark.parametrize("end", ["", "-wal"])
def test_a_database_that_is_a_link_is_refused_also_where_its_disk_is_not_connected(tmp_path, end):
    (tmp_path / "node.toml").touch()
    linked = tmp_path / f"register.db{end}"
    try:
        linked.symlink_to(tmp_path / "not connected" / linked.name)
    except OSError:
        pytest.skip("this user may not make symbolic links")
    with pytest.raises(StoreLinked, match=rf"register\.db{end} is a link to .*not connected"):
        require_whole(tmp_path, NODE)


def new(tmp_path, listen="127.0.0.1:1", sync_listen="127.0.0.1:2", witness=None):
    require_new(tmp_path / "desk", NODE, listen=listen, sync_listen=sync_listen, witness=witness)


def test_good_options_pass_and_two_ports_may_be_chosen_by_the_system(tmp_path):
    new(tmp_path, witness=tmp_path / "witness")
    new(tmp_path, "127.0.0.1:0", "127.0.0.1:0")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"listen": "here"}, "--listen cannot be used: 'here' is not HOST:PORT"),
        ({"sync_listen": "0.0.0.0:1"}, "--sync-listen .* not on this computer"),
        ({"sync_listen": "127.0.0.1:1"}, "--sync-listen .* has the port 1 already"),
        ({"witness": "desk/w"}, "--witness .* would be set back together with it"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, changed, said):
    if "witness" in changed:
        changed = {"witness": tmp_path / changed["witness"]}
    with pytest.raises(BadOption, match=said):
        new(tmp_path, **changed)


def test_data_that_is_there_is_refused(tmp_path):
    (tmp_path / "desk").mkdir()
    for name in ("node.toml", "register.db"):
        (tmp_path / "desk" / name).touch()
    with pytest.raises(StoreExists, match="left as it is"):
        new(tmp_path)


@pytest.mark.parametrize("error", [BadConfig(path="x", why="no good"), ValueError("no good")])
def test_an_error_of_a_setting_is_reported_with_the_option(error):
    with pytest.raises(BadOption, match="--zone cannot be used: no good"), as_option("--zone"):
        raise error


def test_database_key_and_witness_belong_together(tmp_path):
    made = make(tmp_path / "desk", LAB, tmp_path / "witness")
    assert Signer.load(tmp_path / "desk" / "signing-key.pem").public_key == made.public_key
    store = Store.open(tmp_path / "desk" / "register.db")
    incarnation = store.meta.incarnation
    store.close()
    assert incarnation == made.incarnation
    assert made.witness == tmp_path / "witness"
    assert Witness(made.witness, machine_id()).trusted


def test_without_a_name_the_witness_goes_where_the_system_keeps_state(tmp_path, monkeypatch):
    where = tmp_path / "state"
    monkeypatch.setattr(data_folder.platformdirs, "user_state_dir", lambda *_, **__: str(where))
    first, second = (make(tmp_path / name, LAB, None).witness for name in ("one", "two"))
    assert {first.parent, second.parent} == {where}
    assert first != second
    with pytest.raises(BadOption, match=r"--data cannot be used: the witness .* would be in it"):
        make(tmp_path, LAB, None)


def test_what_fails_leaves_nothing_of_what_it_made(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "note").write_text("keep this", encoding="utf-8")
    (tmp_path / "file").touch()
    for folder in (tmp_path / "old", tmp_path / "new" / "deep"):
        with pytest.raises(WitnessUnwritable), data_folder.whole_or_nothing(folder):
            make(folder, LAB, tmp_path / "file" / "witness")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["note"]
    assert not (tmp_path / "new").exists()


def test_a_file_is_inside_however_it_is_written(tmp_path):
    assert is_inside(tmp_path / "desk" / ".." / "desk" / "w", tmp_path / "desk")
    assert not is_inside(tmp_path / "desk2" / "w", tmp_path / "desk")


# a folder that was not meant


@pytest.mark.parametrize(
    ("daemon", "of", "kind", "command"),
    [
        (NODE, "hub", "coordinator", "mrnmesh-coordinator"),
        (COORDINATOR, "desk", "node", "mrnmesh-node"),
    ],
)
def test_the_register_of_the_other_daemon_is_named_and_nobody_is_told_to_remove_it(
    tmp_path, daemon, of, kind, command
):
    new_desk(tmp_path)
    folder = tmp_path / of
    for act in (require_whole, require_made):
        with pytest.raises(StoreOfAnother) as refused:
            act(folder, daemon)
        said = str(refused.value)
        assert f"is the data folder of a {kind}, and holds its register: leave all of it" in said
        assert f"`{command} --data {folder}`" in said
        assert "remove" not in said.lower()


@pytest.mark.parametrize("typed", [".", "desk/logs", "desk/backups"])
def test_a_folder_above_or_inside_is_put_right(tmp_path, typed):
    new_desk(tmp_path)
    with pytest.raises(StoreElsewhere, match=re.escape(f"--data {tmp_path / 'desk'}.")):
        require_made(tmp_path / typed, NODE)


@pytest.mark.parametrize("daemon", [NODE, COORDINATOR])
def test_the_folder_of_a_service_is_found_before_a_second_daemon_is_made(
    tmp_path, monkeypatch, daemon
):
    service = tmp_path / "var" / daemon.command
    service.mkdir(parents=True)
    monkeypatch.setattr(Daemon, "service_folder", service)
    with pytest.raises(StoreElsewhere) as refused:
        require_made(tmp_path / "home", daemon)
    said = str(refused.value)
    assert f"--data {service} COMMAND`" in said
    assert daemon.data_variable in said
    assert daemon.init_command not in said
    with pytest.raises(StoreMissing, match=f"Run `{daemon.init_command}`"):
        require_made(service, daemon)


@pytest.mark.skipif(sys.platform == "win32", reason="access rights are other ones there")
@pytest.mark.parametrize("act", [require_whole, require_made])
def test_a_folder_that_somebody_may_not_read_names_the_user(tmp_path, monkeypatch, act):
    """Tests may run as root, who may read everything."""

    def forbidden(_path):
        raise PermissionError(13, "Permission denied")

    owner = tmp_path.owner()
    monkeypatch.setattr(type(tmp_path), "exists", forbidden)
    said = f"belongs to {owner}. .*`sudo -u {owner} mrnmesh-node --data {tmp_path} COMMAND`"
    with pytest.raises(StoreForbidden, match=said):
        act(tmp_path, NODE)


@pytest.mark.skipif(sys.platform == "win32", reason="quoted otherwise there")
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("clinic", "clinic"),
        ("my clinic", "'my clinic'"),
        ("a$b", "'a$b'"),
        ("it's", "'it'\"'\"'s'"),
    ],
)
def test_a_path_is_quoted_as_it_is_typed(name, typed):
    assert data_folder.quoted(Path(name)) == typed


ALARMS = (Path(__file__).resolve().parents[3] / "docs" / "alarms.md").read_text(encoding="utf-8")
NAMED = sorted({found.strip("`") for found in re.findall(r"`mrnmesh-\w+ [a-z][^`]*`", ALARMS)})


@pytest.mark.parametrize("text", NAMED)
def test_every_command_of_the_alarms_gets_the_folder_of_its_daemon_and_of_no_other(text):
    program, _, rest = text.partition(" ")
    owner = NODE if program == NODE.command else COORDINATOR
    other = COORDINATOR if owner is NODE else NODE
    folder = Path("/srv/a clinic/hub")
    assert pasteable(text, owner, folder) == f"{program} --data {quoted(folder)} {rest}"
    once = pasteable(text, owner, folder)
    assert pasteable(once, owner, folder) == once
    assert pasteable(text, other, folder) == text


def test_the_alarms_name_enough_commands_to_try():
    assert len(NAMED) >= 15


@pytest.mark.parametrize("daemon", [NODE, COORDINATOR])
def test_in_the_folder_that_a_command_takes_by_itself_it_needs_none(daemon, tmp_path):
    text = f"`{daemon.command} backup`"
    assert hints(daemon, daemon.folder)(text) == text
    assert hints(daemon, tmp_path)(text) == f"`{daemon.command} --data {quoted(tmp_path)} backup`"


@pytest.mark.parametrize("daemon", [NODE, COORDINATOR])
@pytest.mark.parametrize("owner", [NODE, COORDINATOR])
@pytest.mark.parametrize(
    "below", ["x", "x/y", "logs/x", "backups", "ا ب", "../hub/x", "./x", "x/../y"]
)
def test_no_data_folder_is_made_within_another_one(tmp_path, daemon, owner, below):
    hub = tmp_path / "hub"
    hub.mkdir()
    (hub / owner.settings_file).touch()
    (hub / "register.db").touch()
    ports = {"listen": "127.0.0.1:1", "sync_listen": "127.0.0.1:2", "witness": None}
    with pytest.raises(BadOption, match=rf"lies in .*hub, the data folder of a {owner.kind}"):
        require_new(hub / below, daemon, **ports)
    require_new(tmp_path / "beside", daemon, **ports)
    require_new(tmp_path / "hub2" / below.replace("hub", "hub2"), daemon, **ports)
