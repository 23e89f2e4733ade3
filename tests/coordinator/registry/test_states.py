"""Terminals that end, and new computers under their codes: keys, ranges, late facts."""

import pytest

from coordinator.errors import KeyWithdrawn, TerminalEnded, TerminalHasNode, TerminalInactive
from coordinator.registry import terminals
from sync.engine import issuing
from sync.errors import BadTerminalCode, NoRange, NotYourNumber, TerminalNotFound
from sync.model.facts import Allocator, Author, State
from sync.model.numbers import Mrn
from sync.protocol.handshake import refusal_of
from sync.protocol.questions import Merge, StandingQuery
from tests.clinic import Desk, missing_batches, pull
from tests.projection import projection
from tests.sync.protocol.session_line import Line

LAB = Author("LAB1-PC")
ENDED = (State.REPLACED, State.RETIRED, State.REVOKED)


def end(clinic, code, state, why=""):
    clinic.act(lambda tx: terminals.change_terminal(tx, code, state=state, why=why))


def new_computer(clinic, code):
    """Another computer joins under a code that was somebody else's."""
    old = clinic.desks.pop(code)
    clinic.desks[f"old {code}"] = old
    desk = Desk(clinic, f"{code} again", Author(code), clinic.new_signer())
    clinic.desks[code] = desk
    clinic.act(
        lambda tx: terminals.join_node(
            tx, code, desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    pull(desk, clinic.coordinator)
    return desk


def terminal(clinic, code=LAB):
    return clinic.coordinator.writer.registry.terminals[code]


def refusal(clinic, desk):
    standing = clinic.coordinator.answer(StandingQuery(desk.author, desk.writer.public_key))
    return None if standing.allowed else refusal_of(standing).reason


def salvage(clinic, desk):
    """All that a desk has reaches the coordinator, although the desk may not sync."""
    coordinator = clinic.coordinator
    return coordinator.exchange.merge(
        Merge(tuple(missing_batches(coordinator, desk)), coordinator.roots)
    )


# what a state does


@pytest.mark.parametrize("state", ENDED)
def test_an_ended_terminal_issues_nothing_and_syncs_nothing(clinic, lab, state):
    assert refusal(clinic, lab) is None
    end(clinic, LAB, state, "the disk died")
    assert refusal(clinic, lab) == state
    (block,) = clinic.coordinator.writer.registry.blocks_of(LAB)
    assert (block.closed, block.why) == (True, f"the terminal was {state}")
    assert terminal(clinic).why == "the disk died"
    assert not terminal(clinic).has_node
    pull(lab, clinic.coordinator)
    with pytest.raises(TerminalNotFound, match="Terminal 'LAB1-PC' not found or not active"):
        lab.register_offline()
    closed = [cursor.closed for cursor in lab.writer.store.cursors.all()]
    assert closed == [f"closed by the coordinator: the terminal was {state}"]


@pytest.mark.parametrize("state", ENDED)
def test_a_session_with_an_ended_terminal_hears_of_it_and_of_nothing_else(clinic, lab, ward, state):
    pull(clinic.coordinator, ward)
    end(clinic, LAB, state)
    lab.register_offline()
    ward.register_offline()
    pull(clinic.coordinator, ward)
    line = Line(1)
    line.connect(lab, clinic.coordinator)
    line.run(50_000)
    assert lab.writer.registry.terminals[LAB].state is state
    assert lab.mrns() == ["710000"]
    assert clinic.coordinator.mrns() == ["720000"]


@pytest.mark.parametrize("state", [State.REPLACED, State.RETIRED])
def test_what_a_replaced_or_retired_computer_registered_is_admitted_late(clinic, lab, state):
    lab.register_offline()
    pull(clinic.coordinator, lab)
    end(clinic, LAB, state)
    lab.register_offline()
    salvage(clinic, lab)
    assert clinic.coordinator.status() == {
        "710000": ("admitted", None),
        "710001": ("admitted", None),
    }


def test_an_ended_terminal_is_named_with_reason_and_what_to_do(clinic, lab):
    end(clinic, LAB, State.RETIRED, "given to the museum")
    sentence = (
        r"Terminal LAB1-PC is retired \(given to the museum\); its code stays with what it has "
        r"registered. Choose another code, or let a newly set up computer take this one over"
    )
    with pytest.raises(TerminalEnded, match=sentence):
        clinic.act(lambda tx: terminals.add_terminal(tx, LAB, ""))
    with pytest.raises(TerminalEnded, match=sentence):
        clinic.grant_range(LAB, "800000-800009")
    for state in (State.ACTIVE, State.INACTIVE, State.REPLACED):
        with pytest.raises(TerminalEnded):
            end(clinic, LAB, state)
    with pytest.raises(TerminalNotFound, match="Terminal 'LAB1-PC' not found or not active"):
        clinic.act(lambda tx: terminals.active(tx, LAB))
    end(clinic, LAB, State.RETIRED)
    assert terminal(clinic).why == "given to the museum", "what is so already is no change"


def test_a_terminal_without_a_node_can_be_retired_too(clinic):
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.grant_range("FRONT", "500-510")
    end(clinic, "FRONT", State.RETIRED)
    assert [cursor.closed for cursor in clinic.coordinator.writer.store.cursors.all()] == [
        "the terminal was retired"
    ]
    desk = clinic.bare_desk("FRONT")
    clinic.act(
        lambda tx: terminals.join_node(
            tx, "FRONT", desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    (block,) = clinic.coordinator.writer.registry.blocks_of(Author("FRONT"))
    assert (block.allocator, block.closed) == (Allocator.COORDINATOR, True)


def test_retiring_a_terminal_keeps_the_origin_of_its_patients(clinic, lab, ward):
    """The earlier system set it to null when somebody deleted a terminal."""
    lab.register_offline()
    clinic.heal()
    before = terminal(clinic).serial
    end(clinic, LAB, State.RETIRED)
    pull(ward, clinic.coordinator)
    for desk in (clinic.coordinator, ward):
        assert desk.query("SELECT terminal, status FROM patients") == [(LAB, "admitted")]
        assert desk.writer.registry.terminals[LAB].serial == before


def test_an_inactive_terminal_gets_no_range_and_its_ranges_stay(clinic, lab):
    end(clinic, LAB, State.INACTIVE)
    with pytest.raises(TerminalInactive):
        clinic.grant_range(LAB, "800000-800009")
    end(clinic, LAB, State.ACTIVE)
    pull(lab, clinic.coordinator)
    assert lab.register_offline().issued.mrn == "710000"


@pytest.mark.parametrize("code", ["42", "0"])
def test_a_code_of_digits_alone_would_be_taken_for_an_id(clinic, code):
    with pytest.raises(BadTerminalCode, match="not digits alone"):
        clinic.act(lambda tx: terminals.add_terminal(tx, code, ""))


# new computers


@pytest.mark.parametrize("state", ENDED)
def test_a_new_computer_goes_on_under_the_code_in_a_fresh_block(clinic, lab, state):
    lab.register_offline()
    pull(clinic.coordinator, lab)
    end(clinic, LAB, state)
    desk = new_computer(clinic, LAB)
    assert (terminal(clinic).state, terminal(clinic).why) == (State.ACTIVE, "")
    with pytest.raises(NoRange, match="granted to an earlier copy"):
        desk.register_offline()
    clinic.grant_range(LAB, "800000-800009")
    pull(desk, clinic.coordinator)
    assert desk.register_offline().issued.mrn == "800000"
    pull(clinic.coordinator, desk)
    assert clinic.coordinator.status() == {
        "710000": ("admitted", None),
        "800000": ("admitted", None),
    }
    assert refusal(clinic, desk) is None
    assert refusal(clinic, lab) == "withdrawn"
    pull(lab, clinic.coordinator)
    with pytest.raises(NoRange):
        lab.register_offline()


def test_a_key_that_was_withdrawn_does_not_come_back(clinic, lab):
    old = (lab.writer.public_key, lab.writer.identity.incarnation)
    with pytest.raises(TerminalHasNode):
        clinic.act(lambda tx: terminals.join_node(tx, LAB, bytes(32), old[1]))
    end(clinic, LAB, State.REPLACED)
    with pytest.raises(KeyWithdrawn, match="that of an earlier computer of LAB1-PC"):
        clinic.act(lambda tx: terminals.join_node(tx, LAB, *old))
    new_computer(clinic, LAB)
    with pytest.raises(KeyWithdrawn):
        clinic.act(lambda tx: terminals.join_node(tx, LAB, *old))
    with pytest.raises(TerminalHasNode):
        clinic.act(lambda tx: terminals.join_node(tx, LAB, bytes(32), old[1]))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.REPLACED, ("admitted", None)),
        (State.RETIRED, ("admitted", None)),
        (State.REVOKED, ("rejected", "revoked")),
    ],
)
def test_late_facts_of_the_former_computer_once_the_new_one_works(clinic, lab, ward, state, status):
    lab.register_offline()
    pull(clinic.coordinator, lab)
    late = lab.fact_of(lab.register_offline())
    end(clinic, LAB, state)
    desk = new_computer(clinic, LAB)
    lab.amend(late, full_name="Late Name")
    salvage(clinic, lab)
    clinic.grant_range(LAB, "800000-800009")
    pull(desk, clinic.coordinator)
    desk.register_offline()
    clinic.desks.pop(f"old {LAB}").close()
    clinic.heal()
    for replica in clinic.replicas:
        assert replica.status() == {
            "710000": ("admitted", None),
            "710001": status,
            "800000": ("admitted", None),
        }
        assert projection(replica) == projection(desk)
    assert clinic.coordinator.query("SELECT rejected FROM amendments") == [(status[1],)]


def test_what_a_revoked_key_signed_waits_in_vain_whoever_brings_it(clinic, lab, ward):
    """Stored and visible everywhere, but no verdict will ever admit it."""
    end(clinic, LAB, State.REVOKED)
    lab.register_offline()
    pull(ward, lab)
    new_computer(clinic, LAB)
    pull(clinic.coordinator, ward)
    assert clinic.coordinator.status() == {"710000": ("rejected", "revoked")}
    assert clinic.coordinator.conflicts() == [("710000", "revoked")]


def test_a_terminal_that_was_retired_can_turn_out_to_be_stolen(clinic, lab):
    end(clinic, LAB, State.RETIRED)
    end(clinic, LAB, State.REVOKED, "it was stolen")
    new_computer(clinic, LAB)
    lab.register_offline()
    salvage(clinic, lab)
    assert clinic.coordinator.status() == {"710000": ("rejected", "revoked")}


def test_renaming_a_revoked_terminal_changes_nothing_else(clinic, lab):
    end(clinic, LAB, State.REVOKED, "stolen")
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, name="Former lab"))
    found = terminal(clinic)
    assert (found.name, found.state, found.why) == ("Former lab", State.REVOKED, "stolen")
    assert found.revoked == {lab.writer.public_key}


# ranges of a terminal from the earlier system


def issue_for(clinic, code):
    coordinator = clinic.coordinator
    draft = coordinator.draft()._replace(terminal=Author(code))
    registered = coordinator.register(
        draft, lambda tx: issuing.from_range(tx, Author(code), Allocator.COORDINATOR, None)
    )
    return registered.issued.mrn


def test_a_range_goes_on_above_what_the_earlier_system_gave_out(clinic):
    """Only the numbers above its mark must be free, and only those are issued, whoever issues."""
    coordinator = clinic.coordinator
    coordinator.register(coordinator.draft(), lambda tx: issuing.Issued(Mrn("710003"), True))
    clinic.act(lambda tx: terminals.add_terminal(tx, "FRONT", ""))
    clinic.grant_range("FRONT", "710000-710009", mark=710004)
    assert issue_for(clinic, "FRONT") == "710005"
    with pytest.raises(NotYourNumber):
        clinic.act(lambda tx: terminals.supplied_number(tx, "FRONT", Mrn("709999")))
    desk = clinic.bare_desk("FRONT")
    clinic.act(
        lambda tx: terminals.join_node(
            tx, "FRONT", desk.writer.public_key, desk.writer.identity.incarnation
        )
    )
    pull(desk, coordinator)
    assert [desk.register_offline().issued.mrn for _ in range(2)] == ["710006", "710007"]
    clinic.heal()
    assert [status for status, _ in coordinator.status().values()][1:] == ["admitted"] * 3
