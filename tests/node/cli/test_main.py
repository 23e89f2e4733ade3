"""``mrnmesh-node`` where no daemon is needed: new folders, and every way to get it wrong."""

import json

import pytest

from coordinator import config as coordinator_config
from node import config
from node.cli import main as cli
from sync.cli.client import Client
from sync.engine.witness import Witness, machine_id
from sync.errors import BadConfig
from sync.storage.lock import FolderLock
from sync.storage.store import Store


@pytest.fixture
def hub_file(tmp_path):
    file, _ = coordinator_config.init(tmp_path / "hub", witness=tmp_path / "hub.witness")
    return file


@pytest.fixture
def init(tmp_path, hub_file):
    """Run ``init`` with some arguments changed; gives the exit status."""

    def run(code="LAB1-PC", key=hub_file, *more):
        return cli.main(
            [
                "--data",
                str(tmp_path / "desk"),
                "init",
                code,
                "--coordinator-key",
                str(key),
                "--witness",
                str(tmp_path / "desk.witness"),
                *more,
            ]
        )

    return run


def test_a_new_node_knows_its_coordinator_and_writes_a_join_file(init, tmp_path, hub_file, capsys):
    assert init() == 0
    join_file = tmp_path / "desk" / "LAB1-PC.join"
    assert f'mrnmesh-coordinator terminals add --key "{join_file}"' in capsys.readouterr().out
    made = config.load(tmp_path / "desk")
    told = json.loads(hub_file.read_text(encoding="utf-8"))
    assert made.coordinator_key.hex() == told["coordinator_key"]
    assert made.coordinator == told["sync"]
    join = json.loads((tmp_path / "desk" / "LAB1-PC.join").read_text(encoding="utf-8"))
    assert join["code"] == "LAB1-PC"
    assert join["public_key"] == made.signer().public_key.hex()
    assert Witness(made.witness, machine_id()).trusted


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "lab 1"}, "'LAB 1' is not a terminal code"),
        ({"key": "nowhere.json"}, "nowhere.json cannot be used"),
        ({"key": __file__}, "cannot be used"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(init, tmp_path, capsys, changed, said):
    assert init(**changed) == 1
    error = capsys.readouterr().err
    assert error.startswith("mrnmesh-node: ")
    assert said in error
    assert not (tmp_path / "desk").exists()


def test_an_address_that_others_can_reach_is_refused(init, tmp_path, hub_file, capsys):
    assert init("LAB1-PC", hub_file, "--listen", "0.0.0.0:8480") == 1
    assert "not on this computer" in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()


def test_data_that_is_there_is_left_as_it_is(init, tmp_path, capsys):
    init()
    before = (tmp_path / "desk" / "node.toml").read_bytes()
    assert init() == 1
    assert "already" in capsys.readouterr().err
    assert (tmp_path / "desk" / "node.toml").read_bytes() == before


@pytest.mark.parametrize("command", ["run", "status", "renew"])
def test_without_data_it_says_what_to_do_first(tmp_path, capsys, command):
    assert cli.main(["--data", str(tmp_path / "nothing"), command]) == 1
    assert "Run `mrnmesh-node init` first" in capsys.readouterr().err


def test_the_status_of_a_node_that_does_not_run_says_so(init, tmp_path, capsys):
    init("LAB1-PC", tmp_path / "hub" / "coordinator.json", "--listen", "127.0.0.1:1")
    assert cli.main(["--data", str(tmp_path / "desk"), "status"]) == 1
    assert "Start the daemon there with `run`" in capsys.readouterr().err


def test_a_renewed_database_has_a_new_life_and_a_new_witness(init, tmp_path):
    init()
    join = tmp_path / "desk" / "LAB1-PC.join"
    before = json.loads(join.read_text(encoding="utf-8"))
    (tmp_path / "desk.witness").unlink()
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 0
    after = json.loads(join.read_text(encoding="utf-8"))
    assert after["public_key"] == before["public_key"]
    assert after["incarnation"] != before["incarnation"]
    store = Store.open(tmp_path / "desk" / "register.db")
    assert store.meta.incarnation.hex() == after["incarnation"]
    store.close()
    assert Witness(tmp_path / "desk.witness", machine_id()).trusted


def test_a_running_node_is_not_renewed(init, tmp_path, capsys):
    init()
    lock = FolderLock(tmp_path / "desk")
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 1
    assert "Another daemon is using" in capsys.readouterr().err
    lock.release()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('code = "lab"', "not a terminal code"),
        ('zone = "Mars/Base"', "no time zone 'Mars/Base'"),
        ('listen = "here"', "HOST:PORT"),
        ("peers = 5", "list of texts"),
        ('coordinator_key = "00"', "32 bytes"),
        ("code = ", "cannot be used"),
    ],
)
def test_a_wrong_setting_is_named(init, tmp_path, line, said):
    init()
    path = tmp_path / "desk" / "node.toml"
    name = line.split(" = ")[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [other for other in lines if not other.startswith(f"{name} =")]
    path.write_text("\n".join([*kept, line]), encoding="utf-8")
    with pytest.raises(BadConfig, match=said):
        config.load(tmp_path / "desk")


def test_a_file_that_a_windows_editor_has_saved_can_be_read(init, tmp_path, hub_file):
    hub_file.write_bytes(b"\xef\xbb\xbf" + hub_file.read_bytes())
    assert init() == 0
    path = tmp_path / "desk" / "node.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert config.load(tmp_path / "desk").code == "LAB1-PC"


@pytest.mark.parametrize("code", ["CON", "LPT1"])
def test_a_code_that_is_a_device_on_windows_has_a_join_file_all_the_same(init, tmp_path, code):
    assert init(code) == 0
    assert (tmp_path / "desk" / f"terminal-{code}.join").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--peer", "http://127.0.0.1:1/sync"], "is not ws://HOST:PORT/sync"),
        (["--peer", "ws://192.0.2.1:1/sync"], "not an address of this computer"),
        (["--listen", "127.0.0.1:9", "--sync-listen", "127.0.0.1:9"], "the port 9 already"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_made(init, tmp_path, hub_file, capsys, more, said):
    assert init("LAB1-PC", hub_file, *more) == 1
    error = capsys.readouterr().err
    assert "The option --" in error
    assert said in error
    assert not (tmp_path / "desk").exists()


def test_a_witness_in_the_data_folder_is_refused(init, tmp_path, hub_file, capsys):
    assert init("LAB1-PC", hub_file, "--witness", str(tmp_path / "desk" / "w")) == 1
    assert "is in the data folder" in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()


def test_an_init_that_fails_leaves_nothing_and_can_be_repeated(init, tmp_path, hub_file, capsys):
    (tmp_path / "file").touch()
    assert init("LAB1-PC", hub_file, "--witness", str(tmp_path / "file" / "w")) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()
    assert init() == 0


@pytest.mark.parametrize("lost", ["node.toml", "register.db"])
@pytest.mark.parametrize("command", ["run", "init"])
def test_half_a_data_folder_is_said_to_be_one(init, tmp_path, capsys, lost, command):
    init()
    (tmp_path / "desk" / lost).unlink()
    done = init() if command == "init" else cli.main(["--data", str(tmp_path / "desk"), command])
    assert done == 1
    assert f"{lost} is not. If a backup has it" in capsys.readouterr().err


def test_a_damaged_database_is_told_in_one_line(init, tmp_path, capsys):
    init()
    (tmp_path / "desk" / "register.db").write_bytes(b"no database" * 1000)
    assert cli.main(["--data", str(tmp_path / "desk"), "renew"]) == 1
    error = capsys.readouterr().err
    assert "is damaged" in error
    assert error.count("\n") == 1


STATUS = {
    "terminal": "LAB1-PC",
    "state": "active",
    "numbers": "offline",
    "coordinator_live": False,
    "patients": 3,
    "pending": 0,
    "open_conflicts": 0,
    "ranges": [{"range": "1-9", "remaining": 4, "closed": None}],
    "sessions": [],
    "refused": None,
    "copies_noticed": 0,
    "held_batches": 0,
    "clock_behind_s": 0,
    "alarms": [],
    "backup": {"last_good": None, "folder": "/srv/backups"},
    "drill": {"on": False},
    "conflicts": {"count": 0, "results": []},
    "cards_to_reprint": {"count": 0, "results": []},
}
AMNA = {"id": 7, "full_name": "Amna", "registered_by": "LAB1-PC", "mrn_status": "rejected"}
BINA = AMNA | {"id": 8, "full_name": "Bina", "registered_by": "ER-PC", "mrn_status": "admitted"}
REFUSED = {"id": "9c1f0a2b6d00ff", "mrn": "710004", "patient": AMNA, "holder": BINA}


def refused(count=1, **changes):
    return {"conflicts": {"count": count, "results": [REFUSED | changes]}}


CARD = AMNA | {"mrn": "PAT-20260105-0007", "card_shows": "710004"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "takes numbers from its own range."),
        ({"coordinator_live": True}, "though connected"),
        ({"ranges": []}, "can give no number now"),
        ({"state": "unknown"}, "is not in the registry yet"),
        ({"state": "inactive"}, "LAB1-PC is inactive: it gives no numbers."),
        ({"refused": {"reason": "unknown", "why": "no such key"}}, "(unknown): no such key."),
        ({"copies_noticed": 2}, "copied or set back (noticed 2 times)."),
        ({"held_batches": 5}, "missing: 5 parts."),
        ({}, "No backup yet in /srv/backups."),
        ({"drill": {"on": True, "seconds_left": 12.3}}, "held offline for 12 more seconds."),
        ({"ranges": [{"range": "1-9", "remaining": 0, "closed": "moved"}]}, "1-9: closed, moved."),
        (refused(), "710004 of Amna (LAB1-PC) is refused; Bina (ER-PC) holds it."),
        (refused(holder=None), "is refused. Do not hand out that card"),
        (refused(holder=None, patient=BINA), "more than one person"),
        (refused(count=3), "And 2 more conflicts."),
        (
            {"cards_to_reprint": {"count": 1, "results": [CARD]}},
            "Then: mrnmesh-node reprinted PAT-20260105-0007",
        ),
    ],
)
def test_the_status_in_sentences_says_what_matters(
    init, tmp_path, monkeypatch, capsys, changed, said
):
    monkeypatch.setattr(Client, "call", lambda *_: STATUS | changed)
    init()
    assert cli.main(["--data", str(tmp_path / "desk"), "status"]) == 0
    assert said in capsys.readouterr().out


def test_a_card_that_was_printed_is_noted_by_its_number(init, tmp_path, monkeypatch, capsys):
    """Of several who have or had the number it is the one who has it now."""
    calls = []

    def call(_client, method, path, body=None):
        calls.append((method, path, body))
        if path == "/api/status/":
            return {"cards_to_reprint": {"results": [CARD | {"card_shows": "710003"}]}}
        return {"results": [BINA | {"mrn": "5"}, CARD]} if method == "GET" else CARD

    monkeypatch.setattr(Client, "call", call)
    init()
    capsys.readouterr()
    assert cli.main(["--data", str(tmp_path / "desk"), "reprinted", " PAT-20260105-0007"]) == 0
    assert capsys.readouterr().out == "Noted: the card of Amna shows PAT-20260105-0007.\n"
    assert calls == [
        ("GET", "/api/patients/mrn/PAT-20260105-0007/", None),
        ("GET", "/api/status/", None),
        ("POST", "/api/patients/7/reprinted/", {"mrn": "PAT-20260105-0007"}),
    ]


def test_the_old_number_of_a_card_is_not_taken_for_the_new_one(init, tmp_path, monkeypatch, capsys):
    """Its holder has no card to print, and would be noted instead."""

    def call(_client, method, path, body=None):
        assert method == "GET"
        if path == "/api/status/":
            return {"cards_to_reprint": {"results": [CARD | {"card_shows": "710003"}]}}
        return {"results": [BINA | {"mrn": "710003"}, CARD]}

    monkeypatch.setattr(Client, "call", call)
    init()
    capsys.readouterr()
    assert cli.main(["--data", str(tmp_path / "desk"), "reprinted", "710003"]) == 1
    told = capsys.readouterr().err
    assert "710003 is the old number of Amna" in told
    assert "mrnmesh-node reprinted PAT-20260105-0007" in told
