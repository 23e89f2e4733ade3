"""Deciding about a conflict over HTTP: what is refused, and what is said of what has changed."""

import pytest
import pytest_asyncio

from tests.daemons import open_set_back_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = {"who": "Sadia Malik", "why": "the holder has shown the older card"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(hub, tmp_path_factory):
    """The holder of 730000, and the person to whom the desk has given it once more."""
    folder = tmp_path_factory.mktemp("set-back")
    async with open_set_back_desk(folder, hub, "RECEP-1", "730000-739999") as (_, first, second):
        yield first, second


@pytest_asyncio.fixture(loop_scope="module")
async def conflict(hub, people):
    """The conflict of the second person, open again whatever was decided before."""
    page = await hub.get("/api/conflicts/")  # an award makes one of the first person too
    (found,) = (
        one for one in page["results"] if one["patient"]["record_id"] == people[1]["record_id"]
    )
    if not found["open"]:
        body = WHO | {"action": "reopen", "resolution": found["resolution"]}
        found = (await hub.call("POST", path(found), body))["conflict"]
    assert found["open"]
    return found


def path(conflict):
    return f"/api/conflicts/{conflict['id']}/resolve/"


async def test_both_people_are_shown_with_who_holds_the_number(hub, conflict, people):
    first, second = people
    assert await hub.get(f"/api/conflicts/{conflict['id']}/") == conflict
    assert (conflict["mrn"], conflict["reason"]) == ("730000", "duplicate_mrn")
    assert conflict["patient"]["record_id"] == second["record_id"]
    assert conflict["holder"]["record_id"] == first["record_id"]
    assert conflict["held_by"] == "verdict"
    assert conflict["differs"] == ["full_name"]


async def test_a_decision_says_whose_number_has_changed_and_which_card_is_due(hub, conflict):
    answer = await hub.call("POST", path(conflict), WHO | {"action": "assign"})
    (change,) = answer["changed"]
    assert (change["before"], change["held_before"]) == ("730000", False)
    assert change["mrn"].startswith("PAT-")
    assert (change["holds"], change["reprint"]) == (True, True)
    assert (change["desk"], change["listed"]) == ("RECEP-1", True)
    assert change["patient"]["former_mrn"] == "730000"
    assert answer["conflict"]["open"] is False
    step = answer["conflict"]["history"][-1]
    assert (step["action"], step["who"], step["in_force"]) == ("assign", "administrator", True)
    assert answer["conflict"]["resolution"] == step["id"]


async def test_a_decision_that_was_not_seen_is_not_replaced(hub, conflict):
    done = await hub.call("POST", path(conflict), WHO | {"action": "award"})
    again = WHO | {"action": "void"}
    assert await hub.refused("POST", path(conflict), again) == (409, "conflict_decided")
    unseen = again | {"resolution": None}
    assert await hub.refused("POST", path(conflict), unseen) == (409, "conflict_decided")
    other = again | {"resolution": "00" * 16}
    assert await hub.refused("POST", path(conflict), other) == (409, "conflict_decided")
    seen = again | {"resolution": done["conflict"]["resolution"].upper()}
    answer = await hub.call("POST", path(conflict), seen)
    assert answer["conflict"]["history"][-1]["action"] == "void"


async def test_what_does_not_fit_is_refused(hub, conflict, people):
    stranger = WHO | {"action": "merge", "into": "00000000-0000-7000-8000-000000000000"}
    assert await hub.refused("POST", path(conflict), stranger) == (404, "not_found")
    reopened = WHO | {"action": "reopen"}
    assert await hub.refused("POST", path(conflict), reopened) == (409, "cannot_resolve")
    merged = WHO | {"action": "merge", "into": people[0]["record_id"]}
    answer = await hub.call("POST", path(conflict), merged)
    assert answer["conflict"]["patient"]["merged_into"] == people[0]["record_id"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"action", "why"}),
        ({"action": "assign"} | WHO | {"why": " \t"}, {"why"}),
        ({"action": "assign"} | WHO | {"why": "a\u0000"}, {"why"}),
        ({"action": "lose"} | WHO, {"action"}),
        ({"action": "merge", "into": "Amna", "resolution": "12"} | WHO, {"into", "resolution"}),
        ({"action": "void", "into": "00000000-0000-7000-8000-000000000000"} | WHO, {"into"}),
    ],
)
async def test_a_decision_that_cannot_be_meant(hub, conflict, body, wrong):
    assert (await hub.faults("POST", path(conflict), body)).keys() == wrong


async def test_what_is_wrong_is_said_in_words(hub, conflict):
    body = {"action": "lose", "into": "Amna", "resolution": "12"} | WHO
    assert await hub.faults("POST", path(conflict), body) == {
        "action": "must be assign, award, merge, void or reopen",
        "into": "must be the whole record id of a person, as the conflict shows it",
        "resolution": "must be the id of a decision, as the history of the conflict shows it",
    }


@pytest.mark.parametrize("ident", ["00" * 16, "00", "x", "9c1f0a2b6d"])
async def test_a_conflict_that_is_not_there(hub, ident):
    body = WHO | {"action": "void"}
    found = await hub.refused("POST", f"/api/conflicts/{ident}/resolve/", body)
    assert found == (404, "not_found")
    assert await hub.refused("GET", f"/api/conflicts/{ident}/") == (404, "not_found")


async def test_a_merge_takes_values_of_the_person_of_the_conflict_as_they_were_read(
    hub, conflict, people
):
    first, second = people
    merge = WHO | {"action": "merge", "take": ["full_name"]}
    assert (await hub.faults("POST", path(conflict), merge)).keys() == {"seen"}
    assign = merge | {"action": "assign", "seen": conflict["seen"]}
    assert (await hub.faults("POST", path(conflict), assign)).keys() == {"take"}
    wrong = merge | {"take": ["mrn"], "seen": conflict["seen"]}
    assert (await hub.faults("POST", path(conflict), wrong)).keys() == {"take"}
    otherwise = merge | {"seen": "another"}
    assert await hub.refused("POST", path(conflict), otherwise) == (409, "seen_otherwise")
    ids = [one["record_id"] for one in people]
    compared = await hub.get(f"/api/patients/{ids[1]}/compare/{ids[0]}/")
    assert compared["seen"] == conflict["seen"]
    answer = await hub.call("POST", path(conflict), merge | {"seen": conflict["seen"]})
    assert answer["conflict"]["patient"]["merged_into"] == first["record_id"]
    shown = await hub.get(f"/api/patients/{first['record_id']}/")
    assert (shown["full_name"], shown["mrn"]) == (second["full_name"], "730000")
