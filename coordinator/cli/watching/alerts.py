"""``mrnmesh-coordinator alerts``: alarms since they came up, who looks at them, trial messages."""

from __future__ import annotations

import argparse
from typing import Any

from coordinator.cli.calling import add_call, client
from sync.cli import command


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "alerts",
        "alarms from when they came up, and who looks at them",
        """
        mrnmesh-coordinator alerts list
        mrnmesh-coordinator alerts acknowledge 7 --note "the disk is being cleaned"
        mrnmesh-coordinator alerts try           # does a mail arrive?
        """,
    )
    commands = parser.add_subparsers(required=True, metavar="ACT")
    listed = add_call(
        commands,
        "list",
        "list the alarms that last",
        _list,
        """
        mrnmesh-coordinator alerts list
        mrnmesh-coordinator alerts list --all    # those that are over too
        """,
    )
    listed.add_argument("--all", action="store_true", help="those that are over too")
    seen = add_call(
        commands,
        "acknowledge",
        "say that you look at one, so that it is not sent",
        _acknowledge,
        """
        mrnmesh-coordinator alerts acknowledge 7    # the number that `list` shows
        """,
    )
    seen.add_argument("id", type=int)
    seen.add_argument("--note", default="", help="what you do about it")
    add_call(
        commands,
        "try",
        "send a trial message by mail and to the program that the settings name",
        _try,
        """
        mrnmesh-coordinator alerts try
        """,
    )


def _list(options: argparse.Namespace) -> int:
    which = "" if options.all else "&open=true"
    page = client(options).call("GET", f"/api/alerts/?page_size=200{which}")
    if options.json:
        command.print_json(page["results"])
        return 0
    if not page["results"]:
        print("No alarms.")
    for one in page["results"]:
        print(line(one))
        print(f"    {one['text']}")
        if one["ended"] is None:
            print(f"    {one['do']}")
    left = page["count"] - len(page["results"])
    if left:
        print(f"And {left:,} older ones.")
    return 0


def line(alert: dict[str, Any]) -> str:
    """The first line about an alert."""
    text = f"{alert['id']}  {alert['level']} {alert['code']}, since {alert['since']}"
    if alert["ended"] is not None:
        text += f"; over since {alert['ended']}"
    seen = alert["acknowledged"]
    if seen is not None:
        note = f": {seen['note']}" if seen["note"] else ""
        text += f"; {seen['who']} looks at it{note}"
    return text


def _acknowledge(options: argparse.Namespace) -> int:
    path = f"/api/alerts/{options.id}/acknowledge/"
    seen = client(options).call("POST", path, {"note": options.note})
    if options.json:
        command.print_json(seen)
    else:
        print(line(seen))
    return 0


def _try(options: argparse.Namespace) -> int:
    """Send a trial; the status is 1 if it did not go by each way."""
    found = client(options).call("POST", "/api/alerts/try/")["results"]
    if options.json:
        command.print_json(found)
    elif not found:
        print("Nothing is set up: see `mail_server` and `alerts_url` in the settings.")
    else:
        for one in found:
            print(f"{one['channel']}: {one['error'] or 'sent'}")
    return 1 if any(one["error"] for one in found) else 0
