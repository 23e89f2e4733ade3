"""Certificates for pages: what an authority is good for, and what it is not."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sync.https import issuing
from sync.https.issuing import ServerNames
from sync.trust.certificates import new_key

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ADDRESS = ipaddress.ip_address("192.168.1.5")


@pytest.fixture(scope="module")
def authority():
    key = new_key()
    return issuing.new_authority(key, ["hub", "clinic.example"]), key


def issued(authority, hosts=(), addresses=(), now=NOW):
    certificate, key = authority
    names = ServerNames(frozenset(hosts), frozenset(addresses))
    return issuing.issue(certificate, key, new_key().public_key(), names, now)


def check(authority, leaf, name, at=NOW):
    """Whether a program that trusts the authority takes a server for what it calls itself."""
    subject = x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)
    verifier = PolicyBuilder().store(Store([authority[0]])).time(at).build_server_verifier(subject)
    try:
        verifier.verify(leaf, [])
    except VerificationError:
        return False
    return True


def test_a_server_is_trusted_under_each_of_its_names(authority):
    leaf = issued(authority, ["hub", "hub.clinic.example"], [ADDRESS])
    for name in ("hub", "hub.clinic.example", ADDRESS):
        assert check(authority, leaf, name)
    assert not check(authority, leaf, "other")
    assert issuing.names_of(leaf) == ({"hub", "hub.clinic.example"}, {ADDRESS})


@pytest.mark.parametrize(
    "name", ["bank.example", "example", "xclinic.example", ipaddress.ip_address("93.184.216.34")]
)
def test_whoever_steals_the_authority_cannot_pose_as_anybody_else(authority, name):
    """The constraint is critical: a program that does not know it must refuse the certificate."""
    is_host = isinstance(name, str)
    leaf = issued(authority, [name] if is_host else [], [] if is_host else [name])
    assert not check(authority, leaf, name)
    assert issuing.permitted(authority[0], issuing.names_of(leaf)) == (frozenset(), frozenset())
    limits = authority[0].extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical


def test_it_issues_to_no_other_authority(authority):
    constraints = authority[0].extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)


def test_a_certificate_is_good_for_no_longer_than_browsers_allow(authority):
    leaf = issued(authority, ["hub"])
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert leaf.not_valid_before_utc < NOW
    assert not check(authority, leaf, "hub", NOW + timedelta(days=400))


@pytest.mark.parametrize(
    ("days", "due"), [(0, False), (330, False), (340, True), (500, True), (-2, True)]
)
def test_it_is_renewed_in_time(authority, days, due):
    assert issuing.is_due(issued(authority, ["hub"]), NOW + timedelta(days=days)) is due


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("10.1.2.3", True),
        ("172.31.0.1", True),
        ("172.32.0.1", False),
        ("192.168.255.1", True),
        ("127.0.0.1", True),
        ("8.8.8.8", False),
        ("fd12::1", True),
        ("fe80::1", True),
        ("::1", True),
        ("2001:db8::1", False),
    ],
)
def test_only_private_addresses_get_one(address, private):
    assert issuing.is_private(ipaddress.ip_address(address)) is private


def test_the_fingerprint_is_as_browsers_show_it(authority):
    shown = issuing.fingerprint(authority[0])
    assert len(shown.split(":")) == 32
    assert shown == shown.upper()
