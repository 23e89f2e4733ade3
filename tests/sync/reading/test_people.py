"""People by id, record and number, as the APIs answer them."""

from uuid import UUID

import pytest

from sync.model.facts import Action, RecordId
from tests.clinic import pull
from tests.sync.patients import correct, reading, resolve


@pytest.fixture
def people(lab):
    """Three people of the lab."""
    return [lab.register_offline(full_name=name).patient for name in ("Ayesha", "Bilal", "Chand")]


def test_a_person_by_local_id(lab, people):
    with reading(lab) as snapshot:
        found = snapshot.people.by_id(people[1])
        assert found is not None
        assert (found["id"], found["full_name"]) == (people[1], "Bilal")
        assert snapshot.people.by_id(99) is None


def test_several_people_the_newest_first_and_those_alone_who_are_there(lab, people):
    with reading(lab) as snapshot:
        found = snapshot.people.by_ids([people[0], 99, people[2]])
        assert [person["full_name"] for person in found] == ["Chand", "Ayesha"]
        assert snapshot.people.by_ids([]) == []


def test_all_registrations_under_a_record_id(lab):
    record = RecordId(UUID("0190f3c8-a5b2-7c3d-8e4f-5a6b7c8d9e0f").bytes)
    for name in ("First", "Second"):
        draft = lab.draft(full_name=name)._replace(record=record)
        lab.register(draft, lab.from_own_range)
    with reading(lab) as snapshot:
        found = snapshot.people.of_record("0190f3c8-a5b2-7c3d-8e4f-5a6b7c8d9e0f")
        assert [person["full_name"] for person in found] == ["First", "Second"]
        assert snapshot.people.of_record("0190F3C8A5B27C3D8E4F5A6B7C8D9E0F") == found
        assert snapshot.people.of_record("no record id at all") == []


def test_whoever_has_or_had_a_number(clinic, lab, people):
    """A voided person keeps the number; its holder would come first."""
    clinic.heal()
    resolve(clinic, lab, people[0], Action.VOID)
    pull(lab, clinic.coordinator)
    with reading(lab) as snapshot:
        (found,) = snapshot.people.of_mrn("710000")
        assert (found["full_name"], found["voided"]) == ("Ayesha", True)
        assert snapshot.people.of_mrn("71000") == []


def test_the_terminal_is_named_by_code_and_by_its_id_at_the_coordinator(lab, people):
    with reading(lab) as snapshot:
        found = snapshot.people.by_id(people[0])
        serial = snapshot.registry.terminals[lab.author].serial
    assert (found["origin_terminal"], found["origin_terminal_code"]) == (serial, "LAB1-PC")


def test_normal_forms_stand_beside_what_was_entered(lab):
    patient = lab.register_offline(phone="0300-123 4567", cnic="12345-1234567-1").patient
    bare = lab.register_offline(phone="", cnic="", dob="").patient
    with reading(lab) as snapshot:
        found, empty = snapshot.people.by_id(patient), snapshot.people.by_id(bare)
    assert (found["phone"], found["phone_e164"]) == ("0300-123 4567", "+923001234567")
    assert (found["cnic"], found["cnic_digits"]) == ("12345-1234567-1", "1234512345671")
    assert [empty[name] for name in ("phone_e164", "cnic_digits", "age_years")] == [None] * 3


def test_the_time_of_the_verdict_is_told_of_offline_registrations(clinic, lab, people):
    with reading(lab) as snapshot:
        assert snapshot.people.by_id(people[0])["synced_at"] is None
    clinic.heal()
    with reading(lab) as snapshot:
        found = snapshot.people.by_id(people[0])
    assert (found["mrn_status"], found["is_offline_entry"]) == ("admitted", True)
    assert found["synced_at"].endswith("Z")


def test_the_history_of_somebody_and_of_nobody(lab, people):
    correct(lab, people[0], full_name="Ayesha Bibi")
    with reading(lab) as snapshot:
        history = snapshot.people.history(people[0])
        assert [entry["kind"] for entry in history] == ["registered", "amended"]
        assert snapshot.people.history(99) is None
