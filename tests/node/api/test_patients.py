"""Registering at a desk: where the number comes from, and what the desk refuses."""

import pytest

from tests.daemons import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/patients/"


async def test_the_number_is_the_coordinator_s_while_it_answers_and_the_desk_s_own_on_request(desk):
    online = await desk.register()
    assert online["mrn"].startswith("PAT-")
    offline = await desk.register(offline=True)
    assert 710000 <= int(offline["mrn"]) <= 719999
    for person, is_offline in ((online, False), (offline, True)):
        assert person["is_offline_entry"] is is_offline
        assert person["origin_terminal_code"] == person["registered_by"] == "LAB1-PC"


async def test_it_is_kept_how_the_name_of_whoever_did_something_is_known(hub, desk):
    person = await desk.register(operator="Bilal", offline=True)
    assert (person["operator"], person["operator_known"]) == ("Bilal", "typed")
    path = f"{PATH}{person['record_id']}/"
    await desk.call("PATCH", path, {"full_name": "Aisha Khan", "operator": "Sadia"})
    await hub.until(path, lambda found: found["full_name"] == "Aisha Khan")
    for replica in (desk, hub):
        history = (await replica.get(path + "history/"))["results"]
        named = [(one["operator"], one["operator_known"]) for one in history if one["operator"]]
        assert named == [("Bilal", "typed"), ("Sadia", "typed")]


async def test_the_coordinator_has_the_person_too_and_confirms_the_number(hub, desk):
    person = await desk.register(full_name="Bilal Khan", offline=True)
    path = f"{PATH}{person['record_id']}/"
    confirmed = await desk.until(path, lambda found: found["mrn_status"] == "admitted")
    assert confirmed["synced_at"] is not None
    assert (await hub.get(path))["full_name"] == "Bilal Khan"


async def test_a_desk_registers_for_itself_only(desk):
    person = await desk.register(origin_terminal_code="lab1-pc ")
    assert person["origin_terminal_code"] == "LAB1-PC"
    other = AYESHA | {"origin_terminal_code": "WARD-PC"}
    assert await desk.refused("POST", PATH, other) == (409, "other_terminal")


async def test_a_number_that_a_client_gives_is_taken_once_and_only_with_offline(desk):
    body = AYESHA | {"offline": True, "mrn": " 710500 "}
    assert (await desk.call("POST", PATH, body))["mrn"] == "710500"
    assert await desk.refused("POST", PATH, body) == (409, "mrn_conflict")
    assert (await desk.register(mrn="710501"))["mrn"] != "710501"
    for mrn, code in (("7 1", "bad_mrn"), ("5", "not_your_number")):
        refused = await desk.refused("POST", PATH, AYESHA | {"offline": True, "mrn": mrn})
        assert refused == (400, code)


async def test_a_repeated_request_makes_nobody_and_another_body_is_refused(desk):
    headers = {"Idempotency-Key": "visit-1"}
    first = await desk.send("POST", PATH, AYESHA, headers=headers)
    again = await desk.send("POST", PATH, AYESHA, headers=headers)
    assert (first[0], again[0]) == (201, 200)
    assert first[1]["record_id"] == again[1]["record_id"]
    other = await desk.refused("POST", PATH, AYESHA | {"sex": "O"}, headers=headers)
    assert other == (422, "key_reused")


async def test_what_is_wrong_with_a_person_is_said_at_once(desk):
    body = {"full_name": "", "sex": "X", "dob": "2999-01-01", "offline": "perhaps"}
    assert await desk.faults("POST", PATH, body) == {
        "full_name": "this field is required",
        "sex": "must be M, F or O",
        "phone": "this field is required",
        "dob": "lies in the future",
        "offline": "must be true or false",
    }
