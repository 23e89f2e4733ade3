"""Outages have a beginning and an end, and one that lasts is within every time since."""

import pytest

from sync.storage import schema
from sync.storage.watching.outages import Outage, OutageCause, OutageTable


@pytest.fixture
def outages(tmp_path):
    connection = schema.open_for_writing(tmp_path / "register.db")
    yield OutageTable(connection)
    connection.close()


def test_outages_within_a_time(outages):
    outages.begin("LAB1-PC", 1000, OutageCause.DESK)
    outages.end("LAB1-PC", 2000)
    outages.begin("LAB1-PC", 5000, OutageCause.COORDINATOR)
    outages.begin("WARD-PC", 4000, OutageCause.DESK)
    outages.end("WARD-PC", 3000)
    assert outages.going_on() == {"LAB1-PC": 5000}
    count, (last, ward) = outages.within(3000, 9000, 10, 0)
    assert last == Outage(2, "LAB1-PC", 5000, None, OutageCause.COORDINATOR)
    assert (count, ward.began_ms, ward.ended_ms) == (2, 3000, 3000), "the clock was set back"
    assert outages.within(0, 1500, 10, 0)[0] == 1
    assert outages.within(0, 9000, 1, 2) == (
        3,
        [Outage(1, "LAB1-PC", 1000, 2000, OutageCause.DESK)],
    )


def test_where_somebody_has_counted_how_long_it_lasted(outages):
    for began_ms in (500, 5000, 9000):
        outages.begin("LAB1-PC", began_ms, OutageCause.DESK)
        outages.end("LAB1-PC", 6000, 2000)
    _, found = outages.within(0, 9000, 10, 0)
    assert [(one.began_ms, one.ended_ms) for one in found] == [(4000, 6000)] * 3


def test_an_outage_that_goes_on_is_not_begun_once_more(outages):
    """Whoever could not know whether it was stored tries it again."""
    outages.begin("LAB1-PC", 1000, OutageCause.DESK)
    outages.begin("LAB1-PC", 5000, OutageCause.DESK)
    assert outages.going_on() == {"LAB1-PC": 1000}
    count, _ = outages.within(0, 9000, 10, 0)
    assert count == 1
    outages.end("LAB1-PC", 6000)
    outages.begin("LAB1-PC", 7000, OutageCause.DESK)
    assert outages.going_on() == {"LAB1-PC": 7000}
