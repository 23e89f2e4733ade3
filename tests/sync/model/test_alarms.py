"""Alarms come up once and go, and one about a thing stays the same while its text changes."""

from sync.model.alarms import Alarm, AlarmLevel, Alarms


def test_an_alarm_about_a_thing_is_reported_once_whatever_its_text():
    texts = ["80 % used", "81 % used"]
    found = [Alarm("numbers_low", AlarmLevel.WARNING, texts[0], "Grant.", "LAB1-PC")]
    alarms = Alarms()
    alarms.add(lambda: found)
    first = found[0]
    assert alarms.news() == ([first], [])
    found[:] = [first._replace(text=texts[1])]
    assert alarms.now() == found
    assert alarms.news() == ([], [])
    found[:] = [first._replace(level=AlarmLevel.ALERT)]
    assert alarms.news() == (found, [first._replace(text=texts[1])])
    before = list(found)
    found[:] = []
    assert alarms.news() == ([], before)


def test_without_a_thing_the_text_tells_alarms_apart():
    found = [Alarm("rivals", AlarmLevel.ALERT, text, "Look.") for text in ("one", "two")]
    alarms = Alarms()
    alarms.add(lambda: found)
    assert alarms.news() == (found, [])
    gone = found.pop()
    assert alarms.news() == ([], [gone])


def test_what_an_alarm_names_can_be_pasted_while_it_stays_the_same_alarm():
    hints = ["a"]
    alarms = Alarms(lambda text: text.replace("renew", f"--data {hints[-1]} renew"))
    alarms.add(lambda: [Alarm("set_back", AlarmLevel.ALERT, "`renew`?", "Run `renew`.", "LAB1-PC")])
    texts = "`--data a renew`?", "Run `--data a renew`."
    wanted = Alarm("set_back", AlarmLevel.ALERT, *texts, "LAB1-PC")
    assert alarms.now() == [wanted]
    assert alarms.news() == ([wanted], [])
    hints.append("b")
    assert alarms.news() == ([], [])


def test_what_two_sources_say_in_the_same_words_is_shown_once():
    one = Alarm(
        "job_failed", AlarmLevel.ALERT, "It failed: check.", "Look.", "check", {"part": "c"}
    )
    other = one._replace(text="It failed: backup.")
    alarms = Alarms()
    alarms.add(lambda: [one])
    alarms.add(lambda: [one._replace(terms={"part": "c"}), other])
    assert alarms.now() == [one, other]
    assert alarms.news()[1] == []
