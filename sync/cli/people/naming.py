"""Whom somebody means who types a number or a record id."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from sync.cli.client import Client
from sync.errors import BadOption
from sync.model import typed

RECORD_LENGTH: Final = 36


def person(api: Client, wanted: str) -> dict[str, Any]:
    """The record that somebody named by its number or record id.

    Raises:
        BadOption: several records have that number.
    """
    text = typed.code(wanted)
    if len(text) == RECORD_LENGTH and text.count("-") == 4:
        found: dict[str, Any] = api.call("GET", f"/api/patients/{text.lower()}/")
        return found
    listed = api.call("GET", f"/api/patients/mrn/{quote(text, safe='')}/")["results"]
    # Where one of them is merged, the record that counts is listed too, under another number.
    people = [one for one in listed if text in (one["mrn"], one["former_mrn"])] or listed
    if len(people) > 1:
        those = ", ".join(one["record_id"] for one in people)
        raise BadOption(option=wanted, why=f"several records have that number; name one: {those}")
    return dict(people[0])
