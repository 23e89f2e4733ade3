"""The pool and the ranges that come out of it; what the earlier system did wrong with ranges."""

import pytest

from coordinator.errors import (
    BadMark,
    BadPool,
    PoolClosed,
    PoolOff,
    PoolUsedUp,
    RangeFixed,
    RangeOverlap,
)
from coordinator.registry import pool, ranges, terminals
from coordinator.registry.pool import Pool
from sync.engine import issuing
from sync.errors import MrnConflict, RangeExhausted
from sync.model.facts import Allocator, Author, Incarnation, State
from sync.model.numbers import Mrn, NumberRange
from tests.clinic import pull

FRONT = Author("FRONT")


@pytest.fixture
def front(clinic):
    clinic.act(lambda tx: terminals.add_terminal(tx, FRONT, "Front desk"))
    return FRONT


def name_pool(clinic, numbers, block=10):
    clinic.act(lambda tx: pool.change(tx, NumberRange.parse(numbers), block, None))


def connected(*desks):
    return {(desk.author, desk.writer.identity.incarnation) for desk in desks}


def review(clinic, *desks):
    found = clinic.act(lambda tx: ranges.review(tx, connected(*desks)))
    return [(one.terminal, one.range.text, one.why) for one in found.extended], [
        (one.terminal, one.hindrance.split(".")[0]) for one in found.waiting
    ]


def sources(clinic, code):
    blocks = clinic.coordinator.writer.registry.blocks_of(Author(code))
    return [(block.range.text, block.source) for block in blocks]


def issue_for(clinic, code):
    coordinator = clinic.coordinator
    draft = coordinator.draft()._replace(terminal=Author(code))
    return coordinator.register(
        draft, lambda tx: issuing.from_range(tx, Author(code), Allocator.COORDINATOR, None)
    ).issued.mrn


def next_block(clinic):
    return clinic.act(pool.next_block).text


# the pool


def test_a_coordinator_begins_with_a_pool_that_is_on(clinic):
    assert clinic.act(lambda tx: pool.read(tx.store)) == Pool(
        NumberRange(1_000_000, 9_999_999), 10_000, True, ()
    )
    assert next_block(clinic) == "1000000-1009999"


def test_a_block_is_aligned_and_overlaps_no_range_open_or_closed(clinic, lab, front):
    name_pool(clinic, "795-899")
    assert next_block(clinic) == "800-809"
    clinic.grant_range(front, "805-815")
    assert next_block(clinic) == "820-829"
    clinic.grant_range(lab.author, "829-830")
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.RETIRED))
    assert next_block(clinic) == "840-849"


def test_a_block_holds_no_number_in_use(clinic):
    name_pool(clinic, "800-839")
    coordinator = clinic.coordinator
    for mrn in ("803", "819"):
        coordinator.register(
            coordinator.draft(), lambda tx, mrn=mrn: issuing.Issued(Mrn(mrn), True)
        )
    assert next_block(clinic) == "820-829"


def test_a_pool_comes_to_its_end(clinic, front):
    name_pool(clinic, "800-819")
    for block in ("800-809", "810-819"):
        assert clinic.act(lambda tx: ranges.grant_next(tx, front)).text == block
    with pytest.raises(PoolUsedUp, match="The pool 800-819 has no free block of 10 numbers left"):
        clinic.act(lambda tx: ranges.grant_next(tx, front))


@pytest.mark.parametrize(
    ("numbers", "block"), [("800-809", 9), ("801-810", 10), ("800-899", 1000), ("800-808", 10)]
)
def test_a_pool_without_a_whole_block_is_refused(clinic, numbers, block):
    with pytest.raises(BadPool):
        name_pool(clinic, numbers, block)


def test_a_pool_is_switched_off_and_on(clinic, lab):
    name_pool(clinic, "800-899")
    clinic.act(lambda tx: pool.change(tx, None, None, False))
    clinic.coordinator.reopen()
    assert not clinic.act(lambda tx: pool.read(tx.store)).on
    with pytest.raises(PoolOff):
        clinic.act(pool.require_on)
    assert next_block(clinic) == "800-809", "an administrator may still take one"
    assert clinic.act(lambda tx: pool.change(tx, None, 20, None)).block == 20
    assert next_block(clinic) == "800-819"


# early end of recovery


def recover_early(clinic):
    recovery = clinic.coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "set back"))
    clinic.act(lambda tx: recovery.end(tx, early=True))


def test_an_early_end_of_recovery_closes_the_pool_for_good(clinic, lab, front):
    name_pool(clinic, "800-899")
    recover_early(clinic)
    for act in (
        pool.next_block,
        pool.require_on,
        lambda tx: pool.change(tx, None, None, True),
        lambda tx: ranges.grant_next(tx, lab.author),
    ):
        with pytest.raises(PoolClosed, match="Name a new one: `mrnmesh-coordinator pool set"):
            clinic.act(act)
    for numbers in ("850-950", "800-899", "1-800"):
        with pytest.raises(BadPool, match="800-899, a pool that is closed for good"):
            name_pool(clinic, numbers)
    with pytest.raises(RangeOverlap, match="desks that did not come back may hold them"):
        clinic.grant_range(front, "890-910")
    name_pool(clinic, "900-999")
    assert next_block(clinic) == "900-909"
    recover_early(clinic)
    with pytest.raises(BadPool):
        name_pool(clinic, "890-899")


def test_a_recovery_that_everybody_came_back_to_leaves_the_pool_open(clinic, lab):
    name_pool(clinic, "800-899")
    recovery = clinic.coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "set back"))
    assert clinic.act(lambda tx: recovery.note_merged(tx, lab.author))
    assert next_block(clinic) == "800-809"


# extension


def test_a_connected_desk_gets_a_spare_at_80_percent(clinic, ward):
    name_pool(clinic, "800-899")
    lab = clinic.desk("LAB2-PC", "500-509")
    for _ in range(7):
        lab.register_offline()
    pull(clinic.coordinator, lab)
    assert review(clinic, lab, ward) == ([], [])
    lab.register_offline()
    pull(clinic.coordinator, lab)
    assert review(clinic, ward) == ([], []), "it is not connected"
    assert review(clinic, lab, ward) == ([("LAB2-PC", "800-809", "80.0 % of 10 used")], [])
    assert review(clinic, lab, ward) == ([], []), "one spare is enough"
    assert sources(clinic, "LAB2-PC") == [
        ("500-509", "administrator"),
        ("800-809", "pool: 80.0 % of 10 used"),
    ]
    pull(lab, clinic.coordinator)
    assert [lab.register_offline().issued.mrn for _ in range(3)] == ["508", "509", "800"]


def test_a_desk_that_holds_nothing_gets_a_block_at_once(clinic):
    name_pool(clinic, "800-899")
    lab = clinic.desk("LAB2-PC")
    assert review(clinic, lab) == ([("LAB2-PC", "800-809", "no range yet")], [])
    pull(lab, clinic.coordinator)
    assert lab.register_offline().issued.mrn == "800"


def test_a_new_life_of_a_desk_gets_a_block_of_its_own(clinic, lab):
    name_pool(clinic, "800-899")
    incarnation = Incarnation(b"newlife2")
    assert review(clinic, lab) == ([], [])
    clinic.act(lambda tx: terminals.adopt_incarnation(tx, lab.author, incarnation))
    assert review(clinic, lab) == ([], []), "a copy of its former life is connected"
    found = clinic.act(lambda tx: ranges.review(tx, {(lab.author, incarnation)}))
    assert [one.why for one in found.extended] == ["no range with numbers left"]
    (_, block) = clinic.coordinator.writer.registry.blocks_of(lab.author)
    assert (block.range.text, block.incarnation) == ("800-809", incarnation)


def test_a_terminal_that_the_coordinator_serves_gets_a_spare_too(clinic, front):
    name_pool(clinic, "800-899")
    assert review(clinic) == ([], []), "it may be waiting for its node"
    clinic.grant_range(front, "500-509")
    for _ in range(8):
        issue_for(clinic, front)
    assert review(clinic) == ([(front, "800-809", "80.0 % of 10 used")], [])
    assert [issue_for(clinic, front) for _ in range(3)] == ["508", "509", "800"]


@pytest.mark.parametrize("state", [State.INACTIVE, State.RETIRED])
def test_who_is_not_active_gets_nothing(clinic, state):
    name_pool(clinic, "800-899")
    lab = clinic.desk("LAB2-PC")
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=state))
    assert review(clinic, lab) == ([], [])


def test_a_need_that_the_pool_cannot_meet_is_told(clinic, front):
    name_pool(clinic, "800-809")
    one, other = clinic.desk("LAB2-PC"), clinic.desk("LAB3-PC")
    extended, waiting = review(clinic, one, other)
    assert [code for code, *_ in extended] == ["LAB2-PC"]
    assert waiting == [("LAB3-PC", "The pool 800-809 has no free block of 10 numbers left")]
    clinic.act(lambda tx: pool.change(tx, None, None, False))
    assert review(clinic, one) == ([], [("LAB3-PC", "The pool 800-809 is switched off")])
    recover_early(clinic)
    _, waiting = review(clinic, one)
    assert "closed, because recovery was ended early" in waiting[0][1]


def test_a_desk_with_many_used_up_ranges_is_extended_again_and_again(clinic):
    name_pool(clinic, "800-899")
    lab = clinic.desk("LAB2-PC")
    shown = []
    for _ in range(40):
        pull(clinic.coordinator, lab)
        review(clinic, lab)
        pull(lab, clinic.coordinator)
        shown.append(int(lab.register_offline().issued.mrn))
    assert shown == list(range(800, 840))
    assert len(sources(clinic, "LAB2-PC")) == 5


# what the earlier system did wrong


def test_a_range_that_is_edited_never_runs_on_into_the_next_desks_numbers(clinic, front):
    """There an edit moved the bounds under a cursor that stayed."""
    other = clinic.desk("WARD-PC", "510-519")
    clinic.grant_range(front, "500-504")
    assert [issue_for(clinic, front) for _ in range(3)] == ["500", "501", "502"]
    for wider in ("500-514", "500-509", "502-504", "503-506"):
        with pytest.raises(RangeFixed, match=f"500-504 of FRONT cannot be changed to {wider}"):
            clinic.act(lambda tx, wider=wider: further(tx, wider))
    with pytest.raises(RangeOverlap, match="overlaps 510-519 of WARD-PC"):
        clinic.act(lambda tx: further(tx, "505-510"))
    before = clinic.coordinator.roots
    clinic.act(lambda tx: further(tx, "500-504"))
    assert clinic.coordinator.roots == before, "unchanged values are no change"
    clinic.act(lambda tx: further(tx, "505-509"))
    issued = [issue_for(clinic, front) for _ in range(7)]
    assert issued == ["503", "504", "505", "506", "507", "508", "509"]
    with pytest.raises(RangeExhausted, match="500-504, 505-509"):
        issue_for(clinic, front)
    assert other.register_offline().issued.mrn == "510"


def further(tx, numbers):
    ranges.further_range(tx, FRONT, NumberRange.parse(numbers))


def test_ranges_that_share_one_end_number_are_refused(clinic, lab, front):
    """There inclusive ends were compared with `<`."""
    for numbers in ("719999-720005", "700000-710000"):
        with pytest.raises(RangeOverlap, match="overlaps 710000-719999 of LAB1-PC"):
            clinic.grant_range(front, numbers)


# marks of the earlier system


@pytest.mark.parametrize("mark", [499, 511, 719_999])
def test_a_mark_lies_in_its_range(clinic, front, mark):
    with pytest.raises(BadMark, match="Give 0 if none was used yet"):
        clinic.grant_range(front, "500-510", mark=mark)


def test_only_numbers_above_the_mark_must_be_free(clinic, front):
    coordinator = clinic.coordinator
    coordinator.register(coordinator.draft(), lambda tx: issuing.Issued(Mrn("505"), True))
    for mark in (0, 500, 504):
        with pytest.raises(RangeOverlap, match="contains the number 505, which is in use"):
            clinic.grant_range(front, "500-510", mark=mark)
    clinic.grant_range(front, "500-510", mark=505)
    assert issue_for(clinic, front) == "506"


def test_what_the_earlier_system_gave_out_cannot_be_supplied_again(clinic, front):
    clinic.grant_range(front, "500-510", mark=505)
    with pytest.raises(MrnConflict):
        clinic.act(lambda tx: terminals.supplied_number(tx, front, Mrn("503")))
    assert clinic.act(lambda tx: terminals.supplied_number(tx, front, Mrn("507"))).mrn == "507"


def test_a_range_that_the_earlier_system_used_up(clinic, front):
    clinic.grant_range(front, "500-510", mark=510)
    with pytest.raises(RangeExhausted):
        issue_for(clinic, front)


def test_how_ranges_stand(clinic, lab, front):
    clinic.grant_range(front, "500-509")
    clinic.grant_range(front, "520-529", mark=521)
    issue_for(clinic, front)
    lab.register_offline()
    pull(clinic.coordinator, lab)
    clinic.act(lambda tx: terminals.adopt_incarnation(tx, lab.author, Incarnation(b"newlife2")))

    def told(tx):
        return {
            code: [(one.block.range.text, one.highest, one.closed) for one in found]
            for code, found in ranges.standings(tx).items()
        }

    assert clinic.act(told) == {
        "FRONT": [("500-509", 500, None), ("520-529", 521, None)],
        "LAB1-PC": [
            ("710000-719999", 710000, "it was granted to an earlier copy of the desk's database")
        ],
    }
    clinic.act(lambda tx: terminals.change_terminal(tx, FRONT, state=State.RETIRED))
    assert [one[1:] for one in clinic.act(told)["FRONT"]] == [
        (500, "the terminal was retired"),
        (521, "the terminal was retired"),
    ]
