"""What sessions ask: what is held and lacked, who may sync, and what waits for what it needs."""

from dataclasses import replace
from itertools import permutations

import pytest

from coordinator.registry import clerks, terminals
from coordinator.registry.clerks import ClerkWish
from sync.engine.exchange import BATCH_AS_FACTS, MERGED_FACTS, slices
from sync.engine.keys import Signer
from sync.model import bodies, facts
from sync.model.clerks.pins import ClerkPin
from sync.model.clock import AHEAD_MS_MAX
from sync.model.facts import COORDINATOR, REGISTRY, Author, SigningKeyFact, State
from sync.model.runs import End
from sync.protocol.limits import BATCHES_MAX
from sync.protocol.questions import (
    Admittance,
    Alone,
    BatchesQuery,
    EndsQuery,
    IdentityQuery,
    Merge,
    NumberQuery,
    PinChangeQuery,
    PinsQuery,
    RootsQuery,
    ShardsQuery,
    SignTails,
    StandingQuery,
    SummaryQuery,
    Wish,
    WishesQuery,
)
from sync.rules import registry
from tests.clinic import Desk, missing_batches, pull
from tests.forging import ELSEWHERE, Run, dump, note, person, stored

CLIENT = 77


def offered(desk: Desk, *batches) -> Admittance:
    """What becomes of the first of some batches that come together."""
    return desk.exchange.merge(Merge(batches)).outcomes[0].entry


def notes(desk: Desk, count: int, client: int = CLIENT, first: int = 0) -> Run:
    return Run(desk.author, desk.signer, client).then(*(note(first + n) for n in range(count)))


# what is held


def test_a_replica_says_who_it_is(lab):
    identity = lab.answer(IdentityQuery())
    assert identity.author == lab.author
    assert (identity.replica, identity.incarnation) == (
        lab.writer.store.meta.replica,
        lab.writer.store.meta.incarnation,
    )
    assert identity.public_key == lab.signer.public_key


def test_ends_are_those_of_signed_facts_only(lab, ward):
    lab.register_offline()
    assert lab.answer(EndsQuery(((lab.author, 0), (lab.author, 9)))) == ((), ())
    lab.answer(SignTails())
    ((end,), none) = lab.answer(EndsQuery(((lab.author, 0), (lab.author, 9))))
    assert (end.length, none) == (1, ())
    assert [row.number for row in lab.answer(ShardsQuery(lab.author))] == [0]


def test_with_a_session_open_all_is_signed_at_once_until_the_last_one_ends(lab):
    lab.answer(SignTails())
    lab.register_offline()
    roots = lab.answer(RootsQuery())
    lab.answer(Alone())
    lab.register_offline()
    assert lab.answer(RootsQuery()) == roots, "what is written alone is not signed"
    assert lab.answer(SignTails()) == lab.answer(RootsQuery()) != roots


def test_what_it_cannot_answer_is_refused(lab):
    with pytest.raises(TypeError, match="not a query"):
        lab.answer(NumberQuery(facts.NO_RECORD, lab.author))


# what is lacked


def test_an_end_that_is_signed_here_is_not_wished_for(lab, ward):
    run = notes(lab, 4)
    assert offered(ward, run.batch()) is Admittance.ACCEPTED
    held = tuple(run.cut(count).end() for count in range(1, 5))
    assert ward.answer(WishesQuery(((lab.author, 0, held),))) == ()


def test_a_longer_end_is_wished_for_with_all_that_is_held_of_its_client(lab, ward):
    trunk = notes(lab, 4)
    branch = trunk.cut(2).then(note(90))
    for run in (trunk, branch):
        assert offered(ward, run.batch()) is Admittance.ACCEPTED
    target = trunk.then(note(5)).end()
    (wish,) = ward.answer(WishesQuery(((lab.author, 0, (target, trunk.end())),)))
    assert wish._replace(mine=()) == Wish(lab.author, 0, target, ())
    assert set(wish.mine) == {trunk.end(), branch.end()}


def test_an_end_of_equal_length_with_another_link_is_wished_for(lab, ward):
    assert offered(ward, notes(lab, 4).batch()) is Admittance.ACCEPTED
    other = notes(lab, 4, first=50).end()
    (wish,) = ward.answer(WishesQuery(((lab.author, 0, (other,)),)))
    assert wish.target == other


def test_what_has_no_signature_is_nothing_to_go_on_from(lab):
    lab.register_offline()
    client = lab.writer._documents.client
    elsewhere = Run(lab.author, lab.signer, client).then(note(1))  # a copy of its memory wrote it
    (wish,) = lab.answer(WishesQuery(((lab.author, 0, (elsewhere.end(),)),)))
    assert wish == Wish(lab.author, 0, elsewhere.end(), ())


def test_a_wish_is_granted_from_the_last_link_in_common(lab, ward):
    trunk = notes(lab, 6)
    assert offered(ward, trunk.batch()) is Admittance.ACCEPTED
    own = trunk.cut(2).then(note(90), note(91))  # as long as what is in common, and longer
    wish = Wish(lab.author, 0, trunk.end(), (own.end(), trunk.cut(3).end()))
    assert ward.answer(BatchesQuery((wish,))) == (trunk.batch(3),)
    assert ward.answer(BatchesQuery((wish._replace(mine=(own.end(),)),))) == (trunk.batch(0),)


def test_a_branch_is_granted_with_what_lies_in_its_parent(lab, ward):
    trunk = notes(lab, 4)
    branch = trunk.cut(2).then(note(90), note(91))
    for run in (trunk, branch):
        assert offered(ward, run.batch()) is Admittance.ACCEPTED
    wish = Wish(lab.author, 0, branch.end(), ())
    assert ward.answer(BatchesQuery((wish,))) == (branch.batch(0),)


def test_what_is_not_held_is_not_granted(lab, ward):
    run = notes(lab, 4)
    nothing = Wish(lab.author, 0, run.end(), ())
    assert ward.answer(BatchesQuery((nothing,))) == (None,), "not even the shard is here"
    assert offered(ward, run.batch()) is Admittance.ACCEPTED
    longer = nothing._replace(target=run.then(note(5)).end())
    other = nothing._replace(target=End(CLIENT, 4, notes(lab, 4, first=50).link()))
    everything = nothing._replace(mine=(run.end(),))
    assert ward.answer(BatchesQuery((longer, other, everything))) == (None, None, None)


# who may sync


def test_only_its_pinned_key_speaks_for_the_coordinator(clinic, lab):
    key = clinic.coordinator_key.public_key
    assert lab.answer(StandingQuery(COORDINATOR, key)) == (True, None, False)
    assert lab.answer(StandingQuery(COORDINATOR, lab.signer.public_key)) == (False, None, False)


def test_a_terminal_may_sync_with_a_key_of_its_own(clinic, lab, ward):
    mine, other = lab.signer.public_key, ward.signer.public_key
    assert ward.answer(StandingQuery(lab.author, mine)) == (True, State.ACTIVE, False)
    assert ward.answer(StandingQuery(lab.author, other)) == (False, State.ACTIVE, False)
    assert ward.answer(StandingQuery(Author("NOBODY"), mine)) == (False, None, False)


def test_a_key_whose_place_another_computer_took_is_told_so(clinic, lab):
    fresh = Signer.from_seed(b"f" * 32).public_key
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.REPLACED))
    clinic.act(lambda tx: terminals.join_node(tx, lab.author, fresh, ELSEWHERE))
    hub = clinic.coordinator
    assert hub.answer(StandingQuery(lab.author, lab.signer.public_key)) == (
        False,
        State.ACTIVE,
        True,
    )
    assert hub.answer(StandingQuery(lab.author, fresh)) == (True, State.ACTIVE, False)


# merging


def test_a_commit_names_its_batches_and_who_brought_them(lab, ward):
    lab.register_offline()
    ward.writer.commits.clear()
    batches = missing_batches(ward, lab)
    merge = Merge(tuple(batches), lab.roots, lab.author)
    ward.exchange.merge(merge, source="the session")
    (commit,) = ward.writer.commits
    assert commit.source == "the session"
    assert set(commit.batches) == set(batches)
    ward.exchange.merge(merge, source="the session")
    assert len(ward.writer.commits) == 1, "a merge that brings nothing is no commit"


def test_each_batch_has_an_outcome_of_its_own_in_order(lab, ward):
    good, early = notes(lab, 2), notes(lab, 3, client=78)
    merged = ward.exchange.merge(
        Merge((early.batch(2), good.batch()._replace(signature=bytes(64)), good.batch()))
    )
    assert [outcome.entry for outcome in merged.outcomes] == [
        Admittance.NOT_YET,
        Admittance.INVALID,
        Admittance.ACCEPTED,
    ]
    assert merged.facts == 2


def test_what_came_too_early_leaves_nothing_behind(lab, ward):
    run = notes(lab, 6)
    before = dump(ward)
    for first in (4, 2):
        assert offered(ward, run.batch(first)) is Admittance.NOT_YET
    assert dump(ward) == before
    assert ward.exchange.merge(Merge((run.cut(2).batch(),))).facts == 2
    assert stored(ward, lab.author) == {run.cut(2).facts}


def test_batches_that_come_together_may_come_in_any_order(lab, ward):
    run = notes(lab, 6)
    higher = replace(notes(lab, 2, client=78), shard=1)
    parts = [higher.batch(), run.batch(4), run.cut(2).batch(), run.cut(4).batch(2)]
    for number, order in enumerate(permutations(parts)):
        desk = ward.clone(f"READER{number}")
        merged = desk.exchange.merge(Merge(order))
        assert {outcome.entry for outcome in merged.outcomes} == {Admittance.ACCEPTED}
        assert merged.facts == 8
        desk.close()


def test_a_large_merge_is_cut_between_batches(lab):
    runs = [notes(lab, MERGED_FACTS // 2 - BATCH_AS_FACTS, client) for client in range(5)]
    later = replace(notes(lab, 1, client=9), shard=1)
    merge = Merge((later.batch(), *(run.batch() for run in runs)), lab.roots, lab.author)
    parts = list(slices(merge))
    assert [indices for indices, _ in parts] == [[1, 2], [3, 4], [5, 0]]
    for indices, part in parts:
        assert part == merge._replace(batches=tuple(merge.batches[index] for index in indices))
    assert list(slices(Merge(()))) == [([], Merge(()))]


def test_many_batches_of_one_fact_are_cut_too(lab):
    """Each costs a signature, whatever it holds."""
    runs = [notes(lab, 1, client) for client in range(BATCHES_MAX)]
    parts = list(slices(Merge(tuple(run.batch() for run in runs), lab.roots, lab.author)))
    most = MERGED_FACTS // (1 + BATCH_AS_FACTS)
    assert max(len(indices) for indices, _ in parts) == most
    assert sum(len(indices) for indices, _ in parts) == BATCHES_MAX


def test_a_key_and_what_it_signs_may_come_together(clinic, lab):
    late = clinic.bare_desk("LATE-PC")
    batches = missing_batches(late, clinic.coordinator)
    assert {batch.author for batch in batches} == {REGISTRY}
    assert offered(late, *batches, notes(lab, 2).batch()) is Admittance.ACCEPTED
    assert stored(late, lab.author) == {notes(lab, 2).facts}


def test_what_comes_of_the_registry_is_folded_once(clinic, lab, monkeypatch):
    """Each start of the coordinator begins a run, and a new desk gets all of them."""
    for code in ("ONE", "TWO", "THREE"):
        clinic.coordinator.reopen()
        clinic.act(lambda tx, code=code: terminals.add_terminal(tx, code, code))
    late = clinic.bare_desk("LATE-PC")
    batches = missing_batches(late, clinic.coordinator)
    assert [batch.author for batch in batches] == [REGISTRY] * 4
    fold, folded = registry.fold, []
    monkeypatch.setattr(registry, "fold", lambda *given: folded.append(1) or fold(*given))
    signed = notes(lab, 2).batch()
    merged = late.exchange.merge(Merge((*batches, signed)))
    assert {outcome.entry for outcome in merged.outcomes} == {Admittance.ACCEPTED}
    assert len(folded) == 1
    assert set(late.writer.registry.terminals) == {lab.author, "ONE", "TWO", "THREE"}


def test_a_former_key_and_what_it_signed_may_come_together(clinic, lab):
    """Of the registry itself, what says whose signatures count is folded before it goes on."""
    clinic.act(lambda tx: terminals.add_terminal(tx, "WARD-PC", "Ward"))
    before = missing_batches(clinic.bare_desk("NOTE-PC"), clinic.coordinator)
    said = bodies.write(SigningKeyFact(clinic.coordinator_key.public_key, True, (), "lost"))
    envelope = facts.Envelope(facts.SIGNING_KEY, facts.NO_RECORD, 1 << 15, ELSEWHERE, said)
    following = Signer.from_seed(bytes(range(32)))
    clinic.coordinator_key = following
    late = clinic.bare_desk("LATE-PC")
    succession = Run(REGISTRY, following, CLIENT).then(facts.encode(envelope)).batch()
    merged = late.exchange.merge(Merge((succession, *before)))
    assert {outcome.entry for outcome in merged.outcomes} == {Admittance.ACCEPTED}
    assert set(late.writer.registry.terminals) == {lab.author, "WARD-PC"}


def test_a_forged_person_under_the_coordinators_name_does_not_enter(lab, ward):
    forged = Run(COORDINATOR, lab.signer, 5).then(person(1, "710000", lab.author)).batch()
    assert offered(ward, forged) is Admittance.NOT_YET, "no key of the lab is the coordinator's"
    assert ward.mrns() == []


# clocks


def test_our_clock_goes_on_above_the_times_that_came_in(clinic, lab, ward):
    clinic.now_ms += 60_000
    lab.register_offline()
    clinic.now_ms -= 60_000
    pull(ward, lab)
    assert ward.writer.clock.last >> 15 >= clinic.now_ms + 60_000


def test_a_fact_from_the_far_future_does_not_move_the_clock_even_after_a_restart(clinic, lab, ward):
    ahead = facts.encode(
        facts.Envelope("visit", facts.NO_RECORD, (clinic.now_ms + 10**10) << 15, ELSEWHERE, b"")
    )
    assert offered(ward, Run(lab.author, lab.signer, 5).then(ahead).batch()) is Admittance.ACCEPTED
    assert ward.writer.clock.last >> 15 < clinic.now_ms + 10**9
    ward.reopen()
    assert ward.writer.clock.last >> 15 < clinic.now_ms + 10**9


def test_a_fast_clock_at_a_desk_does_not_creep_into_the_coordinators(clinic, lab):
    coordinator = clinic.coordinator
    clinic.heal()
    before = coordinator.writer.now_ms - clinic.now_ms
    ahead_ms = AHEAD_MS_MAX - 1000
    for _ in range(5):
        clinic.now_ms += ahead_ms
        lab.register_offline()
        clinic.now_ms -= ahead_ms
        pull(coordinator, lab)
        pull(lab, coordinator)
    assert coordinator.writer.now_ms - clinic.now_ms == before
    assert coordinator.writer.clock.last >> 15 <= clinic.now_ms


def test_the_summary_names_all_authors_with_signed_facts(clinic, lab):
    assert [row.author for row in lab.answer(SummaryQuery())] == ["@registry"]
    lab.register_offline()
    lab.answer(SignTails())
    assert [row.author for row in lab.answer(SummaryQuery())] == ["@registry", lab.author]


def test_what_a_pin_is_checked_by_goes_only_where_its_clerk_works(clinic, lab, ward):
    here, elsewhere, gone = (letter * 16 for letter in (b"h", b"e", b"g"))
    for ident, desks in ((here, (lab.author,)), (elsewhere, (ward.author,)), (gone, None)):
        wish = ClerkWish(f"Clerk {ident[:1].decode()}", desks, "a hash")
        clinic.act(lambda tx, one=ident, wanted=wish: clerks.add(tx, one, wanted, "admin"))
    clinic.act(lambda tx: clerks.remove(tx, gone, "admin"))
    wanted = (here, elsewhere, gone, bytes(16))
    answer = clinic.coordinator.answer
    assert answer(PinsQuery(lab.author, wanted)) == (ClerkPin(here, 1, "a hash"),)
    assert answer(PinsQuery(ward.author, wanted)) == (ClerkPin(elsewhere, 1, "a hash"),)
    pull(lab, clinic.coordinator)
    assert lab.answer(PinsQuery(lab.author, wanted)) == (), "a desk tells nobody"


def test_only_a_coordinator_lets_a_pin_count(lab):
    chosen = ClerkPin(b"h" * 16, 2, "a hash")
    assert lab.exchange.decide(PinChangeQuery(lab.author, chosen)) == "not_a_coordinator"
