"""Having other computers try the ports of this one, and what the doctor says of that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from sync.errors import MrnmeshError
from sync.http.operations import Needs, Operation
from sync.model.facts import Author
from sync.protocol.addresses import Reach
from sync.protocol.events import PortsArrived
from sync.upkeep.findings import Finding, FindingLevel

PATH: Final = "/api/ports/try/"
SYNC: Final = "sync"
CODES: Final = "codes"
HTTPS: Final = "https"
USES: Final = (SYNC, CODES, HTTPS)
_CHECK: Final = "ports from outside"
_WHAT: Final = {
    Reach.REFUSED: "it is refused, by something between the two",
    Reach.SILENT: "it gets no answer",
}
_OPEN_IT: Final = (
    "open that port in the firewall of this computer, as the page on installing says, and run "
    "this here again"
)


class TriedPortAnswer(TypedDict):
    """A port of this computer, what it is for, and how the other computer has found it."""

    use: Annotated[str, Meta(title="PortUse", extra_json_schema={"enum": [*USES]})]
    port: int
    reach: Annotated[str, Meta(title="PortReach", extra_json_schema={"enum": [*map(str, Reach)]})]


class PortTrialAnswer(TypedDict):
    """What another computer, named by ``by``, found at the address ``host`` of this one."""

    by: str
    host: str
    ports: list[TriedPortAnswer]


class PortsAnswer(TypedDict):
    """Up to three other computers that have tried; none when none is connected."""

    tried: list[PortTrialAnswer]


class PortsApi:
    """The operation that has others try the ports of this computer.

    Args:
        others: whether anybody is there to be asked.
        ask: has others try some ports.
        opened: for what this computer listens for others, and at which ports; all of them are open
            for as long as the block lasts.
        needs: who may call it.
    """

    def __init__(
        self,
        others: Callable[[], bool],
        ask: Callable[[Sequence[int]], Awaitable[list[tuple[Author, PortsArrived]]]],
        opened: Callable[[], AbstractAsyncContextManager[Mapping[str, int]]],
        needs: Needs,
    ) -> None:
        self._others = others
        self._ask = ask
        self._opened = opened
        self._needs = needs
        self._asking = asyncio.Lock()

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        summary = "Have other computers try the ports of this one"
        return [Operation("POST", PATH, self.have_tried, summary, needs=self._needs)]

    async def have_tried(self, _request: web.Request) -> PortsAnswer:
        """Return which ports of this computer up to three others reach; it takes some seconds."""
        async with self._asking:
            if not self._others():
                return {"tried": []}
            async with self._opened() as ports:
                found = await self._ask(list(ports.values())) if ports else []
                uses = {port: use for use, port in ports.items()}
        return {"tried": [answer_of(author, one, uses) for author, one in found]}


def answer_of(author: Author, found: PortsArrived, uses: Mapping[int, str]) -> PortTrialAnswer:
    """What somebody has found at which of our ports.

    Args:
        uses: what each port is for.
    """
    ports: list[TriedPortAnswer] = [
        {"use": uses[port], "port": port, "reach": reach.value}
        for port, reach in found.found
        if port in uses  # what was not asked for says nothing
    ]
    return {"by": author, "host": found.host, "ports": ports}


def from_outside(call: Callable[[str, str], Any]) -> list[Finding]:
    """Whether the firewall of this computer lets others in, as they have found it.

    Args:
        call: calls the running daemon, and returns its answer.
    """
    try:
        tried: list[PortTrialAnswer] = call("POST", PATH)["tried"]
    except MrnmeshError:
        return []  # whether it answers at all, and this caller, is said by other findings
    if not tried:
        text = "not tried: no other computer is connected that could"
        return [Finding(_CHECK, FindingLevel.OK, text)]
    reached: dict[str, list[str]] = {}
    missed: dict[str, list[str]] = {}
    for trial in tried:
        for port in trial["ports"]:
            name, reach = f"{port['port']} ({port['use']})", Reach(port["reach"])
            if reach is Reach.OPEN:
                reached.setdefault(name, []).append(trial["by"])
            else:
                said = f"{trial['by']} tried {trial['host']} and {_WHAT[reach]}"
                missed.setdefault(name, []).append(said)
    found = [
        Finding(_CHECK, FindingLevel.WARNING, f"{name} is not reached: {'; '.join(said)}", _OPEN_IT)
        for name, said in sorted(missed.items())
        if name not in reached
    ]
    if found:
        return found
    by = sorted({one for some in reached.values() for one in some})
    text = f"{', '.join(sorted(reached))}: reached from {', '.join(by)}"
    return [Finding(_CHECK, FindingLevel.OK, text)]
