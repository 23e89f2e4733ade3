"""``mrnmesh-conflicts duplicates``: pairs of records that are probably one person, and deciding."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

from coordinator.cli import conflicts_text, people_text
from sync.cli import asking, command
from sync.cli.client import Client
from sync.cli.errors import CallRefused
from sync.errors import BadOption
from sync.rules.merging import CHOOSABLE, is_choosable

PAGE: Final = 50
STATES: Final = ("open", "dismissed", "merged")
GRADES: Final = ("certain", "probable")

_TWO_PEOPLE: Final = "t"
_MERGE: Final = "m"
_OTHER_WAY: Final = "o"
_STOP: Final = "q"


def add(commands: command.Commands, client: Callable[[argparse.Namespace], Client]) -> None:
    """Add the command.

    Args:
        client: makes the API that the options name.
    """
    parser = command.add(
        commands,
        "duplicates",
        "list people who are probably registered twice, and decide about them",
        """
        mrnmesh-conflicts duplicates                        # who waits for a decision
        mrnmesh-conflicts duplicates --work                 # one pair after the other: decide
        mrnmesh-conflicts duplicates --state dismissed      # who was found to be two people
        mrnmesh-conflicts duplicates --since 2026-11-01 --terminal LAB1-PC --json
        """,
    )
    parser.add_argument(
        "--state", choices=STATES, default="open", help="what became of them (by default open)"
    )
    parser.add_argument("--grade", choices=GRADES, help="only these")
    parser.add_argument("--terminal", metavar="CODE", help="only if the later one is of this desk")
    parser.add_argument(
        "--since",
        metavar="DAY",
        help="only if the later one was registered on this day or later, as YYYY-MM-DD",
    )
    parser.add_argument(
        "--work",
        action="store_true",
        help="show one open pair after the other side by side, and ask what to do",
    )
    command.add_json_option(parser)
    command.exclude(
        parser, "--work", "--json", "--state", why="whoever decides looks at the open ones"
    )

    def act(options: argparse.Namespace) -> int:
        if options.work and options.node is not None:
            raise BadOption(option="--node", why="a desk only shows them; ask the coordinator")
        if options.work and not sys.stdin.isatty():
            raise BadOption(option="--work", why="nobody is at a keyboard here to be asked")
        api = client(options)
        found = list(_all(api, _filters(options)))
        if options.json:
            command.print_json(found)
        elif options.work:
            _work(api, found)
        else:
            _show(api, found)
        return 0

    parser.set_defaults(act=act)


def _filters(options: argparse.Namespace) -> dict[str, str]:
    named = {"grade": options.grade, "terminal": options.terminal, "created_from": options.since}
    return {"state": options.state} | {key: value for key, value in named.items() if value}


def _all(api: Client, wanted: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The pairs on all pages."""
    number, count = 0, 1
    while number * PAGE < count:
        number += 1
        query = urlencode(wanted | {"page_size": PAGE, "page": number})
        page = api.call("GET", f"/api/duplicates/?{query}")
        count = page["count"]
        yield from page["results"]


def _show(api: Client, found: list[dict[str, Any]]) -> None:
    print(conflicts_text.probable_duplicates(found) if found else "Nobody.")
    behind = api.call("GET", "/api/duplicates/counts/")["behind"]
    if behind:
        print(people_text.behind(behind))


# deciding about one pair after the other


def _work(api: Client, found: list[dict[str, Any]]) -> None:
    """Ask about each pair; what goes wrong with one is said, and the next one is shown."""
    done = 0
    for number, pair in enumerate(found, 1):
        later, earlier = pair["patient"], pair["others"][0]["patient"]
        compared = api.call("GET", f"/api/patients/{later['id']}/compare/{earlier['id']}/")
        print(people_text.pair(pair, compared, f"{number} of {len(found)}"))
        try:
            answer = _answer(api, compared)
        except (CallRefused, BadOption) as error:
            print(error)
            continue
        if answer == _STOP:
            break
        done += bool(answer)
    print(f"Decided: {done} of {len(found)}.")


def _answer(api: Client, compared: dict[str, Any]) -> str:
    """Ask what to do with a pair and do it; return the answer, empty for one that is left.

    Raises:
        BadOption: there is no such field to take.
        CallRefused: it cannot be done.
    """
    later, earlier = compared["one"], compared["other"]
    answer = asking.line(people_text.choices(later, earlier)).lower()
    if answer not in (_TWO_PEOPLE, _MERGE, _OTHER_WAY):
        return answer if answer == _STOP else ""
    take: list[str] = []
    if answer != _TWO_PEOPLE:
        take = fields(asking.line("Fields to take from the record that is merged (none): "))
    why = asking.line("Why: ")
    if not why:
        return ""
    body: dict[str, Any] = {"why": why, "seen": compared["seen"]}
    if answer == _TWO_PEOPLE:
        body["other"] = earlier["record_id"]
        api.call("POST", f"/api/patients/{later['id']}/two-people/", body)
        return answer
    former, survivor = (later, earlier) if answer == _MERGE else (earlier, later)
    body |= {"into": survivor["record_id"], "take": take}
    api.call("POST", f"/api/patients/{former['id']}/merge/", body)
    return answer


def add_take(parser: argparse.ArgumentParser, help: str) -> None:
    """The option that names fields to take from a record that is merged."""
    names = ", ".join((*CHOOSABLE, "identifiers.NAME", "extra.NAME"))
    parser.add_argument("--take", metavar="FIELDS", help=f"{help}, with commas: {names}")


def fields(text: str) -> list[str]:
    """The fields that somebody named.

    Raises:
        BadOption: there is no such field to take.
    """
    names = [name for name in text.replace(",", " ").split() if name]
    wrong = [name for name in names if not is_choosable(name)]
    if wrong:
        raise BadOption(
            option="--take",
            why=f"{wrong[0]} is none of the fields {', '.join(CHOOSABLE)},"
            " identifiers.NAME and extra.NAME",
        )
    return list(dict.fromkeys(names))
