"""The address that a code names: one by which others reach this computer."""

import errno
import ipaddress
import socket
import sys

import pytest

from sync.trust import addresses


def bind(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.bind(socket.getaddrinfo(host, 0, family)[0][4])


def test_it_is_an_address_of_this_computer_or_its_name():
    found = addresses.likely_host()
    if found != socket.gethostname():
        assert not ipaddress.ip_address(found).is_loopback
        bind(found)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell it in another way")
def test_interfaces_are_asked_for_their_addresses(monkeypatch, tmp_path):
    """Also where a service may not ask the kernel for their names, as its unit may have it."""

    def refused():
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "if_nameindex", refused)
    assert "127.0.0.1" in list(addresses._of_interfaces())
    monkeypatch.setattr(addresses, "_INTERFACES", tmp_path / "none")
    assert addresses._of_interfaces() == []


@pytest.mark.parametrize(
    ("found", "likely"),
    [
        (["10.0.0.7"], "10.0.0.7"),
        (["127.0.0.1", "169.254.1.1", "0.0.0.0", "192.168.1.5"], "192.168.1.5"),
        (["fd00::7", "10.0.0.7"], "10.0.0.7"),
        (["::1", "fe80::7%eth0", "fd00::7"], "fd00::7"),
        (["::1", "fe80::7%eth0"], socket.gethostname()),
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
        bind(found)


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


INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
fd000000000000000000000000000005 04 40 00 80     eth0
fd000000000000000000000000000006 04 40 00 01     eth0
fd000000000000000000000000000007 04 40 00 40     eth0
fd000000000000000000000000000008 05 40 00 80     eth1
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell it in another way")
def test_addresses_of_ipv6_that_last_are_read(monkeypatch, tmp_path):
    """Temporary ones and those that are still being tried are left out."""
    table = tmp_path / "if_inet6"
    table.write_text(INET6, encoding="ascii")
    monkeypatch.setattr(addresses, "_IF_INET6", table)
    assert list(addresses._of_ipv6("eth0")) == ["fe80::fc:ff:fe00:1%eth0", "fd00::5"]
    monkeypatch.setattr(addresses, "_IF_INET6", tmp_path / "none")
    assert list(addresses._of_ipv6("eth0")) == []


@pytest.mark.parametrize("tells", [True, False])
def test_the_likeliest_of_both_kinds_come_first_and_those_of_one_interface_last(monkeypatch, tells):
    found = ["10.1.0.6", "10.1.0.7", "fd00::6", "fd00::7", "fe80::7%eth0", "fe80::9", "::1"]
    monkeypatch.setattr(addresses, "_TELLS_RUNNING", tells)
    monkeypatch.setattr(addresses, "_towards_the_internet", lambda: iter(["10.1.0.7"]))
    monkeypatch.setattr(addresses, "_of_interfaces", lambda running: found * running)
    monkeypatch.setattr(addresses, "_of_the_name", lambda: iter(found))
    expected = ("10.1.0.7", "fd00::6", "10.1.0.6", "fd00::7", "fe80::7%eth0")
    assert addresses.in_network() == expected


def test_its_own_addresses_are_told_without_their_interfaces(monkeypatch):
    monkeypatch.setattr(addresses, "_towards_the_internet", lambda: iter(["fd00::5"]))
    monkeypatch.setattr(addresses, "_of_interfaces", lambda: ["fe80::5%eth0"])
    monkeypatch.setattr(addresses, "_of_the_name", lambda: iter(()))
    assert addresses.own() == {"127.0.0.1", "::1", "fd00::5", "fe80::5"}


def test_the_name_of_a_computer_may_stand_for_addresses_of_one_interface(monkeypatch):
    answers = [
        ("fe80::5", 0, 0, 12),
        ("fe80::6%13", 0, 0, 13),
        ("fd00::5", 0, 0, 0),
        ("10.0.0.5", 0),
    ]
    rows = [(None, None, None, "", one) for one in answers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    found = list(addresses._of_the_name())
    assert found == ["fe80::5%12", "fe80::6%13", "fd00::5", "10.0.0.5"]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.5", "10.0.0.5"),
        ("::ffff:10.0.0.5", "10.0.0.5"),
        ("fd00:1:2:3:aaaa::5", "fd00:1:2:3::/64"),
        ("fe80::5%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_counts_as_one(address, counted):
    assert addresses.household(address) == counted
