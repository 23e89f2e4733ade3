"""The history of a person: each value, when, by whom, at which desk."""

from coordinator.judging import pairs
from coordinator.judging.merging import Decider, Pair
from coordinator.registry import terminals
from sync.model import bodies, facts
from sync.model.facts import Action, Author, RecordId, Resolution, State
from tests.clinic import pull
from tests.sync.patients import correct, merge, reading, resolve


def history(desk, patient=1):
    with reading(desk) as snapshot:
        return snapshot.people.history(patient)


def test_a_life_in_order(clinic, lab, ward):
    lab.register_offline(full_name="Ayesha Kan", dob_estimated="true")
    clinic.heal()
    correct(ward, 1, full_name="Ayesha Khan", dob_estimated=False)
    clinic.heal()
    entries = history(lab)
    assert sorted(entry["kind"] for entry in entries) == ["amended", "judged", "registered"]
    first = entries[0]
    assert (first["kind"], first["by"], first["mrn"]) == ("registered", "LAB1-PC", "710000")
    assert first["fields"]["full_name"] == "Ayesha Kan"
    assert first["fields"]["dob_estimated"] is True
    (judged,) = (entry for entry in entries if entry["kind"] == "judged")
    assert (judged["by"], judged["applied"], judged["reason"]) == ("@coordinator", True, None)
    (amended,) = (entry for entry in entries if entry["kind"] == "amended")
    assert (amended["by"], amended["operator"]) == ("WARD-PC", "sadia")
    assert amended["fields"] == {"full_name": "Ayesha Khan", "dob_estimated": False}
    assert amended["applied"] is True


def test_an_emptied_field_is_null(lab):
    registered = lab.register_offline(address="12 Canal Road")
    correct(lab, registered.patient, address="")
    assert (history(lab))[-1]["fields"] == {"address": None}


def test_a_correction_of_a_revoked_terminal_is_shown_and_not_applied(clinic, lab, ward):
    lab.register_offline(full_name="Ayesha Khan")
    clinic.heal()
    clinic.act(lambda tx: terminals.change_terminal(tx, "WARD-PC", state=State.REVOKED))
    correct(ward, 1, full_name="Somebody Else")
    pull(clinic.coordinator, ward)
    pull(lab, clinic.coordinator)
    pull(lab, ward)
    for desk in (clinic.coordinator, lab):
        (amended,) = (entry for entry in history(desk) if entry["kind"] == "amended")
        assert amended["fields"] == {"full_name": "Somebody Else"}
        assert (amended["applied"], amended["reason"]) == (False, "revoked")
        with reading(desk) as snapshot:
            person = snapshot.people.by_id(1)
        assert person["full_name"] == "Ayesha Khan"


def test_a_refused_number_and_what_was_decided(clinic, lab):
    lab.register_offline()
    copy = lab.clone("COPY")
    lab.register_offline(full_name="Chand Bibi")
    copy.register_offline(full_name="Danish Ali")
    pull(clinic.coordinator, lab)
    pull(clinic.coordinator, copy)
    copy.close()
    hub = clinic.coordinator
    ((refused,),) = hub.query("SELECT id FROM patients WHERE status = 'rejected'")
    (judged,) = (entry for entry in history(hub, refused) if entry["kind"] == "judged")
    assert (judged["applied"], judged["reason"]) == (False, "duplicate_mrn")
    resolve(clinic, hub, refused, Action.ASSIGN, "PAT-20260105-0042")
    resolved = (history(hub, refused))[-1]
    assert (resolved["kind"], resolved["mrn"]) == ("resolved", "PAT-20260105-0042")
    assert (resolved["operator"], resolved["reason"]) == ("Admin", "assign: a mistake")


def test_nobody_has_no_history(lab):
    assert history(lab, 5) is None


def test_a_person_whom_only_a_later_version_understands_has_times_and_a_history(clinic, lab):
    body = facts.pack([2, "710007", "LAB1-PC", "all new"])
    record = RecordId(bytes(15) + b"\x07")
    lab.writer.write(lambda tx: tx.append(Author("LAB1-PC"), facts.REGISTRATION, record, body))
    clinic.heal()
    for desk in (lab, clinic.coordinator):
        with reading(desk) as snapshot:
            person = snapshot.people.by_id(1)
        (registered,) = history(desk)
        assert (registered["kind"], registered["fields"]) == ("registered", {})
        assert registered["at"].startswith("2026-01-05T")
        at = registered["at"]
        assert (person["mrn"], person["created_at"], person["updated_at"]) == ("710007", at, at)


def test_all_times_are_told_in_one_form(clinic, lab):
    at = "20260105T170000.5+0500"
    lab.writer.write(
        lambda tx: tx.append(
            Author("LAB1-PC"),
            facts.REGISTRATION,
            RecordId(bytes(15) + b"\x08"),
            facts.pack([1, "710000", "LAB1-PC", True, at, None, None, {"full_name": "Aisha"}]),
        )
    )
    clinic.heal()
    with reading(lab) as snapshot:
        person = snapshot.people.by_id(1)
    assert person["created_at"] == person["updated_at"] == "2026-01-05T12:00:00Z"
    assert history(lab)[0]["at"] == "2026-01-05T12:00:00Z"


def decisions(desk, patient):
    return [
        (one["kind"], one["former"], one["survivor"], one["operator"], one["reason"])
        for one in history(desk, patient)
        if one["kind"] not in ("registered", "judged", "amended")
    ]


def test_a_merge_stands_in_both_histories_with_both_records(clinic, lab):
    first, second = (lab.register_offline(full_name=name).patient for name in ("Ada", "Bina"))
    clinic.heal()
    merge(clinic, "710000", "710001")
    clinic.heal()
    records = []
    for patient in (first, second):
        with reading(lab) as snapshot:
            records.append(snapshot.people.by_id(patient)["record_id"])
    merged = ("merged", *records, "Admin", "one person")
    assert decisions(lab, first) == decisions(lab, second) == [merged]
    ((fact, resolution),) = lab.query("SELECT registration, fact FROM resolutions")
    unmerge(clinic, fact, resolution)
    clinic.heal()
    both = [merged, ("unmerged", *records, "Admin", "two people")]
    assert decisions(lab, first) == decisions(lab, second) == both


def unmerge(clinic, registration, resolution):
    hub = clinic.coordinator
    ((record,),) = hub.query("SELECT record FROM patients WHERE fact = ?", registration)
    clinic.now_ms += 1000

    def act(tx):
        reopened = (registration, Action.REOPEN, None, None, None, None, "Admin", "two people")
        body = Resolution(tx.new_serial(), (resolution,), *reopened)
        tx.append(facts.COORDINATOR, facts.RESOLUTION, record, bodies.write(body))

    hub.writer.write(act)


def test_what_was_void_and_counts_again(clinic, lab):
    patient = lab.register_offline().patient
    clinic.heal()
    resolve(clinic, lab, patient, Action.VOID)
    clinic.heal()
    ((fact, resolution),) = lab.query("SELECT registration, fact FROM resolutions")
    unmerge(clinic, fact, resolution)
    clinic.heal()
    assert decisions(lab, patient) == [
        ("voided", None, None, "Admin", "a mistake"),
        ("unvoided", None, None, "Admin", "two people"),
    ]


def test_that_two_are_two_people_stands_in_both_histories(clinic, lab):
    first, second = (lab.register_offline(full_name=name).patient for name in ("Ada", "Bina"))
    clinic.heal()
    hub = clinic.coordinator
    pair = Pair(*(same_at(hub, lab, one) for one in (first, second)))
    who = Decider("Admin", "twins")
    for decide in (pairs.two_people, pairs.maybe_one):
        clinic.now_ms += 1000
        clinic.act(lambda tx, act=decide: act(tx, hub.arbiter, pair, who))
    clinic.heal()
    for patient, other in ((first, second), (second, first)):
        with reading(lab) as snapshot:
            record = snapshot.people.by_id(other)["record_id"]
        assert [
            (one["kind"], one["other"], one["operator"], one["reason"])
            for one in history(lab, patient)
            if one["other"] is not None
        ] == [("two_people", record, "Admin", "twins"), ("maybe_one", record, "Admin", "twins")]


def same_at(hub, desk, patient):
    """The local id that a person has at another replica."""
    ((fact,),) = desk.query("SELECT fact FROM patients WHERE id = ?", patient)
    return hub.query("SELECT id FROM patients WHERE fact = ?", fact)[0][0]
