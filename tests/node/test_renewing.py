"""What a desk believes of a new certificate: only what the registry and the certificate say."""

from types import SimpleNamespace

import pytest

from node.renewing import Renewal
from sync.errors import BadCertificate
from sync.model.facts import Author
from sync.trust import certificates
from sync.trust.authority import Authority, Issuer
from sync.trust.credentials import AUTHORITY, Credentials, read_certificate
from tests.sync.trust.handshakes import HUB_KEY, desk_folder, hub_folder

FACILITY = certificates.facility_of(HUB_KEY)


@pytest.fixture
def issuer(tmp_path):
    issuer = Issuer(hub_folder(tmp_path / "hub"), HUB_KEY)
    issuer.make_next()
    return issuer


@pytest.fixture
def shown(tmp_path, issuer):
    return Credentials(desk_folder(tmp_path / "lab", tmp_path / "hub", "LAB1-PC"), FACILITY)


@pytest.fixture
def renewal(tmp_path, issuer, shown):
    known = frozenset({issuer.current.certificate, issuer.next.certificate})
    replica = SimpleNamespace(registry=SimpleNamespace(authorities=known), folder=tmp_path / "lab")
    return Renewal(replica, None, shown, lambda: "wss://hub:8471/sync")


def new(issuer, shown, code="LAB1-PC", key=bytes(32), tls_key=None):
    public = tls_key or certificates.tls_key_in(shown.certificate)
    return issuer.next.issue(Author(code), key, public)


def test_a_certificate_for_this_desk_of_the_next_authority_is_good(renewal, issuer, shown):
    renewal._require_good(issuer.next.certificate, new(issuer, shown))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"code": "WARD-PC"}, "another desk"),
        ({"key": b"k" * 32}, "another desk"),
        ({"tls_key": certificates.public_bytes(certificates.new_key())}, "another key"),
    ],
)
def test_one_for_another_desk_or_key_is_not(renewal, issuer, shown, changed, why):
    with pytest.raises(BadCertificate, match=why):
        renewal._require_good(issuer.next.certificate, new(issuer, shown, **changed))


def test_an_authority_that_the_registry_does_not_know_is_not_believed(renewal, shown, tmp_path):
    false = Authority(hub_folder(tmp_path / "false"), HUB_KEY)
    public = certificates.tls_key_in(shown.certificate)
    made = false.issue(Author("LAB1-PC"), bytes(32), public)
    with pytest.raises(BadCertificate, match="not known as valid"):
        renewal._require_good(false.certificate, made)


def test_a_certificate_of_another_authority_than_is_said_is_not(renewal, issuer, shown):
    with pytest.raises(BadCertificate, match="another authority"):
        renewal._require_good(issuer.current.certificate, new(issuer, shown))


def test_what_is_kept_is_shown_from_then_on(renewal, issuer, shown, tmp_path):
    made = new(issuer, shown)
    renewal._keep(issuer.next.certificate, made)
    shown.load()
    assert shown.certificate == made
    assert read_certificate(tmp_path / "lab" / AUTHORITY) == issuer.next.certificate
