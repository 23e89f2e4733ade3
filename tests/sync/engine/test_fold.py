"""Facts folded to tables: what the tables say does not depend on how the facts came."""

import itertools

import pytest

from sync.engine.fold import fold_all
from sync.engine.issuing import Issued
from sync.model import bodies, facts
from sync.model.facts import (
    COORDINATOR,
    REGISTRY,
    Action,
    Allocator,
    Author,
    Envelope,
    Grant,
    RangeFact,
    Reason,
    RecordId,
    Registration,
    Resolution,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from sync.storage import schema
from sync.storage.store import Store
from tests.clinic import pull
from tests.forging import ELSEWHERE, Run, person
from tests.projection import difference, folded_from_nothing, projection

LAB = Author("LAB1-PC")


@pytest.fixture
def offer(clinic, ward):
    """Merge runs into a replica one at a time, checking it against a fold from nothing."""

    def merge(*runs_: Run):
        for run in runs_:
            (outcome,) = ward.exchange.merge(Merge((run.batch(),))).outcomes
            assert outcome.entry == "accepted", outcome
            assert difference(projection(ward), folded_from_nothing(ward)) == {}
        return ward

    return merge


@pytest.fixture
def wrote(clinic, lab):
    """A run of one fact by the coordinator or the lab, each its own client."""
    clients = itertools.count(500)

    def write(author: Author, *data: bytes):
        signer = lab.signer if author == LAB else clinic.coordinator_key
        return Run(author, signer, next(clients)).then(*data)

    return write


def fact(kind: str, body: bytes, record: int = 0, hlc: int = 1 << 55) -> bytes:
    record_id = RecordId(record.to_bytes(16)) if record else facts.NO_RECORD
    return facts.encode(Envelope(kind, record_id, hlc, ELSEWHERE, body))


def range_fact(start: int, end: int, terminal: str = LAB, serial: int = 900) -> bytes:
    body = RangeFact(
        serial, (), start, end, Author(terminal), None, Allocator.NODE, 0, False, "test"
    )
    return fact(facts.RANGE, bodies.write(body))


def grant(record: int, mrn: str, serial: int = 900, terminal: str | None = LAB) -> bytes:
    body = Grant(serial, Mrn(mrn), Author(terminal) if terminal else None)
    return fact(facts.GRANT, bodies.write(body), record)


def resolution(
    registration: bytes, action: Action, mrn: str | None = None, serial: int = 950, **more
) -> bytes:
    body = Resolution(
        serial,
        more.get("replaces", ()),
        facts.fact_id(LAB, registration),
        action,
        Mrn(mrn) if mrn else None,
        more.get("holder"),
        more.get("holder_record"),
        more.get("holder_mrn"),
        "Admin",
        "a reason",
    )
    record = int.from_bytes(facts.decode(registration).record_id)
    return fact(facts.RESOLUTION, bodies.write(body), record)


def numberless(record: int) -> bytes:
    body = Registration(None, LAB, True, "2026-01-05T12:00:00+05:00", None, None, {})
    return fact(facts.REGISTRATION, bodies.write(body), record, hlc=record)


def malformed(record: int, mrn: str) -> bytes:
    return fact(facts.REGISTRATION, facts.pack([1, mrn, LAB, None]), record, hlc=record)


ADA, BEN = person(1, "710005", LAB), person(2, "710005", LAB)
ADA_ID, BEN_ID = (facts.fact_id(LAB, data) for data in (ADA, BEN))
GIVEN, CLAIMED = "PAT-20260105-0007", "PAT-20260105-0003"

CASES = {
    "a number and its range": [(LAB, ADA), (REGISTRY, range_fact(710000, 719000))],
    "a plain grant, its range, no person": [
        (COORDINATOR, grant(9, "640005")),
        (REGISTRY, range_fact(640000, 640009)),
    ],
    "an award of a plain number": [
        (LAB, person(1, "640003", LAB)),
        (COORDINATOR, resolution(person(1, "640003", LAB), Action.AWARD, "650007")),
        (REGISTRY, range_fact(640000, 640009)),
        (REGISTRY, range_fact(650000, 650009)),
    ],
    "an online number that was awarded away": [
        (LAB, person(1, CLAIMED, LAB)),
        (COORDINATOR, resolution(person(1, CLAIMED, LAB), Action.AWARD, "650007")),
    ],
    "a malformed claim in a range": [
        (LAB, malformed(3, "640004")),
        (REGISTRY, range_fact(640000, 640009)),
    ],
    "a malformed claim of a day": [(LAB, malformed(3, CLAIMED))],
    "a void person without a number": [
        (LAB, numberless(4)),
        (COORDINATOR, resolution(numberless(4), Action.VOID)),
    ],
    "a merged person with a number": [
        (LAB, ADA),
        (COORDINATOR, resolution(ADA, Action.MERGE)),
    ],
    "two persons and an assignment": [
        (LAB, ADA),
        (LAB, BEN),
        (COORDINATOR, grant(2, GIVEN)),
        (COORDINATOR, resolution(BEN, Action.ASSIGN, GIVEN)),
    ],
    "two persons and an award": [
        (LAB, ADA),
        (LAB, BEN),
        (
            COORDINATOR,
            resolution(
                BEN,
                Action.AWARD,
                "710005",
                holder=ADA_ID,
                holder_record=RecordId((1).to_bytes(16)),
                holder_mrn=Mrn(GIVEN),
            ),
        ),
    ],
    "a person without a number and two grants": [
        (LAB, numberless(4)),
        (COORDINATOR, grant(4, GIVEN, serial=901)),
        (COORDINATOR, grant(4, CLAIMED, serial=900)),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_every_order_says_the_same(name, clinic, lab, wrote, tmp_path):
    written = [wrote(author, data).batch() for author, data in CASES[name]]
    desk = clinic.desk("DESK-1")
    beginning = desk.back_up()
    folded = {}
    for number, order in enumerate(itertools.permutations(written)):
        desk.restore(beginning)
        for count, batch in enumerate(order, 1):
            (outcome,) = desk.exchange.merge(Merge((batch,))).outcomes
            assert outcome.entry == "accepted", outcome
            # On the way one of those that have the same is folded from nothing.
            mine, same = projection(desk), frozenset(order[:count])
            if same not in folded:
                folded[same] = folded_from_nothing(desk)
            assert difference(mine, folded[same]) == {}, f"order {number}"
        assert difference(mine, folded_from_nothing(desk)) == {}, f"order {number}"


def test_of_three_claims_the_losers_are_reported(offer, wrote):
    people = [wrote(LAB, person(number, "710005", LAB)) for number in range(1, 4)]
    desk = offer(*people)
    held = desk.query("SELECT p.fact FROM held h JOIN patients p ON p.id = h.patient")
    assert held == [(min(facts.fact_id(LAB, run.facts[0]) for run in people),)]
    assert desk.conflicts() == [("710005", "duplicate_mrn")] * 2


def test_each_change_of_a_holder_is_logged(offer, wrote):
    people = sorted(
        (wrote(LAB, person(number, "710005", LAB)) for number in range(1, 4)),
        key=lambda run: facts.fact_id(LAB, run.facts[0]),
        reverse=True,
    )
    desk = offer(*people)
    assert desk.query("SELECT mrn, former, holder FROM holder_changes ORDER BY id") == [
        ("710005", 1, 2),
        ("710005", 2, 3),
    ]


def test_an_admitting_verdict_outweighs_a_rejecting_one_in_any_order(clinic, lab, wrote):
    run = Run(LAB, lab.signer, 77).then(ADA)

    def verdict(hlc: int, rejects: dict[int, Reason]):
        body = bodies.write(Verdict(LAB, 0, 77, 0, 1, run.link(), rejects))
        return wrote(COORDINATOR, fact(facts.VERDICT, body, hlc=hlc << 15))

    runs_ = [run, verdict(5000, {0: Reason.OUTSIDE_RANGE}), verdict(6000, {})]
    first_tables = None
    for number, order in enumerate(itertools.permutations(runs_)):
        desk = clinic.desk(f"DESK-{number}")
        for one in order:
            desk.exchange.merge(Merge((one.batch(),)))
        assert desk.status() == {"710005": ("admitted", None)} or desk.status() == {
            "710005": ("admitted", "outside_range")
        }
        assert desk.query("SELECT judged_ms FROM patients") == [(5000,)]
        assert desk.conflicts() == []
        mine = projection(desk)
        mine["registry"] = []
        first_tables = first_tables or mine
        assert difference(first_tables, mine) == {}
        assert difference(projection(desk), folded_from_nothing(desk)) == {}


def test_two_verdicts_of_one_moment_both_count(clinic, lab, wrote):
    """Two coordinators from one backup may judge one run in the same millisecond."""
    run = Run(LAB, lab.signer, 77).then(ADA)
    verdicts = [
        wrote(
            COORDINATOR,
            fact(
                facts.VERDICT,
                bodies.write(Verdict(LAB, 0, 77, 0, 1, run.link(), rejects)),
                hlc=5000 << 15,
            ),
        )
        for rejects in ({0: Reason.OUTSIDE_RANGE}, {})
    ]
    first_tables = None
    for number, order in enumerate(itertools.permutations([run, *verdicts])):
        desk = clinic.desk(f"DESK-{number}")
        for one in order:
            desk.exchange.merge(Merge((one.batch(),)))
        mine = projection(desk)
        mine["registry"] = []
        first_tables = first_tables or mine
        assert difference(first_tables, mine) == {}
        assert difference(projection(desk), folded_from_nothing(desk)) == {}


def test_facts_of_the_wrong_writer_are_worth_nothing(offer, wrote, lab):
    desk = offer(
        wrote(LAB, ADA, range_fact(1, 9), grant(1, "5"), resolution(ADA, Action.ASSIGN, "7"))
    )
    assert desk.mrns() == ["710005"]
    assert desk.query("SELECT count(*) FROM grants") == [(0,)]
    assert desk.query("SELECT count(*) FROM resolutions") == [(0,)]
    assert not desk.writer.registry.blocks_at(5)


def test_a_resolution_can_be_taken_back(offer, wrote):
    assign = resolution(BEN, Action.ASSIGN, GIVEN)
    reopen = resolution(
        BEN, Action.REOPEN, serial=951, replaces=(facts.fact_id(COORDINATOR, assign),)
    )
    desk = offer(wrote(LAB, ADA), wrote(LAB, BEN), wrote(COORDINATOR, assign))
    assert sorted(filter(None, desk.mrns())) == ["710005", GIVEN]
    assert desk.query("SELECT open FROM conflicts") == [(0,)]
    offer(wrote(COORDINATOR, reopen))
    assert desk.mrns() == ["710005", "710005"]
    assert desk.query("SELECT open FROM conflicts") == [(1,)]


def test_the_former_number_stays_on_the_record(offer, wrote):
    desk = offer(wrote(LAB, ADA), wrote(COORDINATOR, resolution(ADA, Action.ASSIGN, GIVEN)))
    assert desk.query("SELECT claimed, mrn FROM patients") == [("710005", GIVEN)]


def test_a_rebuild_goes_in_pieces_and_says_the_same(clinic, lab, monkeypatch):
    run = Run(LAB, lab.signer, 77).then(
        *(person(number, str(710000 + number % 7), LAB) for number in range(1, 30))
    )
    clinic.coordinator.exchange.merge(Merge((run.batch(),)))
    coordinator = clinic.coordinator
    before = projection(coordinator)
    coordinator.writer.rebuild()
    assert projection(coordinator) == before


@pytest.mark.parametrize("action", [Action.MERGE, Action.VOID])
def test_a_decision_about_somebody_who_is_alone_with_a_number_is_kept(offer, wrote, action):
    """Nobody else claims it any more, and what was decided still counts."""
    desk = offer(wrote(LAB, ADA), wrote(COORDINATOR, resolution(ADA, action)))
    assert desk.query("SELECT action FROM settled") == [(action,)]
    assert desk.conflicts() == [], "nothing is the matter with the number"
    assert len(desk.query("SELECT mrn FROM held")) == 1


@pytest.mark.parametrize("pieces", [1, 2, 1000])
def test_folding_everything_again_says_the_same_in_pieces_of_any_size(clinic, lab, pieces):
    first = lab.register_offline()
    lab.register(lab.draft(), lambda tx: Issued(Mrn("710000"), True))
    lab.amend(lab.fact_of(first), full_name="Corrected Name")
    clinic.heal()
    store, before = lab.writer.store, projection(lab)
    store.connection.execute("BEGIN IMMEDIATE")
    schema.recreate_projection(store.connection)
    counts = list(fold_all(store, pieces))
    assert max(counts) <= pieces
    assert [(sum(counts),)] == lab.query("SELECT count(*) FROM facts")
    assert projection(lab) == before
    store.connection.execute("ROLLBACK")


def test_many_short_runs_are_folded_as_one_and_a_branch_after_its_parent(clinic, lab):
    for _ in range(4):  # each process has a run of its own
        lab.register_offline()
        lab.reopen()
    copy = lab.clone("copy", same_client=True)
    for desk in (lab, copy):
        desk.register_offline()
    pull(copy, lab)
    for desk, folds in ((lab, 1), (copy, 2)):
        assert desk.query("SELECT count(*) FROM runs")[0][0] > 4
        store, before = desk.writer.store, projection(desk)
        store.connection.execute("BEGIN IMMEDIATE")
        schema.recreate_projection(store.connection)
        assert len(list(fold_all(store))) == folds
        assert projection(desk) == before
        store.connection.execute("ROLLBACK")
    copy.close()


def test_an_empty_store_folds_to_nothing(tmp_path):
    store = Store.create(tmp_path / "empty.db")
    assert list(fold_all(store)) == []
    store.close()


def test_a_branch_of_a_run_that_has_lost_records_is_folded(clinic, lab):
    """A newer version makes its tables also there, and the daemon starts."""
    for number in range(4):
        lab.register_offline(full_name=f"Alone {number}")
    copy = lab.clone("copy", same_client=True)
    lab.register_offline(full_name="Here")
    copy.register_offline(full_name="There")
    copy.writer.sign_tails()
    pull(lab, copy)
    lab.query("DELETE FROM facts WHERE instr(data, 'Alone')")
    lab.writer.rebuild()
    shown = lab.query("SELECT full_name FROM patients ORDER BY full_name")
    assert shown == [("Here",), ("There",)]
