"""When facts on disk were written, as far as that is believed."""

import pytest

from coordinator.registry.disbelief import believe_again, disbelieve
from sync.model import clock, facts
from sync.model.facts import COORDINATOR, COORDINATOR_NAMES, Disbelief, Envelope, FactId
from sync.protocol.questions import Merge
from sync.rules.times import Times
from sync.storage.times.written import WrittenTimes, newest_of, times_of
from tests.forging import ELSEWHERE, Run

LATEST = facts.HLC_MAX
NOBODY = Times()


def at(ms):
    return clock.pack(ms, 0)


def times(*stretches):
    """Nobody is to believe times of the lab in these stretches, in milliseconds."""
    said = [
        (FactId(bytes([number]) * 16), at(1), Disbelief(number, (), "LAB1-PC", *one, "A", "b"))
        for number, one in enumerate(stretches, 1)
    ]
    return Times(said)


@pytest.fixture
def runs(ward, lab):
    """The lab's clock stood at 900 for a while within one run, and at 500 and 600 in others."""
    written = (100, 900, 910, 200, 900), (500, 510), (600,)
    batches = []
    for client, all_ms in enumerate(written, 5):
        notes = [
            facts.encode(Envelope("future", facts.NO_RECORD, at(ms), ELSEWHERE, bytes([0x91, 1])))
            for ms in all_ms
        ]
        batches.append(Run(lab.author, lab.signer, client, tuple(notes)).batch())
    ward.exchange.merge(Merge(tuple(batches)))
    return ward.writer.store.connection


@pytest.mark.parametrize(
    ("above", "most", "found"),
    [(0, 1000, 910), (0, 909, 600), (600, 909, 0), (0, 50, 0), (910, 1000, 0)],
)
def test_the_newest_time_that_a_run_shows(runs, lab, above, most, found):
    written = WrittenTimes(runs, NOBODY)
    assert written.newest_of_runs(lab.author, at(above), at(most)) == at(found)


def test_stretches_are_left_out_one_after_the_other(runs, lab):
    every = [(900, 950), (600, 899), (500, 505), (0, 520)]
    found = [
        WrittenTimes(runs, times(*every[:count])).newest_of_runs(lab.author, 0, LATEST)
        for count in range(5)
    ]
    assert found == [at(910), at(600), at(510), at(510), 0]


def test_times_that_a_run_does_not_show_are_found(runs, lab):
    every = [(900, 950), (300, 899), (150, 299), (100, 100)]
    found = [
        WrittenTimes(runs, times(*every[:count])).newest(lab.author, LATEST) for count in range(5)
    ]
    assert found == [at(910), at(600), at(200), at(100), 0]


def test_what_lies_above_a_time_is_left_out_also_within_a_run(runs, lab):
    written = WrittenTimes(runs, NOBODY)
    assert written.newest(lab.author, at(909)) == at(900)
    (run,) = written.runs_above(lab.author, at(600))
    assert written.size_above(lab.author, at(600)) == (1, run.length) == (1, 5)
    assert written.size_above(lab.author, at(910)) == (0, 0)
    assert written.newest_within(run, 2, LATEST) == at(910)
    assert written.newest_within(run, 3, LATEST) == at(900)
    assert written.newest_within(run, 5, LATEST) == 0


def test_the_facts_say_which_times_are_believed(clinic, lab):
    hub = clinic.coordinator
    connection = hub.writer.store.connection
    newest = newest_of(connection, COORDINATOR_NAMES, LATEST)
    assert clock.unpack(newest)[0] == clinic.now_ms, "it has made the desks"
    assert times_of(connection).believes(COORDINATOR, newest)
    begun_ms = clinic.now_ms
    clinic.now_ms += 60_000
    stretch = (begun_ms - 1000, begun_ms + 30_000)
    ident = clinic.act(lambda tx: disbelieve(tx, COORDINATOR, *stretch, "A", "b"))
    connection.execute("DELETE FROM registry")  # as while the tables are made again
    assert [one.id for one in times_of(connection).disbelieved] == [ident]
    assert clock.unpack(newest_of(connection, COORDINATOR_NAMES, LATEST))[0] == clinic.now_ms
    assert newest_of(connection, COORDINATOR_NAMES, at(clinic.now_ms) - 1) == 0
    assert newest_of(connection, [lab.author], LATEST) == 0
    hub.writer.rebuild()
    clinic.act(lambda tx: believe_again(tx, ident, "A", "b"))
    assert times_of(connection).believes(COORDINATOR, at(begun_ms))
