"""The coordinator's signing key over HTTP: which it is, which it had, and who is left behind."""

from __future__ import annotations

from typing import TypedDict

from aiohttp import web

from coordinator.registry import enrolments
from coordinator.renewing import Renewing
from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation
from sync.reading.snapshot import Snapshot


class FormerKey(TypedDict):
    """A signing key of before.

    ``trusted`` says that it was only lost, so what it has signed still counts wherever it turns up.
    """

    key: str
    trusted: bool
    why: str
    who: str


class SigningKeyAnswer(TypedDict):
    """The signing key, in hexadecimal, those of before, and which desks know the coordinator by it.

    ``enrolled`` are the terminals whose computers trust it, ``left`` those that have to be enrolled
    again before they can sync.
    """

    key: str
    former: list[FormerKey]
    enrolled: list[str]
    left: list[str]


class SigningKeyApi:
    """The operation that shows the signing key; it is replaced by a command, not while it runs."""

    def __init__(self, replica: Replica, renewing: Renewing) -> None:
        self._replica = replica
        self._renewing = renewing

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                "/api/signing-key/",
                self.show,
                "Show the signing key, and which desks have to be enrolled again",
                needs=Needs.ADMINISTER,
                about="terminals",
            )
        ]

    async def show(self, _request: web.Request) -> SigningKeyAnswer:
        """Return the signing key, those of before, and who is left."""
        authority = self._renewing.issuer.current

        def look(snapshot: Snapshot) -> SigningKeyAnswer:
            known = snapshot.registry
            certified = snapshot.store.meta.certified()
            left: list[str] = [*enrolments.to_enrol_again(known, certified, authority)]
            at_work = [one.code for one in known.terminals.values() if one.has_node]
            gone = {code for code in at_work if known.terminals[code].has_ended}
            return {
                "key": self._replica.public_key.hex(),
                "former": [_former(*one) for one in known.succession.summary],
                "enrolled": sorted({*at_work} - gone - {*left}),
                "left": left,
            }

        return await self._replica.read(look)


def _former(key: bytes, trusted: bool, why: str, who: str) -> FormerKey:
    return {"key": key.hex(), "trusted": trusted, "why": why, "who": who}
