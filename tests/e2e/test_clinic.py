"""The daemons as their users start them, over their command lines and HTTP APIs."""

import re

import pytest

from examples.clinic import Daemon, Failed, free_ports, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOHN = {
    "full_name": "John Doe",
    "father_name": "James Doe",
    "dob": "1990-01-01",
    "sex": "M",
    "phone": "03001234567",
    "cnic": "12345-1234567-1",
    "address": "123 Main St",
}
ONLINE = re.compile(r"PAT-\d{8}-\d{4}")
OWN = re.compile(r"71\d{4}")


async def post(daemon, http, body, **headers):
    async with http.post(
        f"{daemon.url}/api/patients/", json=body, headers=daemon.headers | headers
    ) as answer:
        return answer.status, await answer.json()


async def registered_online(desk, http, **fields):
    """A person with a number of the coordinator, as soon as that gives one in time.

    While the desk gives its own, nobody is registered: those would be in the way of its probes.
    """
    found = []

    async def given():
        if (await desk.call(http, "GET", "/api/status/"))["numbers"] != "online":
            return False
        status, answer = await post(desk, http, JOHN | fields)
        found.append(answer)
        return status == 201 and not answer["is_offline_entry"]

    await until("a number comes from the coordinator", given)
    return found[-1]


async def test_a_desk_registers_online_and_offline_and_all_arrives(clinic, desk, http):
    hub = clinic.coordinator
    online = await registered_online(desk, http)
    assert ONLINE.fullmatch(online["mrn"])
    assert online["synced_at"] is None
    assert {name: online[name] for name in JOHN} == JOHN

    _, offline = await post(desk, http, JOHN | {"offline": True, "full_name": "Jane Doe"})
    assert OWN.fullmatch(offline["mrn"])
    assert offline["is_offline_entry"] is True
    assert offline["origin_terminal_code"] == "LAB1-PC"

    async def confirmed():
        mine = await desk.call(http, "GET", f"/api/patients/{offline['record_id']}/")
        return mine["mrn_status"] == "admitted"

    await until("the verdict is back at the desk", confirmed)
    mine = await desk.call(http, "GET", f"/api/patients/{offline['id']}/")
    assert mine["synced_at"].endswith("Z")
    found, *_ = (await hub.call(http, "GET", "/api/patients/?query=jane"))["results"]
    assert found["mrn"] == offline["mrn"]
    assert found["synced_at"] == mine["synced_at"]
    (held,) = (await hub.call(http, "GET", f"/api/patients/mrn/{offline['mrn']}/"))["results"]
    assert held["record_id"] == offline["record_id"]
    assert online["record_id"] in await hub.everyone(http)
    assert await clinic.conflicts("list") == "No conflicts.\n"
    assert "takes numbers from the coordinator" in await desk.command("status")


async def test_a_hanging_coordinator_costs_nobody_a_number(clinic, desk, http):
    clinic.coordinator.suspend()
    numbers = [int((await post(desk, http, JOHN))[1]["mrn"]) for _ in range(3)]
    clinic.coordinator.resume()
    assert numbers == list(range(numbers[0], numbers[0] + 3))


async def test_the_same_key_gives_the_same_person_also_after_a_restart(desk, http):
    key = {"Idempotency-Key": "form-1"}
    body = JOHN | {"full_name": "Key Holder"}
    status, first = await post(desk, http, body, **key)
    assert status == 201
    assert await desk.stop() == 0
    await desk.start()
    status, again = await post(desk, http, body, **key)
    assert (status, again["mrn"]) == (200, first["mrn"])
    status, answer = await post(desk, http, body | {"sex": "F"}, **key)
    assert (status, answer["code"]) == (422, "key_reused")
    assert len((await desk.call(http, "GET", "/api/patients/?query=key holder"))["results"]) == 1


async def test_the_coordinator_serves_the_clients_of_the_earlier_system(clinic, http):
    hub = clinic.coordinator
    status, online = await post(hub, http, JOHN)
    assert status == 201
    assert ONLINE.fullmatch(online["mrn"])
    assert (online["origin_terminal"], online["synced_at"]) == (None, None)

    status, answer = await post(hub, http, JOHN | {"offline": True})
    assert (status, answer["detail"]) == (
        400,
        "origin_terminal_code is required when offline=True",
    )
    invalid = JOHN | {"offline": True, "origin_terminal_code": "INVALID-PC"}
    status, answer = await post(hub, http, invalid)
    assert (status, answer["detail"]) == (400, "Terminal 'INVALID-PC' not found or not active")

    await clinic.pool("off")
    await clinic.administer("add", "OLD-PC", "--range", "800000-800001")
    old = JOHN | {"offline": True, "origin_terminal_code": "OLD-PC"}
    people = [(await post(hub, http, old))[1] for _ in range(2)]
    assert [person["mrn"] for person in people] == ["800000", "800001"]
    assert all(person["is_offline_entry"] and person["synced_at"] for person in people)
    assert isinstance(people[0]["origin_terminal"], int)
    status, answer = await post(hub, http, old)
    assert (status, answer["detail"]) == (
        400,
        "Terminal OLD-PC has exhausted its offline MRN range (800000-800001). "
        "Please contact administrator to configure a new range.",
    )
    status, answer = await post(hub, http, old | {"mrn": "710005"})
    assert status == 400

    async def is_reported():
        status = await hub.call(http, "GET", "/api/status/")
        # Others may be raised besides, of the tests before.
        return {"no_block", "numbers_low"} <= {alarm["code"] for alarm in status["alarms"]}

    await until("the alarms are raised", is_reported)
    await clinic.pool("on")

    async def goes_on():
        return (await post(hub, http, old))[1].get("mrn") == "1000000"

    await until("a block of the pool has come", goes_on)
    await clinic.administer("deactivate", "OLD-PC")
    status, answer = await post(hub, http, old)
    assert (status, answer["detail"]) == (400, "Terminal 'OLD-PC' not found or not active")


async def test_a_number_of_a_desk_cannot_be_supplied_at_the_coordinator(clinic, http):
    supplied = JOHN | {"offline": True, "origin_terminal_code": "LAB1-PC", "mrn": "710005"}
    status, answer = await post(clinic.coordinator, http, supplied)
    assert (status, answer["detail"]) == (
        409,
        "Registration number already exists. Please check offline ranges or contact admin.",
    )


async def test_tokens_open_only_what_they_are_for(clinic, http):
    hub = clinic.coordinator
    for path in ("/api/patients/", "/api/terminals/", "/api/conflicts/", "/api/status/"):
        for header, code in (
            (None, "not_authorised"),
            ("Basic eA==", "not_authorised"),
            ("Bearer wrong", "token_wrong"),
        ):
            headers = {"Authorization": header} if header else {}
            async with http.get(hub.url + path, headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, code)
    printed = await clinic.administer("token", "LAB1-PC")
    lab = {"Authorization": f"Bearer {printed.split()[-1]}"}
    for path in ("/api/conflicts/", "/api/status/"):
        async with http.get(hub.url + path, headers=lab) as answer:
            assert answer.status == 403
    async with http.get(f"{hub.url}/api/terminals/", headers=lab) as answer:
        assert [known["code"] for known in (await answer.json())["results"]] == ["LAB1-PC"]
    other = JOHN | {"origin_terminal_code": "OTHER-PC"}
    status, answer = await post(hub, http, other, **lab)
    assert (status, answer["code"]) == (403, "forbidden")
    status, answer = await post(hub, http, JOHN, **lab)
    assert (status, answer["origin_terminal_code"]) == (201, "LAB1-PC")
    token = clinic.token.encode()
    for file in hub.folder.rglob("*"):
        assert file.is_dir() or token not in file.read_bytes()


async def test_a_key_counts_within_its_token_only(clinic, http):
    hub = clinic.coordinator
    people = []
    for code in ("COUNT-A", "COUNT-B"):
        await clinic.administer("add", code)
        printed = await clinic.administer("token", code)
        token = {"Authorization": f"Bearer {printed.split()[-1]}", "Idempotency-Key": "1"}
        status, person = await post(hub, http, JOHN, **token)
        assert (status, person["origin_terminal_code"]) == (201, code)
        people.append(person["record_id"])
    assert len(set(people)) == 2
    await clinic.administer("deactivate", "COUNT-B")
    async with http.get(f"{hub.url}/api/patients/", headers=token) as answer:
        assert answer.status == 403
    renewed = await clinic.administer("token", "COUNT-A")
    assert renewed.split()[-1] != printed.split()[-1]


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer \xff\xfe"}, {"Content-Type": "application/json; charset=nope"}],
)
async def test_odd_headers_are_the_clients_fault(clinic, http, headers):
    hub = clinic.coordinator
    async with http.post(
        f"{hub.url}/api/terminals/", data=b"{}", headers=hub.headers | headers
    ) as answer:
        assert answer.status in (400, 401)


async def test_a_name_that_cannot_be_kept_is_refused(clinic, http):
    hub = clinic.coordinator
    for name in ("x" * 300, "a\u0000b", "\ud800"):
        async with http.post(
            f"{hub.url}/api/terminals/", json={"code": "NAMED", "name": name}, headers=hub.headers
        ) as answer:
            refused = await answer.json()
            assert answer.status == 400
            assert refused["code"] in ("invalid_fields", "bad_request")


async def test_a_deactivated_desk_gets_no_number_from_anywhere(clinic, desk, http):
    await clinic.administer("deactivate", "LAB1-PC")

    async def has_heard():
        return (await desk.call(http, "GET", "/api/status/"))["state"] == "inactive"

    await until("the desk has heard of it", has_heard)
    for body in (JOHN, JOHN | {"offline": True}):
        status, answer = await post(desk, http, body)
        assert (status, answer["code"]) == (400, "terminal_not_found")
    await clinic.administer("activate", "LAB1-PC")

    async def may_again():
        return (await desk.call(http, "GET", "/api/status/"))["state"] == "active"

    await until("the desk is active", may_again)


async def test_overlapping_ranges_are_refused(clinic):
    with pytest.raises(Failed, match="overlaps 710000-719999 of LAB1-PC"):
        await clinic.administer("grant", "LAB1-PC", "719999-720000")


async def test_bad_fields_are_named(desk, http):
    bad = JOHN | {"sex": "X", "dob": "2999-01-01", "phone": "12"}
    status, answer = await post(desk, http, bad)
    assert (status, answer["code"]) == (400, "invalid_patient")
    assert set(answer) == {"sex", "dob", "phone", "detail", "code"}


async def test_two_daemons_cannot_use_one_folder(desk):
    with pytest.raises(Failed, match="Another daemon is using"):
        await desk.command("run")


async def test_a_range_is_handed_over_when_a_node_joins(clinic, http):
    hub = clinic.coordinator
    await clinic.administer("add", "WARD-PC")
    await clinic.administer("grant", "WARD-PC", "810000-810009")
    ward = JOHN | {"offline": True, "origin_terminal_code": "WARD-PC"}
    assert (await post(hub, http, ward))[1]["mrn"] == "810000"

    desk = Daemon("WARD-PC", "node.cli", hub.folder.with_name("WARD-PC"), *free_ports(2))
    addresses = ("--listen", desk.listen, "--sync-listen", desk.sync_listen)
    await clinic.enrol(desk, *addresses, "--witness", str(desk.witness))
    clinic.desks["WARD-PC"] = desk
    await desk.start()

    async def has_the_range():
        return bool((await desk.call(http, "GET", "/api/status/"))["ranges"])

    await until("the range has come", has_the_range)
    assert (await post(desk, http, JOHN | {"offline": True}))[1]["mrn"] == "810001"
    status, answer = await post(hub, http, ward)
    assert status == 201
    assert int(answer["mrn"]) not in range(810000, 810010), "of a further block of the pool"
