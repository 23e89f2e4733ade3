"""Who is a neighbour of whom: connected, few each, and the same pairs from both sides."""

from __future__ import annotations

import random

import pytest

from sync.network.neighbours import NEIGHBOURS_MAX, chosen, distances, wanted

SIZES = [*range(1, 40), 99, 200, 1000]


def keys(size: int) -> list[bytes]:
    source = random.Random(size)
    return [source.randbytes(32) for _ in range(size)]


def pairs(members: list[bytes], away: frozenset[bytes] = frozenset()) -> dict[bytes, set[bytes]]:
    """Who has a connection with whom when those that are away answer nobody."""
    up = [one for one in members if one not in away]
    lines: dict[bytes, set[bytes]] = {one: set() for one in up}
    for one in up:
        for other in wanted(one, members, away) - away:
            lines[one].add(other)
            lines[other].add(one)
    return lines


def reached(lines: dict[bytes, set[bytes]], start: bytes) -> dict[bytes, int]:
    """Everybody who can be reached from one -> in how many steps."""
    steps, edge = {start: 0}, [start]
    while edge:
        edge = [next_ for one in edge for next_ in lines[one] if next_ not in steps]
        steps.update(dict.fromkeys(edge, max(steps.values()) + 1))
    return steps


@pytest.mark.parametrize("size", SIZES)
def test_nobody_has_more_than_eight_neighbours_and_both_sides_choose_each_other(size):
    members = keys(size)
    mine = {one: chosen(one, members) for one in members}
    for one, others in mine.items():
        assert one not in others
        assert len(others) <= NEIGHBOURS_MAX
        assert len(others) >= min(size - 1, 2), "two independent ones, where there are any"
        assert all(one in mine[other] for other in others)


@pytest.mark.parametrize("size", range(2, NEIGHBOURS_MAX + 2))
def test_few_replicas_are_all_neighbours(size):
    members = keys(size)
    assert chosen(members[0], members) == set(members[1:])


@pytest.mark.parametrize("size", SIZES)
def test_everybody_is_connected_in_few_steps(size):
    members = keys(size)
    steps = reached(pairs(members), members[0])
    assert set(steps) == set(members)
    assert max(steps.values()) <= (9 if size <= 200 else 16)


@pytest.mark.parametrize("seed", range(20))
def test_those_that_stay_are_connected_whoever_goes(seed):
    """Whoever is away is known to be so: each one finds out by dialling."""
    members = keys(60)
    source = random.Random(seed)
    away = frozenset(source.sample(members, source.randrange(1, 58)))
    lines = pairs(members, away)
    start = next(iter(lines))
    assert set(reached(lines, start)) == set(lines)
    assert all(len(others) >= min(len(lines) - 1, 2) for others in lines.values())


@pytest.mark.parametrize("seed", range(20))
def test_seven_failures_that_nobody_has_noticed_yet_cut_nobody_off(seed):
    members = keys(100)
    gone = set(random.Random(seed).sample(members, 7))
    lines = {one: others - gone for one, others in pairs(members).items() if one not in gone}
    assert set(reached(lines, next(iter(lines)))) == set(lines)


def test_whoever_is_away_is_dialled_still():
    members = keys(100)
    me, away = members[0], frozenset(members[50:])
    assert chosen(me, members) <= wanted(me, members, away)
    assert len(wanted(me, members, away)) <= 2 * NEIGHBOURS_MAX


@pytest.mark.parametrize(
    ("size", "found"), [(10, (1, 2, 3, 4)), (200, (1, 2, 6, 36)), (1000, (1, 2, 10, 100))]
)
def test_the_distances_grow_with_the_ring(size, found):
    assert distances(size) == found
