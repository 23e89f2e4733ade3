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
