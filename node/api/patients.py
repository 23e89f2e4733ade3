"""Registering people at a desk, with a number from the coordinator or the desk's own range."""

from __future__ import annotations

from aiohttp import web

from node.allocator import NodeAllocator
from node.config import NodeSettings
from node.drill import Drill
from node.errors import OtherTerminal
from sync.engine.replica import Replica
from sync.errors import NumberError
from sync.http.operations import Made, Needs, Operation
from sync.http.registration import RegisteredAnswer, Registrations
from sync.model.numbers import parse_mrn


class NodePatientsApi:
    """The operation that registers people at a desk."""

    def __init__(
        self,
        config: NodeSettings,
        replica: Replica,
        allocator: NodeAllocator,
        registrations: Registrations,
        drill: Drill,
    ) -> None:
        self._config = config
        self._replica = replica
        self._allocator = allocator
        self._registrations = registrations
        self._drill = drill

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [self._registrations.operation(self.register, Needs.THIS_COMPUTER, OtherTerminal)]

    async def register(self, request: web.Request) -> Made[RegisteredAnswer]:
        """Register a person, unless this very request was answered before.

        Raises:
            OtherTerminal: the request names another terminal than this desk.
            NumberError: there is no number, or the supplied one cannot be used.
        """
        posted = await self._registrations.posted(request)
        if posted.terminal not in (None, self._config.code):
            raise OtherTerminal(terminal=posted.terminal, here=self._config.code)
        text = posted.mrn if posted.offline else None
        supplied = None
        if text is not None:
            supplied = parse_mrn(await self._replica.read(lambda now: now.numbers.number(text)))
        draft = self._registrations.draft(posted, self._config.code)
        try:
            registered = await self._allocator.register(
                self._replica, draft, posted.offline, supplied
            )
        except NumberError as error:
            # A drill reports how many people could not be registered while it was on.
            self._drill.failed(error.code)
            raise
        return await self._registrations.answer(registered)
