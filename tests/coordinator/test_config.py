"""A coordinator's settings, and the files of a new one."""

import pytest

from coordinator import config
from sync.errors import BadConfig, BadOption, StoreExists
from sync.witness.machine import machine_id
from sync.witness.memory import Witness


def test_a_new_coordinator_has_all_its_files(tmp_path):
    config.init(
        tmp_path / "hub",
        zone="Europe/Berlin",
        listen="127.0.0.1:1",
        sync_listen="127.0.0.1:2",
        witness=tmp_path / "w",
    )
    made = config.load(tmp_path / "hub")
    assert made.zone.key == "Europe/Berlin"
    assert (made.url, made.sync_listen) == ("http://127.0.0.1:1", ("127.0.0.1", 2))
    assert Witness(made.witness, machine_id()).trusted
    with pytest.raises(StoreExists):
        config.init(tmp_path / "hub", witness=tmp_path / "w2")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"zone": "Mars/Base"}, "--zone cannot be used: there is no time zone"),
        ({"listen": "0.0.0.0:1"}, "--listen cannot be used"),
        ({"sync_listen": "127.0.0.1:8470"}, "has the port 8470 already"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_made(tmp_path, option, said):
    with pytest.raises(BadOption, match=said):
        config.init(tmp_path / "hub", witness=tmp_path / "w", **option)
    assert list(tmp_path.iterdir()) == []


def test_flags_of_run_go_before_variables_and_these_before_the_file(tmp_path, monkeypatch):
    config.init(tmp_path / "hub", listen="127.0.0.1:1", witness=tmp_path / "w")
    monkeypatch.setenv("MRNMESH_COORDINATOR_LISTEN", "127.0.0.1:3")
    assert config.load(tmp_path / "hub").listen.port == 3
    assert config.load(tmp_path / "hub", {"listen": "127.0.0.1:4"}).listen.port == 4


@pytest.fixture
def settings(tmp_path):
    """Loads the settings of a coordinator with some more of them."""
    folder = tmp_path / "hub"
    config.init(folder, witness=tmp_path / "w")

    def load(**more):
        return config.load(folder, more)

    return load


def test_other_computers_can_call_only_if_that_is_set(settings):
    assert (settings().https_listen, settings().https_files) == (None, None)
    assert settings(https_listen="OFF").https_listen is None
    loaded = settings(https_listen="0.0.0.0:8473", host_names="Hub,register.example.")
    assert loaded.https_listen == ("0.0.0.0", 8473)
    assert loaded.host_names == ("hub", "register.example")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"https_listen": "0.0.0.0:8472"}, "enrol_listen has the port 8472 already"),
        ({"https_listen": "0.0.0.0:8470"}, "listen has the port 8470 already"),
    ],
)
def test_what_cannot_be_served_is_named(settings, given, why):
    with pytest.raises((BadConfig, BadOption), match=why):
        settings(**given)


def test_the_witness_of_another_daemon_is_left_alone(tmp_path):
    witness = tmp_path / "state" / "witness"
    addresses = {"listen": "127.0.0.1:0", "sync_listen": "127.0.0.1:0"}
    config.init(tmp_path / "one", witness=witness, **addresses)
    kept = witness.read_bytes()
    with pytest.raises(BadOption, match="may be that of another daemon"):
        config.init(tmp_path / "other", witness=witness, **addresses)
    assert witness.read_bytes() == kept
    assert not (tmp_path / "other").exists()


def test_an_interrupted_init_leaves_no_witness_that_is_in_its_way(tmp_path):
    """As where nobody reads any more what it shows, or Ctrl-C is pressed."""

    def interrupted(_token):
        raise KeyboardInterrupt

    witness = tmp_path / "state" / "witness"
    with pytest.raises(KeyboardInterrupt):
        config.init(tmp_path / "hub", witness=witness, show=interrupted)
    assert not (tmp_path / "hub").exists()
    assert not witness.exists()
    config.init(tmp_path / "hub", witness=witness)
