"""Accidents of a coordinator one after the other: nothing is given again, and no alarm is false."""

import pytest

from coordinator.judging.recovery import (
    DAY_MS,
    SKIPPED_FROM,
    SKIPPED_TO,
    confirm,
    known_marks,
    skip_marks,
)
from coordinator.registry import terminals
from sync.engine import issuing
from sync.errors import NotYourNumber
from sync.model import reasons
from sync.model.facts import Allocator, State
from sync.witness.memory import BEGUN, SERIAL, Intent, Witness
from tests.clinic import pull
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


def start(coordinator, path):
    """As `coordinator.daemon.CoordinatorDaemon.start` does."""
    recovery = coordinator.arbiter.recovery
    coordinator.be_witnessed(witness := Witness(path, "machine"))
    look_back(coordinator, witness)
    if not witness.trusted:
        witness.begin_anew(coordinator.write(recovery.name_witness))
    confirm(witness, coordinator.write(known_marks))
    witness.catch_up(coordinator.write(issuing.how_far_used))
    return witness


def recover(clinic, path, lab):
    """The coordinator starts, and its recovery ends once the lab has come."""
    start(clinic.coordinator, path)
    assert in_recovery(clinic)
    pull(clinic.coordinator, lab)
    assert note_merged(clinic, lab) == [True]


@pytest.fixture
def path(coordinator, lab, tmp_path):
    file = tmp_path / "witness"
    coordinator.be_witnessed(Witness.create(file, "machine", 0))
    start(coordinator, file)
    give(coordinator)
    return file


def away(clinic, coordinator):
    """A desk joins, gets a block, and is away from then on."""
    ward = clinic.desk("WARD-PC")
    block = block_for(clinic, ward)
    pull(ward, coordinator)
    ward.register_offline()
    return ward, block


def test_a_newer_copy_that_is_found_later_gives_no_block_again(clinic, coordinator, lab, path):
    """Disk and witness are lost; an old copy goes on, then somebody finds a newer one."""
    old = coordinator.back_up()
    give(coordinator)
    newer = coordinator.back_up()
    ward, block = away(clinic, coordinator)
    path.unlink()
    coordinator.restore(old)
    recover(clinic, path, lab)
    give(coordinator)
    pull(lab, coordinator)
    coordinator.restore(newer)
    recover(clinic, path, lab)
    assert block_for(clinic, lab).start > block.end
    pull(coordinator, ward)
    assert coordinator.writer.registry.rivals() == []


def test_a_disk_and_then_a_folder_put_back_give_no_block_again(clinic, coordinator, lab, path):
    """The past that the witness knows has come further, so it seems to know all."""
    disk, kept = coordinator.back_up(), path.read_bytes()
    give(coordinator)
    folder = coordinator.back_up()
    ward, block = away(clinic, coordinator)
    path.write_bytes(kept)
    coordinator.restore(disk)
    start(coordinator, path)
    assert not in_recovery(clinic)
    for _ in range(9):
        give(coordinator)
    pull(lab, coordinator)
    coordinator.witness.settle()
    coordinator.restore(folder)
    recover(clinic, path, lab)
    assert block_for(clinic, lab).start > block.end
    pull(coordinator, ward)
    assert coordinator.writer.registry.rivals() == []


@pytest.fixture
def front(clinic, coordinator, path):
    """A terminal without a node; a number of its range, which the coordinator issues, each time."""
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.grant_range("FRONT", "800-899")

    def give_number():
        return coordinator.register(
            coordinator.draft()._replace(terminal="FRONT"),
            lambda tx: issuing.from_range(tx, "FRONT", Allocator.COORDINATOR, coordinator.witness),
        ).issued.mrn

    return give_number


def test_numbers_of_a_range_lead_to_another_past_too(clinic, coordinator, path, front):
    given = [front()]
    disk, kept = coordinator.back_up(), path.read_bytes()
    given += [front() for _ in range(3)]
    folder = coordinator.back_up()
    given.append(front())
    path.write_bytes(kept)
    coordinator.restore(disk)
    start(coordinator, path)
    front()  # nobody can notice that
    coordinator.restore(folder)
    start(coordinator, path)
    assert in_recovery(clinic) or front() not in given


@pytest.mark.parametrize("noted", [False, True])
def test_a_commit_that_failed_and_comes_to_light_is_no_other_past(clinic, coordinator, path, noted):
    """The disk could not sync; then the power went. Meanwhile the audit counted its entries."""
    coordinator.witness.settle()
    kept, before = path.read_bytes(), (coordinator.writer.serial, number_of(coordinator))
    give(coordinator)
    after = coordinator.writer.serial, number_of(coordinator)
    light = coordinator.back_up()
    path.write_bytes(kept)
    witness = Witness(path, "machine")
    serial, number = (Intent(new, old) for new, old in zip(after, before, strict=True))
    witness.intend({SERIAL: serial, BEGUN: number})
    witness.withdraw()
    if noted:
        witness.note_marks({"audit entries": 7})
    coordinator.restore(light)
    start(coordinator, path)
    assert not in_recovery(clinic)


def number_of(coordinator):
    return coordinator.writer.store.meta.witness


def test_an_older_copy_of_the_witness_is_not_called_an_older_database(clinic, coordinator, path):
    kept = path.read_bytes()
    for _ in range(3):
        give(coordinator)
    coordinator.reopen()
    path.write_bytes(kept)
    start(coordinator, path)
    assert coordinator.writer.store.meta.recovery != reasons.OLDER


def test_a_serial_of_a_recovery_is_not_given_again(clinic, coordinator, lab, ward, path):
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))
    backup = coordinator.back_up()

    def revoke(desk):
        clinic.act(
            lambda tx: terminals.change_terminal(tx, desk.author, state=State.REVOKED, why="stolen")
        )
        return coordinator.writer.serial

    first = revoke(ward)
    pull(lab, coordinator)
    coordinator.restore(backup)
    start(coordinator, path)
    assert in_recovery(clinic)
    assert revoke(lab) > first


@pytest.mark.parametrize("revoked", [False, True])
def test_a_restore_of_a_backup_that_was_made_during_recovery_has_given_nothing_yet(
    clinic, coordinator, lab, ward, path, revoked
):
    """Whoever restores an older backup after that would wait for serials that nobody was given."""
    given = coordinator.writer.serial
    for _ in range(2):
        restore(coordinator, coordinator.back_up(), Remembered(0))
        if revoked:
            clinic.act(
                lambda tx: terminals.change_terminal(
                    tx, ward.author, state=State.REVOKED, why="stolen"
                )
            )
            given = coordinator.writer.serial
            revoked = False
    marks = clinic.act(skip_marks)
    assert marks == {SKIPPED_FROM: given + 1, SKIPPED_TO: coordinator.writer.serial}


def test_what_a_desk_brings_in_a_recovery_was_given_although_it_had_been_skipped(
    clinic, coordinator, lab, path
):
    """Whoever restores an older backup after that waits for it."""
    backup = coordinator.back_up()
    give(coordinator)
    given = coordinator.writer.serial
    pull(lab, coordinator)
    restore(coordinator, backup, Remembered(0))
    assert clinic.act(skip_marks)[SKIPPED_FROM] == given
    pull(coordinator, lab)
    assert clinic.act(skip_marks)[SKIPPED_FROM] == given + 1


@pytest.mark.parametrize("another_past", [False, True])
def test_a_copy_of_a_recovery_that_is_put_back_later_gives_nothing_again(
    clinic, coordinator, lab, ward, path, another_past
):
    """It says of a desk that it has come, which has learnt of more since."""
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))
    assert note_merged(clinic, lab) == [False]
    copy = coordinator.back_up()
    assert note_merged(clinic, ward) == [True]
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    give(coordinator)
    lab.register_offline()
    pull(coordinator, lab)
    pull(lab, coordinator)
    newest = coordinator.writer.serial
    ((last_id,),) = coordinator.query("SELECT max(id) FROM patients")
    if another_past:
        witness = Witness(path, "machine")
        witness.begin_anew(number_of(coordinator) + 1)
    else:
        path.unlink()
    coordinator.restore(copy)
    start(coordinator, path)
    assert note_merged(clinic, ward) == [False]
    assert clinic.act(recovery.waiting_for) == [lab.author]
    assert coordinator.writer.store.local.next_patient_id() > last_id
    clinic.act(coordinator.arbiter.recovery.end)
    clinic.act(lambda tx: terminals.add_terminal(tx, "BACK", ""))
    assert coordinator.writer.serial > newest


@pytest.mark.parametrize("days", [-2, 40])
def test_a_clock_that_was_wrong_when_recovery_ended_gives_no_online_number_again(
    clinic, coordinator, lab, days
):
    clinic.now_ms += 3 * DAY_MS
    coordinator.reopen()
    backup = coordinator.back_up()
    clinic.now_ms += 3 * DAY_MS
    ward = clinic.desk("WARD-PC")
    given = [online(clinic, ward) for _ in range(3)]
    clinic.now_ms += days * DAY_MS
    restore(coordinator, backup, Remembered(0))
    pull(coordinator, lab)
    assert note_merged(clinic, lab) == [True]
    clinic.now_ms -= days * DAY_MS
    coordinator.reopen()
    assert online(clinic, lab) not in given


@pytest.fixture
def in_doubt(clinic, coordinator, path, front):
    """A number that was given by a commit which is lost, as if it had never come to pass."""
    front()
    backup = coordinator.back_up()
    given = front()
    coordinator.restore(backup)
    start(coordinator, path)
    assert not in_recovery(clinic)
    return given


def test_a_number_in_doubt_is_not_the_nodes_to_whom_the_range_is_handed(
    clinic, coordinator, in_doubt
):
    desk = clinic.bare_desk("FRONT")
    clinic.act(
        lambda tx: terminals.join_node(
            tx, "FRONT", desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    pull(desk, coordinator)
    assert desk.register_offline().issued.mrn != in_doubt


def test_a_number_in_doubt_is_not_one_that_a_client_supplies(coordinator, in_doubt):
    with pytest.raises(NotYourNumber, match="may have given it to somebody"):
        coordinator.register(
            coordinator.draft()._replace(terminal="FRONT"),
            lambda tx: terminals.supplied_number(tx, "FRONT", in_doubt, coordinator.witness),
        )


@pytest.mark.parametrize("early", [False, True])
def test_a_computer_whose_clock_begins_anew(clinic, coordinator, lab, early):
    """A dead battery: the clock stands in the year 2000 until somebody puts it right."""
    now = clinic.now_ms
    backup = coordinator.back_up()
    clinic.now_ms = now + 90 * DAY_MS
    ward = clinic.desk("WARD-PC")
    given = [online(clinic, ward) for _ in range(3)]
    clinic.now_ms = 946_684_800_000
    restore(coordinator, backup, Remembered(0))
    pull(coordinator, lab)
    if early:
        clinic.act(coordinator.arbiter.recovery.end)
    else:
        assert note_merged(clinic, lab) == [True]
    clinic.now_ms = now + 90 * DAY_MS
    coordinator.reopen()
    assert online(clinic, lab) not in given
