"""Forms of numbers over HTTP: switched on, printed, read, mistyped, refused."""

import pytest

from tests.daemons import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/number-formats/"
CARD = {"kind": "plain", "prefix": "C-", "width": 7, "separator": "-", "check": "luhn"}
ONLINE = {"kind": "online", "prefix": "PAT-", "separator": "-", "check": "luhn30"}


def wrong(text):
    """The same with another digit at each place, one after the other."""
    for place, digit in enumerate(text):
        if digit.isdecimal():
            yield text[:place] + str((int(digit) + 1) % 10) + text[place + 1 :]


async def test_at_first_numbers_are_printed_as_they_are(hub):
    assert await hub.get(PATH) == {"plain": None, "online": None, "in_use": []}


async def test_a_dry_run_says_what_will_happen_and_changes_nothing(hub):
    await hub.new_terminal("OLD-PC", "710000-710099")
    plan = await hub.call("PATCH", PATH, CARD | {"dry_run": True})
    assert (plan["before"], plan["after"]["description"]) == (None, "C-0000000-C")
    assert (plan["old_numbers"], plan["done"]) == (100, False)
    assert plan["example"].startswith("C-1000000-")
    assert await hub.get(PATH) == {"plain": None, "online": None, "in_use": []}


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "plain", "width": 7, "check": "luhn"},
        {"kind": "plain", "prefix": "C", "width": 6, "check": "luhn"},
        {"kind": "online", "prefix": "PAT-", "check": "luhn"},
    ],
)
async def test_a_form_that_cannot_be_told_or_is_too_narrow_is_refused(hub, body):
    for dry_run in (True, False):
        refused = await hub.refused("PATCH", PATH, body | {"dry_run": dry_run})
        assert refused == (400, "bad_number_format")


async def test_a_number_of_an_earlier_system_that_looks_like_it_is_in_the_way(hub):
    row = {"mrn": "x-123456-7", "full_name": "Test Person"}
    await hub.call("POST", "/api/import/patients/", {"rows": [row], "lenient": True})
    body = {"kind": "plain", "prefix": "X-", "width": 6, "separator": "-", "check": "damm"}
    assert await hub.refused("PATCH", PATH, body) == (400, "bad_number_format")


async def test_new_numbers_have_the_form_and_old_ones_stay(hub):
    old = await hub.register(offline=True, origin_terminal_code="OLD-PC")
    assert (await hub.call("PATCH", PATH, CARD))["done"] is True
    await hub.call("POST", "/api/terminals/", {"code": "NEW-PC"})
    await hub.call("POST", "/api/terminals/NEW-PC/ranges/", {"allocator": "coordinator"})
    new = await hub.register(offline=True, origin_terminal_code="NEW-PC")
    assert new["mrn"].startswith("C-1000000-")
    again = await hub.register(offline=True, origin_terminal_code="OLD-PC")
    assert int(again["mrn"]) == int(old["mrn"]) + 1
    shown = await hub.get(PATH)
    assert [one["description"] for one in shown["in_use"]] == ["C-0000000-C"]
    assert (await hub.get(f"/api/patients/{new['id']}/"))["mrn"] == new["mrn"]
    assert (await hub.get(f"/api/patients/{new['id']}/history/"))["results"][0]["mrn"] == new["mrn"]
    changes = (await hub.get("/api/changes/?after=0"))["results"]
    assert new["mrn"] in [change["mrn"] for change in changes]


async def test_a_mistyped_number_is_told_and_finds_nobody(hub):
    person, other = [
        await hub.register(offline=True, origin_terminal_code="NEW-PC") for _ in range(2)
    ]
    right = person["mrn"]
    for text in (right, right.lower(), f" {right[:4]} {right[4:]} "):
        (found,) = (await hub.get(f"/api/patients/mrn/{text.replace(' ', '%20')}/"))["results"]
        assert found["id"] == person["id"]
        (found,) = (await hub.get(f"/api/patients/?query={text.replace(' ', '%20')}"))["results"]
        assert found["id"] == person["id"]
    core = str(int(right[2:9]))
    for text in (*wrong(right), core):
        path = f"/api/patients/mrn/{text}/"
        assert await hub.refused("GET", path) == (400, "mistyped_number")
        for name in ("query", "mrn") if text != core else ("mrn",):
            refused = await hub.refused("GET", f"/api/patients/?{name}={text}")
            assert refused == (400, "mistyped_number")
        assert await hub.refused("GET", f"/api/conflicts/?mrn={text}") == (400, "mistyped_number")
        supplied = AYESHA | {"offline": True, "origin_terminal_code": "NEW-PC", "mrn": text}
        refused = await hub.refused("POST", "/api/patients/", supplied)
        assert refused == (400, "mistyped_number")
    assert person["id"] != other["id"]


async def test_online_numbers_have_a_form_too(hub):
    before = await hub.register()
    assert (await hub.call("PATCH", PATH, ONLINE))["example"].count("-") == 3
    after = await hub.register()
    assert before["mrn"].count("-") == 2
    assert after["mrn"].count("-") == 3
    for person in (before, after):
        (found,) = (await hub.get(f"/api/patients/mrn/{person['mrn']}/"))["results"]
        assert (found["id"], found["mrn"]) == (person["id"], person["mrn"])
    core = after["mrn"][:-2]
    for text in (*list(wrong(after["mrn"])), core, before["mrn"] + after["mrn"][-2:]):
        refused = await hub.refused("GET", f"/api/patients/mrn/{text}/")
        assert refused == (400, "mistyped_number")


@pytest.mark.parametrize("text", ["C-1000000-", "C-7654321-9"])
async def test_an_import_brings_no_number_that_looks_like_it(hub, text):
    listed = (await hub.get("/api/patients/?page_size=200"))["results"]
    known = {one["mrn"][:-1]: one["mrn"] for one in listed if one["mrn"]}
    row = {"mrn": known.get(text, text), "full_name": "Somebody New"}
    answer = await hub.call("POST", "/api/import/patients/", {"rows": [row], "lenient": True})
    code = "formed_number" if text in known else "mistyped_number"
    assert [note["code"] for note in answer["refused"]] == [code]


async def test_another_form_must_be_apart_from_those_in_use(hub):
    refused = await hub.refused("PATCH", PATH, CARD | {"check": "damm"})
    assert refused == (400, "bad_number_format")
    await hub.call("PATCH", PATH, CARD | {"on": False})
    refused = await hub.refused("PATCH", PATH, CARD | {"check": "damm"})
    assert refused == (400, "bad_number_format"), "cards of it are out"
    assert (await hub.call("PATCH", PATH, CARD | {"prefix": "D-", "check": "damm"}))["done"]


async def test_the_pool_keeps_to_the_width(hub):
    refused = await hub.refused("PATCH", "/api/pool/", {"range": "10000000-19999999"})
    assert refused == (400, "bad_number_format")
    assert (await hub.get("/api/pool/"))["range"] == "1000000-9999999"


async def test_a_range_that_programs_declare_has_no_form(hub):
    await hub.new_terminal("PROGRAM-PC", "760000-769999")
    person = await hub.register(offline=True, origin_terminal_code="PROGRAM-PC")
    assert person["mrn"] == "760000"


async def test_a_form_waits_for_desks_of_an_earlier_version(hub):
    code = {"code": "NODE-PC", "public_key": "ab" * 32, "incarnation": "cd" * 8}
    await hub.call("POST", "/api/terminals/", code)
    body = CARD | {"prefix": "E-"}
    plan = await hub.call("PATCH", PATH, body | {"dry_run": True})
    assert (plan["earlier"], plan["unknown"]) == ([], ["NODE-PC"])
    assert await hub.refused("PATCH", PATH, body) == (409, "desks_behind")
    assert (await hub.call("PATCH", PATH, body | {"all_upgraded": True}))["done"]
