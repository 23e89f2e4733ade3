"""The forms in which ids and times are told, and what may be asked for."""

import pytest

from sync.errors import InvalidFields
from sync.model.facts import RecordId
from sync.model.validation import checked
from sync.reading.answers import PeopleQuery, record_text


def test_a_record_id_is_reported_as_a_uuid():
    record = RecordId(bytes.fromhex("0190f3c8a5b27c3d8e4f5a6b7c8d9e0f"))
    assert record_text(record) == "0190f3c8-a5b2-7c3d-8e4f-5a6b7c8d9e0f"


def test_one_that_is_no_uuid_is_reported_all_the_same():
    """What a stranger's fact may hold."""
    assert record_text(RecordId(b"\x01\xff")) == "01ff"


@pytest.mark.parametrize(
    "given",
    [
        {"query": "x" * 201},
        {"mrn": "x" * 33},
        {"cnic": "1" * 16},
        {"phone": "0" * 31},
        {"mrn_status": "lost"},
        {"created_from": "2026-1-5"},
        {"created_to": "yesterday"},
    ],
)
def test_what_cannot_be_asked_for_is_named(given):
    with pytest.raises(InvalidFields) as raised:
        checked(given, PeopleQuery)
    assert raised.value.fields.keys() == given.keys()
