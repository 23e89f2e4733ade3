"""Random histories of copies of one machine, the limits of size, and facts nobody understands."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.model import facts, runs
from sync.model.facts import NO_RECORD, REGISTRATION, Author, RecordId
from sync.model.numbers import NumberRange
from sync.protocol.questions import Admittance
from sync.rules.gate import Fault
from tests.clinic import pull
from tests.forging import Run, note, stored
from tests.sync.conftest import CLIENT, LAB, WARD
from tests.sync.rules.test_gate import ACCEPTED, fill, in_documents, large, offer

# copies of one machine, in any order and cut

GROWTH = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 12), st.integers(1, 4)), min_size=1, max_size=8
)
"""Each: which copy went on, from which clock on, and by how many facts."""

clients = count(10_000)


def grow(seed: Run, growth: list[tuple[int, int, int]]) -> list[Run]:
    """The copies that such a history leaves; no fact is like another, so every fork is real."""
    number = count(seed.client * 1000)
    copies = [seed.then(*(note(next(number)) for _ in range(4)))]
    for which, clock, size in growth:
        at = copies[which % len(copies)].cut(clock)
        copies.append(at.then(*(note(next(number)) for _ in range(size))))
    return copies


def leaves(copies: list[Run]) -> set[tuple[bytes, ...]]:
    """The runs that no other goes on from."""
    return {
        run.facts
        for run in copies
        if not any(
            len(other.facts) > len(run.facts) and other.cut(len(run.facts)).facts == run.facts
            for other in copies
        )
    }


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(growth=GROWTH, data=st.data())
def test_every_tree_of_copies_enters_in_every_order_and_cut(ward, run, growth, data):
    """Nothing is lost, nothing waits for ever, and the ends are those of the whole runs."""
    copies = grow(Run(LAB, run.signer, next(clients)), growth)
    batches = []
    for copy in copies:
        cuts = data.draw(st.sets(st.integers(1, len(copy.facts)), max_size=3))
        begins = [0, *sorted(cuts)]
        ends = [*sorted(cuts), len(copy.facts)]
        for first, last in zip(begins, ends, strict=True):
            if first < last:
                earlier = data.draw(st.sampled_from([first, max(0, first - 2), 0]))
                batches.append(copy.cut(last).batch(earlier))
    order = data.draw(st.permutations(batches))
    # All is drawn before anything is offered: an example that is given up leaves nothing.
    sizes = iter(data.draw(st.lists(st.integers(1, 4), min_size=len(order), max_size=len(order))))
    while order:
        size = next(sizes)
        for outcome in offer(ward, *order[:size]):
            assert outcome.entry is not Admittance.INVALID, outcome
        order = order[size:]
    # What came too early is asked for again.
    assert {outcome.entry for outcome in offer(ward, *batches)} == {Admittance.ACCEPTED}
    client = copies[0].client
    mine = {held for held in stored(ward, LAB) if held[0] in {copy.facts[0] for copy in copies}}
    assert mine == leaves(copies)
    ends_ = {
        end for end in ward.writer.store.shards.ends_of(Author(LAB), 0) if end.client == client
    }
    assert ends_ == {copy.end() for copy in copies if copy.facts in mine}
    assert in_documents(ward, LAB)


def test_every_link_of_a_branch_is_known_also_below_its_base(ward, run):
    """A wrong link there makes a peer ask again and again for what it has."""
    copies = [run, run.cut(3).then(note(60), note(61)), run.cut(3).then(note(60), note(70))]
    for copy in copies:
        offer(ward, copy.batch())
    store = ward.writer.store
    shard = store.shards.find(Author(LAB), 0)
    assert shard is not None
    for stored_run in store.shards.runs_of(shard.id):
        mine = tuple(store.shards.stretch(stored_run, 0, stored_run.length))
        (copy,) = [copy for copy in copies if copy.facts == mine]
        for clock in range(len(mine) + 1):
            assert store.shards.link_at(Author(LAB), 0, stored_run, clock) == copy.link(clock)
            assert tuple(store.shards.stretch(stored_run, clock, len(mine))) == mine[clock:]
            assert tuple(store.shards.stretch(stored_run, 0, clock)) == mine[:clock]


# sizes


def test_a_run_has_at_most_a_thousand_facts(ward, run):
    full = Run(LAB, run.signer, CLIENT, tuple(note(number) for number in range(1000)))
    assert offer(ward, full.batch()) == (ACCEPTED,)
    (outcome,) = offer(ward, full.then(note(1000)).batch(1000))
    assert (outcome.entry, outcome.reason) == (Admittance.INVALID, Fault.RUN_SIZE)
    (outcome,) = offer(ward, full.then(note(1000)).batch())
    assert (outcome.entry, outcome.reason) == (Admittance.INVALID, Fault.UPDATE)
    assert stored(ward, LAB) == {full.facts}


def test_a_run_has_at_most_so_many_bytes(ward, run):
    full = large(run, runs.RUN_BYTES_MAX)
    assert sum(map(len, full.facts)) == runs.RUN_BYTES_MAX
    assert offer(ward, full.cut(4).batch(), full.batch(4)) == (ACCEPTED, ACCEPTED)
    (outcome,) = offer(ward, full.then(note(1)).batch(len(full.facts)))
    assert (outcome.entry, outcome.reason) == (Admittance.INVALID, Fault.RUN_SIZE)
    assert stored(ward, LAB) == {full.facts}


def test_the_bytes_of_a_branch_are_those_of_its_own_way(ward, run):
    """What it shares with its parent counts, what the parent wrote after the fork does not."""
    full = large(run, runs.RUN_BYTES_MAX)
    branch = large(run.cut(2), runs.RUN_BYTES_MAX, first=50)
    offer(ward, full.batch())
    beyond = large(run.cut(2), runs.RUN_BYTES_MAX + 1, first=50)
    (outcome,) = offer(ward, beyond.batch(2))
    assert (outcome.entry, outcome.reason) == (Admittance.INVALID, Fault.RUN_SIZE)
    assert offer(ward, branch.cut(4).batch(2), branch.batch(4)) == (ACCEPTED, ACCEPTED)
    (outcome,) = offer(ward, branch.then(note(1)).batch(len(branch.facts)))
    assert (outcome.entry, outcome.reason) == (Admittance.INVALID, Fault.RUN_SIZE)
    assert stored(ward, LAB) == {full.facts, branch.facts}


def test_a_crowded_shard_is_stored_and_folded_and_left_out_of_the_digests(ward, run):
    roots = ward.roots
    fill(ward, run)
    store = ward.writer.store
    (shard,) = store.shards.crowded()
    assert (shard.author, shard.size) == (LAB, 17 * runs.RUN_BYTES_MAX)
    assert ward.roots == roots
    people = len(ward.mrns())
    assert offer(ward, run.batch()) == (ACCEPTED,), "the gate refuses nothing by its arrival"
    assert len(ward.mrns()) == people + 2
    assert offer(ward, replace(run, shard=1).batch()) == (ACCEPTED,)
    assert ward.roots != roots


def test_replicas_with_different_parts_of_a_crowded_shard_come_to_be_in_step(
    clinic, ward, run, monkeypatch
):
    """Whoever is not as far is told of it, until the shard is crowded there too."""
    monkeypatch.setattr(runs, "SHARD_FACTS_MAX", 12)
    monkeypatch.setattr(runs, "SHARD_RUNS_MAX", 10)
    other = clinic.desk("OTHER-PC")
    pull(ward, other)
    pull(ward, clinic.coordinator)
    parts = [replace(run, client=client) for client in (1, 2, 3)]
    assert offer(ward, *(part.batch() for part in parts)) == (ACCEPTED,) * 3
    assert offer(other, parts[0].batch(), parts[1].batch()) == (ACCEPTED,) * 2
    assert ward.roots != other.roots
    pull(other, ward)
    assert ward.roots == other.roots
    assert offer(ward, replace(run, client=4).batch()) == (ACCEPTED,)
    assert ward.roots == other.roots


# facts that nobody understands

BODIES = {
    "no msgpack": b"\xc1",
    "empty": b"",
    "no array": facts.pack("text"),
    "no version": facts.pack(["1", None, LAB]),
    "version zero": facts.pack([0, None, LAB]),
    "too short": facts.pack([1]),
    "a list as key": b"\x92\x01\x81\x91\x01\x02",
    "nested": b"\x91" * 9000,
    "a time of another kind": facts.pack([1, "990005", LAB, True, "noon", None, None, {}]),
    "a number with NUL": facts.pack([1, "990005\0x", LAB, True, "", None, None, {}]),
    "a terminal with NUL": facts.pack([1, "990005", "LAB\0", True, "", None, None, {}]),
    "a number of a megabyte": facts.pack([1, "7" * 9000, LAB, True, "", None, None, {}]),
    "a number that is a number": facts.pack([1, 990005, LAB, True, "", None, None, {}]),
    "a name with half a letter": b"\x98\x01\xc0\xa3LAB\xc3\xa0\xc0\xc0\x81\xa1a\xa1\xff",
    "from the future": facts.pack([2, "990005", LAB, "all new"]),
}
KINDS = [
    facts.REGISTRATION,
    facts.AMENDMENT,
    facts.TERMINAL,
    facts.RANGE,
    facts.GRANT,
    facts.VERDICT,
    facts.RESOLUTION,
    "future",
]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_fact_that_nobody_understands_is_relayed_and_blocks_nothing(clinic, lab, ward, body):
    """From one desk over the coordinator to another, with a person before it and one behind."""

    def write(tx):
        for number, kind in enumerate(KINDS, start=1):
            for record in (NO_RECORD, RecordId(bytes([number]) * 16)):
                tx.append(Author(LAB), kind, record, body)

    lab.register_offline()
    lab.writer.write(write)
    lab.register_offline()
    pull(clinic.coordinator, lab)
    pull(ward, clinic.coordinator)
    assert stored(ward, LAB) == stored(clinic.coordinator, LAB) == stored(lab, LAB)
    people = ward.query("SELECT mrn, status FROM patients WHERE full_name IS NOT NULL ORDER BY mrn")
    assert people == [("710000", "admitted"), ("710001", "admitted")]
    assert ward.writer.registry.terminals.keys() == {LAB, WARD}
    assert [block.range.text for block in ward.writer.registry.blocks] == [
        "710000-719999",
        "720000-729999",
    ]


def test_a_strange_number_does_not_keep_ranges_from_being_granted(clinic, lab):
    """What it claims is malformed text; the coordinator looks for used numbers beside it."""
    for text in ("73\0x", "73\0000", "٧٣", "73 ", "+73", "0073"):
        body = facts.pack([1, text, LAB, True, "", None, None, {}])
        lab.writer.write(
            lambda tx, body=body: tx.append(Author(LAB), REGISTRATION, RecordId(body[:16]), body)
        )
    pull(clinic.coordinator, lab)
    clinic.grant_range(LAB, "70-79")
    clinic.grant_range(LAB, "730000-739999")
    assert NumberRange(70, 79) in [
        block.range for block in clinic.coordinator.writer.registry.blocks
    ]


def test_a_time_from_the_far_future_moves_nobodys_clock(clinic, lab, ward, run):
    """Corrections made after it must not carry a time that nothing can beat."""
    last = facts.HLC_MAX
    far = facts.encode(facts.decode(note(1))._replace(hlc=last))
    assert offer(ward, run.then(far).batch()) == (ACCEPTED,)
    ward.register_offline()
    ward.reopen()
    ward.register_offline()
    shard = ward.writer.store.shards.newest(Author(WARD))
    assert shard is not None
    assert all(run_.hlc < last >> 1 for run_ in ward.writer.store.shards.runs_of(shard.id))
