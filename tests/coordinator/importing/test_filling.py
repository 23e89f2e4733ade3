"""A second import says what the first has lost, and takes nothing back."""

from datetime import date

import pytest

from sync.engine.amending import CorrectionRequest, amend
from sync.model.facts import COORDINATOR
from sync.model.person.more import read_identifier
from tests.coordinator.importing.test_take import row
from tests.projection import difference, folded_from_nothing, projection

TODAY = date(2026, 1, 6)


def shown(clinic, name):
    ((value,),) = clinic.coordinator.query(f"SELECT {name} FROM patients")
    return value


def test_a_second_import_fills_in_what_the_first_has_lost(clinic, coordinator, take):
    first = take(row("7", dob="03/02/1961", cnic="junk"), lenient=True)
    assert [note.code for note in first.left_out] == ["taken_without_field"]
    assert shown(clinic, "dob") is None
    dry = take(row("7"), dry_run=True)
    assert (dry.taken, dry.there, dry.filled) == (0, [0], [0])
    assert shown(clinic, "dob") is None
    again = take(row("7"))
    assert (again.taken, again.there, again.filled, again.refused) == (0, [0], [0], [])
    assert shown(clinic, "dob") == "1961-02-03"
    assert coordinator.mrns() == ["7"]
    once_more = take(row("7"))
    assert (once_more.there, once_more.filled) == ([0], []), "there is nothing left to fill in"
    assert difference(projection(clinic.coordinator), folded_from_nothing(clinic.coordinator)) == {}


def test_a_second_import_overwrites_no_correction(clinic, coordinator, take):
    take(row("7", dob="", phone=""))
    ((ident,),) = clinic.coordinator.query("SELECT id FROM patients")
    at = "2026-01-06T10:00:00+05:00"
    for fields in ({"dob": "1999-09-09"}, {"phone": "03001111111"}, {"phone": ""}):
        correction = CorrectionRequest(fields, "sadia", at, TODAY, required=())
        clinic.coordinator.writer.write(lambda tx, c=correction: amend(tx, COORDINATOR, ident, c))
    again = take(row("7"))
    assert (again.there, again.filled) == ([0], [])
    assert (shown(clinic, "dob"), shown(clinic, "phone")) == ("1999-09-09", None)


@pytest.mark.parametrize("field", ["full_name", "father_name", "phone", "sex"])
def test_a_row_that_says_something_else_fills_nothing_in(clinic, coordinator, take, field):
    take(row("7", dob=""))
    other = {"sex": "M", "phone": "03009999999"}.get(field, "Somebody Else")
    (note,) = take(row("7", **{field: other})).refused
    assert note.code == "content_differs"
    assert shown(clinic, "dob") is None


def test_a_second_import_fills_in_an_identifier_once_the_settings_know_it(clinic, take):
    lost = take(row("7", identifier_passport="ab 123"), lenient=True)
    assert [note.code for note in lost.left_out] == ["taken_without_field"]
    known = (read_identifier("passport unique"),)
    again = take(row("7", identifier_passport="ab123"), fields=known)
    assert (again.there, again.filled) == ([0], [0])
    assert shown(clinic, "identifiers") == '{"id:passport": "AB123"}'
    once_more = take(row("7", identifier_passport="ab123"), fields=known)
    assert (once_more.there, once_more.filled) == ([0], [])
