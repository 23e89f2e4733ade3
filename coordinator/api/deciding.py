"""What every decision of an administrator says: who decides, and why."""

from __future__ import annotations

from typing import Annotated, Final, Protocol

from msgspec import Meta

WHO_LENGTH_MAX: Final = 100
WHY_LENGTH_MAX: Final = 1000

Who = Annotated[str, Meta(max_length=WHO_LENGTH_MAX, description="who decides")]
Why = Annotated[str, Meta(max_length=WHY_LENGTH_MAX, description="the reason")]


class Decided(Protocol):
    """A body with both."""

    @property
    def who(self) -> str: ...  # noqa: D102

    @property
    def why(self) -> str: ...  # noqa: D102


def reasons_of(wanted: Decided) -> tuple[str, str, dict[str, str]]:
    """Return who and why without needless spaces, and what is wrong with them, by field."""
    texts = {name: " ".join(getattr(wanted, name).split()) for name in ("who", "why")}
    wrong = {
        name: "must be a text that can be printed, and not empty"
        for name, text in texts.items()
        if not text or not text.isprintable()
    }
    return texts["who"], texts["why"], wrong
