"""The ledger: each number of each series has exactly one explanation."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from coordinator.registry.usage import RangeStanding
from coordinator.reports.ledger import (
    EXPLANATIONS,
    Ledger,
    LedgerKind,
    Series,
    gaps_of,
    gaps_of_day,
    joined,
)
from sync.engine.issuing import Issued
from sync.model.facts import Action, Allocator, Author, RecordId, State
from sync.model.numbers import Mrn, NumberRange
from sync.reading.reports.ledger import ClaimedNumber, Fate
from sync.rules.registry import Block
from tests.clinic import ZONE, Clinic, pull
from tests.sync.patients import reading, resolve

CONFIRMED, UNISSUED = LedgerKind.CONFIRMED, LedgerKind.UNISSUED


def stretches(clinic: Clinic, name: str, today: str = "20260106") -> list[tuple[int, int, str]]:
    """(first, last, kind) of a series; they cover it without a gap."""
    with reading(clinic.coordinator) as snapshot:
        ledger = Ledger(snapshot, today)
        series = ledger.find(name)
        found = list(ledger.stretches(series))
        assert found[0].first == series.first
        assert found[-1].last == series.last
        assert all(one.last + 1 == other.first for one, other in pairwise(found))
        assert sum(ledger.counts(series).values()) == series.last - series.first + 1
    return [(one.first, one.last, one.kind) for one in found]


def test_numbers_of_a_desk_that_works(clinic, lab):
    for _ in range(3):
        lab.register_offline()
    pull(clinic.coordinator, lab)
    assert stretches(clinic, "710000-719999") == [
        (710000, 710002, CONFIRMED),
        (710003, 719999, UNISSUED),
    ]


def test_a_number_that_was_passed_over(clinic, lab):
    lab.register_offline()
    lab.writer.write(lambda tx: (tx.begin(), tx.store.cursors.move(710000, 710004)))
    lab.register_offline()
    pull(clinic.coordinator, lab)
    assert stretches(clinic, "710000-719999")[:3] == [
        (710000, 710000, CONFIRMED),
        (710001, 710004, LedgerKind.SKIPPED),
        (710005, 710005, CONFIRMED),
    ]


@pytest.mark.parametrize("state", [State.RETIRED, State.REVOKED])
def test_numbers_of_a_desk_that_is_gone(clinic, lab, state):
    lab.register_offline()
    pull(clinic.coordinator, lab)
    clinic.act(partial(terminals.change_terminal, code="LAB1-PC", state=state, why="gone"))
    assert stretches(clinic, "710000-719999") == [
        (710000, 710000, CONFIRMED),
        (710001, 719999, LedgerKind.LOST),
    ]


def test_a_mistake_keeps_its_number(clinic, lab):
    lab.register_offline()
    lab.register_offline()
    pull(clinic.coordinator, lab)
    resolve(clinic, clinic.coordinator, 1, Action.VOID)
    assert stretches(clinic, "710000-719999")[:2] == [
        (710000, 710000, LedgerKind.VOID),
        (710001, 710001, CONFIRMED),
    ]


def test_what_waits_is_not_confirmed_yet(lab):
    lab.register_offline()
    with reading(lab) as snapshot:
        ledger = Ledger(snapshot, "20260106")
        assert next(ledger.stretches(ledger.find("710000-719999"))).kind is LedgerKind.WAITING


def test_two_people_with_one_number_are_one_number(clinic, lab, ward):
    for desk in (lab, ward):
        desk.register(desk.draft(), lambda _tx: Issued(Mrn("710000"), True))
    clinic.heal()
    assert stretches(clinic, "710000-719999") == [
        (710000, 710000, CONFIRMED),
        (710001, 719999, UNISSUED),
    ]
    ward.register(ward.draft(), lambda _tx: Issued(Mrn("710005"), True))
    clinic.heal()
    assert (710005, 710005, LedgerKind.REFUSED) in stretches(clinic, "710000-719999")


def test_online_numbers_that_nobody_used_lapse_at_the_end_of_their_day(clinic, lab):
    arbiter = Arbiter(Recovery(clinic.random.randbytes, ZONE))
    granted = [
        clinic.act(partial(arbiter.grant, record=RecordId(bytes([n]) * 16), terminal=lab.author))
        for n in (1, 2)
    ]
    draft = lab.draft()._replace(record=RecordId(bytes([2]) * 16))
    lab.register(draft, lambda _tx: granted[1])
    clinic.heal()
    day = granted[0].mrn[4:12]
    assert stretches(clinic, day) == [(1, 1, LedgerKind.LAPSED), (2, 2, CONFIRMED)]
    assert stretches(clinic, day, today=day)[0] == (1, 1, LedgerKind.ASKED)


def test_a_day_with_one_number_far_above_all_others_is_told_in_a_few_pieces(clinic, lab):
    arbiter = Arbiter(Recovery(clinic.random.randbytes, ZONE))
    far = Mrn("PAT-20260105-900000000")
    clinic.act(lambda tx: arbiter.give(tx, RecordId(bytes(16)), None, far))
    clinic.act(lambda tx: arbiter.give(tx, RecordId(bytes(16)), None, Mrn("PAT-20260105-0003")))
    assert stretches(clinic, "20260105") == [
        (1, 2, LedgerKind.SKIPPED),
        (3, 3, LedgerKind.LAPSED),
        (4, 899_999_999, LedgerKind.SKIPPED),
        (900_000_000, 900_000_000, LedgerKind.LAPSED),
    ]
    why = gaps_of_day([3, 900_000_000], LedgerKind.ASKED)
    assert why(1) == (LedgerKind.SKIPPED, 2)
    assert why(4) == (LedgerKind.SKIPPED, 899_999_999)


RANGE = NumberRange(100, 109)


def standing(**other: object) -> RangeStanding:
    block = Block(RANGE, Author("A"), None, Allocator.NODE, 0, False, 1, "", (), 0, "")
    return RangeStanding(block, 105, None)._replace(**other)


MARKED = standing().block._replace(mark=102)
OF_CLIENT = standing().block._replace(allocator=Allocator.CLIENT)


@pytest.mark.parametrize(
    ("one", "ended", "kinds"),
    [
        (standing(), False, "skipped 6, unissued 4"),
        (standing(closed="a copy"), False, "closed 10"),
        (standing(closed="retired"), True, "lost 10"),
        (standing(block=MARKED), False, "earlier 3, skipped 3, unissued 4"),
        (standing(block=OF_CLIENT), False, "unissued 10"),
    ],
)
def test_why_nobody_has_a_number(one, ended, kinds):
    series = Series("100-109", Author("A"), 100, 109)
    found = joined(series, [], gaps_of(one, ended))
    assert ", ".join(f"{stretch.kind} {stretch.size}" for stretch in found) == kinds


def test_numbers_that_were_brought_along_are_by_hand():
    series = Series("100-109", Author("A"), 100, 109)
    client = standing(block=OF_CLIENT)
    claims = [ClaimedNumber(104, Fate.CONFIRMED), ClaimedNumber(105, Fate.VOID)]
    found = [*joined(series, claims, gaps_of(client, False), by_hand=True)]
    assert [(one.first, one.kind) for one in found] == [
        (100, UNISSUED),
        (104, LedgerKind.BY_HAND),
        (105, LedgerKind.VOID),
        (106, UNISSUED),
    ]


def test_a_counter_above_all_that_were_given_ends_a_day():
    series = Series("20260105", None, 1, 2)
    found = joined(series, [ClaimedNumber(9, Fate.REFUSED)], lambda n: (LedgerKind.LAPSED, n))
    assert [*found] == [(1, 2, LedgerKind.LAPSED)]


def test_every_kind_is_explained_and_every_fate_is_a_kind():
    assert set(EXPLANATIONS) == set(LedgerKind)
    assert {LedgerKind(fate) for fate in Fate} <= set(LedgerKind)
