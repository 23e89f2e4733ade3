"""Asking who may be somebody already, before a number is given and afterwards."""

import pytest

from tests.comparing import compare_all
from tests.sync.http.frontdesk import AYESHA, front_desk


@pytest.fixture
async def desk(tmp_path):
    async with front_desk(tmp_path) as desk:
        yield desk


async def test_who_may_be_a_person_already_is_said_before_a_number_is_given(desk):
    old = await desk.register(full_name="Ayesha Khan", cnic="12345-1234567-1")
    await desk.register(full_name="Bilal Khan", sex="M", dob="2015-06-30")  # her son
    asked = AYESHA | {"full_name": "عائشہ خان", "cnic": None, "phone": "+92 300 1234567"}
    status, answer = await desk.call("POST", "/api/patients/check/", json=asked)
    assert (status, answer["count"]) == (200, 1)
    (match,) = answer["results"]
    assert (match["grade"], match["patient"]["mrn"]) == ("certain", old["mrn"])
    assert match["score"] > 0.9
    assert {"same telephone", "name agrees"} <= {why["en"] for why in match["reasons"]}
    assert all(why["ur"] and why["code"] for why in match["reasons"])
    assert (await desk.get("/api/patients/"))["count"] == 2, "nothing is kept"


@pytest.mark.parametrize("body", [{}, {"full_name": "Ayesha"}, {"phone": "03001234567"}])
async def test_a_check_needs_no_field(desk, body):
    status, answer = await desk.call("POST", "/api/patients/check/", json=body)
    assert (status, answer["results"]) == (200, [])


async def test_a_check_says_which_fields_are_wrong(desk):
    body = {"dob": "soon", "sex": "X"}
    status, answer = await desk.call("POST", "/api/patients/check/", json=body)
    assert (status, answer["code"], set(answer) - {"code", "detail"}) == (
        400,
        "invalid_patient",
        {"dob", "sex"},
    )


async def test_people_who_were_registered_twice_are_listed_once_with_the_earlier_one(desk):
    first = await desk.register(full_name="Ayesha Khan")
    await desk.register(full_name="Bilal Khan", sex="M", dob="2015-06-30")  # her son
    await desk.register(full_name="Waqas Butt", father_name="Ali", phone="03211234567", sex="M")
    again = await desk.register(full_name="عائشہ خان")
    page = await desk.get("/api/duplicates/")
    assert (page["count"], page["next"]) == (4, None)
    (pair,) = page["results"]
    assert pair["patient"]["id"] == again["id"]
    assert [other["patient"]["id"] for other in pair["others"]] == [first["id"]]
    assert pair["others"][0]["grade"] == "certain"


async def test_the_pages_are_those_of_the_people_who_are_compared(desk):
    for _ in range(3):
        await desk.register()
    page = await desk.get("/api/duplicates/?page_size=1&page=3")
    assert (page["count"], page["results"]) == (3, []), "the first has nobody before them"
    page = await desk.get("/api/duplicates/?page_size=1")
    assert len(page["results"][0]["others"]) == 2
    assert (await desk.get("/api/duplicates/?created_from=2099-01-01"))["count"] == 0
    assert (await desk.get("/api/duplicates/?terminal=WARD-PC"))["count"] == 0
    assert (await desk.call("GET", "/api/duplicates/?page_size=51"))[0] == 400


async def listed(desk, query: str) -> dict:
    """A page of the list, once everybody is in the index and was compared."""
    await compare_all(desk.replica, desk.duplicates)
    return await desk.get(f"/api/duplicates/?{query}")


async def test_the_list_has_a_pair_with_what_speaks_for_it(desk):
    first = await desk.register(full_name="Ayesha Khan")
    again = await desk.register(full_name="عائشہ خان")
    page = await listed(desk, "state=open")
    assert page["count"] == 1
    (pair,) = page["results"]
    assert (pair["patient"]["id"], pair["state"], pair["decided"]) == (again["id"], "open", None)
    (other,) = pair["others"]
    assert (other["patient"]["id"], other["grade"]) == (first["id"], "certain")
    assert "same telephone" in {why["en"] for why in other["reasons"]}
    assert pair["found_at"]
    assert await desk.get("/api/duplicates/counts/") == {
        "open": 1,
        "dismissed": 0,
        "merged": 0,
        "behind": 0,
    }


async def test_the_list_is_filtered_by_what_is_asked_for(desk):
    for _ in range(3):
        await desk.register()
    assert (await listed(desk, "state=open&page_size=2"))["count"] == 3
    assert len((await listed(desk, "state=open&page_size=2&page=2"))["results"]) == 1
    for query, count in (
        ("grade=certain", 3),
        ("grade=probable", 0),
        ("terminal=lab1-pc", 3),
        ("terminal=WARD-PC", 0),
        ("created_from=2000-01-01&created_to=2099-01-01", 3),
        ("created_from=2099-01-01", 0),
        ("created_to=2000-01-01", 0),
        ("terminal=LAB1-PC&grade=certain&created_from=2000-01-01", 3),
    ):
        page = await listed(desk, f"state=open&{query}")
        assert (page["count"], len(page["results"])) == (count, count), query
    for state in ("dismissed", "merged"):
        assert (await listed(desk, f"state={state}"))["count"] == 0
    for wrong in ("state=gone", "state=open&grade=possible", "grade=certain"):
        assert (await desk.call("GET", f"/api/duplicates/?{wrong}"))[0] == 400


async def test_a_check_about_somebody_who_is_registered_leaves_them_out(desk):
    person = await desk.register()
    for name in (person["id"], person["record_id"]):
        where = f"/api/patients/check/?patient={name}"
        status, answer = await desk.call("POST", where, json=AYESHA)
        assert (status, answer["count"]) == (200, 0)
    assert (await desk.call("POST", "/api/patients/check/", json=AYESHA))[1]["count"] == 1
    where = "/api/patients/check/?patient=99"
    assert (await desk.call("POST", where, json=AYESHA))[0] == 404
