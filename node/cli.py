"""``mrnmesh-node``: make a node, run it, ask how it is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import platformdirs

from node import config, daemon
from sync import command
from sync.client import Client

FOLDER = Path(platformdirs.user_data_dir("mrnmesh-node", appauthor=False))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    return command.run(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mrnmesh-node", description="The patient register of one desk, online or not."
    )
    command.add_data_option(parser, FOLDER)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make a node with a key of its own")
    init.add_argument("code", help="terminal code, for example LAB1-PC")
    init.add_argument(
        "--coordinator-key",
        type=Path,
        required=True,
        metavar="FILE",
        help="the file coordinator.json that `mrnmesh-coordinator init` made",
    )
    command.add_place_options(init, config.LISTEN, config.SYNC_LISTEN)
    init.add_argument(
        "--peer", action="append", default=[], metavar="URL", help="another node to sync with"
    )
    init.set_defaults(act=_init)
    renew = commands.add_parser(
        "renew", help="go on after a move to another computer; old ranges issue no more"
    )
    renew.set_defaults(act=_renew)
    commands.add_parser("run", help="run until stopped").set_defaults(act=_run)
    status = commands.add_parser("status", help="how the running node is")
    status.add_argument("--json", action="store_true", help="as JSON")
    status.set_defaults(act=_status)
    return parser


def _init(options: argparse.Namespace) -> int:
    join = config.init(
        options.data,
        options.code,
        options.coordinator_key,
        listen=options.listen,
        sync_listen=options.sync_listen,
        peers=tuple(options.peer),
        witness=options.witness,
    )
    print(f"{options.code} is ready in {options.data}.")
    print(f"Take {join} to the coordinator and add the terminal there:")
    print(f"  mrnmesh-coordinator terminals add {options.code} --key {join.name}")
    return 0


def _renew(options: argparse.Namespace) -> int:
    config.renew(options.data)
    print("A new life of this database has begun. Run the node; when it has met the coordinator,")
    print("grant the terminal a new range there: mrnmesh-coordinator terminals grant CODE RANGE")
    return 0


def _run(options: argparse.Namespace) -> int:
    return command.run_daemon(daemon.run(config.load(options.data)))


def _status(options: argparse.Namespace) -> int:
    listen = config.load(options.data).listen
    status = Client(f"http://{listen.host}:{listen.port}").call("GET", "/api/status/")
    if options.json:
        command.print_json(status)
    else:
        print(_told(status))
    return 0


def _told(status: dict[str, Any]) -> str:
    """A status in sentences."""
    where = "from the coordinator" if status["numbers"] == "online" else "from its own range"
    lines = [
        f"{status['terminal']} ({status['state']}) takes numbers {where}.",
        f"{status['patients']} people, {status['pending']} waiting for the coordinator, "
        f"{status['open_conflicts']} conflicts open.",
    ]
    for range_ in status["ranges"]:
        state = range_["closed"] or f"{range_['remaining']} left"
        lines.append(f"Range {range_['range']}: {state}.")
    for session in status["sessions"]:
        lines.append(f"Connected with {session['author']} ({session['state']}).")
    if status["clock_behind_s"] > 600:
        lines.append("The clock of this computer is behind. Set it.")
    return "\n".join([*lines, *status["alarms"]])


if __name__ == "__main__":
    sys.exit(main())
