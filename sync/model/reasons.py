"""Reasons that the software itself writes, each with a code by which pages say it in their words.

The database keeps the sentence, as all versions have it; the code is found from that. What people
have typed has none.
"""

from __future__ import annotations

import re
from typing import Final, TypedDict

from sync.model import phrases

# why a range is closed
BY_COORDINATOR: Final = "closed by the coordinator"
USE_UNKNOWN: Final = "how far it was used is not known here"
COPY_OF_COORDINATOR: Final = "an earlier copy of the coordinator's database used it"
COPY_OF_DESK: Final = "it was granted to an earlier copy of the desk's database"
COPY_OF_DATABASE: Final = "an earlier copy of this database used it"
COPY_OF_MACHINE: Final = "a copy of this machine has used it"
HANDED_OVER: Final = "handed over to the node"
CLIENTS_SUPPLY: Final = "its clients supply the numbers"
COORDINATOR_RESTORED: Final = "the coordinator was restored"
_ENDED: Final = "the terminal was "

# why a terminal has the state that it has
DELETED: Final = "deleted"

# why a coordinator is in recovery
_RESTORED: Final = "it was restored from a backup of "
_OF_BACKUP: Final = re.compile(rf"{_RESTORED}(\d{{4}}-\d\d-\d\d) (\d\d:\d\d) UTC")
OLDER: Final = "its database is older than what it has issued"
OTHER_PAST: Final = "its database and its witness are of different copies or times"
NO_WITNESS: Final = "the witness of its database is missing or of another computer"
LOST_RECORDS: Final = "a desk has records that this coordinator wrote and has lost"

_CODES: Final = {
    BY_COORDINATOR: "by_coordinator",
    USE_UNKNOWN: "use_unknown",
    COPY_OF_COORDINATOR: "copy_of_coordinator",
    COPY_OF_DESK: "copy_of_desk",
    COPY_OF_DATABASE: "copy_of_database",
    COPY_OF_MACHINE: "copy_of_machine",
    HANDED_OVER: "handed_over",
    CLIENTS_SUPPLY: "clients_supply",
    COORDINATOR_RESTORED: "coordinator_restored",
    f"{_ENDED}replaced": "terminal_replaced",
    f"{_ENDED}retired": "terminal_retired",
    f"{_ENDED}revoked": "terminal_revoked",
    DELETED: "deleted",
    OLDER: "older",
    OTHER_PAST: "other_past",
    NO_WITNESS: "no_witness",
    LOST_RECORDS: "lost_records",
}
RESTORED: Final = "restored"
CODES: Final = (*_CODES.values(), RESTORED)
"""All of them."""


class FixedReason(TypedDict):
    """A reason that the software has written; ``terms`` are the times in it, in ISO 8601."""

    code: str
    terms: dict[str, str]


def terminal_was(state: str) -> str:
    """That a terminal was ended, in one of the states that end it."""
    return f"{_ENDED}{state}"


def restored(made: str) -> str:
    """That a database comes from a backup that was made then ("2026-01-05 08:00 UTC")."""
    return f"{_RESTORED}{made}"


def fixed(reason: str) -> FixedReason | None:
    """What a reason is by its code; None for one that somebody has typed."""
    text = phrases.reworded(reason)
    backup = _OF_BACKUP.fullmatch(text)
    if backup is not None:
        return {"code": RESTORED, "terms": {"made": f"{backup[1]}T{backup[2]}:00Z"}}
    code = _CODES.get(text)
    return {"code": code, "terms": {}} if code is not None else None
