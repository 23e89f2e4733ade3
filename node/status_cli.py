"""``mrnmesh-node status``: how the running node is, in sentences."""

from __future__ import annotations

import argparse
from typing import Any

from node import config
from sync import backup_command, command
from sync.client import Client


def add(commands: command.Commands) -> None:
    """Add the command."""
    status = command.add(
        commands,
        "status",
        "tell how the running node is",
        """
        mrnmesh-node status
        mrnmesh-node status --json      # all that it knows
        """,
    )
    command.add_json_option(status)
    status.set_defaults(act=_status)


def _status(options: argparse.Namespace) -> int:
    status = Client(config.load(options.data).url).call("GET", "/api/status/")
    if options.json:
        command.print_json(status)
    else:
        print(_told(status))
    return 0


def _told(status: dict[str, Any]) -> str:
    """A status in sentences."""
    lines = [
        _numbers(status),
        f"{status['patients']} people, {status['pending']} waiting for the coordinator, "
        f"{status['open_conflicts']} conflicts open.",
    ]
    if status["drill"]["on"]:
        lines.append(
            "A drill is on: this node is held offline for "
            f"{status['drill']['seconds_left']:.0f} more seconds."
        )
    for range_ in status["ranges"]:
        closed = range_["closed"]
        state = f"closed, {closed}" if closed else f"{range_['remaining']} left"
        lines.append(f"Range {range_['range']}: {state}.")
    if status["refused"]:
        refused = status["refused"]
        lines.append(f"A peer refuses to sync ({refused['reason']}): {refused['why']}.")
    lines.append(backup_command.last(status["backup"]))
    for session in status["sessions"]:
        lines.append(f"Connected with {session['author']} ({session['state']}).")
    if status["copies_noticed"]:
        lines.append(
            f"It met its own past or a copy of itself, times: {status['copies_noticed']}. "
            "Ranges from before that stay closed."
        )
    if status["held_batches"]:
        lines.append(f"Batches that wait for something that is missing: {status['held_batches']}.")
    if status["clock_behind_s"] > 600:
        lines.append("The clock of this computer is behind. Set it.")
    lines += [f"{alarm['text']} {alarm['do']}" for alarm in status["alarms"]]
    return "\n".join(lines)


def _numbers(status: dict[str, Any]) -> str:
    """Where the next number comes from, if from anywhere."""
    code, state = status["terminal"], status["state"]
    if state == "unknown":
        return (
            f"{code} is not in the registry yet, as far as this copy knows: it gives no numbers. "
            "Add it at the coordinator, and let both run."
        )
    if state != "active":
        return f"{code} is {state}: it gives no numbers."
    if status["numbers"] == "online":
        return f"{code} ({state}) takes numbers from the coordinator."
    connected = status["coordinator_live"]
    if any(range_["remaining"] for range_ in status["ranges"]):
        though = ", though connected: the coordinator was too slow" if connected else ""
        return f"{code} ({state}) takes numbers from its own range{though}."
    if connected:
        return (
            f"{code} ({state}) asks the coordinator, which was too slow: its own ranges have none."
        )
    return (
        f"{code} ({state}) can give no number now: the coordinator is out of reach, and no range "
        "of its own has any. Grant it a range."
    )
