"""What the API answers when something goes wrong, to whom, and what the log says of it."""

import asyncio
import errno
import json
import logging
from typing import NoReturn

import aiohttp
import pytest

from sync.http.address import Address
from sync.http.app import new_application
from sync.http.operations import BODY_BYTES_MAX, Needs, Operation
from sync.http.server import serve
from tests.sync.http.frontdesk import AYESHA, ORIGIN, front_desk

SECRET = "Ayesha Khan 12345-1234567-1"


async def breaks(_request) -> NoReturn:
    raise KeyError(SECRET)


async def breaks_deeply(_request) -> NoReturn:
    try:
        json.loads(SECRET)
    except ValueError as error:
        raise RuntimeError(SECRET) from error


async def fills_the_disk(_request) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device", "/data/node.toml")


async def waits_for_ever(_request) -> NoReturn:
    raise TimeoutError


BROKEN = (
    Operation("PATCH", "/broken/", fills_the_disk, "Break", needs=Needs.THIS_COMPUTER),
    Operation("DELETE", "/broken/", waits_for_ever, "Break", needs=Needs.THIS_COMPUTER),
    Operation("GET", "/broken/{name}/", breaks, "Break", needs=Needs.THIS_COMPUTER),
    Operation("POST", "/broken/", breaks_deeply, "Break", needs=Needs.THIS_COMPUTER),
)


@pytest.fixture
async def desk(tmp_path):
    async with front_desk(tmp_path, BROKEN) as desk:
        yield desk


# what is not foreseen


async def test_a_file_that_the_system_refuses_is_named_with_what_to_do(desk):
    status, answer = await desk.call("PATCH", "/broken/")
    assert (status, answer["code"]) == (503, "file_fails")
    assert answer["detail"].startswith("/data/node.toml cannot be used: the disk is full.")


async def test_a_time_that_is_over_is_about_no_file(desk):
    status, answer = await desk.call("DELETE", "/broken/")
    assert (status, answer["code"]) == (500, "internal")


async def test_what_nobody_foresaw_tells_a_mark_and_no_traceback_or_patient(desk, caplog):
    for method, path in (("GET", f"/broken/{SECRET}/"), ("POST", "/broken/")):
        caplog.clear()
        status, answer = await desk.call(method, path)
        assert (status, answer["code"]) == (500, "internal")
        mark = answer["detail"].split()[-1].rstrip(".")
        logged = caplog.text
        assert f"internal {mark}" in logged, "whoever is told a mark finds it in the log"
        assert "breaks" in logged, "the log says where"
        for text in (json.dumps(answer), logged):
            assert "Ayesha" not in text
            assert "12345" not in text
        assert "Traceback" not in json.dumps(answer)


async def test_what_a_client_sent_wrong_is_not_in_the_log(desk, caplog):
    caplog.set_level(logging.DEBUG)
    await desk.call("POST", "/api/patients/", json=AYESHA | {"cnic": "4210-SECRET", "sex": "X"})
    await desk.call("GET", "/api/patients/?query=Ayesha&page=0")
    await desk.call("POST", "/api/patients/", json=AYESHA)
    assert "SECRET" not in caplog.text
    assert "Ayesha" not in caplog.text


async def test_a_body_that_is_too_large(desk):
    body = AYESHA | {"address": "x" * BODY_BYTES_MAX}
    status, answer = await desk.call("POST", "/api/patients/", json=body)
    assert (status, answer["code"]) == (413, "http_413")
    assert (
        answer["detail"] == "The body is too large: at most 64 KiB can be sent. Send less at once."
    )


async def test_a_path_or_method_that_is_not_there(desk):
    for method, path, status in (
        ("GET", "/api/nowhere/", 404),
        ("DELETE", "/api/patients/1/", 405),
        ("PUT", "/api/patients/1/", 405),
        ("GET", "/api/patients", 404),
    ):
        answered, answer = await desk.call(method, path)
        assert (answered, answer["code"]) == (status, f"http_{status}")


# the disk


async def test_a_full_disk_is_said_and_the_register_works_again_afterwards(desk, caplog):
    before = await desk.register()
    connection = desk.replica._writer.store.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (was,) = connection.execute("PRAGMA max_page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(200):
        body = AYESHA | {"full_name": f"Test Person {number}", "address": "x" * 500}
        status, answer = await desk.call("POST", "/api/patients/", json=body)
        if status != 201:
            break
    assert (status, answer["code"]) == (503, "disk_full")
    assert "Free some space, then send this again" in answer["detail"]
    assert "disk_full" in caplog.text
    assert "Test Person" not in caplog.text
    taken = (await desk.get("/api/patients/"))["count"]
    assert taken == 1 + number, "nothing of what failed is there, and what is there can be read"
    connection.execute(f"PRAGMA max_page_count = {was}")
    after = await desk.register(full_name="Bilal Khan")
    assert int(after["mrn"]) > int(before["mrn"])
    assert (await desk.get("/api/patients/"))["count"] == taken + 1


async def test_a_disk_that_cannot_be_written_is_said_and_is_no_end(desk):
    person = await desk.register()
    connection = desk.replica._writer.store.connection
    connection.execute("PRAGMA query_only = ON")
    for method, path, body in (
        ("POST", "/api/patients/", AYESHA),
        ("PATCH", f"/api/patients/{person['id']}/", {"sex": "M"}),
    ):
        status, answer = await desk.call(method, path, json=body)
        assert (status, answer["code"]) == (503, "disk_read_only")
        assert "mounted for reading only" in answer["detail"]
    assert (await desk.get("/api/health/"))["status"] == "ok"
    connection.execute("PRAGMA query_only = OFF")
    status, answer = await desk.call("PATCH", f"/api/patients/{person['id']}/", json={"sex": "M"})
    assert (status, answer["sex"]) == (200, "M")


async def test_a_damaged_page_is_never_said_to_lose_nothing(desk):
    person = await desk.register()
    (path,) = [found for found in desk.replica.folder.iterdir() if found.name == "register.db"]
    connection = desk.replica._writer.store.connection
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'patients'"
    (page,) = connection.execute(query).fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    connection.execute("PRAGMA shrink_memory")
    for method, where, body in (
        ("POST", "/api/patients/", AYESHA),
        ("GET", f"/api/patients/{person['id']}/", None),
        ("GET", "/api/patients/?query=Ayesha", None),
    ):
        status, answer = await desk.call(method, where, json=body)
        assert (status, answer["code"]) == (503, "store_damaged"), where
        assert "restore the last good backup" in answer["detail"]
    assert desk.replica.health.damaged is not None
    assert desk.replica.health.doubted, "all of it is looked at soon"


# too many


async def test_too_many_writes_at_once_are_turned_away_and_reads_are_not():
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request) -> dict:
        begun.set()
        await go_on.wait()
        return {}

    async def fast(_request) -> dict:
        return {}

    ports = []
    app = new_application(
        lambda: ports,
        [
            Operation("POST", "/slow", slow, "Wait", needs=Needs.THIS_COMPUTER),
            Operation("GET", "/fast", fast, "Answer", needs=Needs.THIS_COMPUTER),
        ],
        writes_at_once=1,
    )
    listener = await serve(app, Address("127.0.0.1", 0))
    ports.append(listener.port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listener.port}") as http:
        first = asyncio.create_task(http.post("/slow"))
        await begun.wait()
        async with http.post("/slow") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
            assert (await answer.json())["code"] == "busy"
        async with http.get("/fast") as answer:
            assert answer.status == 200
        go_on.set()
        assert (await first).status == 200
        async with http.post("/slow") as answer:
            assert answer.status == 200
    await listener.close()


# other sites


async def ask(desk, method, path, **headers):
    async with desk.http.request(method, path, headers=headers) as answer:
        return answer.status, answer.headers


PREFLIGHT = {"Access-Control-Request-Method": "POST"}


async def test_a_named_site_may_ask_and_call(desk):
    status, headers = await ask(desk, "OPTIONS", "/api/patients/", Origin=ORIGIN, **PREFLIGHT)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Vary"] == "Origin"
    assert {"GET", "POST", "PATCH"} <= set(headers["Access-Control-Allow-Methods"].split(", "))
    allowed = {name.lower() for name in headers["Access-Control-Allow-Headers"].split(", ")}
    assert {"authorization", "content-type", "idempotency-key"} <= allowed
    assert "Access-Control-Allow-Private-Network" not in headers
    status, headers = await ask(desk, "GET", "/api/patients/", Origin=ORIGIN)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)


async def test_a_named_site_may_call_into_this_network(desk):
    private = {"Access-Control-Request-Private-Network": "true"}
    status, headers = await ask(
        desk, "OPTIONS", "/api/patients/", Origin=ORIGIN, **PREFLIGHT, **private
    )
    assert (status, headers["Access-Control-Allow-Private-Network"]) == (204, "true")


@pytest.mark.parametrize("path", ["/api/patients/99/", "/api/nowhere/", "/broken/x/"])
async def test_a_named_site_can_read_what_went_wrong(desk, path):
    status, headers = await ask(desk, "GET", path, Origin=ORIGIN)
    assert status >= 400
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://lims.example", "https://lims.example:444", "null"]
)
async def test_another_site_may_do_neither(desk, origin):
    for method, path, more in (
        ("OPTIONS", "/api/patients/", PREFLIGHT),
        ("GET", "/api/patients/", {}),
        ("POST", "/api/patients/", {}),
    ):
        status, headers = await ask(desk, method, path, Origin=origin, **more)
        assert status == 403
        assert not [name for name in headers if name.startswith("Access-Control")]


async def test_a_named_site_under_another_host_name_is_refused(desk):
    status, _ = await ask(desk, "GET", "/api/patients/", Origin=ORIGIN, Host="evil.example")
    assert status == 403
