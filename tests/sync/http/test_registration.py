"""Registering over HTTP: what comes back, who else it may be, and asking twice."""

import uuid
from datetime import timedelta

import pytest

from sync.daemon.search_filling import SearchFilling
from sync.engine import replica
from sync.errors import DiskUnwritable
from sync.http.registration import new_record_id
from tests.stepping import DAY_MS, Computer
from tests.sync.http.frontdesk import AYESHA, front_desk


@pytest.fixture
async def desk(tmp_path):
    async with front_desk(tmp_path) as desk:
        yield desk


async def test_a_registration_comes_back_with_normal_forms_beside_what_was_typed(desk):
    person = await desk.register(phone="0300-123 4567", cnic="12345-1234567-1", operator="sadia")
    assert (person["phone"], person["phone_e164"]) == ("0300-123 4567", "+923001234567")
    assert (person["cnic"], person["cnic_digits"]) == ("12345-1234567-1", "1234512345671")
    assert (person["mrn_status"], person["operator"]) == ("pending", "sadia")
    assert person["dob_estimated"] is False
    assert person["age_years"] >= 36
    assert person["possible_duplicates"] == []


async def test_an_age_instead_of_a_date_of_birth(desk):
    person = await desk.register(dob=None, age_years=40, age_months=6)
    assert (person["age_years"], person["age_months"]) == (40, 6)
    assert person["dob_estimated"] is True


@pytest.mark.parametrize("battery_was_good", [True, False])
async def test_a_desk_with_an_empty_battery_registers_a_newborn(
    tmp_path, monkeypatch, battery_was_good
):
    """It is the year 2000 on this computer, which was off for three weeks and is alone."""
    computer = Computer()
    monkeypatch.setattr(replica, "shell", computer.shell)
    if battery_was_good:
        async with front_desk(tmp_path) as desk:
            await desk.register()
    computer.wall_ms -= 26 * 365 * DAY_MS
    async with front_desk(tmp_path) as desk:
        newborn = await desk.register(dob="2026-01-25", phone="03001234567")
        assert newborn["dob"] == "2026-01-25"
        grown = await desk.register(dob=None, age_years=5)
        assert grown["dob"].startswith("202"), "not an age in the year 2000"
        assert newborn["created_at"].startswith("202")


async def test_a_desk_with_an_empty_battery_takes_the_sheet_of_this_morning(tmp_path, monkeypatch):
    computer = Computer()
    monkeypatch.setattr(replica, "shell", computer.shell)
    async with front_desk(tmp_path) as desk:
        await desk.register()
        morning = desk.replica.now + timedelta(hours=12)
    computer.wall_ms -= 26 * 365 * DAY_MS  # the power is back, 13 hours later
    async with front_desk(tmp_path) as desk:
        paper = {"offline": True, "mrn": "710001", "registered_at": morning.isoformat()}
        status, answer = await desk.call("POST", "/api/patients/", json=AYESHA | paper)
        assert (status, answer["code"]) == (400, "not_on_sheet"), "its time is none of its faults"


async def test_possible_duplicates_are_reported_and_refuse_nobody(desk):
    first = await desk.register(cnic="12345-1234567-1")
    await desk.register(full_name="Bilal Khan", dob="2019-06-30")  # her son, with her phone
    again = await desk.register(full_name="Khan Ayesha", cnic="1234512345671")
    assert again["possible_duplicates"] == [
        {
            "id": first["id"],
            "record_id": first["record_id"],
            "mrn": first["mrn"],
            "full_name": "Ayesha Khan",
            "dob": "1990-01-01",
            "reasons": ["cnic", "name_and_dob"],
        }
    ]


async def test_duplicates_are_found_in_and_behind_the_search_index(desk):
    old = await desk.register(full_name="Ayesha Khan", cnic="12345-1234567-1")
    await SearchFilling(desk.replica).fill()
    found = await desk.register(full_name="Ayesha Khann")
    assert [other["id"] for other in found["possible_duplicates"]] == [old["id"]]
    guessed = await desk.register(full_name="Ayesha Khan", dob=None, age_years=36)
    assert {other["id"] for other in guessed["possible_duplicates"]} >= {old["id"]}
    await desk.call("PATCH", f"/api/patients/{old['id']}/", json={"cnic": "99999-9999999-9"})
    other = await desk.register(full_name="Sana Ali", dob="1970-01-01", cnic="99999-9999999-9")
    assert [one["reasons"] for one in other["possible_duplicates"]] == [["cnic"]]


async def test_an_equal_cnic_is_not_crowded_out_by_many_of_one_birthday(desk, monkeypatch):
    monkeypatch.setattr("sync.reading.matching.COMPARED_MAX", 5)
    old = await desk.register(full_name="Sana Malik", cnic="12345-1234567-1")
    namesake = await desk.register(full_name="Ayesha Khan")
    for number in range(12):
        await desk.register(full_name=f"{chr(97 + number) * 9} Raza")
    await SearchFilling(desk.replica).fill()
    found = await desk.register(full_name="Ayesha Khan", cnic="12345-1234567-1")
    others = [other["id"] for other in found["possible_duplicates"]]
    assert {old["id"], namesake["id"]} <= set(others)


async def test_a_key_makes_a_request_repeatable(desk):
    headers = {"Idempotency-Key": "visit-1"}
    first = await desk.call("POST", "/api/patients/", json=AYESHA, headers=headers)
    again = await desk.call("POST", "/api/patients/", json=AYESHA, headers=headers)
    assert (first[0], again[0]) == (201, 200)
    assert first[1] == again[1]
    other = await desk.call("POST", "/api/patients/", json=AYESHA | {"sex": "M"}, headers=headers)
    assert (other[0], other[1]["code"]) == (422, "key_reused")


async def test_what_is_sent_besides_the_person_is_checked_with_it(desk):
    body = {
        "offline": "perhaps",
        "operator": "a\u0000",
        "origin_terminal_code": 5,
        "mrn": "7" * 101,
        "sex": "F",
    }
    status, answer = await desk.call("POST", "/api/patients/", json=body)
    assert (status, answer.pop("code")) == (400, "invalid_patient")
    assert answer.pop("detail")
    assert answer == {
        "offline": ["must be true or false"],
        "operator": ["control characters are not allowed"],
        "origin_terminal_code": ["must be a text"],
        "mrn": ["at most 100 characters are allowed"],
        "full_name": ["this field is required"],
        "phone": ["this field is required"],
        "dob": ["this field is required"],
    }


async def test_texts_are_trimmed_and_composed(desk):
    person = await desk.register(full_name="  Zoe\u0308  Khan ", operator=" sadia ")
    assert (person["full_name"], person["operator"]) == ("Zo\u00eb Khan", "sadia")


async def test_the_fields_that_must_be_there_are_a_setting(desk):
    desk.registrations._required = ()
    person = await desk.register(full_name=None, sex=None, phone=None, dob=None)
    assert (person["full_name"], person["dob"]) == (None, None)


def test_a_record_id_is_a_uuid_that_begins_with_its_time():
    now_ms = 1_767_600_000_000
    ids = [uuid.UUID(bytes=new_record_id(now_ms + step)) for step in (0, 0, 1)]
    assert all((one.version, one.variant) == (7, uuid.RFC_4122) for one in ids)
    assert [one.int >> 80 for one in ids] == [now_ms, now_ms, now_ms + 1]
    assert len(set(ids)) == 3


async def test_who_was_registered_is_said_although_the_database_cannot_be_read(desk, monkeypatch):
    real = desk.replica.read

    async def fails(_act):
        raise DiskUnwritable(path="data", why="disk I/O error")

    monkeypatch.setattr(desk.replica, "read", fails)
    status, answer = await desk.call("POST", "/api/patients/", json=AYESHA)
    monkeypatch.setattr(desk.replica, "read", real)
    assert (status, answer["code"]) == (503, "registered_unread")
    (person,) = (await desk.get("/api/patients/"))["results"]
    assert f"with number {person['mrn']}" in answer["detail"]


async def test_a_newborn_is_named_for_its_mother_and_the_unknown_for_nobody(desk):
    mother = await desk.register()
    marks = {"identity": "unconfirmed", "mother": mother["record_id"], "birth_order": 2}
    status, baby = await desk.call("POST", "/api/patients/", json=marks)
    assert (status, baby["full_name"]) == (201, "Baby 2 of Ayesha Khan")
    shown = {name: baby[name] for name in (*marks, "name_placeholder", "sex", "phone", "dob")}
    nothing = dict.fromkeys(("sex", "phone", "dob"))
    assert shown == marks | {"name_placeholder": True} | nothing
    status, unknown = await desk.call(
        "POST", "/api/patients/", json={"identity": "unconfirmed", "sex": "M"}
    )
    assert (status, unknown["full_name"], unknown["identity"]) == (
        201,
        "Unknown man",
        "unconfirmed",
    )
    elsewhere = marks | {"mother": str(uuid.UUID(int=7)), "sex": "F"}
    status, other = await desk.call("POST", "/api/patients/", json=elsewhere)
    assert (status, other["full_name"]) == (201, "Baby 2"), "her record is still to come"
    named = marks | {"full_name": "Hina"}
    _, hina = await desk.call("POST", "/api/patients/", json=named)
    assert (hina["full_name"], hina["name_placeholder"]) == ("Hina", False)
    status, answer = await desk.call("POST", "/api/patients/", json={"mother": "her", "sex": "F"})
    assert status == 400
    assert answer["mother"] == ["must be the record id of the mother"]
    assert {"full_name", "phone", "dob"} <= answer.keys(), "required as ever"


async def test_identifiers_and_own_fields_are_checked_kept_found_and_corrected(desk):
    given = {"identifiers": {"passport": "ab1234567"}, "extra": {"blood": "A+"}}
    person = await desk.register(**given)
    assert (person["identifiers"], person["extra"]) == ({"passport": "AB1234567"}, {"blood": "A+"})
    bad = AYESHA | {"identifiers": {"passport": "1", "visa": "2"}, "extra": {"blood": "C"}}
    status, answer = await desk.call("POST", "/api/patients/", json=bad)
    wrong = {"identifiers.passport", "identifiers.visa", "extra.blood"}
    assert (status, answer.keys() - {"code", "detail"}) == (400, wrong)
    assert (await desk.get("/api/patients/?query=AB1234567"))["count"] == 1
    asked = {"full_name": "Somebody Else", "identifiers": given["identifiers"]}
    _, alike = await desk.call("POST", "/api/patients/check/", json=asked)
    assert [one["patient"]["id"] for one in alike["results"]] == [person["id"]]
    assert "identifier_same" in [why["code"] for why in alike["results"][0]["reasons"]]
    again = await desk.register(full_name="Nobody Else", dob="1950-01-01", **given)
    assert "identifier" in again["possible_duplicates"][0]["reasons"]
    change = {"extra": {"blood": None}, "identifiers": person["identifiers"]}
    status, now = await desk.call("PATCH", f"/api/patients/{person['id']}/", json=change)
    assert (status, now["extra"], now["identifiers"]) == (200, {}, person["identifiers"])
    status, answer = await desk.call(
        "PATCH", f"/api/patients/{person['id']}/", json={"extra": {"tribe": "x"}}
    )
    assert (status, answer["extra.tribe"]) == (400, ["is not known here"])
    described = await desk.get("/openapi.json")
    own = described["components"]["schemas"]["NewPatient_extra"]["properties"]
    assert "O+" in str(own["blood"])
