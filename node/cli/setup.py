"""``mrnmesh-node init | renew``: a new node, and one that goes on after it was moved."""

from __future__ import annotations

import argparse
from pathlib import Path

from node import config
from sync.cli import command
from sync.daemon.daemons import NODE
from sync.model.facts import as_terminal_code


def add(commands: command.Commands) -> None:
    """Add the commands."""
    init = command.add(
        commands,
        "init",
        "make a node with a key of its own",
        """
        mrnmesh-node init LAB1-PC --coordinator-key coordinator.json
        mrnmesh-node --data /srv/lab2 init LAB2-PC --coordinator-key coordinator.json \\
            --listen 127.0.0.1:8490 --sync-listen 127.0.0.1:8491   # a second desk on this computer
        """,
    )
    init.add_argument("code", type=as_terminal_code, help="terminal code, for example LAB1-PC")
    init.add_argument(
        "--coordinator-key",
        type=Path,
        required=True,
        metavar="FILE",
        help="the file coordinator.json that `mrnmesh-coordinator init` made",
    )
    command.add_init_options(init, NODE)
    init.add_argument(
        "--peer", action="append", default=[], metavar="URL", help="another node to sync with"
    )
    command.add_json_option(init)
    init.set_defaults(act=_init)
    renew = command.add(
        commands,
        "renew",
        "go on after a move to another computer; old ranges give no more numbers",
        """
        mrnmesh-node renew       # after the data folder was put onto this computer
        """,
    )
    command.add_json_option(renew)
    renew.set_defaults(act=_renew)


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
    command.tell_clashes(options)
    folder, join = options.data.absolute(), join.absolute()
    if options.json:
        command.print_json({"code": options.code, "folder": str(folder), "join_file": str(join)})
        return 0
    print(f"{options.code} is ready in {folder}.")
    print(f"Take {join} to the coordinator and add the terminal there:")
    print(f'  mrnmesh-coordinator terminals add --key "{join}"')
    print("Then start the node here:")
    command.say(options, "  mrnmesh-node run")
    print(f"Its page for the clerk is at {config.load(options.data).url}/ then.")
    return 0


def _renew(options: argparse.Namespace) -> int:
    join = config.renew(options.data)
    if options.json:
        command.print_json({"join_file": str(join.absolute())})
        return 0
    print("The node can go on here; the ranges that it had give no more numbers. Run it, and when")
    print("it has met the coordinator, grant the terminal a new range there:")
    print(f"  mrnmesh-coordinator terminals grant {config.load(options.data).code}")
    return 0
