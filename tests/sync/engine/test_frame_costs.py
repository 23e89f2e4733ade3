"""What a hostile frame costs, whatever is stored: statements and rows, within a written constant.

Each frame is refused, comes too early, or brings nothing new. What is stored grows from 100 to
10,000 of each kind that a hostile desk can make many of, and what came before is of any number too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from sync.engine import keys
from sync.model.facts import Author, fact_id
from sync.model.runs import CLIENT_MAX, SHARD_RUNS_MAX, branch_client, key_id
from sync.protocol import limits
from sync.protocol.questions import Admittance, Merge, Outcome, RootsQuery, WishesQuery
from tests.clinic import Clinic, Desk
from tests.forging import Run, note
from tests.sync.conftest import CLIENT, LAB, WARD

STATEMENTS_MAX = 12
"""SQL statements that one such frame may take."""
ROWS_MAX = 12
"""Rows that these may return."""
NEW_STATEMENTS_MAX = 60
"""SQL statements that a frame with one new fact may take, with its commit."""
COUNTS = (100, 1_000, 10_000)
"""Of what the hostile desk has made many."""

MERGED = 500
STRANGER = keys.Signer.from_seed(bytes(32))


def counted(desk: Desk, act: Callable[[], object]) -> tuple[int, int]:
    """How many statements an act takes, and how many rows they return."""
    statements: list[str] = []
    rows = 0
    real = desk.connection.real

    def row(_cursor: sqlite3.Cursor, found: tuple[object, ...]) -> tuple[object, ...]:
        nonlocal rows
        rows += 1
        return found

    real.set_trace_callback(statements.append)
    real.row_factory = row
    try:
        act()
    finally:
        real.set_trace_callback(None)
        real.row_factory = None
    return len(statements), rows


def branches(run: Run, count: int) -> Iterator[Run]:
    """Copies of one machine, each of which left at its second fact."""
    for number in range(count):
        yield run.cut(2).then(note(1000 + number))


def runs(run: Run, count: int) -> Iterator[Run]:
    """A process that was started again for each fact."""
    for number in range(count):
        yield replace(run, client=CLIENT + 1 + number, facts=(note(number),))


def shards(run: Run, count: int) -> Iterator[Run]:
    """Shards of one fact each."""
    for number in range(1, count + 1):
        yield replace(run, shard=number, facts=(note(number),))


def junk(run: Run, count: int) -> Iterator[Run]:
    """Facts in the lab's name that it has not signed."""
    for number in range(count):
        yield replace(run, signer=STRANGER, client=CLIENT + 1 + number, facts=(note(number),))


MANY = {"branches": branches, "runs": runs, "shards": shards, "junk": junk}


@pytest.fixture(params=MANY)
def many(request) -> Callable[[Run, int], Iterator[Run]]:
    return MANY[request.param]


def frames(run: Run, last: Run) -> dict[str, tuple[Merge, Admittance]]:
    """Each frame, and what becomes of it."""
    unsigned = replace(run, signer=STRANGER)
    signed = run.then(note(7))
    fork = run.cut(3).then(note(8), note(9))
    found = {
        "under a key that nobody has": (unsigned.batch(), Admittance.NOT_YET),
        "of somebody whom nobody knows": (
            replace(unsigned, author="NOBODY").batch(),
            Admittance.NOT_YET,
        ),
        "with a signature that is none": (
            signed.batch(2)._replace(signature=bytes(64)),
            Admittance.INVALID,
        ),
        "sent again": (last.batch(), Admittance.ACCEPTED),
        "sent again, of the first run": (run.batch(), Admittance.ACCEPTED),
        "sent again from the middle": (run.batch(2), Admittance.ACCEPTED),
        "an earlier end of a run": (run.cut(4).batch(), Admittance.ACCEPTED),
        "an earlier end, from the middle": (run.cut(4).batch(3), Admittance.ACCEPTED),
        "beyond the end": (signed.then(note(8)).batch(6), Admittance.NOT_YET),
        "on a branch that is not here": (fork.batch(4), Admittance.NOT_YET),
        "in a shard that is far ahead": (
            replace(run, shard=2**32 - 1).batch(),
            Admittance.NOT_YET,
        ),
    }
    return {name: (Merge((batch,)), entry) for name, (batch, entry) in found.items()}


def merge(desk: Desk, frame: Merge, outcomes: list[Outcome]) -> None:
    outcomes += desk.exchange.merge(frame).outcomes


def put(desk: Desk, held: list[Run]) -> None:
    """Put runs and branches straight on disk: ten thousand of them take minutes to merge.

    Each but the first is new, or has left the first one at its second fact.
    """
    connection = desk.connection.real
    connection.execute("BEGIN")
    trunk = held[0]
    key, rows, facts_ = key_id(trunk.signer.public_key), [], []
    shard_ids: dict[int, int] = {}
    for ident, run in enumerate(held, 1):
        shard = shard_ids.setdefault(run.shard, len(shard_ids) + 100)
        branch = ident > 1 and (run.shard, run.client) == (trunk.shard, trunk.client)
        base, end, size = 2 if branch else 0, run.end(), sum(map(len, run.facts))
        yjs_client = 10**6 + ident if branch else run.client
        place = (ident + 100, shard, run.client, yjs_client, 101 if branch else None, base)
        rows.append((*place, *end[1:], size, *end[1:], key, run.sign(end)))
        facts_ += [(ident + 100, clock, run.facts[clock]) for clock in range(base, end.length)]
    connection.executemany(
        "INSERT INTO shards (id, author, number, facts) VALUES (?, ?, ?, 5)",
        [(ident, trunk.author, number) for number, ident in shard_ids.items()],
    )
    connection.executemany(
        "INSERT INTO runs (id, shard, client, yjs_client, parent, base, count, link, bytes,"
        " signed, signed_link, key, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    connection.executemany("INSERT INTO facts (run, clock, data) VALUES (?, ?, ?)", facts_)
    connection.execute("COMMIT")
    desk.reopen()


@pytest.mark.parametrize("count", COUNTS)
def test_a_frame_that_brings_nothing_costs_the_same_whatever_is_stored(tmp_path, many, count):
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    hostile = list(many(run, count))
    last = hostile[-1]
    if many is junk:
        put(ward, [run])
        for begin in range(0, count, MERGED):
            some = tuple(one.batch() for one in hostile[begin : begin + MERGED])
            outcomes = ward.exchange.merge(Merge(some)).outcomes
            assert {outcome.entry for outcome in outcomes} == {Admittance.NOT_YET}
    else:
        put(ward, [run, *hostile])
    if many is junk:
        last = run
    # The first frame finds neither digests nor links in memory and reads them, once for all.
    ward.answer(RootsQuery())
    ward.exchange.merge(Merge((run.cut(4).batch(3),)))
    costs = {}
    for name, (frame, entry) in frames(run, last).items():
        outcomes: list[Outcome] = []
        changes = ward.writer.store.connection.total_changes
        costs[name] = counted(ward, partial(merge, ward, frame, outcomes))
        assert [outcome.entry for outcome in outcomes] == [entry], name
        assert ward.writer.store.connection.total_changes == changes
    assert max(statements for statements, _ in costs.values()) <= STATEMENTS_MAX, costs
    assert max(rows for _, rows in costs.values()) <= ROWS_MAX, costs
    clinic.close()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", ["branches", "runs", "shards"])
def test_what_a_peer_claims_to_hold_costs_the_same_to_look_up_whatever_is_stored(
    tmp_path, kind, count
):
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    put(ward, [run, *MANY[kind](run, count)])
    ward.answer(RootsQuery())
    claimed = run.then(note(7)).end()
    question = WishesQuery(((LAB, 0, (claimed,)),))
    (wish,) = ward.answer(question)
    assert (wish.target, run.end() in wish.mine) == (claimed, True)
    assert len(wish.mine) <= limits.OWN_ENDS_MAX
    statements, rows = counted(ward, partial(ward.answer, question))
    assert statements <= STATEMENTS_MAX
    assert rows <= limits.OWN_ENDS_MAX + ROWS_MAX
    clinic.close()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", ["branches", "runs", "shards"])
def test_a_frame_that_brings_a_fact_costs_the_same_whatever_is_stored(tmp_path, kind, count):
    """Also where nothing of the shard is in memory: what the author has put there is not read."""
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    put(ward, [run, *MANY[kind](run, count)])
    ward.answer(RootsQuery())
    costs = [
        counted(ward, partial(merge, ward, Merge((one.batch(first),)), []))
        for one, first in (
            (run.then(note(6)), 5),
            (run.then(note(6), note(7)), 6),
            (replace(run, client=3).cut(0).then(note(8)), 0),
        )
    ]
    assert max(statements for statements, _ in costs) <= NEW_STATEMENTS_MAX, costs
    assert len(ward.query("SELECT 1 FROM runs WHERE client = 3")) == 1
    clinic.close()


@pytest.mark.parametrize("count", COUNTS)
def test_a_branch_whose_id_is_taken_costs_the_same_however_many_are(tmp_path, count):
    """Whoever writes a fact can say beforehand which id its branch gets in the Y.Doc."""
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    branch = run.cut(2).then(note(60))
    taken = branch_client(run.link(2), fact_id(Author(LAB), note(60)))
    ids = [(taken + number) & CLIENT_MAX for number in range(count)]
    put(ward, [run, *(replace(run, client=one, facts=(note(7),)) for one in ids)])
    ward.answer(RootsQuery())
    outcomes: list[Outcome] = []
    _, rows = counted(ward, partial(merge, ward, Merge((branch.batch(2),)), outcomes))
    assert [outcome.entry for outcome in outcomes] == [Admittance.ACCEPTED]
    # As many ids as a shard in step may have, and as many ends for its digest.
    assert rows <= 2 * SHARD_RUNS_MAX + NEW_STATEMENTS_MAX
    ((got,),) = ward.query("SELECT yjs_client FROM runs WHERE parent IS NOT NULL")
    assert (got in ids) is (count > SHARD_RUNS_MAX), "no Y.Doc has anything of a crowded shard"
    clinic.close()
