"""The part of the coordinator's HTTP API that takes over an earlier system's registers."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from aiohttp import web

from coordinator import importing
from coordinator.arbiter import Arbiter
from coordinator.import_rows import Row
from coordinator.importing import Note, Taken
from sync.errors import BadRequest
from sync.people import new_record_id
from sync.replica import Replica
from sync.transaction import Transaction
from sync.web import read_object

BODY_BYTES_MAX: Final = 4 * 1024 * 1024
PEOPLE_MAX: Final = 1000
"""In one request, which is one transaction: others wait for it."""
TERMINALS_MAX: Final = 5000


class ImportApi:
    """Calls for the administrator; ``zone`` is the facility's."""

    def __init__(self, replica: Replica, arbiter: Arbiter, zone: tzinfo) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._zone = zone

    async def patients(self, request: web.Request) -> web.Response:
        """Take people over, each with the number as it is."""
        body = await _read(request)
        rows, dry_run = _rows(body, PEOPLE_MAX), _switch(body, "dry_run")
        lenient = _switch(body, "lenient")

        def act(tx: Transaction) -> Taken:
            self._arbiter.recovery.require_over(tx)
            now = datetime.fromtimestamp(tx.now_ms / 1000, UTC).astimezone(self._zone)
            return importing.take_people(
                tx,
                self._arbiter,
                rows,
                now,
                lambda: new_record_id(tx.now_ms),
                lenient=lenient,
                dry_run=dry_run,
            )

        return _answer(await self._replica.write(act))

    async def terminals(self, request: web.Request) -> web.Response:
        """Take terminals over, each with its range and how far that was used."""
        body = await _read(request)
        rows, dry_run = _rows(body, TERMINALS_MAX), _switch(body, "dry_run")

        def act(tx: Transaction) -> Taken:
            self._arbiter.recovery.require_over(tx)
            return importing.take_terminals(tx, rows, dry_run=dry_run)

        return _answer(await self._replica.write(act))


async def _read(request: web.Request) -> dict[str, Any]:
    return await read_object(request.clone(client_max_size=BODY_BYTES_MAX))


def _rows(body: dict[str, Any], most: int) -> list[Row]:
    rows = body.get("rows")
    if not isinstance(rows, list) or len(rows) > most:
        raise BadRequest(why=f"rows must be a list of at most {most} objects")
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(text, str) for text in row.values()):
            raise BadRequest(why="each row must be an object of texts")
    return rows


def _switch(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(why=f"{name} must be true or false")
    return value


def _answer(taken: Taken) -> web.Response:
    def told(notes: list[Note]) -> list[dict[str, Any]]:
        return [note._asdict() for note in notes]

    answer = taken._asdict()
    return web.json_response(
        answer | {"refused": told(taken.refused), "left_out": told(taken.left_out)}
    )
