"""Who gets the next block; what the earlier system did wrong with ranges."""

import pytest

from coordinator.errors import (
    BadMark,
    RangeFixed,
    RangeOverlap,
)
from coordinator.registry import pool, ranges, terminals
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


def test_a_need_that_the_pool_cannot_meet_is_reported(clinic, front):
    name_pool(clinic, "800-809")
    one, other = clinic.desk("LAB2-PC"), clinic.desk("LAB3-PC")
    extended, waiting = review(clinic, one, other)
    assert [code for code, *_ in extended] == ["LAB2-PC"]
    assert waiting == [("LAB3-PC", "The pool 800-809 has no free block of 10 numbers left")]
    clinic.act(lambda tx: pool.change(tx, None, None, False))
    assert review(clinic, one) == ([], [("LAB3-PC", "The pool 800-809 is switched off")])
    clinic.act(pool.close)
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

    def seen_by(tx):
        return {
            code: [(one.block.range.text, one.highest, one.closed) for one in found]
            for code, found in ranges.standings(tx).items()
        }

    assert clinic.act(seen_by) == {
        "FRONT": [("500-509", 500, None), ("520-529", 521, None)],
        "LAB1-PC": [
            ("710000-719999", 710000, "it was granted to an earlier copy of the desk's database")
        ],
    }
    clinic.act(lambda tx: terminals.change_terminal(tx, FRONT, state=State.RETIRED))
    assert [one[1:] for one in clinic.act(seen_by)["FRONT"]] == [
        (500, "the terminal was retired"),
        (521, "the terminal was retired"),
    ]
