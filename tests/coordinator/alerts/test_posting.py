"""What is posted is signed, and goes nowhere unencrypted except on this computer."""

import pytest

from coordinator.alerts.posting import fault_of, is_loopback, signature


def test_a_signature_is_of_these_bytes_and_this_secret():
    signed = signature("secret", b"{}")
    assert signed.startswith("sha256=")
    assert len({signed, signature("other", b"{}"), signature("secret", b"[]")}) == 3


@pytest.mark.parametrize(
    "url",
    ["", "lims", "ftp://lims.example/", "https://", "https://u:p@lims.example/", "https://a#b"],
)
def test_what_is_no_address(url):
    assert fault_of(url) == "must be a URL, as in https://lims.example/changes"


@pytest.mark.parametrize(
    "url",
    ["https://lims.example/c?x=1", "http://127.0.0.1:9/c", "http://localhost/", "http://[::1]:9/"],
)
def test_what_is_an_address(url):
    assert fault_of(url) is None


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("mail.example", False)],
)
def test_this_very_computer(host, is_here):
    assert is_loopback(host) is is_here
