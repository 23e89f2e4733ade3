"""How many there are."""

import pytest

from sync.engine.issuing import Issued
from sync.model import facts
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from tests.clinic import pull
from tests.forging import ELSEWHERE, Run
from tests.projection import difference, folded_from_nothing, projection
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


def test_the_newest_time_of_each_author(clinic, lab, ward):
    """Of another day, in another run, or before: the newest one is shown."""
    early, day, lowest = 1_767_600_000_000, 86_400_000, 1_767_000_000_000
    times = [early, early + 40 * day, early + 40 * day - 5, early + 39 * day + 7]
    for client, ms in enumerate(times):
        envelope = facts.Envelope("future", facts.NO_RECORD, ms << 15, ELSEWHERE, b"\x91\x01")
        batch = Run(lab.author, lab.signer, 70 + client, (facts.encode(envelope),)).batch()
        assert ward.exchange.merge(Merge((batch,))).outcomes[0].entry == "accepted"
    with reading(ward) as snapshot:
        newest = dict(snapshot.counts.newest_times(lowest << 15))
        assert newest[lab.author] == times[1] << 15
        assert {"@registry"} < newest.keys()
        assert snapshot.counts.newest_times((times[1] << 15) - 1) == [(lab.author, times[1] << 15)]
        assert snapshot.counts.newest_times(times[1] << 15) == []
    assert difference(projection(ward), folded_from_nothing(ward)) == {}
