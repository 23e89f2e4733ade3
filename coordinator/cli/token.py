"""``mrnmesh-coordinator token reset``: a new administrator's token, on this very computer."""

from __future__ import annotations

import argparse
from typing import Final

from coordinator import config, token_reset
from sync.cli import command
from sync.cli.client import Client
from sync.errors import MrnmeshError

_HELP: Final = """\
Make a new administrator's token and withdraw all earlier ones: when the token is lost, or when
somebody knows it who should not. It works on the computer of the coordinator, for the user to whom
the data folder belongs, whether the daemon is running or not. The token is shown once."""


def add(commands: command.Commands) -> None:
    """Add ``token reset``."""
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
        "make a new token and withdraw all earlier ones",
        """
        mrnmesh-coordinator token reset
        mrnmesh-coordinator --data /srv/hub token reset
        """,
    )
    reset.description = _HELP
    command.add_json_option(reset)
    reset.set_defaults(act=_reset)


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
        Client(config.load(options.data).url, token).call("GET", "/api/terminals/")
    except MrnmeshError:
        return False
    return True
