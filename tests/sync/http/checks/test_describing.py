"""The description of the API has the fields in the settings."""

import msgspec

from sync.http.checks.describing import described
from sync.model.demographics import Demographics
from sync.model.person.more import read_extra, read_identifier

KNOWN = (
    read_identifier("passport unique [A-Z]{2}"),
    read_extra("blood choice A|B"),
    read_extra("due date"),
    read_extra("guardian text"),
)


def test_without_settings_nothing_is_different():
    assert described(Demographics, ()) is Demographics


def test_each_field_is_described_with_what_is_valid():
    body = described(Demographics, KNOWN)
    _, schemas = msgspec.json.schema_components([body])
    passport = schemas["Demographics_identifiers"]["properties"]["passport"]
    assert passport["anyOf"][0]["pattern"] == "^(?:[A-Z]{2})$"
    own = schemas["Demographics_extra"]["properties"]
    assert own.keys() == {"blood", "due", "guardian"}
    assert "A" in str(own["blood"])
    assert "'format': 'date'" in str(own["due"])
    assert {"full_name", "identifiers", "extra"} <= schemas["Demographics"]["properties"].keys()
