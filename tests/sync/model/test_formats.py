"""The formats of texts: their names in a JSON schema, and the one form in which times are told."""

from datetime import UTC, datetime, timedelta, timezone

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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-05T12:00:00+05:00", "2026-01-05T07:00:00Z"),
        ("2026-01-05T12:00:00+0500", "2026-01-05T07:00:00Z"),
        ("2026-01-05T12:00:00+05", "2026-01-05T07:00:00Z"),
        ("2026-01-05T12:00:00Z", "2026-01-05T12:00:00Z"),
        ("2026-01-05T12:00:00-00:00", "2026-01-05T12:00:00Z"),
        ("2026-01-05T12:00:00+00:00", "2026-01-05T12:00:00Z"),
        ("2026-01-05T12:00:00.999Z", "2026-01-05T12:00:00Z"),
        ("2026-01-05T12:00:00.999999+05:00", "2026-01-05T07:00:00Z"),
        ("2026-01-05T12:00:00,5+05:00", "2026-01-05T07:00:00Z"),
        ("2026-01-05 12:00:00+05:00", "2026-01-05T07:00:00Z"),
        ("2026-01-05t12:00:00+05:00", "2026-01-05T07:00:00Z"),
        ("2026-01-05T12:00+05:00", "2026-01-05T07:00:00Z"),
        ("2026-01-05T12+05:00", "2026-01-05T07:00:00Z"),
        ("20260105T120000+0500", "2026-01-05T07:00:00Z"),
        ("2026-W02-1T12:00:00+05:00", "2026-01-05T07:00:00Z"),
        ("2026W021T120000+0500", "2026-01-05T07:00:00Z"),
        ("2026-01-05T04:59:59+05:00", "2026-01-04T23:59:59Z"),
        ("2026-01-05T00:00:00+05:00", "2026-01-04T19:00:00Z"),
        ("2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00Z"),
        ("2024-02-29T23:59:59-12:00", "2024-03-01T11:59:59Z"),
        ("2026-01-05T12:00:00+05:45", "2026-01-05T06:15:00Z"),
        ("2026-01-05T12:00:00-03:30", "2026-01-05T15:30:00Z"),
        ("2026-01-05T12:00:00+14:00", "2026-01-04T22:00:00Z"),
        ("1900-01-01T00:00:00+04:28:12", "1899-12-31T19:31:48Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
        ("0999-06-01T00:00:00Z", "0999-06-01T00:00:00Z"),
        ("0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z"),
        ("0001-01-01T05:00:00+05:00", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_time_of_any_form_is_told_in_one(text, shown):
    assert formats.iso_utc_of_text(text) == shown
    assert formats.iso_utc(datetime.fromisoformat(text)) == shown
    assert formats.iso_utc_of_text(shown) == shown


@pytest.mark.parametrize(
    "text", ["", "noon", "2026-01-05", "2026-01-05T12:00:00", "2026-02-30T12:00:00Z", "12:00Z", "7"]
)
def test_what_is_no_time_with_its_offset_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        formats.iso_utc_of_text(text)


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_767_603_599_999, "2026-01-05T08:59:59Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        (-(1 << 62), "0001-01-01T00:00:00Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59Z"),
        ((1 << 48) - 1, "9999-12-31T23:59:59Z"),
        (1 << 62, "9999-12-31T23:59:59Z"),
    ],
)
def test_milliseconds_are_told_in_the_same_form(ms, shown):
    """Those of a fact of a faulty desk are any 48 bits, and must not keep anybody from reading."""
    assert formats.iso_utc_of_ms(ms) == shown


def test_a_time_of_the_system_is_told_in_the_same_form():
    here = datetime(2026, 1, 5, 12, tzinfo=timezone(timedelta(hours=5)))
    assert formats.iso_utc(here) == formats.iso_utc(here.astimezone(UTC)) == "2026-01-05T07:00:00Z"


@pytest.mark.parametrize("hours", [0, 5, 5.75, -3.5, 14, -12])
@pytest.mark.parametrize("ms", [0, -1, 1_767_603_599_999, 253_402_128_000_000, 1 << 62, -(1 << 62)])
def test_milliseconds_are_a_time_in_any_zone(ms, hours):
    zone = timezone(timedelta(hours=hours))
    there = formats.time_of_ms(ms, zone)
    assert there.utcoffset() == timedelta(hours=hours)
    if abs(ms) < 253_402_128_000_000:
        assert (
            there
            == formats.time_of_ms(ms)
            == datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)
        )
    else:
        assert there.year in (1, 9999)
