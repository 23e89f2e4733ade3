"""Strangers at the port where replicas sync: nothing is read of them, and none keeps a desk out.

All of it over real sockets, at a coordinator and a desk that has been enrolled.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys

import aiohttp
import pytest

from sync.http.server import HttpConnection
from sync.model.facts import COORDINATOR
from sync.protocol import messages
from sync.trust import entrance, slots, tls
from sync.trust.credentials import AUTHORITY, CERTIFICATE, TLS_KEY, read_certificate
from sync.trust.entrance import is_loopback
from tests.daemons import WAIT_S_MAX, enrolled, new_code, new_desk, open_hub
from tests.sync.trust.handshakes import desk_folder, hub_folder

HTTP = b"GET /sync HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"
LAB = "LAB1-PC"


@pytest.fixture
async def hub(tmp_path):
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
async def desk(hub, tmp_path):
    """A desk that has been enrolled, at work and in step."""
    desk = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    async with desk.running(jobs=False):
        await desk.in_touch()
        yield desk


@pytest.fixture
def heard(hub, monkeypatch):
    """What reaches HTTP at the coordinator's port."""
    found = []
    taken = HttpConnection.data_received

    def noted(connection, data):
        if not connection._is_out:
            found.append(data)
        taken(connection, data)

    monkeypatch.setattr(HttpConnection, "data_received", noted)
    return found


def ssl_of(folder, trusted):
    return tls.client(folder / CERTIFICATE, folder / TLS_KEY, [read_certificate(trusted)])


async def say(daemon, data, context=None):
    """What comes back from the port where a daemon syncs, until it hangs up."""
    port = daemon.config.sync_listen.port
    try:
        async with asyncio.timeout(WAIT_S_MAX):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            try:
                writer.write(data)
                return await reader.read()
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except OSError:  # ssl.SSLError is one
        return b""


async def test_plain_bytes_are_not_read(hub, desk, heard):
    for daemon in (hub, desk):
        for data in (HTTP, b"\x00" * 1000, b"hello\r\n"):
            answer = await say(daemon, data)
            assert b"HTTP" not in answer
    assert HTTP not in b"".join(heard)  # a living line may beat meanwhile


async def test_a_stranger_without_a_certificate_is_not_read(hub, desk, heard):
    trusted = [read_certificate(hub.config.folder / AUTHORITY)]
    for daemon in (hub, desk):
        for context in (tls.unverified(), tls.stranger(trusted)):
            assert await say(daemon, HTTP, context) == b""
    assert HTTP not in b"".join(heard)  # a living line may beat meanwhile


async def test_a_certificate_of_another_authority_is_not_read(hub, desk, heard, tmp_path):
    other = hub_folder(tmp_path / "other")
    stranger = desk_folder(tmp_path / "stranger", other, LAB)
    context = ssl_of(stranger, hub.config.folder / AUTHORITY)
    for daemon in (hub, desk):
        assert await say(daemon, HTTP, context) == b""
    assert HTTP not in b"".join(heard)  # a living line may beat meanwhile


async def test_older_tls_is_not_spoken(hub, desk, heard):
    context = ssl_of(desk.config.folder, hub.config.folder / AUTHORITY)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await say(hub, HTTP, context) == b""
    assert HTTP not in b"".join(heard)  # a living line may beat meanwhile


async def test_a_desk_with_a_certificate_is_read(hub, desk, heard):
    context = ssl_of(desk.config.folder, hub.config.folder / AUTHORITY)
    assert b"HTTP/1.1" in await say(hub, HTTP, context)
    assert HTTP in b"".join(heard)


async def test_a_certificate_whose_authority_is_withdrawn_is_not_read(
    hub, desk, heard, monkeypatch
):
    """The registry decides on each connection, whatever was true when the daemon began."""
    context = ssl_of(desk.config.folder, hub.config.folder / AUTHORITY)
    other = read_certificate(hub_folder(desk.config.folder.parent / "other") / AUTHORITY)
    monkeypatch.setattr(hub.replica.registry, "authorities", frozenset({other}))
    own = frozenset({read_certificate(hub.config.folder / AUTHORITY)})
    monkeypatch.setattr(hub.replica.registry, "authorities_withdrawn", own)
    assert await say(hub, HTTP, context) == b""
    assert HTTP not in b"".join(heard)  # a living line may beat meanwhile


async def test_a_certificate_of_one_desk_does_not_speak_for_another(hub, desk):
    """The first words name LAB1-PC and its key; the certificate is that of WARD-PC."""
    ward = await enrolled(desk.config.folder.parent, await new_code(hub, "WARD-PC"), "ward")
    context = ssl_of(ward.config.folder, hub.config.folder / AUTHORITY)
    mine = desk.daemon._peering.connections[0].session.mine
    url = f"wss://127.0.0.1:{hub.config.sync_listen.port}/sync"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, ssl=context) as line:
        await line.receive_bytes()
        await line.send_bytes(messages.encode(mine))
        answer = messages.decode(await line.receive_bytes(timeout=WAIT_S_MAX))
    assert isinstance(answer, messages.Error)
    assert answer.code == "certificate"


async def test_half_open_handshakes_of_one_address_keep_no_desk_out(hub, desk):
    """They come and stay; the desk has another address, as on a real network."""
    async with half_open(hub, ["127.0.0.9"] * 500):
        assert hub.daemon._entrance.slots._strangers == slots.OF_ADDRESS_MAX
        await comes_back(desk)


async def test_half_open_handshakes_of_many_addresses_keep_no_known_desk_out(hub, desk):
    async with half_open(hub, [f"127.0.9.{number % 250}" for number in range(1000)]):
        assert hub.daemon._entrance.slots._strangers == slots.HANDSHAKES_MAX
        await comes_back(desk)


async def test_a_handshake_that_is_not_ended_is_given_up(hub, desk, monkeypatch):
    monkeypatch.setattr(entrance, "HANDSHAKE_S_MAX", 0.1)
    assert await say(hub, b"\x16\x03\x01") == b""
    await hub.daemon._entrance.close()
    assert not hub.daemon._entrance.slots._of


async def comes_back(desk) -> None:
    """The desk loses its connection, and has a new one that is in step."""
    peering = desk.daemon._peering
    peering.go_offline()
    await peering.wait_until(lambda: not peering.sessions())
    peering.go_online()
    await asyncio.wait_for(peering.wait_live(COORDINATOR), WAIT_S_MAX)


@contextlib.asynccontextmanager
async def half_open(daemon, addresses):
    """Connections from some addresses of loopback, over which nothing is ever sent."""
    if sys.platform != "linux":
        pytest.skip("only Linux has so many addresses on loopback")
    loop, opened = asyncio.get_running_loop(), []
    try:
        for address in addresses:
            one = socket.socket()
            opened.append(one)
            one.setblocking(False)
            one.bind((address, 0))
            with contextlib.suppress(ConnectionError):
                await loop.sock_connect(one, ("127.0.0.1", daemon.config.sync_listen.port))
        yield
    finally:
        for one in opened:
            one.close()


# desks that joined with a file


async def test_a_desk_of_this_computer_that_joined_with_a_file_goes_on(hub, tmp_path):
    old = await new_desk(tmp_path, hub, "OLD-PC", "710000-719999")
    new = await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    async with old.running(jobs=False), new.running(jobs=False):
        await old.in_touch()
        await new.in_touch()
        states = {one.author: one.address for one in hub.daemon._peering.sessions()}
    assert set(states) == {"OLD-PC", LAB}


async def test_once_all_desks_are_enrolled_nothing_plain_is_read(hub, tmp_path, heard):
    assert b"HTTP/1.1" in await say(hub, HTTP)
    await enrolled(tmp_path, await new_code(hub, LAB), "lab")
    heard.clear()
    assert await say(hub, HTTP) == b""
    assert HTTP not in b"".join(heard)  # a living line may beat meanwhile


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
        ("fe80::1%eth0", False),
        ("", False),
    ],
)
def test_which_addresses_no_other_computer_reaches(address, here):
    assert is_loopback(address) is here
