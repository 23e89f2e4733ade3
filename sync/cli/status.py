"""Sentences that the command ``status`` of both daemons says."""

from __future__ import annotations

from datetime import datetime

from sync.model import phrases
from sync.upkeep.nightly import BackupStatus


def people(patients: int, pending: int, open_conflicts: int) -> str:
    """How many people there are, and what is not settled about them."""
    return (
        f"{phrases.people(patients)}, {pending:,} waiting for confirmation, "
        f"{phrases.count(open_conflicts, 'conflict')} open."
    )


def requests(waiting: int, command: str) -> list[str]:
    """That desks ask for decisions, if any does.

    Args:
        command: lists them.
    """
    if not waiting:
        return []
    return [f"{phrases.count(waiting, 'request')} of desks waiting for an answer: `{command}`."]


def last_backup(status: BackupStatus) -> str:
    """When the last backup was made, and where it is."""
    if status["last_good"] is None:
        return f"No backup yet in {status['folder']}."
    made = datetime.fromisoformat(status["last_good"]["at"]).astimezone()
    return f"Last backup: {made:%Y-%m-%d %H:%M} ({zone_name(made)}), in {status['folder']}."


def local_time(at: str) -> str:
    """A time that an API has answered, as this computer has it, with its zone."""
    there = datetime.fromisoformat(at)
    try:
        here = there.astimezone()
    except (OSError, OverflowError):  # Windows knows no time before 1970 or after the year 3000
        here = there
    return f"{here:%Y-%m-%d %H:%M:%S} ({zone_name(here)})"


def zone_name(at: datetime) -> str:
    """The time zone of a time as this computer has it, as in ``UTC+05:00``."""
    offset = f"{at:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def waiting(batches: int) -> list[str]:
    """That something came before what it builds on, if it did."""
    if not batches:
        return []
    return [
        f"Received, but waiting for something that is missing: {phrases.count(batches, 'part')}."
    ]
