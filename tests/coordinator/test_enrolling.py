"""The port for enrolment: open while there are codes, bounded, and told of when it cannot open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import aiohttp
import pytest

from coordinator import enrolling
from sync.trust import codes, tls
from sync.trust.credentials import AUTHORITY, read_certificate
from tests.daemons import enrolled, new_code, open_hub

LAB = "LAB1-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


def is_open(hub):
    try:
        with socket.create_connection(("127.0.0.1", port(hub)), 60) as line:
            line.sendall(b"no TLS")
            with contextlib.suppress(ConnectionError):
                line.recv(1000)
    except ConnectionRefusedError:
        return False
    return True


def port(hub):
    return hub.config.enrol_listen.port


async def ask(hub, method, path, **how):
    """Status and answer of a stranger's call."""
    trusted = [read_certificate(hub.config.folder / AUTHORITY)]
    url = f"https://127.0.0.1:{port(hub)}{path}"
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, url, ssl=tls.stranger(trusted), **how) as response,
    ):
        return response.status, await response.json()


async def test_nobody_listens_before_there_is_a_code_and_after_the_last_one(hub, monkeypatch):
    assert not await asyncio.to_thread(is_open, hub)
    await new_code(hub, LAB, valid_s=60)
    assert await asyncio.to_thread(is_open, hub)
    await hub.daemon._door.look()
    assert await asyncio.to_thread(is_open, hub)
    later = hub.replica.now_ms + 60_000
    monkeypatch.setattr(type(hub.replica), "now_ms", property(lambda _: later))
    await hub.daemon._door.look()
    assert not await asyncio.to_thread(is_open, hub)


async def test_nobody_listens_for_weeks_when_the_clock_goes_back(hub, monkeypatch):
    await new_code(hub, LAB)
    before = hub.replica.now_ms - 50 * 86_400_000
    monkeypatch.setattr(type(hub.replica), "now_ms", property(lambda _: before))
    await hub.daemon._door.look()
    assert not await asyncio.to_thread(is_open, hub)


async def test_codes_that_are_made_at_once_open_it_once(hub):
    made = await asyncio.gather(*(new_code(hub, f"PC-{number}") for number in range(5)))
    assert len(set(made)) == 5
    assert await asyncio.to_thread(is_open, hub)


async def test_after_a_restart_the_codes_are_good_as_before(hub, tmp_path):
    code = await new_code(hub, LAB)
    await hub.daemon._door.close()
    hub.daemon._door._spans = []
    await hub.daemon._door.start()
    await hub.daemon._door.look()
    assert (await enrolled(tmp_path, code, "lab")).config.code == LAB


async def test_a_port_that_is_taken_is_told_of(hub):
    with socket.create_server(("127.0.0.1", port(hub))):
        status, answer = await hub.send("POST", "/api/enrolments/", {"code": LAB})
        assert (status, answer["code"]) == (400, "cannot_listen")
        (alarm,) = hub.daemon._door.alarms()
        assert alarm.code == "no_enrolment"
    await new_code(hub, LAB)
    assert hub.daemon._door.alarms() == []


async def test_the_certificate_of_the_authority_is_no_secret(hub):
    await new_code(hub, LAB)
    status, answer = await ask(hub, "GET", "/authority")
    assert status == 200
    assert set(answer) == {"authority"}


async def test_whoever_sends_no_body_keeps_no_desk_out(hub):
    await new_code(hub, LAB)
    trusted = [read_certificate(hub.config.folder / AUTHORITY)]
    begun = b"POST /look HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    lines = []
    for _ in range(enrolling.CONNECTIONS_MAX):
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port(hub), ssl=tls.stranger(trusted), server_hostname="x"
        )
        writer.write(begun)
        lines.append(writer)
    server = hub.daemon._door._listener._runner.server
    # The daemon runs on this very loop.
    while sum(one.at_work for one in server.connections) < len(lines):  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert (await ask(hub, "GET", "/authority"))[0] == 200
    for writer in lines:
        writer.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"id": "zz", "secret": "00"}, 400),
        ({"id": "00" * 5, "secret": "00" * 16}, 403),
        ({"id": "00" * 5, "secret": "00" * 16, "more": 1}, 400),
        ([], 400),
    ],
)
async def test_what_is_no_code_is_refused(hub, body, status):
    await new_code(hub, LAB)
    found, answer = await ask(hub, "POST", "/look", json=body)
    assert found == status
    assert answer["detail"]


async def test_a_body_that_is_too_long_is_not_read(hub):
    await new_code(hub, LAB)
    data = b"x" * (enrolling.BODY_BYTES_MAX + 1)
    status, _ = await ask(hub, "POST", "/enrol", data=data)
    assert status == 413


async def test_a_signature_of_another_key_is_refused(hub):
    code = codes.parse(await new_code(hub, LAB))
    body = {
        "id": code.id.hex(),
        "secret": code.secret.hex(),
        "terminal": "",
        "key": "11" * 32,
        "tls_key": "22" * 91,
        "incarnation": "33" * 8,
        "signature": "44" * 64,
    }
    status, answer = await ask(hub, "POST", "/enrol", json=body)
    assert (status, answer["code"]) == (403, "enrol_proof_wrong")
    assert not hub.replica.registry.terminals[LAB].has_node


async def test_in_recovery_nobody_is_let_in(hub, tmp_path):
    code = await new_code(hub, LAB)
    await hub.replica.write(lambda tx: (tx.begin(), setattr(tx.store.meta, "recovery", "a test")))
    with pytest.raises(Exception, match="recovery"):
        await enrolled(tmp_path, code, "lab")
    status, _ = await hub.send("POST", "/api/enrolments/", {"code": LAB})
    assert status == 503


async def test_nothing_of_a_code_is_logged(hub, tmp_path, caplog):
    caplog.set_level("DEBUG")
    text = await new_code(hub, LAB)
    code = codes.parse(text)
    await enrolled(tmp_path, text, "lab")
    wrong = codes.fresh(code.host, code.port, code.fingerprint)
    with pytest.raises(Exception, match="does not know"):
        await enrolled(tmp_path, wrong.text, "other")
    for secret in (code.secret.hex(), wrong.secret.hex(), text, json.dumps(code.secret.hex())):
        assert secret not in caplog.text


async def test_a_code_names_an_address_that_others_reach(hub, monkeypatch):
    assert codes.parse(await new_code(hub, LAB)).host == "127.0.0.1"
    anywhere = hub.daemon._door._address._replace(host="0.0.0.0")
    monkeypatch.setattr(hub.daemon._door, "_address", anywhere)
    host = codes.parse(await new_code(hub, LAB)).host
    assert host not in ("0.0.0.0", "")


async def test_a_passphrase_is_asked_for_and_kept_while_a_code_is_open(hub, tmp_path, monkeypatch):
    path, secret = "/api/authority/passphrase/", "correct horse"
    assert not (await hub.call("POST", path, {"new": secret}))["locked"]
    await hub.daemon._door.look()
    assert (await hub.get("/api/authority/"))["locked"]
    for given, status in ({}, 409), ({"passphrase": "wrong"}, 403):
        found, _ = await hub.send("POST", "/api/enrolments/", {"code": LAB} | given)
        assert found == status
    code = await new_code(hub, LAB, passphrase=secret)
    await hub.daemon._door.look()
    assert (await enrolled(tmp_path, code, "lab")).config.code == LAB
    later = hub.replica.now_ms + 3_600_000
    monkeypatch.setattr(type(hub.replica), "now_ms", property(lambda _: later))
    await hub.daemon._door.look()
    assert (await hub.get("/api/authority/"))["locked"]
    assert (await hub.send("POST", path, {"new": "another one"}))[0] == 409
    assert (await hub.send("POST", path, {"old": "wrong", "new": "another one"}))[0] == 403
    assert not (await hub.call("POST", path, {"old": secret}))["locked"]
    await hub.daemon._door.look()
    assert not (await hub.get("/api/authority/"))["locked"]


async def test_a_passphrase_is_written_nowhere(hub, caplog):
    caplog.set_level("DEBUG")
    await hub.call("POST", "/api/authority/passphrase/", {"new": "correct horse"})
    await hub.daemon._door.look()
    await new_code(hub, LAB, passphrase="correct horse")
    assert "correct horse" not in caplog.text
    kept = b"".join(path.read_bytes() for path in hub.config.folder.rglob("*") if path.is_file())
    assert b"correct horse" not in kept
