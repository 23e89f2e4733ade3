"""The place of a chain of links, with branches, while they grow, and after a failed transaction."""

from dataclasses import replace

import pytest

from sync.model.facts import Author
from sync.protocol.questions import Merge
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


def run_ids(desk, client):
    rows = desk.query("SELECT id FROM runs WHERE client = ? ORDER BY id", client)
    return [ident for (ident,) in rows]


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
        tx.store.shards.places.grown(shard.id, CLIENT, run.then(note(9)).link(), (1, 6))
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


def test_a_link_of_another_client_or_of_another_clock_leads_nowhere(ward, copies):
    """The link before a batch is whatever its author has signed."""
    run, branch, _ = copies
    shards = ward.writer.store.shards
    shard = shards.find(Author(LAB), 0)
    offer(ward, replace(run, client=CLIENT + 1))
    for client, clock in ((CLIENT + 1, 3), (CLIENT, 2), (CLIENT, 4)):
        links = (branch.link(3),)
        assert shards.places.find(shard.id, shard.author, 0, client, clock, links) is None
    found = shards.places.find(shard.id, shard.author, 0, CLIENT, 3, (branch.link(3),))
    assert shards.run(found[0]).base == 2


def test_each_link_of_a_branch_is_written_down_and_few_of_other_runs(ward, run):
    long = run.then(*map(note, range(100, 400)))
    branch = long.cut(200).then(note(60), note(61))
    offer(ward, long, branch)
    trunk, other = run_ids(ward, CLIENT)
    rows = [(trunk, 128, long.link(128)), (trunk, 256, long.link(256))]
    rows += [(other, 201, branch.link(201)), (other, 202, branch.link(202))]
    assert ward.query("SELECT * FROM links ORDER BY run, clock") == rows
    ward.writer.rebuild()
    assert ward.query("SELECT * FROM links ORDER BY run, clock") == rows


def test_a_long_run_is_found_wherever_a_chain_begins_and_leaves_it(ward, run):
    long = run.then(*map(note, range(100, 395)))
    branch = long.cut(200).then(*map(note, range(500, 540)))
    offer(ward, long, branch)
    for first in (0, 1, 127, 128, 129, 199):
        assert find(ward, long.cut(290).then(note(9)), first) == (290 - first, 0, 300)
        assert find(ward, branch.cut(220).then(note(9)), first) == (220 - first, 200, 240)
    assert find(ward, branch.cut(220).then(note(9)), 210) == (10, 200, 240)
    assert find(ward, branch.cut(220).then(note(9), note(10)), 221) is None


def test_of_a_run_that_a_fault_has_changed_no_links_are_written_down(ward, run):
    """They would be wrong; those of the others are there."""
    long = run.then(*map(note, range(100, 395)))
    other = replace(long, client=CLIENT + 1)
    offer(ward, long, other)
    (changed,), (whole,) = run_ids(ward, CLIENT), run_ids(ward, CLIENT + 1)
    before = ward.query("SELECT * FROM links WHERE run = ? ORDER BY clock", whole)
    ward.query("UPDATE facts SET data = ? WHERE run = ? AND clock = 50", note(9), changed)
    ward.writer.rebuild()
    assert ward.query("SELECT * FROM links ORDER BY run, clock") == before
    ward.query("UPDATE facts SET data = ? WHERE run = ? AND clock = 50", long.facts[50], changed)
    assert find(ward, long.cut(290).then(note(9)), 270) == (20, 0, 300)


def test_a_branch_that_a_fault_has_changed_is_found_up_to_there(ward, run):
    """What is before the changed record is as it was, also when the tables are made again."""
    branch = run.cut(2).then(*map(note, range(60, 70)))
    offer(ward, run, branch)
    _, changed = run_ids(ward, CLIENT)
    ward.query("UPDATE facts SET data = ? WHERE run = ? AND clock = 8", note(9), changed)
    before = find(ward, branch.cut(6).then(note(99)), 5)
    assert before == (1, 2, 12)
    ward.writer.rebuild()
    assert find(ward, branch.cut(6).then(note(99)), 5) == before
    assert find(ward, branch.cut(11), 1) == (7, 2, 12)
