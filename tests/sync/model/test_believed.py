"""What time a replica takes it to be, whatever its clock and those of others show."""

from __future__ import annotations

import pytest

from sync.model.believed import (
    LATEST_MS,
    MADE_MS,
    NEAR_MS,
    PLAUSIBLE_MS,
    UNKNOWN_MS,
    BelievedClock,
    BelievedSpan,
    Clocks,
    KeptTime,
)
from sync.model.facts import COORDINATOR, Author

HOUR = 3_600_000
DAY = 24 * HOUR
YEAR = 365 * DAY
NOW = 1_795_000_000_000  # in November 2026
Y2000 = 946_684_800_000
LAB, WARD, RECEP = (Author(name) for name in ("LAB1-PC", "WARD-PC", "RECEP-1"))
KNOWN = KeptTime(NOW, True)
ALL = frozenset({COORDINATOR, LAB, WARD, RECEP})


class Computer:
    """One replica on a computer whose clocks a test sets."""

    def __init__(self, author=LAB, wall=NOW, kept=KNOWN, newest=0):
        self.author, self.kept, self.newest = author, kept, newest
        self.wall, self.steady = wall, 5_000_000
        self.start()

    def start(self):
        clocks = Clocks(lambda: self.wall, lambda: self.steady)
        self.clock = BelievedClock(self.author, clocks, self.kept, lambda: self.newest)

    def passes(self, ms):
        self.wall += ms
        self.steady += ms
        self.clock.look(ALL)

    def is_off(self, ms, wall=None):
        """The computer is off for so long; its clock shows ``wall`` then, or goes on."""
        self.kept = self.clock.kept(self.clock.now_ms)
        self.wall = self.wall + ms if wall is None else wall
        self.steady = 1
        self.start()

    def hears(self, author, said, active=ALL):
        self.clock.tell(author, said)
        self.clock.look(active)


@pytest.mark.parametrize("off", [8 * 3_600_000, 21 * DAY, PLAUSIBLE_MS])
def test_a_computer_that_was_off_for_a_night_or_for_weeks_is_believed(off):
    desk = Computer()
    desk.is_off(off)
    assert desk.clock.now_ms == NOW + off
    assert desk.clock.is_followed


@pytest.mark.parametrize("wall", [Y2000, NOW - DAY, NOW + PLAUSIBLE_MS + 1, NOW + 30 * YEAR])
def test_one_that_starts_earlier_or_much_later_goes_on_from_the_last_time_noted(wall):
    desk = Computer(wall=wall)
    assert desk.clock.now_ms == NOW
    assert not desk.clock.is_followed
    desk.passes(DAY)
    assert desk.clock.now_ms == NOW + DAY


@pytest.mark.parametrize("step", [30 * YEAR, -30 * YEAR, DAY, -DAY])
def test_a_clock_that_steps_while_it_runs_is_not_followed_until_it_is_back(step):
    desk = Computer()
    desk.passes(1000)
    desk.wall += step
    desk.passes(8000)
    assert desk.clock.now_ms == NOW + 9000
    assert not desk.clock.is_followed
    desk.wall -= step
    desk.passes(1000)
    assert desk.clock.is_followed
    assert desk.clock.now_ms == NOW + 10_000


def test_what_passes_is_counted_whatever_the_clock_shows():
    desk = Computer()
    before_ms = desk.clock.steady_ms
    desk.wall -= 50 * DAY
    desk.clock.confirm()
    desk.passes(7000)
    assert desk.clock.now_ms == NOW - 50 * DAY + 7000
    assert desk.clock.steady_ms == before_ms + 7000


def test_what_is_given_for_an_hour_does_not_hold_before_it_was_given():
    span = BelievedSpan(NOW, NOW + 3_600_000)
    times = NOW - NEAR_MS - 1, NOW - NEAR_MS, NOW, NOW + 3_599_999, NOW + 3_600_000
    assert [span.holds(ms) for ms in times] == [False, True, True, True, False]


def test_a_clock_that_is_set_by_minutes_is_followed():
    desk = Computer()
    desk.wall += NEAR_MS
    assert desk.clock.now_ms == NOW + NEAR_MS
    desk.wall += 1
    assert desk.clock.now_ms == NOW, "as it was when it was last looked at"


def test_steps_that_are_small_do_not_add_up():
    desk = Computer()
    for _ in range(1000):
        desk.wall += NEAR_MS // 2
        desk.passes(1000)
    assert desk.clock.now_ms <= NOW + 1_000_000 + NEAR_MS


def test_a_real_clock_may_drift_for_a_year():
    desk = Computer()
    for _ in range(365):
        desk.wall += 8640 // 2  # 50 parts in a million
        desk.passes(DAY)
    assert desk.clock.is_followed
    assert desk.clock.now_ms == desk.wall


def test_a_new_computer_with_a_dead_battery_goes_by_when_the_software_was_made():
    desk = Computer(wall=Y2000, kept=KeptTime())
    assert desk.clock.now_ms == MADE_MS
    assert desk.clock.latest_ms == LATEST_MS, "nobody knows what day it is"
    again = Computer(wall=Y2000, kept=KeptTime(), newest=NOW)
    assert again.clock.now_ms == NOW


def test_one_that_started_at_a_time_that_nobody_believes_takes_it_back():
    desk = Computer(wall=Y2000, kept=KeptTime(), newest=NOW + 73 * YEAR)
    desk.clock.take_back(lambda _ms: True)
    assert desk.clock.now_ms == NOW + 73 * YEAR
    desk.clock.take_back(lambda ms: ms <= NOW)
    assert desk.clock.now_ms == MADE_MS
    desk.clock.reach(NOW)
    assert desk.clock.now_ms == NOW


def test_a_desk_with_a_dead_battery_cannot_say_that_a_birth_lies_in_the_future():
    desk = Computer(wall=Y2000)
    assert desk.clock.latest_ms == LATEST_MS, "nobody knows for how long it was off"
    desk.hears(COORDINATOR, NOW + 21 * DAY)
    desk.hears(COORDINATOR, NOW + 21 * DAY)
    assert desk.clock.is_sure
    assert desk.clock.latest_ms == NOW + 21 * DAY


def test_no_desk_with_a_dead_battery_refuses_a_newborn_after_any_number_of_nights_off():
    """Alone, it is on for 8 hours a day, and its time falls behind by 16 hours each night."""
    kept = KeptTime(NOW, True)
    for days in range(1, 400):
        desk = Computer(wall=Y2000, kept=kept)
        desk.passes(8 * HOUR)
        kept = desk.clock.kept(desk.clock.now_ms)
        assert desk.clock.latest_ms >= NOW + days * DAY


def test_the_latest_of_all_clocks_counts_for_what_lies_in_the_future():
    desk = Computer()
    assert desk.clock.latest_ms == NOW
    desk.hears(COORDINATOR, NOW)
    desk.hears(WARD, NOW + 2 * DAY)
    assert desk.clock.latest_ms == NOW + 2 * DAY
    desk.wall = NOW + 10_000 * YEAR
    assert desk.clock.latest_ms == LATEST_MS


def test_the_earliest_of_all_clocks_counts_for_what_lies_too_far_back():
    hub = Computer(COORDINATOR, wall=NOW + 73 * YEAR, kept=KeptTime())
    assert hub.clock.now_ms == NOW + 73 * YEAR
    assert hub.clock.earliest_ms == MADE_MS, "nobody has confirmed that"
    hub.clock.confirm()
    hub.clock.look(())
    assert hub.clock.earliest_ms == NOW + 73 * YEAR
    hub.hears(LAB, NOW + 2 * DAY)
    assert hub.clock.earliest_ms == NOW + 2 * DAY
    hub.hears(WARD, Y2000)
    assert hub.clock.earliest_ms == MADE_MS, "that one cannot be right"


# the coordinator's word at a desk


def test_a_desk_with_a_dead_battery_takes_the_coordinators_time():
    desk = Computer(wall=Y2000)
    desk.hears(COORDINATOR, NOW + 21 * DAY)
    assert desk.clock.now_ms == NOW + 21 * DAY
    assert desk.clock.moves == 1


def test_a_desk_whose_clock_was_confirmed_does_not_follow_another_one():
    desk = Computer()
    desk.hears(COORDINATOR, NOW)
    desk.hears(COORDINATOR, NOW + 30 * DAY)
    assert desk.clock.now_ms == NOW
    assert desk.clock.ahead_ms(COORDINATOR) == 30 * DAY


@pytest.mark.parametrize("said", [NOW + 4 * YEAR, NOW - DAY])
def test_what_is_not_plausible_is_not_believed_even_of_the_coordinator(said):
    desk = Computer(wall=Y2000)
    desk.hears(COORDINATOR, said)
    assert desk.clock.now_ms == NOW


@pytest.mark.parametrize("wall", [NOW + 73 * YEAR, NOW - DAY, NOW + DAY])
def test_a_desk_that_never_met_anybody_takes_the_coordinators_time(wall):
    desk = Computer(wall=wall, kept=KeptTime())
    desk.hears(COORDINATOR, NOW)
    assert desk.clock.now_ms == NOW
    assert not desk.clock.is_followed
    desk.wall = NOW
    assert desk.clock.is_followed


def test_a_desk_and_the_coordinator_that_agree_are_believed():
    desk = Computer(wall=NOW + 200 * DAY)
    assert desk.clock.now_ms == NOW
    desk.hears(COORDINATOR, NOW + 200 * DAY + 1000)
    assert desk.clock.now_ms == NOW + 200 * DAY
    assert (desk.clock.is_followed, desk.clock.is_sure) == (True, True)


def test_a_time_in_the_coordinators_facts_brings_a_desk_forward_and_never_back():
    desk = Computer(wall=Y2000)
    desk.clock.reach(NOW - DAY)
    assert desk.clock.now_ms == NOW
    desk.clock.reach(NOW + DAY)
    assert desk.clock.now_ms == NOW + DAY
    desk.clock.reach(NOW + 4 * YEAR)
    assert desk.clock.now_ms == NOW + DAY


def test_a_desk_that_was_confirmed_does_not_go_by_times_in_facts():
    desk = Computer()
    desk.hears(COORDINATOR, NOW)
    desk.clock.reach(NOW + DAY)
    assert desk.clock.now_ms == NOW


def test_a_desk_that_never_met_the_coordinator_comes_right_when_it_does():
    """The facts of a coordinator that once stood in 2030 came first, over another desk."""
    desk = Computer(wall=Y2000, kept=KeptTime())
    desk.clock.reach(NOW + 4 * YEAR)
    assert desk.clock.now_ms == NOW + 4 * YEAR
    desk.hears(COORDINATOR, NOW)
    assert desk.clock.now_ms == NOW


# what most agree on


def test_one_desk_never_moves_the_coordinator():
    hub = Computer(COORDINATOR, wall=NOW - DAY)
    hub.hears(LAB, NOW + DAY, frozenset({COORDINATOR, LAB}))
    assert hub.clock.now_ms == NOW
    assert not hub.clock.is_sure
    hub.hears(COORDINATOR, NOW + DAY, frozenset({COORDINATOR, LAB}))
    assert hub.clock.now_ms == NOW, "somebody under its own name"


def test_a_coordinator_alone_does_not_settle_its_own_clock():
    hub = Computer(COORDINATOR, wall=NOW + 4 * YEAR)
    hub.clock.look(frozenset({COORDINATOR}))
    assert hub.clock.now_ms == NOW


def test_the_coordinator_and_most_desks_settle_it():
    late = NOW + 200 * DAY
    hub = Computer(COORDINATOR, wall=late)
    hub.hears(LAB, late)
    assert hub.clock.now_ms == NOW, "two of four"
    hub.hears(WARD, late + NEAR_MS // 2)
    assert abs(hub.clock.now_ms - late) <= NEAR_MS
    assert hub.clock.is_sure


def test_most_desks_move_a_coordinator_whose_clock_is_wrong():
    hub = Computer(COORDINATOR, wall=NOW + 40 * DAY)
    assert hub.clock.now_ms == NOW + 40 * DAY, "it may have been off for so long"
    for desk in (LAB, WARD, RECEP):
        hub.hears(desk, NOW)
    assert hub.clock.now_ms == NOW
    assert not hub.clock.is_followed


def test_those_who_are_not_active_do_not_count():
    hub = Computer(COORDINATOR, wall=NOW - DAY)
    for number in range(9):
        hub.hears(Author(f"OLD{number}"), NOW + DAY)
    assert hub.clock.now_ms == NOW


# an administrator's word


def test_an_administrator_says_that_the_clock_is_right():
    hub = Computer(COORDINATOR, wall=NOW + 200 * DAY)
    hub.clock.confirm()
    hub.clock.look(ALL)
    assert hub.clock.now_ms == NOW + 200 * DAY
    for desk in (LAB, WARD, RECEP):
        hub.hears(desk, NOW)
    assert hub.clock.now_ms == NOW + 200 * DAY, "whatever others say"
    assert (hub.clock.is_sure, hub.clock.moves) == (True, 1)
    hub.wall += YEAR
    hub.clock.look(ALL)
    assert hub.clock.now_ms == NOW, "what was said is over when the clock steps again"


def test_a_desk_whose_clock_is_right_by_word_does_not_follow_the_coordinator():
    desk = Computer(wall=NOW + 200 * DAY)
    desk.clock.confirm()
    desk.clock.look(ALL)
    desk.hears(COORDINATOR, NOW, frozenset())
    assert desk.clock.now_ms == NOW + 200 * DAY


# clocks that cannot be right, that are set, and that drift


def test_an_administrators_word_holds_over_a_restart_until_most_have_agreed():
    hub = Computer(COORDINATOR)

    def others_say(said):
        for desk in (LAB, WARD, RECEP):
            hub.hears(desk, said)

    others_say(NOW - 100 * DAY)
    assert (hub.clock.now_ms, hub.clock.is_agreed) == (NOW - 100 * DAY, True)
    hub.clock.confirm()
    hub.clock.look(ALL)
    assert (hub.clock.is_sure, hub.clock.is_agreed) == (True, False)
    hub.is_off(HOUR)
    others_say(NOW - 100 * DAY)
    assert hub.clock.now_ms == NOW + HOUR
    others_say(NOW + HOUR)
    assert hub.clock.is_agreed
    others_say(NOW - 100 * DAY)
    assert hub.clock.now_ms == NOW + HOUR, "as long as it runs"
    hub.is_off(HOUR)
    others_say(NOW - 100 * DAY)
    assert hub.clock.now_ms == NOW - 100 * DAY


@pytest.mark.parametrize("said", [NOW + 2 * HOUR, NOW - 100 * DAY])
def test_most_confirm_after_a_restart_what_an_administrator_had_said_before(said):
    """Or nobody had, for as long as it ran: a recovery then left out numbers, as with no desk."""
    hub = Computer(COORDINATOR)
    hub.clock.confirm()
    hub.clock.look(ALL)
    hub.is_off(HOUR)
    hub.passes(HOUR)
    assert not hub.clock.is_sure
    for desk in (LAB, WARD, RECEP):
        hub.hears(desk, said)
    assert hub.clock.now_ms == NOW + 2 * HOUR
    assert hub.clock.is_sure == (said > NOW)


def test_a_time_in_facts_and_its_end_are_no_agreement_with_an_administrators_word():
    hub, later = Computer(COORDINATOR), NOW + 2 * DAY
    hub.clock.confirm()
    hub.clock.look(ALL)
    hub.wall += 3 * DAY  # somebody sets it
    hub.clock.reach(later)
    assert (hub.clock.now_ms, hub.clock.is_sure, hub.clock.is_agreed) == (later, True, False)
    hub.clock.take_back(lambda _: False)
    assert (hub.clock.now_ms, hub.clock.is_sure, hub.clock.is_agreed) == (NOW, True, False)
    hub.hears(LAB, NOW)
    hub.hears(WARD, NOW)
    hub.hears(RECEP, NOW)
    assert hub.clock.is_agreed
    hub.clock.reach(later)
    assert (hub.clock.now_ms, hub.clock.is_agreed) == (later, True)


def test_an_administrators_word_is_over_when_the_clock_has_stepped_before_a_restart():
    hub = Computer(COORDINATOR)
    hub.clock.confirm()
    hub.clock.look(ALL)
    hub.wall += 20 * DAY
    hub.clock.look(ALL)
    hub.is_off(HOUR)
    assert hub.clock.now_ms == NOW + 20 * DAY + HOUR, "it may have been off for so long"
    for desk in (LAB, WARD, RECEP):
        hub.hears(desk, NOW + HOUR)
    assert hub.clock.now_ms == NOW + HOUR


def test_a_desk_whose_clock_is_right_by_word_does_not_follow_the_coordinator_after_a_restart():
    desk = Computer()
    desk.clock.confirm()
    desk.clock.look(ALL)
    desk.is_off(HOUR)
    desk.clock.reach(NOW + 30 * DAY)
    desk.hears(COORDINATOR, NOW + 30 * DAY)
    assert desk.clock.now_ms == NOW + HOUR
    desk.hears(COORDINATOR, NOW + HOUR)
    desk.is_off(HOUR)
    desk.hears(COORDINATOR, NOW + 30 * DAY)
    assert desk.clock.now_ms == NOW + 30 * DAY


def test_after_a_power_cut_old_computers_do_not_take_the_clinic_to_the_year_2000():
    hub = Computer(COORDINATOR)
    desks = {name: Computer(name) for name in (LAB, WARD, RECEP)}
    for name, desk in desks.items():
        hub.hears(name, NOW)
        desk.hears(COORDINATOR, NOW)
    for desk in desks.values():  # their batteries are empty, that of the coordinator is not
        desk.is_off(3_600_000, wall=Y2000)
    hub.passes(3_600_000)
    for _ in range(3):
        for name, desk in desks.items():
            hub.hears(name, desk.clock.shown_to_peers_ms)
            desk.hears(COORDINATOR, hub.clock.shown_to_peers_ms)
    every = (hub, *desks.values())
    assert min(one.clock.now_ms for one in every) >= NOW
    assert min(one.clock.latest_ms for one in every) >= NOW, "a newborn is refused"


LAST_SPRING = MADE_MS + 59 * DAY


def meet(hub, desks, active=ALL):
    """All are connected, and say what time it is until nobody learns anything new."""
    for _ in range(3):
        for desk in desks:
            hub.hears(desk.author, desk.clock.shown_to_peers_ms, active)
            desk.hears(COORDINATOR, hub.clock.shown_to_peers_ms, active)


def clinic():
    """A coordinator and three desks, which have met."""
    hub, *desks = (Computer(name) for name in (COORDINATOR, LAB, WARD, RECEP))
    meet(hub, desks)
    return hub, desks


@pytest.mark.parametrize("restarts", range(4))
def test_after_a_power_cut_a_clinic_does_not_go_back_to_when_its_computers_were_made(restarts):
    """All begin at one date, which is later than when this software was made."""
    hub, desks = clinic()
    every = [hub, *desks]
    for one in every:
        one.is_off(3_600_000, wall=LAST_SPRING)
    meet(hub, desks)
    for restart in range(restarts):  # an update, which no power cut goes with, or another power cut
        for one in every:
            one.passes(6 * NEAR_MS)
            one.is_off(10_000, wall=LAST_SPRING if restart == 1 else None)
        meet(hub, desks)
    assert min(one.clock.now_ms for one in every) >= NOW
    assert not any(one.clock.is_sure for one in every)
    later = NOW + 5 * DAY  # somebody sets two of the clocks, and the coordinator's
    for one in every[:3]:
        one.wall = later
        one.clock.look(ALL)
    meet(hub, desks)
    assert [abs(one.clock.now_ms - later) <= NEAR_MS for one in every] == [True] * 4
    assert all(one.clock.is_sure for one in every)


def test_a_desk_whose_clock_went_back_says_nothing_of_the_time_until_it_is_set():
    desk = Computer()
    desk.is_off(3_600_000, wall=LAST_SPRING)
    assert desk.clock.shown_to_peers_ms == UNKNOWN_MS
    desk.passes(HOUR)
    desk.is_off(10_000)
    assert desk.clock.shown_to_peers_ms == UNKNOWN_MS, "a restart makes it no better"
    desk.wall += 20 * YEAR
    desk.clock.look(ALL)
    assert desk.clock.shown_to_peers_ms == desk.wall, "somebody has set it, if only wrongly"


def test_what_a_clock_showed_once_does_not_silence_it_for_good():
    desk = Computer()
    desk.wall += 73 * YEAR
    desk.passes(1000)
    desk.is_off(HOUR, wall=NOW + 2 * HOUR)
    assert (desk.clock.is_followed, desk.clock.shown_to_peers_ms) == (True, NOW + 2 * HOUR)


def test_a_clinic_that_an_earlier_version_took_to_2030_comes_back_although_all_clocks_lie_before():
    in_2030 = KeptTime(NOW + 4 * YEAR, True)
    hub, *desks = (Computer(name, kept=in_2030) for name in (COORDINATOR, LAB, WARD, RECEP))
    meet(hub, desks)
    assert {one.clock.now_ms for one in (hub, *desks)} == {NOW}


def test_a_clock_that_was_set_back_while_its_computer_was_off_is_settled_by_another_one():
    """The coordinator was 40 days ahead, the only desk is right."""
    two = frozenset({COORDINATOR, LAB})
    hub, desk = Computer(COORDINATOR, wall=NOW + 40 * DAY), Computer()
    hub.passes(1000)
    hub.is_off(HOUR, wall=NOW)
    assert hub.clock.now_ms > NOW + 39 * DAY
    meet(hub, [desk], two)
    assert (hub.clock.now_ms, desk.clock.now_ms) == (NOW, NOW)


@pytest.mark.parametrize("desks_on", [1, 2, 3])
@pytest.mark.parametrize("off", [9 * HOUR, 3 * DAY, 59 * DAY])
@pytest.mark.parametrize("wall", [Y2000, LAST_SPRING, NOW + 9 * YEAR])
def test_a_coordinator_with_an_empty_battery_does_not_put_desks_back_that_are_right(
    desks_on, off, wall
):
    hub, desks = clinic()
    hub.is_off(off, wall=wall)
    for desk in desks:
        desk.is_off(off)
    meet(hub, desks[:desks_on])
    right = [desk.clock.now_ms - (NOW + off) for desk in desks[:desks_on]]
    assert right == [0] * desks_on
    assert hub.clock.is_sure == (desks_on == 3), "three of four settle it, two do not"
    if desks_on == 3:
        assert hub.clock.now_ms == NOW + off


def test_a_coordinator_that_is_off_each_night_does_not_lag_more_and_more_with_its_desk():
    hub, desk = Computer(COORDINATOR), Computer()
    two = frozenset({COORDINATOR, LAB})
    meet(hub, [desk], two)
    for day in range(1, 30):
        for one in (hub, desk):
            one.passes(8 * HOUR)
        desk.is_off(16 * HOUR)
        hub.is_off(16 * HOUR, wall=Y2000)
        meet(hub, [desk], two)
        assert desk.clock.now_ms == NOW + day * DAY


@pytest.mark.parametrize("wall", [Y2000, NOW])
def test_a_new_coordinator_with_an_empty_battery_gives_desks_no_made_up_time(wall):
    hub = Computer(COORDINATOR, wall=Y2000, kept=KeptTime())
    desk = Computer(wall=wall, kept=KeptTime())
    meet(hub, [desk])
    assert desk.clock.now_ms == max(wall, MADE_MS)


def test_a_coordinator_whose_clock_steps_while_it_runs_still_says_what_time_it_is():
    hub, desk = Computer(COORDINATOR), Computer(wall=Y2000)
    hub.wall += YEAR
    hub.passes(HOUR)
    meet(hub, [desk])
    assert desk.clock.now_ms == NOW + HOUR


def test_who_says_again_what_time_it_is_counts_again():
    hub = Computer(COORDINATOR)
    hub.hears(LAB, UNKNOWN_MS)
    assert (hub.clock.unknowing, hub.clock.heard) == ({LAB}, {})
    hub.hears(LAB, NOW)
    assert (hub.clock.unknowing, list(hub.clock.heard)) == (set(), [LAB])
    hub.hears(LAB, UNKNOWN_MS)
    assert (hub.clock.unknowing, hub.clock.heard) == ({LAB}, {})


def test_a_coordinator_and_a_desk_with_empty_batteries_do_not_agree_on_the_year_2000():
    hub = Computer(COORDINATOR, wall=Y2000)
    hub.hears(LAB, Y2000 + 60_000, frozenset({COORDINATOR, LAB}))
    assert hub.clock.now_ms >= NOW


@pytest.mark.parametrize("said", [0, LATEST_MS + 1, 2**53 - 1])
def test_times_that_no_clock_can_show_are_no_agreement(said):
    hub = Computer(COORDINATOR)
    for name in (LAB, WARD, RECEP):
        hub.hears(name, said)
    assert hub.clock.now_ms == NOW


def test_a_time_that_an_earlier_version_noted_and_that_cannot_be_is_not_gone_by():
    assert Computer(kept=KeptTime(2**53 - 1, True)).clock.now_ms == NOW


def test_a_clock_that_goes_from_one_wrong_time_to_the_right_one_is_looked_at_again():
    """Most have said before what it shows now."""
    night, both = 8 * 3_600_000, frozenset({COORDINATOR, LAB})
    hub = Computer(COORDINATOR, wall=Y2000)
    hub.hears(LAB, NOW + night + YEAR, both)
    hub.wall = NOW + night + YEAR
    hub.clock.look(both)
    assert hub.clock.now_ms == hub.wall


def test_a_clock_that_was_wrong_at_the_start_and_is_set_counts_as_at_a_start():
    desk = Computer(COORDINATOR, wall=Y2000)
    desk.passes(60_000)
    desk.wall = NOW + 8 * 3_600_000 + 60_000  # a time server sets it a minute later
    desk.passes(5000)
    assert desk.clock.is_followed
    desk.wall += DAY
    desk.passes(5000)
    assert not desk.clock.is_followed, "while it runs a step is a step"


@pytest.mark.parametrize("wall", [NOW - DAY, NOW + PLAUSIBLE_MS + DAY])
def test_a_clock_that_is_set_to_what_no_start_would_believe_is_not_followed(wall):
    desk = Computer(COORDINATOR, wall=Y2000)
    desk.passes(60_000)
    desk.wall = wall
    desk.passes(5000)
    assert not desk.clock.is_followed


def test_a_step_is_a_step_after_months_too():
    hub = Computer(COORDINATOR)
    for _ in range(200):
        hub.passes(DAY)
    right = hub.wall
    hub.wall += 3_600_000
    hub.clock.look(ALL)
    assert hub.clock.now_ms == right


def test_many_steps_that_are_each_small_are_a_step():
    hub = Computer(COORDINATOR)
    for _ in range(30):
        hub.wall += NEAR_MS // 2
        hub.passes(5000)
    assert not hub.clock.is_followed


def test_a_clock_that_drifts_is_followed_for_years():
    hub = Computer(COORDINATOR)
    for _ in range(3 * 365):
        hub.wall += DAY // 2000
        hub.passes(DAY)
    assert hub.clock.is_followed


def test_a_time_of_the_coordinator_that_nobody_is_to_believe_is_taken_back():
    """The first was right, the next two were not; by the first it goes on."""
    desk = Computer(LAB)
    desk.hears(COORDINATOR, NOW)
    desk.is_off(8 * 3_600_000, wall=Y2000)  # its own clock cannot be right
    first, wrong, later = (NOW + hours * 3_600_000 for hours in (9, 24 * 40, 24 * 41))
    for said in (first, wrong, later):
        desk.clock.reach(said)
    assert desk.clock.now_ms == later
    desk.clock.take_back(lambda ms: ms < wrong)
    assert desk.clock.now_ms == first
    desk.clock.take_back(lambda ms: ms < wrong)
    assert desk.clock.now_ms == first, "there is nothing more to be taken back"


def test_what_most_have_agreed_on_since_is_not_taken_back():
    desk = Computer(LAB)
    desk.hears(COORDINATOR, NOW)
    desk.is_off(8 * 3_600_000, wall=Y2000)
    desk.clock.reach(NOW + 40 * DAY)
    for name in (COORDINATOR, WARD, RECEP):
        desk.hears(name, NOW + 9 * 3_600_000)
    desk.clock.take_back(lambda _ms: False)
    assert desk.clock.now_ms == NOW + 9 * 3_600_000
