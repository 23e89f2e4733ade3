"""A record is named by its number, now or before, or by its record id."""

from __future__ import annotations

import pytest

from sync.cli.people.naming import person
from sync.errors import BadOption


class Api:
    """Answers with some people, and notes what was asked."""

    def __init__(self, *people):
        self.people = list(people)
        self.asked = []

    def call(self, method, path):
        self.asked.append((method, path))
        return {"results": self.people} if "/mrn/" in path else self.people[0]


ONE = {"mrn": "710001", "former_mrn": None, "record_id": "a"}
OTHER = {"mrn": "710002", "former_mrn": "710001", "record_id": "b"}
RECORD = "01A20B78-45ab-7d23-bc9f-6f01f5118e25"


def test_a_number_names_whoever_has_it_or_had_it():
    assert person(Api(ONE, {"mrn": "5", "former_mrn": None, "record_id": "c"}), "710001") == ONE
    assert person(Api(OTHER), "12/24") == OTHER
    api = Api(ONE)
    person(api, "12/24")
    assert api.asked == [("GET", "/api/patients/mrn/12%2F24/")]
    with pytest.raises(BadOption, match="name one: a, b"):
        person(Api(ONE, OTHER), "710001")


def test_a_record_id_names_one():
    api = Api(ONE)
    assert person(api, RECORD) == ONE
    assert api.asked == [("GET", f"/api/patients/{RECORD.lower()}/")]
