"""The API for other computers, over real TLS."""

import asyncio
import contextlib
import json
import socket
import ssl
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio

from examples.clinic import free_ports
from sync.http.address import Address
from sync.https import pages_authority
from tests.daemons.running import new_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

SADIA = {"name": "Sadia", "role": "administrator", "password": "a good password"}


@contextlib.asynccontextmanager
async def called_from_elsewhere(folder):
    """A coordinator that other computers can call."""
    hub = new_hub(folder)
    (port,) = free_ports(1)
    hub.config = replace(hub.config, https_listen=Address("127.0.0.1", port), host_names=("hub",))
    async with hub.running(jobs=False):
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    """With the first user, who makes it possible to call at all."""
    async with called_from_elsewhere(tmp_path_factory.mktemp("hub")) as hub:
        await hub.call("POST", "/api/users/", SADIA)
        yield hub


class Elsewhere:
    """A browser on another computer that trusts the authority for pages."""

    def __init__(self, hub):
        self.port = hub.config.https_listen.port
        pem = pages_authority.read(hub.config.folder).pem.decode()
        self.tls = ssl.create_default_context(cadata=pem)
        self.tls.verify_flags |= ssl.VERIFY_X509_STRICT

    async def send(self, method, path, body=None, host="localhost", **headers):
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            url = f"https://{host}:{self.port}{path}"
            sent = http.request(method, url, json=body, ssl=self.tls, headers=named)
            async with sent as response:
                cookies = response.headers.getall("Set-Cookie", [])
                return response.status, json.loads(await response.text()), cookies


@pytest.fixture
def elsewhere(hub):
    return Elsewhere(hub)


async def sign_in(elsewhere, **how):
    body = {"name": "sadia", "password": SADIA["password"]}
    return await elsewhere.send("POST", "/api/sign-in/", body, **how)


async def test_until_there_is_a_user_only_this_computer_is_answered(tmp_path):
    async with called_from_elsewhere(tmp_path) as hub:
        elsewhere = Elsewhere(hub)
        bearer = f"Bearer {hub.token}"
        for path in ("/api/health/", "/openapi.json", "/api/status/", "/api/nowhere/"):
            status, answer, _ = await elsewhere.send("GET", path, Authorization=bearer)
            assert (status, answer["code"]) == (403, "no_users_yet")
        assert await hub.get("/api/status/")
        await hub.call("POST", "/api/users/", SADIA)
        assert (await elsewhere.send("GET", "/api/health/"))[0] == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_somebody_elsewhere_signs_in(elsewhere, host):
    status, answer, (cookie,) = await sign_in(elsewhere, host=host)
    assert (status, answer["name"]) == (200, "Sadia")
    assert cookie.startswith("__Host-mrnmesh_session=")
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= {one.strip() for one in cookie.split(";")}
    sent = cookie.partition(";")[0]
    status, answer, _ = await elsewhere.send("GET", "/api/whoami/", host=host, Cookie=sent)
    assert (status, answer["name"]) == (200, "Sadia")


async def test_a_program_elsewhere_calls_with_its_key(hub, elsewhere):
    made = await hub.call("POST", "/api/keys/", {"name": "LIMS", "scopes": ["read"]})
    for kind in ("Bearer", "Token"):
        key = f"{kind} {made['key']}"
        assert (await elsewhere.send("GET", "/api/patients/", Authorization=key))[0] == 200
    status, answer, _ = await elsewhere.send("GET", "/api/users/", Authorization=key)
    assert (status, answer["code"]) == (403, "forbidden")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "hub:1", "[::1", "hub:"])
async def test_a_name_that_was_rebound_to_this_computer_is_refused(elsewhere, host):
    named = host.format(port=elsewhere.port)
    status, answer, _ = await sign_in(elsewhere, Host=named)
    assert (status, answer["code"]) == (403, "not_from_here")


@pytest.mark.parametrize("host", ["HUB:{port}", "hub.:{port}", "Hub.:{port}", "127.0.0.1:{port}"])
async def test_its_own_names_are_answered_however_they_are_written(elsewhere, host):
    assert (await sign_in(elsewhere, Host=host.format(port=elsewhere.port)))[0] == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:{port}", "https://localhost:1", "null"]
)
async def test_a_page_of_another_site_can_do_nothing(elsewhere, origin):
    _, _, (cookie,) = await sign_in(elsewhere)
    sent = cookie.partition(";")[0]
    origin = origin.format(port=elsewhere.port)
    for method, path in (
        ("GET", "/api/users/"),
        ("POST", "/api/users/"),
        ("POST", "/api/sign-in/"),
    ):
        status, answer, _ = await elsewhere.send(method, path, {}, Cookie=sent, Origin=origin)
        assert (status, answer["code"]) == (403, "not_from_here")


async def test_its_own_page_can(elsewhere):
    origin = f"https://localhost:{elsewhere.port}"
    _, _, (cookie,) = await sign_in(elsewhere, Origin=origin)
    sent = cookie.partition(";")[0]
    assert (await elsewhere.send("GET", "/api/users/", Cookie=sent, Origin=origin))[0] == 200


async def test_whoever_does_not_speak_tls_hears_nothing(elsewhere):
    def call():
        with socket.create_connection(("127.0.0.1", elsewhere.port), 60) as raw:
            raw.sendall(b"GET /api/health/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return raw.recv(1000)

    with contextlib.suppress(ConnectionError):  # it may be reset before anything is read
        assert b"HTTP" not in await asyncio.to_thread(call)


async def test_whoever_does_not_trust_the_authority_does_not_connect(elsewhere):
    elsewhere.tls = ssl.create_default_context()
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await sign_in(elsewhere)


async def test_the_audit_says_from_where(hub, elsewhere):
    await sign_in(elsewhere)
    newest = (await hub.get("/api/audit/"))["results"][0]
    assert (newest["who"], newest["act"], newest["address"]) == (
        "Sadia",
        "users.sign_in",
        "127.0.0.1",
    )


async def test_without_the_setting_nobody_listens(tmp_path):
    async with new_hub(tmp_path).running(jobs=False) as hub:
        assert hub.daemon._pages.network(hub.daemon._access.authorise_network) is None
        await hub.daemon._pages.look()
        assert hub.daemon._pages.alarms() == []
        assert not (hub.config.folder / pages_authority.CERTIFICATE).exists()
