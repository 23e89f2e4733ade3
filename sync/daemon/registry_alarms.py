"""Alarms about two coordinators that went on from one backup."""

from __future__ import annotations

from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.rules.registry import Block, Overlap, Terminal


class RegistryWatch:
    """Looks at the registry of a replica as of its last commit."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def alarms(self) -> list[Alarm]:
        """What is so now."""
        return [_alarm(rival) for rival in self._replica.registry.rivals()]


def _alarm(rival: Terminal | Block | Overlap) -> Alarm:
    text, do = _sentences(rival)
    return Alarm(
        "two_coordinators", AlarmLevel.ALERT, text, f"Stop the coordinator that is not yours. {do}"
    )


def _sentences(rival: Terminal | Block | Overlap) -> tuple[str, str]:
    match rival:
        case Terminal():
            return (
                f"Terminal {rival.code} was changed by two coordinators; it is taken as "
                f"{rival.state}.",
                "Set its state again.",
            )
        case Block():
            return (
                f"Range {rival.range.text} was changed by two coordinators.",
                "Grant the terminal a new range.",
            )
        case Overlap(one, other):
            return (
                f"Range {one.range.text} of {one.terminal} overlaps "
                f"{other.range.text} of {other.terminal}: two coordinators granted them.",
                "Grant both terminals new ranges, and look at the conflicts.",
            )
