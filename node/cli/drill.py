"""``mrnmesh-node drill``: hold the running node offline for a while, and report how that went."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from node.cli.program import PROGRAM
from sync.cli import command
from sync.errors import BadOption
from sync.model import phrases

POLL_S: Final = 1.0
SYNC_S_MAX: Final = 120.0

Call = Callable[..., Any]


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "drill",
        "hold the running node offline on purpose, and report how that went",
        """
        mrnmesh-node drill --minutes 5     # clerks go on; Ctrl-C ends it before its time
        mrnmesh-node drill --minutes 0.5 --json
        """,
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (%(default)g)")
    command.add_json_option(parser)
    parser.set_defaults(act=_drill)


def _drill(options: argparse.Namespace) -> int:
    if not math.isfinite(options.minutes):
        raise BadOption(option="--minutes", why="it is not a number of minutes")
    call = PROGRAM.client(options).call
    report = call("POST", "/api/drill/", {"minutes": options.minutes})
    say = Saying(quiet=options.json)
    try:
        say(
            f"This node is held offline for {phrases.count(options.minutes, 'minute')}. Register "
            "as always; numbers come from its own range. Ctrl-C ends the drill."
        )
        if not report["was_connected"]:
            say("It was not connected with the coordinator before, either.")
        report = watch(call, say, lambda now: now["on"])
    except KeyboardInterrupt:
        report = call("DELETE", "/api/drill/")
        say("Ended before its time.")
    say("Connecting again ...")
    limit = time.monotonic() + SYNC_S_MAX
    report = watch(
        call, say, lambda now: now["phase"] == "syncing" and time.monotonic() < limit, report
    )
    wrong = went_wrong(report)
    if options.json:
        command.print_json(report | {"wrong": wrong})
    else:
        command.say(options, "\n".join(report_lines(report) + wrong))
        print("Nothing went wrong." if not wrong else "See above what went wrong.")
    return int(bool(wrong))


class Saying:
    """Progress on standard error; a line equal to the one before is left out."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._last = ""

    def __call__(self, line: str) -> None:
        """Say it."""
        if not self._quiet and line != self._last:
            self._last = line
            print(line, file=sys.stderr, flush=True)


def watch(
    call: Call,
    say: Saying,
    going: Callable[[dict[str, Any]], bool],
    report: dict[str, Any] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Ask for the drill again and again until it is over, and return the last report."""
    now: dict[str, Any] = report or call("GET", "/api/drill/")
    while going(now):
        if now["on"]:
            say(f"{_people(now)}; {_left(now['seconds_left'])} left.")
            pause(min(POLL_S, now["seconds_left"] + 0.05))
        else:
            say(f"{now['confirmed']} of {now['people']} confirmed.")
            pause(POLL_S / 5)
        now = call("GET", "/api/drill/")
    return now


def report_lines(report: dict[str, Any]) -> list[str]:
    """A finished drill in sentences."""
    begun, ended = (_local(report[name]) for name in ("begun_at", "ended_at"))
    lines = [f"Offline from {begun} to {ended}: {_people(report)}."]
    if report["in_step_after_s"] is not None:
        after = phrases.count(report["in_step_after_s"], "second")
        lines.append(f"In step with the coordinator again after {after}.")
    if report["people"]:
        lines.append(f"Confirmed: {report['confirmed']} of {report['people']}.")
    if report["from_coordinator"]:
        lines.append(f"Numbers that were asked for just before: {report['from_coordinator']}.")
    if not report["people"]:
        lines.append("Nobody was registered meanwhile, so it shows little: try it at a busy hour.")
    return lines


def _local(at: str) -> str:
    """A time of the report as this computer's clock shows it."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"


def went_wrong(report: dict[str, Any]) -> list[str]:
    """What should not have been, in sentences, with what to do."""
    lines = []
    if report["in_step_after_s"] is None:
        lines.append(
            f"The coordinator was not in step within {SYNC_S_MAX:.0f} seconds. Everybody is kept "
            "here and will sync later; `mrnmesh-node doctor` says what is wrong."
        )
    for code, count in report["failures"].items():
        lines.append(
            f"Registrations that failed with {code}: {count}. Without the coordinator they would "
            "have had no number; see the ranges in `mrnmesh-node status`."
        )
    if report["refused"]:
        lines.append(
            f"Numbers refused: {report['refused']}. See `mrnmesh-conflicts list --open` at the "
            "coordinator."
        )
    return lines


def _people(report: dict[str, Any]) -> str:
    if not report["people"]:
        return "nobody registered"
    return f"{phrases.people(report['people'])} registered ({', '.join(report['numbers'])})"


def _left(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
