"""Shards, runs and facts on disk: stretches through branches, links, and what travels."""

import sqlite3

import pytest

from sync.errors import StoreDamaged
from sync.model import runs
from sync.model.facts import Author
from sync.protocol.questions import Admittance, Merge
from sync.storage.shards import ShardTables, drop_shard
from tests.forging import Run, note, person, stored
from tests.simulation import history


def offer(desk, run, first=0):
    outcome = desk.exchange.merge(Merge((run.batch(first),))).outcomes[0]
    assert outcome.entry is Admittance.ACCEPTED, outcome


def test_every_link_of_every_branch_is_what_its_facts_make(ward, lab):
    trunk = Run(lab.author, lab.signer, 9).then(*(note(number) for number in range(6)))
    branch = trunk.cut(3).then(*(note(number) for number in range(20, 25)))
    twig = branch.cut(5).then(note(30))
    for run in (trunk, branch, twig):
        offer(ward, run)
    store = ward.writer.store
    shard = store.shards.find(lab.author, 0)
    assert shard is not None
    assert stored(ward, lab.author) == {trunk.facts, branch.facts, twig.facts}
    for row in store.shards.runs_of(shard.id):
        (run,) = [
            run
            for run in (trunk, branch, twig)
            if run.facts == tuple(store.shards.stretch(row, 0, row.length))
        ]
        for clock in range(row.length + 1):
            assert store.shards.link_at(lab.author, 0, row, clock) == run.link(clock)
            assert tuple(store.shards.stretch(row, clock, row.length)) == run.facts[clock:]
            assert tuple(store.shards.stretch(row, 0, clock)) == run.facts[:clock]


def test_a_fact_that_is_none_any_more_is_our_own_damage(ward, lab):
    """Not a fault of what somebody sends just now."""
    offer(ward, Run(lab.author, lab.signer, 9).then(person(1, "710000", lab.author)))
    ward.query("UPDATE facts SET data = x'00' WHERE instr(data, ?)", b"710000")
    shards = ward.writer.store.shards
    ((run, clock),) = ward.query("SELECT run, clock FROM facts WHERE data = x'00'")
    with pytest.raises(StoreDamaged, match="a record in it cannot be read"):
        shards.envelope_at(run, clock)


def test_a_batch_is_what_an_honest_peer_sends(ward, lab):
    run = Run(lab.author, lab.signer, 9).then(note(1), note(2), note(3))
    offer(ward, run)
    store = ward.writer.store
    shard = store.shards.find(lab.author, 0)
    assert shard is not None
    (row,) = store.shards.runs_of(shard.id)
    for first in range(3):
        assert store.shards.batch(row, first) == run.batch(first)


def test_a_branch_of_a_branch_hundreds_of_times_over_is_read(ward, lab):
    run = Run(lab.author, lab.signer, 9).then(note(0), note(1))
    offer(ward, run)
    for number in range(300):
        run = run.cut(len(run.facts) - 1).then(note(1000 + number), note(2000 + number))
        offer(ward, run, len(run.facts) - 2)
    shards = ward.writer.store.shards
    *rows, last = shards.runs_of(shards.newest(lab.author).id)
    assert len(rows) == 300
    assert tuple(shards.stretch(last, 0, last.length)) == run.facts


def test_two_branches_that_would_share_a_yjs_client_do_not(ward, lab, monkeypatch):
    monkeypatch.setattr(runs, "branch_client", lambda link, fact: 9)
    trunk = Run(lab.author, lab.signer, 9).then(note(0), note(1))
    offer(ward, trunk)
    for number in range(2, 5):
        offer(ward, trunk.cut(1).then(note(number)))
    clients = ward.query("SELECT yjs_client FROM runs WHERE client = 9 ORDER BY id")
    assert [client for (client,) in clients] == [9, 10, 11, 12]


def test_beyond_the_last_yjs_client_comes_the_first(ward, lab, monkeypatch):
    monkeypatch.setattr(runs, "branch_client", lambda link, fact: runs.CLIENT_MAX)
    trunk = Run(lab.author, lab.signer, runs.CLIENT_MAX).then(note(0), note(1))
    offer(ward, trunk)
    for number in range(2, 4):
        offer(ward, trunk.cut(1).then(note(number)))
    clients = ward.query("SELECT yjs_client FROM runs WHERE parent IS NOT NULL ORDER BY id")
    assert [client for (client,) in clients] == [0, 1]


def test_shards_are_numbered_by_their_authors(store):
    code = Author("LAB1-PC")
    assert store.shards.newest(code) is None
    for number in (0, 1):
        store.shards.add(code, number)
    store.shards.add(Author("WARD"), 5)
    newest = store.shards.newest(code)
    assert newest is not None
    assert newest.number == 1
    assert store.shards.authors() == ["LAB1-PC", "WARD"]
    with pytest.raises(sqlite3.IntegrityError):
        store.shards.add(code, 1)


def test_a_shard_that_was_dropped_can_come_again(ward, lab):
    trunk = Run(lab.author, lab.signer, 9).then(*(note(number) for number in range(6)))
    branch = trunk.cut(3).then(note(20))
    other = Run(lab.author, lab.signer, 9, shard=1).then(note(7))
    for run in (trunk, branch, other):
        offer(ward, run)
    store = ward.writer.store
    dropped = store.shards.find(lab.author, 0)

    def drop(tx):
        tx.begin()
        store.shards.run(branch_id)
        for number in (0, 5):
            drop_shard(store.connection, store.shards, lab.author, number)
        assert store.shards.find(lab.author, 0) is None
        with pytest.raises(StoreDamaged, match="a part of the register"):
            store.shards.run(branch_id)

    branch_id = store.shards.runs_of(dropped.id)[1].id
    ward.writer.write(drop)
    kept = store.shards.find(lab.author, 1)
    assert store.shards.facts_of(store.shards.runs_of(kept.id)[0].id, 0) == list(other.facts)
    ward.reopen()
    offer(ward, branch)
    offer(ward, trunk)
    assert stored(ward, lab.author) == {trunk.facts, branch.facts}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE runs SET client = 'x'",
        "UPDATE runs SET base = x'00'",
        "UPDATE runs SET base = 2 WHERE parent IS NULL",
        "UPDATE runs SET count = 'x'",
        "UPDATE runs SET signed = 'x'",
        "UPDATE runs SET parent = 99 WHERE parent IS NOT NULL",
        "UPDATE shards SET number = 'x'",
        "UPDATE shards SET author = x'00'",
    ],
)
def test_a_row_that_does_not_say_what_it_holds_is_damage(ward, lab, damage):
    """It failed wherever it was used, each time as a fault of this software."""
    trunk = Run(lab.author, lab.signer, 9).then(*(note(number) for number in range(6)))
    for run in (trunk, trunk.cut(3).then(note(20))):
        offer(ward, run)
    shards = ward.writer.store.shards
    where = "AND" if "WHERE" in damage else "WHERE"
    of_lab = "id" if "shards" in damage else "shard"
    damage += f" {where} {of_lab} = (SELECT id FROM shards WHERE author = '{lab.author}')"

    def read():
        for shard, run in shards.all_runs():
            shards.by_id(shard.id)
            shards.stretch(run, 0, run.length)
        for author in shards.authors():
            shards.newest(author)
            shards.shard_ends(author)

    read()
    ward.query(damage)
    with pytest.raises(StoreDamaged):
        read()


def test_a_link_behind_records_that_are_missing_is_not_known(lab):
    for _ in range(3):
        lab.register_offline()
    shards = lab.writer.store.shards
    (run,) = shards.runs_of(shards.newest(lab.author).id)
    shards._links.clear()
    lab.query("DELETE FROM facts WHERE run = ? AND clock < 2", run.id)
    grown = run._replace(length=run.length + 1, signed=0)
    with pytest.raises(StoreDamaged, match="a record is missing"):
        shards.link_at(lab.author, 0, grown, run.length)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_transaction_remembers_is_what_the_tables_say(monkeypatch, seed):
    """At the end of each one of a history in which everything goes wrong."""
    forget, looked_at = ShardTables.remember_no_more, []

    def look_first(shards: ShardTables) -> None:
        known = shards._known
        assert known is not None
        forget(shards)
        for run in known.runs.values():
            assert shards.run(run.id) == run
            looked_at.append(run)
        for ident, shard in known.shards.items():
            assert shards.by_id(ident) == shard == known.named[shard.author, shard.number]
        assert len(known.named) == len(known.shards)

    monkeypatch.setattr(ShardTables, "remember_no_more", look_first)
    history.run(history.Plan(seed, 60))
    assert len(looked_at) > 100
