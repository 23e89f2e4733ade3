"""Sessions: they end when they are not used, and with what they rest on."""

import pytest

from coordinator.users.sessions import (
    IDLE_S,
    LONGEST_S,
    SESSIONS_MAX,
    SESSIONS_OF_USER_MAX,
    Sessions,
)
from sync.storage.access.users import UserRow


def user(name="sadia"):
    return UserRow(name, name, "reader", "hash", True, 0, "")


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


def whose(sessions, ident, *users):
    known = {one.key: one for one in users or (user(),)}
    found = sessions.user_of(ident, known.get)
    return found.name if found else None


def test_whoever_has_the_id_is_taken_for_the_user(sessions):
    first, second = sessions.begin(user()), sessions.begin(user("imran"))
    assert whose(sessions, first, user(), user("imran")) == "sadia"
    assert whose(sessions, second, user(), user("imran")) == "imran"
    for other in ("", "x", first[:-1], "\ud800"):
        assert whose(sessions, other) is None


def test_a_look_by_nobody_keeps_no_session_alive(sessions, clock):
    ident = sessions.begin(user())
    clock.now += IDLE_S - 1
    assert sessions.user_of(ident, {"sadia": user()}.get, is_used=False) == user()
    clock.now += 1
    assert whose(sessions, ident) is None


def test_it_ends_when_it_is_not_used(sessions, clock):
    ident = sessions.begin(user())
    for _ in range(3):
        clock.now += IDLE_S - 1
        assert whose(sessions, ident) == "sadia"
    clock.now += IDLE_S
    assert whose(sessions, ident) is None


def test_it_ends_after_half_a_day_however_much_it_is_used(sessions, clock):
    ident = sessions.begin(user())
    begun = clock.now
    while clock.now + IDLE_S - 1 < begun + LONGEST_S:
        clock.now += IDLE_S - 1
        assert whose(sessions, ident) == "sadia"
    clock.now = begun + LONGEST_S
    assert whose(sessions, ident) is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "other"}])
def test_it_ends_with_what_it_rests_on(sessions, change):
    ident = sessions.begin(user())
    assert whose(sessions, ident, user()._replace(**change)) is None
    assert whose(sessions, ident) is None, "it does not come back"


def test_it_ends_with_the_user_and_when_they_sign_out(sessions):
    gone, out = sessions.begin(user("gone")), sessions.begin(user())
    assert whose(sessions, gone) is None
    sessions.end(out)
    assert whose(sessions, out) is None


def test_one_user_and_all_together_have_so_many_and_not_more(sessions, clock):
    own = []
    for _ in range(SESSIONS_OF_USER_MAX + 1):
        clock.now += 1
        own.append(sessions.begin(user()))
    assert whose(sessions, own[0]) is None
    assert whose(sessions, own[1]) == "sadia"
    for number in range(SESSIONS_MAX):
        sessions.begin(user(str(number)))
    assert len(sessions._sessions) == SESSIONS_MAX
    assert whose(sessions, own[-1]) is None
