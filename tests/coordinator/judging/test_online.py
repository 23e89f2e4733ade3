"""Online numbers for desks, and a witness that knows how far the coordinator has come."""

import pytest

from coordinator.judging.online import OnlineNumbers
from coordinator.judging.recovery import NEWEST_ONLINE, SERIAL
from coordinator.registry import terminals
from sync.engine.witness import Witness
from sync.errors import TerminalNotFound
from sync.model.facts import Author, RecordId, State
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
    return Witness.create(tmp_path / "witness", "machine")


@pytest.fixture
def online(clinic, witness):
    return OnlineNumbers(clinic.coordinator.arbiter, witness)


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
    online.note_serial(serial)
    assert known(tmp_path) == (serial, 20260105 * 10**9 + 1)
    online.note_serial(serial - 1)
    assert known(tmp_path) == (serial, 20260105 * 10**9 + 1)


def test_a_serial_that_is_known_costs_no_write(online, tmp_path):
    online.note_serial(7)
    written = (tmp_path / "witness").stat().st_mtime_ns
    online.note_serial(7)
    assert (tmp_path / "witness").stat().st_mtime_ns == written


def test_a_witness_of_another_computer_is_left_as_it_is(clinic, tmp_path):
    Witness.create(tmp_path / "witness", "another").note_mark(SERIAL, 3)
    online = OnlineNumbers(
        clinic.coordinator.arbiter, Witness(tmp_path / "witness", "this computer")
    )
    online.note_serial(9)
    assert known(tmp_path) == (3, None)
    assert not Witness(tmp_path / "witness", "this computer").trusted
