"""Real multicast on this computer: names are heard, false ones cost nothing, interfaces fail."""

from __future__ import annotations

import asyncio
import socket
import threading
import tracemalloc
from typing import Any

import pytest
from zeroconf import IPVersion, ServiceStateChange, Zeroconf

from sync.network import discovery
from sync.network.announcements import SERVICE, Announcement
from sync.network.discovery import Discovery, Heard, Multicast
from sync.trust.addresses import in_network

HERE = ("127.0.0.1",)
WAIT_S = 60.0
HUB = Announcement("r-hub", 8471)


class Desk:
    """A discovery, and what it has heard."""

    def __init__(self, *announced: Announcement) -> None:
        self.hosts: tuple[str, ...] | None = HERE
        self.announced = announced
        self.heard: list[Heard] = []
        self.now_s = 100.0
        self.came = asyncio.Event()
        self.discovery = Discovery(
            lambda: self.hosts,
            lambda: self.announced,
            lambda label: label[:2] == "r-",
            self._hear,
            lambda: self.now_s,
        )

    def _hear(self, found: Heard) -> None:
        self.heard.append(found)
        self.came.set()

    async def until(self, found: Heard) -> None:
        async with asyncio.timeout(WAIT_S):
            while found not in self.heard:
                await self.came.wait()
                self.came.clear()


@pytest.fixture
async def hub():
    hub = Desk(HUB)
    await hub.discovery.look()
    yield hub
    await hub.discovery.close()


async def test_whoever_announces_himself_is_found(hub):
    desk = Desk()
    await desk.discovery.look()
    await desk.until(Heard("r-hub", HERE, 8471))
    hub.announced = (Announcement("r-hub", 9999), Announcement("e-door", 8472))
    await hub.discovery.look()
    await desk.until(Heard("r-hub", HERE, 9999))
    assert {one.label for one in desk.heard} == {"r-hub"}, "other names are left alone"
    await desk.discovery.close()


async def test_nothing_is_begun_anew_while_nothing_changes(hub, monkeypatch):
    monkeypatch.setattr(discovery, "Multicast", None)
    await hub.discovery.look()
    assert hub.discovery._opening is not None


async def test_without_an_address_it_waits_for_one(hub):
    desk = Desk()
    for hosts in (None, (), ("fd00::5",)):
        desk.hosts = hosts
        await desk.discovery.look()
        assert desk.discovery._opening is None
    desk.hosts = HERE
    await desk.discovery.look()
    await desk.until(Heard("r-hub", HERE, 8471))
    await desk.discovery.close()


async def test_an_interface_that_fails_keeps_the_others_from_nothing(hub):
    desk = Desk()
    desk.hosts = ("203.0.113.77", *HERE)  # it is none of this computer any more
    await desk.discovery.look()
    await desk.until(Heard("r-hub", HERE, 8471))
    await desk.discovery.close()


async def test_where_no_interface_works_it_is_tried_again_later(caplog):
    desk = Desk()
    desk.hosts = ("203.0.113.77",)
    await desk.discovery.look()
    assert "others cannot be looked for" in caplog.text
    desk.hosts = HERE
    await desk.discovery.look()
    assert desk.discovery._opening is None
    desk.now_s += discovery.AGAIN_S
    await desk.discovery.look()
    assert desk.discovery._opening is not None
    await desk.discovery.close()


class Slow:
    """Multicast that opens and closes when the test says so."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.begun, self.may_open = threading.Event(), threading.Event()
        self.ending, self.may_close = threading.Event(), threading.Event()
        self.closed = 0

    def __call__(self, *_: object) -> Slow:
        self.begun.set()
        self.may_open.wait()
        if self.error is not None:
            raise self.error
        return self

    def close(self) -> None:
        self.ending.set()
        self.may_close.wait()
        self.closed += 1


@pytest.fixture
def slow(monkeypatch):
    slow = Slow()
    monkeypatch.setattr(discovery, "Multicast", slow)
    yield slow
    slow.may_open.set()
    slow.may_close.set()


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


@pytest.mark.parametrize("error", [None, OSError("the port is taken"), discovery.MulticastError()])
async def test_what_opens_while_the_daemon_stops_is_closed(slow, error):
    slow.error = error
    desk = Desk()
    looking = asyncio.create_task(desk.discovery.look())
    await asyncio.to_thread(slow.begun.wait)
    await cancelled(looking)
    slow.may_open.set()
    slow.may_close.set()
    await desk.discovery.close()
    assert slow.closed == (error is None)
    await desk.discovery.close()
    assert slow.closed == (error is None)


async def test_what_is_being_closed_while_the_daemon_stops_is_closed_once(slow):
    slow.may_open.set()
    desk = Desk()
    await desk.discovery.look()
    desk.announced = (HUB,)
    looking = asyncio.create_task(desk.discovery.look())
    await asyncio.to_thread(slow.ending.wait)
    await cancelled(looking)
    closing = asyncio.create_task(desk.discovery.close())
    await asyncio.sleep(0)
    assert not closing.done()
    slow.may_close.set()
    await closing
    assert slow.closed == 1


async def test_that_it_cannot_be_is_logged_once(monkeypatch, caplog):
    monkeypatch.setattr(discovery, "AGAIN_S", 0.0)
    desk = Desk()
    desk.hosts = ("203.0.113.77",)
    for _ in range(3):
        await desk.discovery.look()
    assert caplog.text.count("others cannot be looked for") == 1


@pytest.mark.parametrize("deaf", [True, False])
async def test_where_the_event_loop_may_go_deaf_it_is_begun_anew_now_and_then(
    hub, monkeypatch, deaf
):
    monkeypatch.setattr(discovery, "LOOP_GOES_DEAF", deaf)
    monkeypatch.setattr(discovery, "ANEW_S", 0.0)
    desk = Desk()
    await desk.discovery.look()
    first = desk.discovery._opening
    await desk.discovery.look()
    assert (desk.discovery._opening is first) is not deaf
    await desk.until(Heard("r-hub", HERE, 8471))
    await desk.discovery.close()


@pytest.mark.parametrize("error", [OSError("the port is taken"), RuntimeError("no adapter")])
async def test_a_fault_of_one_kind_of_addresses_keeps_the_other_from_nothing(
    hub, monkeypatch, error
):
    def opened(interfaces: list[str], ip_version: IPVersion) -> Zeroconf:
        if ip_version is IPVersion.V6Only:
            raise error
        return Zeroconf(interfaces=interfaces, ip_version=ip_version)

    monkeypatch.setattr(discovery, "_hears_others", lambda _host: True)
    monkeypatch.setattr(discovery, "Zeroconf", opened)
    desk = Desk()
    desk.hosts = ("fe80::77%lo", *HERE)
    await desk.discovery.look()
    await desk.until(Heard("r-hub", HERE, 8471))
    await desk.discovery.close()


@pytest.fixture
def listener(monkeypatch):
    """What hears on no interface; the test hands it what others announce."""
    heard: list[Heard] = []
    one: Any = Multicast.__new__(Multicast)
    one._wants = {"r-hub"}.__contains__
    one._heard = heard.append
    one._busy_until_s = {}
    one.now_s = 100.0
    one._now_s = lambda: one.now_s
    one.said = heard
    one.looked = []

    class Loaded:
        """What zeroconf would have found."""

        port = 1

        def __init__(self, _service: str, name: str) -> None:
            one.looked.append(name)

        def load_from_cache(self, _zeroconf: object) -> bool:
            return False

        def parsed_scoped_addresses(self, _version: object) -> list[str]:
            return ["10.6.6.6"]

    monkeypatch.setattr(discovery, "ServiceInfo", Loaded)
    return one


NEAR = next((one for one in in_network() if "%" in one), "")


@pytest.mark.skipif(not NEAR, reason="no interface here has an address of IPv6 of its own")
async def test_with_ipv6_alone_whoever_announces_himself_is_found():
    """At the address of an interface, which is heard with the interface where it was heard."""
    hub, desk = Desk(HUB), Desk()
    for one in (hub, desk):
        one.hosts = (NEAR, "fd00::5")
        await one.discovery.look()
    async with asyncio.timeout(WAIT_S):
        await desk.came.wait()
    found = desk.heard[0]
    assert found.label == "r-hub"
    own, _, interface = NEAR.partition("%")
    assert f"{own}%{socket.if_nametoindex(interface)}" in found.addresses
    assert "fd00::5" in found.addresses
    for one in (hub, desk):
        await one.discovery.close()


def announce(listener: Any, label: str) -> None:
    nobody: Any = None
    added = ServiceStateChange.Added
    listener._changed(nobody, SERVICE, f"{label}.{SERVICE}", added)


def test_ten_thousand_false_names_are_not_even_looked_at(listener):
    tracemalloc.start()
    for number in range(10_000):
        announce(listener, f"r-{number:032x}")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (listener.looked, listener.said) == ([], [])
    assert kept < 300_000, "the names alone are 800 kB"


def test_a_name_that_is_repeated_without_end_counts_now_and_then(listener):
    for _ in range(10_000):
        announce(listener, "r-hub")
    assert listener.said == [Heard("r-hub", ("10.6.6.6",), 1)] * 4
    listener.now_s += discovery.EACH_S
    for _ in range(10):
        announce(listener, "r-hub")
    assert len(listener.said) == 5


def test_the_goodbye_of_somebody_says_nothing(listener):
    nobody: Any = None
    listener._changed(nobody, SERVICE, f"r-hub.{SERVICE}", ServiceStateChange.Removed)
    assert listener.said == []


def test_a_library_that_fails_leaves_nothing_open(monkeypatch):
    closed = []
    monkeypatch.setattr(discovery, "ServiceBrowser", lambda *_: 1 // 0)
    close = Zeroconf.close
    monkeypatch.setattr(Zeroconf, "close", lambda one: (closed.append(one), close(one)))
    with pytest.raises(ZeroDivisionError):
        Multicast(HERE, (), lambda _: True, lambda _: None, lambda: 0.0)
    assert len(closed) == 1
