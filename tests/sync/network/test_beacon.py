"""A replica is found under a name that its facility reads, and strangers are not even looked up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sync.model.facts import COORDINATOR, Author
from sync.network.announcements import Announcement, replica_label
from sync.network.beacon import Beacon
from sync.network.discovery import Heard
from sync.network.neighbourhood import Here

HUB, LAB, WARD, GONE = (bytes([number]) * 32 for number in range(4))


class Place:
    """A lab whose registry and network the test has."""

    def __init__(self, port: int | None = 8481) -> None:
        self.here = Here(LAB, port, "wss://10.0.0.1:8471/sync", HUB)
        self.hosts = ("10.0.0.5",)
        self.hints: list[tuple[bytes, Author, *tuple[str, ...]]] = []
        self.registry = registry({"LAB1-PC": {LAB}, "WARD-PC": {WARD}})

    def now_s(self) -> float:
        return 0.0

    def hint(self, key: bytes, author: Author, *places: str) -> None:
        self.hints.append((key, author, *places))


def registry(keys: dict[str, set[bytes]]) -> Any:
    terminals = {
        Author(code): SimpleNamespace(live_keys=frozenset(some)) for code, some in keys.items()
    }
    return SimpleNamespace(terminals=terminals)


@pytest.fixture
def place():
    return Place()


@pytest.fixture
def finding(place, monkeypatch):
    finding = Beacon(place, lambda: place.registry, lambda: (Announcement("e-door", 8472),))

    async def nothing() -> None:
        pass

    monkeypatch.setattr(finding._discovery, "look", nothing)
    return finding


def test_it_announces_its_own_name_and_what_else_there_is(finding):
    own = Announcement(replica_label(HUB, LAB), 8481)
    assert finding._announced() == (own, Announcement("e-door", 8472))


def test_a_replica_that_nobody_reaches_announces_nothing():
    place: Any = Place(port=None)
    assert Beacon(place, lambda: place.registry)._announced() == ()


async def test_others_of_the_facility_become_hints_and_nobody_else(finding, place):
    await finding.look()
    for key, author in ((WARD, "WARD-PC"), (HUB, COORDINATOR)):
        label = replica_label(HUB, key)
        assert finding._is_ours(label)
        finding._heard(Heard(label, ("10.0.0.7", "fe80::7%2"), 8481))
        assert place.hints[-1] == (key, author, "10.0.0.7:8481", "[fe80::7%2]:8481")
    count = len(place.hints)
    for label in (replica_label(HUB, LAB), replica_label(HUB, GONE), "r-", "e-door"):
        assert not finding._is_ours(label)
        finding._heard(Heard(label, ("10.0.0.7",), 8481))
    assert len(place.hints) == count


async def test_the_names_follow_the_registry(finding, place):
    await finding.look()
    place.registry = registry({"LAB1-PC": {LAB}, "NEW-PC": {GONE}})
    await finding.look()
    assert finding._is_ours(replica_label(HUB, GONE))
    assert not finding._is_ours(replica_label(HUB, WARD))
    await finding.close()
