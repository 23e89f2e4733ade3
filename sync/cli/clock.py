"""The command ``clock``: what time a daemon takes it to be, and a word that its clock is right."""

from __future__ import annotations

import argparse
from typing import Any, Final

from sync.cli import command
from sync.cli.program import Program
from sync.cli.status import local_time
from sync.daemon.daemon_settings import S
from sync.model import phrases

_RIGHT: Final = """\
Say that the clock of this computer is right now. Numbers, ages and times go by it from now on. Look
at another clock first: what is written with a wrong time is hard to set right."""


def add(commands: command.Commands, program: Program[S]) -> command.Commands:
    """Add the command; returns what further acts are added to."""
    prog = program.name
    parser = command.add(
        commands,
        "clock",
        "what time it is taken to be here, and whether the clock is believed",
        f"""
        {prog} clock show          # the time, and what the clocks show
        {prog} clock right         # the clock of this computer is right now
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    shown = command.add(acts, "show", "the time, and what the clocks show", f"{prog} clock show")
    right = command.add(
        acts, "right", "say that the clock of this computer is right now", f"{prog} clock right"
    )
    right.description = _RIGHT
    for one, method, path in ((shown, "GET", "/api/clock/"), (right, "POST", "/api/clock/right/")):
        command.add_json_option(one)
        program.add_client_options(one)
        one.set_defaults(
            act=lambda options, method=method, path=path: _print(
                options, program.client(options).call(method, path)
            )
        )
    return acts


def _print(options: argparse.Namespace, found: dict[str, Any]) -> int:
    if options.json:
        command.print_json(found)
        return 0
    print(f"It is {local_time(found['time'])}.")
    if not found["believed"]:
        command.say(
            options,
            f"The clock of this computer shows {local_time(found['shown'])}, which is not "
            f"believed: set it, or say that it is right: `{options.daemon.command} clock right`.",
        )
    for name, ahead_s in found["others"].items():
        side = "ahead" if ahead_s > 0 else "behind"
        off = "agrees" if abs(ahead_s) < 60 else f"is {phrases.duration(ahead_s)} {side}"
        who = "The coordinator" if name.startswith("@") else name
        print(f"{who} {off}.")
    return 0
