"""Blocks of the pool of which desks claim numbers: whose claims keep which of them from others."""

import pytest

from coordinator import quota_watch
from coordinator.errors import PoolUsedUp
from coordinator.registry import pool, ranges
from coordinator.registry.pool import BLOCKS_NAMED, IN_DOUBT_MAX
from sync.engine.issuing import Issued
from sync.errors import RangeExhausted
from sync.model import facts
from sync.model.alarms import Alarm
from sync.model.facts import Author
from sync.model.numbers import STRAYS_MAX, Mrn, NumberRange
from sync.model.telephones import REGION
from sync.reading.snapshot import Snapshot
from sync.reading.view import StoredView
from tests.claiming import CLAIMING, LAB, registrations, send, sheets
from tests.clinic import Clinic, Desk, pull
from tests.projection import difference, folded_from_nothing, projection
from tests.sync.engine.test_bounds import Steps
from tests.sync.patients import TODAY

WARD = Author("WARD-PC")
FIRST, BLOCK = 2000, 10


@pytest.fixture
def ward(clinic: Clinic, lab: Desk) -> Desk:
    return clinic.desk(WARD)


def name_pool(clinic: Clinic, blocks: int) -> list[int]:
    """Name a pool; return the first number of each of its blocks."""
    range_ = NumberRange(FIRST, FIRST + blocks * BLOCK - 1)
    clinic.act(lambda tx: pool.change(tx, range_, BLOCK, True))
    return list(range(range_.start, range_.end, BLOCK))


def next_block(clinic: Clinic, terminal: Author = WARD) -> int:
    """The first number of the next block of the pool for a terminal."""
    found: NumberRange = clinic.act(lambda tx: pool.next_block(tx, terminal))
    return found.start


def alarms(clinic: Clinic) -> list[Alarm]:
    writer = clinic.coordinator.writer
    snapshot = Snapshot(StoredView.of(writer.store), TODAY, REGION)
    return quota_watch.alarms_of(quota_watch._look(snapshot, writer.now_ms), [])


def everything(desk: Desk) -> list[int]:
    """All that a desk can give of its ranges."""
    found = []
    while True:
        try:
            desk.register_offline()
        except RangeExhausted:
            return found
        found.append(int(desk.mrns()[-1]))


@pytest.mark.parametrize("claiming", CLAIMING)
@pytest.mark.parametrize("at", [0, 4, BLOCK - 1])
def test_who_claims_a_number_of_every_block_takes_no_block_from_others(
    clinic, lab, ward, claiming, at
):
    claimed = {start + at for start in name_pool(clinic, 30)}
    send(clinic, lab, claiming(sorted(claimed)))
    (alarm,) = alarms(clinic)
    assert (alarm.code, alarm.about) == ("numbers_of_no_range", LAB)
    assert alarm.text == "LAB1-PC has used 30 numbers that no range has. Nobody else gets them."
    review = clinic.act(lambda tx: ranges.review(tx, {(WARD, ward.writer.identity.incarnation)}))
    assert [one.range.start for one in review.extended] == [FIRST]
    pull(ward, clinic.coordinator)
    block = set(range(FIRST, FIRST + BLOCK))
    assert everything(ward) == sorted(block - claimed), "what somebody claims nobody is given"
    marks = ward.writer.store.numbers.range_marks()
    assert marks[NumberRange(FIRST, FIRST + BLOCK - 1)] == max(block - claimed)


def test_all_blocks_but_one_number_of_each_are_given_in_the_end(clinic, lab, ward):
    claimed = {start + BLOCK - 1 for start in name_pool(clinic, 12)}
    send(clinic, lab, sheets(sorted(claimed)))
    for start in range(FIRST, FIRST + 12 * BLOCK, BLOCK):
        assert clinic.act(lambda tx: ranges.grant_next(tx, WARD)).start == start
    with pytest.raises(PoolUsedUp):
        next_block(clinic)
    pull(ward, clinic.coordinator)
    given = everything(ward)
    assert len(given) == 12 * (BLOCK - 1)
    assert claimed.isdisjoint(given)
    assert difference(projection(ward), folded_from_nothing(ward)) == {}


def test_a_desk_may_have_been_given_a_few_blocks_that_were_forgotten(clinic, lab, ward):
    """So these stay out of the pool, and somebody hears of it at the first number."""
    starts = name_pool(clinic, 30)
    for count, start in enumerate(starts[:IN_DOUBT_MAX], 1):
        send(clinic, lab, registrations([start, start + 1]), 1000 + count)
        assert next_block(clinic) == starts[count]
    (alarm,) = alarms(clinic)
    assert alarm.text == (
        "LAB1-PC has used 8 numbers that no range has. Nobody else gets them. The pool does not "
        "give 2000-2009, 2010-2019, 2020-2029, 2030-2039: LAB1-PC may have been given these "
        "numbers, and the coordinator has forgotten it."
    )
    assert "`mrnmesh-coordinator pool set START-END`" in alarm.do
    # Nobody works on more blocks than that at once.
    send(clinic, lab, registrations([starts[9]]), 2000)
    assert next_block(clinic) == FIRST
    assert alarms(clinic) == []


def test_blocks_that_a_desk_has_used_up_stay_out_however_many(clinic, lab, ward):
    """As those of a desk would be that was given them in a past of which nothing is left."""
    starts = name_pool(clinic, 30)
    send(clinic, lab, registrations(range(FIRST, starts[7] + 3)))
    assert next_block(clinic) == starts[8]
    (alarm,) = alarms(clinic)
    assert alarm.terms["count"] == 73
    assert alarm.terms["blocks"] == BLOCKS_NAMED


def test_a_block_of_which_half_is_claimed_is_not_worth_giving(clinic, lab, ward):
    starts = name_pool(clinic, 30)
    everywhere = [start + 9 for start in starts]
    send(clinic, lab, sheets(everywhere))
    send(clinic, lab, sheets(range(FIRST, FIRST + 3)), 2000)
    assert next_block(clinic) == FIRST
    send(clinic, lab, sheets([FIRST + 3]), 3000)
    assert next_block(clinic) == starts[1]


@pytest.mark.parametrize("claiming", CLAIMING)
def test_a_block_about_whose_numbers_there_are_many_disputes_is_not_given(
    clinic, lab, ward, claiming, monkeypatch
):
    monkeypatch.setattr(pool, "CLAIMED_AGAIN_MAX", 6)
    starts = name_pool(clinic, 30)
    send(clinic, lab, claiming([start + 9 for start in starts]))
    for again in range(6):
        assert next_block(clinic) == FIRST
        # A record of its own each time.
        (fact,) = claiming([FIRST + 9])
        envelope = facts.decode(fact)
        send(clinic, lab, [facts.encode(envelope._replace(hlc=7 + again))], 2000 + again)
    assert next_block(clinic) == starts[1]


def test_what_the_coordinator_registered_keeps_its_block_whoever_claims_it_too(clinic, lab, ward):
    """Numbers of an earlier system come in like that, and there may be more of them."""
    starts = name_pool(clinic, 30)
    hub = clinic.coordinator
    hub.register(hub.draft(), lambda tx: Issued(Mrn(str(FIRST + 5)), True))
    send(clinic, lab, sheets([start + 5 for start in starts]))
    assert next_block(clinic) == starts[1]
    assert [alarm.about for alarm in alarms(clinic)] == [LAB], "the coordinator is not named"


def test_nobody_gets_a_block_of_which_it_claims_numbers_itself(clinic, lab, ward):
    """It would count as used up to the last of them."""
    starts = name_pool(clinic, 30)
    send(clinic, lab, sheets([start + 9 for start in starts[:20]]))
    assert next_block(clinic) == FIRST
    assert next_block(clinic, LAB) == starts[20]


def test_claims_keep_no_block_of_a_pool_any_more_that_a_range_has(clinic, lab, ward):
    name_pool(clinic, 30)
    send(clinic, lab, registrations([FIRST + 25, FIRST + 26]))
    clinic.grant_range(WARD, f"{FIRST}-{FIRST + 9}")
    assert [alarm.terms["count"] for alarm in alarms(clinic)] == [2]
    everywhere = [FIRST + 30 + 10 * one for one in range(STRAYS_MAX)]
    send(clinic, lab, sheets(everywhere), 2000)
    for _ in range(2):
        clinic.act(lambda tx: ranges.grant_next(tx, WARD))
    assert {block.range.start for block in clinic.coordinator.writer.registry.blocks} >= {
        FIRST + 10,
        FIRST + 20,
    }
    assert [(one.claims, one.author) for one in clinic.coordinator.writer.store.numbers.strays()]
    assert alarms(clinic) == [], "20 are left that no range has"


def test_what_lies_below_the_floor_after_a_recovery_is_not_said_to_be_kept_out(clinic, lab, ward):
    starts = name_pool(clinic, 30)
    send(clinic, lab, registrations([FIRST + 5]))
    assert len(alarms(clinic)) == 1

    def raise_floor(tx):
        now = pool.read(tx.store)
        tx.begin()
        pool.write(tx.store, now._replace(floor=starts[3]))

    clinic.act(raise_floor)
    assert alarms(clinic) == []
    assert next_block(clinic) == starts[4]


def test_the_search_takes_as_many_statements_however_many_blocks_are_claimed(clinic, lab, ward):
    found = []
    starts = name_pool(clinic, 1000)
    for first, last in ((0, 40), (40, 1000)):
        send(clinic, lab, sheets([start + 9 for start in starts[first:last]]), 1000 + first)
        with Steps(clinic.coordinator) as counted:
            assert next_block(clinic) == FIRST
            alarms(clinic)
        found.append(counted.statements)
    assert found[1] <= found[0]
