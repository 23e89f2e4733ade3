"""The coordinator: its replica, the arbiter, the HTTP API and the connections of the terminals."""

from __future__ import annotations

import contextlib
import logging
import os
import random
from collections.abc import AsyncIterator

from coordinator import arrivals, backups, quota_watch
from coordinator.alerts import courier
from coordinator.alerts.book import LOOK_S as ALERTS_S
from coordinator.alerts.book import AlertBook
from coordinator.alerts.courier import SEND_S, Courier
from coordinator.api.access import KEYS_USED_S, Access, doer_of, looking
from coordinator.api.clock import WrongTimesApi
from coordinator.api.conflicts import CoordinatorConflictsApi
from coordinator.api.enrolment import AuthorityApi, EnrolmentApi
from coordinator.api.imports import ImportApi
from coordinator.api.merging import MergingApi
from coordinator.api.patients import CoordinatorPatientsApi
from coordinator.api.pool import PoolApi
from coordinator.api.printed.formats import FormatsApi
from coordinator.api.ranges import RangesApi
from coordinator.api.reports.activity import ActivityApi
from coordinator.api.reports.ledger import LedgerApi
from coordinator.api.rights.audit import AuditApi
from coordinator.api.rights.clerks import ClerksApi
from coordinator.api.rights.first_start import FirstStartApi
from coordinator.api.rights.keys import KeysApi
from coordinator.api.rights.offline_enrolment import OfflineEnrolmentApi
from coordinator.api.rights.pages_authority import PagesAuthorityApi
from coordinator.api.rights.recovery_key import RecoveryKeyApi
from coordinator.api.rights.signing_in import SigningInApi
from coordinator.api.rights.signing_key import SigningKeyApi
from coordinator.api.rights.users import UsersApi
from coordinator.api.salvage import SalvageApi
from coordinator.api.sent_twice import SentTwiceApi
from coordinator.api.system import SystemApi
from coordinator.api.terminals import TerminalsApi
from coordinator.api.uploads.import_files import ImportFilesApi
from coordinator.api.watching.alerts import AlertsApi
from coordinator.api.watching.ports import ports_api
from coordinator.api.webhooks import WebhooksApi
from coordinator.arrivals import Arrivals
from coordinator.audit import heads
from coordinator.audit.recording import Recorder
from coordinator.audit.witnessing import LOST_ENTRIES
from coordinator.config import NEXT_SIGNING_KEY, CoordinatorSettings
from coordinator.enrolling import LOOK_S as DOOR_S
from coordinator.enrolling import EnrolmentDoor
from coordinator.errors import SigningKeyBegun
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.judging.online import ConnectedDesks
from coordinator.judging.recovery import Recovery, confirm, known_marks
from coordinator.knocking import KnockWatch
from coordinator.pages.dashboard import Dashboard
from coordinator.quota_watch import QuotaWatch
from coordinator.range_watch import MEASURE_EVERY_S, REVIEW_EVERY_S, RangeWatch
from coordinator.registry import quotas
from coordinator.renewing import Renewing
from coordinator.repeat_watch import LOOK_S as REPEATS_S
from coordinator.repeat_watch import RepeatWatch
from coordinator.reports.outages import LOOK_S as OUTAGES_S
from coordinator.reports.outages import OutageWatch
from coordinator.users.attempts import Attempts
from coordinator.webhooks import Webhooks
from sync.daemon.clock_alarms import LOOK_S as CLOCK_S
from sync.daemon.clock_alarms import ClockWatch
from sync.daemon.conflict_alarms import LOOK_S, ConflictWatch
from sync.daemon.data_folder import hints
from sync.daemon.jobs import Jobs
from sync.daemon.peer_alarms import PeerWatch
from sync.daemon.registry_alarms import RegistryWatch
from sync.daemon.search_filling import SearchFilling
from sync.daemon.serving import Service, run_until_stopped, serving
from sync.daemon.witness_alarms import LOOK_S as WITNESS_S
from sync.daemon.witness_alarms import WitnessWatch
from sync.engine import issuing
from sync.engine.keys import Signer
from sync.engine.records.comparing import COMPARE_S, DuplicateList
from sync.engine.records.lost_entries import LOOK_S as COUNT_S
from sync.engine.replica import Replica
from sync.errors import WitnessUnwritable
from sync.http.callers.sessions import Sessions
from sync.http.changes import Changes
from sync.http.checks.checking import PersonChecks
from sync.http.checks.fields import FieldViews
from sync.http.operations import Needs, Operation
from sync.http.paper.sheets import SheetViews
from sync.http.people import People
from sync.http.registration import Registrations
from sync.http.status import session_answers
from sync.http.system import SystemOperations
from sync.https.certificates import LOOK_S as CERTIFICATES_S
from sync.https.network_pages import NetworkPages
from sync.model.alarms import Alarms
from sync.model.facts import COORDINATOR, Author, Incarnation
from sync.network.beacon import Beacon
from sync.network.discovery import LOOK_S as FINDING_S
from sync.network.neighbourhood import LOOK_S as NEIGHBOURS_S
from sync.network.neighbourhood import Here, Neighbourhood
from sync.network.peering import Peering
from sync.network.port_trials import PortTrials
from sync.trust import addresses, authority
from sync.trust.authority import Issuer
from sync.trust.credentials import Credentials, TrustedAuthorities
from sync.trust.entrance import Entrance
from sync.trust.passwords import Passwords
from sync.trust.slots import HandshakeSlots
from sync.upkeep import set_back
from sync.upkeep.clock import ClockOperations
from sync.upkeep.looks.service import Looks
from sync.upkeep.measuring.metrics import Metrics
from sync.upkeep.service import Upkeep
from sync.witness.machine import machine_id
from sync.witness.memory import Witness

log = logging.getLogger("mrnmesh.coordinator")


async def run(config: CoordinatorSettings) -> None:
    """Run until told to stop, see `sync.daemon.stopping`.

    Raises:
        StoreError, BadConfig, CannotListen: it cannot start.
    """
    await run_until_stopped(
        opened(config), lambda daemon: serving(config, daemon.service()), config.folder
    )


@contextlib.asynccontextmanager
async def opened(config: CoordinatorSettings) -> AsyncIterator[CoordinatorDaemon]:
    """A coordinator that has looked back at its past, and serves nobody yet.

    Raises:
        StoreError, BadConfig: its database or its key cannot be used.
    """
    if (config.folder / NEXT_SIGNING_KEY).exists():
        raise SigningKeyBegun(path=config.folder)
    arbiter = Arbiter(Recovery(os.urandom, config.zone))
    signer = config.signer()
    witness = Witness(config.witness, machine_id())
    desks = ConnectedDesks(arbiter)
    signers = set_back.signers_of(COORDINATOR, signer, signer.public_key)
    set_back.settle(config.folder, witness.marks, backups.begin_set_back)
    set_back.require_own(config.folder, COORDINATOR, signers)
    replica = await Replica.open(
        config.folder,
        signer,
        signer.public_key,
        arbiter,
        config.zone,
        region=config.region,
        granter=desks.grant,
        pin_changer=desks.change_pin,
        witness=witness,
    )
    try:
        witness.hold()  # only now: until the folder was locked another daemon could write it
        authority.make(config.folder, signer.public_key)  # a folder of an earlier version has none
        daemon = CoordinatorDaemon(config, replica, arbiter, witness)
        await daemon.start()
        await set_back.bring_back(replica, config.folder)
        try:
            yield daemon
        finally:
            await daemon.looks.write()
    finally:
        await replica.close()
        witness.release()


class CoordinatorDaemon:
    """All parts of one running coordinator."""

    def __init__(
        self, config: CoordinatorSettings, replica: Replica, arbiter: Arbiter, witness: Witness
    ) -> None:
        signer = config.signer()
        self._config = config
        self._replica = replica
        self._arbiter = arbiter
        self._witness = witness
        issuer = Issuer(config.folder, signer.public_key)
        credentials = Credentials(
            config.folder, issuer.current.facility, lambda: _standing(replica)
        )
        self._recorder = Recorder(replica, replica.steady_s)
        self._heads = heads.HeadWatch(replica, quotas.may_sign_head)
        self._door = EnrolmentDoor(
            config, config.enrol_listen, replica, arbiter.recovery, issuer, self._recorder
        )
        peers = PeerWatch(replica.steady_s)
        self._entrance = _entrance(credentials, self._door, peers, replica)
        self._arrivals = Arrivals()
        self._knocking = KnockWatch(replica.steady_s)
        self._trials = PortTrials(replica.steady_s)
        self._neighbourhood = _neighbourhood(config, replica)
        self._peering = self._peering_with(signer, credentials, peers)
        self._renewing = Renewing(replica, issuer, credentials, self._peering)
        self._clock = ClockWatch(replica, "mrnmesh-coordinator", self._peering.renew)
        self._ranges = RangeWatch(replica, arbiter.recovery, self._peering, config.zone)
        self._quotas = QuotaWatch(replica, arbiter)
        self._changes = Changes(replica, Needs.READ)
        self._webhooks = Webhooks(replica, random.random, replica.steady_s)
        self._conflicts = ConflictWatch(replica)
        self._upkeep = Upkeep(replica, backups.KIND, config, Needs.ADMINISTER)
        self._outside = WitnessWatch(replica, witness)
        self._repeats = RepeatWatch(replica)
        self._duplicates = DuplicateList(replica)
        self._sessions = Sessions(replica.steady_s)
        self._passwords = Passwords()
        self._access = Access(replica, self._sessions, self._recorder, config.registrars_merge)
        self.looks = Looks(replica, signer, witness, config.looks_kept, looking, Needs.ADMINISTER)
        self._hints = hints(backups.KIND.daemon, config.folder)
        self._pages = NetworkPages(config, replica)
        self._alarms = Alarms(self._hints)
        self._alerts = AlertBook(replica, self._alarms, replica.steady_s)
        self._outages = OutageWatch(replica, self._connected)
        self._courier = self._courier_with(self._alerts)
        self._import_files = ImportFilesApi(replica, config.folder, self._imports().take)
        self._collect_alarms(peers)
        self._dashboard = self._dashboard_with(credentials)

    def _peering_with(self, signer: Signer, credentials: Credentials, peers: PeerWatch) -> Peering:
        return Peering(
            self._replica,
            signer,
            signer.public_key,
            random.random,
            on_live=self._in_step,
            on_live_copies=peers.live_copies,
            on_turned_away=self._knocking.turned_away,
            on_fault=peers.fault,
            on_clock=self._replica.believed.tell,
            shown_to_peers_ms=lambda: self._replica.believed.shown_to_peers_ms,
            credentials=credentials,
            listeners=[self._neighbourhood.telling.heard, self._trials.heard],
        )

    def _imports(self) -> ImportApi:
        return ImportApi(self._replica, self._arbiter, self._config.zone, self._config.fields)

    def _courier_with(self, book: AlertBook) -> Courier:
        config = self._config
        return courier.of_settings(self._replica, config.alerts, config.folder.name, book.unkept)

    def _dashboard_with(self, credentials: Credentials) -> Dashboard:
        return Dashboard(
            self._config,
            self._replica,
            self._peering,
            self._ranges,
            self._alarms,
            self._upkeep,
            self._access,
            credentials,
        )

    def _collect_alarms(self, peers: PeerWatch) -> None:
        for source in (
            RegistryWatch(self._replica),
            self._heads,
            peers,
            self._pages,
            self._knocking,
            self._clock,
            self._webhooks,
            self._ranges,
            self._quotas,
            self._conflicts,
            self._upkeep,
            self._outside,
            self.looks,
            self._repeats,
            self._door,
            self._courier,
        ):
            self._alarms.add(source.alarms)

    async def start(self) -> None:
        """Find out whether the database was set back, and judge what was left over."""
        recovery, witness = self._arbiter.recovery, self._witness

        await self._replica.write(lambda tx: recovery.look_back(tx, witness))
        if not witness.trusted:
            witness.begin_anew(await self._replica.write(recovery.name_witness))
        try:
            confirm(witness, await self._replica.read(known_marks))
        except WitnessUnwritable:
            # People can be found all the same; an alarm says what is wrong.
            witness.holds_back = True
        witness.catch_up(await self._replica.read(issuing.how_far_used))
        await judge_everything(self._arbiter, self._replica, in_step=False)
        await self._access.start()
        await self._dashboard.start()
        await LOST_ENTRIES.look_back(self._replica, witness)
        await self.looks.start()
        await self._renewing.start()
        await self._door.start()
        await self._outages.start()

    def service(self) -> Service:
        """What `serving` needs of it."""
        return Service(
            name="the coordinator",
            log=log,
            operations=self.operations(),
            sync=self._peering.handler,
            entrance=self._entrance,
            beside_sync=[*self._renewing.routes(), *self._dashboard.routes()],
            begin=self._begin,
            alarms=self._alarms,
            hints=self._hints,
            authority=self._access.authorise,
            observer=self.looks.saw,
            network=self._pages.network(self._access.authorise_network),
        )

    def operations(self) -> list[Operation]:
        """What a client can ask of the coordinator."""
        config, replica, arbiter = self._config, self._replica, self._arbiter
        registrations = Registrations(replica, config.required, config.fields, doer_of)
        found = [
            *CoordinatorPatientsApi(registrations, replica, arbiter, self._witness).operations(),
            *People(
                replica,
                COORDINATOR,
                Needs.READ,
                Needs.REGISTER,
                config.required,
                config.fields,
                doer_of,
            ).operations(),
            *PersonChecks(
                replica, self._duplicates, Needs.READ, Needs.DUPLICATES, fields=config.fields
            ).operations(),
            *FieldViews(config.fields, Needs.READ).operations(),
            *self._changes.operations(),
            *RangesApi(replica, arbiter, self._ranges).operations(),
            *TerminalsApi(replica, arbiter).operations(),
            *PoolApi(replica, arbiter).operations(),
            *FormatsApi(replica, arbiter, self._peering.live_versions).operations(),
            *AuthorityApi(replica, arbiter, self._renewing).operations(),
            *SigningKeyApi(replica, self._renewing).operations(),
            *OfflineEnrolmentApi(config, replica, arbiter.recovery, self._door).operations(),
            *EnrolmentApi(replica, arbiter, self._door, config.sync_listen.is_here).operations(),
            *CoordinatorConflictsApi(replica, arbiter, config.zone).operations(),
            *MergingApi(replica, arbiter).operations(),
            *SentTwiceApi(replica).operations(),
            *SheetViews(replica, Needs.READ).operations(),
            *WebhooksApi(self._webhooks).operations(),
            *self._imports().operations(),
            *self._import_files.operations(),
            *SystemApi(replica, arbiter, self._peering, self._alarms, self._upkeep).operations(),
            *SalvageApi(replica, arbiter).operations(),
            *self._metrics().operations(),
            *ActivityApi(replica, self._ranges, config.zone).operations(),
            *LedgerApi(replica).operations(),
            *AlertsApi(replica, self._alerts, self._courier).operations(),
            *ports_api(config, self._door, self._peering, self._trials).operations(),
            *self._upkeep.operations(),
            *ClockOperations(replica, Needs.ADMINISTER).operations(),
            *WrongTimesApi(replica, arbiter).operations(),
            *self._rights(),
            *self._dashboard.operations(),
        ]
        system = SystemOperations(replica, "mrnmesh coordinator", found, Needs.NOTHING)
        return found + system.operations()

    def _rights(self) -> list[Operation]:
        """Who may call, and what they have done."""
        replica, hashing = self._replica, self._passwords
        access, sessions, recorder = self._access, self._sessions, self._recorder
        attempts = Attempts(replica.steady_s)
        signing_in = SigningInApi(replica, access, sessions, attempts, hashing, recorder)
        return [
            *signing_in.operations(),
            *FirstStartApi(replica, access, sessions, hashing, recorder).operations(),
            *UsersApi(replica, hashing).operations(),
            *ClerksApi(replica, self._arbiter, hashing).operations(),
            *KeysApi(replica).operations(),
            *AuditApi(replica).operations(),
            *self.looks.operations(),
            *PagesAuthorityApi(self._config).operations(),
            *RecoveryKeyApi(self._config).operations(),
        ]

    def _metrics(self) -> Metrics:
        """What Prometheus collects."""
        return Metrics(
            self._replica,
            self._alarms,
            lambda: session_answers(self._peering.sessions()),
            self._upkeep,
            Needs.METRICS,
            lambda: lambda _snapshot: self._ranges.measured(),
        )

    async def _begin(self, stack: contextlib.AsyncExitStack, jobs: Jobs) -> None:
        stack.push_async_callback(self._upkeep.stop)
        stack.push_async_callback(self._peering.stop)
        stack.push_async_callback(self._trials.close)
        stack.push_async_callback(self._door.close)
        stack.callback(self._changes.stop)
        stack.callback(self._passwords.stop)
        stack.push_async_callback(self._recorder.written)
        stack.push_async_callback(self._webhooks.stop)
        stack.push_async_callback(self._courier.stop)
        stack.push_async_callback(self._import_files.stop)
        self._dashboard.begin(stack, jobs)
        self._upkeep.begin(jobs)
        self.looks.begin(jobs)
        jobs.every(CLOCK_S, "looking at the clock", self._clock.look)
        jobs.every(CERTIFICATES_S, "looking at the certificate for pages", self._pages.look)
        jobs.every(COUNT_S, "counting audit entries", self._tell_witness)
        jobs.every(heads.LOOK_S, "signing the record of what was done", self._heads.look)
        jobs.every(KEYS_USED_S, "noting which API keys were used", self._access.note_used)
        jobs.every(0, "taking up what a desk has brought", self._take_up_arrival)
        jobs.every(MEASURE_EVERY_S, "counting offline registrations", self._ranges.measure)
        jobs.every(REVIEW_EVERY_S, "looking at the ranges", self._ranges.review)
        jobs.every(quota_watch.LOOK_S, "looking at what desks take", self._quotas.look)
        jobs.every(LOOK_S, "counting conflicts", self._conflicts.look)
        jobs.every(REPEATS_S, "looking who was sent twice", self._repeats.look)
        jobs.every(WITNESS_S, "trying the witness again", self._outside.look)
        jobs.every(DOOR_S, "looking whether a code is open", self._door.look)
        jobs.every(0, "filling the search index", SearchFilling(self._replica).fill_in_time)
        await self._neighbourhood.begin(self._peering)
        jobs.every(NEIGHBOURS_S, "looking for others", self._neighbourhood.look)
        self._find(stack, jobs)
        jobs.every(COMPARE_S, "comparing people", self._duplicates.compare_some)
        jobs.watch(self._alarms)
        jobs.every(OUTAGES_S, "looking who is cut off", self._outages.look)
        jobs.every(ALERTS_S, "keeping alarms", self._alerts.look)
        jobs.every(SEND_S, "sending alarms", self._courier.send_due)
        await self._webhooks.start()

    def _find(self, stack: contextlib.AsyncExitStack, jobs: Jobs) -> None:
        """Be found and find desks by multicast, where others can reach this computer at all."""
        neighbourhood = self._neighbourhood
        if self._config.discovery and neighbourhood.here.port is not None:
            beacon = Beacon(
                neighbourhood, lambda: self._replica.registry, lambda: self._door.announced
            )
            stack.push_async_callback(beacon.close)
            jobs.every(FINDING_S, "finding others", beacon.look)

    def _connected(self) -> set[Author]:
        """Return the desks that are in step with the coordinator."""
        return {author for author, _ in self._peering.live_peers()}

    async def _tell_witness(self) -> None:
        await LOST_ENTRIES.tell(self._replica, self._witness)

    def _in_step(self, author: Author, incarnation: Incarnation, complete: bool) -> None:
        self._knocking.welcomed(author)
        self._arrivals.note(author, incarnation, complete)

    async def _take_up_arrival(self) -> None:
        """Wait for the next desk and act on it; it may need a block of the pool at once."""
        await arrivals.take_up(self._replica, self._arbiter, await self._arrivals.next())
        await self._ranges.review()


def _entrance(
    guard: Credentials, door: EnrolmentDoor, peers: PeerWatch, replica: Replica
) -> Entrance:
    """How desks get in."""
    return Entrance(
        guard,
        lambda: door.has_uncertified,
        HandshakeSlots(replica.steady_s),
        on_fault=peers.fault,
        on_cut_off=peers.cut_off,
    )


def _standing(replica: Replica) -> TrustedAuthorities:
    """What the registry says of authorities."""
    return TrustedAuthorities(replica.registry.authorities, replica.registry.authorities_withdrawn)


def _neighbourhood(config: CoordinatorSettings, replica: Replica) -> Neighbourhood:
    """How a coordinator keeps in touch with desks."""
    signer, listen = config.signer(), config.sync_listen
    port = listen.port or None if not listen.is_here else None
    here = Here(signer.public_key, port, "", signer.public_key)

    def own() -> tuple[str, ...]:
        return addresses.reached_at(listen.host)

    return Neighbourhood(here, replica, signer.sign, own, replica.steady_s)
