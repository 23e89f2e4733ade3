"""Addresses to listen on."""

import pytest

from sync.errors import BadConfig
from sync.http.address import Address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8480", ("127.0.0.1", 8480)),
        ("127.8.8.8:0", ("127.8.8.8", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:8480", ("::1", 8480)),
        ("[0:0:0:0:0:0:0:1]:8480", ("::1", 8480)),
    ],
)
def test_an_address_of_this_computer(text, address):
    assert Address.parse(text) == address


@pytest.mark.parametrize("text", ["0.0.0.0:80", "192.168.1.5:80", "example.org:80", "[::]:80"])
def test_only_loopback_may_be_listened_on(text):
    with pytest.raises(BadConfig, match="not on this computer"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":x"])
def test_an_address_needs_host_and_port(text):
    with pytest.raises(BadConfig, match="HOST:PORT"):
        Address.parse(text)


def test_an_error_names_the_settings_file():
    with pytest.raises(BadConfig, match=r"node\.toml"):
        Address.parse("0.0.0.0:80", "node.toml")


@pytest.mark.parametrize(
    ("written", "text", "nearby"),
    [
        ("[::1]:8471", "[::1]:8471", "[::1]:8471"),
        ("[::]:8472", "[::]:8472", "127.0.0.1:8472"),
        ("0.0.0.0:8472", "0.0.0.0:8472", "127.0.0.1:8472"),
        ("[FD00:0::5]:8473", "[fd00::5]:8473", "[fd00::5]:8473"),
        ("[fe80::5%eth0]:1", "[fe80::5%eth0]:1", "[fe80::5%eth0]:1"),
        ("[fe80::5%25eth0]:1", "[fe80::5%eth0]:1", "[fe80::5%eth0]:1"),
        ("localhost:1", "localhost:1", "localhost:1"),
    ],
)
def test_an_address_is_written_with_brackets_where_they_belong(written, text, nearby):
    found = Address.anywhere(written)
    assert (found.text, found.nearby) == (text, nearby)
    assert Address.anywhere(found.text) == found
    assert found.is_everywhere == (written[:3] in ("0.0", "[::") and "1" not in written)
