"""What every decision of an administrator says: why, and what was read before.

Who decides is whoever makes the call.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.reading.merging import compared
from sync.reading.people import PeopleReader
from sync.rules.merging import CHOOSABLE, TAKEN_MAX, TakenField

WHY_LENGTH_MAX: Final = 1000

EarlierWho = (
    Annotated[
        str,
        Meta(
            max_length=100,
            description="not used any more: it is done by whoever calls. Clients of versions up to "
            "0.2.0 send it",
        ),
    ]
    | None
)
"""A name that anybody could type; now a decision bears the name of whoever makes the call."""

Why = Annotated[str, Meta(max_length=WHY_LENGTH_MAX, description="the reason")]


Taken = Annotated[
    list[TakenField],
    Meta(
        max_length=TAKEN_MAX,
        description="fields whose values come from the record that is merged: one of "
        f"{', '.join(CHOOSABLE)}, identifiers.NAME or extra.NAME",
    ),
]


def is_as_seen(replica: Replica, tx: Transaction, one: int, other: int, seen: str) -> bool:
    """Return True while two records (local ids) say what an administrator has read of them."""
    people = PeopleReader(tx.store.connection, tx.registry, replica.today(), replica.region)
    there = people.by_id(one), people.by_id(other)
    return (
        there[0] is not None
        and there[1] is not None
        and compared(there[0], there[1])["seen"] == seen
    )


def reason_of(why: str) -> tuple[str, dict[str, str]]:
    """Return a reason without needless spaces, and what is wrong with it, by field."""
    text = " ".join(why.split())
    if text and text.isprintable():
        return text, {}
    return text, {"why": "must be a text that can be printed, and not empty"}
