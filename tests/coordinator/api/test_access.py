"""Tokens: whose they are, when they count, and what a terminal's may see.

`tests/test_authority.py` calls every operation with every kind of token.
"""

from dataclasses import replace

import pytest

from coordinator import token_reset
from tests.daemons.api import AYESHA
from tests.daemons.running import new_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATUS = "/api/status/"


async def test_a_token_counts_however_the_scheme_is_written(hub):
    for header in (f"Bearer {hub.token}", f"bearer  {hub.token} ", f"Token {hub.token}"):
        await hub.get(STATUS, token=None, headers={"Authorization": header})


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "not_authorised"),
        ("Bearer", "not_authorised"),
        ("Bearer ", "not_authorised"),
        ("Basic {token}", "not_authorised"),
        ("{token}", "not_authorised"),
        ("Bearer {token}x", "token_wrong"),
        ("Bearer é", "token_wrong"),
    ],
)
async def test_a_missing_token_and_a_wrong_one_are_told_apart(hub, header, code):
    headers = {"Authorization": header.format(token=hub.token)}
    refused = await hub.refused("GET", STATUS, token=None, headers=headers)
    assert refused == (401, code)


async def test_a_terminal_is_named_by_its_code_or_its_id(hub):
    own = await hub.new_terminal("LAB1-PC")
    await hub.new_terminal("LAB2-PC")
    terminal = await hub.get("/api/terminals/lab1-pc/", token=own)
    assert await hub.get(f"/api/terminals/{terminal['id']}/ranges/", token=own)
    other = f"/api/terminals/{terminal['id'] + 1}/"
    assert await hub.refused("GET", other, token=own) == (403, "forbidden")
    nobody = await hub.refused("GET", "/api/terminals/NOBODY/", token=own)
    assert nobody == (404, "not_found")


async def test_a_new_token_of_a_terminal_withdraws_the_earlier_one(hub):
    first = await hub.new_terminal("WARD-PC")
    second = (await hub.call("POST", "/api/terminals/WARD-PC/token/"))["token"]
    assert await hub.refused("GET", "/api/patients/", token=first) == (401, "key_revoked")
    assert await hub.get("/api/patients/", token=second)


async def test_the_token_of_a_terminal_counts_while_it_is_active(hub):
    """That of an ended terminal is withdrawn for good."""
    token = await hub.new_terminal("OLD-PC")
    for state, status in (("inactive", 403), ("active", 200), ("retired", 401)):
        await hub.call("PATCH", "/api/terminals/OLD-PC/", {"state": state})
        found, _ = await hub.send("GET", "/api/patients/", token=token)
        assert found == status


async def test_a_token_that_was_reset_is_taken_up_by_its_first_use(hub):
    """The token is reset by a command while the daemon works, see `coordinator.token_reset`."""
    token, good_already = token_reset.reset(hub.replica.folder)
    assert not good_already
    assert await hub.get(STATUS), "until then the earlier one counts"
    await hub.get(STATUS, token=token)
    assert await hub.refused("GET", STATUS) == (401, "key_revoked")
    hub.token = token


@pytest.mark.parametrize("may", [False, True])
async def test_registrars_merge_where_the_settings_say_so_and_programs_never(tmp_path, may):
    hub = new_hub(tmp_path)
    hub.config = replace(hub.config, registrars_merge=may)
    async with hub.running(jobs=False):
        person = await hub.call("POST", "/api/patients/", AYESHA)
        program = await hub.new_terminal("LAB1-PC")
        registrar = await signed_in(hub)
        assert (await hub.get("/api/whoami/", token=program))["decides_records"] is False
        assert (await hub.get("/api/whoami/", **registrar))["decides_records"] is may
        assert (await hub.get("/api/whoami/"))["decides_records"] is True
        void = ("POST", f"/api/patients/{person['id']}/void/", {"why": "a test"})
        assert await hub.refused(*void, token=program) == (403, "forbidden")
        status, answer = await hub.send(*void, **registrar)
        assert (status, answer.get("code")) == ((200, None) if may else (403, "forbidden"))
        conflict = ("POST", f"/api/conflicts/{'00' * 16}/resolve/", {})
        assert await hub.refused(*conflict, **registrar) == (403, "forbidden")
        if may:
            entries = (await hub.get("/api/audit/?act=patients"))["results"]
            assert (entries[0]["who"], entries[0]["outcome"]) == ("Imran", "done")


async def signed_in(hub):
    """How a registrar calls who is signed in."""
    for name, role in (("Sadia", "administrator"), ("Imran", "registrar")):
        user = {"name": name, "role": role, "password": f"the good password of {name}"}
        await hub.call("POST", "/api/users/", user)
    body = {"name": user["name"], "password": user["password"]}
    async with hub.http.post("/api/sign-in/", json=body) as response:
        assert response.status == 200
        (cookie,) = response.headers.getall("Set-Cookie")
    return {"token": None, "headers": {"Cookie": cookie.partition(";")[0]}}
