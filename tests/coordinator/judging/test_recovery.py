"""A coordinator that was set back gives nothing until it knows its own past again."""

import pytest

from coordinator.errors import InRecovery
from coordinator.judging.recovery import (
    DAY_GAP,
    DAY_MS,
    DAY_SPREAD,
    DAYS_AHEAD,
    DAYS_UNKNOWN,
)
from coordinator.registry import terminals
from sync.engine import issuing
from sync.errors import NoRange, NotYourNumber
from sync.model.facts import Allocator, Author, State
from sync.model.numbers import Mrn
from sync.witness.memory import SERIAL, Witness
from tests.clinic import pull
from tests.coordinator.judging.setting_back import (
    in_recovery,
    note_merged,
    online,
)
from tests.projection import projection


@pytest.fixture
def restored(clinic, coordinator, lab, ward):
    """The coordinator was put back to a backup; the lab knows what it did since."""
    clinic.grant_range(lab.author, "600-699", Allocator.COORDINATOR)
    backup = coordinator.back_up()
    online(clinic, lab)
    lab.register_offline()
    pull(coordinator, lab)
    pull(lab, coordinator)
    coordinator.restore(backup)
    return coordinator


def is_far_above(known, mrn):
    """The counter of a day goes on after recovery where that of another past does not come to."""
    day, counter = known.rsplit("-", 1)
    gap = int(mrn.removeprefix(f"{day}-")) - int(counter) - 1
    return DAY_GAP <= gap < DAY_GAP + DAY_SPREAD


def from_coordinator(tx):
    return issuing.from_range(tx, Author("LAB1-PC"), Allocator.COORDINATOR, None)


def test_it_meets_its_own_facts_and_gives_nothing(clinic, restored, lab, ward):
    assert not in_recovery(clinic)
    pull(restored, lab)
    assert in_recovery(clinic)
    arbiter = restored.arbiter
    with pytest.raises(InRecovery, match="it waits for LAB1-PC, WARD-PC"):
        clinic.act(lambda tx: arbiter.grant(tx, lab.draft().record, lab.author))
    before = len(restored.query("SELECT * FROM verdicts"))
    ward.register_offline()
    pull(restored, ward)
    assert len(restored.query("SELECT * FROM verdicts")) == before
    assert restored.judge_pending() == 0
    assert restored.status()["720000"] == ("pending", None)
    restored.reopen()
    assert in_recovery(clinic), "a restart does not end it"


def test_it_ends_when_every_active_terminal_has_merged(clinic, restored, lab, ward):
    incarnation = restored.writer.identity.incarnation
    ward.register_offline()
    for desk in (lab, ward):
        pull(restored, desk)
    assert note_merged(clinic, lab, lab, ward) == [False, False, True]
    assert not in_recovery(clinic)
    assert restored.writer.identity.incarnation != incarnation
    assert restored.judge_pending() == 1
    assert restored.status()["720000"] == ("admitted", None)
    assert is_far_above("PAT-20260105-0001", online(clinic, lab))
    with pytest.raises(NoRange, match="the coordinator was restored"):
        restored.writer.write(from_coordinator)
    clinic.heal()
    assert projection(restored) == projection(lab) == projection(ward)


def test_days_that_begin_later_count_from_one(clinic, restored, lab, ward):
    restored.writer.believed.tell(lab.author, clinic.now_ms)  # two of three confirm the time
    pull(restored, lab)
    note_merged(clinic, lab, ward)
    assert is_far_above("PAT-20260105-0001", online(clinic, lab))
    clinic.now_ms += DAYS_AHEAD * DAY_MS
    assert is_far_above("PAT-20260112-0000", online(clinic, lab)), "the clock may have been behind"
    clinic.now_ms += DAY_MS
    assert online(clinic, lab) == "PAT-20260113-0001"


def test_a_day_that_has_passed_goes_on_above_what_was_forgotten_of_it(clinic, restored, lab, ward):
    """If a clock goes back, as it may, to a day of which the backup knew nothing."""
    clinic.now_ms += 2 * DAY_MS
    restored.writer.believed.tell(lab.author, clinic.now_ms)  # two of three confirm the time
    pull(restored, lab)
    note_merged(clinic, lab, ward)
    recovery = restored.arbiter.recovery
    floors = [
        clinic.act(
            lambda tx, ago=ago: recovery.day_floor(tx, recovery.day(tx.now_ms - ago * DAY_MS))
        )
        for ago in (-DAYS_AHEAD - 1, -DAYS_AHEAD, 0, 1, 2, DAYS_UNKNOWN, DAYS_UNKNOWN + 1)
    ]
    gap = floors[1]
    assert DAY_GAP <= gap < DAY_GAP + DAY_SPREAD
    assert floors == [0, gap, gap, gap, 1 + gap, gap, 0], "one number of that day was known"


def test_an_end_reads_what_is_known_of_all_days_once_for_all_of_them(clinic, coordinator):
    """Days come to be thousands, and each of them is in what would be read for each of them."""
    costs = []
    for days in (1, 1000):
        floors = {f"{20100101 + day}": 7 for day in range(days)}

        def know(tx, floors=floors):
            tx.begin()
            tx.store.meta.day_floors = floors
            coordinator.arbiter.recovery.begin(tx, "it was set back")

        clinic.act(know)
        coordinator.connection.heal()  # which begins to count anew
        clinic.act(coordinator.arbiter.recovery.end)
        costs.append(coordinator.connection.statements)
        assert coordinator.writer.store.meta.day_floors["20100101"] >= 7 + DAY_GAP
    assert costs[1] <= 2 * costs[0], "statements"


def given_to_nobody_known(clinic, desk):
    arbiter = clinic.coordinator.arbiter
    return clinic.act(lambda tx: arbiter.grant(tx, desk.draft().record, desk.author)).mrn


def test_a_day_that_early_ends_let_go_on_far_above_goes_on_above_what_was_forgotten_of_it(
    clinic, coordinator, lab
):
    """A later recovery ends by itself: its gap lies above the earlier ones, not above nothing."""
    for _ in range(3):
        clinic.act(lambda tx: coordinator.arbiter.recovery.begin(tx, "it was set back"))
        clinic.act(coordinator.arbiter.recovery.end)
    clinic.now_ms += 20 * DAY_MS
    backup = coordinator.back_up()
    given = given_to_nobody_known(clinic, lab)
    coordinator.restore(backup)
    clinic.act(lambda tx: coordinator.arbiter.recovery.begin(tx, "it was restored"))
    coordinator.writer.believed.tell(lab.author, clinic.now_ms)
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [True]
    assert is_far_above(given, given_to_nobody_known(clinic, lab))


def test_an_early_end_with_a_clock_that_is_behind_gives_no_number_twice(clinic, coordinator, lab):
    """Numbers of the true day were given after the backup, and nobody can bring them back."""
    backup = coordinator.back_up()
    clinic.now_ms += 2 * 24 * 3_600_000
    given = online(clinic, lab)
    clinic.now_ms -= 2 * 24 * 3_600_000
    coordinator.restore(backup)
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was restored"))
    clinic.act(lambda tx: recovery.end(tx, "Sadia", "the desk is lost"))
    clinic.now_ms += 2 * 24 * 3_600_000
    assert given == "PAT-20260107-0001"
    assert is_far_above("PAT-20260107-0000", online(clinic, lab))


def test_a_second_recovery_on_one_day_goes_on_above_the_first(clinic, restored, lab, ward):
    pull(restored, lab)
    note_merged(clinic, lab, ward)
    first = online(clinic, lab)
    recovery = restored.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "once more"))
    note_merged(clinic, lab, ward)
    assert is_far_above(first, online(clinic, lab))


def test_it_does_not_wait_for_who_is_inactive_or_has_no_node(clinic, coordinator, lab, ward):
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.act(lambda tx: terminals.change_terminal(tx, ward.author, state=State.INACTIVE))
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "its database is old"))
    assert clinic.act(recovery.waiting_for) == [lab.author]
    assert note_merged(clinic, lab) == [True]


def test_it_waits_for_terminals_that_it_learns_of_while_merging(clinic, coordinator, lab):
    backup = coordinator.back_up()
    ward = clinic.desk("WARD-PC", "720000-729999")
    pull(lab, coordinator)
    coordinator.restore(backup)
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [False]
    pull(coordinator, ward)
    assert note_merged(clinic, ward) == [True]


def test_an_administrator_may_end_it_early(clinic, restored, lab, ward):
    pull(restored, lab)
    recovery = restored.arbiter.recovery
    clinic.act(recovery.end)
    assert not in_recovery(clinic)
    assert is_far_above("PAT-20260105-0001", online(clinic, lab))
    with pytest.raises(NoRange, match="the coordinator was restored"):
        restored.writer.write(from_coordinator)


def test_a_range_that_it_allocated_from_is_not_handed_over_after_it_was_restored(
    clinic, coordinator, lab
):
    """Nobody knows which numbers of it were on cards when the disk was lost."""
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.grant_range("FRONT", "500-510")
    pull(lab, coordinator)
    backup = coordinator.back_up()
    draft = coordinator.draft()._replace(terminal=Author("FRONT"))
    coordinator.register(
        draft, lambda tx: issuing.from_range(tx, Author("FRONT"), Allocator.COORDINATOR, None)
    )
    coordinator.restore(backup)
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "its database is older than what it has issued"))
    note_merged(clinic, lab)
    desk = clinic.bare_desk("FRONT")
    clinic.act(
        lambda tx: terminals.join_node(
            tx, "FRONT", desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    pull(desk, coordinator)
    with pytest.raises(NoRange):
        desk.register_offline()


def test_a_range_that_came_back_without_its_cursor_is_not_handed_over(clinic, coordinator, lab):
    backup = coordinator.back_up()
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.grant_range("FRONT", "500-510")
    pull(lab, coordinator)
    draft = coordinator.draft()._replace(terminal=Author("FRONT"))
    coordinator.register(
        draft, lambda tx: issuing.from_range(tx, Author("FRONT"), Allocator.COORDINATOR, None)
    )
    coordinator.restore(backup)
    pull(coordinator, lab)
    note_merged(clinic, lab)
    desk = clinic.bare_desk("FRONT")
    clinic.act(
        lambda tx: terminals.join_node(
            tx, "FRONT", desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    pull(desk, coordinator)
    with pytest.raises(NoRange):
        desk.register_offline()


def test_a_node_that_meets_its_own_past_takes_a_new_life_and_duplicates_are_reported(
    clinic, coordinator, lab, ward
):
    lab.register_offline()
    backup = lab.back_up()
    for number in range(2):
        lab.register_offline(full_name=f"Before {number}")
    pull(coordinator, lab)
    incarnation = lab.writer.identity.incarnation
    lab.restore(backup)
    lab.register_offline(full_name="After")
    assert lab.writer.identity.incarnation == incarnation
    clinic.heal()
    assert lab.writer.identity.incarnation != incarnation
    with pytest.raises(NoRange):
        lab.register_offline()
    for desk in clinic.replicas:
        assert desk.conflicts() == [("710001", "duplicate_mrn")]
        assert projection(desk) == projection(coordinator)
        assert sorted(filter(None, desk.mrns())) == ["710000", "710001", "710001", "710002"]
    incarnation = lab.writer.identity.incarnation
    clinic.act(lambda tx: terminals.adopt_incarnation(tx, lab.author, incarnation))
    clinic.grant_range(lab.author, "800-899")
    pull(lab, coordinator)
    lab.register_offline()
    assert lab.mrns()[-1] == "800"


def test_a_client_supplies_no_number_of_a_range_that_a_restored_coordinator_allocated(
    clinic, restored, lab, ward
):
    """A card with it may have been given out after the backup, and nobody knows of it any more."""
    for desk in (lab, ward):
        pull(restored, desk)
    note_merged(clinic, lab, ward)
    with pytest.raises(NotYourNumber, match="the coordinator was restored"):
        clinic.act(lambda tx: terminals.supplied_number(tx, lab.author, Mrn("600")))


def test_ids_that_clients_were_told_before_it_was_set_back_never_come_to_mean_others(
    clinic, coordinator, lab, ward, tmp_path
):
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    backup = coordinator.back_up()
    lab.register_offline()
    pull(coordinator, lab)
    (newest,) = coordinator.query("SELECT max(id) FROM patients")
    (change,) = coordinator.query("SELECT max(id) FROM changes")
    online(clinic, lab)
    witness.note_marks({SERIAL: coordinator.writer.serial})
    coordinator.restore(backup)
    clinic.act(lambda tx: coordinator.arbiter.recovery.look_back(tx, witness))
    ward.register_offline()
    pull(coordinator, ward)
    assert coordinator.query("SELECT min(id) FROM patients") > [newest]
    assert coordinator.query("SELECT min(id) FROM changes WHERE id >= ?", change[0]) > [change]
