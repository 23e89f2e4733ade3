"""Certificates: they name facility, terminal and key, and are good at any time."""

import pytest
from cryptography import x509
from cryptography.x509 import verification

from sync.errors import BadCertificate
from sync.model.facts import COORDINATOR, Author
from sync.trust import certificates
from sync.trust.certificates import FIRST, LAST, Subject

LAB = Author("LAB1-PC")
FACILITY = certificates.facility_of(bytes(32))
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def authority():
    key = certificates.new_key()
    return key, certificates.new_authority(key, FACILITY)


def issued(authority, author=LAB, facility=FACILITY):
    key, certificate = authority
    public = certificates.public_bytes(certificates.new_key())
    return certificates.issue(certificate, key, Subject(facility, author, KEY), public)


@pytest.mark.parametrize("author", [LAB, COORDINATOR])
def test_a_certificate_names_facility_terminal_and_key(authority, author):
    assert certificates.subject_of(issued(authority, author)) == Subject(FACILITY, author, KEY)


def test_it_is_good_from_1970_to_9999(authority):
    for certificate in (authority[1], issued(authority)):
        read = x509.load_der_x509_certificate(certificate)
        assert (read.not_valid_before_utc, read.not_valid_after_utc) == (FIRST, LAST)


def test_the_authority_signs_only_replicas_and_no_further_authority(authority):
    read = x509.load_der_x509_certificate(authority[1])
    constraints = read.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    usage = read.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, False)


def test_a_certificate_passes_a_strict_check_of_the_chain(authority):
    certificate = x509.load_der_x509_certificate(issued(authority))
    store = verification.Store([x509.load_der_x509_certificate(authority[1])])
    builder = verification.PolicyBuilder().store(store).time(certificate.not_valid_after_utc)
    found = builder.build_client_verifier().verify(certificate, [])
    assert [name.value for name in found.subjects] == [Subject(FACILITY, LAB, KEY).uri]


def test_only_its_own_authority_has_issued_it(authority):
    other_key = certificates.new_key()
    other = certificates.new_authority(other_key, FACILITY)
    certificate = issued(authority)
    assert certificates.is_issued_by(certificate, authority[1])
    assert not certificates.is_issued_by(certificate, other)
    assert not certificates.is_issued_by(b"no certificate", authority[1])


def test_a_fingerprint_is_that_of_the_key_and_not_of_the_certificate(authority):
    key, certificate = authority
    again = certificates.new_authority(key, FACILITY)
    assert again != certificate
    assert certificates.fingerprint(again) == certificates.fingerprint(certificate)
    other = certificates.new_authority(certificates.new_key(), FACILITY)
    assert certificates.fingerprint(other) != certificates.fingerprint(certificate)


@pytest.mark.parametrize("data", [b"", b"no certificate"])
def test_what_is_no_certificate_names_nobody_and_has_no_fingerprint(data):
    for act in (certificates.subject_of, certificates.fingerprint):
        with pytest.raises(BadCertificate):
            act(data)


@pytest.mark.parametrize("author", ["@registry", "lab1-pc", "@", "LAB1 PC"])
def test_a_name_that_no_replica_can_have_names_nobody(authority, author):
    with pytest.raises(BadCertificate, match="names no terminal"):
        certificates.subject_of(issued(authority, Author(author)))


def test_the_certificate_of_an_authority_names_nobody(authority):
    with pytest.raises(BadCertificate):
        certificates.subject_of(authority[1])


@pytest.mark.parametrize("data", [b"", b"no key", bytes(60)])
def test_what_is_no_key_is_refused(data):
    with pytest.raises(BadCertificate):
        certificates.public_key_of(data)


def test_facilities_with_other_coordinators_have_other_names():
    assert certificates.facility_of(bytes(32)) != certificates.facility_of(KEY)
    assert len(FACILITY) == 2 * certificates.FACILITY_BYTES
