"""What happens when a terminal is replaced, retired or revoked."""

from __future__ import annotations

from typing import Any

from sync.cli.client import Client
from sync.model import phrases
from sync.model.facts import State


def plan(api: Client, terminal: dict[str, Any], state: str) -> str:
    """What will happen, with the numbers that the coordinator knows; raises as `Client.call` does.

    Args:
        terminal: as `GET /api/terminals/{code}/` shows it.
        state: the one that it is to have.
    """
    code = terminal["code"]
    scope = f"register:{code}"
    keys = [key for key in api.all("/api/keys/") if key["is_good"] and scope in key["scopes"]]
    sessions = api.call("GET", "/api/status/")["sessions"]
    rows = api.call("GET", "/api/terminals/utilization/")["results"]
    waiting = sum(row["unconfirmed"] for row in rows if row["code"] == code)
    return plan_text(
        terminal, state, any(one["author"] == code for one in sessions), len(keys), waiting
    )


def plan_text(
    terminal: dict[str, Any], state: str, is_connected: bool, keys: int, waiting: int
) -> str:
    """The sentences of `plan`, one a line.

    Args:
        keys: how many API keys are withdrawn with the terminal.
        waiting: how many of its registrations wait for confirmation.
    """
    code = terminal["code"]
    name = "" if terminal["name"] == code else f" ({terminal['name']})"
    ranges = [one for one in terminal["ranges"] if not one["closed"]]
    numbers = sum(one["remaining"] for one in ranges)
    lines = [
        f"{code}{name} will be {state}. This cannot be undone: it takes part again only as a newly "
        "set up computer.",
        f"- It is {'' if is_connected else 'not '}connected now"
        + ("; that ends at once." if is_connected else "."),
        f"- {phrases.count(len(ranges), 'range')} of it with "
        f"{phrases.count(numbers, 'unused number')} will be closed; nobody ever gets these.",
        f"- {phrases.count(keys, 'API key')} for it will be withdrawn.",
        f"- Waiting for confirmation here: {phrases.count(waiting, 'registration')} of it.",
    ]
    if state == State.REVOKED:
        lines += [
            "- What it has registered and not sent yet will be refused, until you decide about "
            "each person.",
            "- A desk that has not heard of it goes on trusting it until it meets one that has.",
        ]
    else:
        lines.append(
            "- What it has registered and not sent yet does not come by itself. Bring it in from "
            f"its disk: `mrnmesh-coordinator terminals salvage {code} FOLDER`."
        )
    return "\n".join(lines)
