"""What only whoever administers a desk's computer may call: they can read its data folder.

A desk has no users with passwords, and every program on its computer may call it. What is for the
administrator needs a secret that lies in the data folder, which only its owner can read.
"""

from __future__ import annotations

import hmac
import logging
import os
import re
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from node.errors import ForAdministrator
from sync.http.operations import Needs, operation_of
from sync.model import causes
from sync.storage import files

FILE: Final = "administrator.key"
_SECRET_BYTES: Final = 32
_SECRET: Final = re.compile(f"[0-9a-f]{{{2 * _SECRET_BYTES}}}")

log = logging.getLogger("mrnmesh.node")


class AdministratorSecret:
    """The secret of one data folder; a desk makes it when it starts, if there is none.

    Where it cannot be written, as on a full disk, the desk works, and nobody knows the secret.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._secret = secret_of(folder)
        except (OSError, ValueError):
            self._secret = os.urandom(_SECRET_BYTES).hex()
            try:
                files.write_private(folder / FILE, f"{self._secret}\n".encode())
            except OSError as error:
                log.warning("%s cannot be written: %s", FILE, causes.why(error))

    @web.middleware
    async def authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a call through unless it is for the administrator and does not have the secret.

        Raises:
            ForAdministrator: it does not.
        """
        operation = operation_of(request)
        if operation is not None and operation.needs is Needs.DATA_FOLDER:
            _, _, sent = request.headers.get("Authorization", "").partition(" ")
            if not hmac.compare_digest(sent.encode(), self._secret.encode()):
                raise ForAdministrator()
        return await handler(request)


def secret_of(folder: Path) -> str:
    """Return the secret of a data folder.

    Raises:
        OSError: the file cannot be read.
        ValueError: it has no secret.
    """
    secret = (folder / FILE).read_text(encoding="ascii").strip()
    if not _SECRET.fullmatch(secret):
        raise ValueError(f"{FILE} has no secret")
    return secret
