"""What one author sends costs a replica a bounded number of steps a fact, and no order matters.

Each sequence below is what somebody with the key of one desk could send. They are merged fact by
fact, which is what costs most, and judged like everything else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import pytest

from coordinator import quota_watch
from coordinator.errors import TooManyNumbers
from coordinator.registry import quotas, ranges, terminals
from coordinator.repeat_watch import KEYS_MAX
from sync.daemon.clock_alarms import TimesAhead
from sync.engine import issuing
from sync.engine.holders import Holders
from sync.engine.records import sheets
from sync.engine.transaction import Transaction
from sync.model import bodies, facts
from sync.model import runs as runs_
from sync.model.clock import believable
from sync.model.demographics import FIELDS
from sync.model.facts import (
    Allocator,
    Amendment,
    Author,
    Envelope,
    FactId,
    RangeFact,
    Reason,
    RecordId,
    Registration,
    SheetFact,
    State,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.model.runs import RUN_BYTES_MAX, RUN_FACTS_MAX, Batch
from sync.model.telephones import REGION
from sync.protocol.questions import Merge, SignTails
from sync.reading.snapshot import Snapshot
from sync.reading.view import StoredView
from tests.clinic import Clinic, Desk, pull
from tests.forging import ELSEWHERE, Run, note, odd_fields
from tests.projection import difference, folded_from_nothing, projection
from tests.sync.patients import TODAY

LAB = Author("LAB1-PC")
AT = "2026-01-06T12:00:00+05:00"

STEPS_MAX: Final = 30_000
"""Steps of SQLite's virtual machine for one fact, with the verdict on it; a row read or compared is
some ten of them. Nearly all facts take less than a tenth of it. What takes most is a shard of as
many runs as it may have, `SHARD_RUNS_MAX`, whose ends are read again for its digest."""
STATEMENTS_MAX: Final = 300
"""Statements for one fact, with the verdict on it."""


def registration(number: int, mrn: str | None, record: int = 0, version: int = 1) -> bytes:
    fields = odd_fields(random.Random(number))
    body = Registration(Mrn(mrn) if mrn else None, LAB, True, AT, None, None, fields)
    packed = facts.pack([version, *facts.unpack(bodies.write(body))[1:]])
    record_id = RecordId((record or number + 1).to_bytes(16))
    return facts.encode(Envelope(facts.REGISTRATION, record_id, number, ELSEWHERE, packed))


ADA = registration(0, "710000")
ADA_ID = facts.fact_id(LAB, ADA)


def amendment(
    number: int,
    fields: dict[str, str],
    replaces: Iterable[FactId] = (),
    hlc: int = 0,
    of: bytes = ADA,
) -> bytes:
    ids = list(replaces)
    replaced = dict.fromkeys(fields, ids) if ids else {}
    body = Amendment(facts.fact_id(LAB, of), fields, replaced, AT, None)
    record = facts.decode(of).record_id
    envelope = Envelope(facts.AMENDMENT, record, hlc or number, ELSEWHERE, bodies.write(body))
    return facts.encode(envelope)


# what somebody with the key of a desk may send: (number of a fact) -> the fact


def invented_fields(number: int) -> bytes:
    return amendment(number, {f"field {number} {one}": "x" for one in range(20)}) if number else ADA


def identifiers_of_ever_other_names(number: int) -> bytes:
    named = {f"id:f{number}x{one}": "x" for one in range(16)}
    return amendment(number, named) if number else ADA


def emptied_fields_of_ever_other_names(number: int) -> bytes:
    return amendment(number, {f"x:f{number}x{one}": "" for one in range(16)}) if number else ADA


def rival_corrections(number: int) -> bytes:
    fields = odd_fields(random.Random(number)) | {"full_name": str(number), "sex": "M"}
    return amendment(number, fields) if number else ADA


def corrections_from_the_future_backwards(number: int) -> bytes:
    """Each replaces the one before it, which has a later time."""
    if number == 0:
        return ADA
    before = corrections_from_the_future_backwards_id(number - 1)
    return amendment(number, {"full_name": str(number)}, [before], hlc=(1 << 50) - number)


_IDS: dict[int, FactId] = {0: ADA_ID}


def corrections_from_the_future_backwards_id(number: int) -> FactId:
    for each in range(len(_IDS), number + 1):
        data = amendment(each, {"full_name": str(each)}, [_IDS[each - 1]], hlc=(1 << 50) - each)
        _IDS[each] = facts.fact_id(LAB, data)
    return _IDS[number]


def corrections_that_replace_many(number: int) -> bytes:
    many = [FactId((number * 1000 + one).to_bytes(16)) for one in range(100)]
    return amendment(number, dict.fromkeys(["sex", "phone", "cnic"], "1"), many) if number else ADA


def claims_of_one_number(number: int) -> bytes:
    return registration(number, "710001")


def claims_of_a_number_of_nobody(number: int) -> bytes:
    return registration(number, "5")


def registrations_of_one_record(number: int) -> bytes:
    return registration(number, str(710_000 + number % 9000), record=7)


def people_without_a_number_under_one_record(number: int) -> bytes:
    return registration(number, None, record=7)


def uncovered_claims(number: int) -> bytes:
    return registration(number, str(900_000 + number))


def registrations_of_a_later_version(number: int) -> bytes:
    return registration(number, str(710_000 + number % 9000), version=2)


def facts_of_an_unknown_kind(number: int) -> bytes:
    return note(number)


def nested_arrays(number: int) -> bytes:
    body = b"\x98\x01" + number.to_bytes(4) + b"\xdd\x00\x00\x3f\xac" * 20
    record = RecordId((number + 1).to_bytes(16))
    return facts.encode(Envelope(facts.REGISTRATION, record, number, ELSEWHERE, body))


def rising_claims(number: int) -> bytes:
    """Each has a smaller fact id than the one before, so each would take the number from it."""
    while len(_RISING) <= number:
        _RISING.extend(
            sorted(
                (registration(50_000 + one, "5") for one in range(20_000)), key=_id, reverse=True
            )
        )
    return _RISING[number]


_RISING: list[bytes] = []


def _id(data: bytes) -> FactId:
    return facts.fact_id(LAB, data)


IN_ONE_RUN: Final = [
    invented_fields,
    identifiers_of_ever_other_names,
    emptied_fields_of_ever_other_names,
    rival_corrections,
    corrections_from_the_future_backwards,
    corrections_that_replace_many,
    claims_of_one_number,
    claims_of_a_number_of_nobody,
    rising_claims,
    registrations_of_one_record,
    people_without_a_number_under_one_record,
    uncovered_claims,
    registrations_of_a_later_version,
    facts_of_an_unknown_kind,
    nested_arrays,
]


# and where it may put them: (the desk, number of a fact) -> the run with it, how much is new


def copies_in_runs_of_their_own(lab: Desk, number: int) -> tuple[Run, int]:
    """The very same registration again and again."""
    return Run(LAB, lab.signer, 1000 + number, (ADA,)), 0


def runs_of_one_fact(lab: Desk, number: int) -> tuple[Run, int]:
    return Run(LAB, lab.signer, 1000 + number, (registration(number, str(710_000 + number)),)), 0


def shards_of_one_fact(lab: Desk, number: int) -> tuple[Run, int]:
    run = Run(LAB, lab.signer, 1000, (registration(number, str(710_000 + number % 9000)),), number)
    return run, 0


def branches_from_one_fact(lab: Desk, number: int) -> tuple[Run, int]:
    stem = Run(LAB, lab.signer, 1000, (ADA,))
    return stem.then(registration(number + 1, str(710_001 + number % 9000))), number > 0


IN_MANY_RUNS: Final = [
    copies_in_runs_of_their_own,
    runs_of_one_fact,
    shards_of_one_fact,
    branches_from_one_fact,
]


LARGE: Final = [
    identifiers_of_ever_other_names,
    rival_corrections,
    rising_claims,
    registrations_of_one_record,
    registrations_of_a_later_version,
    shards_of_one_fact,
    branches_from_one_fact,
]


def batches(
    lab: Desk, sequence: Callable[[int], bytes], count: int, measured: int
) -> Iterator[tuple[tuple[Batch, ...], bool]]:
    """A sequence in runs and shards as full as those of an honest author, and what is measured.

    The first ``count`` facts come many at a time, those behind them one by one.
    """
    shard, size, sent = 0, 0, 0
    held: list[bytes] = []
    for number in range(count + measured):
        fact = sequence(number)
        if len(held) == RUN_FACTS_MAX or size + len(fact) > RUN_BYTES_MAX:
            if sent < len(held):
                yield (Run(LAB, lab.signer, 1000, tuple(held), shard).batch(sent),), False
            shard, size, sent, held = shard + 1, 0, 0, []
        size += len(fact)
        held.append(fact)
        if number >= count - 1 or len(held) - sent == 250:
            yield (Run(LAB, lab.signer, 1000, tuple(held), shard).batch(sent),), number >= count
            sent = len(held)


def batches_of_runs(
    lab: Desk, sequence: Callable[[Desk, int], tuple[Run, int]], count: int, measured: int
) -> Iterator[tuple[tuple[Batch, ...], bool]]:
    """`batches` for what lies in many runs, of which many come in one merge at first."""
    waiting: list[Batch] = []
    for number in range(count + measured):
        run, first = sequence(lab, number)
        waiting.append(run.batch(first))
        if number >= count - 1 or len(waiting) == 250:
            yield tuple(waiting), number >= count
            waiting.clear()


class Steps:
    """Counts what a replica's database does."""

    def __init__(self, desk: Desk) -> None:
        self.statements = self.steps = 0
        self._connection = desk.connection.real

    def __enter__(self) -> Steps:
        def step() -> int:
            self.steps += 100
            return 0

        def statement(_: str) -> None:
            self.statements += 1

        self._connection.set_progress_handler(step, 100)
        self._connection.set_trace_callback(statement)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.set_progress_handler(None, 0)
        self._connection.set_trace_callback(None)


MEASURED: Final = 4
SIZES: Final = [100, 1_000, 10_000]


def merge(desk: Desk, *merged: Batch) -> None:
    outcomes = desk.exchange.merge(Merge(merged)).outcomes
    assert {outcome.entry for outcome in outcomes} == {"accepted"}, outcomes


def costs(clinic: Clinic, found: Iterable[tuple[tuple[Batch, ...], bool]]) -> tuple[int, int]:
    """(statements, steps) of the dearest fact of those that are measured, on any replica.

    The coordinator merges and judges them, one desk merges them with the verdicts, and another one,
    which is not in touch with the coordinator, without.
    """
    hub, ward, away = clinic.coordinator, clinic.desks["WARD-PC"], clinic.desks["AWAY-PC"]
    hub.answer(SignTails())
    statements = steps = 0
    for merged, is_measured in found:
        hub.commits.clear()
        with Steps(hub) as at_hub:
            merge(hub, *merged)
        with Steps(ward) as at_ward:
            merge(ward, *(each for commit in hub.commits for each in commit.batches))
        with Steps(away) as at_away:
            merge(away, *merged)
        if is_measured:
            for one in (at_hub, at_ward, at_away):
                statements = max(statements, one.statements)
                steps = max(steps, one.steps)
    return statements, steps


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path, durable=False)
    yield clinic
    clinic.close()


@pytest.fixture
def lab(clinic: Clinic) -> Desk:
    return clinic_of_three(clinic)


def clinic_of_three(clinic: Clinic) -> Desk:
    lab = clinic.desk(LAB, "710000-719999")
    for code in ("WARD-PC", "AWAY-PC"):
        clinic.desk(code)
    return lab


def within(found: tuple[int, int], steps_max: int = STEPS_MAX) -> None:
    statements, steps = found
    assert statements <= STATEMENTS_MAX
    assert steps <= steps_max


def sized(sequences: Iterable[Any]) -> list[Any]:
    """Each sequence in each size; of the largest only those that differ in what they lead to.

    The test command has time for the smallest size.
    """
    return [
        pytest.param(
            sequence,
            count,
            id=f"{sequence.__name__}-{count}",
            marks=[pytest.mark.soak, pytest.mark.timeout(3600)] if count > SIZES[0] else [],
        )
        for sequence in sequences
        for count in SIZES
        if count < SIZES[-1] or sequence in LARGE
    ]


@pytest.mark.parametrize(("sequence", "count"), sized(IN_ONE_RUN))
def test_one_more_fact_costs_what_the_first_one_did(clinic, lab, sequence, count):
    within(costs(clinic, batches(lab, sequence, count, MEASURED)))


def test_a_thousand_rival_corrections_cost_the_same_each(clinic, lab):
    """Each takes half of what is allowed here; with all earlier ones read it would be far more."""
    within(costs(clinic, batches(lab, rival_corrections, 1000, 3)), steps_max=5_000)


def sheet(number: int, *printed: int) -> bytes:
    body = bodies.write(SheetFact(printed, AT, None))
    return facts.encode(Envelope(facts.SHEET, facts.NO_RECORD, number, ELSEWHERE, body))


@pytest.mark.parametrize("count", [100, 400])
def test_a_sheet_costs_the_same_however_many_contested_numbers_it_spans(clinic, lab, count):
    def rivals_then_sheets(number: int) -> bytes:
        if number < count:  # every number is claimed twice
            return registration(number, str(720_000 + number // 2))
        return sheet(number, 1, 2_147_483_000 - number)

    within(costs(clinic, batches(lab, rivals_then_sheets, count, MEASURED)))


def test_a_sheet_costs_the_same_however_often_its_numbers_are_claimed_and_printed(clinic, lab):
    """One of them the coordinator has typed in."""
    hub = clinic.coordinator
    merge(hub, Run(LAB, lab.signer, 900, (sheet(0, 710_000),)).batch())
    typed_in = hub.draft()._replace(terminal=LAB, from_paper=True)
    hub.register(typed_in, lambda tx: sheets.typed_in(tx, LAB, Mrn("710000")))

    def rivals_then_sheets(number: int) -> bytes:
        if number % 2:
            return registration(number, "710000")
        return sheet(number, 710_000, 800_000 + number)

    for desk in (clinic.desks["WARD-PC"], clinic.desks["AWAY-PC"]):
        pull(desk, hub)
    within(costs(clinic, batches(lab, rivals_then_sheets, 400, MEASURED)))
    assert hub.query("SELECT mrn FROM rivals WHERE desk = ?", LAB) == [("710000",)]


def test_where_a_range_is_only_closed_no_claim_on_its_numbers_is_looked_at_again(
    clinic, lab, monkeypatch
):
    """What was registered out of it stays as covered as it was."""
    hub = clinic.coordinator
    people = [registration(number, str(710_000 + number // 2)) for number in range(300)]
    merge(hub, Run(LAB, lab.signer, 1000).then(*people).batch())
    assert len(hub.query("SELECT 1 FROM rivals")) == 300
    ranked: list[object] = []
    rank = Holders._rank_of
    monkeypatch.setattr(Holders, "_rank_of", lambda *given: ranked.append(given) or rank(*given))
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, state=State.REVOKED, why="stolen"))
    assert hub.writer.registry.blocks_of(LAB)[0].closed
    assert ranked == []
    assert difference(projection(hub), folded_from_nothing(hub)) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"mark": 710_500},
        {"allocator": Allocator.COORDINATOR},
        {"allocator": Allocator.CLIENT, "closed": True},
        {"serial": 0, "replaces": ()},
        {"terminal": Author("WARD-PC"), "replaces": ()},
    ],
)
def test_where_a_range_covers_otherwise_the_claims_on_its_numbers_are_ranked_again(
    clinic, lab, changed
):
    hub = clinic.coordinator
    merge(hub, Run(LAB, lab.signer, 1000).then(*(ADA, registration(7, "710000"))).batch())
    (block,) = hub.writer.registry.blocks_of(LAB)
    (before,) = set(hub.query("SELECT serial FROM rivals"))

    def change(tx: Transaction) -> None:
        first, last = block.range.start, block.range.end
        fact = RangeFact(
            *(tx.new_serial(), block.heads, first, last, LAB, block.incarnation),
            *(block.allocator, 0, False, "a test"),
        )
        body = bodies.write(fact._replace(**changed))
        tx.append(facts.REGISTRY, facts.RANGE, facts.NO_RECORD, body)

    clinic.act(change)
    assert difference(projection(hub), folded_from_nothing(hub)) == {}
    if "terminal" not in changed:
        assert set(hub.query("SELECT serial FROM rivals")) != {before}


def far_apart(number: int) -> bytes:
    """No two numbers of it lie beside one another."""
    return sheet(number, *(one * 21_000_000 + number * 7919 for one in range(1, 101)))


def one_of_each_block(number: int) -> bytes:
    return sheet(number, *(1_009_999 + (one * 10_000 + number) % 8_900_000 for one in range(100)))


@pytest.mark.parametrize("sequence", [far_apart, one_of_each_block])
def test_a_sheet_costs_the_same_wherever_its_numbers_lie(clinic, lab, sequence):
    within(costs(clinic, batches(lab, sequence, 30, MEASURED)))


@pytest.mark.parametrize(("sequence", "count"), sized(IN_MANY_RUNS))
def test_one_more_run_costs_what_the_first_one_did(clinic, lab, sequence, count):
    within(costs(clinic, batches_of_runs(lab, sequence, count, MEASURED)))


# what daemons look at every few seconds


def claims_in_a_range_of_another(number: int) -> bytes:
    return registration(number, str(730_000 + number % 9000))


def claims_of_one_number_of_another(number: int) -> bytes:
    return registration(number, "730001")


def registrations_of_one_record_with_one_key(number: int) -> bytes:
    """A program's key names one record here, so nobody was sent twice."""
    body = Registration(None, LAB, True, AT, None, bytes(16), {"sex": "F"})
    record = RecordId((1).to_bytes(16))
    return facts.encode(Envelope(facts.REGISTRATION, record, number, ELSEWHERE, bodies.write(body)))


def runs_at_ever_later_times(lab: Desk, number: int) -> tuple[Run, int]:
    """Each a month after the one before, and in a shard of its own."""
    later = Envelope(facts.REGISTRATION, RecordId((number + 1).to_bytes(16)), 0, ELSEWHERE, b"")
    hlc = (2_000_000_000_000 + number * 2_592_000_000) << 15
    return Run(LAB, lab.signer, 1000, (facts.encode(later._replace(hlc=hlc)),), number), 0


def look_at_the_ranges(hub: Desk) -> None:
    hub.write(ranges.look)


def claims_in_many_blocks(number: int) -> bytes:
    return registration(number, str(1_009_999 + 10_000 * number))


def claims_of_many_in_each_block(number: int) -> bytes:
    first = 1_000_000 + number * 10_000
    return sheet(number, *range(first, first + 100))


def look_who_claims_what(hub: Desk) -> None:
    snapshot = Snapshot(StoredView.of(hub.writer.store), TODAY, REGION)
    quota_watch._look(snapshot, hub.writer.now_ms)


def look_at_the_own_range(desk: Desk) -> None:
    desk.write(
        lambda tx: issuing.less_strays(tx, issuing.prospects(tx, desk.author, Allocator.NODE, None))
    )


def look_for_times_that_lie_ahead(desk: Desk) -> None:
    snapshot = Snapshot(StoredView.of(desk.writer.store), TODAY, REGION)
    TimesAhead().look(snapshot, believable(desk.writer.now_ms))


def look_who_of_the_last_was_sent_twice(hub: Desk) -> None:
    """Those who came before them an earlier look has seen."""
    snapshot = Snapshot(StoredView.of(hub.writer.store), TODAY, REGION)
    newest = hub.query("SELECT max(id) FROM patients")[0][0]
    assert snapshot.repeats.keys_after(newest - 20, KEYS_MAX) == (set(), newest)


LOOKS: Final = [
    (look_at_the_ranges, "coordinator", batches, claims_in_a_range_of_another),
    (look_at_the_ranges, "coordinator", batches, claims_of_one_number_of_another),
    (look_who_claims_what, "coordinator", batches, claims_in_a_range_of_another),
    (look_who_claims_what, "coordinator", batches, claims_in_many_blocks),
    (look_who_claims_what, "coordinator", batches, claims_of_many_in_each_block),
    (look_at_the_own_range, "WARD2-PC", batches, claims_in_a_range_of_another),
    (look_for_times_that_lie_ahead, "coordinator", batches_of_runs, runs_of_one_fact),
    (look_for_times_that_lie_ahead, "coordinator", batches_of_runs, shards_of_one_fact),
    (look_for_times_that_lie_ahead, "coordinator", batches_of_runs, runs_at_ever_later_times),
    (
        look_who_of_the_last_was_sent_twice,
        "coordinator",
        batches,
        registrations_of_one_record_with_one_key,
    ),
]


@pytest.mark.parametrize(("look", "name", "sent", "sequence"), LOOKS)
def test_a_look_costs_the_same_however_much_one_author_has_sent(
    tmp_path, look, name, sent, sequence
):
    found = []
    for count in (60, 300):
        folder = tmp_path / str(count)
        folder.mkdir()
        clinic = Clinic(folder, durable=False)
        lab = clinic_of_three(clinic)
        clinic.desk("WARD2-PC", "730000-739999")
        pull(lab, clinic.coordinator)
        desk = clinic.desks.get(name, clinic.coordinator)
        for merged, _ in sent(lab, sequence, count, 0):
            merge(desk, *merged)
        with Steps(desk) as counted:
            look(desk)
        found.append(counted.steps)
        clinic.close()
    assert found[1] <= 2 * found[0] + 500


# what a desk asks for, without sending any record


def test_to_refuse_a_number_costs_the_same_however_many_of_the_day_were_used(tmp_path, monkeypatch):
    monkeypatch.setattr(quotas, "UNUSED_MAX", 5)
    found = []
    for count in (10, 400):
        folder = tmp_path / str(count)
        folder.mkdir()
        clinic = Clinic(folder, durable=False)
        lab, hub = clinic_of_three(clinic), clinic.coordinator
        for merged, _ in batches(lab, partial(granted_and_registered, hub), count, 0):
            merge(hub, *merged)
        for number in range(count, count + 5):
            hub.write(partial(ask_for_a_number, hub, number))
        with Steps(hub) as counted, pytest.raises(TooManyNumbers):
            hub.write(partial(ask_for_a_number, hub, count + 5))
        found.append(counted.steps)
        clinic.close()
    assert found[1] <= found[0] + 500


def ask_for_a_number(hub: Desk, number: int, tx: Transaction) -> Mrn | None:
    return hub.arbiter.grant(tx, RecordId((number + 1).to_bytes(16)), LAB).mrn


def granted_and_registered(hub: Desk, number: int) -> bytes:
    """Whoever is registered with an online number, once the desk has it."""
    mrn: Mrn | None = hub.write(
        lambda tx: hub.arbiter.grant_fresh(tx, RecordId((number + 1).to_bytes(16)), LAB)
    )
    return registration(number, mrn)


# every order says the same


def hostile_runs(lab: Desk, chance: random.Random) -> list[Run]:
    """Some of everything above, in runs, branches and shards, much of it about the same people."""
    runs = [Run(LAB, lab.signer, 100, (ADA, claims_of_one_number(1)))]
    for client, sequence in enumerate(IN_ONE_RUN, start=200):
        first = chance.randrange(1, 20)
        data = tuple(sequence(number) for number in range(first, first + chance.randrange(1, 5)))
        run = Run(LAB, lab.signer, client, data)
        runs += [
            run,
            run.cut(chance.randrange(len(data))).then(note(client), claims_of_one_number(2)),
        ]
    runs += [Run(LAB, lab.signer, 300 + copy, (ADA, rival_corrections(copy))) for copy in range(3)]
    runs += [Run(LAB, lab.signer, 400, (registration(60, "710001"),), shard) for shard in (1, 2)]
    for copy in range(6):
        # Each apart from the other, so that a verdict may reject the only correction of somebody.
        person = registration(80 + copy, None)
        correction = amendment(copy, odd_fields(chance), of=person)
        runs += [
            Run(LAB, lab.signer, 500 + 2 * copy + at, (data,))
            for at, data in enumerate((person, correction))
        ]
    return runs


def verdicts_on(clinic: Clinic, runs: list[Run]) -> list[Run]:
    """Verdicts of two coordinators that went on from one backup, each in a run of its own."""
    found = []
    for number, run in enumerate(runs):
        reason = Reason.OUTSIDE_RANGE if number % 3 else None
        rejects = {} if reason is None else {number % len(run.facts): reason}
        verdict = Verdict(LAB, run.shard, run.client, 0, len(run.facts), run.link(), rejects)
        body = bodies.write(verdict)
        hlc = (5000 + number) << 15
        data = facts.encode(Envelope(facts.VERDICT, facts.NO_RECORD, hlc, ELSEWHERE, body))
        found.append(Run(facts.COORDINATOR, clinic.coordinator_key, 900 + number, (data,)))
    return found


def in_any_order(desk: Desk, runs: list[Run], chance: random.Random) -> None:
    """Merge runs, in groups of any size, until all of them are in."""
    left = chance.sample(runs, len(runs))
    while left:
        size = chance.randrange(1, 9)
        group, left = left[:size], left[size:]
        outcomes = desk.exchange.merge(Merge(tuple(run.batch() for run in group))).outcomes
        assert {outcome.entry for outcome in outcomes} <= {"accepted", "not_yet"}, outcomes
        # A shard whose lower ones are still to come is asked for again.
        left += [run for run, one in zip(group, outcomes, strict=True) if one.entry == "not_yet"]


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(one, marks=pytest.mark.soak) for one in range(6, 40))]
)
def test_hostile_facts_in_any_order_and_grouping_say_the_same_on_three_replicas(
    clinic, lab, seed, monkeypatch
):
    monkeypatch.setattr(runs_, "SHARD_RUNS_MAX", 40)
    chance = random.Random(seed)
    desks = [clinic.desk(f"DESK-{number}") for number in range(3)]
    for desk in desks:
        pull(desk, clinic.coordinator)
    runs = hostile_runs(lab, chance)
    runs += verdicts_on(clinic, runs)
    tables = []
    for desk in desks:
        in_any_order(desk, runs, chance)
        tables.append(projection(desk))
        assert difference(tables[0], tables[-1]) == {}
        assert difference(tables[-1], folded_from_nothing(desk)) == {}
    assert len({desk.roots for desk in desks}) == 1
    assert tables[0]["rivals"], "numbers are contested"
    assert tables[0]["corrected"], "people are corrected"


ALL_NAMES = [*FIELDS, *(f"id:f{one}" for one in range(16))]


def replacing_in_all_fields(number: int) -> bytes:
    many = [FactId((number * 1000 + one).to_bytes(16)) for one in range(16)]
    return amendment(number, dict.fromkeys(ALL_NAMES, str(number)), many) if number else ADA


def test_corrections_of_all_fields_that_replace_sixteen_each_cost_the_same_each(clinic, lab):
    """Each takes two thirds of what is allowed here; to read what all replace, far more."""
    found = costs(clinic, batches(lab, replacing_in_all_fields, 30, MEASURED))
    within(found, steps_max=12_000)
