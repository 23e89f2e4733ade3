"""Where the coordinator is that a command talks to, and with which token."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Final

from coordinator import config
from sync.cli import asking, command
from sync.cli.client import TOKEN_VARIABLE, Client
from sync.cli.errors import NoToken
from sync.daemon.daemons import COORDINATOR

Act = Callable[[argparse.Namespace], int]
"""What a command does; it returns the exit status."""

URL: Final = f"http://{COORDINATOR.listen}"
"""Where a coordinator is that no option and no settings tell of."""
URL_VARIABLE: Final = "MRNMESH_URL"
USER_VARIABLE: Final = "MRNMESH_USER"


def add_client_options(parser: argparse.ArgumentParser) -> None:
    """Where the daemon is, and the token for it."""
    parser.add_argument(
        "--url",
        help="the coordinator's address (by default what the settings in the folder of --data "
        f"say; without --data ${URL_VARIABLE}, then the settings in the system's own folder)",
    )
    parser.add_argument(
        "--token",
        default=os.environ.get(TOKEN_VARIABLE),
        help=f"an API key, as `init` shows one (or ${TOKEN_VARIABLE}, which no other user can see)",
    )
    parser.add_argument(
        "--user",
        default=os.environ.get(USER_VARIABLE),
        metavar="NAME",
        help=f"sign in as this user instead; asks for the password (or ${USER_VARIABLE})",
    )


def add_call(
    commands: command.Commands, name: str, help: str, act: Act, examples: str
) -> argparse.ArgumentParser:
    """Add a command that calls the coordinator; see `sync.cli.command.add`."""
    parser = command.add(commands, name, help, examples)
    command.add_json_option(parser)
    add_client_options(parser)
    parser.set_defaults(act=act)
    return parser


def add_never_granted_option(parser: argparse.ArgumentParser) -> None:
    """The administrator's word about numbers that may have been forgotten in a recovery."""
    parser.add_argument(
        "--never-granted",
        action="store_true",
        help="needed after a recovery: you know that nobody was ever given these numbers",
    )


def client(options: argparse.Namespace, needs_token: bool = True) -> Client:
    """The API that the options name, as the user or with the key that they name.

    Args:
        needs_token: without a key or a user nothing is asked at all.

    Raises:
        NoToken: there is neither.
        CallRefused: the user cannot sign in.
        StoreMissing, StoreIncomplete, BadConfig: the data folder does not tell where it is.
    """
    if options.user:
        api = client_at(options, None)
        api.sign_in(options.user, asking.password(options.user))
        return api
    if needs_token and not options.token:
        raise NoToken(variable=TOKEN_VARIABLE)
    return client_at(options, options.token)


def client_at(options: argparse.Namespace, token: str | None) -> Client:
    """The API that the options name; see `client`.

    Whoever names a data folder means the coordinator of that folder, also at an address that
    another option names. An address alone means whatever coordinator is there.
    """
    folder, url = options.data, options.url
    if not url and not options.data_named:
        url = os.environ.get(URL_VARIABLE)
    if options.data_named or not url:
        # The very object is the default of --data, so nobody has named this folder.
        if folder is COORDINATOR.folder and not (folder / COORDINATOR.settings_file).exists():
            return Client(URL, token, None, COORDINATOR)
        return Client(url or config.load(folder).url, token, folder, COORDINATOR)
    return Client(url, token, None, COORDINATOR)
