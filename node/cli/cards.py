"""``mrnmesh-node reprinted``: a card was printed again, after a number had changed."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from node.cli.program import PROGRAM
from node.errors import NotToReprint
from sync.cli import command
from sync.errors import BadOption
from sync.model import typed


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "reprinted",
        "say that a card was printed again with the number that a resolution gave",
        """
        mrnmesh-node status                        # which cards are to be printed again?
        mrnmesh-node reprinted PAT-20261124-0007   # this one is done
        """,
    )
    parser.add_argument("mrn", metavar="MRN", help="the number on the new card")
    command.add_json_option(parser)
    parser.set_defaults(act=_reprinted)


def _reprinted(options: argparse.Namespace) -> int:
    mrn = typed.code(options.mrn)
    if not mrn:
        raise BadOption(option="MRN", why="name the number on the new card")
    api = PROGRAM.client(options)
    found = api.call("GET", f"/api/patients/mrn/{quote(mrn, safe='')}/")["results"]
    (person, *_) = [one for one in found if one["mrn"] == mrn] or found
    _require_new_number(mrn, person["id"], api.call("GET", "/api/status/"))
    noted = api.call("POST", f"/api/patients/{person['id']}/reprinted/", {"mrn": mrn})
    if options.json:
        command.print_json(noted)
    else:
        print(f"Noted: the card of {person['full_name']} shows {mrn}.")
    return 0


def _require_new_number(mrn: str, patient: int, status: dict[str, Any]) -> None:
    """Refuse the old number of a card that is to be printed again.

    That number may belong to somebody else by now, who would be noted instead.

    Raises:
        NotToReprint: names the new number.
    """
    cards = status["cards_to_reprint"]["results"]
    if any(card["id"] == patient for card in cards):
        return
    for card in cards:
        if card["card_shows"] == mrn:
            raise NotToReprint(
                why=f"{mrn} is the old number of {card['full_name']}. When that card is printed "
                f"again, say the new one: mrnmesh-node reprinted {card['mrn']}"
            )
