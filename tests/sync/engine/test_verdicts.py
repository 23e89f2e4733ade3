"""Verdicts reach what they judge, in whatever order both come, and nothing else."""

import itertools
import random

import pytest

from sync.model import bodies, facts
from sync.model.facts import (
    AMENDMENT,
    COORDINATOR,
    VERDICT,
    Amendment,
    Author,
    Envelope,
    Reason,
    RecordId,
    Verdict,
)
from sync.protocol.questions import Merge
from tests.clinic import pull
from tests.forging import ELSEWHERE, Run, note, person
from tests.projection import difference, folded_from_nothing, projection

LAB = Author("LAB1-PC")
PENDING, ADMITTED = ("pending", None), ("admitted", None)
AT_MS = 1_767_600_000_000


@pytest.fixture
def run(lab):
    """Four people; the second and the fourth registrations are of one number."""
    numbers = ("710000", "710001", "710002", "710001")
    people = (person(number, mrn, LAB) for number, mrn in enumerate(numbers, 1))
    return Run(LAB, lab.signer, 77).then(*people)


@pytest.fixture
def judged(clinic):
    """A run of the coordinator with one verdict on the stretch ``first``..``last`` of another."""
    clients = itertools.count(500)

    def write(about: Run, first: int, last: int, rejects=None, ms: int = AT_MS) -> Run:
        link = about.link(last)
        verdict = Verdict(LAB, about.shard, about.client, first, last, link, rejects or {})
        body = bodies.write(verdict)
        data = facts.encode(Envelope(VERDICT, facts.NO_RECORD, ms << 15, ELSEWHERE, body))
        return Run(COORDINATOR, clinic.coordinator_key, next(clients)).then(data)

    return write


@pytest.fixture
def merge(ward):
    """Merge runs into a replica, together; it must say what a fold from nothing says."""

    def together(*runs: Run):
        outcomes = ward.exchange.merge(Merge(tuple(run.batch() for run in runs))).outcomes
        assert {outcome.entry for outcome in outcomes} == {"accepted"}
        assert difference(projection(ward), folded_from_nothing(ward)) == {}

    return together


def status(desk, run: Run) -> list[tuple[str, str | None]]:
    """(status, why it was refused) of each fact of a run that is a person, in order."""
    found = {
        fact: (state, rejected)
        for fact, state, rejected in desk.query("SELECT fact, status, rejected FROM patients")
    }
    idents = [facts.fact_id(Author(run.author), data) for data in run.facts]
    return [found[ident] for ident in idents if ident in found]


REJECTS = {1: Reason.OUTSIDE_RANGE}
EXPECTED = [PENDING, ADMITTED, ("rejected", "outside_range"), PENDING]


def test_a_verdict_after_its_facts(ward, run, judged, merge):
    merge(run)
    assert status(ward, run) == [PENDING] * 4
    merge(judged(run, 1, 3, REJECTS))
    assert status(ward, run) == EXPECTED


def test_a_verdict_before_its_facts(ward, run, judged, merge):
    merge(judged(run, 1, 3, REJECTS))
    merge(run)
    assert status(ward, run) == EXPECTED


@pytest.mark.parametrize("verdict_first", [True, False])
def test_a_verdict_together_with_its_facts(ward, run, judged, merge, verdict_first):
    both = [run, judged(run, 1, 3, REJECTS)]
    merge(*(reversed(both) if verdict_first else both))
    assert status(ward, run) == EXPECTED


def test_a_verdict_waits_for_the_end_that_it_names(ward, run, judged, merge):
    merge(judged(run, 1, 3, REJECTS))
    merge(run.cut(2))
    assert status(ward, run) == [PENDING] * 2, "the second is judged, but not at this end"
    merge(run.cut(3))
    assert status(ward, run) == EXPECTED[:3]
    merge(run)
    assert status(ward, run) == EXPECTED


def test_a_verdict_whose_end_comes_with_it_reaches_what_came_earlier(ward, run, judged, merge):
    merge(run.cut(2))
    merge(run, judged(run, 1, 3, REJECTS))
    assert status(ward, run) == EXPECTED


@pytest.mark.parametrize("verdict_first", [True, False])
def test_the_other_branch_of_a_run_is_not_judged(ward, run, judged, merge, verdict_first):
    other = run.cut(2).then(person(9, "710009", LAB))
    verdict = judged(run, 0, 3)
    for runs in ((verdict,), (run,), (other,)) if verdict_first else ((run,), (other,), (verdict,)):
        merge(*runs)
    assert status(ward, run) == [ADMITTED, ADMITTED, ADMITTED, PENDING]
    assert status(ward, other)[2:] == [PENDING]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_verdict_on_a_branch_reaches_through_it_into_its_parent(ward, run, judged, merge, order):
    branch = run.cut(2).then(person(9, "710009", LAB), person(10, "710010", LAB))
    pieces = [run, branch, judged(branch, 1, 3)]
    for index in order:
        merge(pieces[index])
    assert status(ward, branch) == [PENDING, ADMITTED, ADMITTED, PENDING]
    assert status(ward, run)[2:] == [PENDING, PENDING]


def test_a_verdict_on_a_twig_reaches_through_two_branches(ward, run, judged, merge):
    branch = run.cut(1).then(person(9, "710009", LAB), person(10, "710010", LAB))
    twig = branch.cut(2).then(person(11, "710011", LAB))
    for piece in (run, branch, twig, judged(twig, 0, 3)):
        merge(piece)
    assert status(ward, twig) == [ADMITTED] * 3
    assert status(ward, run)[1:] == [PENDING] * 3
    assert status(ward, branch)[2:] == [PENDING]


def test_one_verdict_that_admits_outweighs_any_that_reject(ward, run, judged, merge):
    every = [judged(run, 0, 1, {0: Reason.REVOKED}), judged(run, 0, 1), judged(run, 0, 2, REJECTS)]
    merge(run)
    merge(every[0])
    assert status(ward, run)[0] == ("rejected", "revoked")
    merge(every[1])
    assert status(ward, run)[0] == ("admitted", "revoked")
    merge(every[2])
    assert status(ward, run)[:2] == [("admitted", "revoked"), ("rejected", "outside_range")]


def test_the_time_of_a_judgement_is_that_of_the_first_verdict(ward, run, judged, merge):
    merge(run)
    for ms in (AT_MS + 5000, AT_MS, AT_MS + 9000):
        merge(judged(run, 0, 1, ms=ms))
    assert ward.query("SELECT judged_ms FROM patients WHERE mrn = '710000'") == [(AT_MS,)]


def test_an_admitted_rival_takes_the_number_from_a_provisional_holder(ward, run, judged, merge):
    merge(run)
    idents = [facts.fact_id(LAB, data) for data in run.facts]
    rivals = {1: idents[1], 3: idents[3]}
    ((before,),) = ward.query(
        "SELECT p.fact FROM held h JOIN patients p ON p.id = h.patient WHERE h.mrn = '710001'"
    )
    loser = next(clock for clock, ident in rivals.items() if ident != before)
    merge(judged(run, loser, loser + 1))
    assert ward.query(
        "SELECT p.fact FROM held h JOIN patients p ON p.id = h.patient WHERE h.mrn = '710001'"
    ) == [(rivals[loser],)]


def test_amendments_are_judged_with_their_stretch(ward, lab, judged, merge):
    registration = person(1, "710000", LAB)
    ident = facts.fact_id(LAB, registration)

    def amendment(name: str, hlc: int) -> bytes:
        body = bodies.write(
            Amendment(ident, {"full_name": name}, {}, "2026-01-06T12:00:00+05:00", None)
        )
        record = RecordId((1).to_bytes(16))
        return facts.encode(Envelope(AMENDMENT, record, hlc, ELSEWHERE, body))

    run = Run(LAB, lab.signer, 77).then(
        registration, amendment("First Name", 5), note(1), amendment("Second Name", 9)
    )
    merge(run)
    assert ward.query("SELECT full_name FROM patients") == [("Second Name",)]
    merge(judged(run, 0, 4, {3: Reason.REVOKED}))
    assert ward.query("SELECT full_name FROM patients") == [("First Name",)], "it applies no more"
    merge(judged(run, 3, 4))
    assert ward.query("SELECT full_name FROM patients") == [("Second Name",)]


REFUSED_ONCE = [{0: Reason.OUTSIDE_RANGE}, {1: Reason.OUTSIDE_RANGE}]


@pytest.mark.parametrize("rejects", REFUSED_ONCE)
@pytest.mark.parametrize("verdict_first", [True, False])
def test_a_verdict_that_admits_one_place_of_a_registration_admits_it(
    ward, lab, judged, merge, rejects, verdict_first
):
    """The same bytes lie twice in one run: it is one person, confirmed wherever the other lies."""
    twice = Run(LAB, lab.signer, 77).then(*[person(1, "710000", LAB)] * 2)
    pieces = [twice, judged(twice, 0, 2, rejects)]
    for piece in reversed(pieces) if verdict_first else pieces:
        merge(piece)
    found = ward.query("SELECT status, admitted, rejected FROM patients")
    assert found == [("admitted", 1, "outside_range")]


def test_a_registration_that_is_refused_at_all_its_places_is_refused(ward, lab, judged, merge):
    twice = Run(LAB, lab.signer, 77).then(*[person(1, "710000", LAB)] * 2)
    merge(twice)
    merge(judged(twice, 0, 2, {0: Reason.REVOKED, 1: Reason.OUTSIDE_RANGE}))
    assert status(ward, twice) == [("rejected", "outside_range")] * 2


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(one, marks=pytest.mark.soak) for one in range(4, 30))]
)
def test_facts_at_many_places_and_verdicts_that_differ_say_the_same_in_any_order(
    clinic, lab, judged, seed
):
    """Registrations and corrections, twice in a run, in branches, other runs and another shard."""
    chance = random.Random(seed)
    people = [person(number, mrn, LAB) for number, mrn in enumerate(["710000", "710001"] * 2, 1)]
    about = facts.fact_id(LAB, people[0])
    written = [*people]
    for name in ("First Name", "Second Name"):
        body = Amendment(about, {"full_name": name}, {}, "2026-01-06T12:00:00+05:00", None)
        envelope = Envelope(
            AMENDMENT, RecordId((1).to_bytes(16)), len(written), ELSEWHERE, bodies.write(body)
        )
        written.append(facts.encode(envelope))
    runs = []
    for client in range(70, 74):
        run = Run(LAB, lab.signer, client, tuple(chance.choices(written, k=6)), client % 2)
        runs += [run, run.cut(chance.randrange(1, 6)).then(*chance.choices(written, k=4))]
    pieces = list(runs)
    for run in chance.choices(runs, k=6):
        last = chance.randrange(1, len(run.facts) + 1)
        first = chance.randrange(last)
        refused = chance.sample(range(last - first), k=chance.randrange(last - first + 1))
        rejects = {at: chance.choice([Reason.REVOKED, Reason.OUTSIDE_RANGE]) for at in refused}
        pieces.append(judged(run, first, last, rejects, AT_MS + chance.randrange(9)))
    found = []
    desks = [clinic.desk(f"DESK-{number}") for number in range(4)]
    for desk in desks:
        pull(desk, clinic.coordinator)
        left = chance.sample(pieces, len(pieces))
        while left:
            group, left = left[:3], left[3:]
            merged = Merge(tuple(piece.batch() for piece in group))
            for piece, one in zip(group, desk.exchange.merge(merged).outcomes, strict=True):
                # A shard waits for the one below it.
                left += [piece] if one.entry == "not_yet" else []
        found.append(projection(desk))
        assert difference(found[0], found[-1]) == {}
        assert difference(found[-1], folded_from_nothing(desk)) == {}
    refusals = {row[-1] for row in found[0]["verdicts"]}
    assert len(refusals) > 1, "verdicts differ"


def test_a_verdict_on_what_is_not_here_changes_nothing_and_is_kept(ward, lab, judged, merge):
    unseen = Run(LAB, lab.signer, 99).then(person(1, "710000", LAB))
    merge(judged(unseen, 0, 1))
    assert ward.query("SELECT count(*) FROM verdicts") == [(1,)]
    assert ward.mrns() == []


def test_confirmed_people_are_told_of_once(ward, run, judged, merge):
    merge(run)
    merge(judged(run, 0, 2))
    merge(judged(run, 0, 4))
    admitted = ward.query("SELECT patient FROM changes WHERE change = 'admitted' ORDER BY id")
    assert sorted(admitted) == ward.query("SELECT id FROM patients ORDER BY id")
