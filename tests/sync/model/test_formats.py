"""What a text with a format is called in a JSON schema; nothing is checked by it."""

import msgspec
import pytest

from sync.model import formats


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (formats.Day, "date"),
        (formats.Time, "date-time"),
        (formats.Uuid, "uuid"),
        (formats.Uri, "uri"),
    ],
)
def test_the_schema_names_the_format_of_a_text(kind, name):
    assert msgspec.json.schema(kind) == {"type": "string", "format": name}
    assert msgspec.convert("any text", kind) == "any text"
