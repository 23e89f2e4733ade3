"""What becomes of who is signed in while the coordinator's computer sleeps."""

from __future__ import annotations

import os
import time

from coordinator.users import attempts
from sync.engine import replica as replicas
from sync.engine.writer import Shell
from sync.http.callers.sessions import IDLE_S
from tests.coordinator.api.test_access import signed_in
from tests.daemons.running import new_hub

WHO = "/api/whoami/"


class Laptop:
    """A real computer that has slept for a while: its own clocks have gone on meanwhile."""

    def __init__(self) -> None:
        self.slept_ms = 0
        self.real = replicas.shell()

    def shell(self) -> Shell:
        now_ms, steady_ms = self.real.now_ms, self.real.steady_ms
        return Shell(
            lambda: now_ms() + self.slept_ms, os.urandom, lambda: steady_ms() + self.slept_ms
        )


async def test_nobody_is_signed_in_after_a_night_of_sleep(tmp_path, monkeypatch):
    laptop = Laptop()
    monkeypatch.setattr(replicas, "shell", laptop.shell)
    async with new_hub(tmp_path).running(jobs=False) as hub:
        who = await signed_in(hub)
        awake = time.monotonic()
        laptop.slept_ms += int(IDLE_S / 2 * 1000)
        assert (await hub.send("GET", WHO, **who))[0] == 200
        laptop.slept_ms += int(IDLE_S * 1000) + 1  # two times as floats may differ by less
        assert (await hub.send("GET", WHO, **who))[0] == 401
        assert time.monotonic() - awake < IDLE_S, "the event loop has not seen that time pass"


async def test_whoever_typed_wrong_passwords_has_waited_after_a_night_of_sleep(
    tmp_path, monkeypatch
):
    laptop = Laptop()
    monkeypatch.setattr(replicas, "shell", laptop.shell)
    async with new_hub(tmp_path).running(jobs=False) as hub:
        await signed_in(hub)
        wrong = {"name": "Imran", "password": "this is not the password"}
        for _ in range(attempts.OWN.failures):
            assert (await hub.send("POST", "/api/sign-in/", wrong, token=None))[0] == 401
        assert (await hub.send("POST", "/api/sign-in/", wrong, token=None))[0] == 429
        laptop.slept_ms += 12 * 3_600_000
        assert (await hub.send("POST", "/api/sign-in/", wrong, token=None))[0] == 401
