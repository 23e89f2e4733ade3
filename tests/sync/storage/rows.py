"""Rows of people as the fold writes them, for tests of the tables alone."""

from __future__ import annotations

from sync.model.facts import Author, Envelope, FactId, Incarnation, RecordId, Registration
from sync.model.numbers import Mrn
from sync.rules.admission import Judged, MrnStatus, Standing
from sync.rules.times import OwnTime
from sync.storage.people import patient_values
from sync.storage.store import Store

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
AT = "2026-01-05T12:00:00+05:00"
NAME = {"full_name": "Test Person", "phone": "03001234567"}


def fact(number: int) -> FactId:
    return FactId(number.to_bytes(16))


def record(number: int) -> RecordId:
    return RecordId(number.to_bytes(16))


def insert(
    store: Store,
    patient: int,
    mrn: str | None = None,
    *,
    claimed: str | None = None,
    of: int | None = None,
    author: Author = LAB,
    terminal: Author | None = LAB,
    judged: Judged | None = None,
    status: MrnStatus = MrnStatus.PENDING,
    resolved: int = 0,
    well_formed: bool = True,
    run: int = 1,
    clock: int | None = None,
    key: bytes | None = None,
    own: OwnTime = OwnTime(AT),  # noqa: B008 - a value that does not change
) -> None:
    """A person with a fact of their own, at the clock ``clock`` of a run.

    ``mrn`` is the number that they claim now, ``claimed`` the one that they registered with, if
    that is another. ``of`` is the number of a record that they share with somebody.
    """
    clock = patient if clock is None else clock
    number = Mrn(mrn) if mrn is not None else None
    former = Mrn(claimed) if claimed is not None else number
    registration = Registration(former, terminal, True, AT, "clerk", key, NAME)
    row = patient_values(
        id_=patient,
        run=run,
        clock=clock,
        envelope=Envelope(
            "registration", record(patient if of is None else of), 9, Incarnation(bytes(8)), b""
        ),
        fact=fact(patient),
        author=author,
        registration=registration if well_formed else None,
        claimed=former,
        terminal=terminal,
        standing=Standing(former, number, True, resolved, status, None),
        judged=judged or Judged(),
        own=own,
    )
    store.people.insert_patients([row])
    store.connection.execute("INSERT INTO facts VALUES (?, ?, ?, x'00')", (run, clock, patient))
