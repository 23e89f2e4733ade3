"""What is kept of sheets, and which of their numbers nobody is registered with."""

from __future__ import annotations

import pytest

from sync.engine.issuing import Issued
from sync.engine.records import sheets
from sync.engine.transaction import Transaction
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import Author, FactId
from sync.model.numbers import Mrn
from sync.storage.records.sheets import SheetTables

LAB = Author("LAB1-PC")
FIRST = 710000
AT = "2026-01-05T10:42:00+05:00"
SADIA = Doer("Sadia", KnownBy.PIN)


def take(desk, count=3):
    return desk.write(lambda tx: sheets.take(tx, LAB, None, AT, SADIA, True, count))


def type_in(desk, number):
    mrn = Mrn(str(number))

    def issue(tx: Transaction) -> Issued:
        return sheets.typed_in(tx, LAB, mrn) or Issued(mrn, True)

    desk.register(desk.draft(), issue)
    return desk.query("SELECT id FROM patients WHERE mrn = ?", mrn)[-1][0]


@pytest.fixture
def tables(lab) -> SheetTables:
    return lab.writer.store.sheets


def test_it_is_known_who_was_registered_with_a_number(lab, tables):
    take(lab)
    patient = type_in(lab, FIRST + 1)
    assert tables.typed_in([FIRST, FIRST + 1, FIRST + 2]) == {FIRST + 1: patient}
    lab.query("UPDATE patients SET mrn = '1'")  # as a decision does
    assert tables.typed_in([FIRST + 1]) == {FIRST + 1: patient}, "it stays used"


def test_the_newest_sheet_comes_first(lab, tables):
    first, second = take(lab), take(lab)
    assert [one.id for one in tables.newest_of(LAB, 5)] == [second, first]
    assert [one.id for one in tables.newest_of(LAB, 1, 1)] == [first]
    assert [one.id for one in tables.newest_of(Author("WARD-PC"), 5)] == []
    assert (tables.count_of(LAB), tables.count_of(Author("WARD-PC"))) == (2, 0)
    kept = tables.one(first)
    assert kept is not None
    assert kept.fact == ((FIRST, FIRST + 1, FIRST + 2), AT, *SADIA)
    assert tables.one(FactId(bytes(16))) is None


def test_it_is_known_whose_a_number_is(lab, tables):
    sheet = take(lab)
    assert tables.has(FIRST, LAB)
    assert not tables.has(FIRST, Author("WARD-PC"))
    assert not tables.has(FIRST + 3, LAB)
    assert tables.carriers(FIRST, {LAB}) == [sheet]
    assert tables.carriers(FIRST, {Author("WARD-PC")}) == []
