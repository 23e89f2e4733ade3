"""Corrections reach the fields of people one at a time, whatever their order and number."""

from __future__ import annotations

import itertools
import random

import pytest

from sync.engine.corrections import sources
from sync.model import bodies, facts
from sync.model.facts import (
    COORDINATOR,
    Amendment,
    Author,
    Envelope,
    FactId,
    Reason,
    RecordId,
    Verdict,
)
from sync.protocol.questions import Merge
from sync.rules import pairs
from tests.forging import ELSEWHERE, Run, person
from tests.projection import difference, folded_from_nothing, projection

LAB = Author("LAB1-PC")
RECORD = RecordId((1).to_bytes(16))
AT = "2026-01-06T12:00:00+05:00"
ADA = person(1, "710001", LAB)
ADA_ID = facts.fact_id(LAB, ADA)


def amendment(hlc: int, fields: dict[str, str], *replaced: bytes, of: FactId = ADA_ID) -> bytes:
    """A correction that replaces, in each of its fields, the facts ``replaced``."""
    ids = [facts.fact_id(LAB, data) for data in replaced]
    body = bodies.write(Amendment(of, fields, dict.fromkeys(fields, ids) if ids else {}, AT, None))
    return facts.encode(Envelope(facts.AMENDMENT, RECORD, hlc, ELSEWHERE, body))


@pytest.fixture
def wrote(clinic, lab):
    """A run by the coordinator or the lab, each of a client of its own."""
    clients = itertools.count(500)

    def write(author: Author, *data: bytes) -> Run:
        signer = lab.signer if author == LAB else clinic.coordinator_key
        return Run(author, signer, next(clients)).then(*data)

    return write


def rejecting(run: Run, *clocks: int) -> bytes:
    rejects = dict.fromkeys(clocks, Reason.REVOKED)
    count = len(run.facts)
    verdict = Verdict(LAB, 0, run.client, 0, count, run.link(), rejects)
    envelope = Envelope(facts.VERDICT, facts.NO_RECORD, 1 << 55, ELSEWHERE, bodies.write(verdict))
    return facts.encode(envelope)


def offered_in_every_order(clinic, runs: list[Run], orders: int = 24):
    """Merge runs into a replica in many orders; it says the same, as does a fold from nothing.

    On the way it says what replicas with the same runs say, of which one is folded from nothing.
    """
    chance = random.Random(5)
    every = list(itertools.permutations([run.batch() for run in runs]))
    desk = clinic.desk("DESK-1")
    beginning = desk.back_up()
    folded = {}
    for number, order in enumerate(chance.sample(every, min(orders, len(every)))):
        desk.restore(beginning)
        for count, batch in enumerate(order, 1):
            desk.exchange.merge(Merge((batch,)))
            mine, same = projection(desk), frozenset(order[:count])
            if same not in folded:
                folded[same] = folded_from_nothing(desk)
            assert difference(mine, folded[same]) == {}, f"order {number}"
        assert difference(mine, folded_from_nothing(desk)) == {}, f"order {number}"
    return desk


def test_a_chain_of_corrections_by_several_runs(clinic, wrote):
    first = amendment(90, {"full_name": "First", "phone": "1"})
    second = amendment(50, {"full_name": "Second"}, first)
    rival = amendment(60, {"phone": "2", "shoe_size": "42"})
    runs = [wrote(LAB, ADA), wrote(LAB, first), wrote(LAB, second), wrote(LAB, rival)]
    desk = offered_in_every_order(clinic, runs)
    assert desk.query("SELECT full_name, phone FROM patients") == [("Second", "1")]


def test_a_rejected_correction_takes_nothing_away_and_comes_back_when_admitted(clinic, wrote):
    first = wrote(LAB, amendment(90, {"full_name": "First"}))
    second = wrote(LAB, amendment(95, {"full_name": "Second"}, *first.facts))
    refused = wrote(COORDINATOR, rejecting(second, 0))
    desk = offered_in_every_order(clinic, [wrote(LAB, ADA), first, second, refused])
    assert desk.query("SELECT full_name FROM patients") == [("First",)]
    admitted = wrote(COORDINATOR, rejecting(second))
    desk.exchange.merge(Merge((admitted.batch(),)))
    assert desk.query("SELECT full_name FROM patients") == [("Second",)]
    assert difference(projection(desk), folded_from_nothing(desk)) == {}


def test_one_correction_that_lies_in_two_runs_counts_once(clinic, wrote):
    change = amendment(90, {"full_name": "First"})
    one, other = wrote(LAB, change), wrote(LAB, change)
    refused = wrote(COORDINATOR, rejecting(one, 0))
    desk = offered_in_every_order(clinic, [wrote(LAB, ADA), one, other, refused])
    assert desk.query("SELECT applied FROM corrections") == [(0,)]
    assert desk.query("SELECT full_name FROM patients") == [("Test Person",)]


def test_a_correction_of_a_registration_that_is_no_person_changes_nobody(clinic, wrote):
    stray = wrote(LAB, amendment(90, {"full_name": "Stray"}, of=FactId(bytes(16))))
    desk = offered_in_every_order(clinic, [wrote(LAB, ADA), stray])
    assert desk.query("SELECT full_name FROM patients") == [("Test Person",)]


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: bytes(len(data)),
        lambda data: data.replace(facts.REGISTRATION.encode(), b"registrat!on"),
        bytes.hex,
        len,
        None,
        "CAST(x'ff41' AS TEXT)",
    ],
)
def test_whose_record_cannot_be_read_keeps_back_nobody_that_comes_with_a_correction(
    clinic, wrote, changed
):
    """Not one desk could bring in anything any more until the disk was replaced."""
    desk = clinic.desk("DESK-1")
    desk.exchange.merge(Merge((wrote(LAB, ADA).batch(),)))
    if isinstance(changed, str):
        desk.query(f"UPDATE facts SET data = {changed} WHERE data = ?", ADA)
    elif changed is not None:
        desk.query("UPDATE facts SET data = ? WHERE data = ?", changed(ADA), ADA)
    else:
        desk.query("DELETE FROM facts WHERE data = ?", ADA)
    runs = wrote(LAB, amendment(90, {"full_name": "First"})), wrote(LAB, person(2, "710002", LAB))
    desk.exchange.merge(Merge(tuple(run.batch() for run in runs)))
    names = desk.query("SELECT claimed, full_name FROM patients ORDER BY claimed")
    assert names == [("710001", "Test Person"), ("710002", "Test Person")]
    assert desk.writer.store.unreadable


def test_invented_names_of_fields_are_kept_and_not_folded(clinic, wrote):
    """Each correction of a record with 500 of them cost 17 seconds, at every desk."""
    invented = [
        amendment(number, {f"name {number} {one}": "x" for one in range(60)})
        for number in range(90, 100)
    ]
    desk = offered_in_every_order(clinic, [wrote(LAB, ADA), wrote(LAB, *invented)])
    assert desk.query("SELECT DISTINCT field FROM corrected") == [("",)]
    assert desk.query("SELECT count(*) FROM amendments") == [(10,)]


def test_sources_are_told_of_as_many_identifiers_as_a_decision_about_a_pair_names(clinic, wrote):
    changes = [
        amendment(90 + first, {f"no:f{first}{one:x}": "" for one in range(16)})
        for first in range(6)
    ]
    rival = amendment(96, {"no:f00": "x", "x:own": "y", "sex": "M"})
    desk = offered_in_every_order(clinic, [wrote(LAB, ADA), wrote(LAB, *changes, rival)])
    found = sources(desk.writer.store, (RECORD, ADA_ID))
    first = [f"no:f{first}{one:x}" for first in range(4) for one in range(16)]
    assert list(found) == ["sex", *first]
    assert len(first) == pairs.NAMED_MAX
    assert found["no:f00"] == found["sex"] == facts.fact_id(LAB, rival)
    assert found["no:f3f"] == facts.fact_id(LAB, changes[3])
