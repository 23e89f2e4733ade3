"""Replicas that listen and dial on this computer, in one process."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

from aiohttp import web

from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from sync.engine import keys
from sync.engine import replica as replica_
from sync.engine.issuing import Draft, Issued
from sync.engine.replica import Replica
from sync.model.facts import COORDINATOR, Author, RecordId
from sync.network.peering import Peering
from sync.protocol.questions import RootsQuery
from tests.clinic import PERSON, ZONE

LAB = Author("LAB1-PC")
WARD = Author("WARD-PC")
WAIT_S = 60.0


class Daemon:
    """A replica that listens and dials, without its HTTP API."""

    def __init__(self, replica: Replica, signer: keys.Signer, coordinator_key: bytes) -> None:
        self.replica = replica
        self.signer = signer
        self.live: list[Author] = []
        self.live_copies: list[Author] = []
        self.faults: list[tuple[str, str]] = []
        self._coordinator_key = coordinator_key
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.begin()

    def begin(self) -> None:
        self.peering = Peering(
            self.replica,
            self.signer,
            self._coordinator_key,
            lambda: random.random() / 50,
            on_live=lambda author, *_: self.live.append(author),
            on_live_copies=self.live_copies.append,
            on_fault=lambda who, code: self.faults.append((who, code)),
        )

    async def listen(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/sync", self.peering.handler)])
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self.peering.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def restart(self) -> None:
        await self.stop()
        self.begin()
        await self.listen()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/sync"

    async def register(self) -> RecordId:
        record = RecordId(os.urandom(16))
        draft = Draft(record, None, PERSON, "2026-01-05T12:00:00+05:00")
        await self.replica.register(
            self.replica.identity.author, draft, lambda _tx: Issued(None, True)
        )
        return record

    async def roots(self) -> object:
        return await self.replica.answer(RootsQuery())

    async def holds_what(self, other: Daemon) -> None:
        """Wait until both hold the same."""
        changed = asyncio.Event()
        unsubscribe = [
            daemon.replica.subscribe(lambda _commit: changed.set()) for daemon in (self, other)
        ]
        try:
            while await self.roots() != await other.roots():
                await changed.wait()
                changed.clear()
        finally:
            for end in unsubscribe:
                end()

    async def until(self, holds: Any) -> None:
        await self.peering.wait_until(lambda: holds(self.peering.sessions()))


class House:
    """A coordinator and the desks that have joined it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = keys.Signer.new()
        self.daemons: list[Daemon] = []

    async def start(self) -> None:
        replica_.init(self.folder / "coordinator", COORDINATOR)
        arbiter = Arbiter(Recovery(os.urandom, ZONE))
        replica = await Replica.open(
            self.folder / "coordinator",
            self.key,
            self.key.public_key,
            arbiter,
            granter=arbiter.grant,
        )
        self.coordinator = Daemon(replica, self.key, self.key.public_key)
        self.daemons.append(self.coordinator)
        await self.coordinator.listen()

    async def desk(self, code: Author) -> Daemon:
        """A desk that the registry knows, and whose own copy of the registry is empty."""
        signer = keys.Signer.new()
        replica_.init(self.folder / code, code)
        daemon = await self.open(self.folder / code, signer)
        act = self.coordinator.replica.write
        await act(lambda tx: terminals.add_terminal(tx, code, code))
        incarnation = daemon.replica.identity.incarnation
        await act(lambda tx: terminals.join_node(tx, code, signer.public_key, incarnation))
        return daemon

    async def open(self, folder: Path, signer: keys.Signer) -> Daemon:
        replica = await Replica.open(folder, signer, self.key.public_key)
        daemon = Daemon(replica, signer, self.key.public_key)
        self.daemons.append(daemon)
        await daemon.listen()
        return daemon

    async def stop(self) -> None:
        """Nobody dials any more when the first of them stops to listen."""
        for daemon in self.daemons:
            await daemon.peering.stop()
        for daemon in self.daemons:
            await daemon.stop()
            await daemon.replica.close()
