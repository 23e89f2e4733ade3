"""A coordinator and a desk at work while their disks fail: SQLite's files, and the witnesses."""

from __future__ import annotations

import errno
import os
import random
import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from sync.errors import MrnmeshError
from tests.daemons import new_desk, new_hub
from tests.daemons.api import AYESHA
from tests.simulation.disk import FULL, OK, Disk
from tests.simulation.layer import installed, why_unavailable

WHY = why_unavailable()
pytestmark = pytest.mark.skipif(WHY is not None, reason=f"no layer below the files: {WHY}")
ROUNDS = 8


class FailingDisk(Disk):
    """Each write, sync or change of a name is refused with a chance of ``share``."""

    share = 0.0
    refuses_as_full = False

    def _refuses(self) -> bool:
        return self._chance.random() < self.share

    def before_python(self, path: str) -> None:
        if self._refuses():
            code = errno.ENOSPC if self.refuses_as_full else errno.EIO
            raise OSError(code, os.strerror(code), path)

    def before_sqlite(self, error: int, grows: bool) -> int:
        if not self._refuses():
            return OK
        return FULL if grows and self.refuses_as_full else error


class Model:
    """What clients sent, and what they were told."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.given: dict[str, str] = {}
        self._unanswered: list[tuple[Any, dict[str, Any], str]] = []
        self._sent = 0

    async def register(self, daemon: Any) -> None:
        self._sent += 1
        body = AYESHA | {"full_name": f"Ayesha {self._sent}", "phone": f"0300{self._sent:07}"}
        if daemon.config.folder.name != "hub" and self.chance.randrange(2):
            body["offline"] = True
        await self._send(daemon, body, f"key {self._sent}")

    async def send_again(self) -> None:
        waiting, self._unanswered = self._unanswered, []
        for daemon, body, key in waiting:
            await self._send(daemon, body, key)

    async def _send(self, daemon: Any, body: dict[str, Any], key: str) -> None:
        headers = {"Idempotency-Key": key}
        status, answer = await daemon.send("POST", "/api/patients/", body, headers=headers)
        if status == 503:
            self._unanswered.append((daemon, body, key))
            return
        assert status in (200, 201), answer
        name = self.given.setdefault(answer["mrn"], body["full_name"])
        assert name == body["full_name"], f"{answer['mrn']} was given twice"


@asynccontextmanager
async def at_work(daemon, disk):
    """The daemon at work; a start that the disk refuses is one that its service begins again."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(daemon.running(jobs=False))
        except (MrnmeshError, OSError, sqlite3.Error):
            disk.share = 0.0
            await stack.enter_async_context(daemon.running(jobs=False))
        yield


@pytest.mark.parametrize("which", ["hub", "LAB1-PC", ""])
@pytest.mark.parametrize("seed", [1, 2])
async def test_what_anybody_was_told_is_there_after_the_disk_has_failed(tmp_path, which, seed):
    chance = random.Random(f"{which} {seed}")
    disk = FailingDisk(tmp_path / which, chance)
    model = Model(chance)
    hub = new_hub(tmp_path)
    async with hub.running(jobs=False):
        desk = await new_desk(tmp_path, hub, "LAB1-PC", "710000-719999")
        async with desk.running(jobs=False):
            await desk.in_touch()
    with installed(disk):
        for _ in range(ROUNDS):
            disk.refuses_as_full = bool(chance.randrange(2))
            async with at_work(hub, disk), at_work(desk, disk):
                for daemon in (desk, hub):
                    disk.share = chance.choice((0.02, 0.2, 1.0))
                    for _ in range(6):
                        await model.register(daemon)
                    if chance.randrange(2):
                        disk.share = 0.0
                    await model.send_again()
        disk.share = 0.0
    async with hub.running(jobs=False), desk.running(jobs=False):
        await desk.in_touch()
        for daemon in (hub, desk):
            for mrn, name in model.given.items():
                (person,) = (await daemon.get(f"/api/patients/mrn/{mrn}/"))["results"]
                assert person["full_name"] == name
            codes = [one["code"] for one in (await daemon.get("/api/status/"))["alarms"]]
            assert "set_back" not in codes
            assert "duplicate_numbers" not in codes
