"""``mrnmesh-coordinator people``: one person with two records, or two; records made by mistake."""

from __future__ import annotations

import argparse
from typing import Any

from coordinator.cli import duplicates, people_text
from coordinator.cli.calling import add_call, client
from sync.cli import asking, command, table
from sync.cli.client import Client
from sync.cli.people import unconfirmed
from sync.cli.people.naming import person
from sync.errors import BadOption
from sync.model import typed
from sync.rules.merging import is_choosable


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "people",
        "merge two records of one person, and mark mistakes",
        """
        mrnmesh-coordinator people compare 710042 720007     # both records side by side
        mrnmesh-coordinator people merge 710042 720007 --why "one CNIC"
        mrnmesh-coordinator people two-people 710042 720007 --why "two sisters"
        mrnmesh-coordinator people unmerge 710042 --why "it was the sister"
        mrnmesh-coordinator people void 710043 --why "a test"
        """,
    )
    commands = parser.add_subparsers(required=True, metavar="ACT")
    _add_compare(commands)
    _add_merge(commands)
    _add_pair(commands, "two-people", "say that two records are two people", "two sisters")
    _add_pair(commands, "maybe-one", "take that back", "she showed both cards")
    _add_decision(
        commands, "unmerge", "take back what merged a record into another one", "it was the sister"
    )
    _add_decision(commands, "void", "mark a registration as a mistake; it stays", "a test")
    _add_decision(commands, "unvoid", "let a registration count again", "she was real after all")
    _add_requests(commands)
    _add_unconfirmed(commands)


def _add_compare(commands: command.Commands) -> None:
    parser = add_call(
        commands,
        "compare",
        "show two records side by side",
        _compare,
        """
        mrnmesh-coordinator people compare 710042 720007
        mrnmesh-coordinator people compare 710042 01a20b78-45ab-7d23-bc9f-6f01f5118e25 --json
        """,
    )
    _add_person(parser, "one", "the first record, by its number or record id")
    _add_person(parser, "other", "the other one")


def _add_merge(commands: command.Commands) -> None:
    parser = add_call(
        commands,
        "merge",
        "merge a record into another one of the same person; it shows both and asks first",
        _merge,
        """
        mrnmesh-coordinator people merge 710042 720007 --why "one CNIC"
        mrnmesh-coordinator people merge 710042 720007 --take phone,address --why moved
        """,
    )
    parser.description = (
        "Merge a record into another one of the same person. Both numbers keep finding the record "
        "that counts, and everything can be taken back."
    )
    _add_person(parser, "former", "the record that counts no more, by its number or record id")
    _add_person(parser, "into", "the record that counts from then on")
    duplicates.add_take(parser, "fields to take from the first record")
    _add_reasons(parser)


def _add_pair(commands: command.Commands, name: str, help: str, why: str) -> None:
    parser = add_call(
        commands,
        name,
        help,
        _decide_pair,
        f"""
        mrnmesh-coordinator people {name} 710042 720007 --why "{why}"
        """,
    )
    parser.description = (
        "Two records of two people are not suggested for one another any more, at no desk, until "
        "one of them is corrected."
    )
    _add_person(parser, "one", "the first record, by its number or record id")
    _add_person(parser, "other", "the other one")
    _add_reasons(parser)
    parser.set_defaults(decision=name)


def _add_decision(commands: command.Commands, name: str, help: str, why: str) -> None:
    parser = add_call(
        commands,
        name,
        help,
        _decide,
        f"""
        mrnmesh-coordinator people {name} 710042 --why "{why}"
        """,
    )
    _add_person(parser, "person", "the record, by its number or record id")
    _add_reasons(parser)
    parser.set_defaults(decision=name)


def _add_requests(commands: command.Commands) -> None:
    listed = add_call(
        commands,
        "requests",
        "list what desks ask for and nobody has answered",
        _requests,
        """
        mrnmesh-coordinator people requests
        mrnmesh-coordinator people requests --all --json
        """,
    )
    listed.add_argument("--all", action="store_true", help="those that are answered too")
    for name, help, act in (
        ("carry-out", "do what a desk asks for; it shows it and asks first", _carry_out),
        ("refuse", "refuse what a desk asks for", _refuse),
    ):
        parser = add_call(
            commands,
            name,
            help,
            act,
            f"""
            mrnmesh-coordinator people {name} 9c1f0a2b --why "saw both papers"
            """,
        )
        parser.add_argument("id", help="its id, or the first digits of it, as `requests` shows it")
        if act is _carry_out:
            duplicates.add_take(
                parser, "of a merge: fields to take instead of those that the desk names"
            )
        _add_reasons(parser)


def _add_unconfirmed(commands: command.Commands) -> None:
    add_call(
        commands,
        "unconfirmed",
        unconfirmed.LIST_HELP,
        lambda options: unconfirmed.listed(options, client(options)),
        """
        mrnmesh-coordinator people unconfirmed
        mrnmesh-coordinator people unconfirmed --json
        """,
    )
    parser = add_call(
        commands,
        "confirm",
        unconfirmed.CONFIRM_HELP,
        lambda options: unconfirmed.confirm(options, client(options)),
        """
        mrnmesh-coordinator people confirm 710042 --name "Gul Bano" --dob 1990-01-01
        mrnmesh-coordinator people confirm 710043            # a newborn of a known mother
        """,
    )
    unconfirmed.add_arguments(parser)


def _add_person(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    parser.add_argument(name, metavar=name.upper(), help=help)


def _add_reasons(parser: argparse.ArgumentParser) -> None:
    command.add_former_who_option(parser)
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for later")
    asking.add_yes_option(parser)


# the commands


def _compare(options: argparse.Namespace) -> int:
    api = client(options)
    one, other = (person(api, name) for name in (options.one, options.other))
    compared = _compared(api, one, other)
    if options.json:
        command.print_json(compared)
    else:
        print(people_text.side_by_side(compared))
    return 0


def _merge(options: argparse.Namespace) -> int:
    take = duplicates.fields(options.take or "")
    api = client(options)
    former, survivor = (person(api, name) for name in (options.former, options.into))
    compared = _compared(api, former, survivor)
    shown = f"{people_text.side_by_side(compared)}\n\n{people_text.plan(compared, take)}"
    if not options.yes and not asking.agreed(shown):
        print(asking.NOTHING_DONE)
        return 1
    body = {"into": str(survivor["id"]), "take": take, "seen": compared["seen"]}
    return _send(options, api, former, "merge", body)


def _decide_pair(options: argparse.Namespace) -> int:
    api = client(options)
    one, other = (person(api, name) for name in (options.one, options.other))
    compared = _compared(api, one, other)
    plan = people_text.pair_plan(compared, options.decision)
    if not options.yes and not asking.agreed(f"{people_text.side_by_side(compared)}\n\n{plan}"):
        print(asking.NOTHING_DONE)
        return 1
    body = {"why": options.why, "other": str(other["id"])}
    if options.decision == "two-people":
        body["seen"] = compared["seen"]
    answer = api.call("POST", f"/api/patients/{one['id']}/{options.decision}/", body)
    if options.json:
        command.print_json(answer)
    else:
        command.say(options, people_text.decided_pair(answer))
    return 0


def _decide(options: argparse.Namespace) -> int:
    api = client(options)
    record = person(api, options.person)
    if not options.yes and not asking.agreed(people_text.question(record, options.decision)):
        print(asking.NOTHING_DONE)
        return 1
    return _send(options, api, record, options.decision, {})


def _send(
    options: argparse.Namespace,
    api: Client,
    record: dict[str, Any],
    decision: str,
    more: dict[str, Any],
) -> int:
    """Let the coordinator decide about a record, and say what has become of it."""
    body = {"why": options.why} | more
    answer = api.call("POST", f"/api/patients/{record['id']}/{decision}/", body)
    if options.json:
        command.print_json(answer)
    else:
        command.say(options, people_text.decided(answer))
    return 0


def _requests(options: argparse.Namespace) -> int:
    api = client(options)
    found = api.all("/api/requests/", {} if options.all else {"open": "true"})
    if options.json:
        command.print_json(found)
    else:
        print(table.of_requests(found))
    return 0


def _carry_out(options: argparse.Namespace) -> int:
    api = client(options)
    wanted = _request(api, options.id)
    shown = table.of_requests([wanted])
    more: dict[str, object] = {}
    if wanted["patient"] and wanted["into"]:
        compared = _compared(api, wanted["patient"], wanted["into"])
        if wanted["act"] == "merge":
            chosen = [field for field in wanted["take"] if is_choosable(field)]
            if options.take is not None:
                chosen = more["take"] = duplicates.fields(options.take)
            plan = people_text.plan(compared, chosen)
        else:
            plan = people_text.pair_plan(compared, wanted["act"].replace("_", "-"))
        shown = "\n\n".join([shown, people_text.side_by_side(compared), plan])
        more["seen"] = compared["seen"]
    return _answer(options, api, wanted, "carry-out", shown, more)


def _refuse(options: argparse.Namespace) -> int:
    api = client(options)
    wanted = _request(api, options.id)
    return _answer(options, api, wanted, "refuse", table.of_requests([wanted]), {})


def _answer(
    options: argparse.Namespace,
    api: Client,
    wanted: dict[str, Any],
    answer: str,
    shown: str,
    more: dict[str, object],
) -> int:
    """Answer a request, after it was shown, and say what has become of it."""
    if not options.yes and not asking.agreed(shown):
        print(asking.NOTHING_DONE)
        return 1
    body = {"why": options.why} | more
    answered = api.call("POST", f"/api/requests/{wanted['id']}/{answer}/", body)
    if options.json:
        command.print_json(answered)
    else:
        command.say(options, table.of_requests([answered]))
    return 0


# what they need


def _request(api: Client, wanted: str) -> dict[str, Any]:
    """The request whose id begins with what somebody typed.

    Raises:
        BadOption: there is none, or several.
    """
    text = typed.code(wanted).lower()
    listed: list[dict[str, Any]] = api.all("/api/requests/")
    found = [one for one in listed if text and one["id"].startswith(text)]
    if len(found) != 1:
        why = "several requests begin so" if found else "no request has that id"
        raise BadOption(option=wanted, why=f"{why}; see `mrnmesh-coordinator people requests`")
    return found[0]


def _compared(api: Client, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.call("GET", f"/api/patients/{one['id']}/compare/{other['id']}/")
    return found
