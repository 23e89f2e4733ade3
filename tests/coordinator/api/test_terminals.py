"""Terminals over HTTP: made, changed, retired, and what cannot be."""

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/terminals/"
JOINING = {"public_key": "ab" * 32, "incarnation": "cd" * 8}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(hub):
    """A terminal that an earlier system has used."""
    body = {
        "code": " lab3-pc ",
        "name": "Laboratory 3 ",
        "offline_range_start": 750000,
        "offline_range_end": 759999,
        "offline_current": 750412,
    }
    return await hub.call("POST", PATH, body)


async def test_a_terminal_that_an_earlier_system_has_used(hub, lab):
    assert (lab["code"], lab["name"], lab["state"]) == ("LAB3-PC", "Laboratory 3", "active")
    assert (lab["offline_range_start"], lab["offline_range_end"]) == (750000, 759999)
    assert (lab["offline_current"], lab["has_node"], lab["is_active"]) == (750412, False, True)
    (block,) = lab["ranges"]
    assert (block["mark"], block["used"], block["allocator"]) == (750412, 413, "coordinator")
    assert await hub.get(f"{PATH}LAB3-PC/") == lab
    assert await hub.get(f"{PATH}{lab['id']}/") == lab


async def test_terminals_are_listed_by_state_and_a_token_sees_its_own(hub, lab):
    token = await hub.new_terminal("WARD-PC")
    await hub.call("PATCH", f"{PATH}WARD-PC/", {"is_active": False, "reason": "its screen broke"})
    for query, codes in {
        "": ["LAB3-PC", "WARD-PC"],
        "?state=inactive": ["WARD-PC"],
        "?is_active=true": ["LAB3-PC"],
        "?is_active=false": ["WARD-PC"],
        "?state=revoked": [],
    }.items():
        page = await hub.get(PATH + query)
        assert [one["code"] for one in page["results"]] == codes
    await hub.call("PATCH", f"{PATH}WARD-PC/", {"is_active": True})
    page = await hub.get(PATH, token=token)
    assert [one["code"] for one in page["results"]] == ["WARD-PC"]
    wrong = "must be active, inactive, replaced, retired or revoked"
    assert await hub.faults("GET", f"{PATH}?state=lost", None) == {"state": wrong}


async def test_a_change_keeps_what_is_left_out_and_what_is_sent_back(hub, lab):
    path = f"{PATH}LAB3-PC/"
    after = await hub.call("PATCH", path, lab | {"name": "Laboratory 3, first floor"})
    assert after["name"] == "Laboratory 3, first floor"
    assert after["ranges"] == lab["ranges"]
    after = await hub.call("PATCH", path, {"state": "inactive", "reason": "moved"})
    assert (after["state"], after["reason"], after["is_active"]) == ("inactive", "moved", False)
    after = await hub.call("PATCH", path, {"is_active": True})
    assert (after["state"], after["name"]) == ("active", "Laboratory 3, first floor")


async def test_other_bounds_grant_a_further_range_and_one_bound_belongs_to_the_present_one(hub):
    await hub.new_terminal("RECEP-1", "770000-770099")
    path = f"{PATH}RECEP-1/"
    bounds = {"offline_range_start": 780000, "offline_range_end": 780099}
    after = await hub.call("PATCH", path, bounds)
    assert [one["range"] for one in after["ranges"]] == ["770000-770099", "780000-780099"]
    assert await hub.refused("PATCH", path, {"offline_range_end": 770050}) == (
        400,
        "overlapping_range",
    )
    same = await hub.call("PATCH", path, {"offline_range_end": 770099})
    assert same["ranges"] == after["ranges"]


async def test_the_last_number_used_is_not_set(hub, lab):
    path = f"{PATH}LAB3-PC/"
    assert await hub.refused("PATCH", path, {"offline_current": 750413}) == (400, "mark_fixed")
    assert await hub.call("PATCH", path, {"offline_current": 750412})


async def test_a_node_joins(hub):
    answer = await hub.call("POST", PATH, {"code": "DESK-PC"} | JOINING)
    assert answer["has_node"] is True
    again = {"code": "DESK-PC"} | JOINING | {"public_key": "EF" * 32}
    assert await hub.refused("POST", PATH, again) == (409, "terminal_has_node")


async def test_a_retired_terminal_stays_and_its_code_is_not_used_again(hub):
    await hub.new_terminal("OLD-PC")
    assert await hub.send("DELETE", f"{PATH}OLD-PC/") == (204, "")
    retired = await hub.get(f"{PATH}OLD-PC/")
    assert (retired["state"], retired["reason"]) == ("retired", "deleted")
    assert await hub.send("DELETE", f"{PATH}OLD-PC/") == (204, "")
    assert await hub.refused("POST", PATH, {"code": "OLD-PC"}) == (400, "terminal_ended")
    assert await hub.refused("POST", f"{PATH}OLD-PC/token/") == (400, "terminal_ended")
    assert await hub.refused("DELETE", f"{PATH}NOBODY/") == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "LAB3-PC"}, "terminal_exists"),
        ({"code": "12"}, "bad_terminal_code"),
        ({"code": "lab 4"}, "bad_terminal_code"),
        ({"code": "A", "offline_range_start": 9, "offline_range_end": 1}, "invalid_range"),
        (
            {"code": "A", "offline_range_start": 750005, "offline_range_end": 750006},
            "overlapping_range",
        ),
        (
            {"code": "A", "offline_range_start": 1, "offline_range_end": 9, "offline_current": 10},
            "bad_mark",
        ),
    ],
)
async def test_a_terminal_that_cannot_be(hub, lab, body, code):
    _, found = await hub.refused("POST", PATH, body)
    assert found == code


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (
            {"code": "A", "name": "a\u0007"},
            {"name": "must consist of characters that can be printed"},
        ),
        ({"code": "A", "offline_range_start": 1}, {"offline_range_end": "this field is required"}),
        ({"code": "A", "offline_current": 1}, {"offline_range_start": "this field is required"}),
        (
            {"code": "A", "public_key": "ab"},
            {"public_key": "must be 32 bytes in hexadecimal"},
        ),
        (
            {"code": "A"} | JOINING | {"incarnation": None},
            {"incarnation": "this field is required with a public key"},
        ),
    ],
)
async def test_what_is_wrong_with_a_terminal_is_said(hub, body, wrong):
    assert await hub.faults("POST", PATH, body) == wrong


async def test_a_wrong_code_is_named_in_the_sentence(hub):
    """In the answer ``code`` is that of the error."""
    status, answer = await hub.send("POST", PATH, {})
    assert (status, answer["code"]) == (400, "invalid_fields")
    said = "Some fields cannot be used: code: this field is required. Correct them, then try again."
    assert answer["detail"] == said


async def test_nothing_is_changed_in_recovery_but_tokens(hub, lab):
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "a test"))
    for method, path, body in (
        ("POST", PATH, {"code": "NEW-PC"}),
        ("PATCH", f"{PATH}LAB3-PC/", {"name": "x"}),
        ("DELETE", f"{PATH}LAB3-PC/", None),
    ):
        assert await hub.refused(method, path, body) == (503, "in_recovery")
    assert (await hub.call("POST", f"{PATH}LAB3-PC/token/"))["code"] == "LAB3-PC"


async def test_a_stolen_terminal_is_revoked_in_recovery(hub, lab):
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "a test"))
    before = hub.replica.registry.terminals["LAB3-PC"].serial
    stolen = {"state": "revoked", "reason": "stolen"}
    for also in ({"name": "x"}, {"is_active": False}, {"offline_range_start": 1}):
        body = stolen | also
        assert await hub.refused("PATCH", f"{PATH}LAB3-PC/", body) == (503, "in_recovery")
    assert (await hub.call("PATCH", f"{PATH}LAB3-PC/", stolen))["state"] == "revoked"
    assert hub.replica.registry.terminals["LAB3-PC"].serial == before
    assert hub.replica.registry.accounts[-1].last < await hub.replica.write(lambda tx: tx.serial)
    assert (await hub.get("/api/status/"))["recovery"] is not None, "nobody has come back yet"
