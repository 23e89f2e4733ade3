"""``mrnmesh-coordinator status | end-recovery``: how the running coordinator is."""

from __future__ import annotations

import argparse
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from coordinator.cli.plans import recovery
from coordinator.judging.recovery import missing_text
from coordinator.range_watch import IN_RECOVERY
from sync.cli import asking, command
from sync.cli import status as sentences
from sync.model import phrases
from sync.rules.serials import SerialStretch

LIVE: Final = "in step"


def add(commands: command.Commands) -> None:
    """Add the commands."""
    add_call(
        commands,
        "status",
        "tell how the running coordinator is",
        _status,
        """
        mrnmesh-coordinator status             # what it gives, who is connected, what to do
        mrnmesh-coordinator status --json      # all that it knows
        """,
    )
    end = add_call(
        commands,
        "end-recovery",
        "give up what has not come back, and go on giving numbers",
        _end_recovery,
        """
        mrnmesh-coordinator status           # `recovery` names the desks it waits for
        mrnmesh-coordinator end-recovery     # if one of them will never come back; it asks first
        mrnmesh-coordinator end-recovery --why "WARD-PC burnt"
        """,
    )
    command.add_former_who_option(end)
    asking.add_yes_option(end)
    end.add_argument("--why", default="", metavar="TEXT", help="what is known of what is missing")


def _status(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/status/")
    if options.json:
        command.print_json(found)
    else:
        command.say(options, status_text(found))
    return 0


def _end_recovery(options: argparse.Namespace) -> int:
    api = client(options)
    status = api.call("GET", "/api/status/")
    if status["recovery"] and not options.yes:
        plan = recovery.plan_text(status, api.call("GET", "/api/pool/"))
        if not asking.agreed(plan):
            print(asking.NOTHING_DONE)
            return 1
    word = {"why": options.why}
    answer = api.call("POST", "/api/recovery/end/", word)
    if options.json:
        command.print_json(answer)
    elif answer["ended"]:
        print("Recovery is over.")
    else:
        print("The coordinator is not in recovery.")
    return 0


def status_text(status: dict[str, Any]) -> str:
    """What `GET /api/status/` answers, for people; what somebody has to do comes last."""
    why = status["recovery"]
    if why:
        awaited = ", ".join(why["waiting_for"]) or "an administrator"
        # A daemon of version 0.1.0 does not say what is missing.
        missing = [SerialStretch(one["first"], one["last"]) for one in why.get("missing", ())]
        first = (
            "The coordinator is in recovery: it gives no numbers or ranges and confirms nothing. "
            f"The reason: {phrases.reworded(why['why'])}.{missing_text(missing)} "
            f"It waits for {awaited}. See "
            "`mrnmesh-coordinator end-recovery --help`."
        )
    else:
        first = "The coordinator gives numbers and ranges, and confirms registrations."
    lines = [
        first,
        sentences.people(status["patients"], status["pending"], status["open_conflicts"]),
        *sentences.requests(status.get("open_requests", 0), "mrnmesh-coordinator people requests"),
        _desks(status["sessions"]),
        sentences.last_backup(status["backup"]),
    ]
    lines += sentences.waiting(status["held_batches"])
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
