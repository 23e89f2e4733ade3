"""The coordinator: its replica, the arbiter, the HTTP API and the connections of the terminals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import Awaitable, Callable

from aiohttp import web

from coordinator import backups
from coordinator.api import parts
from coordinator.api.access import Access, require_administrator
from coordinator.api.conflicts import CoordinatorConflictsApi
from coordinator.api.imports import ImportApi
from coordinator.api.patients import CoordinatorPatientsApi
from coordinator.api.pool import PoolApi
from coordinator.api.salvage import SalvageApi
from coordinator.api.system import SystemApi
from coordinator.api.terminals import TerminalsApi
from coordinator.api.webhooks import WebhooksApi
from coordinator.extension import MEASURE_EVERY_S, REVIEW_EVERY_S, RangeWatch
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.judging.online import OnlineNumbers
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from coordinator.webhooks import Webhooks
from sync.daemon.conflict_alarms import LOOK_S, ConflictWatch
from sync.daemon.data_folder import DataFolder
from sync.daemon.jobs import Chores
from sync.daemon.peer_alarms import PeerWatch
from sync.daemon.stopping import listening, until_stopped
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.engine.witness import Witness, machine_id
from sync.http.app import Address, new_application, serve
from sync.http.openapi import SystemOperations
from sync.http.operations import routes
from sync.http.people import People
from sync.model.alarms import Alarms
from sync.model.facts import COORDINATOR, Author, Incarnation
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
        witness = Witness(config.witness, machine_id())
        numbers = OnlineNumbers(arbiter, witness)
        replica = await Replica.open(
            config.folder,
            signer,
            signer.public_key,
            arbiter,
            config.zone,
            granter=numbers.grant,
            note=witness.note_registered,
            note_serial=numbers.note_serial,
        )
        try:
            witness.read()  # only now: until the folder was locked another daemon could write it
            await CoordinatorDaemon(config, replica, arbiter, witness).run(stop)
        finally:
            await replica.close()


class CoordinatorDaemon:
    """All parts of one running coordinator."""

    def __init__(
        self, config: DataFolder, replica: Replica, arbiter: Arbiter, witness: Witness
    ) -> None:
        self._config = config
        self._replica = replica
        self._arbiter = arbiter
        self._witness = witness
        self._tasks: set[asyncio.Task[None]] = set()
        self._extend: Callable[[], Awaitable[None]]

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set."""
        config, replica = self._config, self._replica
        signer = config.signer()
        await self._start()
        peering = Peering(replica, signer, signer.public_key, random.random)
        peering.on_live = self._peer_is_live
        people = People(replica, COORDINATOR, config.required)
        alarms, chores = Alarms(), Chores()
        alarms.add(replica.alarms)
        watch = PeerWatch(lambda: 0)  # its clock is the one that all go by
        peering.on_live_copies = watch.twins
        alarms.add(watch.alarms)
        webhooks = Webhooks(replica, random.random)
        alarms.add(webhooks.alarms)
        extension = RangeWatch(replica, self._arbiter.recovery, peering, config.zone)
        self._extend = extension.review
        alarms.add(extension.alarms)
        conflicts = ConflictWatch(replica)
        alarms.add(conflicts.alarms)
        safekeeping = Safekeeping(replica, *backups.source(config), require_administrator)
        alarms.add(safekeeping.alarms)
        access = Access(replica)
        await access.take_up_reset()
        served: list[parts.Part] = [
            CoordinatorPatientsApi(people, replica, self._arbiter, self._witness),
            TerminalsApi(replica, self._arbiter, extension),
            PoolApi(replica, self._arbiter),
            CoordinatorConflictsApi(replica, self._arbiter, config.zone),
            WebhooksApi(webhooks),
            ImportApi(replica, self._arbiter, config.zone),
            SystemApi(replica, self._arbiter, peering, alarms, safekeeping),
            SalvageApi(replica, self._arbiter),
            safekeeping,
        ]
        ports: list[int] = []
        local = new_application(lambda: ports, access.authorise, origins=config.origins)
        operations = parts.operations(served)
        operations += SystemOperations(
            replica, "mrnmesh coordinator", operations, True
        ).operations()
        local.add_routes(routes(operations))
        mesh = web.Application()
        mesh.add_routes([web.get("/sync", peering.handler)])
        async with contextlib.AsyncExitStack() as stack:
            ports.append(await _serve(stack, local, config.listen))
            sync_port = await _serve(stack, mesh, config.sync_listen)
            stack.push_async_callback(safekeeping.stop)
            stack.push_async_callback(peering.stop)
            stack.callback(people.stop)
            stack.push_async_callback(chores.stop)
            safekeeping.begin(chores)
            chores.every(MEASURE_EVERY_S, "counting offline registrations", extension.measure)
            chores.every(REVIEW_EVERY_S, "looking at the ranges", extension.review)
            chores.every(LOOK_S, "counting conflicts", conflicts.look)
            chores.watch(alarms)
            stack.push_async_callback(webhooks.stop)
            await webhooks.start()
            log.info("the coordinator serves http://%s:%d", config.listen.host, ports[0])
            log.info("it syncs at ws://%s:%d/sync", config.sync_listen.host, sync_port)
            await until_stopped(stop)
            log.info("stopping")
        for task in list(self._tasks):
            await task

    async def _start(self) -> None:
        """Find out whether the database was set back, and judge what was left over."""
        recovery, witness = self._arbiter.recovery, self._witness
        await self._replica.write(lambda tx: recovery.look_back(tx, witness))
        if not witness.trusted:
            witness.begin_anew()
        await judge_everything(self._arbiter, self._replica, in_step=False)

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
        await self._extend()


async def _serve(stack: contextlib.AsyncExitStack, app: web.Application, address: Address) -> int:
    runner, port = await serve(app, address)
    stack.push_async_callback(runner.cleanup)
    return port
