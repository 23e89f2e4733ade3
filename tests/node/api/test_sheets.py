"""Numbers taken ahead at a desk, and typed in at the desk or at the coordinator."""

import pytest

from tests.daemons import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/patients/"
SHEETS = "/api/sheets/"


async def take(desk, another=True):
    return await desk.call("POST", SHEETS, {"another": another, "operator": "Sadia"})


def entry(number, **fields):
    return AYESHA | {"offline": True, "mrn": number, "registered_at": "2026-01-05T10:42"} | fields


async def test_a_sheet_is_taken_once_and_says_what_is_left_of_it(desk):
    sheet = await take(desk)
    assert (await take(desk, another=False))["id"] == sheet["id"]
    numbers = [one["mrn"] for one in sheet["numbers"]]
    assert len(numbers) == 50
    person = await desk.call("POST", PATH, entry(numbers[3], full_name="Nida"))
    assert person["mrn"] == numbers[3]
    assert person["created_at"] == "2026-01-05T05:42:00Z", "the time of the facility"
    listed = (await desk.get(SHEETS))["results"][0]
    assert (listed["id"], listed["left"], listed["operator"]) == (sheet["id"], 49, "Sadia")
    assert listed["operator_known"] == "typed"
    assert listed["numbers"][3] == {
        "mrn": numbers[3],
        "patient": person["id"],
        "full_name": "Nida",
    }
    assert await desk.refused("POST", PATH, entry(numbers[3])) == (409, "mrn_conflict")


async def test_the_coordinator_types_in_for_the_desk_when_it_knows_the_sheet(hub, desk):
    sheet = await take(desk)
    number = sheet["numbers"][0]["mrn"]
    await hub.until(f"{SHEETS}?terminal=LAB1-PC", lambda page: page["results"][0] == sheet)
    body = entry(number, origin_terminal_code="LAB1-PC", registered_at="2026-01-05T10:42:00+05:00")
    person = await hub.call("POST", PATH, body)
    assert (person["mrn"], person["mrn_status"]) == (number, "admitted")
    assert await hub.refused("POST", PATH, body) == (409, "mrn_conflict")
    await desk.until(SHEETS, lambda page: page["results"][0]["left"] == 49)
    assert await desk.refused("POST", PATH, entry(number)) == (409, "mrn_conflict")


async def test_a_time_of_another_zone_belongs_to_the_day_of_the_facility(desk):
    number = (await take(desk))["numbers"][0]["mrn"]
    body = entry(number, registered_at="2026-01-04T20:00:00Z")
    person = await desk.call("POST", PATH, body)
    assert person["created_at"] == "2026-01-04T20:00:00Z"
    of_day = "created_from={0}&created_to={0}&mrn=" + number
    found = [
        (await desk.get(f"{PATH}?{of_day.format(day)}"))["count"]
        for day in ("2026-01-04", "2026-01-05")
    ]
    assert found == [0, 1], "it is one in the morning of the 5th there"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"registered_at": "soon"}, "must be a time"),
        ({"registered_at": "0001-01-01T00:00+14:00"}, "must be a time"),
        ({"registered_at": "2999-01-01T10:00"}, "lies in the future"),
        ({"offline": False}, "goes with the number of a sheet only"),
        ({"mrn": None}, "goes with the number of a sheet only"),
    ],
)
async def test_a_time_must_be_one_that_can_stand_on_a_sheet(desk, wrong, says):
    faults = await desk.faults("POST", PATH, entry("710000") | wrong)
    assert says in faults["registered_at"]


async def test_a_time_without_a_sheet_is_refused(desk):
    assert await desk.refused("POST", PATH, entry("710900")) == (400, "not_on_sheet")
