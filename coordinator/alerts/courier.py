"""When which alarms are sent by which way: each once, and no more messages than are wanted."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Final, TypedDict

from coordinator.alerts.channels import AlertChannel, AlertNews, Hook, Mail
from coordinator.alerts.settings import AlertSettings
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import StoreError
from sync.model.alarms import Alarm, AlarmLevel
from sync.storage.watching.alerts import KeptAlert, What

SEND_S: Final = 10.0
AGAIN_S: Final = 300.0
"""After a message that did not arrive, the next try."""

log = logging.getLogger("mrnmesh.alerts")


Sent = tuple[str, str, str, What]
"""Code, subject and level of an alarm, and what was said of it."""


class SentAnswer(TypedDict):
    """What became of a message; ``error`` is null where it was taken."""

    channel: str
    error: str | None


class Courier:
    """Sends what is new of alarms.

    Args:
        level: alarms below it are not sent.
        every_s: the least time between two messages of one channel.
        unkept: returns alarms that could not be written down yet.
        now_s: seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        replica: Replica,
        channels: Sequence[AlertChannel],
        level: AlarmLevel,
        every_s: float,
        unkept: Callable[[], Sequence[KeptAlert]],
        now_s: Callable[[], float],
    ) -> None:
        self._replica = replica
        self._channels = channels
        self._level = level
        self._every_s = every_s
        self._unkept = unkept
        self._now_s = now_s
        self._failed: dict[str, str] = {}
        self._not_before_s: dict[str, float] = {}
        self._unnoted: dict[str, dict[Sent, int]] = {channel.name: {} for channel in channels}
        """What was sent by a channel and could not be noted yet, and when."""

    async def send_due(self) -> None:
        """Send by each channel what is new, if its last message was long enough ago."""
        for channel in self._channels:
            if self._now_s() < self._not_before_s.get(channel.name, 0):
                continue
            if self._unnoted[channel.name]:
                await self._note_late(channel.name)
            news = await self._news(channel.name)
            if news is not None:
                await self._send(channel, news)

    async def _news(self, name: str) -> AlertNews | None:
        """What is to be sent by a channel now, None for nothing."""
        now_ms = self._replica.now_ms
        raised, over, last_ms = await self._replica.read(
            lambda snapshot: (
                snapshot.store.alerts.to_send(name, What.RAISED),
                snapshot.store.alerts.to_send(name, What.OVER),
                snapshot.store.alerts.last_sent(name),
            )
        )
        unnoted = self._unnoted[name]
        raised = [
            one
            for one in (*raised, *self._unkept())
            if self._is_wanted(one) and _sent(one, What.RAISED) not in unnoted
        ]
        over = [one for one in over if _sent(one, What.OVER) not in unnoted]
        # A time that lies ahead was written by a clock that was wrong, and holds nothing up.
        if (not raised and not over) or 0 <= now_ms - last_ms < 1000 * self._every_s:
            return None
        return AlertNews(raised, over)

    def _is_wanted(self, alert: KeptAlert) -> bool:
        return self._level is AlarmLevel.WARNING or alert.level == AlarmLevel.ALERT

    async def _send(self, channel: AlertChannel, news: AlertNews) -> None:
        name = channel.name
        why = await channel.send(news)
        if why is not None:
            log.warning("alarms cannot be sent by %s: %s; it is tried again", name, why)
            self._failed[name] = why
            self._not_before_s[name] = self._now_s() + AGAIN_S
            return
        self._failed.pop(name, None)
        # The time of the last message may not be noted, as on a full disk.
        self._not_before_s[name] = self._now_s() + max(self._every_s, SEND_S)
        # What is not kept has no place in the database for that either; it gets one together with
        # it, and nothing is sent a second time meanwhile.
        sent = [(what, one) for what, part in zip(What, news[:2], strict=True) for one in part]
        now_ms = self._replica.now_ms
        self._unnoted[name] |= {_sent(one, what): now_ms for what, one in sent}
        await self._note(name, [(what, one) for what, one in sent if one.id])

    async def _note_late(self, name: str) -> None:
        """Note what a channel has sent of alarms that were written down since."""
        unnoted = self._unnoted[name]
        waiting = await self._replica.read(
            lambda snapshot: [
                (what, one) for what in What for one in snapshot.store.alerts.to_send(name, what)
            ]
        )
        if not self._unkept():
            # What is written down and does not wait to be sent needs no note: somebody looks at it.
            waits = {_sent(one, what) for what, one in waiting}
            for one in unnoted.keys() - waits:
                del unnoted[one]
        late = [(what, one) for what, one in waiting if _sent(one, what) in unnoted]
        with contextlib.suppress(StoreError):  # it is tried again
            await self._note(name, late)

    async def _note(self, name: str, sent: Sequence[tuple[What, KeptAlert]]) -> None:
        """Note what was sent by a channel.

        Raises:
            StoreError: nothing can be written.
        """
        if not sent:
            return
        unnoted = self._unnoted[name]

        def act(tx: Transaction) -> None:
            tx.begin()
            for what, one in sent:
                tx.store.alerts.note_sent(name, what, [one.id], unnoted[_sent(one, what)])

        await self._replica.write(act)
        for what, one in sent:
            del unnoted[_sent(one, what)]

    async def send_trial(self) -> list[SentAnswer]:
        """Send a message that says nothing by each channel, now; return what became of each."""
        found: list[SentAnswer] = []
        for channel in self._channels:
            why = await channel.send(AlertNews((), (), is_trial=True))
            if why is None:
                self._failed.pop(channel.name, None)
                self._not_before_s.pop(channel.name, None)
            found.append({"channel": channel.name, "error": why})
        return found

    def alarms(self) -> list[Alarm]:
        """An alarm for each channel by which the last message did not go."""
        return [unsent(name, why) for name, why in sorted(self._failed.items())]

    async def stop(self) -> None:
        """Close all channels."""
        for channel in self._channels:
            await channel.close()


def _sent(alert: KeptAlert, what: What) -> Sent:
    return alert.code, alert.about, alert.level, what


def unsent(name: str, why: str) -> Alarm:
    """The alarm for a channel by which the last message did not go."""
    return Alarm(
        "alerts_unsent",
        AlarmLevel.WARNING,
        f"Alarms cannot be sent by {name}: {why}.",
        "Put it right, then try it: `mrnmesh-coordinator alerts try`. What was not sent is sent "
        "then.",
        name,
        terms={"channel": name, "why": why},
    )


def of_settings(
    replica: Replica,
    settings: AlertSettings,
    facility: str,
    unkept: Callable[[], Sequence[KeptAlert]],
) -> Courier:
    """The courier that a coordinator's settings want.

    Args:
        facility: how messages name the coordinator.
        unkept: returns alarms that could not be written down yet.
    """
    channels: list[AlertChannel] = []
    if settings.mail is not None:
        channels.append(Mail(settings.mail, facility))
    if settings.hook is not None:
        channels.append(Hook(settings.hook))
    return Courier(replica, channels, settings.level, settings.every_s, unkept, replica.steady_s)
