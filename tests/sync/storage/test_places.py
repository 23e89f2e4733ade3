"""The place of a chain of links, with branches, while they grow, and after a failed transaction."""

import pytest

from sync.model.facts import Author
from sync.protocol.questions import Merge
from sync.storage import places
from tests.faults import Crash
from tests.forging import Run, note
from tests.sync.conftest import CLIENT, LAB


def offer(desk, *runs):
    outcomes = desk.exchange.merge(Merge(tuple(run.batch() for run in runs))).outcomes
    assert {outcome.entry for outcome in outcomes} == {"accepted"}


def links_of(run, first=0):
    return [run.link(clock) for clock in range(first, len(run.facts) + 1)]


def find(desk, run, first=0):
    """How many facts of a run are held from a clock on, and what the run of the last one holds."""
    shards = desk.writer.store.shards
    shard = shards.find(Author(LAB), 0)
    assert shard is not None
    found = shards.places.find(
        shard.id, shard.author, shard.number, run.client, first, links_of(run, first)
    )
    if found is None:
        return None
    row = shards.run(found[0])
    return found[1], row.base, row.length


@pytest.fixture
def copies(ward, run):
    """A run of five facts, a branch of it from 2 on, and one of that from 3 on."""
    branch = run.cut(2).then(note(60), note(61))
    twig = branch.cut(3).then(note(70), note(71))
    offer(ward, run, branch, twig)
    return run, branch, twig


def test_each_copy_is_found_up_to_its_end_from_wherever_it_begins(ward, copies):
    run, branch, twig = copies
    for first in range(3):
        assert find(ward, run.then(note(9)), first) == (5 - first, 0, 5)
        assert find(ward, branch.then(note(9)), first) == (4 - first, 2, 4)
        assert find(ward, twig.then(note(9)), first) == (5 - first, 3, 5)


def test_what_leaves_in_the_middle_is_found_where_it_leaves(ward, copies):
    run, branch, _ = copies
    assert find(ward, run.cut(1).then(note(90))) == (1, 0, 5)
    assert find(ward, branch.cut(2).then(note(90))) == (2, 0, 5)
    assert find(ward, branch.cut(3).then(note(90))) == (3, 2, 4)


def test_what_does_not_begin_at_a_link_that_is_held_has_no_place(ward, copies):
    run, _, _ = copies
    other = run.cut(1).then(note(91), note(92))
    assert find(ward, other, 2) is None
    assert find(ward, run.then(note(9), note(10)), 6) is None
    assert find(ward, Run(LAB, run.signer, CLIENT + 1).then(note(1))) is None


def test_what_is_in_memory_grows_with_the_runs(ward, copies):
    run, branch, _ = copies
    find(ward, run.cut(1).then(note(90)))  # from now on it is in memory
    offer(ward, branch.then(note(62), note(63)))
    assert find(ward, branch.then(note(62), note(99))) == (5, 2, 6)


def test_a_failed_transaction_leaves_no_place(ward, copies):
    run, _, _ = copies
    find(ward, run.cut(1).then(note(90)))

    def act(tx):
        shard = tx.store.shards.find(Author(LAB), 0)
        grown = (run.then(note(9)).link(), (1, 6))
        tx.store.shards.places.add(shard.id, CLIENT, [grown], grown)
        tx.begin()
        raise Crash

    with pytest.raises(Crash):
        ward.write(act)
    assert find(ward, run.then(note(9))) == (5, 0, 5)
    assert find(ward, run.then(note(9), note(10)), 6) is None, "nor the end of a run"


def test_a_batch_that_goes_on_where_the_last_one_ended_asks_nobody(ward, run):
    offer(ward, run)
    store, end, statements = ward.writer.store, len(run.facts), []
    shard = store.shards.find(Author(LAB), 0)
    links = links_of(run.then(note(8)), end)
    store.connection.set_trace_callback(statements.append)
    found = store.shards.places.find(shard.id, shard.author, shard.number, CLIENT, end, links)
    store.connection.set_trace_callback(None)
    assert (store.shards.run(found[0]).length, found[1]) == (end, 0)
    assert statements == []


def test_a_bounded_number_of_links_is_in_memory(ward, run, monkeypatch):
    monkeypatch.setattr(places, "LINKS_MAX", 10)
    others = [Run(LAB, run.signer, client).then(*map(note, range(4))) for client in range(4)]
    offer(ward, *others)
    for other in others:
        assert find(ward, other.cut(2).then(note(90))) == (2, 0, 4)
    assert len(ward.writer.store.shards.places._kept) == 2
