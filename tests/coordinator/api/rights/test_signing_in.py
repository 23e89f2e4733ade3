"""Signing in: what the cookie is worth, to whom, and for how long."""

import aiohttp
import pytest

from coordinator import password_reset
from coordinator.users.attempts import OWN
from sync.http.callers.sessions import IDLE_S
from sync.trust import passwords
from tests.daemons import AYESHA

SIGN_IN = "/api/sign-in/"


@pytest.fixture
async def signed_in(browser, sadia):
    """A browser in which Sadia is signed in."""
    opened = await browser()
    status, answer = await opened.sign_in(" SADIA malik", sadia["password"])
    assert (status, answer["name"], answer["role"]) == (200, "Sadia Malik", "administrator")
    return opened


async def test_the_cookie_is_kept_from_scripts_and_other_sites(hub, sadia):
    body = {"name": sadia["name"], "password": sadia["password"]}
    async with aiohttp.ClientSession(hub.url) as http, http.post(SIGN_IN, json=body) as response:
        (cookie,) = response.headers.getall("Set-Cookie")
        assert response.headers["Cache-Control"] == "no-store"
        assert sadia["password"] not in await response.text()
    name, *marks = [part.strip() for part in cookie.split(";")]
    assert name.startswith("mrnmesh_session=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(marks)


async def test_whoever_signs_in_is_known_until_they_sign_out(signed_in):
    who = {
        "name": "Sadia Malik",
        "role": "administrator",
        "rights": ["administer", "conflicts", "metrics", "read", "register"],
        "decides_records": True,
        "terminal": None,
        "idle_s": 1800,
    }
    assert await signed_in.send("GET", "/api/whoami/") == (200, who)
    assert await signed_in.send("POST", "/api/sign-out/", {}) == (200, {"signed_out": True})
    status, answer = await signed_in.send("GET", "/api/whoami/")
    assert (status, answer["code"]) == (401, "not_authorised")


async def test_what_a_page_asks_while_nobody_sits_there_keeps_no_session_alive(hub, browser, sadia):
    now = 0.0
    hub.daemon._sessions._steady_s = lambda: now
    signed_in = await browser()
    await signed_in.sign_in(sadia["name"], sadia["password"])
    unattended = {"Unattended": "1"}
    now = IDLE_S - 1
    assert (await signed_in.send("GET", "/api/whoami/", headers=unattended))[0] == 200
    now = IDLE_S
    status, answer = await signed_in.send("GET", "/api/whoami/")
    assert (status, answer["code"]) == (401, "session_ended")


async def test_a_stream_ends_with_the_session_of_whoever_looks_on(hub, signed_in):
    async with signed_in._http.get("/live/board/") as answer:
        await answer.content.readuntil(b"data: ")
        assert await signed_in.send("POST", "/api/sign-out/", {}) == (200, {"signed_out": True})
        live = hub.daemon._dashboard._live[1]
        live._tell()  # as after any change
        assert (await answer.read()).endswith(b"event: over\ndata: {}\n\n")


async def test_what_somebody_writes_who_is_signed_in_bears_their_name(hub, signed_in):
    person = AYESHA | {"operator": "Imran"}
    status, made = await signed_in.send("POST", "/api/patients/", person)
    assert (status, made["operator"]) == (201, "Sadia Malik")
    path = f"/api/patients/{made['record_id']}/"
    change = {"full_name": "Aisha Khan", "operator": "Imran"}
    status, answer = await signed_in.send("PATCH", path, change)
    assert status == 200, answer
    history = (await hub.get(path + "history/"))["results"]
    named = [
        (one["operator"], one["operator_known"]) for one in history if one["operator"] is not None
    ]
    assert named == [("Sadia Malik", "signed_in"), ("Sadia Malik", "signed_in")]
    assert made["operator_known"] == "signed_in"


async def test_a_program_says_who_sits_at_it(hub):
    person = await hub.register(operator="Imran")
    assert (person["operator"], person["operator_known"]) == ("Imran", "typed")
    nobody = await hub.register()
    assert (nobody["operator"], nobody["operator_known"]) == (None, None)


async def test_a_key_is_known_too_and_cannot_sign_out(hub):
    who = await hub.get("/api/whoami/")
    assert (who["name"], who["role"], who["idle_s"]) == ("administrator", None, None)
    assert await hub.call("POST", "/api/sign-out/", {}) == {"signed_out": False}
    await hub.get("/api/whoami/")
    body = {"present": "correct horse battery", "new": "another good password"}
    assert await hub.refused("POST", "/api/password/", body) == (403, "forbidden")


async def test_whoever_is_sent_away_because_others_wait_has_not_failed(hub, browser, sadia):
    """Else many calls at once, from anywhere in the network, would lock the owner out."""
    hashing, opened = hub.daemon._passwords, await browser()
    hashing._waiting += passwords.WAITING_MAX + passwords.OWN_PLACES
    for _ in range(2 * OWN.failures):
        status, answer = await opened.sign_in(sadia["name"], sadia["password"])
        assert (status, answer["code"]) == (429, "busy")
    hashing._waiting -= passwords.OWN_PLACES
    status, _ = await opened.sign_in(sadia["name"], sadia["password"])
    assert status == 200, "places are kept for this computer"


@pytest.mark.parametrize(
    ("name", "password"),
    [("Sadia Malik", "wrong horse battery"), ("Nobody", "correct horse battery")],
)
async def test_a_wrong_name_and_a_wrong_password_are_one(browser, sadia, name, password):
    status, answer = await (await browser()).sign_in(name, password)
    assert (status, answer["code"]) == (401, "sign_in_refused")


async def test_a_guesser_has_to_wait(browser, sadia):
    guesser = await browser()
    for _ in range(OWN.failures):
        assert (await guesser.sign_in(sadia["name"], "wrong horse battery"))[0] == 401
    status, answer = await guesser.sign_in(sadia["name"], sadia["password"])
    assert (status, answer["code"]) == (429, "too_many_failures")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "evil.example"},
    ],
)
async def test_a_page_of_another_site_can_do_nothing_with_the_cookie(signed_in, headers):
    for method, path in (("GET", "/api/users/"), ("POST", "/api/users/"), ("POST", SIGN_IN)):
        status, answer = await signed_in.send(method, path, {}, headers=headers)
        assert (status, answer["code"]) == (403, "not_from_here")


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
async def test_a_page_of_the_same_host_at_another_port_is_another_site(signed_in, site):
    status, answer = await signed_in.send("GET", "/api/users/", headers={"Sec-Fetch-Site": site})
    assert (status, answer["code"]) == (401, "not_authorised")


async def test_a_named_site_may_call_with_a_key_but_not_with_the_cookie(
    hub, signed_in, monkeypatch
):
    own = hub.url
    status, _ = await signed_in.send("GET", "/api/users/", headers={"Origin": own})
    assert status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_form_is_no_write(hub, signed_in, kind):
    http = signed_in._http
    for path in (SIGN_IN, "/api/users/", "/api/terminals/LAB1-PC/token/", "/api/recovery/end/"):
        sent = http.post(path, data=b'{"a": 1}', headers={"Content-Type": kind})
        async with sent as response:
            assert (response.status, (await response.json())["code"]) == (400, "bad_request")


async def test_sessions_end_when_the_user_is_disabled(hub, browser, signed_in):
    imran = {"name": "Imran", "role": "reader", "password": "a password of Imran"}
    await hub.call("POST", "/api/users/", imran)
    reader = await browser()
    await reader.sign_in("imran", imran["password"])
    assert (await reader.send("GET", "/api/patients/"))[0] == 200
    await hub.call("PATCH", "/api/users/imran/", {"is_active": False})
    status, answer = await reader.send("GET", "/api/patients/")
    assert (status, answer["code"]) == (401, "session_ended")
    assert (await reader.sign_in("imran", imran["password"]))[0] == 401


async def test_ones_own_password_is_changed_by_whoever_knows_it(browser, signed_in, sadia):
    other = await browser()
    await other.sign_in(sadia["name"], sadia["password"])
    new = "battery staple correct"
    wrong = {"present": "wrong horse battery", "new": new}
    status, answer = await signed_in.send("POST", "/api/password/", wrong)
    assert (status, answer["code"]) == (401, "sign_in_refused")
    weak = {"present": sadia["password"], "new": "short"}
    status, answer = await signed_in.send("POST", "/api/password/", weak)
    assert (status, answer["code"]) == (400, "bad_password")
    right = {"present": sadia["password"], "new": new}
    assert (await signed_in.send("POST", "/api/password/", right))[0] == 200
    assert (await signed_in.send("GET", "/api/whoami/"))[0] == 200, "this session goes on"
    assert (await other.send("GET", "/api/whoami/"))[0] == 401
    assert (await other.sign_in(sadia["name"], sadia["password"]))[0] == 401
    assert (await other.sign_in(sadia["name"], new))[0] == 200


async def test_a_password_set_at_the_console_is_taken_up(hub, browser, sadia):
    assert not password_reset.reset(hub.replica.folder, "sadia malik", "forgotten no longer")
    opened = await browser()
    assert (await opened.sign_in(sadia["name"], "forgotten no longer"))[0] == 200
    assert (await opened.sign_in(sadia["name"], sadia["password"]))[0] == 401
    assert not password_reset.is_waiting(hub.replica.folder)


async def test_the_audit_has_who_signed_in_and_who_tried(hub, browser, sadia):
    opened = await browser()
    await opened.sign_in("a password typed as a name", "x")
    await opened.sign_in("sadia malik", "wrong horse battery")
    await opened.sign_in("sadia malik", sadia["password"])
    await opened.send("POST", "/api/sign-out/", {})
    await hub.daemon._recorder.written()
    found = (await hub.get("/api/audit/"))["results"]
    said = [(one["who"], one["act"], one["about"], one["outcome"]) for one in found[:4]]
    assert said == [
        ("Sadia Malik", "users.sign_out", "", "done"),
        ("Sadia Malik", "users.sign_in", "", "done"),
        ("Sadia Malik", "users.sign_in", "", "sign_in_refused"),
        ("", "users.sign_in", "", "sign_in_refused"),
    ]
    assert {one["address"] for one in found[:4]} == {"127.0.0.1"}
