"""Merges on replicas: who stands for whom, whose values are shown, in any order of arrival."""

from __future__ import annotations

import itertools
import random

import pytest

from sync.model import bodies, facts
from sync.model.facts import (
    COORDINATOR,
    Action,
    Amendment,
    Author,
    Envelope,
    FactId,
    RecordId,
    Registration,
    Resolution,
)
from sync.model.numbers import Mrn
from sync.model.person import more
from sync.protocol.questions import Merge
from sync.rules import merging
from tests.forging import ELSEWHERE, Run
from tests.projection import difference, folded_from_nothing, projection
from tests.sync.patients import feed

LAB = Author("LAB1-PC")
AT = "2026-01-05T12:00:00+05:00"


def record(number: int) -> RecordId:
    return RecordId(number.to_bytes(16))


def person(number: int, **fields: str) -> bytes:
    registration = Registration(Mrn(str(710000 + number)), LAB, True, AT, None, None, fields)
    return facts.encode(
        Envelope(facts.REGISTRATION, record(number), number, ELSEWHERE, bodies.write(registration))
    )


ADA = person(1, full_name="Ada", phone="0301", address="Lahore")
BINA = person(2, full_name="Bina", phone="0302", address="Quetta")
CALA = person(3, full_name="Cala", phone="0303", address="Multan")
PEOPLE = (ADA, BINA, CALA)


def ident(data: bytes) -> FactId:
    return facts.fact_id(LAB, data)


def decision(data: bytes) -> FactId:
    return facts.fact_id(COORDINATOR, data)


def decided(
    serial: int,
    action: Action,
    about: bytes,
    into: bytes | None = None,
    taken: tuple[str, ...] = (),
    replaces: tuple[bytes, ...] = (),
) -> bytes:
    resolution = Resolution(
        serial,
        tuple(map(decision, replaces)),
        ident(about),
        action,
        None,
        ident(into) if into is not None else None,
        facts.decode(into).record_id if into is not None else None,
        None,
        "Sadia",
        "one person",
        taken,
    )
    record_id = facts.decode(about).record_id
    body = bodies.write(resolution)
    return facts.encode(Envelope(facts.RESOLUTION, record_id, 1 << 50, ELSEWHERE, body))


def merged(serial: int, about: bytes, into: bytes, *taken: str, replaces=()) -> bytes:
    return decided(serial, Action.MERGE, about, into, taken, replaces)


def corrected(about: bytes, *replaced: FactId, hlc: int = 90, **fields: str) -> bytes:
    amendment = Amendment(ident(about), fields, {name: list(replaced) for name in fields}, AT, None)
    record_id = facts.decode(about).record_id
    body = bodies.write(amendment)
    return facts.encode(Envelope(facts.AMENDMENT, record_id, hlc, ELSEWHERE, body))


class Offered:
    """Replicas to which the same facts came, each fact in a batch of its own, in many orders."""

    def __init__(self, clinic, lab) -> None:
        self.clinic, self.lab = clinic, lab
        self.clients = itertools.count(500)
        self.names = itertools.count()
        # To put one desk back to its beginning takes a third of the time that a new one takes.
        self.new = clinic.desk("NEW-DESK")
        self.beginning = self.new.back_up()

    def run(self, data: bytes) -> Run:
        kind = facts.decode(data).kind
        own = kind in (facts.RESOLUTION, facts.PAIR)
        signer = self.clinic.coordinator_key if own else self.lab.signer
        return Run(COORDINATOR if own else LAB, signer, next(self.clients)).then(data)

    def __call__(self, *data: bytes, orders: int = 6):
        """A replica that has all of them; all say the same, whatever came first.

        Every second order is the one before it backwards, so each comes before each other one.
        """
        batches = [self.run(one).batch() for one in (*PEOPLE, *data)]
        first, order = None, batches
        chance = random.Random(5)
        name = f"DESK-{next(self.names)}"
        desk = self.clinic.desks[name] = self.new.clone(name)
        for number in range(orders):
            desk.restore(self.beginning)
            order = order[::-1] if number % 2 else chance.sample(batches, len(batches))
            for batch in order:
                desk.exchange.merge(Merge((batch,)))
            mine = projection(desk)
            assert difference(mine, folded_from_nothing(desk)) == {}
            first = first or mine
            assert difference(first, mine) == {}
        return desk


@pytest.fixture
def offer(clinic, lab) -> Offered:
    return Offered(clinic, lab)


def shown(desk, data: bytes) -> tuple[str, str, str]:
    ((name, phone, address),) = desk.query(
        "SELECT full_name, phone, address FROM patients WHERE fact = ?", ident(data)
    )
    return name, phone, address


def survivors(desk) -> dict[str, str]:
    return dict(
        desk.query(
            "SELECT f.full_name, g.full_name FROM settled s JOIN patients f ON f.id = s.patient"
            " JOIN patients g ON g.fact = s.survivor"
        )
    )


def test_a_merge_takes_what_was_chosen_and_changes_nothing_of_the_former(offer):
    desk = offer(merged(5, ADA, BINA, "phone"))
    assert survivors(desk) == {"Ada": "Bina"}
    assert shown(desk, BINA) == ("Bina", "0301", "Quetta")
    assert shown(desk, ADA) == ("Ada", "0301", "Lahore")
    assert desk.conflicts() == []
    assert len(desk.query("SELECT * FROM held")) == 3


def test_an_unmerge_restores_both_with_each_correction_on_its_side(offer):
    merge = merged(5, ADA, BINA, "phone")
    of_former = corrected(ADA, ident(ADA), phone="0399", address="Gilgit")
    of_survivor = corrected(BINA, ident(BINA), decision(merge), address="Karachi")
    joined = offer(merge, of_former, of_survivor)
    assert shown(joined, BINA) == ("Bina", "0399", "Karachi"), "the phone was chosen from Ada"
    apart = offer(merge, of_former, of_survivor, decided(6, Action.REOPEN, ADA, replaces=(merge,)))
    assert survivors(apart) == {}
    assert shown(apart, ADA) == ("Ada", "0399", "Gilgit")
    assert shown(apart, BINA) == ("Bina", "0302", "Karachi")


def test_a_correction_of_the_merged_view_belongs_to_the_survivor(offer):
    merge = merged(5, ADA, BINA, "phone")
    correction = corrected(BINA, ident(BINA), decision(merge), phone="0388")
    assert shown(offer(merge, correction), BINA) == ("Bina", "0388", "Quetta")
    later = corrected(ADA, ident(ADA), phone="0399")
    assert shown(offer(merge, correction, later), BINA)[1] == "0388"
    assert shown(offer(merge, correction, later), ADA)[1] == "0399"


def test_a_correction_by_a_desk_that_had_not_heard_shows_where_the_field_is_the_survivors(offer):
    merge = merged(5, ADA, BINA, "phone")
    correction = corrected(BINA, ident(BINA), phone="0377", address="Karachi")
    assert shown(offer(merge, correction), BINA) == ("Bina", "0301", "Karachi")


def test_a_later_correction_of_a_correction_that_named_the_merge_counts_too(offer):
    merge = merged(5, ADA, BINA, "phone")
    first = corrected(BINA, ident(BINA), decision(merge), phone="0388")
    second = corrected(BINA, ident(first), phone="0389", hlc=10)
    assert shown(offer(merge, first, second), BINA)[1] == "0389"


def test_a_chain_shows_what_each_merge_takes(offer):
    desk = offer(merged(5, ADA, BINA, "phone"), merged(6, BINA, CALA, "phone", "address"))
    assert survivors(desk) == {"Ada": "Cala", "Bina": "Cala"}
    assert shown(desk, CALA) == ("Cala", "0301", "Quetta")
    again = offer(
        merged(5, ADA, BINA, "phone"),
        merged(6, BINA, CALA, "phone", "address"),
        corrected(ADA, ident(ADA), phone="0399"),
    )
    assert shown(again, CALA)[1] == "0399"


def test_of_two_merges_that_take_a_field_the_latest_counts(offer):
    one, other = merged(5, ADA, CALA, "phone"), merged(6, BINA, CALA, "phone")
    assert shown(offer(one, other), CALA)[1] == "0302"
    gone = decided(7, Action.REOPEN, BINA, replaces=(other,))
    assert shown(offer(one, other, gone), CALA)[1] == "0301"


FATIMA = person(4, full_name="Fatima", **{"id:passport": "AB1", "x:blood": "A+"})
GULNAR = person(5, full_name="Gulnar", **{"no:passport": "XY2", "no:policy": "77", "x:blood": "B+"})


def test_identifiers_and_fields_of_a_clinic_are_taken_one_by_one(offer):
    def more_of(desk, data: bytes) -> list[tuple]:
        return desk.query("SELECT identifiers, extra FROM patients WHERE fact = ?", ident(data))

    merge = merged(5, FATIMA, GULNAR, "id:passport", "no:passport")
    desk = offer(FATIMA, GULNAR, merge)
    joined = [('{"id:passport": "AB1", "no:policy": "77"}', '{"x:blood": "B+"}')]
    assert more_of(desk, GULNAR) == joined
    assert desk.query("SELECT field, text FROM hidden") == [("no:passport", "XY2")]
    of_survivor = corrected(GULNAR, decision(merge), **{"id:passport": "AB3"})
    (identifiers, _), *_ = more_of(offer(FATIMA, GULNAR, merge, of_survivor), GULNAR)
    assert '"id:passport": "AB3"' in identifiers
    of_former = corrected(FATIMA, ident(FATIMA), **{"id:passport": "AB4"})
    (identifiers, _), *_ = more_of(offer(FATIMA, GULNAR, merge, of_former), GULNAR)
    assert '"id:passport": "AB4"' in identifiers
    gone = decided(6, Action.REOPEN, FATIMA, replaces=(merge,))
    apart = offer(FATIMA, GULNAR, merge, gone)
    assert more_of(apart, GULNAR) == more_of(offer(GULNAR), GULNAR)
    blood = offer(FATIMA, GULNAR, merged(5, FATIMA, GULNAR, "x:blood", "y:other", "identifiers"))
    assert more_of(blood, GULNAR)[0][1] == '{"x:blood": "A+"}'


@pytest.mark.parametrize("seed", range(6))
def test_of_very_many_fields_the_first_sixteen_with_a_value_are_shown(offer, seed):
    """Corrections add and empty them, and a merge takes some of them, and some that are empty."""
    chance = random.Random(seed)
    names = [f"{prefix}:f{number:02}" for prefix in ("id", "no", "x") for number in range(15)]

    def some(most: int, *texts: str) -> dict[str, str]:
        picked = chance.sample(names, chance.randrange(most))
        return {name: chance.choice(texts) for name in picked}

    of_former, of_survivor = some(45, "a", "b", ""), some(45, "c", "d", "")
    former, survivor = person(6, **of_former), person(7, **of_survivor)
    taken = merging.in_order(chance.sample(names, 8))
    corrections = []
    for hlc in range(90, 100):
        about, fields = chance.choice([(former, of_former), (survivor, of_survivor)])
        changes = some(17, "e", "f", "")
        fields |= changes
        corrections.append(corrected(about, hlc=hlc, **changes))
    desk = offer(former, survivor, merged(5, former, survivor, *taken), *corrections, orders=3)

    def first_sixteen(fields: dict[str, str]) -> dict[str, str]:
        given = sorted(name for name, text in fields.items() if text)
        return {name: fields[name] for name in given[:16]}

    def more_of(data: bytes) -> dict[str, str]:
        columns = desk.query("SELECT identifiers, extra FROM patients WHERE fact = ?", ident(data))
        return {name: text for one in columns[0] for name, text in more.unpacked(one).items()}

    assert more_of(former) == first_sixteen(of_former)
    of_others = {name: more_of(former).get(name, "") for name in taken}
    assert more_of(survivor) == first_sixteen(of_survivor | of_others)
    assert dict(desk.query("SELECT field, text FROM hidden")) == {
        name: of_survivor[name] for name in taken if of_survivor.get(name)
    }


def test_a_ring_of_two_coordinators_has_one_survivor(offer):
    desk = offer(
        merged(5, ADA, BINA, "phone"),
        merged(5, CALA, ADA, "address"),
        merged(6, BINA, CALA, "phone"),
    )
    assert survivors(desk) == {"Ada": "Bina", "Cala": "Bina"}
    assert shown(desk, BINA) == ("Bina", "0301", "Quetta")
    assert shown(desk, CALA) == ("Cala", "0303", "Multan"), "the merge into it does not count"
    opened = offer(
        merge := merged(5, ADA, BINA, "phone"),
        merged(5, CALA, ADA, "address"),
        merged(6, BINA, CALA, "phone"),
        decided(7, Action.REOPEN, ADA, replaces=(merge,)),
    )
    assert survivors(opened) == {"Bina": "Ada", "Cala": "Ada"}
    assert shown(opened, CALA) == ("Cala", "0302", "Multan")


def test_two_coordinators_merge_one_record_into_two_others(offer):
    one, other = merged(5, ADA, BINA, "phone"), merged(6, ADA, CALA, "phone")
    desk = offer(one, other)
    assert survivors(desk) == {"Ada": "Cala"}
    assert (shown(desk, BINA)[1], shown(desk, CALA)[1]) == ("0302", "0301")
    apart = offer(one, other, decided(7, Action.REOPEN, ADA, replaces=(one, other)))
    assert survivors(apart) == {}


def test_merged_by_one_coordinator_and_void_by_another(offer):
    desk = offer(merged(5, ADA, BINA), decided(6, Action.VOID, BINA))
    assert survivors(desk) == {"Ada": "Bina"}
    assert desk.query("SELECT action FROM settled ORDER BY action") == [("merge",), ("void",)]


# the feed


def bring(offer: Offered, desk, *data: bytes) -> list[tuple]:
    """What the feed of a desk says of facts that come to it one after the other."""
    with_cursor = len(feed(desk))
    for one in data:
        desk.exchange.merge(Merge((offer.run(one).batch(),)))
    return feed(desk)[with_cursor:]


def test_the_feed_tells_of_each_record_for_which_another_one_counts(offer, clinic):
    desk = clinic.desk("FRONT-PC")
    bring(offer, desk, *PEOPLE)
    first, second = merged(5, ADA, BINA, "phone"), merged(6, BINA, CALA)
    assert bring(offer, desk, first) == [
        ("merged", "710001", None),
        ("amended", "710002", None),
    ]
    assert sorted(bring(offer, desk, second)) == [
        ("merged", "710001", None),
        ("merged", "710002", None),
    ]
    assert bring(offer, desk, decided(7, Action.REOPEN, ADA, replaces=(first,))) == [
        ("unmerged", "710001", None),
        ("amended", "710002", None),
    ]
    void = decided(8, Action.VOID, ADA)
    assert bring(offer, desk, void) == [("voided", "710001", None)]
    back = decided(9, Action.REOPEN, ADA, replaces=(void,))
    assert bring(offer, desk, back) == [("unvoided", "710001", None)]


def test_a_merge_is_told_once_its_registration_is_here(offer, clinic):
    desk = clinic.desk("FRONT-PC")
    entries = bring(offer, desk, merged(5, ADA, BINA, "phone"), BINA, ADA)
    assert entries == [
        ("registered", "710002", None),
        ("registered", "710001", None),
        ("merged", "710001", None),
        ("amended", "710002", None),
    ]


# what it costs


def test_somebody_about_whom_nobody_decided_costs_nothing(lab, monkeypatch):
    asked: list[str] = []
    lab.writer.store.connection.real.set_trace_callback(asked.append)
    lab.register_offline()
    assert not [sql for sql in asked if "settled" in sql]
