"""A coordinator that was set back gives nothing until it knows its own past again."""

import shutil
from functools import partial

import pytest

from coordinator.errors import InRecovery, PoolClosed, RangeOverlap
from coordinator.judging.recovery import (
    DAY_GAP,
    DAY_MS,
    DAY_SPREAD,
    begin_restored,
    missing_entries,
)
from coordinator.registry import pool, ranges, terminals
from sync.engine import issuing
from sync.errors import NoRange, NotYourNumber
from sync.model.facts import COORDINATOR, Allocator, Author, Cause, SerialsFact, State
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from sync.rules.serials import SerialStretch
from sync.storage.store import Store
from sync.witness.memory import BEGUN, SERIAL, Witness
from tests.clinic import missing_batches, pull
from tests.faults import Crash
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


def online(clinic, desk):
    draft = desk.draft()
    arbiter = clinic.coordinator.arbiter
    granted = clinic.act(lambda tx: arbiter.grant(tx, draft.record, desk.author))
    pull(desk, clinic.coordinator)
    desk.register(draft, lambda tx: issuing.granted(tx, draft.record, desk.author))
    return granted.mrn


def note_merged(clinic, *desks):
    recovery = clinic.coordinator.arbiter.recovery
    return [
        clinic.act(lambda tx, desk=desk: recovery.note_merged(tx, desk.author)) for desk in desks
    ]


def in_recovery(clinic):
    recovery = clinic.coordinator.arbiter.recovery
    return clinic.act(recovery.is_on)


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
    pull(restored, lab)
    note_merged(clinic, lab, ward)
    assert is_far_above("PAT-20260105-0001", online(clinic, lab))
    clinic.now_ms += 24 * 3_600_000
    assert online(clinic, lab) == "PAT-20260106-0001"


def test_a_day_that_has_passed_goes_on_above_what_was_forgotten_of_it(clinic, restored, lab, ward):
    """If a clock goes back, as it may, to a day of which the backup knew nothing."""
    clinic.now_ms += 2 * 24 * 3_600_000
    pull(restored, lab)
    note_merged(clinic, lab, ward)
    floors = restored.writer.store.meta.day_floors
    gap = floors["20260107"]
    assert DAY_GAP <= gap < DAY_GAP + DAY_SPREAD
    assert (floors["20260105"], floors["20260106"]) == (1 + gap, gap)
    assert "20260108" not in floors


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


# what was given and is not here


class Remembered:
    """A witness that is trusted and has these marks."""

    trusted = True

    def __init__(self, serial, **marks):
        self._marks = {SERIAL: serial} | marks

    def mark(self, name):
        return self._marks.get(name)

    def committed(self, name):
        return self._marks.get(name, 0)

    def is_of(self, number):
        return number == self.committed(BEGUN)


def look_back(coordinator, witness):
    recovery = coordinator.arbiter.recovery
    coordinator.writer.write(lambda tx: recovery.look_back(tx, witness))


def restore(coordinator, backup, witness):
    """As the command does, and the start after it."""
    coordinator.close()
    for suffix in ("-wal", "-shm"):
        coordinator.path.with_name(f"{coordinator.path.name}{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, coordinator.path)
    store = Store.open(coordinator.path)
    begin_restored(store, "it was restored from a backup")
    store.close()
    coordinator.open()
    look_back(coordinator, witness)


def block_for(clinic, desk):
    return clinic.act(lambda tx: ranges.grant_next(tx, desk.author))


@pytest.fixture
def forgotten(clinic, coordinator, lab):
    """A desk joined after the backup and got a block, and the lab was away meanwhile."""
    backup = coordinator.back_up()
    ward = clinic.desk("WARD-PC")
    block = block_for(clinic, ward)
    pull(ward, coordinator)
    ward.register_offline()
    return backup, ward, block, coordinator.writer.serial


@pytest.mark.parametrize("by_command", [True, False])
def test_it_does_not_end_while_something_is_missing_that_it_has_given(
    clinic, coordinator, lab, forgotten, by_command
):
    backup, ward, block, serial = forgotten
    if by_command:
        restore(coordinator, backup, Remembered(serial))
    else:
        coordinator.restore(backup)
        look_back(coordinator, Remembered(serial))
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [False], "three entries are missing: ward, its key, block"
    assert in_recovery(clinic)
    assert clinic.act(missing_entries) == [SerialStretch(serial - 2, serial)]
    said = rf"3 entries of its own \({serial - 2} to {serial}\)\. Switch on"
    with pytest.raises(InRecovery, match=said):
        clinic.act(coordinator.arbiter.recovery.require_over)
    pull(coordinator, ward)
    assert clinic.act(missing_entries) == []
    assert note_merged(clinic, ward) == [True]
    after = block_for(clinic, lab)
    assert after.start > block.end
    assert (after.start == block.end + 1) is not by_command, "a backup may be older than a witness"
    clinic.heal()
    assert coordinator.writer.registry.rivals() == []
    assert projection(coordinator) == projection(lab) == projection(ward)


def test_an_administrators_word_about_what_is_missing_is_a_fact(
    clinic, coordinator, lab, forgotten
):
    backup, ward, block, serial = forgotten
    coordinator.restore(backup)
    look_back(coordinator, Remembered(serial))
    pull(coordinator, lab)
    note_merged(clinic, lab)
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.end(tx, "Sadia Malik", "the ward burnt"))
    assert not in_recovery(clinic)
    lost = SerialsFact(serial - 2, serial, Cause.LOST, "the ward burnt", "Sadia Malik")
    pull(lab, coordinator)
    for desk in (coordinator, lab):
        assert lost in desk.writer.registry.accounts
    with pytest.raises(PoolClosed):
        block_for(clinic, lab)
    with pytest.raises(RangeOverlap):
        clinic.grant_range(lab.author, block.text)
    clinic.act(lambda tx: recovery.begin(tx, "once more"))
    assert clinic.act(missing_entries) == [], "nobody is asked twice"
    assert note_merged(clinic, lab) == [True]
    pull(coordinator, ward)
    assert in_recovery(clinic), "the ward comes back after all"
    assert note_merged(clinic, lab, ward) == [False, True]
    clinic.heal()
    assert coordinator.writer.registry.rivals() == []


def test_without_a_witness_nothing_is_given_again(clinic, coordinator, lab, forgotten):
    backup, ward, block, _ = forgotten
    restore(coordinator, backup, Remembered(0))
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [True], "nothing says that there was more"
    after = block_for(clinic, lab)
    assert after.start > block.end
    with pytest.raises(RangeOverlap, match="--never-granted"):
        clinic.grant_range(lab.author, "730000-739999")
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    pull(coordinator, ward)
    assert in_recovery(clinic)
    assert clinic.act(missing_entries) == []
    assert note_merged(clinic, lab, ward) == [False, True]
    clinic.heal()
    registry = coordinator.writer.registry
    assert registry.rivals() == []
    assert len({terminal.serial for terminal in registry.terminals.values()}) == 3


def test_a_gap_below_what_a_desk_brings_is_missing(clinic, coordinator, lab, ward):
    """The witness is gone; a number that was granted after something shows that it is missing."""
    backup = coordinator.back_up()
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.act(lambda tx: coordinator.arbiter.grant(tx, lab.draft().record, lab.author))
    serial = coordinator.writer.serial
    grants = [one for one in missing_batches(lab, coordinator) if one.author == COORDINATOR]
    lab.exchange.merge(Merge(tuple(grants)))
    restore(coordinator, backup, Remembered(0))
    for desk in (lab, ward):
        pull(coordinator, desk)
    assert note_merged(clinic, lab, ward) == [False, False]
    assert clinic.act(missing_entries) == [SerialStretch(serial - 1, serial - 1)]


def test_gaps_that_earlier_software_left_are_no_alarm(clinic, coordinator, lab):
    """Version 0.1.0 left out serials without a word; what it wrote has no account of serials."""
    coordinator.query("DELETE FROM registry WHERE kind = 'serials'")
    coordinator.writer.store.meta.serial_floor = 50
    coordinator.reopen()
    clinic.grant_range(lab.author, "800-899")
    assert coordinator.writer.registry.accounts[0].last == 50
    assert coordinator.writer.serial == 51
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "its witness is gone"))
    assert clinic.act(missing_entries) == []
    assert note_merged(clinic, lab) == [True]


def test_a_register_of_earlier_software_waits_for_no_serial_but_gives_nothing_again(
    clinic, coordinator, lab, forgotten
):
    """Its witness may know of serials that were left out without a word."""
    backup, ward, block, serial = forgotten
    coordinator.restore(backup)
    coordinator.query("DELETE FROM registry WHERE kind = 'serials'")
    coordinator.reopen()
    look_back(coordinator, Remembered(serial))
    assert note_merged(clinic, lab) == [True]
    assert block_for(clinic, lab).start > block.end
    with pytest.raises(RangeOverlap):
        clinic.grant_range(lab.author, "730000-739999")
    begin, skipped = coordinator.writer.registry.accounts
    assert (begin.cause, begin.last) == (Cause.BEGIN, skipped.first - 1), "from now on they count"
    pull(coordinator, ward)
    assert note_merged(clinic, lab, ward) == [False, True]
    assert coordinator.writer.registry.rivals() == []


def test_a_recovery_that_earlier_software_began_is_looked_at_too(
    clinic, coordinator, lab, forgotten
):
    backup, _, _, serial = forgotten
    coordinator.restore(backup)
    meta = coordinator.writer.store.meta
    meta.recovery, meta.serial_floor = "its database is older than what it has issued", serial
    coordinator.reopen()
    look_back(coordinator, Remembered(serial))
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [False]
    assert clinic.act(missing_entries) == [SerialStretch(serial - 2, serial)]


def test_two_restores_of_one_backup_give_nothing_twice(clinic, coordinator, lab):
    backup = coordinator.back_up()
    given = []
    for name in ("ONE", "OTHER"):
        restore(coordinator, backup, Remembered(0))
        pull(coordinator, lab)
        assert note_merged(clinic, lab) == [True]
        clinic.act(lambda tx, name=name: terminals.add_terminal(tx, name, ""))
        draft = coordinator.draft()._replace(terminal=None)
        grant = partial(coordinator.arbiter.grant, record=draft.record, terminal=None)
        registered = coordinator.register(draft, grant)
        local = coordinator.writer.store.local
        online = clinic.act(grant).mrn
        by_hand = clinic.act(pool.margin_by_hand)
        serial = coordinator.writer.serial
        given.append((serial, registered.patient, local.feed_epoch, online, by_hand))
    for one, other in zip(*given, strict=True):
        assert one != other


def in_another_past(clinic, coordinator, path, given):
    """The coordinator's database of one past, and the witness of another, which has given more.

    A whole disk is put back, which nobody can notice; later only the database is, to what it was
    before that.
    """
    witness = Witness.create(path, "machine", 0)
    coordinator.be_witnessed(witness)
    look_back(coordinator, witness)
    give(coordinator)
    backup, kept = coordinator.back_up(), path.read_bytes()
    for _ in range(3):
        give(coordinator)
    one_past = coordinator.back_up()
    path.write_bytes(kept)
    for database in (backup, one_past):
        coordinator.restore(database)
        coordinator.be_witnessed(witness := Witness(path, "machine"))
        if database == backup:
            look_back(coordinator, witness)
            assert not in_recovery(clinic)
            for _ in range(given):
                give(coordinator)
    return witness


def give(coordinator):
    """An online number, whose serial no desk hears of."""
    grant = coordinator.arbiter.grant
    coordinator.writer.write(lambda tx: grant(tx, coordinator.draft().record, None))


@pytest.mark.parametrize("given", [0, 1, 2, 3, 4])
def test_a_database_of_another_past_is_noticed(clinic, coordinator, tmp_path, given):
    """Whether its serials and numbers are higher than those of the witness, or the same."""
    witness = in_another_past(clinic, coordinator, tmp_path / "witness", given)
    look_back(coordinator, witness)
    assert in_recovery(clinic)
    clinic.act(lambda tx: coordinator.arbiter.recovery.end(tx, "Sadia Malik", "all is here"))
    give(coordinator)
    coordinator.reopen()
    witness.read()
    look_back(coordinator, witness)
    assert not in_recovery(clinic), "it is the one that the witness knows from then on"


@pytest.mark.parametrize("fails", ["fail_at_commit", "fail_after_commit"])
def test_a_process_that_died_at_a_commit_is_of_the_past_that_the_witness_knows(
    clinic, coordinator, tmp_path, fails
):
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    look_back(coordinator, witness)
    for _ in range(3):
        give(coordinator)
        getattr(coordinator.connection, fails)()
        with pytest.raises(Crash):
            give(coordinator)
        coordinator.reopen()
        witness.read()
        look_back(coordinator, witness)
        assert not in_recovery(clinic)


def test_a_stolen_desk_is_revoked_during_recovery_which_does_not_wait_for_it(
    clinic, coordinator, lab, ward
):
    backup = coordinator.back_up()
    coordinator.restore(backup)
    look_back(coordinator, Remembered(coordinator.writer.serial + 1))
    serial = coordinator.writer.serial
    recovery = coordinator.arbiter.recovery

    def revoke(tx):
        terminals.change_terminal(tx, ward.author, state=State.REVOKED, why="stolen")
        return recovery.give_up(tx, ward.author)

    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [False]
    assert not clinic.act(revoke), "an entry is missing"
    assert clinic.act(recovery.waiting_for) == []
    assert coordinator.writer.serial > serial
    pull(lab, coordinator)
    assert lab.writer.registry.terminals[ward.author].state is State.REVOKED
    clinic.act(recovery.end)
    clinic.act(lambda tx: recovery.begin(tx, "once more"))
    assert note_merged(clinic, lab) == [True]


def test_it_ends_when_the_last_desk_that_it_waits_for_is_revoked_and_closes_the_pool(
    clinic, coordinator, lab, ward
):
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was set back", witnessed=True))

    def revoke(tx):
        terminals.change_terminal(tx, ward.author, state=State.REVOKED, why="stolen")
        return recovery.give_up(tx, ward.author)

    assert note_merged(clinic, lab) == [False]
    assert clinic.act(revoke)
    assert not in_recovery(clinic)
    with pytest.raises(PoolClosed):
        block_for(clinic, lab)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_start_never_begins_and_ends_it(clinic, coordinator, trusted):
    """That no desk is known says nothing: the database may be older than the first one."""
    witness = Remembered(7)
    witness.trusted = trusted
    for _ in range(2):
        look_back(coordinator, witness)
        assert in_recovery(clinic)
    with pytest.raises(InRecovery, match="an administrator"):
        clinic.act(coordinator.arbiter.recovery.require_over)


def test_a_coordinator_that_died_within_a_commit_leaves_out_its_serials_and_goes_on(
    clinic, coordinator, lab, tmp_path
):
    """The desk may have got the number, for all that the database knows."""
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.look_back(tx, witness))
    online(clinic, lab)
    serial = coordinator.writer.serial
    coordinator.connection.fail_at_commit()
    with pytest.raises(Crash):
        online(clinic, lab)
    coordinator.reopen()
    witness.read()
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.look_back(tx, witness))
    assert not clinic.act(recovery.is_on)
    assert clinic.act(missing_entries) == []
    assert online(clinic, lab) == "PAT-20260105-0003"
    assert coordinator.writer.serial > serial + 1
    (account,) = [fact for fact in coordinator.writer.registry.accounts if fact.last == serial + 1]
    assert account.cause is Cause.SKIPPED


@pytest.mark.parametrize("given_that_day", [False, True])
@pytest.mark.parametrize("days_back", [1, 30])
def test_a_number_of_an_earlier_day_is_left_out_too(
    clinic, coordinator, lab, tmp_path, days_back, given_that_day
):
    """The clock was ahead, and was put right: the newest online number is of a day to come."""
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    clinic.act(lambda tx: coordinator.arbiter.recovery.look_back(tx, witness))
    online(clinic, lab)
    clinic.now_ms -= days_back * DAY_MS
    day = coordinator.arbiter.recovery.day(clinic.now_ms)
    if given_that_day:
        assert online(clinic, lab) == f"PAT-{day}-0001"
    coordinator.connection.fail_at_commit()
    with pytest.raises(Crash):
        online(clinic, lab)
    coordinator.reopen()
    witness.read()
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.look_back(tx, witness))
    assert not clinic.act(recovery.is_on)
    store = coordinator.writer.store
    assert store.meta.day_floors[day] == 1 + given_that_day, "the number that is left out"
    assert online(clinic, lab) != f"PAT-{day}-000{1 + given_that_day}"
