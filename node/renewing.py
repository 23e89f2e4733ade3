"""A new certificate for this desk, when the clinic's authority is replaced."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable
from typing import Any, Final

import aiohttp
from yarl import URL

from sync.engine.keys import Signer
from sync.engine.replica import Replica
from sync.errors import BadCertificate
from sync.network.dialling import why_unreachable
from sync.network.waiting import new_client
from sync.storage import files
from sync.trust import certificates, credentials
from sync.trust.credentials import Credentials

LOOK_S: Final = 30.0
ANSWER_S_MAX: Final = 20.0
PATH: Final = "/certificate"
SIGNATURE: Final = "Signature"

log = logging.getLogger("mrnmesh.enrolment")


class Renewal:
    """Asks the coordinator for a certificate of a new authority, over the port where desks sync.

    What comes is believed only as far as the registry and the certificate itself say it: any desk
    of the clinic could answer.

    Args:
        signer: has the key that the certificate names.
        coordinator: returns where it syncs now, as a URL.
    """

    def __init__(
        self,
        replica: Replica,
        signer: Signer,
        shown: Credentials,
        coordinator: Callable[[], str],
    ) -> None:
        self._replica = replica
        self._signer = signer
        self._credentials = shown
        self._coordinator = coordinator

    async def look(self) -> None:
        """Ask, if there is an authority that is valid and did not issue this desk's certificate."""
        own = self._credentials.certificate
        others = [
            one
            for one in self._replica.registry.authorities
            if not certificates.is_issued_by(own, one)
        ]
        if not others:
            return
        try:
            answer = await self._ask()
            authority, certificate = (
                base64.b64decode(answer[name], validate=True)
                for name in ("authority", "certificate")
            )
            self._require_good(authority, certificate)
        except (aiohttp.ClientError, OSError) as error:
            log.info("no new certificate yet: %s", why_unreachable(error))
            return
        except (ValueError, KeyError, TypeError, BadCertificate) as error:
            log.warning("the new certificate cannot be used: %s", error)
            return
        if certificates.is_issued_by(own, authority):
            return  # the coordinator has not got so far
        await asyncio.to_thread(self._keep, authority, certificate)
        self._credentials.load()
        log.info("this desk has a certificate of the new authority")

    @property
    def _url(self) -> URL:
        return URL(self._coordinator()).with_scheme("https").with_path(PATH)

    async def _ask(self) -> Any:
        tls_key = certificates.tls_key_in(self._credentials.certificate)
        signature = self._signer.sign(certificates.renewal_bytes(tls_key)).hex()
        async with (
            new_client(ANSWER_S_MAX) as http,
            http.post(
                self._url, ssl=self._credentials.client, headers={SIGNATURE: signature}
            ) as response,
        ):
            response.raise_for_status()
            return await response.json()

    def _require_good(self, authority: bytes, certificate: bytes) -> None:
        """Pass a certificate for this very desk and key, of an authority that is valid.

        Raises:
            BadCertificate: it is another.
        """
        if authority not in self._replica.registry.authorities:
            raise BadCertificate(why="its authority is not known as valid")
        if not certificates.is_issued_by(certificate, authority):
            raise BadCertificate(why="another authority has issued it")
        mine = self._credentials.subject, self._credentials.fingerprint
        if (certificates.subject_of(certificate), certificates.fingerprint(certificate)) != mine:
            raise BadCertificate(why="it is for another desk or another key")

    def _keep(self, authority: bytes, certificate: bytes) -> None:
        folder = self._replica.folder
        # The authority first: with it alone the old certificate is as good as before.
        credentials.write_certificate(folder / credentials.AUTHORITY, authority)
        credentials.write_certificate(folder / credentials.CERTIFICATE, certificate)
        files.sync_folder(folder)
