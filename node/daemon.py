"""The node: one replica, its HTTP API on this computer, and its connections to other replicas."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import NamedTuple

from aiohttp import web

from node import backups, measuring
from node.allocator import NodeAllocator
from node.api.administrator import AdministratorSecret
from node.api.asking import AskingApi
from node.api.conflicts import NodeConflictsApi
from node.api.desk_work import DeskWorkApi
from node.api.drill import DrillApi
from node.api.network_keys import KEY_NAME, NetworkKeys
from node.api.patients import NodePatientsApi
from node.api.ports import ports_api
from node.api.sheets import SheetsApi
from node.api.sitting import SittingApi
from node.api.status import StatusApi
from node.clerks.workplace import Workplace
from node.config import NodeSettings
from node.drafts import Drafts
from node.drill import Drill
from node.links import LOOK_S as LINKS_S
from node.links import LinksReport
from node.number_alarms import LOOK_S as NUMBERS_S
from node.number_alarms import NumberWatch
from node.pages.labels import Labels
from node.pages.paper import PaperSheets
from node.pages.standing import Watch
from node.renewing import LOOK_S as RENEWAL_S
from node.renewing import Renewal
from node.superseded import LOOK_S as NEXT_RANGE_S
from node.superseded import NextRange
from sync.daemon.clock_alarms import LOOK_S as CLOCK_S
from sync.daemon.clock_alarms import ClockWatch
from sync.daemon.conflict_alarms import LOOK_S as CONFLICTS_S
from sync.daemon.conflict_alarms import ConflictWatch
from sync.daemon.data_folder import hints
from sync.daemon.jobs import Jobs
from sync.daemon.peer_alarms import PeerWatch
from sync.daemon.registry_alarms import RegistryWatch
from sync.daemon.search_filling import SearchFilling
from sync.daemon.serving import Service, run_until_stopped, serving
from sync.daemon.witness_alarms import LOOK_S as WITNESS_S
from sync.daemon.witness_alarms import WitnessWatch
from sync.engine import issuing
from sync.engine.records.comparing import COMPARE_S, DuplicateList
from sync.engine.replica import Replica
from sync.http.changes import Changes
from sync.http.checks.checking import PersonChecks
from sync.http.checks.fields import FieldViews
from sync.http.operations import Needs, Operation
from sync.http.people import People
from sync.http.registration import Registrations
from sync.http.status import session_answers
from sync.http.system import SystemOperations
from sync.https.certificates import LOOK_S as CERTIFICATES_S
from sync.https.network_pages import NetworkPages
from sync.model.alarms import Alarms
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import Author
from sync.network.beacon import Beacon
from sync.network.connection import Connection
from sync.network.dialling import is_encrypted
from sync.network.discovery import LOOK_S as FINDING_S
from sync.network.neighbourhood import LOOK_S as NEIGHBOURS_S
from sync.network.neighbourhood import Here, Neighbourhood
from sync.network.peering import Listener, Peering
from sync.network.port_trials import PortTrials
from sync.pages.files import Pages
from sync.pages.live import LOOK_S as LIVE_S
from sync.pages.live import Live
from sync.protocol.handshake import Stage
from sync.trust import addresses
from sync.trust.credentials import Credentials, TrustedAuthorities
from sync.trust.entrance import Entrance
from sync.trust.slots import HandshakeSlots
from sync.upkeep import set_back
from sync.upkeep.clock import ClockOperations
from sync.upkeep.looks.service import Looks
from sync.upkeep.measuring.metrics import Metrics
from sync.upkeep.service import Upkeep
from sync.witness.machine import machine_id
from sync.witness.memory import Witness

log = logging.getLogger("mrnmesh.node")


async def run(config: NodeSettings) -> None:
    """Run until told to stop, see `sync.daemon.stopping`.

    Raises:
        StoreError, BadConfig, CannotListen: it cannot start.
    """
    await run_until_stopped(
        opened(config), lambda daemon: serving(config, daemon.service()), config.folder
    )


class Meeting(NamedTuple):
    """What a desk has from the coordinator: whether it was let in, and its open ranges."""

    welcomed: bool
    ranges: list[str]


async def meet(config: NodeSettings, within_s: float) -> Meeting:
    """Connect with the coordinator once, serving nobody, until the registry is here.

    Raises:
        StoreError, BadConfig: the desk cannot start.
    """
    async with opened(config) as daemon:
        return await daemon.meet(within_s)


@contextlib.asynccontextmanager
async def opened(config: NodeSettings) -> AsyncIterator[NodeDaemon]:
    """A node that serves nobody yet.

    Raises:
        StoreError, BadConfig: its database or its key cannot be used.
    """
    witness = Witness(config.witness, machine_id())
    signer = config.signer()
    signers = set_back.signers_of(config.code, signer, config.coordinator_key)
    set_back.settle(config.folder, witness.marks, backups.begin_set_back)
    set_back.require_own(config.folder, config.code, signers)
    replica = await Replica.open(
        config.folder,
        signer,
        config.coordinator_key,
        zone=config.zone,
        region=config.region,
        witness=witness,
    )
    try:
        witness.hold()  # only now: until the folder was locked another daemon could write it
        asked = witness.asked
        witness.catch_up(await replica.read(lambda snapshot: issuing.how_far_used(snapshot, asked)))
        await replica.write(lambda tx: backups.look_back(tx, witness.seen(), os.urandom))
        await set_back.bring_back(replica, config.folder)
        daemon = NodeDaemon(config, replica, witness)
        await daemon.looks.start()
        try:
            yield daemon
        finally:
            await daemon.looks.write()
    finally:
        await replica.close()
        witness.release()


class NodeDaemon:
    """The parts of a running node."""

    def __init__(self, config: NodeSettings, replica: Replica, witness: Witness) -> None:
        self._config, self._replica = config, replica
        self._incarnation = replica.identity.incarnation
        peers, clock = PeerWatch(replica.steady_s), replica.believed
        credentials = config.credentials(lambda: _standing(replica))
        # Once a desk has been enrolled it speaks with nobody who has not.
        self._entrance = _entrance(credentials, peers, HandshakeSlots(replica.steady_s))
        self._workplace = _workplace(config, replica, lambda: self._peering.connections)
        self._trials = PortTrials(replica.steady_s)
        listeners: list[Listener] = [self._workplace.asking.heard, self._trials.heard]
        self._renewal = self._neighbourhood = self._links = None
        if credentials is not None:
            around = self._neighbourhood = _neighbourhood(config, replica)
            listeners.append(around.telling.heard)
            if is_encrypted(config.coordinator):
                self._renewal = Renewal(
                    replica, config.signer(), credentials, lambda: around.coordinator
                )
                self._links = LinksReport(credentials, lambda: around.coordinator, self._peers)
        self._peering = Peering(
            replica,
            config.signer(),
            config.coordinator_key,
            random.random,
            on_live_copies=peers.live_copies,
            on_fault=peers.fault,
            on_clock=clock.tell,
            shown_to_peers_ms=lambda: clock.shown_to_peers_ms,
            credentials=credentials,
            listeners=listeners,
        )
        self._clock = ClockWatch(replica, "mrnmesh-node", self._peering.renew)
        self._allocator = NodeAllocator(config.code, self._peering, witness)
        self._drill = Drill(config.code, self._peering, replica)
        here, known, sits = Needs.THIS_COMPUTER, config.fields, self._workplace.sitting
        self._people = People(replica, config.code, here, here, config.required, known, sits.named)
        self._duplicates = DuplicateList(replica, config.code)
        self._checks = PersonChecks(replica, self._duplicates, here, here, config.code, known)
        self._registrations = Registrations(replica, config.required, known, sits.named)
        self._changes = Changes(replica, Needs.THIS_COMPUTER)
        self._upkeep = Upkeep(replica, backups.KIND, config, Needs.THIS_COMPUTER)
        heard, prospects = self._notice_new_incarnation, self._allocator.prospects
        self._numbers = NumberWatch(config.code, replica, prospects)
        self._next_range = NextRange(replica, self._peering, witness, prospects, heard)
        self._conflicts = ConflictWatch(replica, config.code)
        self.looks = Looks(
            replica, config.signer(), witness, config.looks_kept, self._looking, Needs.DATA_FOLDER
        )
        self._administrator = AdministratorSecret(config.folder)
        self._drafts = Drafts(config.folder, lambda: clock.now_ms, lambda: clock.steady_ms)
        self._hints = hints(backups.KIND.daemon, config.folder)
        self._alarms = Alarms(self._hints)
        self._network = NetworkPages(config, replica)
        replica.subscribe(lambda _commit: heard())
        self._outside = WitnessWatch(replica, witness)
        self._collect_alarms(peers)
        self._standing = Watch(
            config, replica, self._allocator, self._peering, self._alarms, self._workplace.clerks
        )
        self._live = Live(self._standing.standing, Needs.THIS_COMPUTER)

    def _collect_alarms(self, peers: PeerWatch) -> None:
        for source in (
            RegistryWatch(self._replica),
            peers,
            self._clock,
            self._conflicts,
            self._numbers,
            self._upkeep,
            self._outside,
            self.looks,
            self._network,
        ):
            self._alarms.add(source.alarms)

    def _looking(self, request: web.Request) -> Doer:
        """Who looks at what a call shows: a program of another computer, or who sits here."""
        name = request.get(KEY_NAME)
        return self._workplace.sitting.of(request) if name is None else Doer(name, KnownBy.KEY)

    def _peers(self) -> set[Author]:
        return {author for author, _ in self._peering.live_peers()}

    def service(self) -> Service:
        """What `serving` needs of it."""
        return Service(
            name=self._config.code,
            log=log,
            operations=self.operations(),
            sync=self._peering.handler,
            entrance=self._entrance,
            begin=self._begin,
            alarms=self._alarms,
            hints=self._hints,
            network=self._network.network(NetworkKeys(self._config.folder).authorise),
            authority=self._administrator.authorise,
            observer=self.looks.saw,
        )

    async def meet(self, within_s: float) -> Meeting:
        """Connect with the coordinator until it has let this desk in; see `meet`."""
        peering = self._peering

        def is_let_in() -> bool:
            return any(session.state is Stage.DOCUMENT for session in peering.sessions())

        def is_settled() -> bool:
            return is_let_in() or peering.refusal is not None

        peering.dial(self._config.coordinator)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await peering.wait_until(is_settled)
        welcomed = is_let_in()
        await peering.stop()
        blocks = self._replica.registry.blocks_of(self._config.code)
        return Meeting(welcomed, [block.range.text for block in blocks if not block.closed])

    def operations(self) -> list[Operation]:
        """What a client can ask of this desk."""
        config, replica = self._config, self._replica
        pages = Pages(config.code, "node.pages", "desk")
        conflicts = NodeConflictsApi(config, replica, self._conflicts)
        found = [
            *NodePatientsApi(
                config, replica, self._allocator, self._registrations, self._drill
            ).operations(),
            *self._people.operations(),
            *self._checks.operations(),
            *FieldViews(self._config.fields, Needs.THIS_COMPUTER).operations(),
            *AskingApi(replica, config.code, self._workplace.sitting).operations(),
            *self._changes.operations(),
            *StatusApi(
                config,
                replica,
                self._allocator,
                self._peering,
                self._alarms,
                self._drill,
                conflicts,
                self._upkeep,
            ).operations(),
            *conflicts.operations(),
            *self._upkeep.operations(),
            *ClockOperations(replica, Needs.THIS_COMPUTER).operations(),
            *DrillApi(self._drill).operations(),
            *ports_api(config, self._peering, self._trials).operations(),
            *DeskWorkApi(config, replica, self._drafts).operations(),
            *pages.operations(),
            *self._live.operations(),
            *self._metrics().operations(),
            *Labels(config, replica).operations(),
            *SheetsApi(config, replica, self._allocator, self._workplace.sitting).operations(),
            *SittingApi(self._workplace).operations(),
            *PaperSheets(replica, pages.languages).operations(),
            *self.looks.operations(),
        ]
        system = SystemOperations(replica, f"mrnmesh node {config.code}", found)
        return found + system.operations()

    def _metrics(self) -> Metrics:
        """What Prometheus collects."""
        return Metrics(
            self._replica,
            self._alarms,
            lambda: session_answers(self._peering.sessions()),
            self._upkeep,
            Needs.THIS_COMPUTER,
            partial(measuring.of_desk, self._allocator, self._peering),
        )

    async def _begin(self, stack: contextlib.AsyncExitStack, jobs: Jobs) -> None:
        stack.push_async_callback(self._drill.close)
        stack.push_async_callback(self._upkeep.stop)
        stack.push_async_callback(self._peering.stop)
        stack.push_async_callback(self._trials.close)
        stack.callback(self._changes.stop)
        stack.callback(self._live.stop)
        stack.callback(self._workplace.hashing.stop)
        self._workplace.asking.look()
        self._upkeep.begin(jobs)
        self.looks.begin(jobs)
        for url in self._config.peers:
            self._peering.dial(url)
        if self._neighbourhood is None:
            self._peering.dial(self._config.coordinator)
        else:
            await self._neighbourhood.begin(self._peering)
            jobs.every(NEIGHBOURS_S, "looking for others", self._neighbourhood.look)
            self._find(stack, jobs, self._neighbourhood)
        jobs.keep("probing", lambda: self._allocator.probe_while_suspended(asyncio.sleep))
        jobs.every(CLOCK_S, "looking at the clock", self._clock.look)
        jobs.every(CERTIFICATES_S, "looking at the certificate for pages", self._network.look)
        jobs.every(CONFLICTS_S, "counting conflicts", self._conflicts.look)
        jobs.every(NUMBERS_S, "looking at the ranges", self._numbers.look)
        jobs.every(NEXT_RANGE_S, "seeing to the next range", self._next_range.look)
        jobs.every(WITNESS_S, "trying the witness again", self._outside.look)
        if self._renewal is not None:
            jobs.every(RENEWAL_S, "renewing the certificate", self._renewal.look)
        if self._links is not None:
            jobs.every(LINKS_S, "telling with whom this desk is connected", self._links.look)
        search = SearchFilling(self._replica)
        jobs.every(0, "filling the search index", search.fill_in_time)
        jobs.every(COMPARE_S, "comparing people", self._duplicates.compare_some)
        jobs.every(LIVE_S, "looking online or offline", self._standing.look)
        jobs.every(LIVE_S, "telling the page", self._live.look)
        jobs.watch(self._alarms)

    def _find(
        self, stack: contextlib.AsyncExitStack, jobs: Jobs, neighbourhood: Neighbourhood
    ) -> None:
        """Be found and find others by multicast, where others can reach this desk at all."""
        if self._config.discovery and neighbourhood.here.port is not None:
            beacon = Beacon(neighbourhood, lambda: self._replica.registry)
            stack.push_async_callback(beacon.close)
            jobs.every(FINDING_S, "finding others", beacon.look)

    def _notice_new_incarnation(self) -> None:
        incarnation = self._replica.identity.incarnation
        if incarnation != self._incarnation:
            self._incarnation = incarnation
            log.warning("a copy of this database was used: its ranges are closed")
            self._peering.renew()


def _workplace(
    config: NodeSettings, replica: Replica, connections: Callable[[], Iterable[Connection]]
) -> Workplace:
    """Who works at this desk."""
    idle_s = 60.0 * config.clerk_idle_minutes
    return Workplace(replica, config.code, config.clerks, idle_s, connections)


def _entrance(guard: Credentials | None, peers: PeerWatch, slots: HandshakeSlots) -> Entrance:
    return Entrance(guard, lambda: False, slots, on_fault=peers.fault, on_cut_off=peers.cut_off)


def _standing(replica: Replica) -> TrustedAuthorities:
    """What the registry says of authorities."""
    return TrustedAuthorities(replica.registry.authorities, replica.registry.authorities_withdrawn)


def _neighbourhood(config: NodeSettings, replica: Replica) -> Neighbourhood:
    """How a desk that has been enrolled keeps in touch."""
    signer, listen = config.signer(), config.sync_listen
    port = listen.port or None if not listen.is_here else None
    here = Here(signer.public_key, port, config.coordinator, config.coordinator_key, config.peers)

    def own() -> tuple[str, ...]:
        return addresses.reached_at(listen.host)

    return Neighbourhood(here, replica, signer.sign, own, replica.steady_s)
