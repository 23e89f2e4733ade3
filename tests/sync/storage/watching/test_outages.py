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
    assert (count, ward.ended_ms) == (2, 4000), "it does not end before it began"
    assert outages.within(0, 1500, 10, 0)[0] == 1
    assert outages.within(0, 9000, 1, 2) == (
        3,
        [Outage(1, "LAB1-PC", 1000, 2000, OutageCause.DESK)],
    )
