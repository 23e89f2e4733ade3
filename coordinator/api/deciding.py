"""What every decision of an administrator says: why. Who decides is whoever makes the call."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

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


def reason_of(why: str) -> tuple[str, dict[str, str]]:
    """Return a reason without needless spaces, and what is wrong with it, by field."""
    text = " ".join(why.split())
    if text and text.isprintable():
        return text, {}
    return text, {"why": "must be a text that can be printed, and not empty"}
