"""The alarms about people with two records."""

from datetime import date

from coordinator.judging import pairs
from coordinator.judging.merging import Decider, Pair
from coordinator.repeat_watch import WAITING_MANY, RepeatWatch
from sync.storage.records.suggestions import Suggestion
from tests.sync.patients import reading


class Watched:
    """What a watch needs of a replica."""

    def __init__(self, desk, today):
        self.desk = desk
        self.day = today

    async def read(self, act):
        with reading(self.desk) as snapshot:
            return act(snapshot)

    def today(self):
        return self.day


async def test_it_comes_with_the_second_person_and_goes_after_thirty_days(clinic, lab):
    ward = clinic.desk("WARD-PC", "720000-729999")
    hub = Watched(clinic.coordinator, date(2026, 1, 5))
    watch = RepeatWatch(hub)
    for desk, alarms in ((lab, 0), (ward, 1)):
        desk.register(desk.draft()._replace(key=b"k" * 16), desk.from_own_range)
        clinic.heal()
        await watch.look()
        assert len(watch.alarms()) == alarms
    (alarm,) = watch.alarms()
    assert alarm.code == "sent_twice"
    assert "1 person" in alarm.text
    hub.day = date(2026, 2, 4)
    await watch.look()
    assert len(watch.alarms()) == 1
    hub.day = date(2026, 2, 5)
    await watch.look()
    assert watch.alarms() == []


async def test_many_pairs_that_wait_are_told_until_they_are_decided(clinic, lab):
    for _ in range(8):
        lab.register_offline()
    clinic.heal()
    hub = clinic.coordinator
    watch = RepeatWatch(Watched(hub, date(2026, 1, 5)))
    found = [
        Suggestion(one, other, "certain", 0.9, "[]")
        for other in range(2, 9)
        for one in range(1, other)
    ][:WAITING_MANY]
    hub.write(lambda tx: (tx.begin(), tx.store.suggestions.put(found, 1)))
    await watch.look()
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.text[:8]) == ("duplicates_waiting", "25 pairs")
    clinic.act(lambda tx: pairs.two_people(tx, hub.arbiter, Pair(1, 2), Decider("Sadia", "seen")))
    await watch.look()
    assert watch.alarms() == []
