"""All alarms of the coordinator from when they came up to when they were over.

The alarms of now are compared with what is kept: each is raised once, keeps its place while it
lasts, also over a restart, and is over by itself when its cause is gone. One that gets worse, from
a warning to an alert, is raised anew. Whoever acknowledges one is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model.alarms import Alarm, AlarmLevel, Alarms
from sync.storage.watching.alerts import KeptAlert

LOOK_S: Final = 5.0
GONE_S: Final = 60.0
"""An alarm that was not so for this long is over: some come and go, and none is there in the first
seconds after a start."""

UNKEPT_MAX: Final = 500
"""So many alarms wait in memory while nothing can be written."""

Name = tuple[str, str]
"""Code and subject: what stays the same while an alarm lasts."""


class AlertBook:
    """Keeps what becomes of alarms.

    Args:
        now_s: seconds of a clock that nobody sets.
    """

    def __init__(self, replica: Replica, alarms: Alarms, now_s: Callable[[], float]) -> None:
        self._replica = replica
        self._alarms = alarms
        self._now_s = now_s
        self._gone: dict[Name, tuple[float, int]] = {}
        """Since when an alarm is not so, by both clocks."""
        self._unkept: dict[Name, KeptAlert] = {}

    def unkept(self) -> Sequence[KeptAlert]:
        """Alarms that came up while nothing could be written, with id 0; they are kept later."""
        return [*self._unkept.values()]

    async def look(self) -> None:
        """Compare the alarms of now with what is kept, and keep what has changed.

        Raises:
            StoreError: nothing can be written, as on a full disk; `unkept` has what is new.
        """
        now = {_name(alarm): alarm for alarm in reversed(self._alarms.now())}
        kept = await self._replica.read(lambda snapshot: snapshot.store.alerts.not_over())
        changed = [*self._changed(now, kept)]
        known = {(one.code, one.about) for one in kept}
        for name, alarm in now.items():
            if name not in known and (name in self._unkept or len(self._unkept) < UNKEPT_MAX):
                since_ms = self._unkept[name].since_ms if name in self._unkept else None
                self._unkept[name] = _new(alarm, since_ms or self._replica.now_ms)
        new = self.unkept()
        if not changed and not new:
            return

        def act(tx: Transaction) -> None:
            tx.begin()
            alerts = tx.store.alerts
            for alert, is_worse in changed:
                alerts.put(alert)
                if is_worse:
                    alerts.send_again(alert.id)
            for alert in new:
                alerts.add(alert)

        await self._replica.write(act)
        self._unkept.clear()
        for alert, _ in changed:
            if alert.ended_ms is not None:
                self._gone.pop((alert.code, alert.about), None)

    def _changed(
        self, now: dict[Name, Alarm], kept: Iterable[KeptAlert]
    ) -> Iterable[tuple[KeptAlert, bool]]:
        """Yield what has changed of what is kept, and whether it has become worse."""
        for alert in kept:
            name = (alert.code, alert.about)
            alarm = now.get(name)
            if alarm is None:
                since_s, since_ms = self._gone.setdefault(
                    name, (self._now_s(), self._replica.now_ms)
                )
                if self._now_s() - since_s >= GONE_S:
                    yield alert._replace(ended_ms=max(alert.since_ms, since_ms)), False
                continue
            self._gone.pop(name, None)
            says = alert._replace(
                level=alarm.level, text=alarm.text, advice=alarm.do, terms=_terms(alarm)
            )
            is_worse = alarm.level is AlarmLevel.ALERT and alert.level != AlarmLevel.ALERT
            if is_worse:
                says = says._replace(seen_ms=None, seen_by=None, note="")
            if says != alert:
                yield says, is_worse

    async def acknowledge(self, ident: int, who: str, note: str) -> KeptAlert:
        """Note that somebody has looked at an alert; the first who does is kept.

        Raises:
            NotFound: there is no alert with that id.
        """

        def act(tx: Transaction) -> KeptAlert:
            alert = tx.store.alerts.find(ident)
            if alert is None:
                raise NotFound(what="alert", key=ident)
            if alert.seen_ms is not None:
                return alert
            tx.begin()
            alert = alert._replace(seen_ms=tx.now_ms, seen_by=who, note=note)
            tx.store.alerts.put(alert)
            return alert

        return await self._replica.write(act)


def _name(alarm: Alarm) -> Name:
    code, _, about = alarm.key
    return code, about


def _new(alarm: Alarm, now_ms: int) -> KeptAlert:
    code, about = _name(alarm)
    return KeptAlert(0, code, alarm.level, about, alarm.text, alarm.do, now_ms, terms=_terms(alarm))


def _terms(alarm: Alarm) -> str:
    return json.dumps(dict(alarm.terms), ensure_ascii=False, sort_keys=True)
