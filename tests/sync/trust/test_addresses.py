"""The address that a code names: one by which others reach this computer."""

import ipaddress
import socket
import sys

import pytest

from sync.trust import addresses


def test_it_is_an_address_of_this_computer_or_its_name():
    found = addresses.likely_host()
    if found != socket.gethostname():
        assert not ipaddress.ip_address(found).is_loopback
        with socket.socket() as one:
            one.bind((found, 0))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell it in another way")
def test_interfaces_are_asked_for_their_addresses():
    assert "127.0.0.1" in list(addresses._of_interfaces())


@pytest.mark.parametrize(
    ("found", "likely"),
    [
        (["10.0.0.7"], "10.0.0.7"),
        (["127.0.0.1", "169.254.1.1", "0.0.0.0", "192.168.1.5"], "192.168.1.5"),
        ([], socket.gethostname()),
    ],
)
def test_what_no_other_computer_reaches_is_left_out(monkeypatch, found, likely):
    monkeypatch.setattr(addresses, "_towards_the_internet", lambda: iter(()))
    monkeypatch.setattr(addresses, "_of_interfaces", lambda: iter(found))
    monkeypatch.setattr(addresses, "_of_the_name", lambda: iter(()))
    assert addresses.likely_host() == likely


def test_others_reach_this_computer_at_no_address_that_is_its_own_alone():
    for found in addresses.in_network():
        assert not ipaddress.ip_address(found).is_loopback
        with socket.socket() as one:
            one.bind((found, 0))


def test_a_program_that_listens_at_one_address_is_reached_there_only(monkeypatch):
    monkeypatch.setattr(addresses, "in_network", lambda: ("10.0.0.5", "10.1.0.5"))
    assert addresses.reached_at("0.0.0.0") == ("10.0.0.5", "10.1.0.5")
    assert addresses.reached_at("::") == ("10.0.0.5", "10.1.0.5")
    assert addresses.reached_at("10.1.0.5") == ("10.1.0.5",)
    assert addresses.reached_at("10.9.0.5") == (), "the router has given it another one"


@pytest.mark.parametrize("tells", [True, False])
def test_interfaces_without_a_cable_do_not_count(monkeypatch, tells):
    """Elsewhere than on Linux the system takes their addresses away itself."""
    monkeypatch.setattr(addresses, "_TELLS_RUNNING", tells)
    monkeypatch.setattr(addresses, "_towards_the_internet", lambda: iter(["10.0.0.5"]))
    monkeypatch.setattr(addresses, "_of_interfaces", lambda running: ["10.0.0.6"] * running)
    monkeypatch.setattr(addresses, "_of_the_name", lambda: iter(["10.0.0.7", "127.0.1.1"]))
    assert addresses.in_network() == (("10.0.0.6",) if tells else ("10.0.0.5", "10.0.0.7"))
