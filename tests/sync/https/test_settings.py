"""The settings about HTTPS, which both daemons have."""

import pytest

from coordinator import config as coordinator_config
from node import config as node_config
from sync.errors import BadConfig, BadOption
from sync.https import settings
from tests.folders import new_coordinator, new_desk


@pytest.fixture
def loads(tmp_path):
    """Loads the settings of a coordinator, or of a desk, with some more of them."""
    hub = new_coordinator(tmp_path)
    desk = new_desk(tmp_path, hub)
    return {
        "coordinator": lambda **more: coordinator_config.load(hub, more),
        "desk": lambda **more: node_config.load(desk, more),
    }


@pytest.mark.parametrize("daemon", ["coordinator", "desk"])
def test_no_other_computer_can_call_unless_that_is_set(loads, daemon):
    found = loads[daemon]()
    assert (found.https_listen, found.https_files, found.host_names) == (None, None, ())
    given = {"https_listen": "0.0.0.0:9443", "host_names": "Lab1,lab1.example."}
    found = loads[daemon](**given, https_certificate="/c.pem", https_key="/k.pem")
    assert found.https_listen == ("0.0.0.0", 9443)
    assert found.host_names == ("lab1", "lab1.example")
    assert [path.name for path in found.https_files] == ["c.pem", "k.pem"]


@pytest.mark.parametrize("daemon", ["coordinator", "desk"])
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"https_listen": "here:1"}, "write its address in numbers"),
        ({"https_certificate": "a.pem"}, "name both"),
        ({"https_key": "a.pem"}, "name both"),
        ({"host_names": "a b"}, "is no host name"),
    ],
)
def test_what_cannot_be_served_is_named(loads, daemon, given, why):
    with pytest.raises((BadConfig, BadOption), match=why):
        loads[daemon](**given)


def test_a_desk_needs_a_certificate_and_a_port_of_its_own(loads):
    with pytest.raises((BadConfig, BadOption), match="ca issue"):
        loads["desk"](https_listen="0.0.0.0:8483")
    with pytest.raises((BadConfig, BadOption), match="sync_listen has the port 8481 already"):
        loads["desk"](https_listen="0.0.0.0:8481", https_certificate="/c", https_key="/k")


def test_every_setting_is_one_of_both_daemons():
    for table in (coordinator_config.TABLE, node_config.TABLE):
        assert set(settings.SETTINGS) <= set(table.settings)
