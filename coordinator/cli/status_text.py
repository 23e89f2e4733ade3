"""How the running coordinator is, in sentences."""

from __future__ import annotations

from typing import Any, Final

from coordinator.range_watch import IN_RECOVERY
from sync.cli import backup as backup_command
from sync.cli import command

LIVE: Final = "in step"


def status_text(status: dict[str, Any]) -> str:
    """What `GET /api/status/` answers, for people; what somebody has to do comes last."""
    recovery = status["recovery"]
    if recovery:
        whom = ", ".join(recovery["waiting_for"]) or "an administrator"
        first = (
            "The coordinator is in recovery and gives no numbers, ranges or verdicts: "
            f"{recovery['why']}. It waits for {whom}. See "
            "`mrnmesh-coordinator end-recovery --help`."
        )
    else:
        first = "The coordinator gives numbers, ranges and verdicts."
    lines = [
        first,
        f"{command.count(status['patients'], 'person', 'people')}, "
        f"{status['pending']} without a verdict, "
        f"{command.count(status['open_conflicts'], 'conflict')} open.",
        _desks(status["sessions"]),
        backup_command.last(status["backup"]),
    ]
    if status["held_batches"]:
        lines.append(f"Batches that wait for something that is missing: {status['held_batches']}.")
    for alarm in status["alarms"]:
        if alarm["code"] != IN_RECOVERY:
            lines += [f"{alarm['level'].upper()}: {alarm['text']}", f"    -> {alarm['do']}"]
    return "\n".join(lines)


def _desks(sessions: list[dict[str, Any]]) -> str:
    if not sessions:
        return "No desk is connected."
    named = [
        f"{one['author'] or one['address']} ({LIVE if one['live'] else 'catching up'})"
        for one in sorted(sessions, key=lambda one: str(one["author"]))
    ]
    return f"Connected: {', '.join(named)}."
