"""What can still be sent of a run of which a record has changed, signed by its author."""

import pytest

from sync.engine import keys
from sync.protocol.questions import Admittance, Merge
from sync.rules.gate import Fault
from sync.upkeep.records import saving
from tests.clinic import Clinic


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path, durable=False)
    yield clinic
    clinic.close()


@pytest.fixture
def desk(clinic):
    desk = clinic.desk("LAB1-PC", "710000-719999")
    for number in range(5):
        desk.register_offline(full_name=f"Alone {number}")
    return desk


def batches(desk, *clocks, signer=None):
    shards = desk.writer.store.shards
    ((shard, run),) = [one for one in shards.all_runs() if one[0].author == desk.author]
    return saving.batches(desk.writer.store, shard, run, clocks, signer or desk.signer)


def names(desk):
    return [name for (name,) in desk.query("SELECT full_name FROM patients ORDER BY claimed")]


@pytest.mark.parametrize(
    ("left_out", "runs"), [((0,), 1), ((2,), 2), ((4,), 1), ((1, 3), 2), ((0, 1, 2, 3, 4), 0)]
)
def test_all_others_enter_and_once_more_brings_nothing(clinic, desk, left_out, runs):
    found = batches(desk, *left_out)
    assert len(found) == runs
    merged = clinic.coordinator.exchange.merge(Merge(tuple(found)))
    assert all(one.entry is Admittance.ACCEPTED for one in merged.outcomes)
    assert merged.facts == 5 - len(left_out)
    assert names(clinic.coordinator) == [f"Alone {n}" for n in range(5) if n not in left_out]
    assert batches(desk, *left_out) == found
    assert clinic.coordinator.exchange.merge(Merge(tuple(found))).facts == 0


def test_what_came_in_another_run_is_one_record(clinic, desk):
    clinic.coordinator.exchange.merge(Merge(tuple(batches(desk, 2))))
    desk.writer.sign_tails()
    clinic.heal()
    assert names(clinic.coordinator) == [f"Alone {n}" for n in range(5)] == names(desk)
    assert clinic.coordinator.conflicts() == []
    assert set(clinic.coordinator.status().values()) == {("admitted", None)}


def test_bytes_that_are_no_record_are_left_out(clinic, desk):
    desk.query("UPDATE facts SET data = x'00' WHERE instr(data, ?)", b"Alone 1")
    clinic.coordinator.exchange.merge(Merge(tuple(batches(desk))))
    assert names(clinic.coordinator) == ["Alone 0", "Alone 2", "Alone 3", "Alone 4"]


def test_who_is_not_the_author_cannot_sign(clinic, desk):
    found = batches(desk, 2, signer=keys.Signer.new())
    merged = clinic.coordinator.exchange.merge(Merge(tuple(found)))
    assert {one.entry for one in merged.outcomes} == {Admittance.NOT_YET}
    forged = [one._replace(signature=bytes(64)) for one in batches(desk, 2)]
    merged = clinic.coordinator.exchange.merge(Merge(tuple(forged)))
    assert {one.reason for one in merged.outcomes} == {Fault.SIGNATURE}
