"""What both daemons say of connections, digests and alarms."""

from sync.http.status import alarm_answers, digests_answer, session_answers
from sync.model.alarms import Alarm, AlarmLevel
from sync.network.peering import SessionStatus
from sync.protocol.handshake import Stage
from sync.protocol.questions import Roots


def test_a_connection_is_shown_under_the_names_of_its_parts():
    status = SessionStatus(
        "LAB1-PC",
        "127.0.0.1:50123",
        Stage.DOCUMENT,
        "2026-01-05T07:00:00Z",
        True,
        "0.1.0",
        -2000,
    )
    assert session_answers([status]) == [status._asdict()]
    assert session_answers([]) == []


def test_digests_are_shown_in_hexadecimal_in_their_order():
    roots = Roots(b"\x01" * 32, b"\x02" * 32, b"\xff" * 32)
    answer = digests_answer(roots)
    assert list(answer.items()) == [(name, value.hex()) for name, value in roots._asdict().items()]


def test_an_alarm_is_shown_with_what_to_do():
    alarms = [
        Alarm("backup_old", AlarmLevel.ALERT, "It is old.", "Make one."),
        Alarm("clock_behind", AlarmLevel.WARNING, "It is late.", "Set it.", "LAB1-PC"),
    ]
    assert alarm_answers(alarms) == [alarm._asdict() for alarm in alarms]
    assert alarm_answers(alarms)[0]["level"] == "alert"
