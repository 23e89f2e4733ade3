"""A coordinator whose folder was put back: whatever it gave since, and however it ended before."""

import pytest

from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.records import sheets
from sync.errors import WitnessBehind, WitnessUnwritable
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import Allocator, Author
from sync.model.numbers import Mrn
from sync.witness.memory import SERIAL, Witness
from tests import disclosing
from tests.clinic import pull
from tests.coordinator.judging import test_accidents
from tests.coordinator.judging.setting_back import block_for, give, in_recovery
from tests.makers import makers, used_by

AT = "2026-01-05T10:42:00+05:00"
FRONT, OLD = "FRONT", "OLD"


def start(coordinator, path):
    test_accidents.start(coordinator, path)
    disclosing.watch(coordinator.writer)


@pytest.fixture
def path(clinic, coordinator, lab, tmp_path):
    """A coordinator that has a sheet of the lab, and terminals without a node."""
    file = tmp_path / "witness"
    coordinator.be_witnessed(Witness.create(file, "machine", 0))
    start(coordinator, file)
    for code, numbers in ((FRONT, "800-899"), (OLD, "900-999")):
        clinic.act(lambda tx, code=code: terminals.add_terminal(tx, code, ""))
        clinic.grant_range(code, numbers)
    doer = Doer("Bushra", KnownBy.TYPED)
    lab.write(lambda tx: sheets.take(tx, lab.author, None, AT, doer))
    pull(coordinator, lab)
    supply(clinic)
    coordinator.witness.settle()
    return file


def register(clinic, terminal, issue):
    draft = clinic.coordinator.draft()._replace(terminal=terminal)
    return clinic.coordinator.register(draft, issue).issued.mrn


def grant(clinic):
    draft = clinic.coordinator.draft()
    return clinic.coordinator.register(
        draft, lambda tx: clinic.coordinator.arbiter.grant(tx, draft.record, None)
    ).issued.mrn


def from_range(clinic):
    witness = clinic.coordinator.witness
    return register(
        clinic, FRONT, lambda tx: issuing.from_range(tx, FRONT, Allocator.COORDINATOR, witness)
    )


def supply(clinic, number=905):
    mrn, witness = Mrn(str(number)), clinic.coordinator.witness
    return register(clinic, OLD, lambda tx: terminals.supplied_number(tx, OLD, mrn, witness))


def supply_another(clinic):
    return supply(clinic, 907)


def supply_below(clinic):
    return supply(clinic, 903)


def type_in(clinic):
    lab = Author("LAB1-PC")
    return register(clinic, lab, lambda tx: sheets.typed_in(tx, lab, Mrn("710003")))


def amend(clinic):
    fact = clinic.coordinator.query("SELECT fact FROM patients ORDER BY id LIMIT 1")[0][0]
    clinic.coordinator.amend(fact, full_name="Amna Bibi")


def grant_block(clinic):
    block_for(clinic, clinic.desks["LAB1-PC"])


def add_terminal(clinic):
    clinic.act(lambda tx: terminals.add_terminal(tx, "BACK", ""))


ISSUING = (grant, from_range, supply_another, supply_below, type_in)
IN_USE_AT_ONCE = (type_in, grant_block, add_terminal)
GIVING = (*ISSUING, amend, grant_block, add_terminal)


def test_each_way_to_a_number_is_one_of_these(clinic, coordinator, path):
    used = set().union(*(used_by(lambda act=act: act(clinic)) for act in GIVING))
    at_desks = {("sync/engine/issuing.py", "granted"), ("sync/engine/issuing.py", "supplied")}
    assert makers("sync", "coordinator") - at_desks <= used


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("act", GIVING)
def test_whatever_it_gave_since_is_noticed(clinic, coordinator, path, act, stopped):
    backup = coordinator.back_up()
    act(clinic)
    local = coordinator.writer.store.local
    epoch, newest_id = local.feed_epoch, local.next_patient_id() - 1
    if stopped:
        coordinator.witness.settle()
    coordinator.restore(backup)
    start(coordinator, path)
    local = coordinator.writer.store.local
    assert local.feed_epoch != epoch
    assert local.next_patient_id() > newest_id
    assert in_recovery(clinic) is (stopped or act in IN_USE_AT_ONCE)
    epoch = local.feed_epoch
    coordinator.reopen()
    start(coordinator, path)
    assert coordinator.writer.store.local.feed_epoch == epoch, "it is noticed once"


@pytest.mark.parametrize("act", GIVING)
def test_one_that_lacks_nothing_goes_on(clinic, coordinator, path, act):
    act(clinic)
    epoch = coordinator.writer.store.local.feed_epoch
    for stopped in (False, True):
        if stopped:
            coordinator.witness.settle()
        coordinator.reopen()
        start(coordinator, path)
        assert not in_recovery(clinic)
        assert coordinator.writer.store.local.feed_epoch == epoch


def test_what_desks_brought_and_it_has_forgotten_begins_recovery(clinic, coordinator, lab, path):
    """It told ids and cursors of it, and verdicts."""
    backup = coordinator.back_up()
    lab.register_offline()
    pull(coordinator, lab)
    coordinator.restore(backup)  # its process was killed
    start(coordinator, path)
    assert in_recovery(clinic)


class Cut(BaseException):
    """The power goes."""


def cut(*_args, **_more):
    raise Cut


@pytest.mark.parametrize("act", IN_USE_AT_ONCE)
def test_a_cut_before_the_witness_knew_of_the_commit_hides_nothing(
    clinic, coordinator, lab, path, act, monkeypatch
):
    """The database has it, so a desk gets it after the start; then a folder of before comes."""
    backup = coordinator.back_up()
    with monkeypatch.context() as patch:
        patch.setattr(coordinator.witness, "settle", cut)
        with pytest.raises(Cut):
            act(clinic)
    coordinator.reopen()
    start(coordinator, path)
    assert not in_recovery(clinic)
    assert Witness(path, "machine").seen().left == {}, "before any session"
    pull(lab, coordinator)
    coordinator.restore(backup)
    start(coordinator, path)
    assert in_recovery(clinic)


@pytest.fixture
def full(coordinator, path, monkeypatch):
    """From the second write on the disk of the witness is full."""
    real, writes = coordinator.witness.file._write, []

    def write(*args, **more):
        writes.append(args)
        if len(writes) > 1:
            raise OSError(28, "No space left on device")
        real(*args, **more)

    monkeypatch.setattr(coordinator.witness.file, "_write", write)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("act", IN_USE_AT_ONCE)
def test_nobody_hears_of_what_the_witness_does_not_know_as_committed(
    clinic, coordinator, lab, act, monkeypatch
):
    pull(lab, coordinator)
    known = lab.writer.serial
    with pytest.raises(WitnessBehind, match="is done, and no other computer hears of it"):
        act(clinic)
    assert not coordinator.writer.disclosure.may_be_heard()
    with pytest.raises(WitnessBehind):
        pull(lab, coordinator)
    with pytest.raises(WitnessUnwritable):
        give(coordinator)
    monkeypatch.undo()
    pull(lab, coordinator)
    assert coordinator.writer.disclosure.may_be_heard()
    assert SERIAL not in coordinator.witness.seen().left
    assert lab.writer.serial >= known
