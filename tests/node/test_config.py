"""A node's settings: what only a node has, and every way to get it wrong."""

from functools import partial

import pytest

from coordinator import config as coordinator_config
from node import config
from node.enrolment import taking
from sync.errors import BadConfig, BadOption, StoreMissing
from sync.storage.store import Store
from sync.witness.machine import machine_id
from sync.witness.memory import Witness
from tests.folders import new_desk


@pytest.fixture
def init(tmp_path):
    """Make a node, and return its data folder."""
    return partial(new_desk, tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('code = "lab"', "not a terminal code"),
        ('zone = "Mars/Base"', "no time zone 'Mars/Base'"),
        ('listen = "here"', "HOST:PORT"),
        ("peers = 5", "list of texts"),
        ('coordinator_key = "00"', "32 bytes"),
        ("code = ", "cannot be used"),
        ('clerks = ["Sadia", " "]', "no name of 1 to 100 characters"),
        ('clerks = "Sadia"', "list of texts"),
        ('label = "50"', "as in 58x40"),
        ('label = "39x30"', "from 40x25"),
        ('label = "50x24"', "from 40x25"),
        ('label = "50x298"', "to 210x297"),
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


def test_a_file_that_a_windows_editor_has_saved_can_be_read(init):
    path = init() / "node.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert config.load(path.parent).code == "LAB1-PC"


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("wss://[fe80::1%25eth0]:8471/sync", "wss://[fe80::1%eth0]:8471/sync"),
        ("wss://[fe80::1%2]:8471/sync", "wss://[fe80::1%2]:8471/sync"),
        ("wss://[fd00::1]:8471/sync", "wss://[fd00::1]:8471/sync"),
        ("ws://[::1]:8471/sync", "ws://[::1]:8471/sync"),
    ],
)
def test_an_address_of_ipv6_is_dialled_with_its_interface(written, dialled):
    assert config.COORDINATOR.read(written) == dialled


def test_a_node_is_what_its_file_says(init, tmp_path):
    peers = ("ws://127.0.0.1:9/sync",)
    made = config.load(init(listen="127.0.0.1:1", sync_listen="[::1]:2", peers=peers))
    hub = coordinator_config.load(tmp_path / "hub")
    assert (made.code, made.peers, made.url) == ("LAB1-PC", peers, "http://127.0.0.1:1")
    assert made.coordinator_key == hub.signer().public_key
    assert made.coordinator == f"ws://{hub.sync_listen.nearby}/sync"


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        ("http://127.0.0.1:1/sync", "is not wss://HOST:PORT/sync"),
        ("ws://127.0.0.1/sync", "is not wss://HOST:PORT/sync"),
        ("ws://192.0.2.1:1/sync", "not an address of this computer"),
        ("ws://[::1", "is not wss://HOST:PORT/sync"),
    ],
)
def test_a_peer_that_cannot_be_dialled_is_refused(init, tmp_path, monkeypatch, peer, said):
    with pytest.raises(BadOption, match=f"--peer .*{said}"):
        config.require_peers((peer,))
    folder = init()
    monkeypatch.setenv("MRNMESH_NODE_PEERS", peer)
    with pytest.raises(BadConfig, match=f"'peers': .*{said}"):
        config.load(folder)


def test_only_the_file_says_who_a_node_is(init, monkeypatch):
    folder = init()
    monkeypatch.setenv("MRNMESH_NODE_CODE", "LAB2-PC")
    with pytest.raises(BadConfig, match="MRNMESH_NODE_CODE is not a setting"):
        config.load(folder)


def test_who_is_enrolled_again_goes_on_with_the_witness_that_its_database_has(init, tmp_path):
    folder, witness = init(), tmp_path / "desk.witness"
    kept = config.settle_here(folder, witness)
    assert config.settle_here(folder, witness) == kept
    Witness.create(witness, machine_id(), 7)  # as another copy of the database has begun it
    renewed = config.settle_here(folder, witness)
    assert renewed != kept
    assert config.settle_here(folder, witness) == renewed


def test_a_witness_that_the_environment_names_is_that_of_an_enrolment_too(init, monkeypatch):
    folder = init()
    named = config.load(folder).witness
    monkeypatch.setenv("MRNMESH_NODE_WITNESS", str(named.rename(named.with_name("elsewhere"))))
    store = Store.open(folder / "register.db")
    before = store.meta.incarnation
    store.close()
    assert taking.incarnation_in(folder, taking.written_in(folder)) == before


def test_what_is_not_there_is_not_renewed(tmp_path):
    with pytest.raises(StoreMissing):
        config.renew(tmp_path / "none")


def test_the_clerks_of_a_desk_and_the_size_of_its_labels(init, tmp_path):
    init()
    assert (config.load(tmp_path / "desk").clerks, config.load(tmp_path / "desk").label) == (
        (),
        config.Size(58, 40),
    )
    path = tmp_path / "desk" / "node.toml"
    text = path.read_text(encoding="utf-8")
    more = 'clerks = [" Sadia Malik", "بلال احمد"]\nlabel = "62x29"\n'
    path.write_text(text + more, encoding="utf-8")
    found = config.load(tmp_path / "desk")
    assert found.clerks == ("Sadia Malik", "بلال احمد")
    assert found.label == config.Size(62, 29)
