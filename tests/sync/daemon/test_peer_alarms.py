"""What is reported of copies of a desk."""

from sync.daemon.peer_alarms import LIVE_COPIES_S, PeerWatch
from sync.model.alarms import AlarmLevel
from sync.model.facts import Author

LAB = Author("LAB1-PC")


def test_two_computers_of_one_name_are_an_alert_for_a_while():
    now = [0.0]
    watch = PeerWatch(lambda: now[0])
    assert watch.alarms() == []
    watch.live_copies(LAB)
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level, alarm.about) == ("two_computers", AlarmLevel.ALERT, LAB)
    assert LAB in alarm.text
    assert "last seen less than a minute ago; this alarm ends 60 minutes after" in alarm.text
    now[0] = 61.0
    assert "last seen 1 minute ago;" in watch.alarms()[0].text
    now[0] = LIVE_COPIES_S / 2
    watch.live_copies(LAB)
    now[0] += LIVE_COPIES_S - 1
    assert len(watch.alarms()) == 1
    now[0] += 1
    assert watch.alarms() == []
