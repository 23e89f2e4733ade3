"""``mrnmesh-coordinator init | setup-secret | token reset``: a new coordinator, and its secrets."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from functools import partial
from typing import Final

from coordinator import config, token_reset
from coordinator.errors import SetupDone
from coordinator.registry import pool
from coordinator.users import first_start
from sync.cli import command
from sync.cli.client import Client
from sync.daemon import daemon_settings
from sync.daemon.daemon_settings import ZONE_DEFAULT
from sync.daemon.daemons import COORDINATOR
from sync.engine import replica
from sync.errors import MrnmeshError
from sync.model.numbers import NumberRange
from sync.storage.store import Store
from sync.trust import sealing
from sync.upkeep import archive

_RESET: Final = """\
Make a new administrator's token and withdraw the earlier one: when the token is lost, or when
somebody knows it who should not. Users and other API keys stay; see who there is with `users list`
and `keys list`. It works on the computer of the coordinator, for the user to whom the data folder
belongs, whether the daemon is running or not. The token is shown once."""


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
    init.add_argument("--zone", default=ZONE_DEFAULT, help="the facility's time zone")
    init.add_argument(
        "--pool",
        default=pool.RANGE.text,
        metavar="START-END",
        help="numbers that no other system gives out, for new ranges (%(default)s)",
    )
    init.add_argument(
        "--block", type=int, default=pool.BLOCK, metavar="N", help="numbers a range (%(default)s)"
    )
    command.add_init_options(init, COORDINATOR)
    init.add_argument(
        "--enrol-listen",
        default=config.ENROL_ADDRESS,
        metavar="HOST:PORT",
        help="where desks show their codes, while there are codes (%(default)s)",
    )
    command.add_json_option(init)
    init.set_defaults(act=_init)
    _add_anew(commands)


def _add_anew(commands: command.Commands) -> None:
    """What `init` has shown once, made anew."""
    recovery = command.add(
        commands,
        "recovery-key",
        "make a new recovery key, which opens the keys in backups from now on",
        """
        mrnmesh-coordinator recovery-key                 # shows it, once
        """,
    )
    command.add_json_option(recovery)
    recovery.set_defaults(act=_recovery_key)
    first = command.add(
        commands,
        "setup-secret",
        "make a new secret for the first start, while there is no user yet",
        """
        mrnmesh-coordinator setup-secret                 # shows it, once
        """,
    )
    command.add_json_option(first)
    first.set_defaults(act=_setup_secret)
    token = command.add(
        commands,
        "token",
        "make a new administrator's token (`token reset`)",
        """
        mrnmesh-coordinator token reset
        """,
    )
    reset = command.add(
        token.add_subparsers(required=True, metavar="ACT"),
        "reset",
        "make a new token and withdraw the earlier one",
        """
        mrnmesh-coordinator token reset
        mrnmesh-coordinator --data /srv/hub token reset
        """,
    )
    reset.description = _RESET
    command.add_json_option(reset)
    reset.set_defaults(act=_reset)


def _init(options: argparse.Namespace) -> int:
    config.init(
        options.data,
        zone=options.zone,
        listen=options.listen,
        sync_listen=options.sync_listen,
        enrol_listen=options.enrol_listen,
        witness=options.witness,
        numbers=NumberRange.parse(options.pool),
        block=options.block,
        show=partial(_show_made, options),
    )
    command.tell_clashes(options)
    return 0


def _show_made(options: argparse.Namespace, token: str) -> None:
    """Make the other secrets of a new coordinator, and show all of them."""
    recovery_key = sealing.new_recovery_key(options.data)
    secret = first_start.fresh(options.data)
    path = options.data / COORDINATOR.settings_file
    listen = config.TABLE.find(config.LISTEN, path, {"listen": options.listen}, os.environ, {})
    page = _page_at(daemon_settings.url_of(listen.value), secret)
    folder = options.data.absolute()
    if options.json:
        command.print_json(
            {
                "folder": str(folder),
                "recovery_key": recovery_key,
                "setup_secret": secret,
                "setup_page": page,
                "token": token,
            }
        )
    else:
        print(f"The coordinator is ready in {folder}.")
        print(
            "Run it, and let each desk in with a code (`mrnmesh-coordinator terminals enrol CODE`)."
        )
        print("Once it runs, its pages guide you from here. Open this address on this computer. It")
        print("has a secret that is good once (`mrnmesh-coordinator setup-secret` makes another):")
        print(page)
        print("The recovery key follows. It opens the keys in backups, is shown this once and kept")
        print("nowhere: write it down, and keep it where the backups are not.")
        print(recovery_key)
        print("The administrator's token follows. It is shown this once and kept nowhere:")
        print(token)
    sys.stdout.flush()  # whoever is killed from here on has shown them


def _page_of(options: argparse.Namespace, secret: str) -> str:
    """Where the guide of the first start of a coordinator is."""
    return _page_at(config.load(options.data).url, secret)


def _page_at(url: str, secret: str) -> str:
    """What stands behind the # is sent to nobody."""
    return f"{url}/#/setup/{secret}"


def _setup_secret(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    with contextlib.closing(archive.open_read_only(settings.folder / replica.DATABASE)) as database:
        if Store(database).users.all():
            raise SetupDone()
    secret = first_start.fresh(options.data)
    page = _page_of(options, secret)
    if options.json:
        command.print_json({"setup_secret": secret, "setup_page": page})
        return 0
    print("Open this address on this computer, while the coordinator runs. It has a secret that is")
    print("good once, until there is a user; an earlier one is good no longer:")
    print(page)
    return 0


def _recovery_key(options: argparse.Namespace) -> int:
    config.load(options.data)
    key = sealing.new_recovery_key(options.data)
    if options.json:
        command.print_json({"recovery_key": key})
        return 0
    print("The new recovery key follows. It opens the keys in backups that are made from now on;")
    print("the key of before opens those of before. It is shown this once: write it down, and keep")
    print("it where the backups are not.")
    print(key)
    return 0


def _reset(options: argparse.Namespace) -> int:
    token, good = token_reset.reset(options.data)
    if not good:
        good = _is_taken_up(options, token)
    if options.json:
        command.print_json({"token": token, "good": good})
        return 0
    if good:
        print("The administrator's new token follows; earlier ones are withdrawn.")
    else:
        print("The daemon does not answer. It takes the new token up when it does, or when it is")
        print("started again; until then the old one counts. The new one follows.")
    print("It is shown this once:")
    print(token)
    return 0


def _is_taken_up(options: argparse.Namespace, token: str) -> bool:
    """Use the new token once, which is what makes the daemon take it up."""
    try:
        api = Client(config.load(options.data).url, token, options.data, COORDINATOR)
        api.call("GET", "/api/terminals/")
    except MrnmeshError:
        return False
    return True
