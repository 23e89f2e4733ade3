"""Replacing the authority: desks get new certificates over their sessions, then the old one ends.

1. `begin` makes the next authority and says so in the registry. Every desk that is connected asks
   for a certificate of it (`certify`); until then, and while desks are away, both count.
2. `finish` withdraws the one in use. Desks without one of the next have to be enrolled again.
"""

from __future__ import annotations

import asyncio
import base64
import logging

from aiohttp import web

from coordinator.errors import CertificateNotRenewed, NextAuthorityThere, NoNextAuthority
from coordinator.registry import authorities, enrolments
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import AuthorityLocked, BadCertificate
from sync.http.app import error_response
from sync.http.operations import json_response
from sync.network.peering import Peering
from sync.trust import certificates
from sync.trust.authority import Issuer
from sync.trust.credentials import Credentials

PATH = "/certificate"

log = logging.getLogger("mrnmesh.enrolment")


class Renewing:
    """The acts on the authority, and what desks ask for at the port where they sync."""

    def __init__(
        self, replica: Replica, issuer: Issuer, credentials: Credentials, peering: Peering
    ) -> None:
        self.issuer = issuer
        self._replica = replica
        self._credentials = credentials
        self._peering = peering

    async def start(self) -> None:
        """Let the authorities be known, and go on with what was interrupted."""
        issuer = self.issuer
        known = [one.certificate for one in (issuer.current, issuer.next) if one is not None]

        def vouch(tx: Transaction) -> bool:
            for certificate in known:
                authorities.vouch(tx, certificate)
            return issuer.current.certificate in tx.registry.authorities_withdrawn

        if await self._replica.write(vouch) and issuer.next is not None:
            await self._take_next()

    async def begin(self, passphrase: str | None = None) -> None:
        """Make the next authority.

        Args:
            passphrase: of the one in use, if that is locked. It is kept until the next one takes
                its place, because desks ask for certificates at any time.

        Raises:
            NextAuthorityThere: there is one.
            AuthorityLocked, WrongPassphrase: none was made.
        """
        if self.issuer.next is not None:
            raise NextAuthorityThere()
        if passphrase is not None and self.issuer.current.is_locked:
            await asyncio.to_thread(self.issuer.unlock, passphrase)
        await asyncio.to_thread(self.issuer.make_next)
        made = self.issuer.renewing.certificate
        await self._replica.write(lambda tx: authorities.vouch(tx, made))
        log.warning("a next authority was made: desks get certificates of it when they connect")

    async def protect(self, old: str | None, new: str | None) -> None:
        """Lock the keys with a new passphrase, None for none any more.

        Args:
            old: the one of now, if they are locked.

        Raises:
            AuthorityLocked, WrongPassphrase: nothing was changed.
        """
        if old is not None:
            await asyncio.to_thread(self.issuer.unlock, old)
        await asyncio.to_thread(self.issuer.protect, new)

    async def finish(self, why: str) -> None:
        """Withdraw the authority in use; the next one takes its place.

        Args:
            why: for people, kept with it.

        Raises:
            NoNextAuthority: there is none.
        """
        if self.issuer.next is None:
            raise NoNextAuthority()
        old = self.issuer.current.certificate
        await self._replica.write(lambda tx: authorities.withdraw(tx, old, why))
        await self._take_next()
        log.warning("the former authority is withdrawn: none of its certificates counts any more")
        self._peering.renew()  # whoever came by the old one comes again, or does not

    async def certify(self, request: web.Request) -> web.Response:
        """Give a desk a certificate of the newest authority for the key that it has shown."""
        try:
            encrypted = request.get_extra_info("ssl_object")
            peer = self._credentials.peer(encrypted)
            shown = encrypted.getpeercert(True)
            authority = self.issuer.renewing
            tls_key = certificates.tls_key_in(shown)
            certificate = await self._replica.write(
                lambda tx: enrolments.renew(tx, peer.subject, tls_key, authority)
            )
        except (AuthorityLocked, BadCertificate, CertificateNotRenewed) as error:
            return error_response(error)
        answer = {"authority": authority.certificate, "certificate": certificate}
        return json_response({name: base64.b64encode(der).decode() for name, der in answer.items()})

    def routes(self) -> list[web.RouteDef]:
        """What is answered at the port where desks sync."""
        return [web.post(PATH, self.certify)]

    async def _take_next(self) -> None:
        await asyncio.to_thread(self.issuer.take_next)
        self._credentials.load()
