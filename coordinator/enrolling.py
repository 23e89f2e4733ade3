"""Letting desks in: the port at which they show their codes, open only while there is a code.

Whoever connects sees the certificate of the coordinator, and can ask for that of the authority,
which is no secret. A desk compares it with its code before it sends anything.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import ssl
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from coordinator.audit.recording import Recorder
from coordinator.errors import (
    DeskTooOld,
    EnrolCodeUnknown,
    EnrolCodeUsed,
    ProofWrong,
    TooManyGuesses,
)
from coordinator.guesses import WAIT_S, Guesses
from coordinator.judging.recovery import Recovery
from coordinator.registry import enrolments, registry_copies
from coordinator.registry.enrolments import Asking, Enrolment
from sync.daemon.daemon_settings import DaemonSettings
from sync.engine import keys
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import AuthorityLocked, BadRequest, BodyLate, CannotListen, MrnmeshError
from sync.http.address import Address
from sync.http.app import answer_errors
from sync.http.bodies import BODY_S
from sync.http.operations import json_response
from sync.http.requests import BODY, read_object
from sync.http.server import Listener, serve
from sync.model import phrases
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.believed import BelievedSpan
from sync.model.facts import Author, Incarnation
from sync.model.validation import checked
from sync.network.announcements import Announcement, door_label
from sync.reading.snapshot import Snapshot
from sync.storage.access.audit import DONE, AuditEvent
from sync.storage.store import Store
from sync.trust import certificates, codes, credentials, registry_copy, tls
from sync.trust.addresses import likely_host
from sync.trust.authority import Authority, Issuer
from sync.trust.codes import EnrolCode
from sync.trust.entrance import Entrance
from sync.trust.registry_copy import ShownEnds
from sync.trust.slots import HandshakeSlots

LOOK_S: Final = 5.0
LET_IN: Final = "enrolment.let_in"
"""The act of entries about desks that show a code."""
CONNECTIONS_MAX: Final = 32
BODY_BYTES_MAX: Final = 4096

Hex = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2}){1,128}$")]

log = logging.getLogger("mrnmesh.enrolment")


class ShortAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A desk that has a short code; ``desk`` is the fingerprint of the TLS key that it has made."""

    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{4}$")]
    desk: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class ShownCode(msgspec.Struct, kw_only=True, frozen=True):
    """A code that a desk has: the bytes that name it, and its secret."""

    id: Hex
    secret: Hex


class DeskAsking(ShownCode, kw_only=True, frozen=True):
    """A desk that wants a certificate; see `coordinator.registry.enrolments.Asking`."""

    terminal: Annotated[str, msgspec.Meta(max_length=50)]
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    tls_key: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2}){60,200}$")]
    incarnation: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


C = TypeVar("C", bound=msgspec.Struct)


class _Anybody:
    """A guard that needs no certificate; what is asked of it proves itself by its code."""

    def __init__(self, config: DaemonSettings) -> None:
        self._certificate = config.folder / credentials.CERTIFICATE
        self._key = config.folder / credentials.TLS_KEY

    @property
    def server(self) -> ssl.SSLContext:
        """For the next handshake: the certificate may have been replaced since the last one."""
        return tls.open_server(self._certificate, self._key)

    def peer(self, _connection: ssl.SSLObject | None) -> None:
        """Pass whoever comes."""


class EnrolmentDoor:
    """Opens the port for enrolment when there are codes, and answers there.

    Args:
        address: where it listens while there are codes.
    """

    def __init__(
        self,
        config: DaemonSettings,
        address: Address,
        replica: Replica,
        recovery: Recovery,
        issuer: Issuer,
        recorder: Recorder,
    ) -> None:
        self._config = config
        self._own = config.folder / credentials.CERTIFICATE
        self._address = address
        self._replica = replica
        self._recovery = recovery
        self._issuer = issuer
        self._recorder = recorder
        self._guesses = Guesses(replica.steady_s)
        self._listener: Listener | None = None
        self._opening = asyncio.Lock()
        self.making = asyncio.Lock()
        """Held while a code is made, so that nothing is closed meanwhile."""
        self._spans: list[BelievedSpan] = []
        self._certified: dict[bytes, bytes] = {}
        self._fault: CannotListen | None = None

    async def start(self) -> None:
        """Take up the codes that are kept."""
        await self._replica.follow(enrolments.CHANGED, self._load)

    async def look(self) -> None:
        """Open the port if there are codes; if there are none any more, close it and lock the key.

        Raises:
            CannotListen: the port is taken.
        """
        async with self.making:
            now_ms = self._replica.now_ms
            if any(span.holds(now_ms) for span in self._spans):
                await self.open()
                return
            if self._listener is not None:
                listener, self._listener = self._listener, None
                await listener.close()
                log.info("no code is open any more: nobody listens at %s", listener.address)
            if self._issuer.next is None:  # else desks get certificates at any time
                await asyncio.to_thread(self._issuer.lock)

    async def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            await listener.close()

    async def unlock(self, passphrase: str | None) -> Authority:
        """What issues certificates; the passphrase is kept while a code is open.

        Raises:
            AuthorityLocked, WrongPassphrase: they cannot.
        """
        if self._issuer.current.is_locked:
            if passphrase is None:
                raise AuthorityLocked()
            await asyncio.to_thread(self._issuer.unlock, passphrase)
        return self._issuer.current

    def fresh_code(self, host: str | None) -> EnrolCode:
        """A new code, which is good once `coordinator.registry.enrolments` keeps it.

        It tells too where a desk with a short code has to look.

        Args:
            host: by which desks reach this computer; None for what is likely.
        """
        port = self._listener.port if self._listener is not None else self._address.port
        return codes.fresh(host or self._host(), port, self._issuer.current.fingerprint)

    def _host(self) -> str:
        host = self._address.host
        if not self._address.is_everywhere:
            return host
        return likely_host()

    @property
    def announced(self) -> tuple[Announcement, ...]:
        """Under which name bare computers find this one while a code is open."""
        if self._listener is None or self._address.is_here:
            return ()
        label = door_label(self._issuer.current.fingerprint)
        return (Announcement(label, self._listener.port),)

    @property
    def has_uncertified(self) -> bool:
        """True while a desk may come that joined with a file and has no certificate.

        Such desks of this very computer are let in without one. As long as no desk has ever got a
        certificate, the first one may be of that kind.
        """
        live = {
            key
            for terminal in self._replica.registry.terminals.values()
            if not terminal.has_ended
            for key in terminal.live_keys
        }
        return not self._certified or bool(live - self._certified.keys())

    def alarms(self) -> list[Alarm]:
        """What an administrator should hear of."""
        found = self._guesses.alarms()
        if self._fault is not None:
            found.append(no_enrolment(self._fault))
        registry = self._replica.registry
        left = enrolments.to_enrol_again(registry, self._certified, self._issuer.current)
        return [*found, enrol_again(left)] if left else found

    async def open(self) -> None:
        """Open the port, if it is not open; `look` closes it when there is no code.

        Raises:
            CannotListen: it is taken.
        """
        async with self._opening:
            if self._listener is None:
                self._listener = await self._opened()

    async def _opened(self) -> Listener:
        app = web.Application(
            middlewares=[answer_errors(str), self._note_refusals], client_max_size=BODY_BYTES_MAX
        )
        app.add_routes(
            [
                web.get("/authority", self._show_authority),
                web.post("/prove", self._prove),
                web.post("/look", self._look_up),
                web.post("/enrol", self._enrol),
                web.post("/registry", self._show_registry),
            ]
        )
        entrance = Entrance(
            _Anybody(self._config), lambda: False, HandshakeSlots(self._replica.steady_s)
        )
        try:
            listener = await serve(app, self._address, CONNECTIONS_MAX, entrance)
        except CannotListen as error:
            self._fault = error
            raise
        self._fault = None
        log.info("desks with a code are let in at %s", listener.address)
        return listener

    @web.middleware
    async def _note_refusals(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let the audit know of whoever is not let in."""
        try:
            return await handler(request)
        except MrnmeshError as error:
            self._recorder.refused(
                request, LET_IN, str(error.facts.get("terminal", "")), error.code
            )
            raise

    def _load(self, store: Store) -> None:
        """On the writer's thread."""
        self._spans = [one.span for one in enrolments.all_codes(store).values()]
        self._certified = store.meta.certified()

    async def _show_authority(self, _request: web.Request) -> web.Response:
        return json_response({"authority": _base64(self._issuer.current.certificate)})

    async def _prove(self, request: web.Request) -> web.Response:
        """Prove to a desk that this coordinator knows its short code, before the desk sends it."""
        asked = await _read(request, ShortAsked)
        ident = bytes.fromhex(asked.id)
        found = await self._known_code(request, lambda snapshot: enrolments.short(snapshot, ident))
        proving = codes.Proving(
            ident,
            certificates.fingerprint(credentials.read_certificate(self._own)),
            bytes.fromhex(asked.desk),
            self._issuer.current.certificate,
            bytes.fromhex(asked.nonce),
            secrets.token_bytes(codes.NONCE_BYTES),
        )
        return json_response(
            {
                "authority": _base64(proving.authority),
                "nonce": proving.server_nonce.hex(),
                "proof": codes.coordinator_proof(found.proving, proving).hex(),
            }
        )

    async def _look_up(self, request: web.Request) -> web.Response:
        """Say for whom a code is, before the desk has made anything."""
        shown = await _read(request, ShownCode)
        found = await self._found(request, shown)
        if not found.key:
            enrolments.require_running(found, self._replica.now_ms)
        return json_response(self._known(found))

    async def _enrol(self, request: web.Request) -> web.Response:
        """Let a desk in."""
        shown = await _read(request, DeskAsking)
        asking = Asking(
            bytes.fromhex(shown.id),
            bytes.fromhex(shown.secret),
            shown.terminal,
            bytes.fromhex(shown.key),
            bytes.fromhex(shown.tls_key),
            Incarnation(bytes.fromhex(shown.incarnation)),
        )
        await self._found(request, shown)
        has_former = bool(self._replica.registry.succession.former)
        if has_former and registry_copy.TAKES not in request.headers:
            raise DeskTooOld()
        if not keys.verify(asking.key, bytes.fromhex(shown.signature), asking.signed()):
            raise ProofWrong()

        def act(tx: Transaction) -> Enrolment:
            found = enrolments.by_secret(tx, asking.id, asking.secret)
            in_recovery = tx.store.meta.recovery is not None
            if not enrolments.is_at_work(tx, found.terminal, asking.key):
                self._recovery.require_over(tx)
            used = enrolments.use(tx, asking, self._issuer.current, in_recovery)
            if tx.begun:
                tx.store.audit.add(
                    AuditEvent(tx.now_ms, used.terminal, request.remote or "", LET_IN, "", DONE)
                )
            return used

        try:
            used = await self._replica.write(act)
        except EnrolCodeUsed as error:
            self._guesses.note_second_key(error.facts["terminal"])
            log.warning("%s (from %s)", error, request.remote)
            raise
        log.info("%s was let in, from %s", used.terminal, request.remote)
        return json_response(
            self._known(used)
            | {
                "authority": _base64(self._issuer.current.certificate),
                "certificate": _base64(used.certificate),
            }
        )

    async def _show_registry(self, request: web.Request) -> web.Response:
        """Give a desk that was let in the registry, and say which ends of its are not known here.

        What it shows is read only after its code, which stands in a header, was found right.
        """
        ident, _, secret = request.headers.get(registry_copy.CODE, "").partition(".")
        found = await self._found(request, checked({"id": ident, "secret": secret}, ShownCode))
        if not found.key:
            raise EnrolCodeUnknown()
        copy = await registry_copies.copy_for(self._replica, await _shown_ends(request))
        return web.Response(body=msgspec.json.encode(copy), content_type="application/json")

    async def _found(self, request: web.Request, shown: ShownCode) -> Enrolment:
        """The code that a desk shows.

        Raises:
            EnrolCodeUnknown, TooManyGuesses: it is wrong.
        """
        ident, secret = bytes.fromhex(shown.id), bytes.fromhex(shown.secret)
        return await self._known_code(
            request, lambda snapshot: enrolments.by_secret(snapshot, ident, secret)
        )

    async def _known_code(
        self, request: web.Request, look: Callable[[Snapshot], Enrolment]
    ) -> Enrolment:
        """What ``look`` finds; wrong codes are counted by where they come from.

        Raises:
            EnrolCodeUnknown, TooManyGuesses: it finds none.
        """
        address = str(request.remote)
        try:
            return await self._replica.read(look)
        except EnrolCodeUnknown as error:
            if self._guesses.is_held_up(address):
                raise TooManyGuesses(minutes=round(WAIT_S / 60)) from error
            self._guesses.note_wrong(address)
            log.warning("a wrong code was sent from %s", address)
            raise

    def _known(self, found: Enrolment) -> dict[str, Any]:
        """What a desk has to know to be set up."""
        return {
            "terminal": found.terminal,
            "coordinator_key": self._replica.public_key.hex(),
            "former_keys": sorted(key.hex() for key in self._replica.registry.succession.former),
            "zone": str(self._config.zone),
            "region": self._config.region,
            "sync_port": self._config.sync_listen.port,
        }


def enrol_again(left: Sequence[Author]) -> Alarm:
    """The alarm for desks that still trust a key or an authority which the coordinator has not."""
    desks = phrases.count(len(left), "desk")
    return Alarm(
        "enrol_again",
        AlarmLevel.WARNING,
        f"The signing key or the authority was replaced, and {desks} must be enrolled again: "
        f"{', '.join(left)}. Until then they register with numbers of their own, and nothing of it "
        "arrives here.",
        "For each of them run `mrnmesh-coordinator terminals enrol CODE`, and type at that desk "
        "what it prints.",
        terms={"count": len(left), "desks": ", ".join(left)},
    )


def no_enrolment(fault: CannotListen) -> Alarm:
    """The alarm for a port at which no code can be shown."""
    return Alarm(
        "no_enrolment",
        AlarmLevel.WARNING,
        f"No desk can be let in with a code: {fault}",
        "Choose a free port (`enrol_listen` in the settings), and restart the daemon.",
        terms={"why": str(fault)},
    )


async def _read(request: web.Request, kind: type[C]) -> C:
    """What a desk sends.

    Raises:
        BodyLate, BadRequest, InvalidFields: it is too late, or something else.
    """
    request[BODY] = await _body(request)
    return checked(read_object(request), kind)


async def _shown_ends(request: web.Request) -> ShownEnds:
    """Where a desk's runs of the coordinator's end.

    Raises:
        BodyLate, BadRequest: it is too late, or something else.
    """
    body = await _body(request.clone(client_max_size=registry_copy.SHOWN_BYTES_MAX))
    try:
        return msgspec.json.decode(body, type=ShownEnds)
    except msgspec.DecodeError as error:
        raise BadRequest(why="that does not say where records end; send JSON") from error


async def _body(request: web.BaseRequest) -> bytes:
    """The bytes that a desk sends.

    Raises:
        BodyLate: it takes too long.
    """
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError as error:
        raise BodyLate(seconds=f"{BODY_S:g}") from error


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
