"""Corrections as facts: what they replace, what rivals do, and what they never change."""

import pytest

from sync.engine.amending import CorrectionRequest, amend
from sync.errors import InvalidPatient, NotCorrectable, NotFound
from sync.model import bodies, facts
from sync.model.facts import Amendment
from sync.model.formats import iso_utc_of_text
from sync.model.person.more import read_extra, read_identifier
from sync.protocol.questions import Merge
from tests.clinic import pull
from tests.forging import Run
from tests.sync.patients import TODAY, correct, reading


def person(desk, patient=1):
    with reading(desk) as snapshot:
        return snapshot.people.by_id(patient)


def amendments(desk):
    """The corrections that a desk knows, the oldest first."""
    rows = desk.query("SELECT record, fact, body FROM amendments ORDER BY hlc")
    found = []
    for record, fact, body in rows:
        envelope = facts.Envelope(facts.AMENDMENT, record, 0, facts.Incarnation(bytes(8)), body)
        found.append((fact, bodies.read(envelope)))
    return found


def test_a_correction_replaces_what_it_was_told_of(lab):
    registered = lab.register_offline(full_name="Ayesha Kan")
    assert correct(lab, registered.patient, full_name="Ayesha Khan", address="12 Canal Road")
    assert correct(lab, registered.patient, full_name="Ayesha I. Khan")
    (first_id, first), (_, second) = amendments(lab)
    origin = lab.fact_of(registered)
    assert first.replaces == {"full_name": [origin], "address": []}
    assert second.replaces == {"full_name": [first_id]}
    shown = person(lab)
    assert (shown["full_name"], shown["address"]) == ("Ayesha I. Khan", "12 Canal Road")
    assert shown["updated_at"] == iso_utc_of_text(second.amended_at) != shown["created_at"]


def test_number_origin_and_offline_never_change(lab):
    registered = lab.register_offline()
    before = person(lab)
    correct(lab, registered.patient, full_name="Somebody Else", mrn="1", offline=False)
    after = person(lab)
    kept = ("id", "record_id", "mrn", "is_offline_entry", "origin_terminal_code", "created_at")
    assert {name: before[name] for name in kept} == {name: after[name] for name in kept}
    assert after["registered_by"] == "LAB1-PC"


def test_what_changes_nothing_is_not_written(lab):
    registered = lab.register_offline(full_name="Ayesha Khan")
    assert not correct(lab, registered.patient, full_name=" Ayesha  Khan ")
    assert not correct(lab, registered.patient)
    assert amendments(lab) == []


def test_a_correction_that_cannot_be_writes_nothing(lab):
    registered = lab.register_offline()
    with pytest.raises(InvalidPatient) as caught:
        correct(lab, registered.patient, sex="X", full_name="", address="3 Mall Road")
    assert caught.value.fields.keys() == {"sex", "full_name"}
    with pytest.raises(NotFound):
        correct(lab, 99, sex="M")
    assert amendments(lab) == []


def test_a_registration_of_newer_software_cannot_be_corrected(clinic, lab, ward):
    pull(lab, clinic.coordinator)
    body = facts.pack([2, "720000", "WARD-PC", "a future nobody knows"])
    envelope = facts.Envelope(
        facts.REGISTRATION, facts.RecordId(bytes(16)), 1, facts.Incarnation(bytes(8)), body
    )
    run = Run(ward.author, ward.signer, 5).then(facts.encode(envelope))
    lab.exchange.merge(Merge((run.batch(),)))
    with pytest.raises(NotCorrectable, match="Install the newer version"):
        correct(lab, 1, sex="M")


def test_rivals_of_two_desks_are_settled_by_a_later_correction(clinic, lab, ward):
    lab.register_offline(full_name="Ayesha Khan", phone="03001111111")
    clinic.heal()
    correct(lab, 1, full_name="Ayesha Imran Khan", phone="03002222222")
    correct(ward, 1, full_name="Aisha Khan")
    clinic.heal()
    for desk in clinic.replicas:
        shown = person(desk)
        assert (shown["full_name"], shown["phone"]) == ("Aisha Khan", "03002222222")
    correct(lab, 1, full_name="Ayesha Khan")
    *rivals, (_, settled) = amendments(lab)
    assert set(settled.replaces["full_name"]) == {ident for ident, _ in rivals}
    clinic.heal()
    for desk in clinic.replicas:
        assert (person(desk))["full_name"] == "Ayesha Khan"


def test_emptying_a_field_travels(clinic, lab, ward):
    lab.register_offline(address="12 Canal Road")
    clinic.heal()
    correct(ward, 1, address=None)
    clinic.heal()
    assert (person(lab))["address"] is None


def test_an_amendment_reads_back_as_it_was_written(lab):
    registered = lab.register_offline()
    correct(lab, registered.patient, operator=None, dob="1991-02-03", dob_estimated=True)
    ((_, body),) = amendments(lab)
    assert isinstance(body, Amendment)
    assert body.fields == {"dob": "1991-02-03", "dob_estimated": "true"}
    assert body.operator is None


def test_identifiers_and_own_fields_of_whatever_settings_are_corrected_and_kept(clinic, lab, ward):
    """The ward has no such settings."""
    registered = lab.register_offline(**{"id:passport": "AB1", "x:tribe": "Mohmand"})
    pull(ward, lab)
    assert correct(ward, 1, address="Quetta")
    known = (read_identifier("passport unique"), read_extra("email email"))
    given = {"identifiers": {"passport": "ab2"}, "extra": {"email": "a@example.org", "tribe": None}}
    request = CorrectionRequest(given, "sadia", "2026-01-05T13:00:00+05:00", TODAY, (), None, known)
    lab.writer.write(lambda tx: amend(tx, lab.author, registered.patient, request))
    pull(lab, ward)
    pull(ward, lab)
    for desk in (lab, ward):
        shown = person(desk)
        assert shown["identifiers"] == {"passport": "AB2"}
        assert shown["extra"] == {"email": "a@example.org"}
        assert shown["address"] == "Quetta"
    with reading(ward) as snapshot:
        changed = [one for one in snapshot.people.history(1) if one["kind"] == "amended"]
    (entry,) = (one for one in changed if "extra" in one["fields"])
    assert entry["fields"] == {
        "identifiers": {"passport": "AB2"},
        "extra": {"email": "a@example.org", "tribe": None},
    }
