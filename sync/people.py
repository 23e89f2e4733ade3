"""The patient part of the HTTP APIs: reading people, and turning a post into a draft."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
from typing import Any

from aiohttp import web

from sync import patient
from sync.errors import NotFound
from sync.facts import Author, RecordId
from sync.issuing import Draft
from sync.operations import Operation
from sync.replica import Replica
from sync.web import Posted, read_count


class People:
    """Routes that answer about people out of one replica; ``zone`` is the facility's."""

    def __init__(self, replica: Replica, zone: tzinfo) -> None:
        self._replica = replica
        self._zone = zone

    def operations(self) -> list[Operation]:
        """``GET`` of people: listed, searched, by id, record id or number."""
        return [
            Operation("GET", "/api/patients/", self.listed, "List and search people"),
            Operation("GET", r"/api/patients/{id:\d{1,15}}/", self.by_id, "Show a person"),
            Operation("GET", "/api/patients/mrn/{mrn}/", self.by_mrn, "Find a number"),
            Operation(
                "GET",
                r"/api/patients/{record:[0-9a-fA-F-]{36}}/",
                self.by_record,
                "Show a person by record id",
            ),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """People, the newest first; ``search``, ``before`` and ``limit`` narrow it down."""
        limit = read_count(request, "limit", 50) or 50
        words = request.query.get("search")
        if words is not None:
            await self._replica.catch_up_search()
            found = await self._replica.reader.found(words, self._replica.registry, limit)
        else:
            before = read_count(request, "before", None)
            found = await self._replica.reader.newest(self._replica.registry, before, limit)
        return web.json_response({"results": found})

    async def by_id(self, request: web.Request) -> web.Response:
        """One person by local id."""
        ident = request.match_info["id"]
        found = await self._replica.reader.patient(int(ident), self._replica.registry)
        if found is None:
            raise NotFound(what="patient", key=ident)
        return web.json_response(found)

    async def by_mrn(self, request: web.Request) -> web.Response:
        """Who has or had a number, its holder first."""
        mrn = request.match_info["mrn"]
        found = await self._replica.reader.patients_of_mrn(mrn, self._replica.registry)
        if not found:
            raise NotFound(what="patient with the number", key=mrn)
        return web.json_response({"results": found})

    async def by_record(self, request: web.Request) -> web.Response:
        """One person by record id; of several registrations under it the first."""
        record = request.match_info["record"]
        found = await self._replica.reader.patients_of_record(record, self._replica.registry)
        if not found:
            raise NotFound(what="patient with the record id", key=record)
        return web.json_response(found[0])

    async def answer(self, ident: int) -> dict[str, Any]:
        """A person who was just registered."""
        found = await self._replica.reader.patient(ident, self._replica.registry)
        if found is None:
            raise NotFound(what="patient", key=ident)
        return found

    def draft(self, posted: Posted, terminal: Author | None) -> Draft:
        """A posted registration, validated, with a fresh record id.

        Raises:
            InvalidPatient: says which fields are wrong.
        """
        now_ms = self._replica.now_ms
        now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self._zone)
        return Draft(
            new_record_id(now_ms),
            terminal,
            patient.validate(posted.given, now.date()),
            now.isoformat(timespec="seconds"),
            posted.operator,
            posted.key,
            posted.request,
            posted.key_text,
        )


def new_record_id(now_ms: int) -> RecordId:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random."""
    tail = bytearray(os.urandom(10))
    tail[0] = tail[0] & 0x0F | 0x70
    tail[2] = tail[2] & 0x3F | 0x80
    return RecordId((now_ms & (1 << 48) - 1).to_bytes(6) + bytes(tail))
