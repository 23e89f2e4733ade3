"""What a witness is told of a transaction: before it, after it, and before others hear of it."""

from types import SimpleNamespace

import pytest

from sync.errors import WitnessBehind, WitnessUnwritable
from sync.witness.disclosure import Disclosure
from sync.witness.memory import BEGUN, CHANGES, GIVEN, SERIAL, Intents, Witness

MACHINE = "machine"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "witness"


@pytest.fixture
def witness(path):
    return Witness.create(path, MACHINE, 70)


@pytest.fixture
def disclosure(witness):
    return Disclosure(lambda count: bytes(count - 1) + b"\x09", witness)


def meta():
    return SimpleNamespace(witness=70, given=0)


def transaction(*, gives=False, serial=0, change=None):
    tx = SimpleNamespace(intents=Intents(), serial=serial, newest_change=change)
    tx.intents.gives = gives
    return tx


def full(*_args, **_more):
    raise OSError(28, "No space left on device")


def on_disk(path):
    return Witness(path, MACHINE).marks


def test_what_gives_something_takes_a_step_before_its_commit(disclosure, path):
    stored = meta()
    disclosure.intend(transaction(gives=True), stored, None, for_desks=False)
    assert stored.given == on_disk(path)[GIVEN] == 10
    disclosure.intend(transaction(serial=5), stored, 4, for_desks=False)
    assert stored.witness == on_disk(path)[BEGUN] == 80
    assert on_disk(path)[SERIAL] == 5


def test_what_gives_nothing_costs_no_write(disclosure, path):
    before = path.read_bytes()
    tx = transaction()
    disclosure.intend(tx, meta(), 0, for_desks=True)
    disclosure.committed(tx)
    assert path.read_bytes() == before


def test_without_a_witness_nothing_is_told():
    disclosure, tx, stored = Disclosure(bytes, None), transaction(serial=5), meta()
    disclosure.intend(tx, stored, 4, for_desks=True)
    disclosure.committed(tx)
    disclosure.failed()
    disclosure.require()
    assert stored.witness == 70


def test_what_came_from_others_is_noted_after_the_commit(disclosure, path):
    tx = transaction(change=7)
    disclosure.intend(tx, meta(), None, for_desks=False)
    assert CHANGES not in on_disk(path)
    disclosure.committed(tx)
    assert on_disk(path)[CHANGES] == 7


def test_a_commit_that_fails_is_not_taken_for_one(disclosure, witness):
    disclosure.intend(transaction(gives=True), meta(), None, for_desks=False)
    disclosure.failed()
    assert witness.committed(GIVEN) == 0


def test_others_hear_of_what_is_for_desks_when_it_is_known_as_committed(
    disclosure, witness, path, monkeypatch
):
    tx = transaction(serial=5)
    disclosure.intend(tx, meta(), 4, for_desks=True)
    with monkeypatch.context() as patch:
        patch.setattr(witness.file, "_write", full)
        disclosure.committed(tx)
        assert not disclosure.may_be_heard()
        with pytest.raises(WitnessBehind, match="the disk is full"):
            disclosure.require()
        assert Witness(path, MACHINE).committed(SERIAL) == 4
    disclosure.require()
    assert disclosure.may_be_heard()
    assert Witness(path, MACHINE).committed(SERIAL) == 5


def test_a_number_alone_is_left_out_if_it_is_in_doubt(disclosure, path):
    tx = transaction(serial=5)
    disclosure.intend(tx, meta(), 4, for_desks=False)
    disclosure.committed(tx)
    assert disclosure.may_be_heard()
    assert Witness(path, MACHINE).committed(SERIAL) == 4, "the next write says so"


def test_what_cannot_be_told_is_not_to_be_committed(disclosure, witness, monkeypatch):
    monkeypatch.setattr(witness.file, "_write", full)
    with pytest.raises(WitnessUnwritable):
        disclosure.intend(transaction(gives=True), meta(), None, for_desks=False)
