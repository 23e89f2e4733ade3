"""Passwords: how they are hashed, and that nobody waits for ever."""

import asyncio
import contextlib
import threading

import pytest

from sync.errors import Busy
from sync.trust import passwords
from sync.trust.passwords import AT_ONCE, WAITING_MAX, Passwords

GOOD = "correct horse battery"
REAL = passwords.LOG2_N
"""The costs of a hash outside of tests."""


@pytest.fixture(autouse=True)
def low_costs(monkeypatch):
    monkeypatch.setattr(passwords, "LOG2_N", 8)


def test_the_hash_has_its_costs_and_a_salt_of_its_own(monkeypatch):
    first, second = passwords.hash_of(GOOD), passwords.hash_of(GOOD)
    assert first != second
    assert GOOD not in first
    assert passwords.is_right(GOOD, first)
    assert not passwords.is_right(GOOD + "x", first)
    monkeypatch.setattr(passwords, "LOG2_N", REAL)
    dear = passwords.hash_of(GOOD)
    assert dear.startswith("scrypt$15$8$3$")
    assert passwords.is_hash(dear)
    assert passwords.is_right(GOOD, dear)
    assert not passwords.is_hash(first), "of lower costs"


def test_a_letter_may_be_typed_in_two_ways():
    hashed = passwords.hash_of("passé composé")
    assert passwords.is_right("passe\u0301 compose\u0301", hashed)


@pytest.mark.parametrize(
    "text",
    ["", "x", "scrypt$8$8$3$AA==$AA==", "scrypt$1$8$3$a$b", "scrypt$8$8$3$!!$??", "0" * 64],
)
def test_what_is_no_hash(text):
    assert not passwords.is_hash(text)


async def test_nobodys_password_is_as_much_work_as_a_wrong_one(monkeypatch):
    made, real = [], passwords._scrypt

    def noted(password, salt, *costs):
        made.append(costs)
        return real(password, salt, *costs)

    hashing = Passwords()
    hashed = await hashing.hash_of(GOOD)
    await hashing.is_right("x", None)  # the first time something to compare with is made
    monkeypatch.setattr(passwords, "_scrypt", noted)
    assert not await hashing.is_right("x", None)
    assert not await hashing.is_right("x", hashed)
    assert made == [made[0]] * 2
    hashing.stop()


async def test_whoever_waits_or_comes_while_the_daemon_stops_is_sent_away(monkeypatch):
    at_work, may_end = threading.Barrier(AT_ONCE + 1), threading.Event()

    def slow(_password):
        at_work.wait()
        may_end.wait()
        return "hash"

    monkeypatch.setattr(passwords, "hash_of", slow)
    hashing = Passwords()
    calls = [asyncio.ensure_future(hashing.hash_of(GOOD)) for _ in range(AT_ONCE + 3)]
    await asyncio.sleep(0)
    await asyncio.to_thread(at_work.wait)
    left = calls.pop()
    left.cancel()  # whoever has gone himself is told nothing
    hashing.stop()
    hashing.stop()
    may_end.set()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert found[:AT_ONCE] == ["hash"] * AT_ONCE
    assert [type(one) for one in found[AT_ONCE:]] == [Busy] * 2
    with pytest.raises(asyncio.CancelledError):
        await left
    with pytest.raises(Busy):
        await hashing.hash_of(GOOD)
    with pytest.raises(Busy):
        await hashing.is_right(GOOD, None, is_here=True)


async def test_few_are_hashed_at_once_and_only_some_wait(monkeypatch):
    at_work, most, may_end = 0, 0, threading.Event()
    lock = threading.Lock()

    def slow(_password):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        may_end.wait()
        with lock:
            at_work -= 1
        return "hash"

    monkeypatch.setattr(passwords, "hash_of", slow)
    hashing = Passwords()
    waiting = [asyncio.ensure_future(hashing.hash_of(GOOD)) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await hashing.hash_of(GOOD)
    with pytest.raises(Busy):
        await hashing.is_right(GOOD, None)
    here = asyncio.ensure_future(hashing.is_right(GOOD, None, is_here=True))
    await asyncio.sleep(0)
    assert not here.done()
    may_end.set()
    assert await asyncio.gather(*waiting) == ["hash"] * WAITING_MAX
    with contextlib.suppress(ValueError):  # what stands here for a hash is none
        await here
    assert most <= AT_ONCE
    assert await hashing.hash_of(GOOD) == "hash"
    hashing.stop()
