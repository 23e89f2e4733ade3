"""What the tests of people share: reading a desk as its API does, correcting, deciding."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date

from sync.engine.amending import CorrectionRequest, amend
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, Action, FactId, Resolution
from sync.model.numbers import Mrn
from sync.reading.connection import FoldedRegistry, ReadConnection
from tests.clinic import Clinic, Desk

TODAY = date(2026, 1, 5)


@contextmanager
def reading(desk: Desk):
    """A snapshot of a desk's database."""
    connection = ReadConnection(desk.path.absolute(), lambda: TODAY, FoldedRegistry())
    try:
        with connection.snapshot() as snapshot:
            yield snapshot
    finally:
        connection.close()


def correct(desk: Desk, patient: int, operator: str | None = "sadia", **given: object) -> bool:
    """A correction as a client sends it."""
    desk.clinic.now_ms += 60_000
    at = f"2026-01-05T13:{desk.clinic.now_ms // 60_000 % 60:02d}:00+05:00"
    correction = CorrectionRequest(given, operator, at, TODAY)
    return desk.writer.write(lambda tx: amend(tx, desk.author, patient, correction))


def resolve(clinic: Clinic, desk: Desk, patient: int, action: Action, mrn: str | None = None):
    """An administrator decides about a person."""
    ((record, fact),) = desk.query("SELECT record, fact FROM patients WHERE id = ?", patient)
    hub = clinic.coordinator
    clinic.now_ms += 1000

    def act(tx) -> None:
        serial = tx.new_serial()
        number = Mrn(mrn) if mrn else None
        body = Resolution(serial, (), fact, action, number, None, None, None, "Admin", "a mistake")
        tx.append(COORDINATOR, facts.RESOLUTION, record, bodies.write(body))

    hub.writer.write(act)


def merge(clinic: Clinic, former: str, survivor: str, *taken: str) -> FactId:
    """An administrator merges two people, by their numbers; replicas have to heal afterwards."""
    hub = clinic.coordinator
    sql = "SELECT record, fact FROM patients WHERE claimed = ?"
    ((record, fact),), ((into_record, into),) = (hub.query(sql, mrn) for mrn in (former, survivor))
    clinic.now_ms += 1000

    def act(tx) -> FactId:
        decided = (fact, Action.MERGE, None, into, into_record, None, "Admin", "one person")
        body = Resolution(tx.new_serial(), (), *decided, taken)
        return tx.append(COORDINATOR, facts.RESOLUTION, record, bodies.write(body))

    return hub.writer.write(act)


def feed(desk: Desk, after: int = 0) -> list[tuple]:
    """(change, number, former number) of the entries behind a cursor, in order."""
    with reading(desk) as snapshot:
        found = snapshot.changes.after(after, 500)
    cursors = [entry["cursor"] for entry in found]
    assert cursors == sorted(set(cursors))
    assert all(entry["patient"] is not None for entry in found)
    return [(entry["change"], entry["mrn"], entry["former_mrn"]) for entry in found]
