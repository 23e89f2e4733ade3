"""What the clerks of a desk do: forms that they have begun, and the work of a day."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"key": "k-1", "fields": {"full_name": "Ayesha"}, "operator": "Sadia", "sent": False}


async def drafts(desk, operator="Sadia"):
    return (await desk.get(f"/api/drafts/?operator={operator}"))["results"]


async def test_a_form_that_was_begun_is_kept_until_it_is_dropped(desk):
    await desk.call("POST", "/api/drafts/", FORM)
    assert await drafts(desk) == [FORM]
    await desk.call("DELETE", "/api/drafts/k-1/")
    assert await drafts(desk) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "a/b"},
        {"key": "k" * 65},
        {"fields": {"full_name": "x" * 501}},
        {"fields": {str(number): "x" for number in range(65)}},
        {"fields": {"full_name": 5}},
        {"operator": "x" * 101},
    ],
)
async def test_a_form_has_bounds(desk, wrong):
    (name,) = wrong
    assert [*await desk.faults("POST", "/api/drafts/", FORM | wrong)] == [name]


async def test_the_work_of_a_day(desk):
    before = await desk.get("/api/day/")
    people = [
        await desk.register(operator=operator, offline=True)
        for operator in ("Sadia", "Sadia", None)
    ]
    work = await desk.get("/api/day/")
    assert work["count"] == before["count"] + 3
    assert {"operator": "Sadia", "operator_known": "typed", "count": 2} in work["by"]
    assert {"operator": None, "operator_known": None, "count": 1} in work["by"]
    today = f"created_from={work['day']}&created_to={work['day']}&page_size=100"
    found = (await desk.get(f"/api/patients/?{today}"))["results"]
    assert {person["id"] for person in people} <= {person["id"] for person in found}


async def test_a_label_is_missed_until_it_is_printed(desk):
    person = await desk.register(offline=True)

    async def missed():
        return [one["id"] for one in (await desk.get("/api/day/"))["unprinted"]]

    assert person["id"] in await missed()
    await desk.call("POST", f"/api/patients/{person['id']}/reprinted/", {"mrn": person["mrn"]})
    assert person["id"] not in await missed()
    assert (await desk.get("/api/status/"))["cards_to_reprint"]["count"] == 0
