"""``mrnmesh-coordinator``: make a coordinator, run it, and administer terminals over its API."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import platformdirs

from coordinator import config, daemon
from sync import command, settings
from sync.client import Client
from sync.errors import BadConfig, BadOption, NoToken

FOLDER = Path(platformdirs.user_data_dir("mrnmesh-coordinator", appauthor=False))
URL = f"http://{config.LISTEN}"
"""Where a coordinator is that no option and no settings tell of."""
TOKEN_VARIABLE = "MRNMESH_TOKEN"
URL_VARIABLE = "MRNMESH_URL"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    return command.run(_parser(), arguments)


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Where the daemon is, and the token for it."""
    parser.add_argument(
        "--url",
        default=os.environ.get(URL_VARIABLE),
        help=f"the coordinator's address (by default ${URL_VARIABLE}, then what the settings in "
        "the data folder say)",
    )
    parser.add_argument(
        "--token",
        default=os.environ.get(TOKEN_VARIABLE),
        help=f"the administrator's token (or ${TOKEN_VARIABLE}, which no other user can see)",
    )


def client(options: argparse.Namespace) -> Client:
    """The API that the options name.

    Raises:
        NoToken: there is none.
        StoreMissing, StoreIncomplete, BadConfig: the data folder does not tell where it is.
    """
    if not options.token:
        raise NoToken(variable=TOKEN_VARIABLE)
    return Client(options.url or _url(options.data), options.token)


def _url(folder: Path) -> str:
    """Where the coordinator of a data folder is; one that was named must have settings."""
    if folder is FOLDER and not (folder / config.FILE).exists():
        return URL
    return config.load(folder).url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mrnmesh-coordinator", description="Terminals, their ranges, and the verdicts."
    )
    command.add_data_option(parser, FOLDER)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make a coordinator")
    init.add_argument("--zone", default=settings.ZONE_DEFAULT, help="the facility's time zone")
    command.add_place_options(init, config.LISTEN, config.SYNC_LISTEN)
    init.set_defaults(act=_init)
    commands.add_parser("run", help="run until stopped").set_defaults(act=_run)
    renewed = commands.add_parser(
        "token", help="make a new administrator's token while the daemon is stopped"
    )
    renewed.set_defaults(act=_new_token)
    status = commands.add_parser("status", help="how the running coordinator is")
    add_connection_options(status)
    status.set_defaults(act=_status)
    end = commands.add_parser(
        "end-recovery", help="give up what has not come back, and go on giving numbers"
    )
    add_connection_options(end)
    end.set_defaults(act=_end_recovery)
    _add_terminals(commands.add_parser("terminals", help="terminals and their ranges"))
    return parser


def _add_terminals(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="ACT")
    shown = commands.add_parser("list", help="all terminals and their ranges")
    shown.set_defaults(act=_list_terminals)
    add = commands.add_parser("add", help="add a terminal, or let a node join as it")
    add.add_argument("code", nargs="?", help="terminal code; may be left out with --key")
    add.add_argument("--key", type=Path, metavar="FILE", help="the node's join file")
    add.add_argument("--name", help="what people call it")
    add.set_defaults(act=_add_terminal)
    grant = commands.add_parser("grant", help="reserve a block of numbers for a terminal")
    grant.add_argument("code")
    grant.add_argument("range", metavar="START-END", help="both included, as in 710000-719999")
    grant.add_argument(
        "--allocator",
        choices=("node", "coordinator"),
        help="who issues from it; by default the terminal's node if it has one",
    )
    grant.set_defaults(act=_grant)
    for state in ("active", "inactive"):
        change = commands.add_parser(
            "activate" if state == "active" else "deactivate", help=f"make a terminal {state}"
        )
        change.add_argument("code")
        change.set_defaults(act=_change, state=state)
    token = commands.add_parser("token", help="a token that serves only one terminal")
    token.add_argument("code")
    token.set_defaults(act=_token)
    for act in commands.choices.values():
        add_connection_options(act)


def _init(options: argparse.Namespace) -> int:
    public, token = config.init(
        options.data,
        zone=options.zone,
        listen=options.listen,
        sync_listen=options.sync_listen,
        witness=options.witness,
    )
    print(f"The coordinator is ready in {options.data.absolute()}.")
    print(f"Nodes need this file to join: {public.absolute()}")
    print("The administrator's token follows. It is shown this once and kept nowhere:")
    print(token)
    return 0


def _new_token(options: argparse.Namespace) -> int:
    token = config.new_token(options.data)
    print("The administrator's new token follows; the old one is withdrawn. It is shown this once:")
    print(token)
    return 0


def _run(options: argparse.Namespace) -> int:
    return command.run_daemon(daemon.run(config.load(options.data)))


def _status(options: argparse.Namespace) -> int:
    status = client(options).call("GET", "/api/status/")
    command.print_json(status)
    return 0


def _end_recovery(options: argparse.Namespace) -> int:
    ended = client(options).call("POST", "/api/recovery/end/", {})["ended"]
    print("Recovery is over." if ended else "The coordinator is not in recovery.")
    return 0


def _list_terminals(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/terminals/")["results"]
    if not found:
        print("No terminals yet.")
    for terminal in found:
        _print_terminal(terminal)
    return 0


def _add_terminal(options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"code": options.code, "name": options.name}
    if options.key is not None:
        joining = settings.read_json(options.key)
        if options.code not in (None, joining.get("code")):
            raise BadConfig(path=options.key, why=f"it is the join file of {joining.get('code')}")
        body |= joining
    if body["code"] is None:
        raise BadOption(option="CODE", why="name a terminal code or a join file (--key)")
    api = client(options)
    terminal = api.call("POST", "/api/terminals/", body)
    if options.name is not None and terminal["name"] != options.name.strip():
        name = {"name": options.name}
        terminal = api.call("PATCH", f"/api/terminals/{terminal['code']}/", name)
    _print_terminal(terminal)
    return 0


def _grant(options: argparse.Namespace) -> int:
    body = {"range": options.range, "allocator": options.allocator}
    _print_terminal(client(options).call("POST", f"/api/terminals/{options.code}/ranges/", body))
    return 0


def _change(options: argparse.Namespace) -> int:
    body = {"state": options.state}
    _print_terminal(client(options).call("PATCH", f"/api/terminals/{options.code}/", body))
    return 0


def _token(options: argparse.Namespace) -> int:
    answer = client(options).call("POST", f"/api/terminals/{options.code}/token/", {})
    print(f"The token of {answer['code']}, shown this once:")
    print(answer["token"])
    return 0


def _print_terminal(terminal: dict[str, Any]) -> None:
    node = "with a node" if terminal["has_node"] else "without a node"
    print(f"{terminal['code']}  {terminal['name']}  {terminal['state']}, {node}")
    for range_ in terminal["ranges"]:
        state = f"closed: {range_['closed']}" if range_["closed"] else f"{range_['remaining']} left"
        print(
            f"    {range_['start']}-{range_['end']}  issued by the {range_['allocator']}, "
            f"{range_['percent']} % used, {state}"
        )


if __name__ == "__main__":
    sys.exit(main())
