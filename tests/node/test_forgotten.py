"""What a desk gave and has forgotten: whichever way it was given, that is noticed at the start."""

import os

import pytest

from sync.engine import issuing
from sync.engine.records import sheets
from sync.errors import NumberError, WitnessUnwritable
from sync.model import reasons
from sync.model.clerks.known import Doer, KnownBy
from sync.model.numbers import Mrn
from sync.storage.local import IDS_SKIPPED
from sync.witness.memory import GIVEN, Agreement, Witness
from tests.clinic import Clinic, pull
from tests.makers import makers, used_by
from tests.node.starting import start

FIRST = 710000
AT = "2026-01-05T10:42:00+05:00"


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path, durable=False)
    yield clinic
    clinic.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "witness"


@pytest.fixture
def lab(clinic, path):
    """A desk that has given a number, taken a sheet, skipped a number and got an online one."""
    lab = clinic.desk("LAB1-PC", "710000-710999")
    Witness.create(path, "machine", 0)
    start(lab, path)
    lab.register_offline()
    lab.sheet = take_sheet(lab)
    supply(lab, FIRST + 60)
    lab.drafted = lab.draft()
    clinic.act(lambda tx: clinic.coordinator.arbiter.grant(tx, lab.drafted.record, lab.author))
    pull(lab, clinic.coordinator)
    lab.witness.settle()
    return lab


def take_sheet(lab, another=False):
    doer = Doer("Bushra", KnownBy.TYPED)
    return lab.write(lambda tx: sheets.take(tx, lab.author, lab.witness, AT, doer, another))


def supply(lab, number):
    mrn = Mrn(str(number))
    return lab.register(
        lab.draft(), lambda tx: issuing.supplied(tx, lab.author, mrn, lab.witness)
    ).issued.mrn


def type_in(lab, number=FIRST + 3):
    mrn = Mrn(str(number))
    return lab.register(lab.draft(), lambda tx: sheets.typed_in(tx, lab.author, mrn)).issued.mrn


def supply_above(lab):
    return supply(lab, FIRST + 70)


def supply_below(lab):
    return supply(lab, FIRST + 55)


def give_online(lab):
    return lab.register(
        lab.drafted, lambda tx: issuing.granted(tx, lab.drafted.record, lab.author)
    ).issued.mrn


def give_own(lab):
    return lab.register_offline().issued.mrn


def give_with_a_key(lab):
    draft = lab.draft()._replace(key=b"k" * 16, request=b"request")
    return lab.register(draft, lab.from_own_range).issued.mrn


def amend(lab):
    fact = lab.query("SELECT fact FROM patients ORDER BY id LIMIT 1")[0][0]
    lab.amend(fact, full_name="Amna Bibi")


def print_sheet(lab):
    take_sheet(lab, another=True)


ISSUING = (give_own, give_with_a_key, give_online, supply_above, supply_below, type_in)
GIVING = (*ISSUING, amend, print_sheet)


def test_each_way_to_a_number_is_one_of_these(lab):
    used = set().union(*(used_by(lambda act=act: act(lab)) for act in GIVING))
    assert makers("sync", "node") <= used


def lay(lab, path, backup, stopped):
    """The daemon stops in an orderly way or dies, and its folder is put back."""
    if stopped:
        lab.witness.settle()
    lab.restore(backup)
    start(lab, path)


def shown(lab):
    """The epoch, the newest local id and the newest cursor."""
    local = lab.writer.store.local
    return local.feed_epoch, local.next_patient_id() - 1, local.newest_cursor()


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("act", GIVING)
def test_a_folder_put_back_gives_nothing_that_was_given_since(lab, path, act, stopped):
    backup = lab.back_up()
    given = act(lab)
    epoch, newest_id, newest_change = shown(lab)
    lay(lab, path, backup, stopped)
    again, ids, changes = shown(lab)
    assert again != epoch
    assert ids >= newest_id + IDS_SKIPPED - 1
    assert changes > newest_change
    people = [*lab.mrns(), given]
    if not stopped and act not in (type_in, supply_below):
        # It may be a commit that was interrupted; then it goes on above what was intended.
        assert lab.writer.store.meta.set_back is None
        assert give_own(lab) not in people
        return
    assert "According to the witness" in lab.writer.store.meta.set_back
    assert {cursor.closed for cursor in lab.writer.store.cursors.all()} == {
        reasons.COPY_OF_DATABASE
    }
    with pytest.raises(NumberError):
        give_own(lab)


@pytest.mark.parametrize("act", GIVING)
def test_a_desk_that_lacks_nothing_goes_on_as_before(lab, path, act):
    act(lab)
    before = shown(lab)
    for stopped in (False, True):
        if stopped:
            lab.witness.settle()
        lab.reopen()
        start(lab, path)
        assert shown(lab) == before
        assert lab.writer.store.meta.noticed_behind == frozenset()


@pytest.mark.parametrize("stopped", [False, True])
def test_a_sheet_of_before_is_not_printed_again(clinic, lab, path, stopped):
    backup = lab.back_up()
    type_in(lab)
    lay(lab, path, backup, stopped)
    clinic.grant_range("LAB1-PC", "730000-730999")
    pull(lab, clinic.coordinator)
    with pytest.raises(NumberError):  # its ranges were granted to the incarnation of before
        take_sheet(lab)


def test_an_unused_sheet_is_not_printed_again_after_an_interrupted_commit(lab, path):
    print_sheet(lab)
    lab.witness.settle()
    backup = lab.back_up()
    printed = take_sheet(lab)
    give_own(lab)
    lay(lab, path, backup, stopped=False)
    assert take_sheet(lab) != printed
    assert lab.writer.store.meta.set_back is None


def test_what_was_found_out_once_begins_no_other_epoch(lab, path):
    backup = lab.back_up()
    give_online(lab)
    for stopped in (True, False):
        lay(lab, path, backup, stopped)
        epoch = shown(lab)[0]
        lab.reopen()
        start(lab, path)
        assert shown(lab)[0] == epoch


def test_people_who_came_from_others_are_forgotten_without_an_alarm(clinic, lab, path):
    """Ids and cursors were told; no number was given, so its ranges stay open."""
    ward = clinic.desk("WARD-PC", "720000-720999")
    ward.register_offline()
    backup = lab.back_up()
    pull(lab, ward)
    epoch, newest_id, newest_change = shown(lab)
    lab.restore(backup)  # its process was killed
    start(lab, path)
    again, ids, changes = shown(lab)
    assert again != epoch
    assert ids > newest_id
    assert changes > newest_change
    assert lab.writer.store.meta.set_back is None
    assert give_own(lab) == "710061"


def test_a_merge_waits_for_no_disk_of_the_witness(clinic, lab, monkeypatch):
    ward = clinic.desk("WARD-PC", "720000-720999")
    ward.register_offline()
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    pull(lab, ward)
    assert synced == []


def test_sync_goes_on_while_the_witness_cannot_be_written(clinic, lab, monkeypatch):
    ward = clinic.desk("WARD-PC", "720000-720999")
    given = str(ward.register_offline().issued.mrn)

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lab.witness.file, "_write", full)
    pull(lab, ward)
    assert given in lab.mrns()
    assert lab.witness.file.failure is not None
    with pytest.raises(WitnessUnwritable):
        amend(lab)
    monkeypatch.undo()
    amend(lab)


def test_an_older_witness_alone_begins_another_epoch_and_nothing_else(lab, path):
    """The database may be of another past too, which has told as many ids."""
    older = path.read_bytes()
    amend(lab)
    give_own(lab)
    backup, epoch = lab.back_up(), shown(lab)[0]
    path.write_bytes(older)
    lab.restore(backup)
    start(lab, path)
    assert shown(lab)[0] != epoch
    assert lab.writer.store.meta.set_back is None
    assert lab.witness.committed(GIVEN) == lab.writer.store.meta.given
    assert give_own(lab) == "710062"


def test_a_past_between_what_is_committed_and_what_was_intended_is_another_one(lab, path):
    """A disk was put back with its witness, and then the folder of before that."""
    image, kept = lab.back_up(), path.read_bytes()
    amend(lab)
    folder = lab.back_up()
    path.write_bytes(kept)
    lab.restore(image)
    start(lab, path)
    for _ in range(9):
        amend(lab)
    lab.witness.settle()
    lab.restore(folder)
    start(lab, path)
    assert lab.witness.seen().agreement is Agreement.SET_BACK
    with pytest.raises(NumberError):
        give_own(lab)


def test_a_witness_of_an_earlier_version_raises_no_alarm(lab, path):
    """It knows nothing of steps and changes, and neither does a database of then."""
    lab.witness.settle()
    marks = {
        name: mark for name, mark in lab.witness.marks.items() if name not in ("given", "changes")
    }
    for forget in (False, True):
        path.unlink()
        Witness(path, "machine").note_marks(marks)
        if forget:
            lab.write(lambda tx: tx.begin() or setattr(tx.store.meta, "given", 0))
        lab.reopen()
        epoch = shown(lab)[0]
        start(lab, path)
        assert shown(lab)[0] == epoch
        assert lab.writer.store.meta.noticed_behind == frozenset()
    assert give_own(lab) == "710061"
