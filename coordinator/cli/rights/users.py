"""``mrnmesh-coordinator users``: the people who may sign in."""

from __future__ import annotations

import argparse
from typing import Any, Final
from urllib.parse import quote

from coordinator import config, password_reset
from coordinator.cli.calling import add_call, client
from coordinator.users.rights import Role
from sync.cli import asking, command
from sync.cli.client import Client
from sync.daemon.daemons import COORDINATOR
from sync.errors import MrnmeshError

_PATH: Final = "/api/users/"
_PASSWORD: Final = """\
Set a user's password; the user's sessions end. With --console it works for the user to whom the
coordinator's data folder belongs, without any key, whether the daemon is running or not: when the
last administrator has forgotten the password. A user who was disabled can sign in again then.
Where nobody types, the password is the first line of the input."""


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "users",
        "the people who may sign in: administrators, registrars, readers",
        """
        mrnmesh-coordinator users add "Sadia Malik" --role administrator   # asks for a password
        mrnmesh-coordinator users list
        mrnmesh-coordinator users disable "Sadia Malik"
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    new = add_call(
        acts,
        "add",
        "add somebody, and ask for their first password",
        _add,
        """
        mrnmesh-coordinator users add "Sadia Malik" --role administrator
        mrnmesh-coordinator users add Imran --role registrar < password.txt
        """,
    )
    new.add_argument("name", help="letters, digits, spaces and . - _ '")
    new.add_argument(
        "--role",
        required=True,
        choices=[str(role) for role in Role],
        help="administrator: everything; registrar: register, correct, read; reader: read",
    )
    add_call(acts, "list", "all of them", _list, "mrnmesh-coordinator users list")
    _add_changes(acts)


def _add_changes(acts: command.Commands) -> None:
    for name, is_active, help_ in (
        ("disable", False, "let somebody sign in no more; their sessions end at once"),
        ("enable", True, "let somebody sign in again"),
    ):
        switch = add_call(acts, name, help_, _change, f"mrnmesh-coordinator users {name} Imran")
        switch.add_argument("name")
        switch.set_defaults(change={"is_active": is_active})
    role = add_call(
        acts,
        "role",
        "let somebody be something else",
        _role,
        "mrnmesh-coordinator users role Imran reader",
    )
    role.add_argument("name")
    role.add_argument("role", choices=[str(role) for role in Role])
    password = add_call(
        acts,
        "password",
        "set a new password",
        _password,
        """
        mrnmesh-coordinator users password Imran
        mrnmesh-coordinator users password "Sadia Malik" --console   # on the coordinator's computer
        """,
    )
    password.description = _PASSWORD
    password.add_argument("name")
    password.add_argument(
        "--console",
        action="store_true",
        help="without a key, as the owner of the data folder on this computer",
    )


def _add(options: argparse.Namespace) -> int:
    api = client(options)
    body = {
        "name": options.name,
        "role": options.role,
        "password": asking.new_password(options.name),
    }
    return _print(options, api.call("POST", _PATH, body))


def _list(options: argparse.Namespace) -> int:
    found = client(options).all(_PATH)
    if options.json:
        command.print_json(found)
    elif not found:
        print("No users yet. Add an administrator: `mrnmesh-coordinator users add NAME --role")
        print("administrator`.")
    for user in found if not options.json else ():
        print(_text(user))
    return 0


def _change(options: argparse.Namespace) -> int:
    return _print(options, client(options).call("PATCH", _one(options), options.change))


def _role(options: argparse.Namespace) -> int:
    body = {"role": options.role}
    return _print(options, client(options).call("PATCH", _one(options), body))


def _password(options: argparse.Namespace) -> int:
    if options.console:
        return _at_console(options)
    api = client(options)
    body = {"password": asking.new_password(options.name)}
    return _print(options, api.call("PATCH", _one(options), body))


def _at_console(options: argparse.Namespace) -> int:
    password = asking.new_password(options.name)
    good = password_reset.reset(options.data, options.name, password)
    if not good:
        good = _is_taken_up(options, password)
    if options.json:
        command.print_json({"name": options.name, "good": good})
    elif good:
        print(f"{options.name} can sign in with the new password.")
    else:
        print("The daemon does not answer. It takes the new password up when somebody signs in, or")
        print("when it is started again.")
    return 0


def _is_taken_up(options: argparse.Namespace, password: str) -> bool:
    """Sign in once with the new password, which is what makes the daemon take it up."""
    try:
        api = Client(config.load(options.data).url, None, options.data, COORDINATOR)
        api.sign_in(options.name, password)
        api.sign_out()
    except MrnmeshError:
        return False
    return True


def _one(options: argparse.Namespace) -> str:
    return f"{_PATH}{quote(options.name, safe='')}/"


def _print(options: argparse.Namespace, user: dict[str, Any]) -> int:
    if options.json:
        command.print_json(user)
    else:
        print(_text(user))
    return 0


def _text(user: dict[str, Any]) -> str:
    state = "" if user["is_active"] else ", disabled"
    return f"{user['name']}  {user['role']}{state}, added by {user['created_by']}"
