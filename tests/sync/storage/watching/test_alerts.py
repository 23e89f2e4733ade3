"""Alerts are kept up to a bound; what lasts always stays."""

import pytest

from sync.storage import schema
from sync.storage.watching import alerts as alerts_
from sync.storage.watching.alerts import AlertTables, KeptAlert, What

FULL = KeptAlert(0, "disk_full", "alert", "", "The disk is full.", "Free some.", 1000)


@pytest.fixture
def alerts(tmp_path):
    connection = schema.open_for_writing(tmp_path / "register.db")
    yield AlertTables(connection)
    connection.close()


def test_what_lasts_comes_before_what_is_over(alerts):
    one, other = alerts.add(FULL), alerts.add(FULL._replace(code="backup_old"))
    alerts.put(FULL._replace(id=one, ended_ms=2000))
    assert [alert.id for alert in alerts.not_over()] == [other]
    assert alerts.page(None, 1, 1) == (2, [alerts.find(one)])
    assert alerts.find(99) is None


def test_a_bound_holds_and_what_lasts_stays(alerts, monkeypatch):
    monkeypatch.setattr(alerts_, "KEPT_MAX", 3)
    lasting = alerts.add(FULL)
    for _ in range(6):
        ident = alerts.add(FULL)
        alerts.put(FULL._replace(id=ident, ended_ms=2000))
        alerts.note_sent("mail", What.RAISED, [ident], 3000)
    alerts.add(FULL)
    count, found = alerts.page(None, 100, 0)
    assert count == 4
    assert found[-1].id == lasting
    kept = {alert.id for alert in found}
    assert {message[0] for message in alerts.messages_of(range(1, 20))} <= kept


def test_each_channel_has_its_own_messages(alerts):
    ident = alerts.add(FULL)
    alerts.note_sent("mail", What.RAISED, [ident], 3000)
    assert alerts.to_send("mail", What.RAISED) == []
    assert [one.id for one in alerts.to_send("webhook", What.RAISED)] == [ident]
    assert (alerts.last_sent("mail"), alerts.last_sent("webhook")) == (3000, 0)
    alerts.put(FULL._replace(id=ident, ended_ms=4000))
    assert [one.id for one in alerts.to_send("mail", What.OVER)] == [ident]
    assert alerts.to_send("webhook", What.OVER) == []
    alerts.send_again(ident)
    assert alerts.messages_of([ident]) == []
