"""What tables know of a record beside its bytes, in the form that is kept of them.

Tables that are made again know only what a fault has made of a record, or nobody where it is
missing. So the number and the name of its person are kept together with its id.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeVar

import msgspec

from sync.errors import BadFact
from sync.model import facts
from sync.model.facts import FIELD_BYTES_MAX, FactId

T = TypeVar("T", str, bytes)


class ShownPerson(NamedTuple):
    """Whom tables show for a record."""

    full_name: str | None
    father_name: str | None
    record: bytes | None


class InTables(NamedTuple):
    """What tables know of the record at a place; ``id`` is empty if only that it has changed.

    ``patient`` and ``mrn`` are those of its person, and ``registers`` says that it is the
    registration itself.
    """

    id: FactId
    patient: int | None
    mrn: str | None
    registers: bool


class _Stored(NamedTuple):
    known: tuple[bytes, int | None, str | None, bool]
    person: tuple[str | None, str | None, bytes | None]


NOBODY: Final = ShownPerson(None, None, None)


def write(known: InTables, person: ShownPerson) -> bytes:
    """Both in at most some kilobytes, without what a fault of the disk has made of a table."""
    ident, patient, mrn, registers = known
    name, father, record = person
    return facts.pack(
        [
            [_of(bytes, ident) or b"", patient, _of(str, mrn), registers],
            [_of(str, name), _of(str, father), _of(bytes, record)],
        ]
    )


def read(packed: bytes) -> tuple[InTables, ShownPerson] | None:
    """The inverse of `write`; None for what a fault of the disk has changed in its turn."""
    try:
        stored = msgspec.convert(facts.unpack(packed), _Stored, builtin_types=(bytes,))
    except (BadFact, msgspec.ValidationError):
        return None
    ident, patient, mrn, registers = stored.known
    return InTables(FactId(ident), patient, mrn, registers), ShownPerson(*stored.person)


def _of(kind: type[T], value: object) -> T | None:
    """A value of a table as long as the gate lets one be; None for one of another kind."""
    return value[:FIELD_BYTES_MAX] if isinstance(value, kind) else None
