"""The form in which what tables know of a record outlives them."""

import pytest

from sync.model import facts
from sync.upkeep.records import kept
from sync.upkeep.records.kept import InTables, ShownPerson

KNOWN = InTables(b"i" * 32, 7, "710002", registers=True)
AMNA = ShownPerson("Amna", "Gul Khan", b"r" * 16)


@pytest.mark.parametrize(
    ("known", "person"),
    [(KNOWN, AMNA), (InTables(b"", None, None, registers=False), kept.NOBODY)],
)
def test_what_is_written_is_read(known, person):
    assert kept.read(kept.write(known, person)) == (known, person)


def test_values_of_another_kind_are_nothing_and_the_others_are_kept():
    written = kept.write(KNOWN._replace(mrn=710002), ShownPerson(b"Amna", 7, "record"))
    assert kept.read(written) == (KNOWN._replace(mrn=None), kept.NOBODY)


def test_a_name_is_never_longer_than_a_field_may_be():
    written = kept.write(KNOWN, AMNA._replace(full_name="a" * 100_000))
    assert len(written) < 10_000
    (_, person) = kept.read(written)
    assert person.father_name == "Gul Khan"


@pytest.mark.parametrize(
    "value", [b"", b"\xc1", 7, "text", facts.pack([1, 2]), facts.pack([[b"", 1, None, 1], []])]
)
def test_what_is_none_of_it_is_nothing(value):
    assert kept.read(value) is None
