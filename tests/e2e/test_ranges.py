"""Terminals, their ranges and the pool, as an administrator and a client of the API see them."""

import json

import pytest
import pytest_asyncio

from examples.clinic import Clinic, Daemon, Failed, free_ports, until
from tests.e2e.test_clinic import JOHN, post

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(tmp_path_factory):
    """A desk whose range is small."""
    clinic = Clinic(tmp_path_factory.mktemp("ranges"))
    try:
        await clinic.open({"LAB1-PC": "710000-710009"})
        yield clinic
    finally:
        statuses = await clinic.close()
    assert set(statuses.values()) == {0}


async def ranges_of(desk, http):
    status = await desk.call(http, "GET", "/api/status/")
    return {range_["range"]: range_["remaining"] for range_ in status["ranges"]}


async def register_offline(desk, http):
    status, person = await post(desk, http, JOHN | {"offline": True})
    assert status == 201, person
    return int(person["mrn"])


async def test_a_desk_that_runs_low_while_connected_gets_its_spare_by_itself(clinic, desk, http):
    shown = [await register_offline(desk, http) for _ in range(8)]

    async def has_a_spare():
        return await ranges_of(desk, http) == {"710000-710009": 2, "1000000-1009999": 10_000}

    await until("the spare has come", has_a_spare)
    shown += [await register_offline(desk, http) for _ in range(3)]
    assert shown == [*range(710_000, 710_010), 1_000_000]
    hub = clinic.coordinator
    found = await hub.call(http, "GET", "/api/terminals/lab1-pc/ranges/")
    assert [(one["range"], one["source"]) for one in found["results"]] == [
        ("710000-710009", "administrator"),
        ("1000000-1009999", "pool: 80.0 % of 10 used"),
    ]


async def test_usage_in_one_line_a_terminal(clinic, desk, http):
    hub = clinic.coordinator
    await until("the last number is known", lambda: knows_last_number(hub, http, "1000000"))
    lines = (await clinic.administer("usage")).splitlines()
    assert lines == [
        "LAB1-PC: 1/10000 used (0.0%), 9999 remaining",
        lines[1],
    ]
    assert "11 confirmed, 0 waiting, 11.0 a day, used up in 909 days, about" in lines[1]
    (row,) = json.loads(await clinic.administer("usage", "--json"))
    assert (row["used"], row["total"], row["remaining"], row["days_left"]) == (1, 10000, 9999, 909)


async def knows_last_number(hub, http, mrn):
    answer = await hub.call(http, "GET", "/api/terminals/LAB1-PC/")
    return str(answer["offline_current"]) == mrn


async def test_a_client_of_the_earlier_server(clinic, http):
    hub = clinic.coordinator

    async def call(method, path, body=None):
        async with http.request(method, hub.url + path, json=body, headers=hub.headers) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    status, made = await call(
        "POST",
        "/api/terminals/",
        {
            "code": "old-pc",
            "name": "Old desk",
            "offline_range_start": 750_000,
            "offline_range_end": 759_999,
            "offline_current": 750_412,
            "is_active": True,
        },
    )
    assert (status, made["code"], made["offline_current"]) == (201, "OLD-PC", 750_412)
    for path in (f"/api/terminals/{made['id']}/", "/api/terminals/Old-Pc/"):
        assert await call("GET", path) == (200, made)
    listed = await hub.call(http, "GET", "/api/terminals/")
    assert (listed["count"], listed["next"], listed["previous"]) == (2, None, None)
    assert [one["code"] for one in listed["results"]] == ["LAB1-PC", "OLD-PC"]

    path = f"/api/terminals/{made['id']}/"
    assert (await call("PATCH", path, made))[1] == made, "what was told and comes back is no change"
    status, answer = await call("PATCH", path, {"offline_current": 750_000})
    assert (status, answer["code"]) == (400, "mark_fixed")
    status, answer = await call("PATCH", path, {"offline_range_end": 769_999})
    assert (status, answer["code"]) == (400, "overlapping_range")
    new = {"offline_range_start": 760_000, "offline_range_end": 760_009, "name": "Ward 3"}
    status, answer = await call("PATCH", path, new)
    assert (status, answer["name"], len(answer["ranges"])) == (200, "Ward 3", 2)

    person = JOHN | {"offline": True, "origin_terminal_code": "old-pc"}
    status, registered = await post(hub, http, person)
    assert (status, registered["mrn"], registered["origin_terminal"]) == (201, "750413", made["id"])

    assert await call("DELETE", path) == (204, None)
    assert (await call("GET", path))[1]["state"] == "retired"
    status, answer = await post(hub, http, person)
    assert (status, answer["detail"]) == (400, "Terminal 'OLD-PC' not found or not active")
    for method, where, body in (
        ("POST", "/api/terminals/", {"code": "OLD-PC"}),
        ("POST", f"{path}ranges/", {"range": "770000-770009"}),
        ("PATCH", path, {"is_active": True}),
    ):
        status, answer = await call(method, where, body)
        assert (status, answer["code"]) == (400, "terminal_ended")
        assert "is retired (deleted)" in answer["detail"]
    people = (await hub.call(http, "GET", "/api/patients/mrn/750413/"))["results"]
    assert people[0]["origin_terminal_code"] == "OLD-PC"
    assert (await call("DELETE", "/api/terminals/nobody/"))[0] == 404


async def test_a_new_computer_takes_the_place_of_a_broken_one(clinic, desk, http):
    hub = clinic.coordinator
    printed = await clinic.administer("replace", "lab1-pc", "--reason", "the disk died", "--yes")
    assert "replaced (the disk died), without a node" in printed
    new = Daemon("LAB1-PC", "node.cli", hub.folder.with_name("LAB1-PC-new"), *free_ports(2))
    addresses = ("--listen", new.listen, "--sync-listen", new.sync_listen)
    await clinic.enrol(new, *addresses, "--witness", str(new.witness))
    clinic.desks["new LAB1-PC"] = new
    await new.start()

    async def works():
        return 10_000 in (await ranges_of(new, http)).values()

    await until("the new computer has a block of its own", works)
    assert await register_offline(new, http) == 1_010_000

    async def refused():
        status = await desk.call(http, "GET", "/api/status/")
        return status["refused"] is not None and status["refused"]["reason"] == "withdrawn"

    await until("the broken one has heard that it is out", refused)

    async def gives_no_number():
        status, answer = await post(desk, http, JOHN | {"offline": True})
        assert status == 400
        return answer["code"] == "no_range"  # terminal_not_found until it knows of the new one

    await until("it knows that its range is closed", gives_no_number)


async def test_the_pool_on_the_command_line(clinic, http):
    assert await clinic.pool("show") == (
        "Pool 1000000-9999999 in blocks of 10000: on.\nThe next free block is 1020000-1029999.\n"
    )
    assert "off" in await clinic.pool("off")
    assert "2000000-2000099" in await clinic.pool("set", "2000000-2999999", "--block", "100")
    printed = await clinic.administer("grant", "LAB1-PC")
    assert "2000000-2000099  issued by the node" in printed
    with pytest.raises(Failed, match="no block that begins at a multiple"):
        await clinic.pool("set", "1-5")
    answer = json.loads(await clinic.pool("show", "--json"))
    assert (answer["on"], answer["next"]) == (True, "2000100-2000199")
