"""The API keys of programs, over HTTP."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.access import CALLER
from coordinator.api.rights.signing_in import Name
from coordinator.errors import ApiKeyMissing, BadExpiry, BadScope, BadUserName, NameTaken
from coordinator.registry import terminals
from coordinator.users import keys, names, rights
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import TerminalNotFound
from sync.http.operations import Needs, Operation, read_body
from sync.http.paging import Listed, whole
from sync.model.formats import Time, iso_utc_of_ms
from sync.storage.access.api_keys import ApiKeyRow

ABOUT: Final = "keys"
EVERY: Final = "/api/keys/"
SCOPES_MAX: Final = 4


class NewKey(msgspec.Struct, kw_only=True, frozen=True):
    """A key for a program."""

    name: Name
    scopes: Annotated[
        list[Annotated[str, Meta(max_length=100, examples=["register:LAB1-PC", "read"])]],
        Meta(
            max_length=SCOPES_MAX,
            description="`read`, `conflicts`, `metrics`, `administer`, or `register:` and a "
            "terminal's code",
        ),
    ]
    expires: (
        Annotated[
            str,
            Meta(
                max_length=40,
                description="when it ends; by default never",
                extra_json_schema={"format": "date-time"},
            ),
        ]
        | None
    ) = None


class KeyAnswer(TypedDict):
    """A key of a program; times are null where nobody knows them, or they have not come."""

    id: int
    name: str
    scopes: list[str]
    created_at: Time | None
    created_by: str
    expires_at: Time | None
    withdrawn_at: Time | None
    used_at: Time | None
    is_good: bool


class KeyMade(KeyAnswer):
    """A new key; ``key`` is shown this once."""

    key: str


class KeysApi:
    """Operations on API keys."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about=ABOUT)
        return [
            operation("GET", EVERY, self.list_keys, "List API keys"),
            operation(
                "POST",
                EVERY,
                self.make_key,
                "Make an API key",
                body=NewKey,
                status=201,
                errors=(BadScope, BadExpiry, BadUserName, NameTaken, TerminalNotFound),
            ),
            operation(
                "DELETE",
                EVERY + "{id:[0-9]{1,15}}/",
                self.withdraw_key,
                "Withdraw an API key",
                errors=(ApiKeyMissing,),
            ),
        ]

    async def list_keys(self, _request: web.Request) -> Listed[KeyAnswer]:
        """Return all keys, those too that are good no longer."""
        now_ms = self._replica.now_ms
        found = await self._replica.read(lambda snapshot: snapshot.store.api_keys.all())
        return whole([_answer(key, now_ms) for key in found])

    async def make_key(self, request: web.Request) -> KeyMade:
        """Make a key.

        Raises:
            BadScope, BadExpiry, BadUserName, NameTaken, TerminalNotFound: none was made.
        """
        sent, who = read_body(request, NewKey), request[CALLER].who
        name, scopes = names.as_name(sent.name), rights.as_scopes(sent.scopes)
        now_ms = self._replica.now_ms
        expires_ms = _expiry(sent.expires, now_ms) if sent.expires is not None else None

        def act(tx: Transaction) -> tuple[ApiKeyRow, str]:
            code = rights.terminal_of(scopes)
            if code is not None:
                terminals.active(tx, code)
            ident, key = keys.make(tx, name, scopes, who, expires_ms)
            return next(row for row in tx.store.api_keys.all() if row.id == ident), key

        row, key = await self._replica.write(act)
        return {**_answer(row, now_ms), "key": key}

    async def withdraw_key(self, request: web.Request) -> None:
        """Let a key be good no longer.

        Raises:
            ApiKeyMissing: there is none.
        """
        ident = int(request.match_info["id"])
        await self._replica.write(lambda tx: keys.withdraw(tx, ident))


def _expiry(text: str, now_ms: int) -> int:
    """When a key is to expire, in milliseconds since 1970.

    Raises:
        BadExpiry: it is no time to come.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadExpiry(why=f"'{text}' is no time") from error
    if at.tzinfo is None:
        raise BadExpiry(why=f"'{text}' has no time zone")
    at_ms = round(at.timestamp() * 1000)
    if at_ms <= now_ms:
        raise BadExpiry(why=f"'{text}' has passed")
    return at_ms


def _answer(key: ApiKeyRow, now_ms: int) -> KeyAnswer:
    has_expired = key.expires_ms is not None and key.expires_ms <= now_ms
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": _time(key.created_ms),
        "created_by": key.created_by,
        "expires_at": _time(key.expires_ms),
        "withdrawn_at": _time(key.withdrawn_ms),
        "used_at": _time(key.used_ms),
        "is_good": key.withdrawn_ms is None and not has_expired,
    }


def _time(at_ms: int | None) -> Time | None:
    return iso_utc_of_ms(at_ms) if at_ms is not None else None
