import os
import random
from hashlib import blake2b
from types import SimpleNamespace

import msgpack
import pytest

from sync.errors import WitnessFull, WitnessInUse, WitnessShared, WitnessUnwritable
from sync.model.facts import FactId, Incarnation
from sync.model.numbers import NumberRange
from sync.storage.cursors import Cursor
from sync.storage.store import Store
from sync.witness.file import WitnessFile
from sync.witness.memory import (
    Carried,
    Intent,
    Intents,
    Known,
    Used,
    Witness,
    below_name,
    number_for,
)

RANGE = NumberRange(710000, 719999)
SPARE = NumberRange(720000, 720009)
MACHINE = "this-machine"


@pytest.fixture(autouse=True)
def begun(path):
    Witness.create(path, MACHINE, 0)


def cursor(used: int) -> Cursor:
    return Cursor(RANGE, Incarnation(b"life1234"), used, None)


def used(number: int, below: int = 0, *facts: bytes) -> Used:
    return Used(cursor(number), below, frozenset(map(FactId, facts)))


def note(witness: Witness, number: int) -> None:
    """A registration with this number, as the writer tells of it."""
    intend(witness, number)
    witness.took()
    witness.settle()


def intend(witness: Witness, number: int, before: int | None = None, *facts: bytes) -> None:
    known = number - 1 if before is None else before
    witness.intend({RANGE.text: Intent(number, known, tuple(map(FactId, facts)))})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "witness"


def test_a_database_behind_its_witness_may_not_issue(path):
    witness = Witness(path, MACHINE)
    note(witness, 710041)
    objection = Witness(path, MACHINE).objection(cursor(710040), fresh=False)
    assert objection is not None
    assert "710041" in objection


def test_a_database_ahead_of_its_witness_has_only_crashed_between_the_two(path):
    note(Witness(path, MACHINE), 710040)
    assert Witness(path, MACHINE).objection(cursor(710041), fresh=False) is None


def test_a_used_range_without_a_witness_may_not_be_used(path):
    assert "no witness" in (Witness(path, MACHINE).objection(cursor(710000), fresh=False) or "")


def test_another_computer_may_not_use_it(path):
    note(Witness(path, MACHINE), 710000)
    moved = Witness(path, "other-machine")
    assert not moved.trusted
    assert "moved or copied" in (moved.objection(cursor(710000), fresh=False) or "")


def test_a_fresh_range_without_any_witness_may_not_be_used(tmp_path):
    copied = Witness(tmp_path / "elsewhere", MACHINE)
    assert "moved or copied" in (copied.objection(cursor(709999), fresh=True) or "")


def test_a_write_that_was_cut_at_any_byte_leaves_the_mark_before_it(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    before = path.read_bytes()
    intend(witness, 710001)
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
    witness.note_marks({RANGE.text: 710005})
    witness.note_marks({RANGE.text: 710003})
    assert Witness(path, MACHINE).mark(RANGE.text) == 710005


def test_more_marks_than_fit_are_refused_and_not_half_written(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    with pytest.raises(WitnessFull):
        witness.note_marks({"x" * 70_000: 1})
    assert Witness(path, MACHINE).mark(RANGE.text) == 710000


def test_it_is_read_when_it_is_first_asked_about(path):
    named = Witness(path, MACHINE)
    note(Witness(path, MACHINE), 710040)  # another daemon that ends before ours begins
    assert named.mark(RANGE.text) == 710040
    note(named, 710041)
    assert Witness(path, MACHINE).mark(RANGE.text) == 710041


def test_what_another_wrote_since_it_was_read_is_there_after_reading_again(path):
    witness = Witness(path, MACHINE)
    assert witness.mark(RANGE.text) is None
    note(Witness(path, MACHINE), 710040)
    assert witness.mark(RANGE.text) is None
    witness.read()
    assert witness.mark(RANGE.text) == 710040


def test_one_that_begins_anew_is_of_this_computer_and_remembers_nothing(path):
    note(Witness(path, MACHINE), 710040)
    moved = Witness(path, "other-machine")
    assert not moved.trusted
    moved.begin_anew(7)
    assert moved.trusted
    again = Witness(path, "other-machine")
    assert (again.trusted, again.mark(RANGE.text)) == (True, None)
    assert (again.is_of(7), again.is_of(0)) == (True, False)


def test_a_database_that_has_another_witness_for_its_own_may_not_issue(path):
    """As one of before the witness was lost and begun anew: of ranges of before this says nothing.

    ``number_for`` without ``begin_anew`` is one of the two, interrupted.
    """
    meta = SimpleNamespace(witness=0)
    own = number_for(meta, random.Random(1).randbytes)
    assert own == meta.witness > 0
    Witness.create(path, MACHINE, own)
    for known, objects in ((own, False), (0, True), (number_for(meta, os.urandom), True)):
        witness = Witness(path, MACHINE)
        witness.catch_up(Known(known, []))
        objection = witness.objection(cursor(709999), fresh=True)
        assert ("another copy" in (objection or "")) == objects


def test_the_number_of_a_witness_fits_into_a_database(tmp_path):
    store = Store.create(tmp_path / "register.db")
    number = number_for(store.meta, lambda count: b"\xff" * count)
    assert store.meta.witness == number
    store.close()


def test_one_that_cannot_be_replaced_says_so(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(WitnessUnwritable):
        Witness.create(tmp_path / "folder", MACHINE, 0)


def test_what_a_crash_kept_from_it_is_made_up_for(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    witness.catch_up(Known(0, [used(710001, 2)]))
    again = Witness(path, MACHINE)
    assert again.mark(RANGE.text) == 710001
    assert again.objection(cursor(710001), fresh=False, below=2) is None
    assert "clients supplied" in (again.objection(cursor(710001), fresh=False, below=1) or "")


def test_when_there_is_nothing_to_make_up_for_nothing_is_written(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    before = path.read_bytes()
    witness.catch_up(Known(0, [used(710000)]))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("noted", "machine", "known"),
    [
        (None, MACHINE, 710000),  # there is no witness of this range
        (710005, MACHINE, 710004),  # the database was set back
        (710000, "other-machine", 710001),  # it was moved
    ],
)
def test_catching_up_answers_no_objection(path, noted, machine, known):
    if noted is not None:
        note(Witness(path, MACHINE), noted)
    witness = Witness(path, machine)
    before = witness.objection(cursor(known), fresh=False)
    assert before is not None
    witness.catch_up(Known(0, [used(known)]))
    assert witness.objection(cursor(known), fresh=False) == before


def test_what_was_seen_at_one_moment_does_not_change(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    seen = witness.seen()
    note(witness, 710001)
    assert seen.objection(cursor(710000), fresh=False) is None
    assert witness.objection(cursor(710000), fresh=False) is not None


# what was intended and may not have been committed


def test_a_number_that_was_only_intended_is_burned_and_the_range_goes_on(path):
    intend(Witness(path, MACHINE), 710000)
    after_a_crash = Witness(path, MACHINE)
    assert after_a_crash.objection(cursor(709999), fresh=True) is None
    assert after_a_crash.burned(RANGE) == 710000
    assert after_a_crash.objection(cursor(710000), fresh=False) is None, "it was committed"


def test_lacking_more_than_what_was_intended_is_being_set_back(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    intend(witness, 710001)
    objection = Witness(path, MACHINE).objection(cursor(709999), fresh=True)
    assert objection is not None
    assert "up to 710001" in objection, "either may have been told to somebody"


def test_the_next_intent_says_that_the_one_before_was_committed(path):
    witness = Witness(path, MACHINE)
    for number in (710000, 710001):
        intend(witness, number)
        witness.took()
    again = Witness(path, MACHINE)
    assert again.objection(cursor(709999), fresh=True) is not None
    assert again.objection(cursor(710000), fresh=False) is None


def test_after_an_orderly_end_nothing_is_in_doubt(path):
    witness = Witness(path, MACHINE)
    witness.hold()
    intend(witness, 710000)
    witness.took()
    witness.release()
    again = Witness(path, MACHINE)
    assert again.burned(RANGE) == 0
    assert "up to 710000" in (again.objection(cursor(709999), fresh=True) or "")


def test_a_commit_that_failed_wastes_no_number_and_closes_nothing(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    intend(witness, 710500, 710000)  # one that a client supplied
    witness.withdraw()
    assert witness.burned(RANGE) == 0
    assert witness.objection(cursor(710000), fresh=False) is None
    note(witness, 710001)
    assert Witness(path, MACHINE).mark(RANGE.text) == 710001, "nobody has heard of the other one"


def test_what_is_burned_stays_so_when_a_lower_number_is_taken(path):
    """A client may supply one between the cursor and the number in doubt."""
    intend(Witness(path, MACHINE), 710500, 709999)
    witness = Witness(path, MACHINE)
    intend(witness, 710003, 709999)
    assert Witness(path, MACHINE).burned(RANGE) == 710500, "also after a second crash"
    witness.took()
    assert witness.burned(RANGE) == 710500
    witness.settle()
    again = Witness(path, MACHINE)
    assert again.burned(RANGE) == 710500
    assert again.objection(cursor(710003), fresh=False) is None
    assert again.objection(cursor(710002), fresh=False) is not None


def test_what_the_desk_may_have_given_is_known_apart_from_what_a_client_brought(path):
    witness = Witness(path, MACHINE)
    intents = Intents()
    intents.issue(RANGE.text, 710000, 709999, is_own=True)
    witness.intend(intents)
    again = Witness(path, MACHINE)
    assert (again.burned(RANGE), again.given(RANGE)) == (710000, 710000)
    intend(again, 710500, 709999)
    for _ in range(2):
        again = Witness(path, MACHINE)
        assert (again.burned(RANGE), again.given(RANGE)) == (710500, 710000)
        intend(again, 710003, 709999)
    again.note_marks({RANGE.text: 710500})
    assert Witness(path, MACHINE).given(RANGE) == 0


def test_an_intent_of_a_version_that_does_not_say_who_picked_the_number_is_read(path):
    file = WitnessFile(path)
    file.write(
        MACHINE, {"begun": 0, RANGE.text: 710000, "intents": [[RANGE.text, 710000, 709999, []]]}
    )
    witness = Witness(path, MACHINE)
    assert (witness.burned(RANGE), witness.given(RANGE)) == (710000, 0)


def test_another_registration_under_the_intended_number_is_that_of_a_copy(path):
    intend(Witness(path, MACHINE), 710000, None, b"ours")
    witness = Witness(path, MACHINE)
    witness.catch_up(Known(0, [used(710000, 0, b"another")]))
    assert "another copy" in (witness.objection(cursor(710000), fresh=False) or "")
    again = Witness(path, MACHINE)
    again.catch_up(Known(0, [used(710000, 0, b"ours")]))
    assert again.objection(cursor(710000), fresh=False) is None


def test_where_a_number_was_taken_again_either_registration_may_carry_it(path):
    """A commit that failed can still be in the log of the database after a power cut."""
    witness = Witness(path, MACHINE)
    intend(witness, 710000, None, b"failed")
    witness.withdraw()
    intend(witness, 710000, None, b"again")
    for there in (b"failed", b"again"):
        after = Witness(path, MACHINE)
        after.catch_up(Known(0, [used(710000, 0, there)]))
        assert after.objection(cursor(710000), fresh=False) is None


@pytest.mark.parametrize(
    ("failed", "again", "there"),
    [
        ((710000, b"person"), (710004, b"sheet"), (710000, b"person")),
        ((710004, b"sheet"), (710000, b"person"), (710004, b"sheet")),
    ],
)
def test_a_sheet_and_a_registration_may_be_tried_with_one_number(path, failed, again, there):
    """Which of them the log has after a power cut cannot be known, see the test before this one."""
    witness = Witness(path, MACHINE)
    for number, fact in (failed, (SPARE.start, b"spare"), again):
        range_ = RANGE if number in RANGE else SPARE
        intents = Intents()
        intents.issue(range_.text, number, range_.start - 1, is_own=True)
        intents.carry(FactId(fact), number)
        witness.intend(intents, intents.carried)
        witness.withdraw()
    after = Witness(path, MACHINE)
    number, fact = there
    found = {one: [FactId(fact)] if one <= number else [] for one in after.asked if one in RANGE}
    after.catch_up(Known(0, [used(number, 0, fact)], found))
    assert after.seen().lacks is None
    assert after.objection(cursor(number), fresh=False) is None


def test_numbers_that_clients_supply_below_the_mark_are_counted_before_their_commit(path):
    witness = Witness(path, MACHINE)
    note(witness, 710005)
    witness.intend({below_name(RANGE): Intent(1, 0)})
    again = Witness(path, MACHINE)
    assert again.objection(cursor(710005), fresh=False, below=0) is None
    again.intend({below_name(RANGE): Intent(1, 0)})
    again.took()
    again.settle()
    assert "clients" in (Witness(path, MACHINE).objection(cursor(710005), False, 0) or "")


def test_one_registration_costs_one_write(path, monkeypatch):
    witness = Witness(path, MACHINE)
    writes = []
    real = witness.file._write

    def write(slot: int, data: bytes) -> None:
        writes.append(slot)
        real(slot, data)

    monkeypatch.setattr(witness.file, "_write", write)
    for number in range(710000, 710010):
        intend(witness, number)
        witness.took()
    assert writes == [0, 1] * 5


# files that fail, and others that write


def test_two_processes_cannot_hold_one(path):
    witness, copy = Witness(path, MACHINE), Witness(path, MACHINE)
    witness.hold()
    with pytest.raises(WitnessInUse, match="second copy"):
        copy.hold()
    witness.release()
    copy.hold()
    copy.release()


def test_what_another_process_writes_without_a_lock_is_noticed_before_the_next_number(path):
    """Version 0.2.0 of the software knows of no lock."""
    witness, copy = Witness(path, MACHINE), Witness(path, MACHINE)
    note(witness, 710000)
    copy.read()
    note(copy, 710001)
    with pytest.raises(WitnessShared, match="Stop the copy"):
        intend(witness, 710001)
    assert Witness(path, MACHINE).mark(RANGE.text) == 710001
    witness.withdraw()
    with pytest.raises(WitnessShared):
        intend(witness, 710001)


# version 0.2.0 of the software


def slot_of_0_2_0(content: bytes) -> dict:
    """The newest marks as that version reads them, byte by byte."""
    found = []
    for data in (content[:65536], content[65536:]):
        body = data[20 : 20 + int.from_bytes(data[16:20])]
        if body and blake2b(body, digest_size=16).digest() == data[:16]:
            sequence, machine, marks = msgpack.unpackb(body)
            found.append((sequence, machine, marks))
    return max(found, key=lambda one: one[0])[2]


def test_the_version_before_reads_an_intent_as_a_number_that_was_issued(path):
    """A database that lacks it then issues nothing from that range there, which is safe."""
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    intend(witness, 710001)
    marks = slot_of_0_2_0(path.read_bytes())
    assert marks[RANGE.text] == 710001
    assert {name for name, mark in marks.items() if not isinstance(mark, int)} == {"intents"}


def test_an_intent_that_the_version_before_has_left_behind_is_long_settled(path):
    intend(Witness(path, MACHINE), 710000)
    marks = slot_of_0_2_0(path.read_bytes()) | {RANGE.text: 710007}
    body = msgpack.packb([99, MACHINE, marks])
    head = blake2b(body, digest_size=16).digest() + len(body).to_bytes(4)
    path.write_bytes(path.read_bytes()[:65536] + head + body)
    witness = Witness(path, MACHINE)
    assert witness.burned(RANGE) == 0
    assert witness.objection(cursor(710006), fresh=False) is not None
    assert witness.objection(cursor(710007), fresh=False) is None


def test_it_names_the_ranges_that_numbers_were_issued_from(path):
    witness = Witness(path, MACHINE)
    note(witness, 710000)
    witness.note_marks({"500000-500009": 500001, below_name(RANGE): 1, "newest online": 5})
    assert Witness(path, MACHINE).seen().ranges == [NumberRange(500000, 500009), RANGE]


# who got the newest number


def carry(witness: Witness, number: int, fact: bytes, range_: NumberRange = RANGE) -> None:
    """A registration with this number is committed."""
    intents = Intents()
    intents.issue(range_.text, number, number - 1, is_own=True)
    intents.carry(FactId(fact), number)
    witness.intend(intents, intents.carried)
    witness.took()


def compared(path, number: int, **carriers: bytes) -> Witness:
    """A witness that was compared with a database, of which it asks who got some numbers.

    Args:
        carriers: who got them there, after an ``n``.
    """
    witness = Witness(path, MACHINE)
    found = {asked: frozenset[FactId]() for asked in witness.asked}
    found |= {int(name[1:]): frozenset([FactId(fact)]) for name, fact in carriers.items()}
    there = found.get(number, frozenset())
    witness.catch_up(Known(0, [Used(cursor(number), 0, there)], found))
    return witness


def test_only_what_is_certainly_committed_must_be_known(path):
    witness = Witness(path, MACHINE)
    for number, fact in ((710000, b"one"), (710001, b"other")):
        carry(witness, number, fact)
    one = Carried(710000, FactId(b"one"))
    assert compared(path, 709999).seen().lacks == one
    assert compared(path, 710000, n710000=b"one").seen().lacks is None, "the other is in doubt"
    witness.settle()
    assert compared(path, 710000, n710000=b"one").seen().lacks == (710001, b"other")


def test_whoever_got_the_newest_number_is_remembered_from_start_to_start(path):
    carry(Witness(path, MACHINE), 710000, b"one")
    for number in (710001, 710002):
        witness = Witness(path, MACHINE)
        witness.note_marks({"other": number})
        carry(witness, number, b"%d" % number)
        witness.settle()
        assert Witness(path, MACHINE).asked == [number]
    assert RANGE.text in Witness(path, MACHINE).marks
    Witness(path, MACHINE).begin_anew(0)
    assert Witness(path, MACHINE).asked == []


@pytest.mark.parametrize(
    ("number", "carriers", "apart"),
    [
        (710003, {"n710003": b"intended"}, False),
        (710000, {}, False),  # it was never committed
        (710003, {"n710003": b"another"}, True),
        (710004, {"n710003": b"another", "n710004": b"next"}, True),
        (710004, {"n710004": b"next"}, False),  # it was left out
        (710002, {"n710002": b"another"}, True),  # with what was intended, it would be left out
    ],
)
def test_a_database_that_went_on_without_what_was_intended_is_another(
    path, number, carriers, apart
):
    witness = Witness(path, MACHINE)
    carry(witness, 710000, b"one")
    witness.settle()
    intents = Intents()
    intents.issue(RANGE.text, 710003, 710000, is_own=True)
    intents.carry(FactId(b"intended"), 710003)
    witness.intend(intents, intents.carried)
    lacks = compared(path, number, n710000=b"one", **carriers).seen().lacks
    assert lacks == ((710003, b"intended") if apart else None)


def test_one_that_is_older_than_its_database_is_brought_up_to_it(path):
    carry(witness := Witness(path, MACHINE), 710000, b"one")
    witness.settle()
    known = [
        used(710002, 0, b"three"),
        Used(Cursor(SPARE, cursor(1).incarnation, 720000, None), 0, frozenset([FactId(b"four")])),
    ]
    witness.catch_up(Known(0, known, {710000: [FactId(b"one")]}))
    again = Witness(path, MACHINE)
    assert (again.mark(RANGE.text), again.mark(SPARE.text)) == (710002, 720000)
    assert again.asked == [720000]


def test_one_of_another_past_proves_nothing_of_a_range_that_it_does_not_know(path):
    carry(witness := Witness(path, MACHINE), 720000, b"one", SPARE)
    witness.settle()
    witness.catch_up(Known(0, [used(710000, 0, b"two")], {720000: []}))
    assert "no witness of how far" in (witness.objection(cursor(710000), fresh=False) or "")
