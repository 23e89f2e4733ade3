"""Webhooks: the feed of changes, posted to addresses that an administrator names.

The position of each hook in the feed is on disk. A delivery is repeated until it is answered with
2xx, so a receiver never misses a change, and gets one twice if an answer is lost. The order is that
of the feed. The body is signed with the hook's secret.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypedDict

import aiohttp

from coordinator.alerts import posting
from coordinator.errors import TooManyWebhooks
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import InvalidFields, MrnmeshError, NotFound
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.formats import Time, Uri, iso_utc_of_ms
from sync.network.dialling import back_off_s
from sync.reading.answers import ChangeAnswer
from sync.storage.local import Webhook
from sync.storage.store import Store

HOOKS_MAX: Final = 20
CHANGES_AT_ONCE: Final = 100
FAILING_S: Final = 600.0
_CHANGED: Final = "webhooks"
"""Announced where one was added or removed, see `sync.engine.replica.Replica.follow`."""

log = logging.getLogger("mrnmesh.webhooks")


class WebhookState(TypedDict):
    """A hook as the API shows it.

    ``delivered`` is the cursor of the last change that was delivered; ``behind`` is how far that
    lies behind the newest one.
    """

    id: int
    url: Uri
    delivered: int
    behind: int
    failing_since: Time | None
    last_error: str | None


class Failing(NamedTuple):
    """Since when a hook fails, as a time to show and as seconds of a clock that nobody sets."""

    since_ms: int
    since_s: float
    why: str


class Webhooks:
    """All hooks of a coordinator; each is served by a task of its own.

    Args:
        random: a number from 0 to 1, for the time between two tries.
        now_s: seconds of a clock that nobody sets.
        pause: waits for so many seconds; tests pass their own.
    """

    def __init__(
        self,
        replica: Replica,
        random: Callable[[], float],
        now_s: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._replica = replica
        self._random = random
        self._pause = pause
        self._now_s = now_s
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._hooks: dict[int, Webhook] = {}
        self._failing: dict[int, Failing] = {}
        self._client: aiohttp.ClientSession | None = None
        self._stopping = False

    async def start(self) -> None:
        """Go on with the hooks in the database, and with whatever becomes of them there."""
        loop = asyncio.get_running_loop()

        def load(store: Store) -> None:
            """Tell the event loop, before whoever changed something goes on there."""
            loop.call_soon_threadsafe(self._keep, store.local.webhooks())

        await self._replica.follow(_CHANGED, load)

    async def stop(self) -> None:
        """End all deliveries; one that was not answered is sent again after the next start."""
        self._stopping = True
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def add(self, url: str, after: int | None) -> Webhook:
        """Add a hook, with a secret of its own, and begin to deliver to it.

        Args:
            after: the cursor after which to begin; None begins with the next change.

        Raises:
            InvalidFields: the address cannot be used.
            TooManyWebhooks: there are `HOOKS_MAX` already.
            CursorBeyond: there is no change with that cursor.
        """
        why = posting.fault_of(url)
        if why is not None:
            raise InvalidFields({"url": why})
        if len(self._hooks) >= HOOKS_MAX:
            raise TooManyWebhooks(limit=HOOKS_MAX)
        start = self._replica.changed.newest if after is None else after
        await self._replica.read(
            lambda snapshot: snapshot.changes.require_here(
                start, None, snapshot.store.local.feed_epoch
            )
        )
        secret = secrets.token_hex(32)

        def act(tx: Transaction) -> Webhook:
            tx.begin()
            tx.announce(_CHANGED)
            return tx.store.local.add_webhook(url, secret, start, tx.now_ms)

        return await self._replica.write(act)

    async def remove(self, ident: int) -> None:
        """Deliver nothing more to a hook.

        Raises:
            NotFound: there is none with that id.
        """

        def act(tx: Transaction) -> None:
            if all(hook.id != ident for hook in tx.store.local.webhooks()):
                raise NotFound(what="webhook", key=ident)
            tx.begin()
            tx.announce(_CHANGED)
            tx.store.local.remove_webhook(ident)

        await self._replica.write(act)

    def states(self) -> list[WebhookState]:
        """The state of each hook."""
        newest = self._replica.changed.newest
        return [
            {
                "id": hook.id,
                "url": hook.url,
                "delivered": hook.delivered,
                "behind": max(0, newest - hook.delivered),
                "failing_since": iso_utc_of_ms(failing.since_ms) if failing else None,
                "last_error": failing.why if failing else None,
            }
            for hook in self._hooks.values()
            for failing in (self._failing.get(hook.id),)
        ]

    def alarms(self) -> list[Alarm]:
        """An alarm for each hook that could not be reached for `FAILING_S` seconds."""
        now_s = self._now_s()
        return [
            Alarm(
                "webhook_failing",
                AlarmLevel.WARNING,
                f"Changes cannot be delivered to {self._hooks[ident].url} ({failing.why}).",
                "Look at the receiving program; nothing is lost, deliveries go on when it answers. "
                "If it is gone for good: `mrnmesh-coordinator webhooks remove "
                f"{ident}`.",
                self._hooks[ident].url,
                terms={"url": self._hooks[ident].url, "why": failing.why},
            )
            for ident, failing in self._failing.items()
            if now_s - failing.since_s >= FAILING_S
        ]

    def _keep(self, hooks: list[Webhook]) -> None:
        """Serve the hooks that are in the database, and no others."""
        if self._stopping:  # calls are answered for a moment longer
            return
        for gone in self._tasks.keys() - {hook.id for hook in hooks}:
            self._tasks.pop(gone).cancel()
            del self._hooks[gone]
            self._failing.pop(gone, None)
        for hook in hooks:
            if hook.id not in self._tasks:
                self._hooks[hook.id] = hook
                self._tasks[hook.id] = asyncio.create_task(self._deliver_for_ever(hook.id))

    async def _deliver_for_ever(self, ident: int) -> None:
        attempt = 0
        while True:
            await self._replica.changed.beyond(self._hooks[ident].delivered)
            why = await self._deliver(self._hooks[ident])
            if why is None:
                self._failing.pop(ident, None)
                attempt = 0
                continue
            first = Failing(self._replica.now_ms, self._now_s(), why)
            self._failing[ident] = self._failing.get(ident, first)._replace(why=why)
            log.warning("webhook %d: %s; it will be tried again", ident, why)
            await self._pause(back_off_s(attempt, self._random))
            attempt += 1

    async def _deliver(self, hook: Webhook) -> str | None:
        """Deliver the next changes; return what went wrong, None for nothing.

        A fault of our own disk is such a reason too: without its position on disk the hook must not
        go on, and must not end either.
        """
        try:
            epoch, found = await self._replica.read(
                lambda snapshot: (
                    snapshot.store.local.feed_epoch,
                    snapshot.changes.after(hook.delivered, CHANGES_AT_ONCE),
                )
            )
            why = await self._post(hook, epoch, found)
            if why is None:
                await self._advance(hook, found[-1]["cursor"])
        except MrnmeshError as error:
            why = f"how far it was delivered cannot be kept ({error})"
        except Exception as error:
            log.exception("webhook %d failed", hook.id)
            why = f"this was not foreseen; the log says where ({type(error).__name__})"
        return why

    async def _advance(self, hook: Webhook, cursor: int) -> None:
        def act(tx: Transaction) -> None:
            tx.begin()
            tx.store.local.advance_webhook(hook.id, cursor)

        await self._replica.write(act)
        self._hooks[hook.id] = hook._replace(delivered=cursor)

    async def _post(self, hook: Webhook, epoch: str, changes: list[ChangeAnswer]) -> str | None:
        """Send once; return what went wrong, None for nothing."""
        if self._client is None:
            self._client = posting.new_client()
        delivery = {"epoch": epoch, "cursor": changes[-1]["cursor"], "results": changes}
        return await posting.post(
            self._client, hook.url, hook.secret, json.dumps(delivery).encode()
        )
