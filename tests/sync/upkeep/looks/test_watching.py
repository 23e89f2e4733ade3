"""A record that somebody has changed is an alarm."""

from __future__ import annotations

from sync.storage.access.looks import Look
from sync.upkeep.looks.watching import LooksWatch
from tests.sync.upkeep.looks.conftest import SIGNER


async def test_what_somebody_has_changed_is_an_alarm_until_it_is_as_it_was(replica):
    watch = LooksWatch(replica, lambda: [SIGNER.public_key])

    def act(statement):
        def change(tx):
            tx.begin()
            tx.connection.execute(statement)

        return replica.write(change)

    def add(tx):
        tx.begin()
        tx.store.looks.add(*(Look(1, "opened", "Sadia"),) * 3)

    await replica.write(add)
    assert watch.alarms() == [], "before the first look nothing is known"
    await watch.look(0)
    assert watch.alarms() == []
    await act("UPDATE looks SET who = 'Imran' WHERE number = 2")
    await watch.look(0)
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.terms) == ("looks_changed", {"entry": 2})
    assert "mrnmesh-node looked verify" in alarm.do
    await act("UPDATE looks SET who = 'Sadia' WHERE number = 2")
    await watch.look(0)
    assert watch.alarms() == []
