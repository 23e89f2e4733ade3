"""Real multicast: a bare computer hears who lets desks in, and tries few of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from node.enrolment import doors
from sync.network.announcements import Announcement, door_label
from sync.network.discovery import Heard, Multicast

HERE = ("127.0.0.1",)
OURS, OTHER = bytes(range(16)), bytes(16)


@pytest.fixture
def two_doors():
    said = (
        Announcement(door_label(OURS), 8472),
        Announcement(door_label(OTHER), 9999),
        Announcement("r-desk", 8481),
    )
    multicast = Multicast(HERE, said, lambda _: False, lambda _: None, lambda: 0.0)
    yield
    multicast.close()


def test_whoever_has_the_key_of_the_code_is_found_among_others(two_doors, monkeypatch):
    assert next(doors.heard(OURS, HERE)) == Heard(door_label(OURS), HERE, 8472)
    found = doors.heard(None, HERE)
    assert {next(found).port, next(found).port} == {8472, 9999}
    monkeypatch.setattr(doors, "WAIT_S", 0.0)
    assert list(doors.heard(b"x" * 16, HERE)) == []


def test_a_network_that_comes_up_while_somebody_looks_is_used(two_doors, monkeypatch):
    """The cable is in, and the computer has no address yet."""
    looks = iter([(), (), HERE])
    monkeypatch.setattr(doors, "addresses", SimpleNamespace(in_network=lambda: next(looks)))
    assert next(doors.heard(OURS)).port == 8472


def test_where_there_is_no_network_nobody_is_found(monkeypatch):
    monkeypatch.setattr(doors, "WAIT_S", 0.1)
    monkeypatch.setattr(doors, "addresses", SimpleNamespace(in_network=tuple))
    assert list(doors.places(None)) == []


def test_few_places_are_tried_each_once_and_none_that_leads_nowhere(monkeypatch):
    """Ten thousand false announcements cost a bare computer a handful of attempts."""
    said = [
        Heard("e-1", ("10.0.0.1",), 8472),
        Heard("e-1", ("10.0.0.1", "127.0.0.1"), 8472),
        *(Heard(f"e-{n}", (f"10.6.{n // 250}.{n % 250}",), 1) for n in range(10_000)),
    ]
    monkeypatch.setattr(doors, "heard", lambda _: iter(said))
    found = list(doors.places(None))
    assert found[0] == ("10.0.0.1", 8472)
    assert len(found) == len(set(found)) == doors.DOORS_MAX


def test_no_more_than_a_few_are_waited_for(monkeypatch):
    class Crowd:
        """Everybody shouts."""

        def __init__(self, _hosts, _said, wants, heard, _now_s) -> None:
            assert wants("e-6666")
            assert not wants("r-6666")
            for number in range(10_000):
                heard(Heard("e-6666", ("10.6.6.6",), number))

        def close(self) -> None:
            pass

    monkeypatch.setattr(doors, "Multicast", Crowd)
    assert len(list(doors.heard(None, HERE))) == doors.DOORS_MAX
