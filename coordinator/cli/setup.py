"""``mrnmesh-coordinator init``: a coordinator in a new folder."""

from __future__ import annotations

import argparse

from coordinator import config
from coordinator.registry import pool
from sync.cli import command
from sync.daemon import settings_files
from sync.model.numbers import NumberRange


def add(commands: command.Commands) -> None:
    """Add the commands."""
    init = command.add(
        commands,
        "init",
        "make a coordinator",
        """
        mrnmesh-coordinator init                         # prints the administrator's token, once
        mrnmesh-coordinator init --zone Asia/Dubai
        mrnmesh-coordinator init --pool 3000000-3999999 --block 5000
        mrnmesh-coordinator --data /srv/hub init --listen 127.0.0.1:9470
        """,
    )
    init.add_argument(
        "--zone", default=settings_files.ZONE_DEFAULT, help="the facility's time zone"
    )
    init.add_argument(
        "--pool",
        default=pool.RANGE.text,
        metavar="START-END",
        help="numbers that no other system gives out, for new ranges (%(default)s)",
    )
    init.add_argument(
        "--block", type=int, default=pool.BLOCK, metavar="N", help="numbers a range (%(default)s)"
    )
    command.add_place_options(init, config.LISTEN, config.SYNC_LISTEN)
    command.add_json_option(init)
    init.set_defaults(act=_init)


def _init(options: argparse.Namespace) -> int:
    public, token = config.init(
        options.data,
        zone=options.zone,
        listen=options.listen,
        sync_listen=options.sync_listen,
        witness=options.witness,
        numbers=NumberRange.parse(options.pool),
        block=options.block,
    )
    folder, public = options.data.absolute(), public.absolute()
    if options.json:
        command.print_json({"folder": str(folder), "join_with": str(public), "token": token})
        return 0
    print(f"The coordinator is ready in {folder}.")
    print(f"Nodes need this file to join: {public}")
    print("The administrator's token follows. It is shown this once and kept nowhere:")
    print(token)
    return 0
