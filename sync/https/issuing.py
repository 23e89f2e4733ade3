"""Certificates (X.509, P-256) for pages and programs, from an authority that is good for little.

This authority is not that of the desks. Whoever trusts it, trusts it for the clinic's own host
names and for private addresses and for nothing else: that is a critical extension of its
certificate (RFC 5280, 4.2.1.10), which every browser heeds. A certificate of a server is good for
at most 397 days, as the CA/Browser Forum's baseline requirements have it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.trust import building
from sync.trust.certificates import TlsKey

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

AUTHORITY_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
AUTHORITY_LAST: Final = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Of the authority no date counts: a coordinator whose clock stands in 2000 makes a good one."""
DAYS: Final = 396
BEFORE: Final = timedelta(days=1)
"""Clocks of other computers may be behind; together with `DAYS` it stays below 398 days."""
RENEW_BEFORE: Final = timedelta(days=60)
PRIVATE: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
"""Addresses that lead to nobody on the internet (RFC 1918, 3927, 4193, 4291)."""


class ServerNames(NamedTuple):
    """By what a server is called: host names in lower case, and addresses."""

    hosts: frozenset[str]
    addresses: frozenset[IpAddress]


def is_private(address: IpAddress) -> bool:
    """True for an address that an authority may issue to."""
    return any(address in network for network in PRIVATE if network.version == address.version)


def new_authority(key: TlsKey, hosts: Iterable[str]) -> x509.Certificate:
    """The certificate of a new authority, for servers under these host names or private addresses.

    Args:
        hosts: names, each of which stands for all names below it too.
    """
    public = key.public_key()
    digest = sha256(building.spki(public)).hexdigest()[:8]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"mrnmesh pages {digest}")])
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted(hosts)]
    permitted += [x509.IPAddress(network) for network in PRIVATE]
    return (
        building.builder(name, name, public)
        .not_valid_before(AUTHORITY_FIRST)
        .not_valid_after(AUTHORITY_LAST)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(building.key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def issue(
    authority: x509.Certificate,
    authority_key: TlsKey,
    public: ec.EllipticCurvePublicKey,
    names: ServerNames,
    now: datetime,
) -> x509.Certificate:
    """A certificate for a server.

    Args:
        public: the server's key.
        names: those that `permitted` has let through.
    """
    # Without a host name OpenSSL takes a common name that looks like one for one, and an address
    # does. The authority permits no such name, so it must not look like one.
    first = min(names.hosts, default=f"mrnmesh at {min(names.addresses, default='', key=str)}")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, first[:64])])
    called: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted(names.hosts)]
    called += [x509.IPAddress(address) for address in sorted(names.addresses, key=str)]
    ski = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    aki = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
    return (
        building.builder(subject, authority.subject, public)
        .not_valid_before(now - BEFORE)
        .not_valid_after(now - BEFORE + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(building.key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(called), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(aki, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def permitted(authority: x509.Certificate, names: ServerNames) -> ServerNames:
    """Those names that an authority may issue to; a certificate with any other is refused."""
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    trees = [one.value for one in limits.permitted_subtrees or () if isinstance(one, x509.DNSName)]
    return ServerNames(
        frozenset(
            host
            for host in names.hosts
            if any(host == tree or host.endswith(f".{tree}") for tree in trees)
        ),
        frozenset(filter(is_private, names.addresses)),
    )


def names_of(certificate: x509.Certificate) -> ServerNames:
    """By what the server of a certificate is called."""
    try:
        called = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ServerNames(frozenset(), frozenset())
    addresses = called.get_values_for_type(x509.IPAddress)
    return ServerNames(
        frozenset(host.lower() for host in called.get_values_for_type(x509.DNSName)),
        frozenset(
            one
            for one in addresses
            if isinstance(one, ipaddress.IPv4Address | ipaddress.IPv6Address)
        ),
    )


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """True when a certificate of `issue` is to be made anew: it ends soon, or begins later."""
    ends_soon = certificate.not_valid_after_utc - now < RENEW_BEFORE
    return ends_soon or certificate.not_valid_before_utc > now


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, in pairs of digits as browsers show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
