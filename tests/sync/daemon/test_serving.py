"""What a daemon consists of begins and ends in order, over real sockets."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from examples.clinic import free_ports
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.serving import (
    ListenerWatch,
    Service,
    run_until_stopped,
    serving,
    short_collections,
)
from sync.errors import CannotListen
from sync.http.address import Address
from sync.http.operations import Needs, Operation
from sync.http.server import serve
from sync.model.alarms import Alarms
from sync.trust.entrance import Entrance
from sync.trust.slots import HandshakeSlots
from tests.clinic import ZONE

ORIGIN = "https://lims.example"


@pytest.fixture
def place(tmp_path):
    """A data folder as its settings describe it, at two free addresses."""
    port, sync_port = free_ports(2)
    return DaemonSettings(
        folder=tmp_path,
        zone=ZONE,
        region="PK",
        listen=Address("127.0.0.1", port),
        sync_listen=Address("127.0.0.1", sync_port),
        witness=Path("witness"),
        origins=(ORIGIN,),
        required=(),
        fields=(),
        backup=False,
        backup_folder=tmp_path,
        log_folder=tmp_path,
        discovery=False,
        looks_kept=None,
    )


async def hello(_request) -> dict[str, str]:
    return {"said": "hello"}


async def replicas_only(_request):
    raise web.HTTPForbidden(text="replicas sync here")


async def nothing(_stack, _jobs):
    """Begin nothing."""


def service(begin=nothing, authority=None):
    return Service(
        name="LAB1-PC",
        log=logging.getLogger("mrnmesh.tests"),
        operations=[Operation("GET", "/api/hello/", hello, "Say hello", needs=Needs.THIS_COMPUTER)],
        sync=replicas_only,
        entrance=Entrance(None, lambda: False, HandshakeSlots(lambda: 0.0)),
        begin=begin,
        authority=authority,
        alarms=Alarms(),
    )


async def get(url, **headers):
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def require_free(*addresses):
    """Pass only when somebody else can listen there."""
    for address in addresses:
        (await asyncio.start_server(lambda *_: None, address.host, address.port)).close()


async def test_the_api_and_the_sync_are_at_their_addresses(place, caplog):
    caplog.set_level(logging.INFO)
    async with serving(place, service()):
        assert (await get(f"{place.url}/api/hello/"))[0] == 200
        sync_url = f"http://127.0.0.1:{place.sync_listen.port}/sync"
        assert await get(sync_url) == (403, "replicas sync here")
        assert (await get(f"{place.url}/sync"))[0] == 404
        assert (await get(f"{place.url}/api/hello/", Host="evil.example"))[0] == 403
        assert (await get(f"{place.url}/api/hello/", Origin=ORIGIN))[0] == 200
    assert caplog.messages == [
        f"LAB1-PC serves http://127.0.0.1:{place.listen.port}",
        f"LAB1-PC syncs at ws://127.0.0.1:{place.sync_listen.port}/sync",
        "stopping",
    ]


async def test_the_authority_of_a_daemon_is_asked_before_its_operations(place):
    @web.middleware
    async def refuse(request, handler):
        raise web.HTTPUnauthorized()

    async with serving(place, service(authority=refuse)):
        assert (await get(f"{place.url}/api/hello/"))[0] == 401


async def test_jobs_end_first_then_the_parts_and_the_addresses_last(place):
    ended = []
    started = asyncio.Event()

    async def begin(stack, jobs):
        async def part():
            ended.append(("part", (await get(f"{place.url}/api/hello/"))[0]))

        async def job():
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("job")

        stack.push_async_callback(part)
        jobs.every(1, "waiting", job)

    async with serving(place, service(begin)):
        await started.wait()
    assert ended == ["job", ("part", 200)]
    await require_free(place.listen, place.sync_listen)


async def test_an_address_in_use_leaves_nothing_behind(place):
    begun = []

    async def begin(_stack, _jobs):
        begun.append(True)

    port = place.sync_listen.port
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    async with server:
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port}"):
            async with serving(place, service(begin)):
                pytest.fail("it served")
    assert not begun
    await require_free(place.listen)


async def test_a_part_that_cannot_begin_ends_the_others(place):
    ended = []

    async def begin(stack, _jobs):
        stack.callback(ended.append, "part")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        async with serving(place, service(begin)):
            pytest.fail("it served")
    assert ended == ["part"]
    await require_free(place.listen, place.sync_listen)


async def test_the_port_that_the_system_chose_is_the_one_that_counts(place, caplog):
    caplog.set_level(logging.INFO)
    anywhere = replace(place, listen=Address("127.0.0.1", 0))
    async with serving(anywhere, service()):
        url = caplog.messages[0].rpartition(" ")[2]
        assert (await get(f"{url}/api/hello/"))[0] == 200


@pytest.mark.skipif(sys.platform == "win32", reason="there the process would end")
async def test_a_daemon_runs_from_its_begin_to_its_end_until_a_signal_comes(place, tmp_path):
    said = []

    @contextlib.asynccontextmanager
    async def opened():
        said.append("opened")
        yield service()
        said.append("closed")

    @contextlib.asynccontextmanager
    async def served(what):
        async with serving(place, what):
            said.append("begun")
            os.kill(os.getpid(), signal.SIGTERM)
            yield
        said.append("ended")

    await asyncio.wait_for(run_until_stopped(opened(), served, tmp_path), 60)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
    assert said == ["opened", "begun", "ended", "closed"]


async def test_a_daemon_that_is_told_to_stop_while_it_opens_serves_nobody(tmp_path, monkeypatch):
    """What it looks at before it serves may take a minute."""
    said, stop = [], asyncio.Event()
    monkeypatch.setattr("sync.daemon.serving.listening", lambda: contextlib.nullcontext(stop))

    @contextlib.asynccontextmanager
    async def opened():
        stop.set()
        yield
        said.append("closed")

    @contextlib.asynccontextmanager
    async def served(_what):
        said.append("begun")
        yield

    await asyncio.wait_for(run_until_stopped(opened(), served, tmp_path), 60)
    assert said == ["closed"]


def test_the_garbage_collector_leaves_alone_what_was_made_at_the_start():
    """All of it was looked at again and again, and nobody is served meanwhile."""
    before = gc.get_freeze_count()
    with short_collections():
        assert gc.get_freeze_count() > len(gc.get_objects())
    assert gc.get_freeze_count() <= before


class SilentListener:
    """A listener that a test lets die, and perhaps revive."""

    address = "127.0.0.1:8480"

    def __init__(self, *, revives):
        self.alive = True
        self._revives = revives

    async def answers(self, _within):
        return self.alive

    async def reopen(self):
        self.alive = self._revives


async def test_an_address_that_died_is_opened_anew_without_an_alarm(place):
    app = web.Application()
    listener = await serve(app, place.listen)
    watch = ListenerWatch(logging.getLogger("mrnmesh.tests"), listener)
    await watch.look()
    listener._servers[0].close()
    await watch.look()
    assert await listener.answers(5)
    assert watch.alarms() == []
    await listener.close()


async def test_an_address_that_cannot_be_opened_is_an_alarm_until_it_answers():
    listener = SilentListener(revives=False)
    watch = ListenerWatch(logging.getLogger("mrnmesh.tests"), listener)
    listener.alive = False
    await watch.look()
    (alarm,) = watch.alarms()
    assert (alarm.code, listener.address in alarm.text) == ("address_silent", True)
    listener.alive = True
    await watch.look()
    assert watch.alarms() == []
