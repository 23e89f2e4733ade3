"""Online numbers for desks, and a witness that knows how far the coordinator has come."""

import pytest

from coordinator.errors import TooManyPins
from coordinator.judging.online import ConnectedDesks
from coordinator.judging.recovery import NEWEST_ONLINE
from coordinator.registry import clerks, quotas, terminals
from coordinator.registry.clerks import ClerkWish
from sync.engine.transaction import Transaction
from sync.errors import TerminalNotFound
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author, RecordId, State
from sync.storage.access.audit import AuditFilter
from sync.trust import passwords
from sync.witness.memory import SERIAL, Witness
from tests.clinic import Clinic

RECORD = RecordId(b"r" * 16)
LAB = Author("LAB1-PC")


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    clinic.desk(LAB)
    yield clinic
    clinic.close()


@pytest.fixture
def witness(tmp_path):
    return Witness.create(tmp_path / "witness", "machine", 0)


@pytest.fixture
def online(clinic, witness):
    clinic.coordinator.be_witnessed(witness)
    return ConnectedDesks(clinic.coordinator.arbiter)


def known(tmp_path, machine="machine"):
    witness = Witness(tmp_path / "witness", machine)
    return witness.mark(SERIAL), witness.mark(NEWEST_ONLINE)


def test_a_record_gets_one_number_however_often_it_is_asked_for(clinic, online):
    first = clinic.act(lambda tx: online.grant(tx, RECORD, LAB))
    again = clinic.act(lambda tx: online.grant(tx, RECORD, LAB))
    assert (first.mrn, again) == ("PAT-20260105-0001", first)


@pytest.mark.parametrize("code", [LAB, Author("NOBODY")])
def test_only_an_active_terminal_gets_a_number(clinic, online, code):
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, state=State.INACTIVE))
    with pytest.raises(TerminalNotFound):
        clinic.act(lambda tx: online.grant(tx, RECORD, code))


def test_the_witness_learns_serials_and_numbers_that_only_grow(clinic, online, tmp_path):
    clinic.act(lambda tx: online.grant(tx, RECORD, LAB))
    serial = clinic.coordinator.writer.serial
    assert known(tmp_path) == (serial, 20260105 * 10**9 + 1)
    clinic.act(lambda tx: online.grant(tx, RecordId(b"s" * 16), LAB))
    assert known(tmp_path) == (serial + 1, 20260105 * 10**9 + 2)


def test_what_gives_no_serial_costs_no_write(clinic, online, tmp_path):
    clinic.act(lambda tx: online.grant(tx, RECORD, LAB))
    written = (tmp_path / "witness").read_bytes()
    clinic.act(lambda tx: online.grant(tx, RECORD, LAB))
    clinic.act(Transaction.begin)
    assert (tmp_path / "witness").read_bytes() == written


def test_a_witness_of_another_computer_is_left_as_it_is(clinic, tmp_path):
    Witness.create(tmp_path / "witness", "another", 0).note_marks({SERIAL: 3})
    moved = Witness(tmp_path / "witness", "this computer")
    clinic.coordinator.be_witnessed(moved)
    clinic.act(lambda tx: ConnectedDesks(clinic.coordinator.arbiter).grant(tx, RECORD, LAB))
    assert known(tmp_path) == (3, None)
    assert not Witness(tmp_path / "witness", "this computer").trusted


def test_a_clerk_s_own_pin_is_written_down_once_and_only_for_an_active_desk(clinic, online):
    sadia = b"s" * 16
    clinic.act(lambda tx: clerks.add(tx, sadia, ClerkWish("Sadia", None, "first"), "admin"))
    chosen = ClerkPin(sadia, 2, passwords.hash_of("2468"))
    for _ in range(2):
        clinic.act(lambda tx: online.change_pin(tx, LAB, chosen))
    _, entries = clinic.coordinator.writer.store.audit.newest(AuditFilter(), 0, 9)
    assert [(one.said.who, one.said.address, one.said.act) for one in entries] == [
        ("Sadia", LAB, "clerks.change_own_pin")
    ]
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, state=State.INACTIVE))
    with pytest.raises(TerminalNotFound):
        clinic.act(lambda tx: online.change_pin(tx, LAB, chosen))


def test_a_desk_cannot_have_pins_changed_without_end(clinic, online, monkeypatch):
    monkeypatch.setattr(quotas, "PINS", quotas.PINS._replace(at_once=2))
    sadia = b"s" * 16
    clinic.act(lambda tx: clerks.add(tx, sadia, ClerkWish("Sadia", None, "first"), "admin"))

    verifier = passwords.hash_of("2468")

    def change(pin):
        chosen = ClerkPin(sadia, pin, verifier)
        clinic.act(lambda tx: online.change_pin(tx, LAB, chosen))

    change(2)
    change(3)
    for _ in range(3):
        with pytest.raises(TooManyPins):
            change(4)
    change(3)  # the answer was lost: the same change once more is none
    clinic.now_ms += quotas.PINS.every_ms
    change(4)
    with pytest.raises(TooManyPins):
        change(5)
    clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
    change(5)
