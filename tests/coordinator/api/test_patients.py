"""Registering at the coordinator: for whom, with which number, and what each token may."""

import pytest
import pytest_asyncio

from tests.daemons import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/patients/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(hub):
    """The token of a terminal without a node, which has a range."""
    return await hub.new_terminal("LAB1-PC", "710000-710099")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ward(hub):
    """The token of a terminal without a range."""
    return await hub.new_terminal("WARD-PC")


async def test_the_administrator_registers_for_no_terminal(hub):
    person = await hub.register()
    assert person["mrn"].startswith("PAT-")
    assert (person["origin_terminal"], person["origin_terminal_code"]) == (None, None)
    assert (person["registered_by"], person["is_offline_entry"]) == ("@coordinator", False)


async def test_the_token_of_a_terminal_implies_the_terminal(hub, lab, ward):
    person = await hub.call("POST", PATH, AYESHA, token=lab)
    assert person["origin_terminal_code"] == "LAB1-PC"
    named = await hub.call("POST", PATH, AYESHA | {"origin_terminal_code": " lab1-pc"}, token=lab)
    assert named["origin_terminal_code"] == "LAB1-PC"
    other = AYESHA | {"origin_terminal_code": "WARD-PC"}
    assert await hub.refused("POST", PATH, other, token=lab) == (403, "forbidden")
    assert (await hub.register(origin_terminal_code="WARD-PC"))["origin_terminal_code"] == "WARD-PC"


async def test_an_offline_number_is_out_of_the_range_of_the_terminal(hub, lab):
    first = await hub.call("POST", PATH, AYESHA | {"offline": True}, token=lab)
    second = await hub.register(offline=True, origin_terminal_code="LAB1-PC")
    assert int(second["mrn"]) == int(first["mrn"]) + 1
    assert 710000 <= int(first["mrn"]) <= 710099
    assert first["is_offline_entry"] is True


async def test_an_old_program_of_a_desk_with_a_node_gets_numbers_of_another_block(hub):
    code = "NODE-PC"
    await hub.new_terminal(code, "760000-769999")
    first = await hub.register(offline=True, origin_terminal_code=code)
    assert first["mrn"] == "760000"
    key = {"public_key": "ab" * 32, "incarnation": "cd" * 8}
    await hub.call("POST", "/api/terminals/", {"code": code, **key})
    second = await hub.register(offline=True, origin_terminal_code=code)
    third = await hub.register(offline=True, origin_terminal_code=code)
    assert int(third["mrn"]) == int(second["mrn"]) + 1
    ranges = (await hub.get(f"/api/terminals/{code}/ranges/"))["results"]
    by_allocator = {one["allocator"]: one for one in ranges if one["closed"] is None}
    assert by_allocator["node"]["range"] == "760000-769999"
    own = by_allocator["coordinator"]
    assert own["start"] <= int(second["mrn"]) <= own["end"]
    assert "program" in own["source"]
    await hub.call("PATCH", "/api/pool/", {"on": False})
    try:
        for _ in range(2):
            await hub.register(offline=True, origin_terminal_code=code)
    finally:
        await hub.call("PATCH", "/api/pool/", {"on": True})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"offline": True}, "terminal_code_required"),
        ({"origin_terminal_code": "NOBODY"}, "terminal_not_found"),
        ({"origin_terminal_code": "WARD-PC", "offline": True}, "range_exhausted"),
        ({"origin_terminal_code": "LAB1-PC", "offline": True, "mrn": "7 1"}, "bad_mrn"),
        ({"origin_terminal_code": "LAB1-PC", "offline": True, "mrn": "5"}, "not_your_number"),
    ],
)
async def test_there_is_no_number(hub, lab, ward, fields, code):
    assert await hub.refused("POST", PATH, AYESHA | fields) == (400, code)


async def test_a_number_that_a_client_supplies_is_taken_once(hub):
    await hub.new_terminal("OLD-PC", "720000-720099")
    body = AYESHA | {"offline": True, "mrn": "720007", "origin_terminal_code": "OLD-PC"}
    assert (await hub.call("POST", PATH, body))["mrn"] == "720007"
    assert await hub.refused("POST", PATH, body) == (409, "mrn_conflict")
    terminal = await hub.get("/api/terminals/OLD-PC/")
    assert terminal["ranges"][0]["allocator"] == "client"


async def test_an_idempotency_key_counts_for_one_token_only(hub, lab, ward):
    headers = {"Idempotency-Key": "visit-1"}
    answers = [
        await hub.send("POST", PATH, AYESHA, token=token, headers=headers)
        for token in (lab, ward, lab)
    ]
    assert [status for status, _ in answers] == [201, 201, 200]
    first, other, again = [person["record_id"] for _, person in answers]
    assert first == again != other


async def test_nobody_is_registered_in_recovery(hub, lab):
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "a test"))
    for body in (AYESHA, AYESHA | {"offline": True}):
        assert await hub.refused("POST", PATH, body, token=lab) == (503, "in_recovery")
    await hub.call("POST", "/api/recovery/end/")
    assert await hub.register()
