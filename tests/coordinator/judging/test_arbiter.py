"""Verdicts and grants: each reason, what must wait, and numbers that are given once."""

from functools import partial

import pytest

from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.issuing import Issued
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, Author, Envelope, Grant, RecordId, Registration, State
from sync.model.numbers import Mrn, online_mrn
from sync.protocol.questions import Merge, Roots
from tests.clinic import missing_batches, pull
from tests.forging import ELSEWHERE, Run, note, person
from tests.projection import projection
from tests.sync.engine.test_bounds import Steps

ELSE = Roots(bytes(32), bytes(32), bytes(32))


def send(clinic, run, first=0):
    """Brought by a peer that knows all that the coordinator knows."""
    coordinator = clinic.coordinator
    return coordinator.exchange.merge(Merge((run.batch(first),), coordinator.roots))


@pytest.fixture
def run(lab):
    return Run(lab.author, lab.signer, 77)


def future_person(number: int, mrn: str, terminal: str) -> bytes:
    body = facts.pack([2, mrn, terminal, "a future nobody knows"])
    return facts.encode(
        Envelope(facts.REGISTRATION, RecordId(number.to_bytes(16)), number, ELSEWHERE, body)
    )


def numberless(number: int, terminal: str) -> bytes:
    body = bodies.write(
        Registration(
            None,
            Author(terminal),
            True,
            "2026-01-05T12:00:00+05:00",
            None,
            None,
            {"full_name": "N"},
        )
    )
    return facts.encode(
        Envelope(facts.REGISTRATION, RecordId(number.to_bytes(16)), number, ELSEWHERE, body)
    )


def malformed(number: int, mrn: str) -> bytes:
    body = facts.pack([1, mrn, "LAB1-PC", "not a boolean"])
    return facts.encode(
        Envelope(facts.REGISTRATION, RecordId(number.to_bytes(16)), number, ELSEWHERE, body)
    )


def amendment(registration: bytes, number: int, author: str, **fields: str) -> bytes:
    body = bodies.write(
        facts.Amendment(
            facts.fact_id(Author(author), registration),
            fields,
            {},
            "2026-01-06T12:00:00+05:00",
            None,
        )
    )
    record = facts.decode(registration).record_id
    return facts.encode(Envelope(facts.AMENDMENT, record, number, ELSEWHERE, body))


def verdicts(desk):
    """(from, to, whether it lists rejections) of each verdict on client 77."""
    return desk.query(
        "SELECT first, last, rejects != x'90' FROM verdicts WHERE client = 77 ORDER BY first"
    )


# the reasons


def test_a_covered_number_is_admitted(clinic, coordinator, run, lab):
    send(clinic, run.then(person(1, "710000", "LAB1-PC")))
    assert coordinator.status() == {"710000": ("admitted", None)}
    assert coordinator.conflicts() == []


def test_a_number_outside_the_ranges_is_rejected(clinic, coordinator, run):
    send(clinic, run.then(person(1, "990000", "LAB1-PC")))
    assert coordinator.status() == {"990000": ("rejected", "outside_range")}
    assert coordinator.conflicts() == [("990000", "outside_range")]


def test_a_number_in_the_range_of_another_is_rejected(clinic, coordinator, run, ward):
    send(clinic, run.then(person(1, "720000", "LAB1-PC"), person(2, "720001", "WARD-PC")))
    assert set(coordinator.status().values()) == {("rejected", "outside_range")}


def test_a_second_person_under_an_admitted_number_is_rejected(clinic, coordinator, run, lab):
    send(clinic, run.then(person(1, "710000", "LAB1-PC")))
    send(clinic, run.then(person(1, "710000", "LAB1-PC"), person(2, "710000", "LAB1-PC")), 1)
    rows = coordinator.query("SELECT status, rejected FROM patients ORDER BY id")
    assert rows == [("admitted", None), ("rejected", "duplicate_mrn")]
    assert coordinator.conflicts() == [("710000", "duplicate_mrn")]


def test_two_persons_under_one_number_in_one_batch(clinic, coordinator, run):
    send(clinic, run.then(person(1, "710000", "LAB1-PC"), person(2, "710000", "LAB1-PC")))
    rows = coordinator.query("SELECT status, rejected FROM patients ORDER BY status")
    assert rows == [("admitted", None), ("rejected", "duplicate_mrn")]


def test_a_second_person_under_one_record_is_rejected_and_stays(clinic, coordinator, run):
    send(clinic, run.then(person(1, "710000", "LAB1-PC"), person(1, "710001", "LAB1-PC")))
    assert coordinator.status() == {
        "710000": ("admitted", None),
        "710001": ("rejected", "duplicate_record"),
    }


def test_a_malformed_registration_is_rejected_and_reported(clinic, coordinator, run):
    send(clinic, run.then(malformed(1, "710000"), person(2, "710001", "LAB1-PC")))
    assert coordinator.status() == {
        None: ("rejected", "malformed"),
        "710001": ("admitted", None),
    }
    assert coordinator.query(
        "SELECT claimed, reason FROM conflicts c JOIN patients p ON p.id = c.patient"
    ) == [("710000", "malformed")]


def test_what_comes_after_a_revocation_is_rejected(clinic, coordinator, run, lab):
    known = run.then(person(1, "710000", "LAB1-PC"))
    send(clinic, known)
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.REVOKED))
    correction = amendment(known.facts[0], 9, lab.author, full_name="Somebody Else")
    send(clinic, known.then(person(2, "710001", "LAB1-PC"), correction), 1)
    assert coordinator.status() == {
        "710000": ("admitted", None),
        "710001": ("rejected", "revoked"),
    }
    names = coordinator.query("SELECT full_name FROM patients WHERE mrn = '710000'")
    assert names == [("Test Person",)], "a later correction is shown and not applied"
    assert coordinator.query("SELECT rejected FROM amendments") == [("revoked",)]


def test_what_an_inactive_terminal_registered_is_admitted(clinic, coordinator, run, lab):
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.INACTIVE))
    send(clinic, run.then(person(1, "710000", "LAB1-PC")))
    assert coordinator.status() == {"710000": ("admitted", None)}


# orders of arrival


def test_a_verdict_may_come_before_its_registrations(clinic, coordinator, lab, ward, run):
    send(clinic, run.then(person(1, "710000", "LAB1-PC"), person(2, "990000", "LAB1-PC")))
    batches = missing_batches(ward, coordinator)
    for batch in batches:
        if batch.author != lab.author:
            ward.exchange.merge(Merge((batch,)))
    assert ward.mrns() == []
    for batch in batches:
        if batch.author == lab.author:
            ward.exchange.merge(Merge((batch,)))
    assert projection(ward) == projection(coordinator)
    assert ward.status()["990000"] == ("rejected", "outside_range")


def test_a_correction_may_come_before_its_registration(clinic, coordinator, lab, ward):
    registered = lab.register_offline()
    fact = lab.fact_of(registered)
    for desk in (coordinator, ward):
        pull(desk, lab)
    ward.amend(fact, full_name="Married Name")
    (batch,) = [
        batch for batch in missing_batches(coordinator, ward) if batch.author == ward.author
    ]
    late = clinic.desk("LATE-PC")
    late.exchange.merge(Merge((batch,)))
    pull(late, coordinator)
    assert late.query("SELECT full_name FROM patients") == [("Married Name",)]
    clinic.heal()
    assert projection(late) == projection(coordinator) == projection(lab)


def test_a_range_may_come_after_its_registrations(clinic, coordinator, lab, ward, run):
    """Two claims on one number, and the range that covers one of them is not known yet."""
    late = clinic.desk("LATE-PC")
    clinic.grant_range(lab.author, "800000-800009")
    mine = run.then(person(1, "800000", "LAB1-PC"))
    for number in range(20):
        other = Run(ward.author, ward.signer, 100 + number).then(
            person(50 + number, "800000", ward.author)
        )
        late.exchange.merge(Merge((other.batch(),)))
    late.exchange.merge(Merge((mine.batch(),)))
    pull(late, coordinator)
    held = late.query("SELECT p.author FROM held h JOIN patients p ON p.id = h.patient")
    assert held == [(lab.author,)]
    assert len(late.conflicts()) == 20


def test_want_of_cover_is_judged_only_when_no_grant_can_be_on_its_way(clinic, coordinator, run):
    batch = run.then(person(1, "990000", "LAB1-PC"), person(2, "710000", "LAB1-PC")).batch()
    coordinator.exchange.merge(Merge((batch,), ELSE))
    assert coordinator.status() == {"990000": ("pending", None), "710000": ("admitted", None)}
    assert coordinator.judge_pending() == 1
    assert coordinator.status()["990000"] == ("rejected", "outside_range")


def test_two_admitting_verdicts_are_reported_with_the_same_holder_everywhere(
    clinic, coordinator, lab, ward
):
    """Two coordinators that went on from one backup."""
    run = Run(lab.author, lab.signer, 77)
    one, two = (run.then(person(number, "710000", "LAB1-PC")) for number in (1, 2))
    backup = coordinator.back_up()
    send(clinic, one)
    pull(lab, coordinator)
    coordinator.restore(backup)
    send(clinic, two)
    pull(ward, coordinator)
    clinic.heal()
    for desk in clinic.replicas:
        assert desk.conflicts() == [("710000", "double_verdict")]
        assert projection(desk) == projection(coordinator)


# what is not understood


def test_what_is_not_understood_stays_pending_and_is_left_out_of_verdicts(clinic, coordinator, run):
    send(
        clinic,
        run.then(
            person(1, "710000", "LAB1-PC"),
            future_person(2, "710001", "LAB1-PC"),
            person(3, "990000", "LAB1-PC"),
            note(4),
            person(5, "710002", "LAB1-PC"),
        ),
    )
    assert coordinator.status() == {
        "710000": ("admitted", None),
        "710001": ("pending", None),
        "990000": ("rejected", "outside_range"),
        "710002": ("admitted", None),
    }
    assert verdicts(coordinator) == [(0, 1, 0), (2, 3, 1), (4, 5, 0)]
    holders = dict(coordinator.query("SELECT mrn, patient FROM held"))
    assert "710001" in holders, "a claim of any version counts"


def test_what_cannot_be_read_any_more_waits_alone(clinic, coordinator, run):
    """A fault of the disk left everybody waiting who came after that record."""
    batch = run.then(person(1, "990000", "LAB1-PC"), person(2, "990001", "LAB1-PC")).batch()
    coordinator.exchange.merge(Merge((batch,), ELSE))
    coordinator.query(
        "UPDATE facts SET data = zeroblob(length(data)) WHERE instr(data, ?)", b"990000"
    )
    assert coordinator.judge_pending() == 1
    status = coordinator.status()
    assert status["990000"] == ("pending", None)
    assert status["990001"][0] == "rejected"
    assert coordinator.writer.store.unreadable


def test_what_is_not_understood_stays_pending_also_behind_a_record_that_is_missing(
    clinic, coordinator, run
):
    """Or a person whom only a later version can judge would be refused for good."""
    first, second = person(1, "990000", "LAB1-PC"), person(2, "990001", "LAB1-PC")
    later, last = future_person(3, "990002", "LAB1-PC"), person(4, "990003", "LAB1-PC")
    coordinator.exchange.merge(Merge((run.then(first, second, later, last).batch(),), ELSE))
    coordinator.query("DELETE FROM facts WHERE instr(data, ?)", b"990001")
    assert coordinator.judge_pending() == 2
    states = coordinator.query("SELECT status FROM patients ORDER BY clock")
    assert states == [("rejected",), ("pending",), ("pending",), ("rejected",)]
    assert coordinator.writer.store.unreadable


def test_judging_again_comes_to_an_end_whatever_is_not_understood(clinic, coordinator, run):
    send(
        clinic,
        run.then(
            future_person(1, "710001", "LAB1-PC"),
            *(note(number) for number in range(10, 20)),
            future_person(2, "710002", "LAB1-PC"),
        ),
    )
    assert coordinator.judge_pending() == 0


def test_a_correction_among_unknown_facts_is_judged(clinic, coordinator, run, lab):
    known = person(1, "710000", "LAB1-PC")
    correction = amendment(known, 9, lab.author, full_name="Corrected")
    send(clinic, run.then(known, note(3), correction, note(4)))
    assert coordinator.query("SELECT admitted FROM amendments") == [(1,)]
    assert coordinator.query("SELECT full_name FROM patients") == [("Corrected",)]


# grants


def test_one_record_gets_one_number(clinic, coordinator, lab):
    arbiter, record = coordinator.arbiter, lab.draft().record
    first = clinic.act(lambda tx: arbiter.grant(tx, record, lab.author))
    assert first == Issued(Mrn("PAT-20260105-0001"), False)
    coordinator.reopen()
    again = clinic.act(lambda tx: coordinator.arbiter.grant(tx, record, lab.author))
    assert again == first
    other = clinic.act(lambda tx: coordinator.arbiter.grant(tx, lab.draft().record, lab.author))
    assert other.mrn == "PAT-20260105-0002"


@pytest.mark.parametrize(
    ("claimed", "granted"),
    [
        ([1, 2, 4], "PAT-20260105-0003"),
        ([1], "PAT-20260105-0002"),
        ([999_999_999], "PAT-20260105-0001"),
    ],
)
def test_a_stray_claim_is_skipped_and_uses_up_no_day(
    clinic, coordinator, lab, run, claimed, granted
):
    claims = [
        person(number, online_mrn("20260105", counter), "LAB1-PC")
        for number, counter in enumerate(claimed, 1)
    ]
    send(clinic, run.then(*claims))
    issued = clinic.act(lambda tx: coordinator.arbiter.grant(tx, lab.draft().record, lab.author))
    assert issued.mrn == granted


def ask(coordinator, record, terminal, tx):
    return coordinator.arbiter.grant(tx, record, terminal)


def test_the_next_of_a_day_is_found_in_as_many_statements_however_many_others_claim(
    clinic, coordinator, lab, run
):
    found = []
    for first, last in ((1, 11), (12, 700)):
        known = len(run.facts)
        run = run.then(
            *(person(one, online_mrn("20260105", one), "LAB1-PC") for one in range(first, last))
        )
        send(clinic, run, known)
        record = lab.draft().record
        with Steps(coordinator) as counted:
            issued = clinic.act(partial(ask, coordinator, record, lab.author))
        assert issued.mrn == online_mrn("20260105", last)
        found.append(counted.statements)
    assert found[1] <= found[0] + 5


def test_the_counter_widens_past_9999(clinic, coordinator, lab):
    arbiter = coordinator.arbiter

    def grant_9998(tx):
        given = Grant(tx.new_serial(), online_mrn("20260105", 9998), lab.author)
        tx.append(COORDINATOR, facts.GRANT, lab.draft().record, bodies.write(given))

    clinic.act(grant_9998)

    def grant():
        return clinic.act(lambda tx: arbiter.grant(tx, lab.draft().record, lab.author)).mrn

    assert [grant() for _ in range(3)] == [
        "PAT-20260105-9999",
        "PAT-20260105-10000",
        "PAT-20260105-10001",
    ]


def test_the_day_is_the_facilitys(clinic, coordinator, lab):
    """Karachi rolls over at 19:00 UTC."""
    arbiter = coordinator.arbiter
    midnight_ms = 1_767_639_600_000  # 2026-01-05 19:00 UTC

    def grant():
        return clinic.act(lambda tx: arbiter.grant(tx, lab.draft().record, lab.author)).mrn

    clinic.now_ms = midnight_ms - 1
    assert grant() == "PAT-20260105-0001"
    clinic.now_ms = midnight_ms
    assert [grant(), grant()] == ["PAT-20260106-0001", "PAT-20260106-0002"]


def test_a_person_without_a_number_gets_one(clinic, coordinator, lab, run):
    send(clinic, run.then(numberless(1, "LAB1-PC"), person(2, "710000", "LAB1-PC")))
    assert set(coordinator.status()) == {"PAT-20260105-0001", "710000"}
    assert coordinator.status()["PAT-20260105-0001"] == ("admitted", None)
    pull(lab, coordinator)
    assert projection(lab) == projection(coordinator)
    coordinator.reopen()
    assert coordinator.judge_pending() == 0


def test_a_number_that_was_granted_and_not_used_is_never_granted_again(clinic, coordinator, lab):
    arbiter = coordinator.arbiter
    lapsed = clinic.act(lambda tx: arbiter.grant(tx, lab.draft().record, lab.author)).mrn
    coordinator.writer.rebuild()
    fresh = clinic.act(lambda tx: arbiter.grant(tx, lab.draft().record, lab.author)).mrn
    assert (lapsed, fresh) == ("PAT-20260105-0001", "PAT-20260105-0002")


def test_the_coordinators_own_registrations_are_judged_in_their_transaction(clinic, coordinator):
    arbiter = coordinator.arbiter
    draft = coordinator.draft()._replace(terminal=None)
    coordinator.register(draft, lambda tx: arbiter.grant(tx, draft.record, None))
    assert coordinator.status() == {"PAT-20260105-0001": ("admitted", None)}
    assert isinstance(issuing.Issued(None, True), Issued)


def test_a_registration_at_two_places_is_judged_alike_at_both(clinic, run):
    """It is one person, wherever it lies."""
    stray = person(1, "999999", "LAB1-PC")
    twice = numberless(2, "LAB1-PC")
    send(clinic, run.then(stray, twice, stray, twice))
    found = clinic.coordinator.query("SELECT rejects FROM verdicts WHERE client = 77")
    assert found == [(facts.pack([(0, "outside_range"), (2, "outside_range")]),)]
    assert len(clinic.coordinator.query("SELECT * FROM grants")) == 1
    statuses = clinic.coordinator.query("SELECT status FROM patients ORDER BY status")
    assert statuses == [("admitted",), ("rejected",)]
