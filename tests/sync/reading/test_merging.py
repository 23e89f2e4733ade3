"""Merged people as they are read: by either number or id, searched, matched, with their links."""

from __future__ import annotations

import pytest

from sync.model.facts import Action
from sync.protocol.questions import Merge
from sync.reading.answers import PeopleQuery
from sync.reading.merging import compared, standing_for
from sync.storage import search
from tests.clinic import missing_batches
from tests.sync.patients import merge, reading, resolve

FIRST = {"full_name": "Ayesha Khan", "phone": "03001234567", "dob": "1990-01-01"}
SECOND = {"full_name": "Aisha Khan", "phone": "03217654321", "dob": "1990-01-01"}


@pytest.fixture
def merged(clinic, lab, ward):
    """At the ward 710000 is merged into 710001."""
    lab.register_offline(**FIRST)
    lab.register_offline(**SECOND)
    lab.register_offline(full_name="Zainab Bibi", phone="03331111111", dob="1955-05-05")
    clinic.heal()
    merge(clinic, "710000", "710001", "phone")
    clinic.heal()
    return ward


def test_both_numbers_find_the_record_that_counts_and_the_former_one_as_such(merged):
    with reading(merged) as snapshot:
        by_former = snapshot.people.of_mrn("710000")
        by_own = snapshot.people.of_mrn("710001")
    assert [one["mrn"] for one in by_former] == ["710001", "710000"]
    assert [one["mrn"] for one in by_own] == ["710001"]
    survivor, former = by_former
    assert former["merged_into"] == survivor["record_id"]
    assert (survivor["merged_into"], survivor["phone"]) == (None, FIRST["phone"])
    assert former["links"] == [
        {
            "type": "replaced-by",
            "id": survivor["id"],
            "record_id": survivor["record_id"],
            "mrn": "710001",
        }
    ]
    assert survivor["links"] == [
        {
            "type": "replaces",
            "id": former["id"],
            "record_id": former["record_id"],
            "mrn": "710000",
        }
    ]


def test_by_its_id_the_former_record_answers_itself(merged):
    with reading(merged) as snapshot:
        (former,) = [one for one in snapshot.people.of_mrn("710000") if one["mrn"] == "710000"]
        assert snapshot.people.by_id(former["id"]) == former
        assert snapshot.people.of_record(former["record_id"]) == [former]
    assert (former["full_name"], former["phone"]) == (FIRST["full_name"], FIRST["phone"])


def test_who_is_at_the_end_of_a_chain_counts(clinic, merged):
    merge(clinic, "710001", "710002")
    clinic.heal()
    with reading(merged) as snapshot:
        assert [one["mrn"] for one in snapshot.people.of_mrn("710000")] == ["710002", "710000"]
        ids = {one["mrn"]: one["id"] for one in snapshot.people.by_ids([1, 2, 3])}
        assert standing_for(snapshot.store.connection, [1, 2, 3]) == {
            ids["710000"]: ids["710002"],
            ids["710001"]: ids["710002"],
        }
        (last,) = snapshot.people.of_mrn("710002")
        assert sorted(str(link["mrn"]) for link in last["links"]) == ["710000", "710001"]


def test_a_survivor_that_has_not_come_is_named_all_the_same(clinic, lab, ward):
    lab.register_offline(**FIRST)
    clinic.heal()
    ward.register_offline(**SECOND)
    clinic.heal()
    merge(clinic, "710000", "720000")
    alone = clinic.bare_desk("ALONE-PC")
    batches = [one for one in missing_batches(alone, clinic.coordinator) if one.author != "WARD-PC"]
    alone.exchange.merge(Merge(tuple(batches)))
    with reading(alone) as snapshot:
        (former,) = snapshot.people.of_mrn("710000")
        assert former["merged_into"] is not None
        (link,) = former["links"]
        assert (link["type"], link["id"], link["mrn"]) == ("replaced-by", None, None)
        assert standing_for(snapshot.store.connection, [former["id"]]) == {}


def test_whoever_is_like_a_former_record_may_be_the_one_that_counts(clinic, lab, merged):
    again = lab.register_offline(**FIRST)
    clinic.heal()
    with reading(lab) as snapshot:
        found = snapshot.matching.possible_duplicates(again.patient)
        own = {one["mrn"]: one for one in snapshot.people.of_mrn("710001")}
        of_survivor = snapshot.matching.possible_duplicates(own["710001"]["id"])
    assert [one["mrn"] for one in found] == ["710001"]
    assert [one["mrn"] for one in of_survivor] == ["710003"]


def test_a_void_registration_is_nobodys(clinic, lab, ward):
    first = lab.register_offline(**FIRST)
    again = lab.register_offline(**FIRST)
    clinic.heal()
    resolve(clinic, lab, first.patient, Action.VOID)
    clinic.heal()
    with reading(lab) as snapshot:
        assert snapshot.matching.possible_duplicates(again.patient) == []
        void = snapshot.people.by_id(first.patient)
    assert void is not None
    assert (void["voided"], void["merged_into"], void["links"]) == (True, None, [])


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    "given",
    [
        {"query": "ayesha"},
        {"query": "710000"},
        {"phone": FIRST["phone"]},
        {"phone": SECOND["phone"]},
        {"query": "khan"},
        {"query": "aisha", "mrn_status": "admitted"},
    ],
)
def test_a_search_finds_the_record_that_counts_by_what_either_had(merged, given, indexed):
    while indexed and search.index_some(merged.writer.store.connection):
        pass
    with reading(merged) as snapshot:
        found = snapshot.search.page(PeopleQuery(**given))
    assert ([one["mrn"] for one in found.people], found.total) == (["710001"], 1)


def test_what_differs_and_what_was_seen_hold_identifiers_and_fields_of_the_clinic(clinic, lab):
    lab.register_offline(full_name="Fatima", **{"id:passport": "AB1", "x:blood": "A+"})
    lab.register_offline(full_name="Fatima", **{"id:visa": "V1", "x:blood": "A+"})
    clinic.heal()
    with reading(clinic.coordinator) as snapshot:
        one, other = (snapshot.people.of_mrn(mrn)[0] for mrn in ("710000", "710001"))
    found = compared(one, other)
    assert found["differs"] == ["identifiers.passport", "identifiers.visa"]
    assert compared(other, one)["seen"] == found["seen"]
    assert compared(one, {**other, "extra": {"blood": "B+"}})["seen"] != found["seen"]


def test_who_counts_is_found_by_an_identifier_that_a_merge_hides(clinic, lab):
    lab.register_offline(full_name="Fatima", **{"id:passport": "AB1234567"})
    lab.register_offline(full_name="Fatima", **{"id:passport": "XY7654321"})
    clinic.heal()
    merge(clinic, "710000", "710001", "id:passport")
    index(clinic.coordinator)
    for passport in ("AB1234567", "XY7654321"):
        assert found_by(clinic.coordinator, passport) == ["710001"]
    with reading(clinic.coordinator) as snapshot:
        assert snapshot.people.of_mrn("710001")[0]["identifiers"] == {"passport": "AB1234567"}


def index(desk) -> None:
    while search.index_some(desk.writer.store.connection):
        pass


def found_by(desk, words: str) -> list[str | None]:
    with reading(desk) as snapshot:
        return [one["mrn"] for one in snapshot.search.page(PeopleQuery(query=words)).people]


def test_words_of_both_records_together_find_the_one_that_counts(clinic, lab, merged):
    index(merged)
    assert found_by(merged, "ayesha 03217654321") == ["710001"]
    with reading(lab) as snapshot:
        former = next(one for one in snapshot.people.of_mrn("710000") if one["merged_into"])
    correct_unheard(clinic, lab, former["id"])
    clinic.heal()
    index(merged)
    assert found_by(merged, "ghazala 03217654321") == ["710001"]


def correct_unheard(clinic, lab, patient: int) -> None:
    """A correction of a former record, as a desk writes it that has not heard of the merge."""
    ((fact,),) = lab.query("SELECT fact FROM patients WHERE id = ?", patient)
    lab.amend(fact, full_name="Ghazala Khan")


def test_by_its_number_alone_a_former_record_and_the_one_that_counts_are_listed(merged):
    with reading(merged) as snapshot:
        found = snapshot.search.page(PeopleQuery(mrn="710000"))
        own = snapshot.search.page(PeopleQuery(mrn="710001"))
    assert sorted(str(one["mrn"]) for one in found.people) == ["710000", "710001"]
    assert (found.total, own.total) == (2, 1)


def test_a_survivor_that_has_not_come_leaves_the_former_record_to_be_found(clinic, lab):
    lab.register_offline(**FIRST)
    lab.register_offline(**SECOND)
    clinic.heal()
    hub = clinic.coordinator
    merge(clinic, "710000", "710001")
    hub.query("UPDATE settled SET survivor = x'00'")
    with reading(hub) as snapshot:
        found = snapshot.search.page(PeopleQuery(query="710000"))
    assert [one["mrn"] for one in found.people] == ["710000"]
