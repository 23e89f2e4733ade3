"""Contexts for TLS 1.3 in which dates decide nothing, and only named authorities are trusted."""

from __future__ import annotations

import asyncio.sslproto
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

NO_CHECK_TIME: Final = 0x200000
"""OpenSSL's ``X509_V_FLAG_NO_CHECK_TIME``, for which Python has no name."""
BUFFER_BYTES: Final = 17_408
"""A TLS record and its frame. The 256 KiB that asyncio takes for each connection would let a few
hundred handshakes that nobody ends take the memory of a small computer."""


def limit_buffers() -> None:
    """Let every TLS connection of this process that begins from now on have a small buffer."""
    protocol: Any = asyncio.sslproto.SSLProtocol
    protocol.max_size = BUFFER_BYTES


def server(certificate: Path, key: Path, authorities: Iterable[bytes]) -> ssl.SSLContext:
    """A context for accepting peers, each of which must show a certificate.

    Args:
        certificate, key: PEM files of this replica.
        authorities: certificates (DER) of the authorities whose certificates are good.

    Raises:
        OSError: the files cannot be read, or do not belong together.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, authorities)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client(certificate: Path, key: Path, authorities: Iterable[bytes]) -> ssl.SSLContext:
    """A context for dialling peers; see `server`."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, authorities)
    context.load_cert_chain(certificate, key)
    return context


def open_server(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context for accepting whoever comes; only for what needs no certificate of the caller."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, ())
    context.load_cert_chain(certificate, key)
    return context


def stranger(authorities: Iterable[bytes]) -> ssl.SSLContext:
    """A context for dialling as somebody who has no certificate yet."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, authorities)


def unverified() -> ssl.SSLContext:
    """A context that trusts whoever answers; nothing secret may be sent over it."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, ())
    context.verify_mode = ssl.CERT_NONE
    return context


def _context(protocol: int, authorities: Iterable[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the certificate names a terminal; the registry knows it
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VerifyFlags(NO_CHECK_TIME)
    if protocol == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0  # a session that is resumed would skip the certificate
    trusted = b"".join(authorities)
    if trusted:
        context.load_verify_locations(cadata=trusted)
    return context
