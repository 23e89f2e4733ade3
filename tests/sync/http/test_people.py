"""People over HTTP: finding, showing and correcting them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync.daemon.search_filling import SearchFilling
from tests.sync.http.frontdesk import ZONE, front_desk


@pytest.fixture
async def desk(tmp_path):
    async with front_desk(tmp_path) as desk:
        yield desk


async def names(desk, query):
    return [
        person["full_name"] for person in (await desk.get(f"/api/patients/?{query}"))["results"]
    ]


async def test_the_filters(desk):
    await desk.register(mrn="x", full_name="Ayesha Khan", phone="0300 1234567")
    await desk.register(full_name="عائشہ بی بی", phone="+92 301 7654321", cnic="42101-1234567-1")
    zoe = await desk.register(full_name="Zoë O'Brien", phone="021 5550101", offline=True)
    everybody = ["Zoë O'Brien", "عائشہ بی بی", "Ayesha Khan"]
    today = datetime.now(ZONE).date().isoformat()
    for query, found in {
        "": everybody,
        "query=ayes": ["Ayesha Khan"],
        "query=عائشه": ["عائشہ بی بی", "Ayesha Khan"],
        "query=42101": ["عائشہ بی بی"],
        "query=71000": everybody,
        "query=03001": ["Ayesha Khan"],
        "query=nobody": [],
        "query=%22*": [],
        f"mrn={zoe['mrn']}": ["Zoë O'Brien"],
        "mrn=71000": [],
        "cnic=4210112345671": ["عائشہ بی بی"],
        "cnic=42101-1234567-1": ["عائشہ بی بی"],
        "cnic=-": [],
        "phone=%2B923001234567": ["Ayesha Khan"],
        "phone=0301-7654321": ["عائشہ بی بی"],
        "phone=%2B": [],
        "mrn_status=pending": everybody,
        "mrn_status=admitted": [],
        "terminal=lab1-pc": everybody,
        "terminal=WARD-PC": [],
        f"created_from={today}": everybody,
        f"created_to={today}": everybody,
        "created_to=2020-01-01": [],
        "created_from=2099-01-01": [],
        f"query=ayes&mrn_status=pending&created_from={today}": ["Ayesha Khan"],
        "query=ayes&mrn_status=rejected": [],
        "page_size=2": everybody[:2],
        "page_size=2&page=2": everybody[2:],
        "page=2": [],
        "query=ayes&page=2": [],
    }.items():
        assert await names(desk, query) == found, query


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("mrn_status=lost", {"mrn_status": ["must be pending, admitted or rejected"]}),
        ("created_from=5.1.2026", {"created_from": ["must be a day as YYYY-MM-DD"]}),
        ("page=0&page_size=1000", None),
    ],
)
async def test_a_filter_that_cannot_be(desk, query, wrong):
    status, answer = await desk.call("GET", f"/api/patients/?{query}")
    assert (status, answer["code"]) == (400, "invalid_fields")
    faults = {name: why for name, why in answer.items() if name not in ("detail", "code")}
    assert faults == wrong if wrong else faults.keys() == {"page", "page_size"}


async def test_pages_lead_through_everybody_once(desk):
    for number in range(45):
        await desk.register(full_name=f"Test Person {number}", phone=f"0300{number:07d}")
    seen, path = [], "/api/patients/?page_size=10"
    while path:
        page = await desk.get(path)
        assert page["count"] == 45
        seen += [person["id"] for person in page["results"]]
        path = page["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 45
    back = await desk.get("/api/patients/?page_size=10&page=9")
    assert back["results"] == []
    assert (await desk.get(back["previous"]))["results"][-1]["id"] == seen[-1]


async def test_a_person_by_each_name(desk):
    person = await desk.register()
    del person["possible_duplicates"]
    assert await desk.get(f"/api/patients/{person['id']}/") == person
    assert await desk.get(f"/api/patients/{person['record_id']}/") == person
    assert await desk.get(f"/api/patients/{person['record_id'].upper()}/") == person
    assert (await desk.get(f"/api/patients/mrn/{person['mrn']}/"))["results"] == [person]


@pytest.mark.parametrize(
    "path",
    [
        "99/",
        "999999999999999/",
        "00000000-0000-7000-8000-000000000000/",
        "------------------------------------/",
        "99/history/",
        "mrn/1/",
    ],
)
async def test_nobody(desk, path):
    status, answer = await desk.call("GET", f"/api/patients/{path}")
    assert (status, answer["code"]) == (404, "not_found")


async def test_a_correction_and_its_history(desk):
    person = await desk.register()
    path = f"/api/patients/{person['record_id']}/"
    body = {"full_name": "Ayesha Imran Khan", "address": None, "operator": "bilal"}
    status, after = await desk.call("PATCH", path, json=body)
    assert status == 200
    assert (after["full_name"], after["address"]) == ("Ayesha Imran Khan", None)
    assert (after["mrn"], after["operator"]) == (person["mrn"], None)
    entries = (await desk.get(f"{path}history/"))["results"]
    assert [entry["kind"] for entry in entries] == ["registered", "amended"]
    assert entries[1]["operator"] == "bilal"
    assert entries[1]["fields"] == {"full_name": "Ayesha Imran Khan", "address": None}


async def test_all_that_is_wrong_with_a_correction_is_reported_at_once(desk):
    person = await desk.register()
    body = {
        "mrn": "1",
        "offline": True,
        "origin_terminal_code": "WARD-PC",
        "operator": "a\u0000",
        "sex": "X",
        "full_name": "",
        "phone": "12",
    }
    status, answer = await desk.call("PATCH", f"/api/patients/{person['id']}/", json=body)
    assert (status, answer.pop("code")) == (400, "invalid_patient")
    assert answer.pop("detail").startswith("Some fields of the person are missing or wrong: ")
    assert answer.keys() == body.keys()
    assert answer["full_name"] == ["this field is required"]
    assert answer["mrn"] == ["cannot be corrected: a number and its origin are for life"]


async def test_sending_back_what_was_read_changes_nothing(desk):
    person = await desk.register(dob=None, age_years=40, cnic="12345-1234567-1")
    cursor = (await desk.get("/api/changes/"))["cursor"]
    status, after = await desk.call("PATCH", f"/api/patients/{person['id']}/", json=person)
    assert status == 200
    assert after == {name: value for name, value in person.items() if name in after}
    assert (await desk.get(f"/api/changes/?after={cursor}"))["results"] == []


async def test_a_search_tells_how_many_it_did_not_look_at(desk, monkeypatch):
    monkeypatch.setattr("sync.reading.searching.UNINDEXED_MAX", 2)
    for number in range(5):
        await desk.register(full_name=f"Person {number}", phone=f"030012345{number:02d}")
    for query in ("query=person", "phone=03001234504", "cnic=12345-1234567-1"):
        assert (await desk.get(f"/api/patients/?{query}"))["not_searched"] == 3
    for query in ("", "mrn=710000", "terminal=lab1-pc"):
        assert "not_searched" not in await desk.get(f"/api/patients/?{query}")
    assert await names(desk, "query=person") == ["Person 4", "Person 3"]
    await SearchFilling(desk.replica).fill()
    found = await desk.get("/api/patients/?query=person")
    assert (found["count"], found["not_searched"]) == (5, 0)


async def test_a_get_writes_nothing_also_while_the_index_is_behind(desk):
    person = await desk.register()
    connection = desk.replica._writer.store.connection
    before = connection.total_changes, connection.execute("PRAGMA data_version").fetchone()
    for path in (
        "/api/patients/",
        "/api/patients/?query=ayesha",
        "/api/patients/?phone=03001234567",
        "/api/patients/?cnic=12345-1234567-1",
        f"/api/patients/{person['id']}/",
        f"/api/patients/{person['id']}/history/",
        f"/api/patients/mrn/{person['mrn']}/",
        "/api/changes/",
        "/api/health/",
    ):
        await desk.get(path)
    after = connection.total_changes, connection.execute("PRAGMA data_version").fetchone()
    assert after == before


async def test_a_correction_of_an_old_version_takes_nothing_back(desk):
    person = await desk.register()
    path = f"/api/patients/{person['id']}/"
    async with desk.http.get(path) as answer:
        tag, seen = answer.headers["ETag"], await answer.json()
    async with desk.http.get(path, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    status, _ = await desk.call("PATCH", path, json={"phone": "03001111111"})
    assert status == 200
    stale = {"If-Match": tag}
    status, refused = await desk.call("PATCH", path, json={"sex": "O"}, headers=stale)
    assert (status, refused["code"]) == (412, "changed_meanwhile")
    assert (await desk.get(path))["sex"] == seen["sex"]
    async with desk.http.get(path) as answer:
        now = answer.headers["ETag"]
    assert now != tag
    for wanted in (f'"other", {now}', f"W/{now}", "*", now):
        headers = {"If-Match": wanted}
        status, _ = await desk.call("PATCH", path, json={"sex": seen["sex"]}, headers=headers)
        assert status == 200, "nothing had to be changed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("updated_at", "2020-01-01T00:00:00+05:00"),
        ("mrn_status", "confirmed_by_me"),
        ("record_id", "0"),
        ("created_at", None),
        ("age", 5),
        ("fullname", "x"),
    ],
)
async def test_what_cannot_be_corrected_is_refused_unless_it_is_as_shown(desk, name, value):
    person = await desk.register()
    path = f"/api/patients/{person['id']}/"
    status, refused = await desk.call("PATCH", path, json={name: value})
    assert (status, next(iter(refused))) == (400, name)
    if name in person:
        status, _ = await desk.call("PATCH", path, json={name: person[name]})
        assert status == 200


def _again(shown, zone=UTC, timespec="seconds"):
    return datetime.fromisoformat(shown).astimezone(zone).isoformat(timespec=timespec)


@pytest.mark.parametrize(
    "write",
    [
        lambda shown: shown,
        _again,
        lambda shown: _again(shown, timespec="milliseconds"),
        lambda shown: _again(shown, timespec="milliseconds").replace("+00:00", "Z"),
        lambda shown: _again(shown, timezone(timedelta(hours=5))),
        lambda shown: _again(shown, timezone(timedelta(hours=-3, minutes=-30))),
        lambda shown: _again(shown).replace("T", " "),
    ],
)
async def test_a_time_may_be_sent_back_as_a_client_writes_it(desk, write):
    """Many read a time that they were answered, and write it in a form of their own."""
    person = await desk.register()
    sent = person | {name: write(person[name]) for name in ("created_at", "updated_at")}
    path = f"/api/patients/{person['id']}/"
    assert (await desk.call("PATCH", path, json=sent))[0] == 200
    for wrong in ("2020-01-01T00:00:00Z", person["created_at"].rstrip("Z"), "now", 5):
        status, refused = await desk.call("PATCH", path, json=sent | {"created_at": wrong})
        assert (status, refused.keys()) == (400, {"code", "detail", "created_at"}), wrong


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-13-01", "0000-01-01", "yesterday", "2026-1-1", "1/2/2026"]
)
async def test_a_day_that_is_none_is_refused(desk, day):
    for name in ("created_from", "created_to"):
        status, refused = await desk.call("GET", f"/api/patients/?{name}={day}")
        assert (status, refused[name]) == (400, ["must be a day as YYYY-MM-DD"])


async def test_a_query_may_be_typed_in_other_digits(desk):
    person = await desk.register()
    for query in (
        "mrn=٧١٠٠٠٠",
        "phone=۰۳۰۰۱۲۳۴۵۶۷",
        "query=۷۱۰۰۰۰",
        "phone=%2B92 (0)300 1234567",
        "created_from=۲۰۲۰-۰۱-۰۱",
    ):
        found = await desk.get(f"/api/patients/?{query}")
        assert [one["id"] for one in found["results"]] == [person["id"]], query
    assert (await desk.get("/api/patients/mrn/٧١٠٠٠٠/"))["count"] == 1


async def test_somebody_unknown_is_confirmed_by_a_correction(desk):
    _, unknown = await desk.call("POST", "/api/patients/", json={"identity": "unconfirmed"})
    path = f"/api/patients/{unknown['id']}/"
    assert (await desk.get("/api/patients/?identity=unconfirmed"))["count"] == 1
    status, answer = await desk.call("PATCH", path, json={"identity": "confirmed"})
    assert (status, answer.keys()) == (400, {"code", "detail", "full_name"})
    status, answer = await desk.call("PATCH", path, json={"mother": unknown["record_id"].upper()})
    assert (status, answer.keys()) == (400, {"code", "detail", "mother"})
    whole = await desk.get(path)
    status, same = await desk.call("PATCH", path, json=whole)
    assert (status, same) == (200, whole)
    change = {"identity": "confirmed", "full_name": "Gul Bano", "operator": "sadia"}
    status, known = await desk.call("PATCH", path, json=change)
    assert (status, known["identity"], known["name_placeholder"]) == (200, "confirmed", False)
    assert (await desk.get("/api/patients/?identity=unconfirmed"))["count"] == 0
    *_, entry = (await desk.get(f"{path}history/"))["results"]
    assert entry["fields"] == {"full_name": "Gul Bano", "identity": "confirmed"}
    assert entry["operator"] == "sadia"
    status, again = await desk.call("PATCH", path, json={"identity": "unconfirmed"})
    assert (status, again["identity"]) == (200, "unconfirmed"), "whoever was wrong says so"
