"""Letting in a desk that never sees the coordinator: its request file, and the answer to it."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.enrolment import Host, Passphrase
from coordinator.api.terminals_bodies import Name, printable
from coordinator.enrolling import EnrolmentDoor
from coordinator.errors import EnrolTerminalTaken, InRecovery, KeyWithdrawn, ProofWrong
from coordinator.judging.recovery import Recovery
from coordinator.registry import enrolments, registry_copies
from coordinator.registry.enrolments import Asking
from sync.daemon import enrolment_files
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.enrolment_files import AnswerFile, RequestFile
from sync.engine import keys
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import AuthorityLocked, BadTerminalCode, WrongCheck, WrongFile, WrongPassphrase
from sync.http.address import Address
from sync.http.operations import Needs, Operation, read_body
from sync.model.facts import Incarnation
from sync.protocol.addresses import with_port
from sync.trust import registry_copy
from sync.trust.addresses import likely_host

REQUEST: Final = "the request"


class OfflineEnrolment(msgspec.Struct, kw_only=True, frozen=True):
    """The content of a request file; what a new terminal is called; how desks reach this one."""

    request: Annotated[str, msgspec.Meta(min_length=1)]
    name: Name | None = None
    host: Host | None = None
    check: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=100,
                description="what the desk has shown with it; null: looked at",
            ),
        ]
        | None
    ) = None
    passphrase: Passphrase | None = None


class OfflineEnrolmentAnswer(TypedDict):
    """The content of the answer file for a terminal, and the check of it to be typed there."""

    terminal: str
    answer: str
    check: str


class OfflineEnrolmentApi:
    """The operation that answers a request file."""

    def __init__(
        self, config: DaemonSettings, replica: Replica, recovery: Recovery, door: EnrolmentDoor
    ) -> None:
        self._config = config
        self._replica = replica
        self._recovery = recovery
        self._door = door

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "POST",
                "/api/enrolments/offline/",
                self.answer,
                "Let in a desk that has written a request file, and answer it",
                needs=Needs.ADMINISTER,
                body=OfflineEnrolment,
                body_bytes_max=2 * registry_copy.SHOWN_BYTES_MAX,
                status=201,
                errors=(
                    BadTerminalCode,
                    EnrolTerminalTaken,
                    InRecovery,
                    KeyWithdrawn,
                    ProofWrong,
                    WrongFile,
                    WrongCheck,
                    AuthorityLocked,
                    WrongPassphrase,
                ),
                about="terminals",
            )
        ]

    async def answer(self, request: web.Request) -> OfflineEnrolmentAnswer:
        """Let a desk in, and return the file for it.

        Raises:
            BadTerminalCode, InvalidFields, InRecovery, EnrolTerminalTaken, KeyWithdrawn,
                ProofWrong, WrongFile, WrongCheck: it was not let in.
            AuthorityLocked, WrongPassphrase: no certificate could be issued for it.
        """
        body = read_body(request, OfflineEnrolment)
        name = printable(body.name)
        asked = enrolment_files.parsed(body.request, RequestFile, REQUEST)
        if body.check is not None:
            enrolment_files.require_check(body.request, body.check, REQUEST)
        asking = Asking(
            enrolment_files.IDENT,
            b"",
            asked.terminal,
            asked.key,
            asked.tls_key,
            Incarnation(asked.incarnation),
        )
        if not keys.verify(asked.key, asked.signature, asking.signed()):
            raise ProofWrong()
        async with self._door.making:
            authority = await self._door.unlock(body.passphrase)

            def act(tx: Transaction) -> bytes:
                in_recovery = tx.store.meta.recovery is not None
                if not enrolments.is_at_work(tx, asked.terminal, asked.key):
                    self._recovery.require_over(tx)
                return enrolments.certify(tx, asking, name, authority, in_recovery)

            certificate = await self._replica.write(act)
        copy = await registry_copies.copy_for(self._replica, asked.shown)
        content = enrolment_files.written(
            AnswerFile(
                asked.terminal,
                asked.key,
                self._replica.public_key,
                _url(body.host, self._config.sync_listen),
                str(self._config.zone),
                self._config.region,
                authority.certificate,
                certificate,
                copy,
            )
        )
        return {
            "terminal": asked.terminal,
            "answer": content,
            "check": enrolment_files.check_of(content),
        }


def _url(host: str | None, sync_listen: Address) -> str:
    """Where desks may reach the coordinator, by a name that is given, or what is likely."""
    named = host or (sync_listen.host if sync_listen.is_here else likely_host())
    return f"wss://{with_port(named, sync_listen.port)}/sync"
