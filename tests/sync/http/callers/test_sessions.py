"""Sessions: they end when they are not used, and with what they rest on."""

import pytest

from sync.http.callers.sessions import (
    IDLE_S,
    LONGEST_S,
    SESSIONS_MAX,
    SESSIONS_OF_ONE_MAX,
    Sessions,
)

HASHES = {"sadia": "hash", "imran": "hash"}


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(clock)


def whose(sessions, ident, secrets=HASHES):
    return sessions.owner_of(ident, secrets.get)


def test_whoever_has_the_id_is_taken_for_the_user(sessions):
    first, second = sessions.begin("sadia", "hash"), sessions.begin("imran", "hash")
    assert whose(sessions, first) == "sadia"
    assert whose(sessions, second) == "imran"
    for other in ("", "x", first[:-1], "\ud800"):
        assert whose(sessions, other) is None


def test_a_look_by_nobody_keeps_no_session_alive(sessions, clock):
    ident = sessions.begin("sadia", "hash")
    clock.now += IDLE_S - 1
    assert sessions.owner_of(ident, HASHES.get, is_used=False) == "sadia"
    clock.now += 1
    assert whose(sessions, ident) is None


def test_it_ends_when_it_is_not_used(sessions, clock):
    ident = sessions.begin("sadia", "hash")
    for _ in range(3):
        clock.now += IDLE_S - 1
        assert whose(sessions, ident) == "sadia"
    clock.now += IDLE_S
    assert whose(sessions, ident) is None


def test_it_ends_after_half_a_day_however_much_it_is_used(sessions, clock):
    ident = sessions.begin("sadia", "hash")
    begun = clock.now
    while clock.now + IDLE_S - 1 < begun + LONGEST_S:
        clock.now += IDLE_S - 1
        assert whose(sessions, ident) == "sadia"
    clock.now = begun + LONGEST_S
    assert whose(sessions, ident) is None


@pytest.mark.parametrize("secret", [None, "other"])
def test_it_ends_with_what_it_rests_on(sessions, secret):
    ident = sessions.begin("sadia", "hash")
    assert whose(sessions, ident, {"sadia": secret}) is None
    assert whose(sessions, ident) is None, "it does not come back"


def test_it_ends_with_the_user_and_when_they_sign_out(sessions):
    gone, out = sessions.begin("gone", "hash"), sessions.begin("sadia", "hash")
    assert whose(sessions, gone) is None
    sessions.end(out)
    assert whose(sessions, out) is None


def test_one_user_and_all_together_have_so_many_and_not_more(sessions, clock):
    own = []
    for _ in range(SESSIONS_OF_ONE_MAX + 1):
        clock.now += 1
        own.append(sessions.begin("sadia", "hash"))
    assert whose(sessions, own[0]) is None
    assert whose(sessions, own[1]) == "sadia"
    for number in range(SESSIONS_MAX):
        sessions.begin(str(number), "hash")
    assert len(sessions._sessions) == SESSIONS_MAX
    assert whose(sessions, own[-1]) is None


def test_how_long_it_lasts_unused_can_be_said(clock):
    sessions = Sessions(clock, idle_s=60.0)
    ident = sessions.begin("sadia", "hash")
    clock.now += 59
    assert whose(sessions, ident) == "sadia"
    clock.now += 60
    assert whose(sessions, ident) is None
