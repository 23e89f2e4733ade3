"""The alarms about people with two records."""

import pytest

from coordinator import repeat_watch
from coordinator.judging import pairs
from coordinator.judging.merging import Decider, Pair
from coordinator.repeat_watch import WAITING_MANY, RepeatWatch
from sync.model import bodies, facts
from sync.model.facts import Envelope, RecordId, Registration
from sync.reading.repeats import RepeatsReader
from sync.storage.records.suggestions import Suggestion
from sync.storage.times.days import DAY_MS
from tests.forging import ELSEWHERE
from tests.sync.engine.test_bounds import LAB, Steps, batches, clinic_of_three, merge
from tests.sync.patients import reading


class Watched:
    """What a watch needs of a replica."""

    def __init__(self, desk):
        self.desk = desk
        self.now_ms = desk.clinic.now_ms

    async def read(self, act):
        with reading(self.desk) as snapshot:
            return act(snapshot)


async def test_it_comes_with_the_second_person_and_goes_after_thirty_days(clinic, lab):
    ward = clinic.desk("WARD-PC", "720000-729999")
    hub = Watched(clinic.coordinator)
    watch = RepeatWatch(hub)
    for desk, alarms in ((lab, 0), (ward, 1)):
        desk.register(desk.draft()._replace(key=b"k" * 16), desk.from_own_range)
        clinic.heal()
        await watch.look()
        assert len(watch.alarms()) == alarms
    (alarm,) = watch.alarms()
    assert alarm.code == "sent_twice"
    assert "1 person" in alarm.text
    hub.now_ms = clinic.now_ms + 30 * DAY_MS
    await watch.look()
    assert len(watch.alarms()) == 1
    hub.now_ms += 1
    await watch.look()
    assert watch.alarms() == []


async def test_many_pairs_that_wait_are_told_until_they_are_decided(clinic, lab):
    for _ in range(8):
        lab.register_offline()
    clinic.heal()
    hub = clinic.coordinator
    watch = RepeatWatch(Watched(hub))
    found = [
        Suggestion(one, other, "certain", 0.9, "[]")
        for other in range(2, 9)
        for one in range(1, other)
    ][:WAITING_MANY]
    hub.write(lambda tx: (tx.begin(), tx.store.suggestions.put(found, 1)))
    await watch.look()
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.text[:8]) == ("duplicates_waiting", "25 pairs")
    clinic.act(lambda tx: pairs.two_people(tx, hub.arbiter, Pair(1, 2), Decider("Sadia", "seen")))
    await watch.look()
    assert watch.alarms() == []


async def test_with_many_keys_a_look_takes_some_and_those_behind_them_are_not_forgotten(
    clinic, lab, monkeypatch
):
    """What was decided or is old makes room for them."""
    monkeypatch.setattr(repeat_watch, "KEYS_MAX", 4)
    ward = clinic.desk("WARD-PC", "720000-729999")
    for number in range(7):
        for desk in (lab, ward):
            draft = desk.draft()._replace(key=bytes([number]) * 16)
            desk.register(draft, desk.from_own_range)
        clinic.heal()
    watch = RepeatWatch(Watched(clinic.coordinator))
    for _ in range(4):
        await watch.look()
    assert "4 people were" in watch.alarms()[0].text
    arbiter = clinic.coordinator.arbiter
    first = clinic.coordinator.query(
        "SELECT min(id), max(id) FROM patients GROUP BY key_hash ORDER BY 1 LIMIT 3"
    )
    for one, other in first:
        pair = Pair(one, other)
        clinic.act(lambda tx, pair=pair: pairs.two_people(tx, arbiter, pair, Decider("S", "seen")))
    for _ in range(4):
        await watch.look()
    assert "4 people were" in watch.alarms()[0].text, "all that nobody has decided about"


@pytest.mark.parametrize("kinds", [1, 5])
def test_a_look_does_not_grow_with_those_who_carry_one_key(clinic, kinds):
    """As somebody with the key of a desk may write any number of them."""
    hub, lab = clinic.coordinator, clinic_of_three(clinic)

    def with_key(number: int) -> bytes:
        key = (number % kinds).to_bytes(2) * 8
        body = Registration(None, LAB, True, "2026-01-06T12:00:00+05:00", None, key, {})
        record = RecordId((number + 1).to_bytes(16))
        written = Envelope(facts.REGISTRATION, record, number, ELSEWHERE, bodies.write(body))
        return facts.encode(written)

    reader = RepeatsReader(hub.connection.real, None)
    keys = {number.to_bytes(2) * 8 for number in range(kinds)}
    steps = []
    for merged, _ in batches(lab, with_key, 1_000, 0):
        merge(hub, *merged)
        with Steps(hub) as counted:
            assert reader.open(keys, clinic.now_ms) == keys
        steps.append(counted.steps)
    assert steps[-1] <= 2 * steps[0]
