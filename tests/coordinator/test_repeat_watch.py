"""The alarm about people who were probably sent twice."""

from datetime import date

from coordinator.repeat_watch import RepeatWatch
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
