"""``mrnmesh-coordinator run | status | end-recovery``: the daemon, and how it is."""

from __future__ import annotations

import argparse

from coordinator import config, daemon
from coordinator.cli import status_text
from coordinator.cli.calling import add_connection_options, client
from sync.cli import command


def add(commands: command.Commands) -> None:
    """Add the commands."""
    run = command.add(
        commands,
        "run",
        "run until stopped by SIGTERM, Ctrl-C or the end of the service",
        """
        mrnmesh-coordinator run
        mrnmesh-coordinator run --listen 127.0.0.1:9470   # this time only; `config` names them all
        MRNMESH_COORDINATOR_LISTEN=127.0.0.1:9470 mrnmesh-coordinator run
        """,
    )
    config.TABLE.add_flags(run)
    run.set_defaults(act=_run)
    status = command.add(
        commands,
        "status",
        "tell how the running coordinator is",
        """
        mrnmesh-coordinator status             # what it gives, who is connected, what to do
        mrnmesh-coordinator status --json      # all that it knows
        """,
    )
    command.add_json_option(status)
    add_connection_options(status)
    status.set_defaults(act=_status)
    end = command.add(
        commands,
        "end-recovery",
        "give up what has not come back, and go on giving numbers",
        """
        mrnmesh-coordinator status           # `recovery` names the desks it waits for
        mrnmesh-coordinator end-recovery     # if one of them will never come back
        """,
    )
    command.add_json_option(end)
    add_connection_options(end)
    end.set_defaults(act=_end_recovery)


def _run(options: argparse.Namespace) -> int:
    place = config.load(options.data, config.TABLE.flags(options))
    return command.run_daemon("coordinator", place, daemon.run(place))


def _status(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/status/")
    if options.json:
        command.print_json(found)
    else:
        print(status_text.status_text(found))
    return 0


def _end_recovery(options: argparse.Namespace) -> int:
    answer = client(options).call("POST", "/api/recovery/end/", {})
    if options.json:
        command.print_json(answer)
    elif answer["ended"]:
        print("Recovery is over.")
    else:
        print("The coordinator is not in recovery.")
    return 0
