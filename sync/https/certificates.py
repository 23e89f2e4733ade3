"""The certificate that the coordinator shows to browsers and programs, renewed by itself.

It is the clinic's own if the settings name one: that is read anew when its file changes. Otherwise
the authority for pages issues one, and another when it ends soon or when the computer has other
names or addresses. A connection that is open goes on with the one that it began with.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sync.errors import BadConfig
from sync.https import issuing, own_names, pages_authority
from sync.https.issuing import ServerNames
from sync.model import causes
from sync.model.alarms import Alarm, AlarmLevel
from sync.storage import files
from sync.trust.certificates import new_key

CERTIFICATE: Final = "pages-certificate.pem"
LOOK_S: Final = 60.0

log = logging.getLogger("mrnmesh.https")


class Certificates:
    """What `sync.trust.entrance.Entrance` shows; anybody may come in.

    Args:
        folder: the data folder.
        hosts: the host names in the settings; without any, what the system calls the computer.
        own: the clinic's certificate and key (PEM); None for one of the authority for pages.
        now: the time that is believed.
        find: returns the names of this computer.

    Raises:
        BadConfig: there is nothing to show.
    """

    def __init__(
        self,
        folder: Path,
        hosts: tuple[str, ...],
        own: tuple[Path, Path] | None,
        now: Callable[[], datetime],
        find: Callable[[tuple[str, ...]], ServerNames] = own_names.own,
    ) -> None:
        self._folder = folder
        self._hosts = hosts
        self._own = own
        self._now = now
        self._find = find
        self._shown: x509.Certificate | None = None
        self._stamp: tuple[object, ...] = ()
        self._left_out: frozenset[str] = frozenset()
        self._fault = ""
        self._renew()

    @property
    def server(self) -> ssl.SSLContext:
        """The context for the next handshake."""
        return self._context

    def peer(self, _connection: ssl.SSLObject | None) -> None:
        """Pass whoever comes: who it is is asked over HTTP."""

    @property
    def names(self) -> ServerNames:
        """By what the certificate that is shown calls this computer."""
        assert self._shown is not None
        return issuing.names_of(self._shown)

    def header_names(self) -> list[str]:
        """The same as a ``Host`` header has them, without a port.

        A certificate of the clinic's own may be for ``*.clinic.org``. Of all those names only the
        ones in the settings are this computer's.
        """
        hosts, addresses = self.names
        whole = {host for host in self._hosts if f"*.{host.partition('.')[2]}" in hosts}
        return [
            *sorted(whole | {host for host in hosts if not host.startswith("*")}),
            *(f"[{one}]" if one.version == 6 else str(one) for one in addresses),
        ]

    async def look(self) -> None:
        """Renew the certificate if it is time to."""
        try:
            await asyncio.to_thread(self._renew)
            self._fault = ""
        except (BadConfig, OSError) as error:
            self._fault = str(error) if isinstance(error, BadConfig) else causes.why(error)
            log.error("the certificate for pages stays as it is: %s", self._fault)

    def alarms(self) -> list[Alarm]:
        """What keeps browsers from trusting this coordinator."""
        assert self._shown is not None
        found = []
        if self._fault or self._shown.not_valid_after_utc <= self._now():
            found.append(not_renewed(self._fault or "its time is over"))
        if self._left_out:
            found.append(names_left_out(self._left_out))
        return found

    def _renew(self) -> None:
        if self._own is not None:
            self._read_own(*self._own)
        else:
            self._issue()

    def _read_own(self, certificate: Path, key: Path) -> None:
        """Take up the clinic's own certificate if its files have changed."""
        try:
            stamp = tuple(path.stat().st_mtime_ns for path in (certificate, key))
        except OSError as error:
            raise BadConfig(path=error.filename, why=causes.why(error)) from error
        if stamp != self._stamp:
            shown = pages_authority.read_certificate(certificate)
            self._context = _context(certificate, key)
            self._shown, self._stamp = shown, stamp

    def _issue(self) -> None:
        """Issue a certificate if the one that is there does not do any more."""
        found, now = self._find(self._hosts), self._now()
        authority = pages_authority.ensure(self._folder, own_names.hosts(self._hosts))
        names = issuing.permitted(authority.certificate, found)
        self._left_out = found.hosts - names.hosts
        path = self._folder / CERTIFICATE
        shown = self._shown or (pages_authority.read_certificate(path) if path.exists() else None)
        ski = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        if (
            shown is None
            or _issuer_of(shown) != ski.value.digest
            or issuing.names_of(shown) != names
            or issuing.is_due(shown, now)
        ):
            key = new_key()
            shown = issuing.issue(
                authority.certificate, authority.key, key.public_key(), names, now
            )
            chain = shown.public_bytes(serialization.Encoding.PEM) + authority.pem
            # One file, so that no crash leaves a certificate beside the key of another one.
            files.write_private(path, pages_authority.key_pem(key) + chain)
            log.info("a new certificate for pages is good until %s", shown.not_valid_after_utc)
        elif self._shown is not None:
            return
        self._context, self._shown = _context(path, path), shown


def not_renewed(why: str) -> Alarm:
    """The alarm for a certificate that browsers refuse, or soon will."""
    return Alarm(
        "https_certificate",
        AlarmLevel.ALERT,
        f"The certificate for pages cannot be renewed ({why}), so browsers refuse it.",
        "See that `https_certificate` and `https_key` in the settings name a good certificate and "
        "its key.",
        "certificate",
        terms={"why": why},
    )


def names_left_out(names: Iterable[str]) -> Alarm:
    """The alarm for host names that the authority may not issue to."""
    return Alarm(
        "https_names",
        AlarmLevel.WARNING,
        f"Browsers do not trust this coordinator under {', '.join(sorted(names))}: the authority "
        "for pages was made for other names.",
        "Make a new authority with `mrnmesh-coordinator ca renew`, and let all computers trust it "
        "instead.",
        terms={"names": ", ".join(sorted(names))},
    )


def _issuer_of(certificate: x509.Certificate) -> bytes | None:
    """The key id of whoever has issued a certificate."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return found.value.key_identifier


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context that shows a certificate to whoever connects.

    Raises:
        BadConfig: certificate and key do not belong together, or cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # OpenSSL before 3 lets clients of TLS 1.2 do it
    context.num_tickets = 0
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as error:
        why = "certificate and key do not belong together, or the key has a passphrase"
        raise BadConfig(path=certificate, why=why) from error
    except OSError as error:
        raise BadConfig(path=error.filename or key, why=causes.why(error)) from error
    return context
