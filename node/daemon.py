"""The node: one replica, its HTTP API on this computer, and its connections to other replicas."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random

from aiohttp import web

from node import backups
from node.allocator import NodeAllocator
from node.config import Config
from node.conflicts_api import ConflictsApi
from node.drill import Drill
from node.drill_api import DrillApi
from node.patients_api import PatientsApi
from node.status_api import StatusApi
from sync.alarms import Alarms
from sync.chores import Chores
from sync.conflict_watch import LOOK_S, ConflictWatch
from sync.openapi import SystemOperations
from sync.operations import routes
from sync.peer_watch import PeerWatch
from sync.peering import Peering
from sync.people import People
from sync.queries import Commit
from sync.replica import Replica
from sync.safekeeping import Safekeeping
from sync.stopping import listening, until_told
from sync.web import Address, new_application, serve
from sync.witness import Witness, machine_id

log = logging.getLogger("mrnmesh.node")


async def run(config: Config) -> None:
    """Run until told to stop, see `sync.stopping`.

    Raises:
        StoreError, BadConfig: it cannot start.
    """
    with listening() as stop:
        replica = await Replica.open(
            config.folder, config.signer(), config.coordinator_key, zone=config.zone
        )
        try:
            await _run(config, replica, stop)
        finally:
            await replica.close()


async def _run(config: Config, replica: Replica, stop: asyncio.Event) -> None:
    witness = Witness(config.witness, machine_id())
    peering = Peering(replica, config.signer(), config.coordinator_key, random.random)
    allocator = NodeAllocator(config.code, peering, witness)
    replica.note = allocator.note
    life = replica.identity.incarnation

    def notice_new_life(_commit: Commit) -> None:
        nonlocal life
        if replica.identity.incarnation != life:
            life = replica.identity.incarnation
            log.warning("a copy of this database was used: its ranges are closed")
            peering.renew()

    replica.subscribe(notice_new_life)
    drill = Drill(config.code, peering, replica, replica.reader)
    ports: list[int] = []
    alarms, chores = Alarms(), Chores()
    alarms.add(replica.alarms)
    peer_watch = PeerWatch(lambda: replica.clock_behind_ms)
    peering.on_twins = peer_watch.twins
    alarms.add(peer_watch.alarms)
    conflict_watch = ConflictWatch(replica, config.code)
    alarms.add(conflict_watch.alarms)
    safekeeping = Safekeeping(replica, *backups.source(config), lambda _: None)
    alarms.add(safekeeping.alarms)
    people = People(replica, config.code, config.required)
    conflicts = ConflictsApi(config, replica, conflict_watch)
    operations = [
        *PatientsApi(config, replica, allocator, people, drill).operations(),
        *StatusApi(
            config, replica, allocator, peering, alarms, drill, conflicts, safekeeping
        ).operations(),
        *conflicts.operations(),
        *safekeeping.operations(),
        *DrillApi(drill).operations(),
    ]
    operations += SystemOperations(replica, f"mrnmesh node {config.code}", operations).operations()
    api = new_application(lambda: ports, origins=config.origins)
    api.add_routes(routes(operations))
    mesh = web.Application()
    mesh.add_routes([web.get("/sync", peering.handler)])
    async with contextlib.AsyncExitStack() as stack:
        ports.append(await _serve(stack, api, config.listen))
        sync_port = await _serve(stack, mesh, config.sync_listen)
        stack.push_async_callback(drill.close)
        stack.push_async_callback(safekeeping.stop)
        stack.push_async_callback(peering.stop)
        stack.callback(people.stop)
        stack.push_async_callback(chores.stop)
        safekeeping.begin(chores)
        for url in (config.coordinator, *config.peers):
            peering.dial(url)
        chores.keep("probing", lambda: allocator.probe_while_suspended(asyncio.sleep))
        chores.every(LOOK_S, "counting conflicts", conflict_watch.look)
        chores.watch(alarms)
        log.info("%s serves http://%s:%d", config.code, config.listen.host, ports[0])
        log.info("%s syncs at ws://%s:%d/sync", config.code, config.sync_listen.host, sync_port)
        await until_told(stop)
        log.info("stopping")


async def _serve(stack: contextlib.AsyncExitStack, app: web.Application, address: Address) -> int:
    runner, port = await serve(app, address)
    stack.push_async_callback(runner.cleanup)
    return port
