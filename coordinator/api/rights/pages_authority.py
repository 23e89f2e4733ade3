"""The authority for pages over HTTP: what the computers of the clinic trust, and a new one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TypedDict

from aiohttp import web

from coordinator.config import CoordinatorSettings
from sync.http.operations import Needs, Operation
from sync.https import issuing, own_names, pages_authority


class PagesAuthorityAnswer(TypedDict):
    """What computers are to trust that open the coordinator's pages over HTTPS.

    ``address`` is where these are offered, null if they are not. ``own_certificate`` says that the
    clinic has a certificate of its own, so that no computer needs this authority. ``certificate``
    (PEM) and ``fingerprint`` (SHA-256) are null while there is none.
    """

    address: str | None
    own_certificate: bool
    hosts: list[str]
    certificate: str | None
    fingerprint: str | None


class PagesAuthorityApi:
    """Operations on the authority for pages, whose key stays on this computer."""

    def __init__(self, settings: CoordinatorSettings) -> None:
        self._settings = settings

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        path = "/api/pages-authority/"
        operation = partial(Operation, needs=Needs.ADMINISTER)
        return [
            operation("GET", path, self.show, "Show what computers are to trust"),
            operation(
                "POST",
                path + "renew/",
                self.new_pages_authority,
                "Make a new authority for pages, in the place of an earlier one",
            ),
        ]

    async def show(self, _request: web.Request) -> PagesAuthorityAnswer:
        """Return the certificate that computers are to trust; it is no secret."""
        return await asyncio.to_thread(self._read)

    async def new_pages_authority(self, request: web.Request) -> PagesAuthorityAnswer:
        """Make a new authority for the host names of now, which every computer has to trust anew.

        The coordinator shows a certificate of it within a minute.
        """
        hosts = own_names.hosts(self._settings.host_names)
        await asyncio.to_thread(pages_authority.make, self._settings.folder, hosts)
        return await self.show(request)

    def _read(self) -> PagesAuthorityAnswer:
        settings = self._settings
        authority = None
        if (settings.folder / pages_authority.CERTIFICATE).exists():
            authority = pages_authority.read(settings.folder)
        address = settings.https_listen
        return {
            "address": address.text if address is not None else None,
            "own_certificate": settings.https_files is not None,
            "hosts": sorted(own_names.hosts(settings.host_names)),
            "certificate": authority.pem.decode() if authority is not None else None,
            "fingerprint": (
                issuing.fingerprint(authority.certificate) if authority is not None else None
            ),
        }
