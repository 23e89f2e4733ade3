"""Whom a replica dials, where it says that it is, and what it does when its addresses change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sync.engine import keys
from sync.model.facts import COORDINATOR, Author
from sync.network import neighbourhood
from sync.network.dialling import Target
from sync.network.neighbourhood import (
    AWAY_S,
    COORDINATOR_PATIENCE_S,
    HINT_PAUSE_S,
    KEEP_S,
    PATIENCE_S,
    SPARE_S,
    Here,
    Neighbourhood,
)
from sync.network.neighbours import NEIGHBOURS_MAX
from sync.protocol import addresses
from sync.protocol.addresses import SignedAddresses
from sync.protocol.events import AddressesArrived

HUB = keys.Signer.from_seed(b"h" * 32)
HUB_URL = "wss://10.0.0.1:8471/sync"
SIGNERS = sorted(
    (keys.Signer.from_seed(bytes([number]) * 32) for number in range(40)),
    key=lambda one: one.public_key,
)
MINE = SIGNERS[0]
"""The lowest key: it waits for nobody."""


def said(signer: keys.Signer, counter: int = 1, *own: str) -> SignedAddresses:
    number = SIGNERS.index(signer) if signer in SIGNERS else 99
    found = own or (f"10.0.1.{number}:8481",)
    author = COORDINATOR if signer is HUB else Author(f"DESK-{number}")
    return addresses.signed(author, signer.public_key, counter, found, signer.sign)


class Dialled:
    """What is dialled, without a network."""

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.hurried: list[tuple[str, str]] = []
        self.all_hurried = 0
        self.failed: dict[str, int] = {}

    def keep(self, target: Target) -> None:
        self.targets[target.name] = target

    def leave(self, name: str) -> None:
        del self.targets[name]

    def hurry(self, name: str, url: str) -> None:
        self.hurried.append((name, url))

    def hurry_all(self) -> None:
        self.all_hurried += 1

    def failures(self, name: str) -> int:
        return self.failed.get(name, 0)


class Line:
    """A connection."""

    def __init__(
        self, key: bytes, *, dialled: bool = True, own_host: str = "", url: str = ""
    ) -> None:
        self.peer: Any = SimpleNamespace(key=key, author=Author("OTHER"))
        self.dialled = dialled
        self.own_host = own_host
        self.address = url
        self.reason = ""
        self.news: list[SignedAddresses] = []

    @property
    def is_ending(self) -> bool:
        return bool(self.reason)

    def stop(self, reason: str) -> None:
        self.reason = reason

    def abort(self, reason: str) -> None:
        self.reason = reason

    def say(self, what: Any) -> None:
        what(SimpleNamespace(tell_addresses=self.news.extend))


class Place:
    """A replica at a made-up computer, whose clock and network the test has."""

    def __init__(self, signer: keys.Signer = MINE, here: Here | None = None) -> None:
        self.now_s = 1000.0
        self.hosts: tuple[str, ...] = ("10.0.1.0",)
        self.kept: dict[bytes, bytes] = {}
        self.refused: set[bytes] = set()
        self.identity = SimpleNamespace(author=Author("DESK-0"))
        self.registry = SimpleNamespace(may_sync=lambda _author, key: key not in self.refused)
        self.dialling: Any = Dialled()
        self.connections: list[Any] = []
        here = here or Here(signer.public_key, 8481, HUB_URL, HUB.public_key)
        replica: Any = self
        self.around = Neighbourhood(
            here, replica, signer.sign, lambda: self.hosts, lambda: self.now_s
        )

    async def read(self, act: Any) -> Any:
        meta = SimpleNamespace(addresses=lambda: list(self.kept.values()))
        return act(SimpleNamespace(store=SimpleNamespace(meta=meta)))

    async def write(self, act: Any) -> None:
        meta = SimpleNamespace(keep_addresses=self._keep)
        act(SimpleNamespace(store=SimpleNamespace(meta=meta)))

    def _keep(self, key: bytes, packed: bytes | None) -> None:
        self.kept.pop(key, None)
        if packed is not None:
            self.kept[key] = packed

    async def begin(self) -> None:
        view: Any = self
        await self.around.begin(view)

    def hear(self, *found: SignedAddresses) -> None:
        bringer: Any = Line(b"")
        self.around.telling.heard(bringer, AddressesArrived(found), [])

    def sought(self) -> set[bytes | None]:
        return {target.key for target in self.dialling.targets.values()} - {HUB.public_key}

    def urls(self, key: bytes) -> list[str]:
        (target,) = [one for one in self.dialling.targets.values() if one.key == key]
        return list(target.addresses())


@pytest.fixture
async def place():
    place = Place()
    await place.begin()
    return place


def keys_of(signers: list[keys.Signer]) -> set[bytes]:
    return {signer.public_key for signer in signers}


async def test_few_others_are_all_dialled_where_they_say_that_they_are(place):
    place.hear(said(SIGNERS[1]), said(SIGNERS[2]))
    assert place.sought() == keys_of(SIGNERS[1:3])
    assert place.urls(SIGNERS[1].public_key) == ["wss://10.0.1.1:8481/sync"]
    place.now_s += 60
    place.hear(said(SIGNERS[1], 2, "10.0.1.77:8481"))
    assert place.urls(SIGNERS[1].public_key) == ["wss://10.0.1.77:8481/sync"]


async def test_of_many_only_some_are_dialled_and_others_stand_in_for_those_that_are_away(place):
    place.hear(*map(said, SIGNERS[1:]))
    first = place.sought()
    assert len(first) == NEIGHBOURS_MAX
    away = list(first)[:3]
    for name, target in place.dialling.targets.items():
        if target.key in away:
            place.dialling.failed[name] = 1
    place.around.choose()
    second = place.sought()
    assert first < second, "they are dialled still"
    assert len(second) <= 2 * NEIGHBOURS_MAX
    for name, target in place.dialling.targets.items():
        place.dialling.failed[name] = target.key not in first
    place.around.choose()
    third = place.sought()
    assert first < third
    assert not third & (second - first), "nobody who did not answer stands in again soon"
    place.dialling.failed.clear()
    place.around.choose()
    assert place.sought() == third
    place.now_s += AWAY_S
    place.around.choose()
    assert place.sought() == first


async def test_whoever_has_called_is_not_away_however_often_he_could_not_be_reached(place):
    place.hear(*map(said, SIGNERS[1:]))
    first = place.sought()
    for name, target in place.dialling.targets.items():
        place.dialling.failed[name] = 1
        place.connections.append(Line(target.key or b"", dialled=False))
    place.around.choose()
    assert place.sought() == first


async def test_nobody_is_dialled_whom_the_registry_does_not_let_in(place):
    place.hear(said(SIGNERS[1]), said(SIGNERS[2]))
    place.refused.add(SIGNERS[1].public_key)
    place.around.hint(SIGNERS[1].public_key, Author("DESK-1"), "10.0.1.1:8481")
    assert place.sought() == keys_of(SIGNERS[2:3])


async def test_the_coordinator_is_dialled_where_the_settings_say_and_where_it_has_gone(place):
    assert place.urls(HUB.public_key) == [HUB_URL]
    place.hear(said(HUB, 1, "10.0.0.9:8471"))
    assert place.urls(HUB.public_key) == [HUB_URL, "wss://10.0.0.9:8471/sync"]
    assert place.sought() == set()


async def test_where_the_coordinator_is_now_is_known(place):
    """Its settings may be years old; the certificate is renewed where it really is."""
    assert place.around.coordinator == HUB_URL
    place.hear(said(HUB, 1, "10.0.0.9:8471"))
    place.connections.append(Line(HUB.public_key, dialled=False, url="10.0.0.7"))
    assert place.around.coordinator == "wss://10.0.0.9:8471/sync"
    place.connections[0] = Line(HUB.public_key, url="wss://10.0.0.8:8471/sync")
    assert place.around.coordinator == "wss://10.0.0.8:8471/sync"


async def test_of_two_the_one_with_the_higher_key_waits_a_little(place):
    later = Place(SIGNERS[1])
    await later.begin()
    later.hear(said(MINE), said(SIGNERS[2]))
    assert later.sought() == keys_of(SIGNERS[2:3])
    later.now_s += PATIENCE_S
    later.around.choose()
    assert later.sought() == {MINE.public_key, SIGNERS[2].public_key}


async def test_a_coordinator_dials_the_desks_that_do_not_come():
    hub = Place(HUB, Here(HUB.public_key, 8471, "", HUB.public_key))
    await hub.begin()
    hub.hear(*map(said, SIGNERS[:30]))
    assert hub.sought() == set()
    hub.connections = [Line(signer.public_key, dialled=False) for signer in SIGNERS[:28]]
    hub.now_s += COORDINATOR_PATIENCE_S
    hub.around.choose()
    assert hub.sought() == keys_of(SIGNERS[28:30])
    hub.connections.append(Line(SIGNERS[28].public_key))
    hub.now_s += 2 * SPARE_S
    hub.around.choose()
    assert hub.sought() == keys_of(SIGNERS[29:30])
    assert not any(one.reason for one in hub.connections), "it keeps what it has"


async def test_where_it_is_is_said_to_all_and_kept(place):
    line = Line(SIGNERS[1].public_key)
    place.connections.append(line)
    await place.around.look()
    (own,) = line.news
    assert own.addresses == ("10.0.1.0:8481",)
    assert addresses.is_genuine(own, keys.verify)
    assert place.kept == {}
    place.now_s += KEEP_S
    await place.around.look()
    assert set(place.kept) == {MINE.public_key}
    assert line.news == [own]


async def test_what_was_heard_is_known_after_a_restart(place):
    place.hear(said(SIGNERS[1]), said(SIGNERS[2]))
    await place.around.keep()
    again = Place()
    again.kept = dict(place.kept)
    await again.begin()
    assert again.sought() == keys_of(SIGNERS[1:3])
    again.refused.add(SIGNERS[1].public_key)
    await again.around.keep()
    assert set(again.kept) == keys_of(SIGNERS[2:3])


async def test_a_desk_that_only_its_own_computer_reaches_says_nothing():
    place = Place(here=Here(MINE.public_key, None, HUB_URL, HUB.public_key))
    await place.begin()
    line = Line(SIGNERS[1].public_key)
    place.connections.append(line)
    await place.around.look()
    assert line.news == []


async def test_after_a_move_dead_lines_end_and_all_are_dialled_at_once(place):
    old, other, local = Line(b"1", own_host="10.0.1.0"), Line(b"2", own_host="10.9.9.9"), Line(b"3")
    local.own_host = "127.0.0.1"
    place.connections = [old, other, local]
    place.hosts = ("10.0.1.0", "10.9.9.9")
    await place.around.look()
    assert place.dialling.all_hurried == 0
    place.hosts = ("10.9.9.9", "10.0.1.5")
    await place.around.look()
    assert [one.reason for one in place.connections] == ["moved", "", ""]
    assert place.dialling.all_hurried == 1
    place.now_s += 60
    await place.around.look()
    assert other.news[-1].addresses == ("10.9.9.9:8481", "10.0.1.5:8481")


async def test_a_line_that_is_needed_no_more_ends_after_a_while(place):
    place.hear(*map(said, SIGNERS[1:]))
    spare = next(one.public_key for one in SIGNERS[1:] if one.public_key not in place.sought())
    fixed = "wss://10.0.1.9:8481/sync"
    mine, theirs, unknown = Line(spare), Line(spare, dialled=False), Line(b"unknown")
    place.connections = [mine, theirs, unknown]
    place.around.choose()
    place.now_s += SPARE_S
    place.around.choose()
    assert [one.reason for one in place.connections] == ["spare", "", ""]
    settled = Place(here=Here(MINE.public_key, 1, HUB_URL, HUB.public_key, (fixed,)))
    await settled.begin()
    settled.hear(*map(said, SIGNERS[1:]))
    settled.connections = [Line(spare, url=fixed)]
    settled.around.choose()
    settled.now_s += SPARE_S
    settled.around.choose()
    assert settled.connections[0].reason == "", "the settings name it"


async def test_a_hint_is_tried_beside_what_was_signed_and_bounded(place):
    """Thousands of false ones cost a dial now and then, and take no known address away."""
    key = SIGNERS[1].public_key
    place.hear(said(SIGNERS[1]))
    for number in range(10_000):
        place.around.hint(key, Author("DESK-1"), f"10.66.{number // 250}.{number % 250}:8481")
    assert len(place.dialling.hurried) == 1
    urls = place.urls(key)
    assert urls[0] == "wss://10.0.1.1:8481/sync"
    assert len(urls) == 1 + neighbourhood.HINTS_MAX
    place.now_s += HINT_PAUSE_S
    place.around.hint(key, Author("DESK-1"), "10.0.1.8:8481")
    assert place.dialling.hurried[1:] == [
        (place.dialling.hurried[0][0], "wss://10.0.1.8:8481/sync")
    ]


async def test_a_hint_finds_somebody_of_whom_nothing_else_is_known(place):
    place.around.hint(SIGNERS[1].public_key, Author("DESK-1"), "10.0.1.1:8481")
    assert place.urls(SIGNERS[1].public_key) == ["wss://10.0.1.1:8481/sync"]
    place.around.hint(HUB.public_key, COORDINATOR, "10.0.0.8:8471")
    assert place.urls(HUB.public_key) == [HUB_URL, "wss://10.0.0.8:8471/sync"]
    assert place.dialling.hurried[-1] == (HUB_URL, "wss://10.0.0.8:8471/sync")


async def test_hints_that_lead_nowhere_or_to_oneself_are_left_out(place):
    for key, address in (
        (MINE.public_key, "10.0.1.1:8481"),
        (SIGNERS[1].public_key, "127.0.0.1:8481"),
        (SIGNERS[1].public_key, "evil.example:8481"),
    ):
        place.around.hint(key, Author("DESK-1"), address)
    assert place.sought() == set()
    place.connections = [Line(SIGNERS[1].public_key)]
    place.around.hint(SIGNERS[1].public_key, Author("DESK-1"), "10.0.1.1:8481")
    assert place.dialling.hurried == [], "there is a line already"


async def test_an_address_of_ipv6_is_written_as_one():
    place = Place()
    place.hosts = ("fd00::5",)
    await place.begin()
    line = Line(SIGNERS[1].public_key)
    place.connections.append(line)
    await place.around.look()
    assert line.news[0].addresses == ("[fd00::5]:8481",)


async def test_an_address_of_one_interface_is_dialled_and_not_told_to_others(place):
    """Whoever announces several is tried at the likeliest first, and two are kept."""
    there = ("10.0.1.1:8481", "[fd00::1]:8481", "[fe80::1%2]:8481")
    place.around.hint(SIGNERS[1].public_key, Author("DESK-1"), *there)
    assert place.dialling.hurried[-1][1] == "wss://10.0.1.1:8481/sync"
    name, _ = place.dialling.hurried[-1]
    target = place.dialling.targets[name]
    assert target.addresses() == [f"wss://{one}/sync" for one in there[:2]]
    place.around.hint(SIGNERS[1].public_key, Author("DESK-1"), there[2])
    assert target.addresses()[0] == "wss://[fe80::1%2]:8481/sync"
    line = Line(SIGNERS[2].public_key, own_host="fe80::5")
    place.connections.append(line)
    place.hosts = ("fe80::5%eth0",)
    await place.around.look()
    assert line.reason == ""
    assert line.news == [], "it means nothing elsewhere"
    place.hosts = ("fd00::5",)
    await place.around.look()
    assert line.reason == "moved"
