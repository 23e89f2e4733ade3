"""The node: one replica, its HTTP API on this computer, and its connections to other replicas."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random

from aiohttp import web

from node import backups
from node.allocator import NodeAllocator
from node.api.conflicts import NodeConflictsApi
from node.api.drill import DrillApi
from node.api.patients import NodePatientsApi
from node.api.status import StatusApi
from node.config import Config
from node.drill import Drill
from node.number_alarms import LOOK_S as NUMBERS_S
from node.number_alarms import NumberWatch
from sync.daemon.conflict_alarms import LOOK_S as CONFLICTS_S
from sync.daemon.conflict_alarms import ConflictWatch
from sync.daemon.jobs import Chores
from sync.daemon.peer_alarms import PeerWatch
from sync.daemon.stopping import listening, until_stopped
from sync.engine.replica import Replica
from sync.engine.witness import Witness, machine_id
from sync.http.app import Address, new_application, serve
from sync.http.openapi import SystemOperations
from sync.http.operations import Operation, routes
from sync.http.people import People
from sync.model.alarms import Alarms
from sync.network.peering import Peering
from sync.protocol.questions import Commit
from sync.upkeep.service import Safekeeping

log = logging.getLogger("mrnmesh.node")


async def run(config: Config) -> None:
    """Run until told to stop, see `sync.daemon.stopping`.

    Raises:
        StoreError, BadConfig: it cannot start.
    """
    with listening() as stop:
        witness = Witness(config.witness, machine_id())
        replica = await Replica.open(
            config.folder,
            config.signer(),
            config.coordinator_key,
            zone=config.zone,
            note=witness.note_registered,
        )
        try:
            witness.read()  # only now: until the folder was locked another daemon could write it
            await NodeDaemon(config, replica, witness).run(stop)
        finally:
            await replica.close()


class NodeDaemon:
    """The parts of a running node."""

    def __init__(self, config: Config, replica: Replica, witness: Witness) -> None:
        self._config = config
        self._replica = replica
        self._incarnation = replica.identity.incarnation
        self._peering = Peering(replica, config.signer(), config.coordinator_key, random.random)
        self._allocator = NodeAllocator(config.code, self._peering, witness)
        self._drill = Drill(config.code, self._peering, replica, replica.reader)
        self._people = People(replica, config.code, config.required)
        self._safekeeping = Safekeeping(replica, *backups.source(config), lambda _: None)
        self._numbers = NumberWatch(config.code, replica, self._allocator.prospects)
        self._conflicts = ConflictWatch(replica, config.code)
        self._alarms = Alarms()
        replica.subscribe(self._notice_new_incarnation)
        peers = PeerWatch(lambda: replica.clock_behind_ms)
        self._peering.on_live_copies = peers.twins
        for source in (replica, peers, self._conflicts, self._numbers, self._safekeeping):
            self._alarms.add(source.alarms)

    def operations(self) -> list[Operation]:
        """What a client can ask of this desk."""
        config, replica = self._config, self._replica
        conflicts = NodeConflictsApi(config, replica, self._conflicts)
        found = [
            *NodePatientsApi(
                config, replica, self._allocator, self._people, self._drill
            ).operations(),
            *StatusApi(
                config,
                replica,
                self._allocator,
                self._peering,
                self._alarms,
                self._drill,
                conflicts,
                self._safekeeping,
            ).operations(),
            *conflicts.operations(),
            *self._safekeeping.operations(),
            *DrillApi(self._drill).operations(),
        ]
        system = SystemOperations(replica, f"mrnmesh node {config.code}", found)
        return found + system.operations()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and sync until told to stop."""
        config, peering, chores = self._config, self._peering, Chores()
        ports: list[int] = []
        api = new_application(lambda: ports, origins=config.origins)
        api.add_routes(routes(self.operations()))
        mesh = web.Application()
        mesh.add_routes([web.get("/sync", peering.handler)])
        async with contextlib.AsyncExitStack() as stack:
            ports.append(await _serve(stack, api, config.listen))
            sync_port = await _serve(stack, mesh, config.sync_listen)
            stack.push_async_callback(self._drill.close)
            stack.push_async_callback(self._safekeeping.stop)
            stack.push_async_callback(peering.stop)
            stack.callback(self._people.stop)
            stack.push_async_callback(chores.stop)
            self._safekeeping.begin(chores)
            for url in (config.coordinator, *config.peers):
                peering.dial(url)
            chores.keep("probing", lambda: self._allocator.probe_while_suspended(asyncio.sleep))
            chores.every(CONFLICTS_S, "counting conflicts", self._conflicts.look)
            chores.every(NUMBERS_S, "looking at the ranges", self._numbers.look)
            chores.watch(self._alarms)
            log.info("%s serves http://%s:%d", config.code, config.listen.host, ports[0])
            log.info("%s syncs at ws://%s:%d/sync", config.code, config.sync_listen.host, sync_port)
            await until_stopped(stop)
            log.info("stopping")

    def _notice_new_incarnation(self, _commit: Commit) -> None:
        incarnation = self._replica.identity.incarnation
        if incarnation != self._incarnation:
            self._incarnation = incarnation
            log.warning("a copy of this database was used: its ranges are closed")
            self._peering.renew()


async def _serve(stack: contextlib.AsyncExitStack, app: web.Application, address: Address) -> int:
    runner, port = await serve(app, address)
    stack.push_async_callback(runner.cleanup)
    return port
