"""Numbers as a desk may claim them: everything that keeps a number from being issued."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sync.model import bodies, facts
from sync.model.facts import Author, Envelope, RecordId, Registration, SheetFact
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from tests.clinic import Clinic, Desk
from tests.forging import ELSEWHERE, Run

LAB = Author("LAB1-PC")
AT = "2026-01-05T12:00:00+05:00"


def written(kind: str, record: int, body: bytes, hlc: int = 1) -> bytes:
    record_id = RecordId(record.to_bytes(16)) if record else facts.NO_RECORD
    return facts.encode(Envelope(kind, record_id, hlc, ELSEWHERE, body))


def person(record: int, mrn: str | None, terminal: str = LAB) -> bytes:
    body = Registration(Mrn(mrn) if mrn else None, Author(terminal), True, AT, None, None, {})
    return written(facts.REGISTRATION, record, bodies.write(body))


def malformed(record: int, mrn: str) -> bytes:
    body = facts.pack([1, mrn, "LAB1-PC", "not a boolean"])
    return written(facts.REGISTRATION, record, body)


def sheet(*printed: int) -> bytes:
    return written(facts.SHEET, 0, bodies.write(SheetFact(printed, AT, None)), sum(printed))


def registrations(numbers: Iterable[int]) -> list[bytes]:
    return [person(number, str(number)) for number in numbers]


def look_alikes(numbers: Iterable[int]) -> list[bytes]:
    return [person(number, f"0{number}") for number in numbers]


def malformed_ones(numbers: Iterable[int]) -> list[bytes]:
    return [malformed(number, str(number)) for number in numbers]


def sheets(numbers: Iterable[int]) -> list[bytes]:
    printed = list(numbers)
    return [sheet(*printed[first : first + 100]) for first in range(0, len(printed), 100)]


Claiming = Callable[[Iterable[int]], list[bytes]]
CLAIMING: list[Claiming] = [registrations, look_alikes, malformed_ones, sheets]


def send(clinic: Clinic, lab: Desk, data: list[bytes], client: int = 1000) -> None:
    """Let everybody have facts in the name of a desk."""
    run = Run(LAB, lab.signer, client, tuple(data))
    for desk in clinic.replicas:
        assert desk.exchange.merge(Merge((run.batch(),))).outcomes[0].entry == "accepted"
