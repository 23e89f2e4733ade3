"""What a page shows live: sent to all who look on, whenever it has changed.

The stream is one of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import web

from sync.errors import Busy
from sync.http.operations import EventStream, Needs, Operation

LOOK_S: Final = 0.5
STREAMS_MAX: Final = 32
BEAT_S: Final = 15.0
"""So often something is sent even if nothing has changed: whoever has gone is noticed by it."""
_RETRY: Final = b"retry: 1000\n\n"
"""A browser whose stream has ended asks again after so many milliseconds."""
_BEAT: Final = b": still here\n\n"


_OVER: Final = b"event: over\ndata: {}\n\n"
"""Said to somebody who may not look on any longer, so that the page can say so too."""


async def anybody(_request: web.Request) -> bool:
    """Return True: whoever may begin to look on may go on."""
    return True


class Live:
    """A stream of a daemon.

    Args:
        look: returns what the page shows now.
        needs: who may look on.
        path: where it is.
        may_go_on: returns whether whoever made a call may still look on.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[object]],
        needs: Needs,
        path: str = "/live/",
        may_go_on: Callable[[web.Request], Awaitable[bool]] = anybody,
    ) -> None:
        self._look = look
        self._needs = needs
        self._path = path
        self._may_go_on = may_go_on
        self._now = b""
        self._streams = 0
        self._stopping = False
        self._changed = asyncio.Event()

    def operations(self) -> list[Operation]:
        """Return the operations of this part; they are no part of the API that programs use."""
        return [
            Operation(
                "GET", self._path, self.stream, "Follow what the page shows", needs=self._needs
            )
        ]

    async def look(self) -> None:
        """Look again, and tell all who look on if something has changed."""
        if not self._streams:
            return
        now = msgspec.json.encode(await self._look())
        if now != self._now:
            self._now = now
            self._tell()

    def stop(self) -> None:
        """End all streams, because the daemon stops."""
        self._stopping = True
        self._tell()

    async def stream(self, request: web.Request) -> EventStream:
        """Send what the page shows, now and whenever it changes.

        Raises:
            Busy: too many look on already.
        """
        if self._streams >= STREAMS_MAX:
            raise Busy()
        return EventStream(self._events(request))

    async def _events(self, request: web.Request) -> AsyncGenerator[bytes, None]:
        self._streams += 1
        try:
            yield _RETRY
            await self.look()
            sent = b""
            while not self._stopping:
                changed = self._changed  # before anything that waits: it may change meanwhile
                if not await self._may_go_on(request):
                    yield _OVER
                    return
                if self._now != sent:
                    sent = self._now
                    yield b"data: " + sent + b"\n\n"
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_S):
                        await changed.wait()
                    continue
                yield _BEAT
        finally:
            self._streams -= 1

    def _tell(self) -> None:
        """Wake all streams; each then waits for the next change."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
