"""The registry folds to one state in any order, rivals included; who may write and sync what."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model import clock, facts
from sync.model.facts import (
    COORDINATOR,
    REGISTRY,
    Allocator,
    AuditHead,
    Author,
    AuthorityFact,
    Cause,
    ClerkFact,
    ClerkRule,
    Disbelief,
    FactId,
    Incarnation,
    RangeFact,
    SerialsFact,
    SigningKeyFact,
    State,
    TerminalFact,
)
from sync.model.runs import key_id
from sync.rules import registry
from sync.rules.registry import Block, Entry, Registry

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
KEY, OTHER_KEY, NEW_KEY = b"k" * 32, b"o" * 32, b"n" * 32
INCARNATION, NEXT_INCARNATION = Incarnation(b"life-one"), Incarnation(b"life-two")


CLERKS = [
    ClerkFact((), bytes(16), "Sadia Malik", None, 0, False, "admin"),
    ClerkRule((), False, "admin"),
]


def test_the_list_of_clerks_is_part_of_the_registry():
    found = registry.fold([Entry(ident(at), at, fact) for at, fact in enumerate(CLERKS, 1)])
    assert [one.name for one in found.clerks.listed] == ["Sadia Malik"]
    assert found.clerks.typing is False
    assert registry.fold(()).clerks.typing is True


def ident(number: int) -> FactId:
    return FactId(number.to_bytes(16))


def terminal(number: int, replaces: tuple[int, ...] = (), **values: Any) -> Entry:
    fact = TerminalFact(number, (), LAB, "Lab", State.ACTIVE, (), (), None)
    fact = fact._replace(replaces=tuple(map(ident, replaces)), **values)
    return Entry(ident(number), clock.pack(number * 10, 0), fact)


def block(number: int, numbers: str, replaces: tuple[int, ...] = (), **values: Any) -> Entry:
    start, end = map(int, numbers.split("-"))
    fact = RangeFact(
        number, (), start, end, LAB, INCARNATION, Allocator.NODE, 0, False, "administrator"
    )
    fact = fact._replace(replaces=tuple(map(ident, replaces)), **values)
    return Entry(ident(number), clock.pack(number * 10, 0), fact)


def the_terminal(*entries: Entry) -> registry.Terminal:
    return registry.fold(entries).terminals[LAB]


def the_block(*entries: Entry) -> Block:
    (found,) = registry.fold(entries).blocks
    return found


# terminals


def test_a_terminal_is_what_its_newest_fact_says():
    found = the_terminal(
        terminal(1, name="Old"),
        terminal(2, (1,), name="New", state=State.INACTIVE, keys=(KEY,), incarnation=INCARNATION),
    )
    assert (found.name, found.state, found.incarnation) == ("New", State.INACTIVE, INCARNATION)
    assert (found.serial, found.heads) == (1, (ident(2),))
    assert (found.created_ms, found.updated_ms) == (10, 20)
    assert found.has_node
    assert not the_terminal(terminal(1)).has_node


def test_a_terminal_can_become_active_again():
    """What is replaced does not count, however strict it is."""
    found = the_terminal(
        terminal(1), terminal(2, (1,), state=State.INACTIVE), terminal(3, (2,), state=State.ACTIVE)
    )
    assert found.state is State.ACTIVE


@pytest.mark.parametrize("mild", State)
@pytest.mark.parametrize("strict", State)
def test_the_stricter_of_two_rival_states_wins(mild, strict):
    order = list(State)
    stricter = order[max(order.index(mild), order.index(strict))]
    for first, second in ((mild, strict), (strict, mild)):
        known = registry.fold(
            [terminal(1), terminal(2, (1,), state=first), terminal(3, (1,), state=second)]
        )
        assert known.terminals[LAB].state is stricter
        assert known.terminals[LAB].heads == (ident(2), ident(3))
        assert known.rivals() == [known.terminals[LAB]]


def test_rivals_are_at_peace_once_a_fact_replaces_both():
    known = registry.fold(
        [
            terminal(1),
            terminal(2, (1,), state=State.REVOKED),
            terminal(3, (1,), name="Rival"),
            terminal(4, (2, 3), state=State.ACTIVE, name="Settled"),
        ]
    )
    assert (known.terminals[LAB].state, known.terminals[LAB].name) == (State.ACTIVE, "Settled")
    assert known.rivals() == []


def test_keys_are_a_union_and_revocation_of_a_key_is_final():
    """A later fact that leaves a key out forgets nothing that the key has signed."""
    known = registry.fold(
        [
            terminal(1, keys=(KEY,)),
            terminal(2, (1,), keys=(OTHER_KEY,), withdrawn=(KEY,)),
            terminal(3, (2,), keys=(KEY, OTHER_KEY), withdrawn=()),
        ]
    )
    assert known.keys_of(LAB) == {KEY, OTHER_KEY}
    assert not known.may_sync(LAB, KEY)
    assert known.may_sync(LAB, OTHER_KEY)


def test_what_a_revoked_key_signed_is_not_trusted_and_what_a_withdrawn_one_signed_is():
    """Also once the terminal is active again with a new key, which is trusted."""
    retired = [
        terminal(1, keys=(KEY,)),
        terminal(2, (1,), state=State.RETIRED, withdrawn=(KEY,)),
        terminal(3, (2,), keys=(KEY, OTHER_KEY)),
    ]
    revoked = [
        *retired,
        terminal(4, (3,), state=State.REVOKED, withdrawn=(OTHER_KEY,)),
    ]
    again = [*revoked, terminal(5, (4,), keys=(KEY, OTHER_KEY, NEW_KEY))]
    cases = [
        (retired, {KEY: False, OTHER_KEY: False}),
        (revoked, {KEY: True, OTHER_KEY: True}),
        (again, {KEY: False, OTHER_KEY: True, NEW_KEY: False}),
    ]
    for entries, keys in cases:
        known = registry.fold(entries)
        for key, wanted in keys.items():
            assert known.is_revoked(LAB, key_id(key)) is wanted
    assert registry.fold(again).may_sync(LAB, NEW_KEY)
    assert not registry.fold(again).may_sync(LAB, KEY)
    assert not registry.fold(again).is_revoked(LAB, None)
    assert not registry.fold([]).is_revoked(LAB, key_id(KEY))


def test_a_revocation_by_one_of_two_coordinators_counts():
    known = registry.fold(
        [
            terminal(1, keys=(KEY,)),
            terminal(2, (1,), state=State.REVOKED, withdrawn=(KEY,), why="stolen"),
            terminal(3, (1,), state=State.RETIRED, withdrawn=(KEY,), why="old"),
            terminal(4, (2, 3), keys=(KEY, OTHER_KEY)),
        ]
    )
    assert known.is_revoked(LAB, key_id(KEY))
    assert known.terminals[LAB].live_keys == {OTHER_KEY}


def test_a_terminal_tells_why_it_is_what_it_is():
    """Of rivals the reason of the stricter state."""
    entries = [
        terminal(1),
        terminal(2, (1,), state=State.RETIRED, why="old"),
        terminal(3, (1,), state=State.INACTIVE, why="on leave"),
    ]
    assert registry.fold(entries).terminals[LAB].why == "old"


def test_a_range_keeps_the_time_of_its_grant_and_tells_why_it_was_closed():
    found = the_block(
        block(1, "100-199"), block(5, "100-199", (1,), closed=True, why="the terminal was retired")
    )
    assert (found.granted_ms, found.why) == (10, "the terminal was retired")


def test_a_grant_whose_time_is_not_believed_has_that_of_the_disbelief():
    wrong = Disbelief(9, (), REGISTRY, 40, 60, "Admin", "the clock stood in 2030")
    late = block(1, "100-199")._replace(hlc=clock.pack(50, 0))
    said = Entry(ident(9), clock.pack(30, 0), wrong)
    assert registry.fold([late, said]).times.at(REGISTRY, late.hlc) == 30
    found = the_block(late, said)
    assert (found.granted_ms, found.is_dated) == (30, False)
    assert the_block(late).is_dated


def test_an_authority_that_was_ever_withdrawn_counts_no_more():
    first, second = AuthorityFact(b"one", False, ""), AuthorityFact(b"two", False, "")
    gone = AuthorityFact(b"one", True, "stolen")
    entries = [Entry(ident(number), 0, fact) for number, fact in enumerate([first, second, gone])]
    found = registry.fold(entries)
    assert (found.authorities, found.authorities_withdrawn) == ({b"two"}, {b"one"})


def test_what_is_said_of_former_signing_keys_is_kept():
    said = SigningKeyFact(KEY, True, (), "lost", "admin")
    assert registry.fold([terminal(1), Entry(ident(2), 0, said)]).succession.trusted == {KEY}


def test_what_was_signed_of_the_record_of_acts_is_kept_by_number():
    later, first = (AuditHead(number, b"h" * 32, 0, None) for number in (128, 64))
    entries = [Entry(ident(1), 0, later), Entry(ident(2), 0, first), terminal(3)]
    assert registry.fold(entries).audit_heads == [first, later]


def test_a_key_that_was_only_ever_revoked_still_opens_the_gate():
    assert registry.fold([terminal(1, withdrawn=(KEY,))]).keys_of(LAB) == {KEY}
    assert registry.fold([]).keys_of(LAB) == frozenset()


@pytest.mark.parametrize(
    ("state", "may"),
    [
        (State.ACTIVE, True),
        (State.INACTIVE, True),
        (State.REPLACED, False),
        (State.RETIRED, False),
        (State.REVOKED, False),
    ],
)
def test_who_may_sync(state, may):
    known = registry.fold([terminal(1, state=state, keys=(KEY,))])
    assert known.may_sync(LAB, KEY) is may
    assert not known.may_sync(LAB, OTHER_KEY)
    assert not known.may_sync(WARD, KEY)


# ranges and cover


def test_a_hand_over_leaves_the_coordinators_numbers_to_the_coordinator():
    """Up to the mark the coordinator has issued them, above it the node does."""
    known = registry.fold(
        [
            block(1, "100-199", allocator=Allocator.COORDINATOR, incarnation=None),
            block(5, "100-199", (1,), mark=120),
        ]
    )
    cases = [
        (100, LAB, COORDINATOR),
        (120, LAB, COORDINATOR),
        (121, LAB, LAB),
        (199, LAB, LAB),
    ]
    for number, for_terminal, author in cases:
        assert known.cover(number, for_terminal, author) == 1
        for wrong in {LAB, WARD, COORDINATOR, REGISTRY} - {author}:
            assert known.cover(number, for_terminal, wrong) is None
        assert known.cover(number, WARD, author) is None
        assert known.cover(number, None, author) is None
    for outside in (0, 99, 200):
        assert known.cover(outside, LAB, LAB) is None


@pytest.mark.parametrize("allocator", [Allocator.COORDINATOR, Allocator.CLIENT])
def test_what_the_coordinator_or_a_client_issues_is_written_by_the_coordinator(allocator):
    known = registry.fold([block(1, "100-199", allocator=allocator, incarnation=None, mark=120)])
    for number in (100, 120, 121, 199):
        assert known.cover(number, LAB, COORDINATOR) == 1
        assert known.cover(number, LAB, LAB) is None


def test_the_coordinator_may_type_in_what_a_desk_has_printed_out_of_its_range():
    known = registry.fold([block(1, "100-199")])
    assert known.cover(150, LAB, COORDINATOR, on_sheet=True) == 1
    assert known.cover(150, LAB, COORDINATOR, on_sheet=False) is None
    assert known.cover(150, LAB, WARD, on_sheet=True) is None
    assert known.cover(150, WARD, COORDINATOR, on_sheet=True) is None
    assert known.cover(250, LAB, COORDINATOR, on_sheet=True) is None


def test_closing_a_range_stops_no_admission():
    assert registry.fold([block(1, "100-199", closed=True)]).cover(150, LAB, LAB) == 1


def test_rival_hand_overs_take_the_higher_mark_and_close():
    """Two coordinators from one backup: nobody may go on issuing, and nothing loses its cover."""
    found = the_block(
        block(1, "100-199", allocator=Allocator.COORDINATOR, incarnation=None),
        block(2, "100-199", (1,), mark=120),
        block(3, "100-199", (1,), mark=110, incarnation=NEXT_INCARNATION),
    )
    assert (found.mark, found.closed, found.allocator) == (120, True, Allocator.NODE)
    assert found.serial == 1


def test_rivals_of_one_life_stay_open_and_a_closed_one_wins():
    assert not the_block(block(1, "1-9"), block(2, "1-9", (1,)), block(3, "1-9", (1,))).closed
    assert the_block(
        block(1, "1-9"), block(2, "1-9", (1,), closed=True), block(3, "1-9", (1,))
    ).closed


def test_ranges_that_overlap_cover_by_the_lowest_serial_and_are_rivals():
    known = registry.fold(
        [
            block(1, "100-199"),
            block(2, "150-250", terminal=WARD),
            block(3, "150-160"),
            block(4, "300-399"),
        ]
    )
    assert {found.serial for found in known.blocks_at(155)} == {1, 2, 3}
    assert known.cover(155, LAB, LAB) == 1
    assert known.cover(155, WARD, WARD) == 2
    assert known.cover(200, WARD, WARD) == 2
    assert known.cover(350, LAB, LAB) == 4
    assert [tuple(block.serial for block in overlap) for overlap in known.rivals()] == [
        (1, 3),
        (1, 2),
        (3, 2),
    ]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 12)), max_size=8))
def test_the_blocks_at_a_number_are_all_that_contain_it(ranges):
    """However they overlap, in the order of all blocks."""
    known = registry.fold(
        block(number, f"{start}-{start + more}")
        for number, (start, more) in enumerate(ranges, start=1)
    )
    for number in range(45):
        found = [one for one in known.blocks if number in one.range]
        assert known.blocks_at(number) == found


def test_ranges_side_by_side_do_not_overlap():
    known = registry.fold([block(1, "100-199"), block(2, "200-299"), block(3, "199-199")])
    (overlap,) = known.rivals()
    assert {overlap.one.range.text, overlap.other.range.text} == {"100-199", "199-199"}


def test_a_range_that_two_coordinators_changed_is_a_rival_of_itself():
    known = registry.fold([block(1, "1-9"), block(2, "1-9", (1,)), block(3, "1-9", (1,))])
    assert known.rivals() == known.blocks


def test_no_two_terminals_have_one_id():
    """Two coordinators went on from one backup: the serial names neither, and neither an id."""
    lab, ward, front = (
        terminal(1, code="LAB", serial=5),
        terminal(2, code="WARD", serial=5),
        terminal(3, code="FRONT", serial=6),
    )
    alone = registry.fold([lab]).terminals["LAB"]
    assert alone.id == alone.serial == 5
    known = registry.fold([lab, ward, front]).terminals
    ids = {code: one.id for code, one in known.items()}
    assert ids["FRONT"] == 6
    assert len({5, *ids.values()}) == 4
    assert all(facts.SERIAL_MAX > ids[code] > 2**52 for code in ("LAB", "WARD"))
    assert ids == {
        code: one.id for code, one in registry.fold([front, ward, lab]).terminals.items()
    }


def test_the_oldest_range_comes_first():
    known = registry.fold(
        [block(9, "100-199"), block(3, "500-599"), block(5, "300-399", terminal=WARD)]
    )
    assert [found.range.start for found in known.blocks_of(LAB)] == [500, 100]


starts = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 15)), max_size=6)


@given(starts, st.integers(0, 60))
def test_the_blocks_at_a_number_are_those_that_contain_it(found, number):
    """Also found by bisection, when nothing overlaps."""
    entries = [
        block(serial, f"{start}-{start + size}")
        for serial, (start, size) in enumerate(dict.fromkeys(found), start=1)
    ]
    known = registry.fold(entries)
    wanted = {entry.fact.serial for entry in entries if number in range_of(entry)}
    assert {found.serial for found in known.blocks_at(number)} == wanted


def range_of(entry: Entry) -> range:
    assert isinstance(entry.fact, RangeFact)
    return range(entry.fact.start, entry.fact.end + 1)


# order


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Facts that replace some of those before them, as one or two coordinators would write."""
    entries: list[Entry] = []
    for number in count(1):
        if number > draw(st.integers(1, 8)):
            return entries
        earlier = tuple(draw(st.sets(st.integers(1, number), max_size=3)) - {number})
        if draw(st.booleans()):
            entry = terminal(
                number,
                earlier,
                code=draw(st.sampled_from([LAB, WARD])),
                name=str(number),
                state=draw(st.sampled_from(State)),
                keys=tuple(draw(st.sets(st.sampled_from([KEY, OTHER_KEY])))),
                withdrawn=tuple(draw(st.sets(st.sampled_from([KEY, OTHER_KEY])))),
                incarnation=draw(st.sampled_from([None, INCARNATION, NEXT_INCARNATION])),
                serial=draw(st.integers(1, 3)),
            )
        else:
            entry = block(
                number,
                draw(st.sampled_from(["100-199", "200-299", "150-250"])),
                earlier,
                terminal=draw(st.sampled_from([LAB, WARD])),
                allocator=draw(st.sampled_from(Allocator)),
                incarnation=draw(st.sampled_from([None, INCARNATION, NEXT_INCARNATION])),
                mark=draw(st.integers(0, 150)),
                closed=draw(st.booleans()),
                serial=draw(st.integers(1, 3)),
            )
        entries.append(entry)
    raise AssertionError("count never ends")


def state(known: Registry) -> tuple[object, ...]:
    return (dict(sorted(known.terminals.items())), known.blocks, known.rivals())


@settings(max_examples=200)
@given(histories(), st.randoms())
def test_the_fold_does_not_depend_on_the_order_of_the_facts(entries, random):
    shuffled = entries.copy()
    random.shuffle(shuffled)
    assert state(registry.fold(shuffled)) == state(registry.fold(entries))


OTHERS = [
    Disbelief(20, (), COORDINATOR, 0, 5, "admin", "wrong"),
    Disbelief(21, (ident(100),), COORDINATOR, 0, 0, "admin", "right after all"),
    SerialsFact(0, 3, Cause.BEGIN, "a test"),
    SerialsFact(4, 9, Cause.SKIPPED, "a test"),
    AuthorityFact(b"der", False, "ours"),
    AuthorityFact(b"der", True, "lost"),
    AuditHead(64, b"h" * 32, 0, None),
    SigningKeyFact(KEY, True, (), "lost"),
    ClerkFact((), bytes(16), "Sadia", None, 1, False, "admin"),
    ClerkFact((ident(108),), bytes(16), "Sadia Malik", (LAB,), 2, False, "admin"),
    ClerkFact((ident(108),), bytes(16), "Sadia Malik", (WARD,), 2, True, "admin"),
    ClerkFact((), b"c" * 16, "Bilal", None, 0, False, "admin"),
    ClerkRule((), False, "admin"),
    ClerkRule((ident(112),), True, "admin"),
]
"""Facts of all other kinds; each has the id 100 and more."""


def everything(known: Registry) -> dict[str, object]:
    """All that a registry says, however it was made."""
    said = {name: value for name, value in vars(known).items() if name != "histories"}
    return said | {
        "times": known.times.disbelieved,
        "succession": vars(known.succession),
        "histories": {of: set(history) for of, history in known.histories.items()},
    }


@settings(max_examples=200)
@given(histories(), st.sets(st.sampled_from(range(len(OTHERS)))), st.randoms())
def test_what_comes_piece_by_piece_makes_what_it_makes_at_once(entries, others, random):
    entries = entries + [Entry(ident(100 + at), 60 + at, OTHERS[at]) for at in sorted(others)]
    left = entries.copy()
    random.shuffle(left)
    known = None
    while left:
        size = random.randint(1, 3)
        known = registry.fold(left[:size], known)
        del left[:size]
    assert known is not None
    assert everything(known) == everything(registry.fold(entries))


def test_one_more_fact_has_only_those_looked_at_that_are_about_the_same():
    one, other = terminal(1), terminal(2, code=WARD)
    entries = [one, other, block(3, "100-199"), block(4, "200-299")]
    known = registry.fold(entries)
    more = registry.fold([terminal(5, (2,), code=WARD, name="Ward")], known)
    assert more.terminals[LAB] is known.terminals[LAB]
    assert more.terminals[WARD].name == "Ward"
    assert [id(one) for one in more.blocks] == [id(one) for one in known.blocks]
    assert everything(known) == everything(registry.fold(entries)), "what was known stays"


def test_facts_that_replace_one_another_in_a_circle_all_count():
    """Nobody honest writes that; it must not leave a terminal without a state."""
    found = the_terminal(terminal(1, (2,)), terminal(2, (1,), state=State.RETIRED))
    assert found.state is State.RETIRED


# who may write what


@pytest.mark.parametrize("kind", [facts.TERMINAL, facts.RANGE])
def test_only_the_registry_writes_terminals_and_ranges(kind):
    assert registry.may_write(REGISTRY, kind)
    assert not registry.may_write(COORDINATOR, kind)
    assert not registry.may_write(LAB, kind)


@pytest.mark.parametrize("kind", [facts.GRANT, facts.VERDICT, facts.RESOLUTION])
def test_only_the_coordinator_grants_judges_and_resolves(kind):
    assert registry.may_write(COORDINATOR, kind)
    assert not registry.may_write(REGISTRY, kind)
    assert not registry.may_write(LAB, kind)


@pytest.mark.parametrize("kind", [facts.REGISTRATION, facts.AMENDMENT, "future"])
def test_everybody_but_the_registry_writes_about_people(kind):
    assert registry.may_write(LAB, kind)
    assert registry.may_write(COORDINATOR, kind)
    assert not registry.may_write(REGISTRY, kind)


@pytest.mark.parametrize("name", [REGISTRY, COORDINATOR, "LAB1-PC"])
def test_an_author(name):
    assert registry.is_author(name)


@pytest.mark.parametrize("name", ["@Registry", "@admin", "", "lab", "@"])
def test_no_author(name):
    assert not registry.is_author(name)
