"""``mrnmesh-coordinator keys``: the API keys of programs."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from sync.cli import command

_PATH: Final = "/api/keys/"
_SCOPES: Final = """\
Make an API key for a program. It is shown once. What it is for:

  register:CODE  register in the name of one terminal, correct, read and search
  read           read and search people, and follow changes
  conflicts      read conflicts and decide about them
  administer     everything"""


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "keys",
        "API keys for programs: made, listed, withdrawn",
        """
        mrnmesh-coordinator keys add LIMS read
        mrnmesh-coordinator keys list
        mrnmesh-coordinator keys withdraw 3
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    new = add_call(
        acts,
        "add",
        "make a key for a program",
        _add,
        """
        mrnmesh-coordinator keys add LIMS read
        mrnmesh-coordinator keys add "Front desk of OLD-PC" register:OLD-PC
        mrnmesh-coordinator keys add Auditor read conflicts --expires 2027-01-01T00:00+05:00
        """,
    )
    new.description = _SCOPES
    new.formatter_class = argparse.RawDescriptionHelpFormatter
    new.add_argument("name", help="what it is called; what is done with it bears this name")
    new.add_argument("scopes", nargs="+", metavar="SCOPE", help="see above")
    new.add_argument("--expires", metavar="TIME", help="when it ends, with its zone")
    add_call(
        acts,
        "list",
        "all keys: what each is for, when it was last used, whether it is good",
        _list,
        """
        mrnmesh-coordinator keys list
        mrnmesh-coordinator keys list --json
        """,
    )
    gone = add_call(
        acts,
        "withdraw",
        "let a key be good no more",
        _withdraw,
        "mrnmesh-coordinator keys withdraw 3",
    )
    gone.add_argument("id", type=int, help="the number that `list` shows")


def _add(options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"name": options.name, "scopes": options.scopes}
    if options.expires is not None:
        body["expires"] = options.expires
    made = client(options).call("POST", _PATH, body)
    if options.json:
        command.print_json(made)
    else:
        print(f"The API key {made['name']} ({', '.join(made['scopes'])}), shown this once:")
        print(made["key"])
    return 0


def _list(options: argparse.Namespace) -> int:
    found = client(options).all(_PATH)
    if options.json:
        command.print_json(found)
    else:
        print("\n".join(map(_text, found)))
    return 0


def _withdraw(options: argparse.Namespace) -> int:
    client(options).call("DELETE", f"{_PATH}{options.id}/")
    if options.json:
        command.print_json({"id": options.id, "is_good": False})
    else:
        print(f"The API key {options.id} is good no more.")
    return 0


def _text(key: dict[str, Any]) -> str:
    used = f"last used {_time(key['used_at'])}" if key["used_at"] else "not used yet"
    if key["withdrawn_at"]:
        state = f"withdrawn {_time(key['withdrawn_at'])}"
    elif not key["is_good"]:
        state = f"expired {_time(key['expires_at'])}"
    elif key["expires_at"]:
        state = f"good until {_time(key['expires_at'])}"
    else:
        state = "good"
    return f"{key['id']}  {key['name']}  {', '.join(key['scopes'])}: {state}, {used}"


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
