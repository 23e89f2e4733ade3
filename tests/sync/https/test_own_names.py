"""Names and addresses of this computer."""

import ipaddress
import socket

import pytest

from sync.https import own_names


@pytest.mark.parametrize(
    ("text", "host"),
    [("Hub", "hub"), ("hub.clinic.example.", "hub.clinic.example"), ("a-1", "a-1")],
)
def test_a_host_name_is_kept_in_one_form(text, host):
    assert own_names.as_host(text) == host


@pytest.mark.parametrize("text", ["", "a b", "-a", "a_b", "192.168.1.5", "*", "a..b", "x" * 300])
def test_what_is_no_host_name(text):
    with pytest.raises(ValueError, match="is no host name"):
        own_names.as_host(text)


def test_named_ones_go_before_what_the_system_says(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "HUB.clinic.lan")
    assert own_names.hosts(()) == {"hub", "hub.local", "localhost"}
    assert own_names.hosts(("register.example",)) == {"register.example", "localhost"}
    monkeypatch.setattr(socket, "gethostname", lambda: "my pc")
    assert own_names.hosts(()) == {"localhost"}


def test_addresses_are_found_without_sending_anything():
    found = own_names.addresses()
    assert ipaddress.ip_address("127.0.0.1") in found
    assert not [one for one in found if one.is_unspecified]
