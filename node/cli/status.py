"""``mrnmesh-node status``: how the running node is, in sentences."""

from __future__ import annotations

import argparse
from typing import Any

from node.cli.program import PROGRAM
from sync.cli import command
from sync.cli import status as sentences
from sync.daemon.conflict_alarms import CARDS_TO_REPRINT, CONFLICTS_HERE
from sync.model import phrases
from sync.protocol.handshake import NOT_COORDINATOR
from sync.upkeep.findings import ENROL_AGAIN


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
    status = PROGRAM.client(options).call("GET", "/api/status/")
    if options.json:
        command.print_json(status)
    else:
        command.say(options, _status_text(status))
    return 0


def _status_text(status: dict[str, Any]) -> str:
    """A status in sentences."""
    lines = [
        _numbers(status),
        sentences.people(status["patients"], status["pending"], status["open_conflicts"]),
        *sentences.requests(status.get("open_requests", 0), "mrnmesh-node requests"),
    ]
    if status["drill"]["on"]:
        lines.append(
            "A drill is on: this node is held offline for "
            f"{phrases.count(round(status['drill']['seconds_left']), 'more second')}."
        )
    if not status["ranges"] and status["state"] == "active":
        lines.append("It has no range of its own.")
    for range_ in status["ranges"]:
        closed = range_["closed"]
        state = phrases.closed(closed) if closed else f"{range_['remaining']} left"
        lines.append(f"Range {range_['range']}: {state}.")
    if status["refused"]:
        refused = status["refused"]
        if refused["reason"] == NOT_COORDINATOR:
            lines.append(f"{refused['why']}. {ENROL_AGAIN[0].upper()}{ENROL_AGAIN[1:]}.")
        else:
            lines.append(f"A peer refuses to sync ({refused['reason']}): {refused['why']}.")
    lines.append(sentences.last_backup(status["backup"]))
    for session in status["sessions"]:
        how = "in step" if session["live"] else "catching up"
        peer = phrases.writer(session["author"] or session["address"])
        lines.append(f"Connected with {peer} ({how}).")
    if status["copies_noticed"]:
        times = phrases.count(status["copies_noticed"], "time")
        lines.append(
            f"This database was copied or set back (noticed {times}). The ranges from before that "
            "stay closed."
        )
    lines += sentences.waiting(status["held_batches"])
    lines += [_conflict(conflict) for conflict in status["conflicts"]["results"]]
    lines += [_card(person) for person in status["cards_to_reprint"]["results"]]
    for name, one, many in (
        ("conflicts", "more conflict", "more conflicts"),
        ("cards_to_reprint", "more card to print again", "more cards to print again"),
    ):
        left = status[name]["count"] - len(status[name]["results"])
        if left > 0:
            lines.append(f"And {phrases.count(left, one, many)}.")
    lines += [
        f"{alarm['text']} {alarm['do']}"
        for alarm in status["alarms"]
        if alarm["code"] not in (CONFLICTS_HERE, CARDS_TO_REPRINT)
    ]
    return "\n".join(lines)


def _card(person: dict[str, Any]) -> str:
    """A card that shows an old number."""
    return (
        f"Print the card of {person['full_name']} again: the number is {person['mrn']} now, no "
        f"longer {person['card_shows']}. Then: mrnmesh-node reprinted {person['mrn']}"
    )


def _conflict(conflict: dict[str, Any]) -> str:
    """An open conflict about a person of this desk."""
    person, holder = conflict["patient"], conflict["holder"]
    who = f"{person['full_name'] or 'somebody'} ({person['registered_by']})"
    if holder is not None and holder["id"] != person["id"]:
        held = f"; {holder['full_name']} ({holder['registered_by']}) holds it"
    else:
        held = ""
    refused = person["mrn_status"] == "rejected"
    what = "is refused" if refused else "is claimed by more than one person"
    return (
        f"The number {conflict['mrn']} of {who} {what}{held}. Do not hand out that card; the "
        f"administrator decides (conflict {conflict['id'][:12]})."
    )


def _numbers(status: dict[str, Any]) -> str:
    """Where the next number comes from, if from anywhere."""
    code, state = status["terminal"], status["state"]
    if state == "unknown":
        return (
            f"{code} is not in the registry yet, as far as this copy knows: it gives no numbers. "
            "Enrol it with a code of the administrator: `mrnmesh-coordinator terminals enrol "
            f"{code}` prints one; type it here: `mrnmesh-node enrol CODE`. Both must run."
        )
    if state == "inactive":
        return (
            f"{code} is inactive: it gives no numbers. The administrator lets it work again: "
            f"`mrnmesh-coordinator terminals activate {code}`."
        )
    if state != "active":
        return (
            f"{code} is {state}: it gives no numbers, and will not again. A computer that is to "
            "work here needs a new data folder: `mrnmesh-node enrol CODE` with another --data."
        )
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
        "of its own has any. Switch the coordinator on, or mend the network between the two; then "
        "it gets numbers at once, and a range while the pool is on. Until then register at "
        "another desk."
    )
