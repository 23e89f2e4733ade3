"""People over HTTP at running daemons: the earlier system's own examples, and what is new."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from examples.clinic import free_ports, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLD = "OLD-PC"
JOHN = """
{
  "full_name": "John Doe",
  "father_name": "James Doe",
  "dob": "1990-01-01",
  "sex": "M",
  "phone": "03001234567",
  "cnic": "12345-1234567-1",
  "address": "123 Main St"
}
"""
JANE = """
{
  "full_name": "Jane Doe",
  "father_name": "John Doe",
  "dob": "1992-05-15",
  "sex": "F",
  "phone": "03009876543",
  "cnic": "54321-7654321-1",
  "address": "456 Lab St",
  "offline": true,
  "origin_terminal_code": "LAB1-PC"
}
"""


async def call(daemon, http, method, path, body=None, **headers):
    """Status and answer, the body sent as it stands."""
    headers |= daemon.headers
    data = json.dumps(body) if isinstance(body, dict) else body
    if data is not None:
        headers["Content-Type"] = "application/json"
    async with http.request(method, daemon.url + path, data=data, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_the_examples_at_a_desk(desk, http):
    made = []

    async def numbered_by_the_coordinator():
        if (await desk.call(http, "GET", "/api/status/"))["numbers"] != "online":
            return False
        made.append(await call(desk, http, "POST", "/api/patients/", JOHN))
        return made[-1][1]["mrn"].startswith("PAT-")

    await until("the coordinator gives a number in time", numbered_by_the_coordinator)
    status, john = made[-1]
    assert status == 201
    assert (john["is_offline_entry"], john["synced_at"]) == (False, None)
    assert json.loads(JOHN).items() <= john.items()
    status, jane = await call(desk, http, "POST", "/api/patients/", JANE)
    assert status == 201
    assert (jane["mrn"][:2], jane["is_offline_entry"]) == ("71", True)
    assert isinstance(jane["origin_terminal"], int)
    assert jane["origin_terminal_code"] == "LAB1-PC"

    async def synced():
        _, now = await call(desk, http, "GET", f"/api/patients/{jane['id']}/")
        return now["synced_at"] is not None

    await until("the verdict is back", synced)
    _, john = await call(desk, http, "GET", f"/api/patients/{john['id']}/")
    assert john["synced_at"] is None, "an online registration never has one"


async def test_the_examples_at_the_coordinator(clinic, http):
    hub = clinic.coordinator
    await clinic.pool("off")
    await clinic.administer("add", OLD, "--range", "820000-820001")
    status, john = await call(hub, http, "POST", "/api/patients/", JOHN)
    assert (status, john["origin_terminal"], john["synced_at"]) == (201, None, None)
    assert john["is_offline_entry"] is False
    jane = json.loads(JANE) | {"origin_terminal_code": OLD}
    status, offline = await call(hub, http, "POST", "/api/patients/", jane)
    assert (status, offline["mrn"], offline["is_offline_entry"]) == (201, "820000", True)
    assert isinstance(offline["origin_terminal"], int)
    assert offline["synced_at"].endswith("Z"), "at once"
    named = json.loads(JOHN) | {"origin_terminal_code": OLD}
    _, online = await call(hub, http, "POST", "/api/patients/", named)
    assert (online["origin_terminal"], online["synced_at"]) == (offline["origin_terminal"], None)


async def test_the_four_sentences(clinic, desk, http):
    hub = clinic.coordinator
    jane = json.loads(JANE)
    old_jane = jane | {"origin_terminal_code": OLD}
    without = {name: value for name, value in jane.items() if name != "origin_terminal_code"}
    for body, status, code, sentence in (
        (
            without,
            400,
            "terminal_code_required",
            "origin_terminal_code is required when offline=True",
        ),
        (
            jane | {"origin_terminal_code": "INVALID-PC"},
            400,
            "terminal_not_found",
            "Terminal 'INVALID-PC' not found or not active",
        ),
        (old_jane, 201, None, None),
        (
            old_jane,
            400,
            "range_exhausted",
            "Terminal OLD-PC has exhausted its offline MRN range (820000-820001). "
            "Please contact administrator to configure a new range.",
        ),
        (
            old_jane | {"mrn": "820001"},
            409,
            "mrn_conflict",
            "Registration number already exists. Please check offline ranges or contact admin.",
        ),
    ):
        answered, answer = await call(hub, http, "POST", "/api/patients/", body)
        assert (answered, answer.get("code"), answer.get("detail")) == (status, code, sentence)
    supplied = jane | {"mrn": "710000"}
    status, answer = await call(desk, http, "POST", "/api/patients/", supplied)
    assert (status, answer["code"]) == (409, "mrn_conflict")


async def test_a_client_that_has_numbered_somebody_itself(desk, http):
    body = json.loads(JANE) | {"mrn": "710007", "full_name": "Sana Malik"}
    status, sana = await call(desk, http, "POST", "/api/patients/", body)
    assert (status, sana["mrn"]) == (201, "710007")
    _, following = await call(desk, http, "POST", "/api/patients/", JANE)
    assert following["mrn"] == "710008"
    other = json.loads(JANE) | {"origin_terminal_code": "OLD-PC"}
    status, answer = await call(desk, http, "POST", "/api/patients/", other)
    assert (status, answer["code"]) == (409, "other_terminal")
    status, answer = await call(desk, http, "POST", "/api/patients/", body | {"mrn": "719000"})
    assert (status, answer["code"]) == (400, "not_your_number")


async def test_one_request_twice_is_one_person(clinic, desk, http):
    for daemon in (desk, clinic.coordinator):
        key = {"Idempotency-Key": f"visit-118-{daemon.name}"}
        first = await call(daemon, http, "POST", "/api/patients/", JOHN, **key)
        again = await call(daemon, http, "POST", "/api/patients/", JOHN, **key)
        assert (first[0], again[0]) == (201, 200)
        assert first[1]["record_id"] == again[1]["record_id"]


async def test_a_correction_at_a_desk_is_seen_at_the_coordinator(clinic, desk, http):
    hub = clinic.coordinator
    _, person = await call(desk, http, "POST", "/api/patients/", JOHN)
    path = f"/api/patients/{person['record_id']}/"
    change = {"full_name": "John Q. Doe", "address": None, "operator": "sadia"}
    status, corrected = await call(desk, http, "PATCH", path, change)
    assert (status, corrected["full_name"], corrected["address"]) == (200, "John Q. Doe", None)
    assert corrected["mrn"] == person["mrn"]

    async def arrived():
        status, there = await call(hub, http, "GET", path)
        return status == 200 and there["full_name"] == "John Q. Doe"

    await until("the correction has arrived", arrived)
    _, history = await call(hub, http, "GET", f"{path}history/")
    (amended,) = (entry for entry in history["results"] if entry["kind"] == "amended")
    assert (amended["by"], amended["operator"]) == ("LAB1-PC", "sadia")
    assert amended["fields"] == {"full_name": "John Q. Doe", "address": None}
    status, answer = await call(desk, http, "PATCH", path, {"mrn": "1", "sex": "X"})
    assert (status, answer.keys()) == (400, {"mrn", "sex", "detail", "code"})


async def test_a_lims_follows_the_changes_across_a_restart(clinic, desk, http):
    async def everything(cursor):
        found = []
        more = True
        while more:
            path = f"/api/changes/?after={cursor}&limit=3"
            _, answer = await call(desk, http, "GET", path)
            found += answer["results"]
            cursor, more = answer["cursor"], answer["more"]
        return cursor, found

    cursor, before = await everything(0)
    assert {"registered", "amended", "admitted"} <= {entry["change"] for entry in before}
    sent = asyncio.Event()

    async def noted(*_):
        sent.set()

    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(noted)
    async with aiohttp.ClientSession(trace_configs=[tracing]) as other:
        path = f"/api/changes/?after={cursor}&wait=60"
        waiting = asyncio.create_task(call(desk, other, "GET", path))
        await sent.wait()
        await call(desk, http, "GET", "/api/health/")  # it was read by then
        assert await desk.stop() == 0
        status, answer = await asyncio.wait_for(waiting, 30)
    assert (status, answer["results"]) == (200, [])
    await desk.start()
    _, again = await everything(0)
    assert [entry["cursor"] for entry in again[: len(before)]] == [
        entry["cursor"] for entry in before
    ]
    cursor = again[-1]["cursor"]
    _, person = await call(desk, http, "POST", "/api/patients/", JANE)
    _, heard = await call(desk, http, "GET", f"/api/changes/?after={cursor}&wait=20")
    assert heard["results"][0]["change"] in ("registered", "admitted")
    assert person["record_id"] in {entry["patient"]["record_id"] for entry in heard["results"]}


async def test_a_webhook_from_the_command_line_to_a_receiver(clinic, http):
    hub = clinic.coordinator
    got = asyncio.Queue()

    async def receive(request):
        got.put_nowait((await request.json(), request.headers["Mrnmesh-Signature"]))
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/changes", receive)])
    runner = web.AppRunner(app)
    await runner.setup()
    (port,) = free_ports(1)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    how = ("--url", hub.url, "--token", clinic.token)
    url = f"http://127.0.0.1:{port}/changes"
    said = await hub.command("webhooks", "add", url, *how)
    assert f"Changes go to {url}" in said
    _, person = await call(hub, http, "POST", "/api/patients/", JOHN)
    heard, signed = await asyncio.wait_for(got.get(), 60)
    assert person["record_id"] in {one["patient"]["record_id"] for one in heard["results"]}
    assert signed.startswith("sha256=")
    assert url in await hub.command("webhooks", "list", *how)
    await hub.command("webhooks", "remove", "1", *how)
    assert await hub.command("webhooks", "list", *how) == "No webhooks.\n"
    await runner.cleanup()


async def test_the_description_its_page_and_health_need_no_token(clinic, desk, http):
    for daemon in (clinic.coordinator, desk):
        async with http.get(f"{daemon.url}/api/docs/") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            page = await answer.text()
        assert "/openapi.json" in page
        assert "https://" not in page, "nothing is loaded from elsewhere"
        async with http.get(f"{daemon.url}/openapi.json") as answer:
            document = await answer.json()
        assert "/api/patients/{id}/history/" in document["paths"]
        async with http.get(f"{daemon.url}/api/health/") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ok")
    async with http.get(f"{clinic.coordinator.url}/api/patients/") as answer:
        assert answer.status == 401
