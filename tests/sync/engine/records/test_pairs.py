"""Pairs on replicas: two people as long as both say what was seen, in any order of arrival."""

from __future__ import annotations

import random

import pytest

from sync.model import bodies, facts
from sync.model.facts import Action, Envelope, FactId, PairFact
from sync.protocol.questions import Merge
from tests.forging import ELSEWHERE
from tests.projection import difference, folded_from_nothing, projection
from tests.sync.engine.test_merging import (
    ADA,
    BINA,
    CALA,
    Offered,
    corrected,
    decided,
    decision,
    ident,
    merged,
)


def apart(
    one: bytes = ADA,
    other: bytes = BINA,
    two: bool = True,
    replaces: tuple[bytes, ...] = (),
    seen: dict[str, FactId] | None = None,
    seen_other: dict[str, FactId] | None = None,
) -> bytes:
    body = PairFact(
        tuple(map(decision, replaces)),
        ident(one),
        ident(other),
        facts.decode(other).record_id,
        two,
        seen or {},
        seen_other or {},
        "Sadia",
        "sisters",
        None,
    )
    record_id = facts.decode(one).record_id
    return facts.encode(Envelope(facts.PAIR, record_id, 1 << 50, ELSEWHERE, bodies.write(body)))


class OfferedInFewOrders(Offered):
    """Each rule in some orders; any history in more of them, below."""

    def __call__(self, *data: bytes, orders: int = 4):
        return super().__call__(*data, orders=orders)


@pytest.fixture
def offer(clinic, lab) -> Offered:
    return OfferedInFewOrders(clinic, lab)


def two_people(desk) -> list[set[str]]:
    names = {ident(data): name for data, name in ((ADA, "Ada"), (BINA, "Bina"), (CALA, "Cala"))}
    rows = desk.query("SELECT first, second FROM two_people")
    return [{names[first], names[second]} for first, second in rows]


def test_two_people_are_two_on_every_replica(offer):
    assert two_people(offer(apart())) == [{"Ada", "Bina"}]
    assert two_people(offer(apart(BINA, ADA))) == [{"Ada", "Bina"}]


def test_a_correction_that_was_not_seen_ends_it_whenever_it_was_made(offer):
    for hlc in (5, 1 << 51):
        assert two_people(offer(apart(), corrected(BINA, ident(BINA), hlc=hlc, phone="0399"))) == []
    phone = corrected(BINA, ident(BINA), phone="0399")
    assert two_people(offer(phone, apart(seen_other={"phone": ident(phone)}))) == [{"Ada", "Bina"}]


def test_a_correction_that_does_not_count_ends_nothing(offer):
    first = corrected(ADA, ident(ADA), phone="0398")
    second = corrected(ADA, ident(first), phone="0399")
    pair = apart(seen={"phone": ident(second)})
    assert two_people(offer(first, second, pair)) == [{"Ada", "Bina"}]
    assert two_people(offer(first, pair)) == [], "it says something else than was seen"


def test_it_is_taken_back_and_decided_again(offer):
    pair = apart()
    back = apart(two=False, replaces=(pair,))
    assert two_people(offer(pair, back)) == []
    assert two_people(offer(pair, back, apart(BINA, ADA, replaces=(back,)))) == [{"Ada", "Bina"}]


def test_two_coordinators_of_one_backup_must_agree(offer):
    back = apart(two=False)
    assert two_people(offer(apart(), back)) == []
    assert two_people(offer(apart(), apart(BINA, ADA))) == [{"Ada", "Bina"}]


def test_a_merge_by_which_one_shows_the_value_of_another_record_ends_it_until_the_unmerge(offer):
    merge = merged(5, CALA, BINA, "phone")
    assert two_people(offer(apart(), merge)) == []
    assert two_people(offer(apart(), merged(5, CALA, BINA))) == [{"Ada", "Bina"}]
    gone = decided(6, Action.REOPEN, CALA, replaces=(merge,))
    assert two_people(offer(apart(), merge, gone)) == [{"Ada", "Bina"}]
    seen = {"phone": ident(CALA)}
    assert two_people(offer(apart(seen_other=seen), merge)) == [{"Ada", "Bina"}]


def test_a_correction_of_a_former_record_ends_it_for_whoever_shows_it(offer):
    merge, chain = merged(5, CALA, BINA, "phone"), merged(6, BINA, ADA, "phone")
    pair = apart(CALA, ADA, seen_other={"phone": ident(CALA)})
    assert two_people(offer(merge, chain, pair)) == [{"Ada", "Cala"}]
    # The same text, so that nothing that is shown changes.
    same = corrected(CALA, ident(CALA), phone="0303")
    assert two_people(offer(merge, chain, pair, same)) == []


def test_a_correction_that_changes_no_text_reaches_whoever_shows_the_field(offer):
    merge = merged(5, CALA, BINA, "phone")
    pair = apart(BINA, ADA, seen={"phone": ident(CALA)})
    assert two_people(offer(merge, pair)) == [{"Ada", "Bina"}]
    assert two_people(offer(merge, pair, corrected(CALA, ident(CALA), phone="0303"))) == []


def test_merged_by_one_coordinator_and_two_people_by_another(offer):
    merge = merged(5, ADA, BINA)
    desk = offer(apart(), merge)
    assert desk.query("SELECT count(*) FROM settled WHERE survivor IS NOT NULL") == [(1,)]
    assert two_people(desk) == [{"Ada", "Bina"}], "it counts again after the unmerge"


def test_a_terminal_decides_nothing_about_pairs(offer, clinic):
    desk = clinic.desk("FRONT-PC")
    run = offer.run(ADA).then(apart())
    desk.exchange.merge(Merge((run.batch(),)))
    assert desk.query("SELECT * FROM pairs") == []


@pytest.mark.parametrize("seed", range(6))
def test_any_history_says_the_same_in_any_order(offer, seed):
    chance = random.Random(seed)
    made: list[bytes] = []
    pairs: list[bytes] = []
    merges: list[bytes] = []
    people = [ADA, BINA, CALA]
    for serial in range(5, 17):
        one, other = chance.sample(people, 2)
        known = [ident(data) for data in made] or [ident(ADA)]
        corrected_one = chance.choice(known)
        fields = {chance.choice(["phone", "full_name"]): chance.choice(known)}
        seen = chance.choice([{}, {}, fields])
        replaced = tuple(chance.sample(pairs, min(len(pairs), chance.randrange(3))))
        acts = [
            lambda a=one, b=other, s=seen, r=replaced: apart(
                a, b, chance.random() < 0.8, r, s, chance.choice([{}, s])
            ),
            lambda a=one, k=corrected_one: corrected(
                a, ident(a), k, hlc=chance.randrange(200), phone=str(chance.randrange(3))
            ),
            lambda a=one, b=other, n=serial: merged(n, a, b, chance.choice(["phone", "sex"])),
            lambda a=one, n=serial: decided(n, Action.REOPEN, a, replaces=tuple(merges)),
        ]
        number = chance.randrange(4)
        data = acts[number]()
        made.append(data)
        if number == 0:
            pairs.append(data)
        if number == 2:
            merges.append(data)
    offer(*made, orders=6)


def test_one_that_was_restored_is_folded_alike(offer):
    desk = offer(apart(), corrected(CALA, ident(CALA), phone="0399"))
    desk.reopen()
    assert difference(projection(desk), folded_from_nothing(desk)) == {}
    assert two_people(desk) == [{"Ada", "Bina"}]


# what it costs


def test_where_nobody_decided_about_a_pair_a_correction_asks_once(offer, clinic, monkeypatch):
    desk = clinic.desk("FRONT-PC")
    desk.exchange.merge(Merge((offer.run(ADA).batch(),)))
    asked: list[str] = []
    desk.writer.store.connection.real.set_trace_callback(asked.append)
    desk.exchange.merge(Merge((offer.run(corrected(ADA, ident(ADA), phone="0399")).batch(),)))
    assert [sql for sql in asked if "pairs" in sql] == ["SELECT 1 FROM pairs LIMIT 1"]


def test_a_registration_asks_nothing(lab):
    asked: list[str] = []
    lab.writer.store.connection.real.set_trace_callback(asked.append)
    lab.register_offline()
    assert not [sql for sql in asked if "pairs" in sql or "suggestions" in sql]
