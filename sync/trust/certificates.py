"""Certificates (X.509, P-256) by which replicas know one another on the network.

The clocks of clinics stand in 2000 or 2099, so dates decide nothing: every certificate is good from
1970 to 9999, and who may sync is decided by the registry that a replica holds. A certificate says
only who somebody is: its URI names the facility, the terminal, and the key that signs its facts.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.errors import BadCertificate
from sync.model.facts import COORDINATOR, Author, is_terminal_code
from sync.trust import building

FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
FACILITY_BYTES: Final = 16
FINGERPRINT_BYTES: Final = 32
_URI: Final = re.compile(r"mrnmesh://([0-9a-f]{32})/([^/]{1,60})/([0-9a-f]{64})")

TlsKey = ec.EllipticCurvePrivateKey


class Subject(NamedTuple):
    """Whom a certificate names.

    ``facility`` is `facility_of` the coordinator's key, ``author`` a terminal code or
    `@coordinator`, ``key`` the Ed25519 key (32 bytes) that signs what the replica writes.
    """

    facility: str
    author: Author
    key: bytes

    @property
    def uri(self) -> str:
        """As it stands in the certificate."""
        return f"mrnmesh://{self.facility}/{self.author}/{self.key.hex()}"


def facility_of(coordinator_key: bytes) -> str:
    """The name of the facility whose coordinator has this key (32 bytes), in hexadecimal."""
    return sha256(b"mrnmesh facility\0" + coordinator_key).digest()[:FACILITY_BYTES].hex()


def new_key() -> TlsKey:
    """A fresh key for TLS; browsers and OpenSSL's defaults know P-256, but not all know Ed25519."""
    return ec.generate_private_key(ec.SECP256R1())


def new_authority(key: TlsKey, facility: str) -> bytes:
    """The certificate (DER) of a new authority, which may issue to replicas and to nobody else."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"mrnmesh {facility}")])
    public = key.public_key()
    ski = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        building.builder(name, name, public)
        .not_valid_before(FIRST)
        .not_valid_after(LAST)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(building.key_usage(signs_certificates=True), critical=True)
        .add_extension(ski, critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def issue(authority: bytes, key: TlsKey, subject: Subject, public_key: bytes) -> bytes:
    """A certificate (DER) for a replica.

    Args:
        authority: the certificate (DER) that belongs to ``key``.
        public_key: of the replica's TLS key, as `public_bytes` makes it.

    Raises:
        BadCertificate: it is no P-256 key.
    """
    issuer = x509.load_der_x509_certificate(authority)
    public = public_key_of(public_key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.author)])
    ski = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    aki = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(subject.uri)])
    certificate = (
        building.builder(name, issuer.subject, public)
        .not_valid_before(FIRST)
        .not_valid_after(LAST)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(building.key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(aki, critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def renewal_bytes(tls_key: bytes) -> bytes:
    """What a replica signs, by the key of its facts, to get a certificate of a new authority.

    Its former certificate is not enough: that may be a forgery, because the key of the former
    authority was stolen.

    Args:
        tls_key: its public TLS key, as `public_bytes` makes it.
    """
    return b"mrnmesh renew 1\0" + tls_key


def subject_of(certificate: bytes) -> Subject:
    """Whom a certificate (DER) names; whether it is genuine is not looked at.

    Raises:
        BadCertificate: it names nobody in the way of `issue`.
    """
    try:
        read = x509.load_der_x509_certificate(certificate)
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (ValueError, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
        raise BadCertificate(why="it names no terminal") from error
    found = _URI.fullmatch(uris[0]) if len(uris) == 1 and len(list(names)) == 1 else None
    if found is None or not (is_terminal_code(found[2]) or found[2] == COORDINATOR):
        raise BadCertificate(why="it names no terminal")
    return Subject(found[1], Author(found[2]), bytes.fromhex(found[3]))


def is_issued_by(certificate: bytes, authority: bytes) -> bool:
    """True when an authority (DER) has signed a certificate (DER)."""
    try:
        leaf = x509.load_der_x509_certificate(certificate)
        leaf.verify_directly_issued_by(x509.load_der_x509_certificate(authority))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def fingerprint(certificate: bytes) -> bytes:
    """SHA-256 of the public key in a certificate (DER), 32 bytes.

    Raises:
        BadCertificate: it is no certificate.
    """
    return sha256(tls_key_in(certificate)).digest()


def tls_key_in(certificate: bytes) -> bytes:
    """The public key in a certificate (DER), as `public_bytes` makes it.

    Raises:
        BadCertificate: it is no certificate.
    """
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate(why="it cannot be read") from error
    return building.spki(public)


def public_bytes(key: TlsKey) -> bytes:
    """The public half of a key, SubjectPublicKeyInfo in DER."""
    return building.spki(key.public_key())


def public_key_of(data: bytes) -> ec.EllipticCurvePublicKey:
    """The inverse of `public_bytes`.

    Raises:
        BadCertificate: it is no P-256 key.
    """
    try:
        key = serialization.load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate(why="it is no public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadCertificate(why="it is a key of another kind")
    return key
