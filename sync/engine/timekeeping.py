"""The time of a running replica: what others say of it comes in here, and the word of a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import date, datetime, tzinfo
from typing import Final

from sync.engine.writer import Writer
from sync.model.believed import BelievedClock
from sync.model.facts import Author

LOOK_S: Final = 5.0
"""How often a daemon looks whether its clock can still be believed."""


class Timekeeper:
    """Lets the writer's thread know of the time what the event loop hears.

    Args:
        run: does a job on that thread, and publishes what it commits.
        thread: does a job there that commits nothing.
        zone: the facility's.
    """

    def __init__(
        self,
        writer: Writer,
        run: Callable[[Callable[[], None]], Awaitable[None]],
        thread: Executor,
        zone: tzinfo,
    ) -> None:
        self._writer = writer
        self._run = run
        self._thread = thread
        self._zone = zone

    @property
    def believed(self) -> BelievedClock:
        """What this replica takes the time to be, and why."""
        return self._writer.believed

    def latest_day(self) -> date:
        """The last day of the facility that nobody can call a day to come."""
        return datetime.fromtimestamp(self.believed.latest_ms / 1000, self._zone).date()

    def told_ms(self) -> int:
        """What other replicas hear of the time.

        A coordinator says what it believes, because desks go by it; a desk what its clock shows,
        because that is one more witness of the time.
        """
        is_coordinator = self._writer.identity.is_coordinator
        return max(0, self.believed.now_ms if is_coordinator else self.believed.shown_ms)

    def hear(self, author: Author, said_ms: int) -> None:
        """Another replica says what time it is."""
        self.believed.tell(author, said_ms)
        self._thread.submit(self._writer.look_at_clock)

    async def note(self) -> None:
        """Look at the clock, and keep the believed time now and then."""
        await self._run(self._writer.note_time)

    async def confirm(self) -> None:
        """An administrator says that the clock of this computer is right."""
        await self._run(self._writer.confirm_clock)
