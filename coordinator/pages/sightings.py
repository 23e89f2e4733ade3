"""When each desk was connected last; a restart of the coordinator does not forget it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import StoreError

LOOK_S: Final = 2.0

log = logging.getLogger("mrnmesh.web")


class Sightings:
    """Looks who is connected, and stores it when somebody comes or goes.

    What is stored of a desk that stays connected is when it came: a daemon that is killed knows no
    more of it afterwards, and one that stops stores when it did.

    Args:
        connected: returns the desks that are connected now.
    """

    def __init__(self, replica: Replica, connected: Callable[[], set[str]]) -> None:
        self._replica = replica
        self._connected = connected
        self._here: set[str] = set()
        self._seen: Mapping[str, int] = {}

    async def start(self) -> None:
        """Take up what is stored."""
        self._seen = await self._replica.read(lambda snapshot: dict(snapshot.store.meta.seen))

    async def look(self) -> None:
        """Note who has come and who has gone since the last look."""
        here = self._connected()
        changed = here ^ self._here
        self._here = here
        if changed:
            await self._note(changed)

    async def stop(self) -> None:
        """Note until when those who are connected were seen; a full disk holds up no end."""
        if not self._here:
            return
        try:
            await self._note(self._here)
        except StoreError as error:
            log.warning("until when desks were connected cannot be written down: %s", error)

    def seen_ms(self, code: str) -> int | None:
        """When a desk came or went last, in milliseconds since 1970; None if it never was here."""
        return self._seen.get(code)

    async def _note(self, codes: set[str]) -> None:
        now_ms = self._replica.now_ms
        seen: dict[str, int] = {**self._seen, **dict.fromkeys(codes, now_ms)}

        def act(tx: Transaction) -> None:
            tx.begin()
            tx.store.meta.seen = seen

        await self._replica.write(act)
        self._seen = seen
