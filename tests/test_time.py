"""Wrong clocks in a clinic: what they change, and that all of it comes right."""

from __future__ import annotations

import random

import pytest

from coordinator.registry.disbelief import believe_again, disbelieve
from sync.model import clock, facts
from sync.model.believed import NEAR_MS, KeptTime
from sync.model.facts import COORDINATOR, Author
from sync.model.formats import iso_utc_of_ms
from sync.protocol import limits
from sync.protocol.questions import Merge
from tests.clinic import Clinic, pull
from tests.forging import Run, person
from tests.projection import folded_from_nothing, projection
from tests.sync.patients import reading

DAY = 86_400_000
HOUR = 3_600_000
YEAR = 365 * DAY
TODAY = "20260105"


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def pair(clinic):
    lab, ward = clinic.desk("LAB1-PC", "710000-719999"), clinic.desk("WARD-PC", "720000-729999")
    clinic.heal()
    return lab, ward


def online(clinic, desk):
    """The number that the coordinator grants to a new person of a desk."""
    draft = desk.draft()
    return clinic.act(
        lambda tx: clinic.coordinator.arbiter.grant(tx, draft.record, desk.author)
    ).mrn


def forget_time(desk):
    """What an earlier version leaves: facts with their times, and no believed time."""
    desk.writer.write(lambda tx: tx.begin())
    desk.query("DELETE FROM meta WHERE key = 'kept_time'")
    desk.reopen()


def test_a_coordinator_that_stands_in_2030_for_eight_seconds_changes_nothing(clinic, pair):
    lab, ward = pair
    hub = clinic.coordinator
    hub.skew_ms = 4 * YEAR
    for _ in range(8):
        clinic.now_ms += 1000
        assert online(clinic, lab).startswith(f"PAT-{TODAY}-")
        lab.register_offline()
        clinic.heal()
    hub.skew_ms = 0
    clinic.now_ms += 1000
    clinic.heal()
    for desk in (hub, lab, ward):
        assert desk.writer.now_ms == clinic.now_ms
        assert clock.unpack(desk.writer.clock.last)[0] <= clinic.now_ms
    assert online(clinic, lab) == f"PAT-{TODAY}-0009"


@pytest.mark.parametrize("years", [30, -30])
def test_thirty_years_either_way_while_running_and_over_a_restart(clinic, pair, years):
    lab, _ = pair
    for wrong in (lab, clinic.coordinator):
        wrong.skew_ms = years * YEAR
        clinic.now_ms += 60_000
        lab.register_offline()
        assert online(clinic, lab).startswith(f"PAT-{TODAY}-")
        clinic.heal()
        wrong.reopen()
        assert abs(wrong.writer.now_ms - clinic.now_ms) < 600_000
        lab.register_offline()
        assert online(clinic, lab).startswith(f"PAT-{TODAY}-")
        wrong.skew_ms = 0
        clinic.now_ms += 1000
        clinic.heal()
    assert len(set(lab.mrns())) == len(lab.mrns())


def test_a_night_and_three_weeks_off_are_no_step(clinic, pair):
    lab, _ = pair
    for off in (12 * 3_600_000, 21 * DAY):
        lab.close()
        clinic.now_ms += off
        lab.open()
        assert lab.writer.now_ms == clinic.now_ms
        assert lab.writer.believed.is_followed


def test_a_clinic_that_is_poisoned_already_comes_right(clinic, pair):
    """An earlier version stood in 2030 for a while, and all clocks and numbers stayed there."""
    lab, ward = pair
    hub = clinic.coordinator
    for desk in (hub, lab, ward):
        desk.skew_ms = 4 * YEAR
        forget_time(desk)
    poisoned = online(clinic, lab)
    assert poisoned.startswith("PAT-2030"), "as it was"
    lab.register_offline()
    clinic.heal()
    clinic.now_ms += 8000
    for desk in (hub, lab, ward):
        desk.skew_ms = 0
        forget_time(desk)
        assert desk.writer.now_ms == clinic.now_ms
    clinic.heal()
    for desk in (hub, lab, ward):
        desk.register_offline() if desk is not hub else online(clinic, lab)
        assert abs(desk.writer.now_ms - clinic.now_ms) < 1000
        assert clock.unpack(desk.writer.clock.last)[0] <= clinic.now_ms
    assert online(clinic, lab).startswith(f"PAT-{TODAY}-")


def test_corrections_of_a_desk_at_2099_do_not_beat_later_ones_for_ever(clinic, pair):
    lab, ward = pair
    person = lab.fact_of(lab.register_offline())
    clinic.heal()
    ward.skew_ms = 73 * YEAR
    forget_time(ward)
    ward.amend(person, phone="03009999999")
    clinic.heal()
    clinic.now_ms += DAY
    lab.amend(person, phone="03001111111")  # a rival: it replaces nothing
    clinic.heal()
    for desk in (clinic.coordinator, lab, ward):
        assert desk.query("SELECT phone FROM patients WHERE fact = ?", person) == [("03001111111",)]


def times_of(desk, fact, name="created_at"):
    ((patient,),) = desk.query("SELECT id FROM patients WHERE fact = ?", fact)
    with reading(desk) as snapshot:
        return snapshot.people.by_id(patient)[name]


def test_a_disbelief_sets_times_and_corrections_right_on_every_replica(clinic, pair):
    lab, ward = pair
    hub = clinic.coordinator
    before = lab.fact_of(lab.register_offline(dob=""))
    clinic.heal()
    # an empty battery: what is corrected at this desk loses against everything before it
    ward.skew_ms = -26 * YEAR
    ward.amend(before, phone="03002222222")
    assert clock.unpack(ward.writer.clock.last)[0] > clinic.now_ms - DAY, "it is not believed"
    # as an earlier version wrote it
    clock_of = ward.writer.clock
    ward.writer.clock = type(clock_of)(0)
    early = clock.pack(clinic.now_ms - 26 * YEAR, 0)
    ward.writer.clock.tick = lambda _now: early
    ward.amend(before, phone="03003333333")
    shown = iso_utc_of_ms(clock.unpack(early)[0])
    draft = ward.draft()._replace(registered_at=shown)
    wrong = ward.fact_of(ward.register(draft, ward.from_own_range))
    ward.writer.clock = clock_of
    clinic.now_ms += DAY
    clinic.heal()
    assert lab.query("SELECT phone FROM patients WHERE fact = ?", before) == [("03002222222",)]
    said_ms = clinic.now_ms
    first_ms, last_ms = said_ms - 27 * YEAR, said_ms - 25 * YEAR
    ident = clinic.act(
        lambda tx: disbelieve(tx, Author("WARD-PC"), first_ms, last_ms, "Sadia", "battery")
    )
    clinic.heal()
    judged = hub.query("SELECT judged_ms FROM patients WHERE fact = ?", wrong)[0][0]
    for desk in (hub, lab, ward):
        assert desk.query("SELECT phone FROM patients WHERE fact = ?", before) == [
            ("03003333333",)
        ], "the coordinator saw it last"
        assert times_of(desk, wrong).startswith("2026-01-06")
        assert projection(desk) == folded_from_nothing(desk)
    assert judged >= said_ms - DAY
    clinic.act(lambda tx: believe_again(tx, ident, "Sadia", "no"))
    clinic.heal()
    assert lab.query("SELECT phone FROM patients WHERE fact = ?", before) == [("03002222222",)]


@pytest.mark.parametrize("is_judged_first", [True, False])
def test_the_time_of_a_correction_that_is_not_believed_is_that_of_its_verdict(
    clinic, pair, is_judged_first
):
    lab, ward = pair
    hub = clinic.coordinator
    fact = lab.fact_of(lab.register_offline())
    lab.amend(fact, at="2026-01-05T12:30:00+05:00", address="Lahore")
    clinic.heal()
    ward.skew_ms = 73 * YEAR
    forget_time(ward)
    clinic.now_ms += DAY
    first_ms, last_ms = clinic.now_ms + 72 * YEAR, clinic.now_ms + 74 * YEAR
    ward.amend(fact, at="2098-12-15T12:00:00+05:00", phone="03009999999")
    if is_judged_first:
        clinic.heal()
        assert times_of(lab, fact, "updated_at").startswith("2098")
    clinic.now_ms += DAY
    clinic.act(lambda tx: disbelieve(tx, ward.author, first_ms, last_ms, "Sadia", "battery"))
    if not is_judged_first:
        pull(ward, hub)  # which has not seen the correction
        said_at = iso_utc_of_ms(clinic.now_ms)
        assert times_of(ward, fact, "updated_at") == said_at, "no more is known"
        assert projection(ward) == folded_from_nothing(ward)
    clinic.heal()
    judged_ms = hub.query("SELECT max(judged_ms) FROM corrections")[0][0]
    for desk in (hub, lab, ward):
        assert times_of(desk, fact, "updated_at") == iso_utc_of_ms(judged_ms)
        assert projection(desk) == folded_from_nothing(desk) == projection(hub)


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(4, 40))]
)
def test_disbeliefs_give_the_same_tables_in_every_order(tmp_path, seed):
    chance = random.Random(seed)
    clinic = Clinic(tmp_path, seed, durable=False)
    desks = [clinic.desk(f"LAB{number}-PC", f"7{number}0000-7{number}9999") for number in range(3)]
    persons = [desk.fact_of(desk.register_offline()) for desk in desks]
    clinic.heal()
    for _ in range(12):
        desk = chance.choice(desks)
        act = chance.randrange(4)
        if act == 0:
            desk.skew_ms = chance.choice((0, 20 * YEAR, -20 * YEAR))
            forget_time(desk)
        elif act == 1:
            at = iso_utc_of_ms(desk.writer.now_ms)
            desk.amend(chance.choice(persons), at=at, phone=f"0300{chance.randrange(10**7):07}")
        elif act == 2:
            author = chance.choice([COORDINATOR, desk.author])
            first = clinic.now_ms + chance.choice((-25, -1, 15)) * YEAR
            clinic.act(
                lambda tx, one=(author, first, first + 10 * YEAR): disbelieve(tx, *one, "A", "b")
            )
        else:
            one, other = chance.sample(clinic.replicas, 2)
            pull(one, other)
        clinic.now_ms += chance.randrange(DAY)
    clinic.heal()
    first = projection(clinic.coordinator)
    for desk in clinic.replicas:
        assert projection(desk) == first
        assert folded_from_nothing(desk) == first
    clinic.close()


def test_the_time_is_kept_now_and_then_and_not_with_every_registration(clinic, pair):
    lab, _ = pair
    lab.register_offline()
    kept = lab.writer.store.meta.kept_time
    assert isinstance(kept, KeptTime)
    lab.register_offline()
    assert lab.writer.store.meta.kept_time == kept
    clinic.now_ms += 300_000
    lab.register_offline()
    assert lab.writer.store.meta.kept_time.ms > kept.ms


@pytest.mark.parametrize(("days", "skew"), [(101, 0), (1, 50)], ids=["old backup", "clock ahead"])
def test_no_number_is_given_twice_after_an_early_end_at_a_wrong_time(clinic, pair, days, skew):
    lab, hub = pair[0], clinic.coordinator
    hub.write(lambda tx: tx.begin())  # the time is noted
    backup = hub.back_up()
    clinic.now_ms += days * DAY
    given = online(clinic, lab)
    # On a new computer, so there is no witness. If the backup is older than 60 days its clock is
    # not believed; one that is ahead by less is.
    hub.skew_ms = skew * DAY
    hub.restore(backup)
    recovery = hub.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was restored"))
    clinic.act(lambda tx: recovery.end(tx, "Sadia", "the desk is lost"))
    hub.skew_ms = 0
    hub.writer.believed.confirm()  # `clock right`
    clinic.act(lambda tx: None)
    assert hub.writer.now_ms == clinic.now_ms
    assert online(clinic, lab) != given


@pytest.mark.parametrize(
    ("days", "skew"), [(9, -7000), (40, -7000), (1, 50)], ids=["battery", "old backup", "ahead"]
)
def test_no_number_is_given_twice_after_recovery_ended_by_itself_at_a_wrong_time(
    clinic, days, skew
):
    lab, hub = clinic.desk("LAB1-PC"), clinic.coordinator
    clinic.heal()
    hub.write(lambda tx: tx.begin())  # the time is noted
    backup = hub.back_up()
    clinic.now_ms += days * DAY
    given = online(clinic, hub)  # no desk hears of it
    hub.skew_ms = skew * DAY
    hub.restore(backup)  # on a new computer, so there is no witness
    recovery = hub.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was restored"))
    hub.writer.believed.tell(lab.author, clinic.now_ms)  # one desk moves nobody
    pull(hub, lab)
    pull(lab, hub)
    assert clinic.act(lambda tx: recovery.note_merged(tx, lab.author))
    assert hub.writer.now_ms != clinic.now_ms
    hub.skew_ms = 0
    hub.writer.believed.confirm()  # `clock right`
    clinic.act(lambda tx: None)
    assert hub.writer.now_ms == clinic.now_ms
    assert online(clinic, hub) != given


def recovered_at_a_wrong_time(clinic, pair, skew, confirm):
    """A number that nobody brings back, of before a recovery at a time that somebody confirmed."""
    hub = clinic.coordinator
    clinic.heal()
    hub.write(lambda tx: tx.begin())  # the time is noted
    backup = hub.back_up()
    clinic.now_ms += 60 * DAY
    given = online(clinic, hub)
    hub.skew_ms = skew * DAY
    hub.restore(backup)  # on a new computer, so there is no witness
    recovery = hub.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was restored"))
    confirm(hub.writer.believed, clinic.now_ms + hub.skew_ms)
    for desk in pair:
        pull(hub, desk)
        pull(desk, hub)
    assert hub.writer.now_ms == clinic.now_ms + hub.skew_ms
    assert [clinic.act(lambda tx, of=one.author: recovery.note_merged(tx, of)) for one in pair] == [
        False,
        True,
    ]
    hub.skew_ms = 0
    hub.writer.believed.confirm()  # `clock right`
    clinic.act(lambda tx: None)
    assert hub.writer.now_ms == clinic.now_ms
    return given


@pytest.mark.parametrize("skew", [-40, -20, 50], ids=lambda days: f"{days} days")
@pytest.mark.parametrize("who", ["an administrator", "both desks"])
def test_no_number_is_given_twice_after_a_wrong_time_was_confirmed_in_recovery(
    clinic, pair, who, skew
):
    """All may be wrong in one way; what was written before that is later than they say."""

    def confirm(believed, said_ms):
        if who == "an administrator":
            believed.confirm()
            return
        pair[0].register_offline()
        for desk in pair:
            believed.tell(desk.author, said_ms)

    given = recovered_at_a_wrong_time(clinic, pair, skew, confirm)
    assert online(clinic, clinic.coordinator) != given


def test_two_pair_that_say_a_time_that_cannot_be_do_not_stop_the_coordinator_for_ever(clinic, pair):
    hub = clinic.coordinator
    for desk in pair:
        hub.writer.believed.tell(desk.author, limits.CLOCK_MS_MAX)  # the latest that a hello takes
    hub.write(lambda tx: tx.begin())
    hub.reopen()
    hub.writer.believed.confirm()
    hub.write(lambda tx: tx.begin())
    assert hub.writer.now_ms == clinic.now_ms


def test_what_an_administrator_said_of_the_clock_is_known_after_a_restart(clinic, pair):
    hub = clinic.coordinator
    hub.writer.believed.confirm()
    hub.write(lambda tx: None)
    hub.reopen()
    for desk in pair:
        hub.writer.believed.tell(desk.author, clinic.now_ms + 9 * DAY)
    hub.write(lambda tx: None)
    assert hub.writer.now_ms == clinic.now_ms


def test_the_believed_time_comes_back_when_that_of_the_coordinator_is_not_believed(clinic, pair):
    """The lab meets only the ward, and its own clock is right all the time."""
    lab, ward = pair
    hub = clinic.coordinator
    hub.close()
    hub.skew_ms = 50 * DAY
    hub.open()
    online(clinic, ward)
    pull(ward, hub)
    lab.reopen()
    pull(lab, ward)
    assert lab.writer.now_ms == clinic.now_ms + 50 * DAY
    hub.skew_ms = 0
    hub.writer.believed.confirm()
    clinic.now_ms += HOUR
    first = clinic.now_ms + 49 * DAY
    clinic.act(lambda tx: disbelieve(tx, COORDINATOR, first, first + 2 * DAY, "A", "mistyped"))
    pull(ward, hub)
    pull(lab, ward)
    lab.register_offline()
    assert abs(lab.writer.now_ms - clinic.now_ms) < NEAR_MS
    lab.reopen()
    assert abs(lab.writer.now_ms - clinic.now_ms) < NEAR_MS, "and not after a restart either"


def stands_in_2099_for_a_while(clinic, lab):
    """What the coordinator grants then, it still says when its clock is right."""
    hub = clinic.coordinator
    hub.skew_ms = 73 * YEAR
    forget_time(hub)
    online(clinic, lab)
    hub.skew_ms = 0
    hub.writer.believed.confirm()
    clinic.now_ms += HOUR


def nobody_believes_2099(clinic):
    first = clinic.now_ms + 72 * YEAR
    clinic.act(lambda tx: disbelieve(tx, COORDINATOR, first, first + 2 * YEAR, "A", "mistyped"))


@pytest.mark.parametrize("is_update", [False, True])
def test_a_replica_does_not_start_at_a_time_that_is_not_believed(clinic, pair, is_update):
    lab, _ = pair
    stands_in_2099_for_a_while(clinic, lab)
    nobody_believes_2099(clinic)
    clinic.heal()
    said_ms = clinic.now_ms
    clinic.now_ms += HOUR
    lab.skew_ms = -26 * YEAR  # its battery is empty
    if is_update:
        lab.query("UPDATE meta SET value = value - 1 WHERE key = 'projection'")
    forget_time(lab)
    assert abs(lab.writer.now_ms - said_ms) < NEAR_MS, "the newest that it knows, and is believed"
    assert not is_update or projection(lab) == projection(clinic.coordinator)


def test_a_replica_that_started_at_a_time_takes_it_back_when_nobody_believes_it(clinic, pair):
    lab, ward = pair
    stands_in_2099_for_a_while(clinic, lab)
    clinic.heal()
    lab.skew_ms = -26 * YEAR
    forget_time(lab)
    assert lab.writer.now_ms > clinic.now_ms + 70 * YEAR, "nobody has said anything yet"
    nobody_believes_2099(clinic)
    pull(ward, clinic.coordinator)
    pull(lab, ward)
    lab.register_offline()
    assert abs(lab.writer.now_ms - clinic.now_ms) < NEAR_MS


def test_a_coordinator_takes_no_time_of_a_desk_over_a_restart(clinic, pair):
    lab, hub = pair[0], clinic.coordinator
    ahead = clock.pack(clinic.now_ms + 590_000, 0)
    fact = facts.decode(person(1, "710001", "LAB1-PC"))._replace(hlc=ahead)
    hub.exchange.merge(Merge((Run("LAB1-PC", lab.signer, 77, (facts.encode(fact),)).batch(),)))
    hub.reopen()
    assert clock.unpack(hub.writer.clock.tick(hub.writer.now_ms))[0] <= clinic.now_ms + 1000
