"""The registry's acts: terminals join, and no number can ever lie in two ranges."""

import pytest

from coordinator.errors import RangeOverlap, TerminalExists, TerminalHasNode, TerminalHasNoNode
from coordinator.registry import terminals
from sync.engine import issuing
from sync.errors import BadTerminalCode, MrnConflict, NoRange, NotYourNumber, TerminalNotFound
from sync.model.facts import Allocator, Author, Incarnation, State
from sync.model.numbers import Mrn, NumberRange
from tests.clinic import pull

FRONT = Author("FRONT")


@pytest.fixture
def front(clinic):
    """A terminal without a node."""
    clinic.act(lambda tx: terminals.add_terminal(tx, FRONT, "Front desk"))
    return FRONT


def block(clinic, code):
    (found,) = clinic.coordinator.writer.registry.blocks_of(Author(code))
    return found


def issue_for(clinic, code):
    """A number that the coordinator allocates."""
    coordinator = clinic.coordinator
    draft = coordinator.draft()._replace(terminal=Author(code))
    registered = coordinator.register(
        draft, lambda tx: issuing.from_range(tx, Author(code), Allocator.COORDINATOR, None)
    )
    return registered.issued.mrn


def supply(clinic, code, mrn):
    """A number that a client of a terminal brings along."""
    coordinator = clinic.coordinator
    draft = coordinator.draft()._replace(terminal=Author(code))
    registered = coordinator.register(
        draft, lambda tx: terminals.supplied_number(tx, code, Mrn(mrn))
    )
    return registered.issued.mrn


def test_a_new_terminal_is_active_and_has_no_node(clinic, front):
    terminal = clinic.coordinator.writer.registry.terminals[front]
    assert (terminal.state, terminal.name, terminal.has_node) == (
        State.ACTIVE,
        "Front desk",
        False,
    )


def test_a_terminal_cannot_be_added_twice(clinic, front):
    with pytest.raises(TerminalExists):
        clinic.act(lambda tx: terminals.add_terminal(tx, front, ""))


@pytest.mark.parametrize("code", ["", "lab", "@registry", "LAB 1", "X" * 51])
def test_a_code_must_be_a_code(clinic, code):
    with pytest.raises(BadTerminalCode):
        clinic.act(lambda tx: terminals.add_terminal(tx, code, ""))


@pytest.mark.parametrize(
    "rival",
    ["710000-719999", "719999-720500", "700000-710000", "715000-715000", "1-2147483647"],
)
def test_a_range_that_shares_even_one_number_is_refused(clinic, lab, front, rival):
    with pytest.raises(RangeOverlap, match="overlaps 710000-719999 of LAB1-PC"):
        clinic.grant_range(front, rival)
    with pytest.raises(RangeOverlap):
        clinic.grant_range(lab.author, rival)


@pytest.mark.parametrize("neighbour", ["720000-720009", "709990-709999"])
def test_ranges_may_touch(clinic, lab, front, neighbour):
    clinic.grant_range(front, neighbour)
    assert block(clinic, front).range.text == neighbour


def test_a_range_is_never_granted_again(clinic, lab):
    for state in (State.INACTIVE, State.RETIRED, State.REVOKED):
        clinic.act(lambda tx, state=state: terminals.change_terminal(tx, lab.author, state=state))
    other = clinic.desk("WARD-PC")
    with pytest.raises(RangeOverlap):
        clinic.grant_range(other.author, "710000-719999")


def test_a_range_with_a_number_in_use_is_refused(clinic, lab, ward, front):
    clinic.grant_range(front, "500-510")
    supply(clinic, front, "505")
    pull(lab, clinic.coordinator)
    assert lab.mrns() == ["505"]
    legacy = clinic.coordinator
    legacy.register(legacy.draft(), lambda tx: issuing.Issued(Mrn("880005"), True))
    with pytest.raises(RangeOverlap, match="contains the number 880005, which is in use"):
        clinic.grant_range(front, "880000-880009")
    clinic.grant_range(front, "880006-880009")


def test_the_first_node_takes_over_what_is_left(clinic, front):
    clinic.grant_range(front, "500-510")
    assert [issue_for(clinic, front) for _ in range(3)] == ["500", "501", "502"]
    desk = clinic.bare_desk(front)
    key, incarnation = desk.writer.public_key, desk.writer.identity.incarnation
    clinic.act(lambda tx: terminals.join_node(tx, front, key, incarnation))
    handed = block(clinic, front)
    assert (handed.allocator, handed.mark, handed.incarnation) == (Allocator.NODE, 502, incarnation)
    pull(desk, clinic.coordinator)
    desk.register_offline()
    assert sorted(filter(None, desk.mrns())) == ["500", "501", "502", "503"]
    with pytest.raises(NoRange):
        issue_for(clinic, front)
    clinic.heal()
    assert {status for status, _ in clinic.coordinator.status().values()} == {"admitted"}


def test_a_second_key_needs_a_new_enrolment(clinic, lab):
    with pytest.raises(TerminalHasNode):
        clinic.act(lambda tx: terminals.join_node(tx, lab.author, bytes(32), Incarnation(bytes(8))))


def test_a_range_of_a_node_needs_a_node(clinic, front):
    with pytest.raises(TerminalHasNoNode, match="none can issue"):
        clinic.act(lambda tx: terminals.grant_range(tx, front, NumberRange(1, 9), Allocator.NODE))


def test_a_range_is_granted_to_active_terminals_only(clinic, lab):
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.INACTIVE))
    with pytest.raises(TerminalNotFound):
        clinic.grant_range(lab.author, "1-9")


def test_a_separate_range_of_the_coordinator_for_a_terminal_with_a_node(clinic, lab):
    clinic.grant_range(lab.author, "600-601", Allocator.COORDINATOR)
    assert [issue_for(clinic, lab.author) for _ in range(2)] == ["600", "601"]
    pull(lab, clinic.coordinator)
    lab.register_offline()
    clinic.heal()
    assert sorted(clinic.coordinator.mrns()) == ["600", "601", "710000"]
    assert {status for status, _ in lab.status().values()} == {"admitted"}


def test_numbers_that_clients_supply(clinic, front, lab):
    clinic.grant_range(front, "500-510")
    assert issue_for(clinic, front) == "500"
    with pytest.raises(MrnConflict, match="Registration number already exists"):
        supply(clinic, front, "500")
    assert supply(clinic, front, "507") == "507"
    assert block(clinic, front).allocator is Allocator.CLIENT
    assert supply(clinic, front, "503") == "503"
    with pytest.raises(MrnConflict):
        supply(clinic, front, "503")
    with pytest.raises(NoRange):
        issue_for(clinic, front)
    clinic.heal()
    assert {status for status, _ in lab.status().values()} == {"admitted"}


@pytest.mark.parametrize("mrn", ["499", "511", "720000", "PAT-20260105-0001", "A-1"])
def test_a_supplied_number_lies_in_a_range_of_its_terminal(clinic, front, ward, mrn):
    clinic.grant_range(front, "500-510")
    with pytest.raises(NotYourNumber, match="it lies in none of its ranges"):
        supply(clinic, front, mrn)
    assert block(clinic, front).allocator is Allocator.COORDINATOR


def test_a_supplied_number_in_a_range_of_a_node_is_the_nodes(clinic, lab):
    with pytest.raises(MrnConflict):
        supply(clinic, lab.author, "710005")


def test_a_client_range_is_never_handed_over(clinic, front):
    clinic.grant_range(front, "500-510")
    supply(clinic, front, "505")
    desk = clinic.bare_desk(front)
    clinic.act(
        lambda tx: terminals.join_node(
            tx, front, desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    assert block(clinic, front).allocator is Allocator.CLIENT
    pull(desk, clinic.coordinator)
    with pytest.raises(NoRange):
        desk.register_offline()


def test_a_name_changes_and_the_rest_stays(clinic, lab):
    before = clinic.coordinator.writer.registry.terminals[lab.author]
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, name="Laboratory 1"))
    after = clinic.coordinator.writer.registry.terminals[lab.author]
    assert after.name == "Laboratory 1"
    assert (after.keys, after.state, after.serial) == (before.keys, before.state, before.serial)
    with pytest.raises(TerminalNotFound):
        clinic.act(lambda tx: terminals.change_terminal(tx, "NOBODY", name="x"))


def test_two_copies_do_not_take_a_terminal_from_each_other_for_ever(clinic, lab):
    first, second = lab.writer.identity.incarnation, Incarnation(b"newlife2")
    clinic.act(lambda tx: terminals.adopt_incarnation(tx, lab.author, second))
    before = clinic.coordinator.roots
    for incarnation in (first, second, first):
        clinic.act(
            lambda tx, incarnation=incarnation: terminals.adopt_incarnation(
                tx, lab.author, incarnation
            )
        )
    assert clinic.coordinator.roots == before
    assert clinic.coordinator.writer.registry.terminals[lab.author].incarnation == second


def test_an_enrolment_of_an_earlier_incarnation_does_not_take_the_ranges_from_the_newest(
    clinic, lab
):
    """As when a request file of before the desk was restored is answered once more."""
    first, second = lab.writer.identity.incarnation, Incarnation(b"newlife2")
    key = lab.writer.public_key
    clinic.act(lambda tx: terminals.join_node(tx, lab.author, key, second))
    clinic.act(lambda tx: terminals.join_node(tx, lab.author, key, first))
    assert clinic.coordinator.writer.registry.terminals[lab.author].incarnation == second
