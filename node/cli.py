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
    print(f"{options.code} is ready in {options.data.absolute()}.")
    print(f"Take {join.absolute()} to the coordinator and add the terminal there:")
    print(f'  mrnmesh-coordinator terminals add --key "{join.absolute()}"')
    return 0


def _renew(options: argparse.Namespace) -> int:
    config.renew(options.data)
    print("A new life of this database has begun. Run the node; when it has met the coordinator,")
    print("grant the terminal a new range there: mrnmesh-coordinator terminals grant CODE RANGE")
    return 0


def _run(options: argparse.Namespace) -> int:
    return command.run_daemon(daemon.run(config.load(options.data)))


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
    for range_ in status["ranges"]:
        closed = range_["closed"]
        state = f"closed, {closed}" if closed else f"{range_['remaining']} left"
        lines.append(f"Range {range_['range']}: {state}.")
    if status["refused"]:
        refused = status["refused"]
        lines.append(f"A peer refuses to sync ({refused['reason']}): {refused['why']}.")
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


if __name__ == "__main__":
    sys.exit(main())
