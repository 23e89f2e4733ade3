"""What every certificate has: its names and key, what the key may do, and a number of its own."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from sync.trust import building
from sync.trust.certificates import FIRST, LAST, new_key


def a_name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def test_a_certificate_has_its_names_its_key_and_a_number_of_its_own():
    key = new_key()
    made = [
        building.builder(a_name("desk"), a_name("authority"), key.public_key())
        .not_valid_before(FIRST)
        .not_valid_after(LAST)
        .sign(key, hashes.SHA256())
        for _ in range(2)
    ]
    for one in made:
        assert (one.subject, one.issuer) == (a_name("desk"), a_name("authority"))
        assert one.public_key() == key.public_key()
    assert made[0].serial_number != made[1].serial_number


@pytest.mark.parametrize("signs", [True, False])
def test_a_key_signs_certificates_or_else_only_words(signs):
    usage = building.key_usage(signs_certificates=signs)
    assert usage.key_cert_sign == usage.crl_sign == signs
    assert usage.digital_signature != signs
    assert not usage.key_encipherment
    assert not usage.key_agreement


def test_the_bytes_of_a_public_key_are_read_back():
    public = new_key().public_key()
    assert serialization.load_der_public_key(building.spki(public)) == public
