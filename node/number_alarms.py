"""An alarm for a desk whose own numbers run low; it needs no coordinator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sync.engine.issuing import Prospect
from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author, State
from sync.model.numbers import ALERT_PERCENT, WARNING_PERCENT
from sync.model.phrases import count
from sync.reading.view import View
from sync.storage.numbers import Stray

LOOK_S: Final = 30.0
NUMBERS_LOW: Final = "numbers_low"
NO_RANGE: Final = "no_range"
SET_BACK: Final = "set_back"
STRAY_NUMBERS: Final = "stray_numbers"


class NumberWatch:
    """Looks at the ranges from time to time.

    Args:
        prospects: returns the function that reads the ranges that the desk issues from.
    """

    def __init__(
        self,
        code: str,
        replica: Replica,
        prospects: Callable[[], Callable[[View], list[Prospect]]],
    ) -> None:
        self._code = code
        self._replica = replica
        self._prospects = prospects
        self._found: list[Alarm] = []

    async def look(self) -> None:
        """Look again."""
        prospects = self._prospects()  # before the snapshot, see there
        held, strays, known = await self._replica.read(
            lambda snapshot: (
                prospects(snapshot),
                snapshot.store.numbers.strays(),
                snapshot.registry.terminals.get(Author(self._code)),
            )
        )
        mine = [stray for stray in strays if stray.terminal == self._code and stray.are_many]
        self._found = alarms_of(self._code, held) + [stray_alarm(stray) for stray in mine]
        # What a desk needs that is not active is another thing; its status says it.
        if known is not None and known.state is State.ACTIVE:
            self._found += no_range(self._code, held)

    def alarms(self) -> list[Alarm]:
        """The alarm as of the last look, if there is one."""
        return self._found


def stray_alarm(stray: Stray) -> Alarm:
    """The alarm about somebody who claims numbers of this desk."""
    return Alarm(
        STRAY_NUMBERS,
        AlarmLevel.ALERT,
        f"{stray.author} has used {count(stray.claims, 'number')} of {stray.range.text}, which "
        f"only {stray.terminal} may give out. Nobody else gets them.",
        "Tell the administrator. This desk goes on with the numbers that are left, and gets a new "
        "block in time.",
        f"{stray.range.text} {stray.author}",
        terms={
            "desk": stray.author,
            "own": stray.terminal,
            "range": stray.range.text,
            "count": stray.claims,
        },
    )


def alarms_of(code: str, prospects: Iterable[Prospect]) -> list[Alarm]:
    """The alarms of a desk with these ranges.

    As at the coordinator, ranges that are used up do not count while another one has numbers, and
    closed ones never do.
    """
    prospects = list(prospects)
    return [*_set_back(code, prospects), *_low(code, prospects)]


def no_range(code: str, prospects: Iterable[Prospect]) -> list[Alarm]:
    """The alarm of an active desk that was given no range, or whose ranges are all closed."""
    if any(prospect.objection is None for prospect in prospects):
        return []
    return [
        Alarm(
            NO_RANGE,
            AlarmLevel.WARNING,
            f"{code} has no range of its own: it can register nobody while the coordinator is out "
            "of reach.",
            "While the pool is on, a connected desk gets a range by itself. If it gets none, let "
            f"the administrator grant one: `mrnmesh-coordinator terminals grant {code}`.",
            code,
            terms={"desk": code},
        )
    ]


def _set_back(code: str, prospects: Iterable[Prospect]) -> list[Alarm]:
    """An alarm for each range that is open in the database, and that the witness objects to."""
    return [
        Alarm(
            SET_BACK,
            AlarmLevel.ALERT,
            f"{code} gives no number of {prospect.block.range.text}: {prospect.objection}.",
            "If there is a newer copy of the data folder, stop the daemon and put that back. If"
            " there is none, let this desk meet the coordinator, then stop the daemon and run"
            " `mrnmesh-node renew`: it gets new numbers. `mrnmesh-node docs backup` tells more.",
            prospect.block.range.text,
            terms={"what": prospect.block.range.text},
        )
        for prospect in prospects
        if prospect.objection is not None
        and prospect.cursor is not None
        and prospect.cursor.closed is None
        and not prospect.block.closed
    ]


def _low(code: str, prospects: Iterable[Prospect]) -> list[Alarm]:
    """The alarm that few numbers are left, if they are."""
    usable = [prospect for prospect in prospects if prospect.objection is None]
    holds = [prospect for prospect in usable if prospect.remaining > 0] or usable[-1:]
    total = sum(prospect.block.range.size for prospect in holds)
    remaining = sum(prospect.remaining for prospect in holds)
    used = total - remaining
    if 100 * used < WARNING_PERCENT * total or not total:
        return []
    is_alert = 100 * used >= ALERT_PERCENT * total
    left = "has no number left" if not remaining else f"has {count(remaining, 'number')} left"
    return [
        Alarm(
            NUMBERS_LOW,
            AlarmLevel.ALERT if is_alert else AlarmLevel.WARNING,
            f"{code} {left} of the {total} that it can give without the coordinator.",
            "Connect it: the coordinator gives it a new block by itself while its pool is on. "
            "If it stays low, ask the administrator to grant a range.",
            code,
            terms={"desk": code, "left": remaining, "total": total},
        )
    ]
