"""What a fold reports of itself, and that nothing is left to be worked out when it is done."""

from coordinator.registry import terminals
from sync.engine.effects import Due
from sync.engine.transaction import Transaction
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, Amendment, Author, RecordId, Registration
from sync.model.numbers import Mrn, NumberRange
from sync.rules.feed import FeedChange

AT = "2026-01-05T12:00:00+05:00"
MRN = Mrn("710000")


def append_person(tx: Transaction, author: Author, number: int) -> bytes:
    registration = Registration(MRN, author, True, AT, None, None, {"full_name": "Test Person"})
    record = RecordId(number.to_bytes(16))
    return tx.append(author, facts.REGISTRATION, record, bodies.write(registration))


def test_rivals_and_corrections_leave_nothing_due(lab):
    def act(tx: Transaction) -> None:
        first = append_person(tx, lab.author, 1)
        append_person(tx, lab.author, 2)
        amendment = Amendment(first, {"full_name": "Another"}, {}, AT, None)
        record = RecordId((1).to_bytes(16))
        tx.append(lab.author, facts.AMENDMENT, record, bodies.write(amendment))
        tx.flush()
        assert tx._fold._due == Due()
        assert tx.effects.patients == 2
        assert [entry.change for entry in tx.effects.feed.entries] == [
            FeedChange.REGISTERED,
            FeedChange.REGISTERED,
            FeedChange.AMENDED,
        ]
        assert tx.effects.holders == [], "a number that nobody held has not changed hands"

    lab.writer.write(act)
    assert len(lab.conflicts()) == 1


def test_effects_gather_over_all_folds_of_a_transaction(lab):
    def act(tx: Transaction) -> None:
        for number in (1, 2):
            append_person(tx, lab.author, number)
            tx.flush()
        assert tx.effects.patients == 2
        assert not tx.effects.registry
        assert (tx.effects.serial, tx.effects.coordinator_ms) == (0, 0)

    lab.writer.write(act)


def test_registry_facts_are_reported_with_serial_and_time(clinic):
    def act(tx: Transaction) -> None:
        terminals.add_terminal(tx, "LAB9-PC", "")
        assert tx.effects.registry
        terminals.grant_range(tx, "LAB9-PC", NumberRange(900_000, 900_009))
        assert tx.effects.serial == tx.serial == 2
        assert tx.effects.coordinator_ms == clinic.now_ms
        assert tx._fold._due == Due()

    clinic.act(act)


def test_what_this_software_cannot_judge_is_reported_by_run_and_clock(clinic, lab):
    def act(tx: Transaction) -> None:
        append_person(tx, COORDINATOR, 1)
        tx.append(COORDINATOR, "visit", facts.NO_RECORD, b"")
        tx.flush()
        (run,) = {arrived.run for arrived in tx.arrived}
        assert tx.effects.not_understood == {run: {1}}

    clinic.act(act)
