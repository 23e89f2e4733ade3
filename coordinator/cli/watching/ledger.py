"""``mrnmesh-coordinator ledger``: what became of each number, with an explanation for each gap."""

from __future__ import annotations

import argparse

from coordinator.cli.calling import add_call, client
from sync.cli import command


def add(whole: command.Commands) -> None:
    """Add the command."""
    parser = add_call(
        whole,
        "ledger",
        "show what became of each number",
        _show,
        """
        mrnmesh-coordinator ledger                   # all ranges, then all days
        mrnmesh-coordinator ledger 710000-719999     # one range, number by number
        mrnmesh-coordinator ledger 20261103          # the online numbers of a day
        """,
    )
    parser.add_argument(
        "series", nargs="?", metavar="RANGE|DAY", help="one range START-END, or a day YYYYMMDD"
    )


def _show(options: argparse.Namespace) -> int:
    api = client(options)
    if options.series:
        found = api.call("GET", f"/api/ledger/{options.series}/")["results"]
    else:
        found = api.all("/api/ledger/")
    if options.json:
        command.print_json(found)
        return 0
    for one in found:
        if options.series:
            print(f"{one['first']}-{one['last']}  {one['count']:,} {one['kind']}: {one['why']}")
        else:
            kinds = ", ".join(f"{kind['count']:,} {kind['kind']}" for kind in one["kinds"])
            print(f"{one['name']}  {one['terminal'] or 'online numbers'}: {kinds}")
    if not found:
        print("There are no numbers yet.")
    return 0
