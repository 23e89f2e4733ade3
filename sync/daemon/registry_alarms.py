"""Alarms about two coordinators of one backup, and about a record of acts that was changed."""

from __future__ import annotations

from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.rules import audit_heads
from sync.rules.registry import Block, Overlap, Registry, Terminal


class RegistryWatch:
    """Looks at the registry of a replica as of its last commit."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def alarms(self) -> list[Alarm]:
        """What is so now."""
        registry = self._replica.registry
        return [*map(_alarm, registry.rivals()), *_two_records(registry)]


def _alarm(rival: Terminal | Block | Overlap) -> Alarm:
    text, do, what = _sentences(rival)
    return Alarm(
        "two_coordinators",
        AlarmLevel.ALERT,
        text,
        f"Stop the coordinator that is not yours. {do}",
        terms={"what": what},
    )


def _two_records(registry: Registry) -> list[Alarm]:
    number = audit_heads.fork(registry.audit_heads)
    if number is None:
        return []
    return [
        Alarm(
            "audit_forked",
            AlarmLevel.ALERT,
            f"The coordinator's record of what was done has two versions of entry {number}: it was "
            "written anew, or there are two coordinators.",
            "Tell whoever is responsible for the clinic's data. At the coordinator: "
            "`mrnmesh-coordinator audit verify`.",
            terms={"entry": number},
        )
    ]


def _sentences(rival: Terminal | Block | Overlap) -> tuple[str, str, str]:
    match rival:
        case Terminal():
            return (
                f"Terminal {rival.code} was changed by two coordinators; it is taken as "
                f"{rival.state}.",
                "Set its state again.",
                rival.code,
            )
        case Block():
            return (
                f"Range {rival.range.text} was changed by two coordinators.",
                "Grant the terminal a new range.",
                rival.range.text,
            )
        case Overlap(one, other):
            return (
                f"Range {one.range.text} of {one.terminal} overlaps "
                f"{other.range.text} of {other.terminal}: two coordinators granted them.",
                "Grant both terminals new ranges, and look at the conflicts.",
                f"{one.range.text} ({one.terminal}), {other.range.text} ({other.terminal})",
            )
