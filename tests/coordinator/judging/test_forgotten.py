"""What a coordinator gave and has forgotten is not given again, and is looked for."""

from collections.abc import Callable
from functools import partial

import pytest

from coordinator.errors import InRecovery, PoolClosed, RangeOverlap
from coordinator.judging.recovery import (
    DAY_MS,
    missing_entries,
)
from coordinator.registry import pool, terminals
from sync.engine.records import registry_rows
from sync.model.facts import COORDINATOR, Cause, SerialsFact, State
from sync.protocol.questions import Merge
from sync.rules.serials import SerialStretch
from sync.witness.memory import SERIAL, Intent, Witness
from tests.clinic import Desk, missing_batches, pull
from tests.coordinator.judging.setting_back import (
    Remembered,
    block_for,
    give,
    in_recovery,
    look_back,
    note_merged,
    online,
    restore,
)
from tests.faults import Crash
from tests.projection import projection


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
    assert after.start > block.end + pool.NUMBERS_SKIPPED, "another copy may have gone on"
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


@pytest.mark.parametrize("noted", [False, True])
def test_nobody_waits_for_what_a_commit_was_to_give_of_which_nothing_is_known(
    clinic, coordinator, lab, tmp_path, noted
):
    """It failed, because the disk was full. Then an older copy of the folder is put back."""
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    look_back(coordinator, witness)
    backup = coordinator.back_up()
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    given = coordinator.writer.serial
    witness.settle()
    intended = given + 10**10  # the beginning of a recovery skips so many
    witness.intend({SERIAL: Intent(intended, given)})
    if noted:
        witness.withdraw()
        witness.settle()
    coordinator.restore(backup)
    witness = Witness(tmp_path / "witness", "machine")
    look_back(coordinator, witness)
    assert clinic.act(missing_entries) == [SerialStretch(given, given)]
    assert coordinator.writer.serial > intended


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


@pytest.fixture
def no_account(monkeypatch) -> Callable[[Desk], None]:
    """Makes a register one of version 0.1.0, which wrote no account of serials."""

    def forget(coordinator: Desk) -> None:
        coordinator.query("DELETE FROM registry WHERE kind = 'serials'")
        # The record of the account is still there, and would be taken into the registry again.
        monkeypatch.setattr(registry_rows, "mend", lambda _store: None)

    return forget


def test_gaps_that_earlier_software_left_are_no_alarm(clinic, coordinator, lab, no_account):
    """Version 0.1.0 left out serials without a word."""
    no_account(coordinator)
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
    clinic, coordinator, lab, forgotten, no_account
):
    """Its witness may know of serials that were left out without a word."""
    backup, ward, block, serial = forgotten
    coordinator.restore(backup)
    no_account(coordinator)
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
        serial = coordinator.writer.serial
        given.append((serial, registered.patient, local.feed_epoch, online))
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


def die(coordinator, witness, act, fails="fail_at_commit"):
    """The process dies at the commit of an act, and starts again."""
    getattr(coordinator.connection, fails)()
    with pytest.raises(Crash):
        act()
    coordinator.reopen()
    witness.read()
    look_back(coordinator, witness)


@pytest.mark.parametrize("fails", ["fail_at_commit", "fail_after_commit"])
def test_a_process_that_died_at_a_commit_is_of_the_past_that_the_witness_knows(
    clinic, coordinator, tmp_path, fails
):
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    look_back(coordinator, witness)
    for _ in range(3):
        give(coordinator)
        die(coordinator, witness, lambda: give(coordinator), fails)
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
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))

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
    look_back(coordinator, witness)
    online(clinic, lab)
    serial = coordinator.writer.serial
    die(coordinator, witness, lambda: online(clinic, lab))
    assert not in_recovery(clinic)
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
    look_back(coordinator, witness)
    online(clinic, lab)
    clinic.now_ms -= days_back * DAY_MS
    day = coordinator.arbiter.recovery.day(clinic.now_ms)
    if given_that_day:
        assert online(clinic, lab) == f"PAT-{day}-0001"
    die(coordinator, witness, lambda: online(clinic, lab))
    assert not in_recovery(clinic)
    store = coordinator.writer.store
    assert store.meta.day_floors[day] == 1 + given_that_day, "the number that is left out"
    assert online(clinic, lab) != f"PAT-{day}-000{1 + given_that_day}"


def test_a_number_of_an_earlier_day_is_left_out_above_what_an_early_end_has_left_out(
    clinic, coordinator, lab, tmp_path
):
    """Of that day nobody was seen before, and the newest online number is of a later one."""
    clinic.act(lambda tx: coordinator.arbiter.recovery.begin(tx, "it was set back"))
    clinic.act(coordinator.arbiter.recovery.end)
    clinic.now_ms += 50 * DAY_MS
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    look_back(coordinator, witness)
    online(clinic, lab)
    clinic.now_ms -= DAY_MS
    day = coordinator.arbiter.recovery.day(clinic.now_ms)
    floor = clinic.act(lambda tx: coordinator.arbiter.recovery.day_floor(tx, day))
    die(coordinator, witness, lambda: online(clinic, lab))
    assert not in_recovery(clinic)
    assert online(clinic, lab) != f"PAT-{day}-{floor + 1}"
