"""``mrnmesh-conflicts``: whose numbers were refused, who holds them, and what to do about it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from coordinator.cli import conflicts_text, duplicates
from coordinator.cli.calling import add_client_options, client
from coordinator.errors import NoConflict, SeveralConflicts
from sync.cli import asking, command
from sync.cli.client import Client
from sync.cli.errors import CallRefused
from sync.daemon import daemon_settings, daemons
from sync.errors import BadOption
from sync.model import phrases, typed
from sync.model.facts import Action, Reason

OPEN: Final = 1
"""Exit status when a conflict is open; 0: none is; `FAILED`: it could not be told."""
FAILED: Final = 2
PREFIX_MIN: Final = 6
ID_LENGTH: Final = 32

_STATUSES: Final = """\
Exit status: 0 no conflict is open, 1 at least one is, 2 it could not be told."""
_ACTIONS: Final = """\
Decide about a conflict. It asks before it does anything. Who (the user who is signed in, or the
API key) and why are kept for good.

  assign   the person gets a fresh number and a new card; the other one keeps the number
  award    the person gets the number for good; whoever holds it gets a fresh one and a new card
  merge    both are one person who was registered twice; both numbers keep finding them
  void     the registration was a mistake; it stays, marked, and keeps its number
  reopen   take back what was decided; a person who is assigned a number again gets the same one

Exit status: 0 it was done, 2 it was not."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    return command.run(parser(), arguments, failed=FAILED)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    whole = command.new_parser(
        "mrnmesh-conflicts",
        f"Numbers that two people claim, and what was refused.\n\n{_STATUSES}",
        """
        mrnmesh-conflicts list --open                 # what is there to do?
        mrnmesh-conflicts show 730004                 # both people, and what was decided
        mrnmesh-conflicts resolve 730004 assign --why "holder showed her card"
        mrnmesh-conflicts export conflicts.csv        # for a spreadsheet
        mrnmesh-conflicts --node clinic/lab1 list     # what a desk knows, without the coordinator
        """,
        daemons.COORDINATOR,
    )
    whole.add_argument(
        command.NODE,
        type=Path,
        metavar="FOLDER",
        help="ask the desk with this data folder, which needs no token and only reads",
    )
    commands = command.add_commands(whole)
    _add_list(commands)
    _add_show(commands)
    _add_resolve(commands)
    _add_export(commands)
    _add_sent_twice(commands)
    duplicates.add(commands, _client)
    for act in commands.choices.values():
        add_client_options(act)
    command.exclude(
        whole,
        command.NODE,
        *(command.DATA, "--url", "--token"),
        why="a desk is asked without the coordinator: name one of the two folders",
    )
    return whole


def _add_list(commands: command.Commands) -> None:
    parser = command.add(
        commands,
        "list",
        "list conflicts, the newest first",
        """
        mrnmesh-conflicts list --open
        mrnmesh-conflicts list --terminal RECEP-1 --since 2026-11-01 --until 2026-11-30
        mrnmesh-conflicts list --reason outside_range --json
        """,
    )
    _add_filters(parser)
    _add_format(parser, ("table", "json", "csv"), "table")
    parser.set_defaults(act=_list)


def _add_show(commands: command.Commands) -> None:
    parser = command.add(
        commands,
        "show",
        "show a conflict: both people, who holds the number and why, what was decided",
        """
        mrnmesh-conflicts show 730004          # by the number that it is about
        mrnmesh-conflicts show 9c1f0a2b        # by its id, or the first digits of it
        """,
    )
    _add_id(parser)
    _add_format(parser, ("table", "json"), "table")
    parser.set_defaults(act=_show)


def _add_export(commands: command.Commands) -> None:
    parser = command.add(
        commands,
        "export",
        "write conflicts to a file for a spreadsheet or a program",
        """
        mrnmesh-conflicts export conflicts.csv --since 2026-11-01
        mrnmesh-conflicts export conflicts.json --open
        mrnmesh-conflicts export - --format csv
        """,
    )
    parser.add_argument("file", type=Path, help="the file to write, or - for the output")
    _add_filters(parser)
    _add_format(parser, ("csv", "json"), None)
    parser.set_defaults(act=_export)


def _add_sent_twice(commands: command.Commands) -> None:
    parser = command.add(
        commands,
        "sent-twice",
        "list people who were probably sent twice",
        """
        mrnmesh-conflicts sent-twice
        mrnmesh-conflicts sent-twice --json
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(act=_sent_twice)


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id", help="its id or the first digits of it, or the number that it is about"
    )


def _add_filters(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--open", action="store_true", help="only those not resolved")
    which.add_argument("--resolved", action="store_true", help="only those resolved")
    parser.add_argument(
        "--reason", choices=[*map(str, Reason), "double_verdict"], help="only those for this reason"
    )
    parser.add_argument("--terminal", metavar="CODE", help="only people registered there")
    parser.add_argument("--mrn", metavar="NUMBER", help="only those about this number")
    parser.add_argument("--since", metavar="DATE", help="registered on that day or later")
    parser.add_argument("--until", metavar="DATE", help="registered on that day or earlier")


def _add_format(
    parser: argparse.ArgumentParser, formats: tuple[str, ...], default: str | None
) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--format", choices=formats, default=default, help="how to write them")
    which.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="as --format json",
    )


def _add_resolve(commands: command.Commands) -> None:
    parser = command.add(
        commands,
        "resolve",
        "decide about a conflict",
        """
        mrnmesh-conflicts resolve 730004 award --why "710042 was never printed"
        mrnmesh-conflicts resolve 9c1f0a2b merge --why "one CNIC" --into 710042
        mrnmesh-conflicts resolve 730004 merge --take phone,address --why "she has moved"
        mrnmesh-conflicts resolve 730004 reopen --why "it was the sister" --yes
        """,
    )
    parser.description = _ACTIONS
    _add_id(parser)
    parser.add_argument("action", choices=[str(action) for action in Action], help="see above")
    command.add_former_who_option(parser)
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for later")
    parser.add_argument(
        "--into",
        metavar="PERSON",
        help="with merge: the person to merge into, by the number or record that `show` prints (by "
        "default the other person)",
    )
    duplicates.add_take(parser, "with merge: fields to take from the person of the conflict")
    asking.add_yes_option(parser)
    command.add_json_option(parser)
    parser.set_defaults(act=_resolve)


# the commands


def _list(options: argparse.Namespace) -> int:
    found = _client(options).all("/api/conflicts/", _filters(options))
    if options.format == "csv":
        sys.stdout.buffer.write(conflicts_text.spreadsheet(found))
    elif options.format == "json":
        command.print_json(found)
    else:
        print(conflicts_text.table(found))
    return _status(found)


def _show(options: argparse.Namespace) -> int:
    chosen = _pick(_client(options), options.id)
    if options.format == "json":
        command.print_json(chosen)
    else:
        print("\n\n".join(map(conflicts_text.side_by_side, chosen)))
    return _status(chosen)


def _export(options: argparse.Namespace) -> int:
    file, form = options.file, options.format
    if form is None:
        form = "json" if file.suffix.lower() == ".json" else "csv"
    found = _client(options).all("/api/conflicts/", _filters(options))
    data = conflicts_text.spreadsheet(found) if form == "csv" else command.as_json(found).encode()
    if str(file) == "-":
        sys.stdout.buffer.write(data)
    else:
        file.write_bytes(data)
        print(f"{phrases.count(len(found), 'conflict')} in {file}")
    return _status(found)


def _resolve(options: argparse.Namespace) -> int:
    if options.node is not None:
        raise BadOption(option="--node", why="a desk only shows conflicts; ask the coordinator")
    api = _client(options)
    chosen = _meant(_pick(api, options.id))
    if len(chosen) > 1:
        ids = ", ".join(conflict["id"][: conflicts_text.ID_DIGITS] for conflict in chosen)
        raise SeveralConflicts(text=options.id, count=len(chosen), ids=ids)
    (conflict,) = chosen
    body = {"action": options.action, "why": options.why}
    into = None
    if options.into is not None:
        into = _person(api, conflict, options.into)
        body["into"] = into["record_id"]
    take = duplicates.fields(options.take or "")
    if take:
        body |= {"take": take, "seen": _seen(api, conflict, into)}
    if not options.yes:
        if not _agreed(conflict, options.action, into, take):
            print(asking.NOTHING_DONE)
            return FAILED
        # What was shown is what is decided about: a decision made meanwhile is not overruled.
        body["resolution"] = conflict["resolution"]
    answer = api.call("POST", f"/api/conflicts/{conflict['id']}/resolve/", body)
    if options.json:
        command.print_json(answer)
    else:
        command.say(options, conflicts_text.conflict_text(answer))
    return 0


def _sent_twice(options: argparse.Namespace) -> int:
    if options.node is not None:
        raise BadOption(option="--node", why="only the coordinator lists these")
    api = _client(options)
    found: list[dict[str, Any]] = []
    while len(found) < (page := api.call("GET", _path(len(found))))["count"] and page["results"]:
        found += page["results"]
    if options.json:
        command.print_json(found)
    elif not found:
        print("Nobody.")
    else:
        print(conflicts_text.people_sent_twice(found))
    return 0


def _path(known: int) -> str:
    return f"/api/sent-twice/?page_size=200&page={known // 200 + 1}"


# what they need


def _person(api: Client, conflict: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The person whom ``--into`` names, by record id or number, as `show` prints them.

    Raises:
        BadOption: there is nobody else of this number or record, or more than one.
    """
    text = typed.code(wanted)
    person, other = conflict["patient"], conflict["other"]
    if (
        other is not None
        and other["record_id"].startswith(text.lower())
        and len(text) >= PREFIX_MIN
    ):
        return dict(other)
    is_record = len(text.replace("-", "")) == ID_LENGTH
    key = text.lower() if is_record else f"mrn/{quote(text, safe='')}"
    try:
        answer = api.call("GET", f"/api/patients/{key}/")
    except CallRefused as error:
        raise BadOption(option="--into", why=str(error)) from error
    people = [answer] if is_record else answer["results"]
    found = [one for one in people if one["id"] != person["id"]]
    if len(found) != 1:
        those = ", ".join(one["record_id"] for one in found) or "nobody else"
        raise BadOption(option="--into", why=f"{wanted} is the number of {those}; name one record")
    return dict(found[0])


def _seen(api: Client, conflict: dict[str, Any], into: dict[str, Any] | None) -> str | None:
    """What the person of a conflict and the one to merge into say now."""
    if into is None or conflict["patient"] is None:
        found: str | None = conflict["seen"]
        return found
    one = conflict["patient"]["record_id"]
    compared = api.call("GET", f"/api/patients/{one}/compare/{into['record_id']}/")
    return str(compared["seen"])


def _agreed(
    conflict: dict[str, Any], action: str, into: dict[str, Any] | None, take: list[str]
) -> bool:
    """Show the conflict and ask.

    Raises:
        NobodyToAsk: there is no terminal.
    """
    plan = conflicts_text.plan(conflict, action, into, take)
    return asking.agreed(f"{conflicts_text.side_by_side(conflict)}\n\n{plan}")


def _client(options: argparse.Namespace) -> Client:
    """The API that the options name; a desk's needs no token.

    Raises:
        StoreMissing, StoreIncomplete, BadConfig: the data folder does not tell where it is.
    """
    if options.node is None:
        return client(options, needs_token=False)
    url = daemon_settings.url_in(options.node, daemons.NODE)
    return Client(url, None, options.node, daemons.NODE)


def _filters(options: argparse.Namespace) -> dict[str, str]:
    names = ("reason", "terminal", "mrn", "since", "until")
    found = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.open or options.resolved:
        found["open"] = "true" if options.open else "false"
    return found


def _pick(api: Client, wanted: str) -> list[dict[str, Any]]:
    """The conflicts about a number, an id, or the beginning of one.

    Raises:
        NoConflict: there are none.
    """
    text = typed.code(wanted)
    if not text:
        raise BadOption(option="ID", why="name the number or the id of a conflict")
    about = api.all("/api/conflicts/", {"mrn": text})
    # The API also finds conflicts of a person who once claimed this number, or has it now.
    found = [one for one in about if one["mrn"] == text] or about
    if not found and len(text) == ID_LENGTH:
        return [api.call("GET", f"/api/conflicts/{quote(text, safe='')}/")]
    if not found and len(text) >= PREFIX_MIN:
        found = [one for one in api.all("/api/conflicts/") if one["id"].startswith(text.lower())]
    if not found:
        raise NoConflict(text=text)
    return found


def _meant(conflicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of several conflicts about one number those that a decision is about.

    That is an open one; else one that was decided itself, and not only lost its number by that.
    """
    still_open = [conflict for conflict in conflicts if conflict["open"]]
    decided = [
        conflict
        for conflict in conflicts
        if any(step["in_force"] and step["about"] == conflict["id"] for step in conflict["history"])
    ]
    return still_open or decided or conflicts


def _status(conflicts: list[dict[str, Any]]) -> int:
    return OPEN if any(conflict["open"] for conflict in conflicts) else 0


if __name__ == "__main__":
    sys.exit(main())
