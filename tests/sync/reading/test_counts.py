"""How many there are."""

import pytest

from sync.engine.issuing import Issued
from sync.model.numbers import Mrn
from tests.clinic import pull
from tests.sync.patients import reading


@pytest.fixture
def judged(clinic, lab):
    """Two confirmed, one refused, one without a verdict yet."""
    lab.register_offline()
    lab.register_offline()
    lab.register(lab.draft(), lambda tx: Issued(Mrn("990000"), True))
    clinic.heal()
    lab.register_offline()
    return lab


def test_the_register(judged):
    with reading(judged) as snapshot:
        assert snapshot.counts.register() == {
            "patients": 4,
            "open_conflicts": 1,
            "pending": 1,
            "open_requests": 0,
        }
        assert snapshot.counts.waiting() == 1


def test_the_newest_id(lab):
    with reading(lab) as snapshot:
        assert snapshot.counts.newest_id() == 0
    for _ in range(2):
        lab.register_offline()
    with reading(lab) as snapshot:
        assert snapshot.counts.newest_id() == 2


def test_a_stretch_of_what_one_desk_registered(clinic, judged, ward):
    ward.register_offline()
    pull(judged, ward)
    with reading(judged) as snapshot:
        assert snapshot.counts.stretch(judged.author, 1, 5) == [
            ("710001", True, "admitted"),
            ("990000", True, "rejected"),
            ("710002", True, "pending"),
        ]
        assert snapshot.counts.stretch(ward.author, 0, 5) == [("720000", True, "pending")]
        assert snapshot.counts.stretch(judged.author, 4, 4) == []


def test_offline_registrations_of_each_terminal(judged):
    with reading(judged) as snapshot:
        (code, count), *others = snapshot.counts.offline("2026-01-05").items()
        assert (code, others) == ("LAB1-PC", [])
        assert (count.confirmed, count.unconfirmed, count.refused) == (2, 1, 1)
        assert (count.recent, count.first_day) == (4, "2026-01-05")
        assert snapshot.counts.offline("2026-01-06")["LAB1-PC"].recent == 0
