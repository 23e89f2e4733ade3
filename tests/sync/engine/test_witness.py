import pytest

from sync.engine.issuing import Issued, Registered
from sync.engine.witness import Witness
from sync.errors import StoreUnsafe, WitnessUnwritable
from sync.model.facts import Incarnation
from sync.model.numbers import Mrn, NumberRange
from sync.storage.cursors import Cursor

RANGE = NumberRange(710000, 719999)
MACHINE = "this-machine"


@pytest.fixture(autouse=True)
def begun(path):
    Witness.create(path, MACHINE)


def cursor(used: int) -> Cursor:
    return Cursor(RANGE, Incarnation(b"life1234"), used, None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "witness"


def test_a_fresh_range_may_be_used_and_is_remembered_before_its_first_number(path):
    witness = Witness(path, MACHINE)
    assert witness.objection(cursor(709999), fresh=True) is None
    witness.open(cursor(709999))
    after_a_crash = Witness(path, MACHINE)
    assert after_a_crash.objection(cursor(710000), fresh=False) is None


def test_a_database_behind_its_witness_may_not_issue(path):
    witness = Witness(path, MACHINE)
    witness.note(RANGE, 710041)
    objection = Witness(path, MACHINE).objection(cursor(710040), fresh=False)
    assert objection is not None
    assert "710041" in objection


def test_a_database_ahead_of_its_witness_has_only_crashed_between_the_two(path):
    Witness(path, MACHINE).note(RANGE, 710040)
    assert Witness(path, MACHINE).objection(cursor(710041), fresh=False) is None


def test_a_used_range_without_a_witness_may_not_be_used(path):
    assert "no witness" in (Witness(path, MACHINE).objection(cursor(710000), fresh=False) or "")


def test_another_computer_may_not_use_it(path):
    Witness(path, MACHINE).note(RANGE, 710000)
    moved = Witness(path, "other-machine")
    assert not moved.trusted
    assert "moved or copied" in (moved.objection(cursor(710000), fresh=False) or "")


def test_a_fresh_range_without_any_witness_may_not_be_used(tmp_path):
    copied = Witness(tmp_path / "elsewhere", MACHINE)
    assert "moved or copied" in (copied.objection(cursor(709999), fresh=True) or "")


def test_a_write_that_was_cut_at_any_byte_leaves_the_mark_before_it(path):
    witness = Witness(path, MACHINE)
    witness.note(RANGE, 710000)
    before = path.read_bytes()
    witness.note(RANGE, 710001)
    after = path.read_bytes().ljust(len(before), b"\0")
    before = before.ljust(len(after), b"\0")
    changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert changed
    for cut in changed:
        path.write_bytes(after[:cut] + before[cut:])
        assert Witness(path, MACHINE).marks[RANGE.text] == 710000
    path.write_bytes(after)
    assert Witness(path, MACHINE).marks[RANGE.text] == 710001


def test_a_mark_never_goes_back(path):
    witness = Witness(path, MACHINE)
    witness.note(RANGE, 710005)
    witness.note(RANGE, 710003)
    assert Witness(path, MACHINE).mark(RANGE.text) == 710005


def test_more_marks_than_fit_are_refused_and_not_half_written(path):
    witness = Witness(path, MACHINE)
    witness.note(RANGE, 710000)
    with pytest.raises(StoreUnsafe):
        witness.note_mark("x" * 70_000, 1)
    assert Witness(path, MACHINE).mark(RANGE.text) == 710000


def test_the_number_of_a_registration_is_noted_if_a_range_gave_it(path):
    witness = Witness(path, MACHINE)
    before = dict(witness.marks)
    witness.note_registered(Registered(1, None))  # a repeated request
    witness.note_registered(Registered(2, Issued(Mrn("PAT-20260105-0001"), False)))
    witness.note_registered(Registered(3, Issued(None, True, RANGE)))
    assert Witness(path, MACHINE).marks == before
    witness.note_registered(Registered(4, Issued(Mrn("710007"), True, RANGE)))
    witness.note_registered(Registered(5, Issued(Mrn("710003"), True, RANGE, below=1)))
    marks = Witness(path, MACHINE).marks
    assert (marks[RANGE.text], marks[f"{RANGE.text} below"]) == (710007, 1)


def test_it_is_read_when_it_is_first_asked_about(path):
    named = Witness(path, MACHINE)
    Witness(path, MACHINE).note(RANGE, 710040)  # another daemon that ends before ours begins
    assert named.mark(RANGE.text) == 710040
    named.note(RANGE, 710041)
    assert Witness(path, MACHINE).mark(RANGE.text) == 710041


def test_what_another_wrote_since_it_was_read_is_there_after_reading_again(path):
    witness = Witness(path, MACHINE)
    assert witness.mark(RANGE.text) is None
    Witness(path, MACHINE).note(RANGE, 710040)
    assert witness.mark(RANGE.text) is None
    witness.read()
    assert witness.mark(RANGE.text) == 710040


def test_one_that_begins_anew_is_of_this_computer_and_remembers_nothing(path):
    Witness(path, MACHINE).note(RANGE, 710040)
    moved = Witness(path, "other-machine")
    assert not moved.trusted
    moved.begin_anew()
    assert moved.trusted
    again = Witness(path, "other-machine")
    assert (again.trusted, again.mark(RANGE.text)) == (True, None)


def test_one_that_cannot_be_replaced_says_so(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(WitnessUnwritable):
        Witness.create(tmp_path / "folder", MACHINE)
