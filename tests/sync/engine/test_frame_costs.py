"""What a hostile frame costs, whatever is stored: statements and rows, within a written constant.

Each frame is refused, comes too early, or brings nothing new. What is stored grows from 100 to
10,000 of each kind that a hostile desk can make many of, and what came before is of any number too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pytest

from sync.engine import keys
from sync.model.facts import Author, fact_id
from sync.model.runs import CLIENT_MAX, RUN_FACTS_MAX, SHARD_RUNS_MAX, branch_client, key_id
from sync.protocol import limits
from sync.protocol.questions import Admittance, Merge, Outcome, RootsQuery, WishesQuery
from sync.storage.places import LINKS_APART
from tests.clinic import Clinic, Desk
from tests.forging import Run, note
from tests.sync.conftest import CLIENT, LAB, WARD

STATEMENTS_MAX = 12
"""SQL statements that one such frame may take."""
ROWS_MAX = 12
"""Rows that these may return."""
STEPS_MAX = 1_000
"""Steps of SQLite for that."""
NEW_STATEMENTS_MAX = 60
"""SQL statements that a frame with one new fact may take, with its commit."""
COUNTS = (100, 1_000, pytest.param(10_000, marks=pytest.mark.soak))
"""Of what the hostile desk has made many. A thousand is as many steps as one frame may take, and
shows already what costs a step for each."""

MERGED = 500
STRANGER = keys.Signer.from_seed(bytes(32))


class Cost(NamedTuple):
    """SQL statements, the rows that these return, and the steps that SQLite takes for them."""

    statements: int
    rows: int
    steps: int


def counted(desk: Desk, act: Callable[[], object]) -> Cost:
    """What an act takes."""
    statements: list[str] = []
    rows = steps = 0
    real = desk.connection.real

    def row(_cursor: sqlite3.Cursor, found: tuple[object, ...]) -> tuple[object, ...]:
        nonlocal rows
        rows += 1
        return found

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    real.set_progress_handler(step, 1)
    real.set_trace_callback(statements.append)
    real.row_factory = row
    try:
        act()
    finally:
        real.set_progress_handler(None, 0)
        real.set_trace_callback(None)
        real.row_factory = None
    return Cost(len(statements), rows, steps)


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


MANY = {"branches": branches, "runs": runs, "shards": shards}


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

    The first one of a client is its run, and the others have left that at its second fact.
    """
    connection = desk.connection.real
    connection.execute("BEGIN")
    key, rows, facts_ = key_id(held[0].signer.public_key), [], []
    shard_ids: dict[int, int] = {}
    trunks: dict[tuple[int, int], int] = {}
    for ident, run in enumerate(held, 101):
        shard = shard_ids.setdefault(run.shard, len(shard_ids) + 100)
        trunk = trunks.setdefault((run.shard, run.client), ident)
        branch = trunk != ident
        base, end, size = 2 if branch else 0, run.end(), sum(map(len, run.facts))
        yjs_client = 10**6 + ident if branch else run.client
        place = (ident, shard, run.client, yjs_client, trunk if branch else None, base)
        rows.append((*place, *end[1:], size, *end[1:], key, run.sign(end)))
        facts_ += [(ident, clock, run.facts[clock]) for clock in range(base, end.length)]
    connection.executemany(
        "INSERT INTO shards (id, author, number, facts) VALUES (?, ?, ?, 5)",
        [(ident, held[0].author, number) for number, ident in shard_ids.items()],
    )
    connection.executemany(
        "INSERT INTO runs (id, shard, client, yjs_client, parent, base, count, link, bytes,"
        " signed, signed_link, key, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    connection.executemany("INSERT INTO facts (run, clock, data) VALUES (?, ?, ?)", facts_)
    desk.writer.store.meta.projection_version = 0  # the tables are made when it is opened
    connection.execute("COMMIT")
    desk.reopen()


Fill = Callable[[Desk, Run, str, int], None]
"""Lets a desk hold a run, and so many of a kind."""


@pytest.fixture(scope="module")
def fill(tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Fills each kind of database once, and then copies it: clinics with one seed are alike."""
    folder = tmp_path_factory.mktemp("filled")

    def fill(desk: Desk, run: Run, kind: str, count: int) -> None:
        kept = folder / f"{kind}-{count}"
        if kept.exists():
            desk.restore(kept)
            return
        put(desk, [run, *MANY[kind](run, count)])
        desk.back_up().replace(kept)

    return fill


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", [*MANY, "junk"])
def test_a_frame_that_brings_nothing_costs_the_same_whatever_is_stored(tmp_path, fill, kind, count):
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    last = run
    if kind == "junk":
        put(ward, [run])
        hostile = list(junk(run, count))
        for begin in range(0, count, MERGED):
            some = tuple(one.batch() for one in hostile[begin : begin + MERGED])
            outcomes = ward.exchange.merge(Merge(some)).outcomes
            assert {outcome.entry for outcome in outcomes} == {Admittance.NOT_YET}
    else:
        fill(ward, run, kind, count)
        *_, last = MANY[kind](run, count)
    ward.answer(RootsQuery())  # the digests are read once for all
    costs = {}
    for name, (frame, entry) in frames(run, last).items():
        outcomes: list[Outcome] = []
        changes = ward.writer.store.connection.total_changes
        costs[name] = counted(ward, partial(merge, ward, frame, outcomes))
        assert [outcome.entry for outcome in outcomes] == [entry], name
        assert ward.writer.store.connection.total_changes == changes
    assert max(cost.statements for cost in costs.values()) <= STATEMENTS_MAX, costs
    assert max(cost.rows for cost in costs.values()) <= ROWS_MAX, costs
    assert max(cost.steps for cost in costs.values()) <= STEPS_MAX, costs
    clinic.close()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", MANY)
def test_what_a_peer_claims_to_hold_costs_the_same_to_look_up_whatever_is_stored(
    tmp_path, fill, kind, count
):
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    fill(ward, run, kind, count)
    ward.answer(RootsQuery())
    claimed = run.then(note(7)).end()
    question = WishesQuery(((LAB, 0, (claimed,)),))
    (wish,) = ward.answer(question)
    assert (wish.target, run.end() in wish.mine) == (claimed, True)
    assert len(wish.mine) <= limits.OWN_ENDS_MAX
    cost = counted(ward, partial(ward.answer, question))
    assert cost.statements <= STATEMENTS_MAX
    assert cost.rows <= limits.OWN_ENDS_MAX + ROWS_MAX
    clinic.close()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", MANY)
def test_a_frame_that_brings_a_fact_costs_the_same_whatever_is_stored(tmp_path, fill, kind, count):
    """Also where nothing of the shard is in memory: what the author has put there is not read."""
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    fill(ward, run, kind, count)
    ward.answer(RootsQuery())
    costs = [
        counted(ward, partial(merge, ward, Merge((one.batch(first),)), []))
        for one, first in (
            (run.then(note(6)), 5),
            (run.then(note(6), note(7)), 6),
            (replace(run, client=3).cut(0).then(note(8)), 0),
        )
    ]
    assert max(cost.statements for cost in costs) <= NEW_STATEMENTS_MAX, costs
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
    # No Y.Doc has anything of a shard that is crowded, which its number of facts shows.
    ward.query("UPDATE shards SET facts = ? WHERE author = ?", count + 5, LAB)
    ward.answer(RootsQuery())
    outcomes: list[Outcome] = []
    cost = counted(ward, partial(merge, ward, Merge((branch.batch(2),)), outcomes))
    assert [outcome.entry for outcome in outcomes] == [Admittance.ACCEPTED]
    # As many ids as a shard in step may have, and as many ends for its digest.
    assert cost.rows <= 2 * SHARD_RUNS_MAX + NEW_STATEMENTS_MAX
    ((got,),) = ward.query("SELECT yjs_client FROM runs WHERE parent IS NOT NULL")
    assert (got in ids) is (count > SHARD_RUNS_MAX), "no Y.Doc has anything of a crowded shard"
    clinic.close()


@pytest.mark.parametrize("count", COUNTS[:2])
def test_a_look_into_the_middle_of_a_run_costs_the_same_however_much_other_clients_have(
    tmp_path, count
):
    """Each client has so much that no memory for one would hold the other too."""
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(5)))
    clients = [run, replace(run, client=CLIENT + 1)]
    tails = [
        one.then(note(10), note(11), note(12)) for each in clients for one in branches(each, count)
    ]
    put(ward, [*clients, *tails])
    ward.answer(RootsQuery())
    looks = [
        one.cut(end).batch(end - 1) for one in (*clients, tails[0], tails[-1]) for end in (3, 4)
    ]
    for batch in [*looks, *looks]:
        outcomes: list[Outcome] = []
        cost = counted(ward, partial(merge, ward, Merge((batch,)), outcomes))
        assert [outcome.entry for outcome in outcomes] == [Admittance.ACCEPTED]
        assert cost.statements <= STATEMENTS_MAX
        assert cost.rows <= ROWS_MAX
        assert cost.steps <= STEPS_MAX
    clinic.close()


@pytest.mark.parametrize("clock", [1, 400, 998])
def test_a_look_into_the_middle_of_a_long_run_reads_a_part_of_it(tmp_path, clock):
    clinic = Clinic(tmp_path, durable=False)
    lab = clinic.desk(LAB, "710000-719999")
    ward = clinic.desk(WARD, "720000-729999")
    run = Run(LAB, lab.signer, CLIENT).then(*(note(number) for number in range(RUN_FACTS_MAX)))
    for end in (130, 500, RUN_FACTS_MAX):
        assert ward.exchange.merge(Merge((run.cut(end).batch(),))).facts
    for batch, entry in (
        (run.cut(clock + 1).batch(clock), Admittance.ACCEPTED),
        (run.cut(clock - 1).then(note(2001), note(2002)).batch(clock), Admittance.NOT_YET),
    ):
        outcomes: list[Outcome] = []
        cost = counted(ward, partial(merge, ward, Merge((batch,)), outcomes))
        assert [outcome.entry for outcome in outcomes] == [entry]
        assert cost.rows <= LINKS_APART + ROWS_MAX
    clinic.close()
