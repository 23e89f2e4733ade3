"""Honest batches enter in whatever cut and order; one that is too early waits for the missing."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest

from sync.engine import keys
from sync.engine.exchange import StoredShard
from sync.model import bodies, facts, runs, yjs
from sync.model.facts import NO_RECORD, REGISTRY, Author, State
from sync.model.runs import Batch, End
from sync.protocol.questions import Admittance, Merge, Outcome
from sync.rules import gate
from sync.rules.gate import Fault, Invalid, Missing, NotYet
from tests.clinic import Desk, pull
from tests.forging import Run, dump, note, person, stored
from tests.sync.conftest import CLIENT, LAB, WARD

ACCEPTED = Outcome(Admittance.ACCEPTED)


def offer(desk: Desk, *batches: Batch) -> tuple[Outcome, ...]:
    return desk.exchange.merge(Merge(batches)).outcomes


def statements(desk: Desk, *batches: Batch) -> int:
    """How many SQL statements it takes to look at batches of which nothing enters."""
    connection = desk.connection.real
    found: list[str] = []
    desk.roots  # noqa: B018 - so that digests are at hand, as they are after the first frame
    connection.set_trace_callback(found.append)
    offer(desk, *batches)
    connection.set_trace_callback(None)
    return len(found)


def in_documents(desk: Desk, author: str, number: int = 0) -> bool:
    """The Y.Doc in memory holds exactly what the database holds."""
    shards = desk.writer.store.shards
    shard = shards.find(Author(author), number)
    assert shard is not None
    return all(
        desk.writer._documents.facts(shard.id, run.yjs_client) == shards.facts_of(run.id, run.base)
        for run in shards.runs_of(shard.id)
    )


def large(run: Run, size: int, first: int = 1) -> Run:
    """The run with facts of 16,000 bytes, until it has exactly ``size`` bytes."""
    overhead = len(note(first, size=300)) - 300
    number = first
    while (room := size - sum(map(len, run.facts))) > 0:
        step = room if room <= 16_000 else min(16_000, room - 400)
        run = run.then(note(number, size=step - overhead))
        number += 1
    return run


def fill(desk: Desk, run: Run) -> None:
    """Runs of the largest size until the shard is beyond its limit."""
    filler = large(replace(run, facts=()), runs.RUN_BYTES_MAX)
    for client in range(1000, 1017):
        assert offer(desk, replace(filler, client=client).batch()) == (ACCEPTED,)


# each reason has one class


def _link_missing(desk: Desk, run: Run) -> Batch:
    offer(desk, run.batch())
    return run.cut(2).then(note(50), note(51)).batch(3)


CASES: dict[Missing | Fault, tuple[Admittance, Callable[[Desk, Run], Batch]]] = {
    Missing.KEY: (
        Admittance.NOT_YET,
        lambda _, run: replace(run, signer=keys.Signer.from_seed(bytes(32))).batch(),
    ),
    Missing.SHARD: (Admittance.NOT_YET, lambda _, run: replace(run, shard=1).batch()),
    Missing.CLOCK: (Admittance.NOT_YET, lambda _, run: run.batch(3)),
    Missing.LINK: (Admittance.NOT_YET, _link_missing),
    Fault.UPDATE: (
        Admittance.INVALID,
        lambda _, run: run.batch()._replace(update=run.batch().update + b"\0"),
    ),
    Fault.FACT: (Admittance.INVALID, lambda _, run: run.then(b"\xc1").batch()),
    Fault.POSITION: (Admittance.INVALID, lambda _, run: run.batch()._replace(length=6)),
    Fault.AUTHOR: (Admittance.INVALID, lambda _, run: replace(run, author="@lab").batch()),
    Fault.SIGNATURE: (Admittance.INVALID, lambda _, run: run.batch()._replace(signature=bytes(64))),
    Fault.RUN_SIZE: (Admittance.INVALID, lambda _, run: large(run, runs.RUN_BYTES_MAX + 1).batch()),
}


@pytest.mark.parametrize("reason", [*Missing, *Fault])
def test_each_reason_has_one_class(ward, run, reason):
    """A reason without a case fails: whoever adds one says whether it can ever become valid."""
    entry, make = CASES[reason]
    batch = make(ward, run)
    before, roots = dump(ward), ward.roots
    (outcome,) = offer(ward, batch)
    assert (outcome.entry, outcome.reason) == (entry, reason)
    assert (dump(ward), ward.roots) == (before, roots)


@pytest.mark.parametrize("reason", [Missing.KEY, Fault.UPDATE, Fault.POSITION, Fault.AUTHOR])
def test_no_signature_is_checked_before_the_cheap_rules_hold(ward, run, reason):
    def verify(*_: bytes) -> bool:
        raise AssertionError("a signature was checked")

    batch = CASES[reason][1](ward, run)
    shard = StoredShard(ward.writer.store.shards, batch.author, batch.shard)
    answer = gate.examine(batch, shard, ward.writer.registry.keys_of(Author(LAB)), verify)
    assert isinstance(answer, NotYet | Invalid)


@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda batch: batch._replace(signature=bytes(64)),
        lambda batch: batch._replace(key=bytes(8)),
        lambda batch: batch._replace(update=batch.update + b"\0"),
    ],
)
def test_what_nobody_has_signed_is_no_reason_to_look_at_the_store(ward, run, first, spoil):
    """Not even for the shard: so it costs the same whatever is stored."""
    offer(ward, run.batch())
    batch = spoil(run.then(note(7)).batch(first))
    assert statements(ward, batch) == 0


def test_a_fact_that_is_none_is_invalid_whoever_signed_it(ward, run):
    answer = gate.examine(
        run.then(b"\xc1").batch(),
        StoredShard(ward.writer.store.shards, Author(LAB), 0),
        ward.writer.registry.keys_of(Author(LAB)),
        keys.verify,
    )
    assert isinstance(answer, Invalid)
    assert answer.fault is Fault.FACT


# honest batches


def test_a_run_enters_with_all_its_facts(ward, run):
    merged = ward.exchange.merge(Merge((run.batch(),)))
    assert (merged.outcomes, merged.facts) == ((ACCEPTED,), 5)
    assert stored(ward, LAB) == {run.facts}
    assert ward.writer.store.shards.ends_of(Author(LAB), 0) == [run.end()]
    assert in_documents(ward, LAB)


def test_two_peers_relay_one_run_in_different_cuts(ward, run):
    parts = [run.cut(3).batch(), run.cut(4).batch(2), run.batch(1), run.batch(4), run.batch()]
    merged = [ward.exchange.merge(Merge((part,))) for part in parts]
    assert [one.facts for one in merged] == [3, 1, 1, 0, 0]
    assert {outcome for one in merged for outcome in one.outcomes} == {ACCEPTED}
    assert stored(ward, LAB) == {run.facts}
    assert ward.writer.store.shards.ends_of(Author(LAB), 0) == [run.end()]


def test_what_is_held_already_costs_no_commit(ward, run):
    offer(ward, run.batch())
    commits, changes = len(ward.writer.commits), ward.writer.store.connection.total_changes
    for again in (run.batch(), run.cut(2).batch(), run.batch(4)):
        assert offer(ward, again) == (ACCEPTED,)
    assert len(ward.writer.commits) == commits
    assert ward.writer.store.connection.total_changes == changes
    assert ward.writer.store.shards.ends_of(Author(LAB), 0) == [run.end()]


def test_a_newer_signature_alone_is_kept(clinic, lab):
    """A desk gets back the facts of its own unsigned tail, as a copy of it has signed them."""
    roots = lab.roots
    lab.register_offline()
    assert lab.roots == roots, "what nobody can send yet is in no digest"
    shard = lab.writer.store.shards.newest(Author(LAB))
    (own,) = lab.writer.store.shards.runs_of(shard.id)
    assert own.signed == 0
    tail = Run(LAB, lab.signer, own.client, tuple(lab.writer.store.shards.facts_of(own.id, 0)))
    merged = lab.exchange.merge(Merge((tail.batch(),)))
    assert merged == ((ACCEPTED,), 0)
    assert lab.writer.store.shards.ends_of(Author(LAB), 0) == [tail.end()]


def test_a_revoked_key_opens_the_gate_and_admission_refuses_the_person(clinic, lab, ward, run):
    """What an unknown key signed waits; what a revoked one signed is stored and judged."""
    heads = clinic.coordinator.writer.registry.terminals[Author(LAB)].heads
    revoked = facts.TerminalFact(
        90, heads, Author(LAB), LAB, State.REVOKED, (), (lab.signer.public_key,), None
    )
    clinic.act(lambda tx: tx.append(REGISTRY, facts.TERMINAL, NO_RECORD, bodies.write(revoked)))
    assert offer(clinic.coordinator, run.batch()) == (ACCEPTED,)
    pull(ward, clinic.coordinator)
    rows = ward.query("SELECT mrn, status, rejected FROM patients ORDER BY mrn")
    assert rows == [("710001", "rejected", "revoked"), ("710002", "rejected", "revoked")]


def test_a_bad_batch_keeps_out_none_of_those_beside_it(ward, run):
    other = Run(LAB, run.signer, 78).then(note(1))
    forged = Run(LAB, run.signer, 79).carrying(b"\x01\x01\x4f\x00\x00\x09\x00")
    outcomes = offer(ward, run.batch(), forged, other.batch())
    assert [outcome.entry for outcome in outcomes] == [
        Admittance.ACCEPTED,
        Admittance.INVALID,
        Admittance.ACCEPTED,
    ]
    assert stored(ward, LAB) == {run.facts, other.facts}


# too early


def test_a_batch_needs_the_key_of_its_author(clinic, lab, ward):
    late = clinic.desk("DESK9", "790000-799999")
    run = Run("DESK9", late.signer, CLIENT).then(person(9, "790000", "DESK9"))
    assert offer(ward, run.batch()) == (Outcome(Admittance.NOT_YET, Missing.KEY),)
    pull(ward, clinic.coordinator)
    assert offer(ward, run.batch()) == (ACCEPTED,)
    assert ward.query("SELECT mrn FROM held") == [("790000",)]


def test_a_batch_needs_the_lower_shard(ward, run):
    higher = replace(run, shard=1, client=5)
    highest = replace(run, shard=2, client=6)
    assert offer(ward, highest.batch()) == (Outcome(Admittance.NOT_YET, Missing.SHARD),)
    assert offer(ward, higher.batch()) == (Outcome(Admittance.NOT_YET, Missing.SHARD),)
    assert offer(ward, highest.batch(), run.batch(), higher.batch()) == (ACCEPTED,) * 3
    assert [stored(ward, LAB, number) for number in (0, 1, 2)] == [{run.facts}] * 3


def test_a_batch_needs_the_clocks_below_it(ward, run):
    assert offer(ward, run.batch(4)) == (Outcome(Admittance.NOT_YET, Missing.CLOCK),)
    assert offer(ward, run.cut(4).batch(2)) == (Outcome(Admittance.NOT_YET, Missing.CLOCK),)
    assert ward.writer.store.shards.find(Author(LAB), 0) is None
    assert offer(ward, run.batch(4), run.cut(4).batch(2), run.cut(2).batch()) == (ACCEPTED,) * 3
    assert stored(ward, LAB) == {run.facts}


def test_a_batch_needs_the_branch_that_it_goes_on_from(ward, run):
    offer(ward, run.batch())
    branch = run.cut(2).then(note(50), note(51), note(52))
    before = dump(ward)
    assert offer(ward, branch.batch(3)) == (Outcome(Admittance.NOT_YET, Missing.LINK),)
    assert dump(ward) == before
    assert offer(ward, branch.batch(3), branch.cut(3).batch(2)) == (ACCEPTED, ACCEPTED)
    assert stored(ward, LAB) == {run.facts, branch.facts}


def test_a_link_at_another_clock_is_another_place(ward, run):
    """Whoever has the key may sign that a link lies where it does not."""
    offer(ward, run.batch())
    update = yjs.encode_update(CLIENT, 4, [note(60)])
    link = run.link(3)
    end = End(CLIENT, 5, runs.next_link(link, facts.fact_id(Author(LAB), note(60))))
    lying = run.batch(4)._replace(update=update, link=link, length=5, signature=run.sign(end))
    assert offer(ward, lying) == (Outcome(Admittance.NOT_YET, Missing.LINK),)
    assert stored(ward, LAB) == {run.facts}


# branches


def test_a_batch_spans_the_parent_and_the_branch(ward, run):
    """Facts 1 and 2 are the parent's, 3 and 4 the branch's, the last one is new."""
    branch = run.cut(3).then(note(60), note(61))
    further = branch.then(note(62))
    offer(ward, run.batch(), branch.batch(3))
    merged = ward.exchange.merge(Merge((further.batch(1),)))
    assert (merged.outcomes, merged.facts) == ((ACCEPTED,), 1)
    assert stored(ward, LAB) == {run.facts, further.facts}


def test_run_and_branches_extend_side_by_side(ward, run):
    branch = run.cut(2).then(note(60))
    twig = branch.then(note(61)).cut(3).then(note(70), note(71))
    first = run.cut(0).then(note(80))
    steps = [run.cut(4), branch.then(note(61)), twig, first, run, twig.then(note(72))]
    for step in steps:
        assert offer(ward, step.batch()) == (ACCEPTED,)
    leaves = {run.facts, branch.then(note(61)).facts, twig.then(note(72)).facts, first.facts}
    assert stored(ward, LAB) == leaves
    assert in_documents(ward, LAB)
    ward.reopen()
    assert in_documents(ward, LAB)


def test_the_same_fact_behind_two_forks_is_held_twice(ward, run):
    """Two copies wrote the same bytes at the same clock, after different pasts."""
    branch = run.cut(2).then(note(60), note(61))
    one, other = run.cut(3).then(note(99)), branch.cut(3).then(note(99))
    for copy in (run, branch, one, other):
        assert offer(ward, copy.batch()) == (ACCEPTED,)
    assert stored(ward, LAB) == {run.facts, branch.facts, one.facts, other.facts}


def test_replicas_that_met_the_branches_in_another_order_agree(clinic, ward, run):
    """Which copy was the run and which the branch is local; ends and the register agree."""
    copies = [run, run.cut(1).then(note(60), note(61)), run.cut(2).then(note(62))]
    seen = set()
    for number, order in enumerate(permutations(copies)):
        desk = clinic.desk(f"READER{number}")
        for copy in order:
            assert offer(desk, copy.batch()) == (ACCEPTED,)
        assert stored(desk, LAB) == {copy.facts for copy in copies}
        seen.add((frozenset(desk.writer.store.shards.ends_of(Author(LAB), 0)), desk.roots.document))
    assert len({ends for ends, _ in seen}) == 1
    clinic.heal()
    assert len({desk.roots for desk in clinic.replicas}) == 1


@pytest.mark.parametrize("run_first", [True, False])
def test_a_client_that_took_the_derived_id_of_a_branch_is_kept_apart(ward, run, run_first):
    """The id is anybody's to compute; inside the Y.Doc the later one gives way."""
    branch = run.cut(2).then(note(60), note(61))
    fork = facts.fact_id(Author(LAB), branch.facts[2])
    taker = Run(LAB, run.signer, runs.branch_client(run.link(2), fork)).then(note(70), note(71))
    offer(ward, run.batch())
    for one in (taker, branch) if run_first else (branch, taker):
        assert offer(ward, one.batch()) == (ACCEPTED,)
    longer = [taker.then(note(72)), branch.then(note(62)), run.then(note(6))]
    for one in longer:
        assert offer(ward, one.batch(len(one.facts) - 1)) == (ACCEPTED,)
    assert stored(ward, LAB) == {one.facts for one in longer}
    assert in_documents(ward, LAB)
    ward.reopen()
    assert in_documents(ward, LAB)


def test_a_run_under_the_id_that_the_receiver_uses_itself_enters(ward, run):
    taken = Run(LAB, run.signer, ward.writer._documents.client).then(note(1))
    assert offer(ward, taken.batch()) == (ACCEPTED,)
    ward.register_offline()
    assert offer(ward, taken.then(note(2)).batch(1)) == (ACCEPTED,)
    assert in_documents(ward, LAB)
    assert in_documents(ward, WARD)


def test_a_client_id_of_zero_is_one_like_others(ward, run):
    zero = Run(LAB, run.signer, 0).then(note(1))
    assert offer(ward, zero.batch(), zero.then(note(2)).batch(1)) == (ACCEPTED, ACCEPTED)
    assert in_documents(ward, LAB)


def test_branches_travel_over_the_relay(clinic, ward, run):
    twig = run.cut(2).then(note(60), note(61)).cut(3).then(note(70))
    offer(ward, run.batch(), run.cut(2).then(note(60), note(61)).batch(2), twig.batch(3))
    pull(clinic.coordinator, ward)
    assert stored(clinic.coordinator, LAB) == stored(ward, LAB)
    assert len(stored(ward, LAB)) == 3


def test_copies_of_copies_are_as_deep_as_they_like(ward, run):
    """Each left the one before at its newest fact; the depth is the sender's to choose."""
    limit = sys.getrecursionlimit()
    copy = run.cut(0).then(note(0), note(1))
    offer(ward, copy.batch())
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        for clock in range(1, 120):
            copy = copy.cut(clock).then(note(clock, "other"), note(clock + 1))
            assert offer(ward, copy.batch(clock)) == (ACCEPTED,)
        more = copy.then(note(500))
        assert offer(ward, more.batch(1)) == (ACCEPTED,)
    finally:
        sys.setrecursionlimit(limit)
    assert more.facts in stored(ward, LAB)
    assert len(stored(ward, LAB)) == 120


# former keys of the coordinator


def looked_at(desk: Desk, batch: Batch, key: bytes, vouched: gate.Vouched) -> object:
    shard = StoredShard(desk.writer.store.shards, batch.author, batch.shard)
    return gate.examine(batch, shard, frozenset({key}), keys.verify, vouched)


def test_a_run_that_is_vouched_for_enters_whoever_has_signed_it(ward, clinic):
    former = keys.Signer.from_seed(b"f" * 32)
    run = Run(REGISTRY, former, CLIENT).then(note(1), note(2))
    key = clinic.coordinator_key.public_key

    def vouched(author: Author, shard: int, end: End) -> bool:
        return (author, shard, end) == (REGISTRY, 0, run.end())

    assert isinstance(looked_at(ward, run.batch(), key, vouched), gate.Accepted)
    unsigned = run.batch()._replace(signature=bytes(64))
    assert isinstance(looked_at(ward, unsigned, key, vouched), gate.Accepted)
    for other in (run.cut(1), run.then(note(3))):
        assert looked_at(ward, other.batch(), key, vouched) == NotYet(Missing.KEY)
    forged = replace(run, signer=clinic.coordinator_key).then(note(3)).batch()
    forged = forged._replace(signature=bytes(64))
    refused = looked_at(ward, forged, key, vouched)
    assert isinstance(refused, Invalid)
    assert refused.fault is Fault.SIGNATURE
