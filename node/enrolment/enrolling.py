"""Enrolment of a desk: with a code of the administrator it becomes a terminal of the clinic.

The desk makes its keys itself, and has them on disk before it asks, so it can ask again when the
answer was lost. It compares the authority of whoever answers with the code before it sends any of
it. A desk that is there already keeps its identity, its ranges and its data.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import secrets
import ssl
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from node import config
from node.enrolment import adopting, doors, taking
from node.enrolment.taking import Given, NewDesk, Options
from node.errors import (
    CoordinatorNotFound,
    EnrolmentRefused,
    EnrolmentUnreachable,
    OtherCoordinator,
    WrongAuthority,
)
from sync.daemon import data_folder
from sync.daemon.daemons import NODE
from sync.engine import keys
from sync.errors import BadCertificate, MrnmeshError
from sync.model import causes, typed
from sync.model.facts import COORDINATOR, Author, Incarnation
from sync.protocol.addresses import with_port
from sync.storage import files
from sync.storage.lock import FolderLock
from sync.trust import certificates, codes, credentials, registry_copy, tls
from sync.trust.codes import EnrolCode, ShortCode
from sync.trust.registry_copy import RegistryCopy, ShownEnds

TIMEOUT_S: Final = 20.0
PORT: Final = 8472
"""Where a coordinator lets desks in, unless something else is said."""
ANSWER_BYTES_MAX: Final = 64 * 1024
SAID_LENGTH_MAX: Final = 500
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_SAID: Final = {"Content-Type": "application/json", registry_copy.TAKES: "yes"}
_ANOTHER_PROGRAM: Final = "another kind of program answers there"


class CodeAnswer(msgspec.Struct, frozen=True):
    """What the coordinator says about a code; keys are in hexadecimal."""

    terminal: str
    coordinator_key: str
    zone: str
    region: str
    sync_port: int
    authority: str = ""
    certificate: str = ""
    former_keys: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where the coordinator is looked for, and the code that is shown there."""

    host: str
    port: int
    code: EnrolCode | ShortCode


def place_of(code: EnrolCode | ShortCode, given: str | None) -> Place | None:
    """Where a code is shown; None for a short code of which nobody says where.

    Args:
        given: HOST, HOST:PORT, or [IPV6]:PORT, by an option; None for where the code says.
    """
    port = code.port if isinstance(code, EnrolCode) else PORT
    if given is None:
        return Place(code.host, port, code) if isinstance(code, EnrolCode) else None
    host, _, written = given.rpartition(":")
    # Without brackets the last part of an address of IPv6 looks like a port.
    if written.isdecimal() and (host.endswith("]") or ":" not in host) and host:
        return Place(_bare(host), int(written), code)
    return Place(_bare(given), port, code)


def _bare(host: str) -> str:
    """A host as systems take it: without brackets, its interface as it is called."""
    return host.strip("[]").replace("%25", "%")


class Coordinator:
    """Who answers where a code leads, once it has been found to be the right one.

    Args:
        place: where it is looked for, and the code.
        tls_key: the public TLS key that the desk has made; None where a long code needs none yet.

    Raises:
        EnrolmentUnreachable: nobody answers there.
        EnrolmentRefused: it does not know the code.
        WrongAuthority: it is somebody else; nothing of the code was sent.
    """

    def __init__(self, place: Place, tls_key: bytes) -> None:
        self.host = place.host
        self._port = place.port
        self._server = b""
        code = place.code
        try:
            if isinstance(code, EnrolCode):
                self._ident, self._secret = code.id, code.secret
                self.authority = self._of_fingerprint(code)
            else:
                stretched = code.stretched()
                self._ident, self._secret = code.id, stretched.shown
                self.authority = self._of_proof(code, stretched.proving, tls_key)
        except (KeyError, TypeError, ValueError, BadCertificate) as error:
            raise WrongAuthority(address=self.address) from error
        self._context = tls.stranger([self.authority])

    def _of_fingerprint(self, code: EnrolCode) -> bytes:
        """The authority of whoever answers, which is that of the code."""
        answer = self._call("GET", "/authority", None, tls.unverified())
        authority = _decoded(answer["authority"])
        if certificates.fingerprint(authority)[: codes.FINGERPRINT_BYTES] != code.fingerprint:
            raise WrongAuthority(address=self.address)
        return authority

    def _of_proof(self, code: ShortCode, key: bytes, tls_key: bytes) -> bytes:
        """The authority of whoever answers, who has proved to know the code."""
        nonce = secrets.token_bytes(codes.NONCE_BYTES)
        desk = sha256(tls_key).digest()
        asked = {"id": code.id.hex(), "desk": desk.hex(), "nonce": nonce.hex()}
        answer = self._call("POST", "/prove", asked, tls.unverified())
        authority = _decoded(answer["authority"])
        proving = codes.Proving(
            code.id, self._server, desk, authority, nonce, bytes.fromhex(answer["nonce"])
        )
        right = codes.coordinator_proof(key, proving)
        if not hmac.compare_digest(right, bytes.fromhex(answer["proof"])):
            raise WrongAuthority(address=self.address)
        return authority

    def look(self) -> CodeAnswer:
        """For whom the code is.

        Raises:
            EnrolmentUnreachable, EnrolmentRefused, WrongAuthority: it cannot be used.
        """
        return self._ask("/look", {})

    def enrol(
        self, terminal: Author, signer: keys.Signer, tls_key: bytes, incarnation: Incarnation
    ) -> CodeAnswer:
        """Ask for a certificate; raises as `look` does.

        Args:
            tls_key: the public one, see `sync.trust.certificates.public_bytes`.
        """
        key = signer.public_key
        signed = codes.asking_bytes(self._ident, terminal, key, tls_key, incarnation)
        asking = {
            "terminal": terminal,
            "key": key.hex(),
            "tls_key": tls_key.hex(),
            "incarnation": incarnation.hex(),
            "signature": signer.sign(signed).hex(),
        }
        return self._ask("/enrol", asking)

    def registry(self, shown: ShownEnds) -> RegistryCopy:
        """The registry, for a desk that was let in; raises as `look` does."""
        headers = {registry_copy.CODE: f"{self._ident.hex()}.{self._secret.hex()}"}
        sent = msgspec.json.encode(shown)
        answer = self._send("POST", "/registry", sent, self._context, headers)
        try:
            return msgspec.json.decode(answer, type=RegistryCopy)
        except msgspec.DecodeError as error:
            raise EnrolmentUnreachable(address=self.address, why=_ANOTHER_PROGRAM) from error

    @property
    def address(self) -> str:
        """``HOST:PORT``."""
        return with_port(self.host, self._port)

    def _ask(self, path: str, body: dict[str, str]) -> CodeAnswer:
        shown = {"id": self._ident.hex(), "secret": self._secret.hex()}
        answer = self._call("POST", path, shown | body, self._context)
        try:
            return msgspec.convert(answer, CodeAnswer)
        except msgspec.ValidationError as error:
            raise EnrolmentUnreachable(address=self.address, why=_ANOTHER_PROGRAM) from error

    def _call(
        self, method: str, path: str, body: dict[str, str] | None, context: ssl.SSLContext
    ) -> Any:
        """What is answered, from JSON."""
        sent = json.dumps(body).encode() if body is not None else None
        try:
            return json.loads(self._send(method, path, sent, context))
        except ValueError as error:
            raise EnrolmentUnreachable(address=self.address, why=_ANOTHER_PROGRAM) from error

    def _send(
        self,
        method: str,
        path: str,
        sent: bytes | None,
        context: ssl.SSLContext,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> bytes:
        """What is answered."""
        line = http.client.HTTPSConnection(
            self.host, self._port, timeout=TIMEOUT_S, context=context
        )
        try:
            line.connect()
            if context.verify_mode is ssl.CERT_NONE:
                self._server = certificates.fingerprint(line.sock.getpeercert(True) or b"")
            else:
                self._require_coordinator(line.sock)
            line.request(method, path, sent, {**_SAID, **headers})
            response = line.getresponse()
            answer = response.read(registry_copy.COPY_BYTES_MAX if headers else ANSWER_BYTES_MAX)
            if response.status >= 400:
                raise EnrolmentRefused(detail=_said(json.loads(answer)))
            return answer
        except ssl.SSLCertVerificationError as error:
            raise WrongAuthority(address=self.address) from error
        except ssl.SSLError as error:
            why = "what answers there does not speak TLS 1.3"
            raise EnrolmentUnreachable(address=self.address, why=why) from error
        except OSError as error:
            why = causes.why(error)
            raise EnrolmentUnreachable(address=self.address, why=why) from error
        except (ValueError, KeyError, TypeError, http.client.HTTPException) as error:
            raise EnrolmentUnreachable(address=self.address, why=_ANOTHER_PROGRAM) from error
        finally:
            line.close()

    def _require_coordinator(self, line: Any) -> None:
        """Pass the coordinator itself: every desk has a certificate of the same authority.

        Raises:
            WrongAuthority: it is a desk, or has no such certificate.
        """
        shown = line.getpeercert(True)
        try:
            author = certificates.subject_of(shown or b"").author
        except BadCertificate as error:
            raise WrongAuthority(address=self.address) from error
        if author != COORDINATOR:
            raise WrongAuthority(address=self.address)


def coordinator_for(code: EnrolCode | ShortCode, given: str | None, tls_key: bytes) -> Coordinator:
    """The coordinator of a code: where it is said to be, or else where the network says.

    Args:
        given: see `place_of`.
        tls_key: see `Coordinator`.

    Raises:
        EnrolmentUnreachable, EnrolmentRefused, WrongAuthority, CoordinatorNotFound: it is nowhere.
    """
    refused: MrnmeshError = CoordinatorNotFound()
    place = place_of(code, given)
    if place is not None:
        try:
            return Coordinator(place, tls_key)
        except (EnrolmentUnreachable, WrongAuthority) as error:
            if given is not None:
                raise
            refused = error
    fingerprint = code.fingerprint if isinstance(code, EnrolCode) else None
    for host, port in doors.places(fingerprint):
        try:
            return Coordinator(Place(host, port, code), tls_key)
        except (EnrolmentUnreachable, EnrolmentRefused, WrongAuthority) as error:
            refused = error if place is None else refused
    raise refused


def enrol(folder: Path, text: str, host: str | None, options: Options) -> config.NodeSettings:
    """Enrol the desk of a data folder, which is made if there is none; return its settings.

    Args:
        text: the code.
        host: where the coordinator is, None for where the code or the network says.

    Raises:
        BadEnrolCode: the code was mistyped; nothing was sent.
        EnrolmentUnreachable, WrongAuthority, CoordinatorNotFound: nothing of the code was sent.
        EnrolmentRefused, OtherCoordinator: the desk is as it was.
        StoreLocked: the node runs; it has to be stopped first.
    """
    code = codes.parse(text)
    data_folder.require_whole(folder, NODE)
    tls_key = taking.kept_key(folder) or certificates.new_key()
    coordinator = coordinator_for(code, host, certificates.public_bytes(tls_key))
    if not (folder / NODE.settings_file).exists():
        known = coordinator.look()
        url = _url(coordinator.host, known.sync_port)
        new = NewDesk(known.terminal, known.zone, known.region, url, known.coordinator_key)
        taking.make(folder, new, options)
    lock = FolderLock(folder)
    try:
        if taking.kept_key(folder) is None:  # on disk before the coordinator keeps it
            credentials.write_key(folder / credentials.TLS_KEY, tls_key)
        _certify(folder, coordinator, options, certificates.public_bytes(tls_key))
        files.remove(folder / taking.BEGUN)  # it may have asked with a file before
    finally:
        lock.release()
    return config.load(folder)


def _certify(folder: Path, coordinator: Coordinator, options: Options, tls_key: bytes) -> None:
    """Get a certificate for the desk of a data folder that is there, and write its settings."""
    written = taking.written_in(folder)
    code, pinned = str(written.get("code", "")), taking.pinned_in(written)
    known = coordinator.look()
    if pinned not in (known.coordinator_key, *known.former_keys):
        raise OtherCoordinator(terminal=code, key=pinned)
    signer = keys.Signer.load(folder / data_folder.KEY_FILE)
    incarnation = taking.incarnation_in(folder, written)
    known = coordinator.enrol(Author(code), signer, tls_key, incarnation)
    copy = None
    if known.former_keys:
        # The next sync could not bring it: what vouches for the earlier parts lies behind them.
        copy = coordinator.registry(adopting.shown(folder))
    try:
        certificate, authority = _decoded(known.certificate), _decoded(known.authority)
        # What was shown at first was compared by its key alone: anybody in between can put another
        # certificate around that key, which no registry would ever withdraw.
        if certificates.fingerprint(authority) != certificates.fingerprint(coordinator.authority):
            raise WrongAuthority(address=coordinator.address)
        url = _url(coordinator.host, known.sync_port)
        key = bytes.fromhex(known.coordinator_key)
        given = Given(key, url, authority, certificate, copy)
        taking.take(folder, given, tls_key, options.sync_listen)
    except BadCertificate as error:
        raise WrongAuthority(address=coordinator.address) from error


def _decoded(text: str) -> bytes:
    """The certificate (DER) in a text.

    Raises:
        BadCertificate: it is no base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadCertificate(why="it cannot be read") from error


def _said(answer: Any) -> str:
    """Why a desk is refused, by somebody of whom perhaps nothing is known yet."""
    return typed.on_one_line(str(answer["detail"]))[:SAID_LENGTH_MAX]


def _url(host: str, port: int) -> str:
    return f"wss://{with_port(host, port)}/sync"
