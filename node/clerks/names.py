"""The names from which the clerks of a desk choose theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict

from node.clerks.pins import PinFile
from sync.model.facts import Author
from sync.rules.clerks import Clerk, Clerks

PinState = Literal["none", "ready", "missing"]


class ClerkChoice(TypedDict):
    """A name to choose.

    ``pin`` is ``ready`` for a clerk who has a PIN, and ``missing`` as long as the coordinator has
    not told this desk what it is checked by.
    """

    name: str
    pin: PinState


class DeskClerks:
    """Who works at one desk: those of the administrator's list, or of the desk's own settings.

    Args:
        own: the names in the settings, which count as long as nobody is on the list.
        listed: returns the list.
    """

    def __init__(
        self, code: Author, own: Sequence[str], listed: Callable[[], Clerks], pins: PinFile
    ) -> None:
        self._code = code
        self._own = own
        self._listed = listed
        self._pins = pins
        self._of = listed()
        self._here = self._of.at(code)

    def here(self) -> list[Clerk]:
        """Those of the list who work here, by name."""
        known = self._listed()
        if known is not self._of:  # the registry has changed
            self._of, self._here = known, known.at(self._code)
        return self._here

    def is_name(self, name: str) -> bool:
        """True for a name that can be chosen here."""
        if any(one.name == name for one in self.here()):
            return True
        return not self._has_list() and name in self._own

    def named(self, name: str) -> Clerk | None:
        """The clerk of the list who works here under a name."""
        return next((one for one in self.here() if one.name == name), None)

    def choices(self) -> list[ClerkChoice]:
        """The names to choose from."""
        if not self._has_list():
            return [{"name": name, "pin": "none"} for name in self._own]
        return [{"name": one.name, "pin": self._pin_state(one)} for one in self.here()]

    def may_type(self) -> bool:
        """True where other names may be typed."""
        return self._of.typing if self._has_list() else not self._own

    def secret_of(self, ident: str) -> str | None:
        """What the session of a clerk (id in hexadecimal) rests on; None where it has ended."""
        clerk = next((one for one in self.here() if one.id.hex() == ident), None)
        return self._pins.verifier_of(clerk) if clerk is not None else None

    def name_of(self, ident: str) -> str | None:
        """The name of a clerk (id in hexadecimal) who works here."""
        return next((one.name for one in self.here() if one.id.hex() == ident), None)

    def _has_list(self) -> bool:
        self.here()
        return any(not one.removed for one in self._of.all.values())

    def _pin_state(self, clerk: Clerk) -> PinState:
        if not clerk.pin:
            return "none"
        return "ready" if self._pins.verifier_of(clerk) is not None else "missing"
