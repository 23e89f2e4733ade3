"""What is reported of copies of a desk."""

import pytest

from sync.daemon.peer_alarms import FAULTS_S, LIVE_COPIES_S, NAMED_MAX, PeerWatch
from sync.model.alarms import AlarmLevel
from sync.model.facts import COORDINATOR, Author

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


def test_whoever_sends_nonsense_is_named_at_once_for_an_hour():
    now = [0.0]
    watch = PeerWatch(lambda: now[0])
    watch.fault(LAB, "bad_message")
    watch.fault(LAB, "invalid")
    watch.fault(LAB, "invalid")
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level, alarm.about) == ("bad_peer", AlarmLevel.ALERT, LAB)
    assert "records that cannot be right (2 times)" in alarm.text
    assert "what no good version sends (1 time)" in alarm.text
    now[0] = FAULTS_S - 1
    assert len(watch.alarms()) == 1
    now[0] = FAULTS_S
    assert watch.alarms() == []


def test_what_a_bad_line_does_too_is_told_when_it_happens_again_and_again():
    now = [0.0]
    watch = PeerWatch(lambda: now[0])
    for code, times in (("timeout", 7), ("slow", 2)):
        for _ in range(times):
            watch.fault(LAB, code)
    assert watch.alarms() == []
    watch.fault(LAB, "slow")
    (alarm,) = watch.alarms()
    assert alarm.level is AlarmLevel.WARNING
    assert "does not read it (3 times)" in alarm.text
    assert "does not go on" not in alarm.text
    now[0] = FAULTS_S
    watch.fault(LAB, "slow")
    assert watch.alarms() == [], "what was an hour ago is not counted"


def test_a_fault_now_and_then_is_not_added_up_for_ever():
    """A line that fails once in a while fails often in a week."""
    now = [0.0]
    watch = PeerWatch(lambda: now[0])
    for _ in range(100):
        watch.fault(LAB, "timeout")
        watch.cut_off("10.0.0.9")
        now[0] += FAULTS_S / 2
        assert watch.alarms() == []
    for _ in range(7):
        watch.fault(LAB, "timeout")
    (alarm,) = watch.alarms()
    assert "(8 times)" in alarm.text


@pytest.mark.parametrize(
    ("who", "named", "do"),
    [
        (LAB, "LAB1-PC", "terminals revoke LAB1-PC"),
        (COORDINATOR, "the coordinator", "signing-key replace --stolen"),
        ("10.0.0.9:4711", "10.0.0.9:4711", "take it off the network"),
    ],
)
def test_what_to_do_about_a_computer_can_be_done(who, named, do):
    watch = PeerWatch(lambda: 0.0)
    watch.fault(who, "proof")
    (alarm,) = watch.alarms()
    assert alarm.text.startswith(f"{named[0].upper()}{named[1:]} does not keep to the rules")
    assert do in alarm.do
    assert "revoke the" not in alarm.do


def test_strangers_are_told_of_by_their_address_when_there_are_many_attempts():
    watch = PeerWatch(lambda: 0.0)
    for _ in range(29):
        watch.cut_off("10.0.0.9")
    assert watch.alarms() == []
    watch.cut_off("10.0.0.9")
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level, alarm.about) == ("strangers", AlarmLevel.WARNING, "10.0.0.9")
    assert "30 times" in alarm.text


def test_no_number_of_addresses_makes_it_forget_a_desk_or_grow():
    watch = PeerWatch(lambda: 0.0)
    watch.fault(LAB, "proof")
    for number in range(10 * NAMED_MAX):
        watch.cut_off(f"10.0.{number // 250}.{number % 250}")
    assert [alarm.about for alarm in watch.alarms()] == [LAB]
    assert len(watch._strangers) == NAMED_MAX
    for number in range(10 * NAMED_MAX):
        watch.fault(f"PC-{number}", "proof")
    assert len(watch.alarms()) == NAMED_MAX
