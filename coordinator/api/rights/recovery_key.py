"""A new recovery key over HTTP: what opens the keys in backups."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from aiohttp import web

from coordinator.config import CoordinatorSettings
from sync.http.operations import Needs, Operation
from sync.trust import sealing


class RecoveryKeyAnswer(TypedDict):
    """A recovery key, shown this once: only its public half is kept."""

    recovery_key: str


class RecoveryKeyApi:
    """The operation that makes one."""

    def __init__(self, settings: CoordinatorSettings) -> None:
        self._folder = settings.folder

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "POST",
                "/api/recovery-key/",
                self.new_recovery_key,
                "Make a new recovery key",
                needs=Needs.ADMINISTER,
                status=201,
            )
        ]

    async def new_recovery_key(self, _request: web.Request) -> RecoveryKeyAnswer:
        """Make a recovery key, which opens the keys in backups that are made from now on.

        The key of before opens those of before.
        """
        key = await asyncio.to_thread(sealing.new_recovery_key, self._folder)
        return {"recovery_key": key}
