"""One replica's patient API in this process, over a real socket."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sync.engine import keys
from sync.engine import replica as replica_
from sync.engine.issuing import Issued
from sync.engine.records.comparing import DuplicateList
from sync.engine.replica import Replica
from sync.http.address import Address
from sync.http.app import new_application
from sync.http.changes import Changes
from sync.http.checks.checking import PersonChecks
from sync.http.operations import Made, Needs, Operation
from sync.http.people import People
from sync.http.registration import RegisteredAnswer, Registrations
from sync.http.server import serve
from sync.http.system import SystemOperations
from sync.model.facts import Author
from sync.model.numbers import Mrn
from sync.model.person.more import read_extra, read_identifier
from tests.clinic import ZONE

AUTHOR = Author("LAB1-PC")
ORIGIN = "https://lims.example"
KNOWN = (read_identifier("passport unique [A-Z]{2}[0-9]{7}"), read_extra("blood choice A+|O+"))
AYESHA: dict[str, Any] = {
    "full_name": "Ayesha Khan",
    "father_name": "Imran Khan",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
    "cnic": "12345-1234567-1",
    "address": "12 Canal Road, Lahore",
}


class FrontDesk:
    """People over HTTP; numbers are counted up, without range or coordinator."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.people = People(replica, AUTHOR, Needs.THIS_COMPUTER, Needs.THIS_COMPUTER, known=KNOWN)
        self.registrations = Registrations(replica, known=KNOWN)
        self.changes = Changes(replica, Needs.THIS_COMPUTER)
        self.duplicates = DuplicateList(replica)
        self.http: aiohttp.ClientSession
        self.number = 709_999

    def operations(self) -> list[Operation]:
        return [
            self.registrations.operation(self._register, Needs.THIS_COMPUTER),
            *self.people.operations(),
            *PersonChecks(
                self.replica,
                self.duplicates,
                Needs.THIS_COMPUTER,
                Needs.THIS_COMPUTER,
                fields=KNOWN,
            ).operations(),
            *self.changes.operations(),
        ]

    async def _register(self, request: web.Request) -> Made[RegisteredAnswer]:
        posted = await self.registrations.posted(request)
        self.number += 1
        issued = Issued(Mrn(str(self.number)), posted.offline)
        draft = self.registrations.draft(posted, AUTHOR)
        registered = await self.replica.register(AUTHOR, draft, lambda _tx: issued)
        return await self.registrations.answer(registered)

    async def call(self, method: str, path: str, **how: Any) -> tuple[int, Any]:
        """Status and answer of a call."""
        async with self.http.request(method, path, **how) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> Any:
        """The answer of a call that works."""
        status, answer = await self.call("GET", path)
        assert status == 200, answer
        return answer

    async def register(self, **fields: Any) -> dict[str, Any]:
        """A person; the fields that are not given are Ayesha's, except for the CNIC."""
        body = AYESHA | {"cnic": None} | fields
        status, answer = await self.call("POST", "/api/patients/", json=body)
        assert status == 201, answer
        person: dict[str, Any] = answer
        return person


@asynccontextmanager
async def front_desk(folder: Path, more: tuple[Operation, ...] = ()):
    """An open front desk with an empty register."""
    replica_.init(folder, AUTHOR)
    signer = keys.Signer.from_seed(b"s" * 32)
    replica = await Replica.open(folder, signer, signer.public_key, zone=ZONE)
    desk = FrontDesk(replica)
    operations = [*desk.operations(), *more]
    operations += SystemOperations(replica, "front desk", operations).operations()
    ports: list[int] = []
    app = new_application(lambda: ports, operations, origins={ORIGIN})
    listener = await serve(app, Address("127.0.0.1", 0))
    ports.append(listener.port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listener.port}") as desk.http:
        yield desk
    desk.changes.stop()
    await listener.close()
    await replica.close()
