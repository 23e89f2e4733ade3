"""The coordinator: its replica, the arbiter, the HTTP API and the connections of the terminals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import Callable, Iterable

from aiohttp import web

from coordinator import backups
from coordinator.api.access import Access
from coordinator.api.conflicts import CoordinatorConflictsApi
from coordinator.api.imports import ImportApi
from coordinator.api.patients import CoordinatorPatientsApi
from coordinator.api.pool import PoolApi
from coordinator.api.ranges import RangesApi
from coordinator.api.salvage import SalvageApi
from coordinator.api.system import SystemApi
from coordinator.api.terminals import TerminalsApi
from coordinator.api.webhooks import WebhooksApi
from coordinator.extension import MEASURE_EVERY_S, REVIEW_EVERY_S, RangeWatch
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.judging.recovery import NEWEST_ONLINE, SERIAL, Recovery
from coordinator.registry import terminals
from coordinator.webhooks import Webhooks
from sync.daemon.conflict_alarms import LOOK_S, ConflictWatch
from sync.daemon.data_folder import DataFolder
from sync.daemon.jobs import Chores
from sync.daemon.peer_alarms import PeerWatch
from sync.daemon.stopping import listening, until_stopped
from sync.engine.issuing import Issued, Registered
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.engine.witness import Witness, machine_id
from sync.http.address import Address
from sync.http.app import new_application, serve
from sync.http.changes import Changes
from sync.http.operations import Needs, Operation
from sync.http.people import People
from sync.http.registration import Registrations
from sync.http.system import SystemOperations
from sync.model.alarms import Alarms
from sync.model.facts import COORDINATOR, Author, Incarnation, RecordId
from sync.network.peering import Peering
from sync.upkeep.service import Safekeeping

log = logging.getLogger("mrnmesh.coordinator")


async def run(config: DataFolder) -> None:
    """Run until told to stop, see `sync.daemon.stopping`.

    Raises:
        StoreError, BadConfig: it cannot start.
    """
    with listening() as stop:
        recovery = Recovery(os.urandom, config.zone)
        arbiter = Arbiter(recovery)
        signer = config.signer()
        replica = await Replica.open(config.folder, signer, signer.public_key, arbiter, config.zone)
        try:
            await CoordinatorDaemon(config, replica, arbiter).run(stop)
        finally:
            await replica.close()


class CoordinatorDaemon:
    """All parts of one running coordinator."""

    def __init__(self, config: DataFolder, replica: Replica, arbiter: Arbiter) -> None:
        signer = config.signer()
        self._config = config
        self._replica = replica
        self._arbiter = arbiter
        self._witness = Witness(config.witness, machine_id())
        self._tasks: set[asyncio.Task[None]] = set()
        self._access = Access(replica)
        self._changes = Changes(replica, Needs.ANY_TOKEN)
        self._peering = Peering(replica, signer, signer.public_key, random.random)
        self._webhooks = Webhooks(replica, random.random)
        self._ranges = RangeWatch(replica, arbiter.recovery, self._peering, config.zone)
        self._conflicts = ConflictWatch(replica)
        self._safekeeping = Safekeeping(replica, *backups.source(config), Needs.ADMINISTRATOR_TOKEN)
        self._alarms = Alarms()
        peers = PeerWatch(lambda: 0)  # its clock is the one that all go by
        self._peering.on_live = self._peer_is_live
        self._peering.on_live_copies = peers.twins
        for source in (
            replica,
            peers,
            self._webhooks,
            self._ranges,
            self._conflicts,
            self._safekeeping,
        ):
            self._alarms.add(source.alarms)

    def operations(self) -> list[Operation]:
        """What a client can ask of the coordinator."""
        config, replica, arbiter = self._config, self._replica, self._arbiter
        registrations = Registrations(replica, config.required)
        found = [
            *CoordinatorPatientsApi(registrations, replica, arbiter, self._witness).operations(),
            *People(replica, COORDINATOR, Needs.ANY_TOKEN, config.required).operations(),
            *self._changes.operations(),
            *RangesApi(replica, arbiter, self._ranges).operations(),
            *TerminalsApi(replica, arbiter).operations(),
            *PoolApi(replica, arbiter).operations(),
            *CoordinatorConflictsApi(replica, arbiter, config.zone).operations(),
            *WebhooksApi(self._webhooks).operations(),
            *ImportApi(replica, arbiter, config.zone).operations(),
            *SystemApi(
                replica, arbiter, self._peering, self._alarms, self._safekeeping
            ).operations(),
            *SalvageApi(replica, arbiter).operations(),
            *self._safekeeping.operations(),
        ]
        system = SystemOperations(replica, "mrnmesh coordinator", found)
        return found + system.operations()

    def application(self, ports: Callable[[], Iterable[int]]) -> web.Application:
        """The HTTP API, to be served at ``ports``."""
        return new_application(
            ports, self.operations(), self._access.authorise, origins=self._config.origins
        )

    def mesh(self) -> web.Application:
        """Where other replicas connect."""
        mesh = web.Application()
        mesh.add_routes([web.get("/sync", self._peering.handler)])
        return mesh

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set."""
        config, peering, chores = self._config, self._peering, Chores()
        await self.start()
        ports: list[int] = []
        async with contextlib.AsyncExitStack() as stack:
            ports.append(await _serve(stack, self.application(lambda: ports), config.listen))
            sync_port = await _serve(stack, self.mesh(), config.sync_listen)
            stack.push_async_callback(self._safekeeping.stop)
            stack.push_async_callback(peering.stop)
            stack.callback(self._changes.stop)
            stack.push_async_callback(chores.stop)
            self._safekeeping.begin(chores)
            chores.every(MEASURE_EVERY_S, "counting offline registrations", self._ranges.measure)
            chores.every(REVIEW_EVERY_S, "looking at the ranges", self._ranges.review)
            chores.every(LOOK_S, "counting conflicts", self._conflicts.look)
            chores.watch(self._alarms)
            stack.push_async_callback(self._webhooks.stop)
            await self._webhooks.start()
            log.info("the coordinator serves http://%s:%d", config.listen.host, ports[0])
            log.info("it syncs at ws://%s:%d/sync", config.sync_listen.host, sync_port)
            await until_stopped(stop)
            log.info("stopping")
        for task in list(self._tasks):
            await task

    async def start(self) -> None:
        """Find out whether the database was set back, and judge what was left over."""
        witness = self._witness
        replica, recovery = self._replica, self._arbiter.recovery

        def grant(tx: Transaction, record: RecordId, terminal: Author) -> Issued:
            terminals.active(tx, terminal)
            return self._arbiter.grant(tx, record, terminal)

        def note(registered: Registered) -> None:
            issued = registered.issued
            if issued is not None and issued.range is not None and issued.mrn is not None:
                witness.note(issued.range, int(issued.mrn))

        await replica.write(lambda tx: recovery.look_back(tx, witness))
        if not witness.trusted:
            witness = self._witness = Witness.create(self._config.witness, machine_id())
        replica.granter = grant
        replica.note = note
        replica.note_serial = lambda serial: witness.note_marks(
            {SERIAL: serial, NEWEST_ONLINE: self._arbiter.newest_online}
        )
        await judge_everything(self._arbiter, replica, in_step=False)
        await self._access.take_up_reset()

    def _peer_is_live(self, author: Author, incarnation: Incarnation, complete: bool) -> None:
        task = asyncio.create_task(self._note_peer(author, incarnation, complete))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _note_peer(self, author: Author, incarnation: Incarnation, complete: bool) -> None:
        """A terminal has brought what it has, all of it if ``complete``; is its life a new one?"""
        recovery = self._arbiter.recovery

        def act(tx: Transaction) -> None:
            if complete:
                recovery.note_merged(tx, author)
            if not recovery.is_on(tx):
                terminals.adopt_incarnation(tx, author, incarnation)

        await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        await self._ranges.review()


async def _serve(stack: contextlib.AsyncExitStack, app: web.Application, address: Address) -> int:
    runner, port = await serve(app, address)
    stack.push_async_callback(runner.cleanup)
    return port
