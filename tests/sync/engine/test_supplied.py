"""Numbers that a client of a node brings along, out of the node's own range."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.issuing import SUPPLIED_AHEAD_MAX, Issued
from sync.errors import MrnConflict, NotYourNumber, TerminalNotFound
from sync.model.facts import Allocator, State
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from sync.witness.memory import Witness
from tests.clinic import Clinic, Desk, pull
from tests.faults import Crash
from tests.forging import Run, person

FIRST = 710000


class Supplier:
    """A desk with its witness, as the daemon runs it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.witness = Witness.create(desk.path.with_suffix(".witness"), "machine", 0)
        desk.be_witnessed(self.witness)

    def restart(self, backup: Path | None = None) -> None:
        """The daemon stops in good order and starts, on an older database if there is one."""
        self.witness.release()
        if backup is not None:
            self.desk.restore(backup)
        self.desk.reopen()
        self.witness.read()

    def supply(self, number: int | str) -> Issued:
        desk = self.desk
        mrn = Mrn(str(number))
        issue = lambda tx: issuing.supplied(tx, desk.author, mrn, self.witness)  # noqa: E731
        return self._issued(desk.register(desk.draft(), issue))

    def issue(self) -> int:
        desk = self.desk
        issued = self._issued(
            desk.register(
                desk.draft(),
                lambda tx: issuing.from_range(tx, desk.author, Allocator.NODE, self.witness),
            )
        )
        return int(issued.mrn or 0)

    @staticmethod
    def _issued(registered: issuing.Registered) -> Issued:
        issued = registered.issued
        assert issued is not None
        assert issued.range is not None
        return issued


@pytest.fixture
def desk(lab):
    return Supplier(lab)


def test_a_free_number_is_taken_and_marked_offline(desk):
    assert desk.supply(FIRST + 7)[:2] == (str(FIRST + 7), True)
    assert desk.desk.mrns() == [str(FIRST + 7)]


def test_the_next_number_follows_the_supplied_one(desk):
    desk.supply(FIRST + 7)
    assert [desk.issue(), desk.issue()] == [FIRST + 8, FIRST + 9]


def test_a_number_below_the_cursor_is_taken_if_it_is_free_and_never_issued(desk):
    desk.supply(FIRST + 7)
    assert desk.supply(FIRST + 3).mrn == str(FIRST + 3)
    with pytest.raises(MrnConflict):
        desk.supply(FIRST + 3)
    assert desk.issue() == FIRST + 8
    assert desk.desk.writer.store.cursors.all()[0].cursor == FIRST + 8


@pytest.mark.parametrize("again", [0, 1])
def test_a_number_that_somebody_has_is_refused_with_the_sentence(desk, again):
    desk.issue()
    desk.supply(FIRST + 1)
    with pytest.raises(MrnConflict) as caught:
        desk.supply(FIRST + again)
    assert str(caught.value) == (
        "Registration number already exists. Please check offline ranges or contact admin."
    )
    assert len(desk.desk.mrns()) == 2


def test_a_number_that_somebody_of_another_desk_has_exists_already(clinic, desk, ward):
    pull(desk.desk, clinic.coordinator)
    claims = Run(ward.author, ward.signer, 5).then(
        person(1, "720005", "WARD-PC"), person(2, str(FIRST + 2), "WARD-PC")
    )
    desk.desk.exchange.merge(Merge((claims.batch(),)))
    for number in (720005, FIRST + 2):
        with pytest.raises(MrnConflict):
            desk.supply(number)


@pytest.mark.parametrize("text", [FIRST - 1, 720000, 5, "PAT-20260105-0001", "A-17"])
def test_a_number_outside_the_ranges_is_refused(desk, text):
    with pytest.raises(NotYourNumber, match="it lies in none of its ranges"):
        desk.supply(text)


def test_a_slip_far_up_does_not_use_up_the_range(desk):
    highest = FIRST - 1 + SUPPLIED_AHEAD_MAX
    with pytest.raises(
        NotYourNumber, match="would leave 1000 numbers below it unused, at most 999"
    ):
        desk.supply(highest + 1)
    assert desk.supply(highest).mrn == str(highest)
    assert desk.issue() == highest + 1


def test_the_last_number_of_a_range_may_be_supplied(clinic):
    desk = Supplier(clinic.desk("SMALL-PC", "810000-810002"))
    desk.supply(810002)
    with pytest.raises(NotYourNumber):
        desk.supply(810003)


def test_nothing_is_taken_from_a_closed_range(clinic, desk):
    desk.desk.writer.write(
        lambda tx: (tx.begin(), tx.store.cursors.close(FIRST, "closed by a test"))
    )
    with pytest.raises(NotYourNumber, match="closed by a test"):
        desk.supply(FIRST)


def test_nothing_is_taken_at_a_desk_that_is_not_active(clinic, desk):
    clinic.act(lambda tx: terminals.change_terminal(tx, "LAB1-PC", state=State.INACTIVE))
    pull(desk.desk, clinic.coordinator)
    with pytest.raises(TerminalNotFound):
        desk.supply(FIRST)


def test_a_database_behind_its_witness_takes_nothing(desk):
    backup = desk.desk.back_up()
    desk.supply(FIRST + 7)
    desk.restart(backup)
    with pytest.raises(NotYourNumber, match=f"numbers up to {FIRST + 7} were issued"):
        desk.supply(FIRST + 3)


@settings(max_examples=25)
@given(steps=st.lists(st.one_of(st.none(), st.integers(0, 20), st.just("restart")), max_size=14))
def test_whatever_clients_supply_no_number_is_given_twice(tmp_path_factory, steps):
    clinic = Clinic(tmp_path_factory.mktemp("supplied"), durable=False)
    desk = Supplier(clinic.desk("LAB1-PC", "710000-710015"))
    given_: list[int] = []
    for step in steps:
        if step == "restart":
            desk.restart()
            continue
        try:
            number = desk.issue() if step is None else int(desk.supply(FIRST + step).mrn or 0)
        except (MrnConflict, NotYourNumber, issuing.RangeExhausted):
            assert step is None or FIRST + step in given_ or step > 15
            continue
        assert FIRST <= number <= FIRST + 15
        if step is None:
            assert number > max(given_, default=0)
        given_.append(number)
    assert len(set(given_)) == len(given_)
    assert desk.desk.mrns() == [str(number) for number in given_]
    assert desk.witness.mark("710000-710015") == max(given_, default=None)
    clinic.close()


# a process that is killed


def kill(desk):
    """Nothing is released or settled; then it starts again."""
    desk.desk.reopen()
    desk.witness.read()
    desk.witness.catch_up(desk.desk.write(issuing.how_far_used))


def test_a_kill_after_a_number_below_the_cursor_was_supplied_closes_nothing(lab):
    desk = Supplier(lab)
    desk.supply(FIRST + 7)
    desk.supply(FIRST + 3)
    kill(desk)
    assert desk.issue() == FIRST + 8


def test_a_kill_in_the_commit_of_a_number_below_the_cursor_closes_nothing(lab):
    desk = Supplier(lab)
    desk.supply(FIRST + 7)
    desk.desk.connection.fail_at_commit()
    with pytest.raises(Crash):
        desk.supply(FIRST + 3)
    kill(desk)
    assert desk.issue() == FIRST + 8


def test_two_kills_with_a_lower_number_after_a_higher_one_close_nothing(lab):
    desk = Supplier(lab)
    desk.issue()
    desk.desk.connection.fail_at_commit()
    with pytest.raises(Crash):
        desk.supply(FIRST + 7)
    kill(desk)
    desk.supply(FIRST + 3)
    kill(desk)
    assert desk.issue() == FIRST + 8
