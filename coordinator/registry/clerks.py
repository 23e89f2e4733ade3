"""The list of clerks: each act is a function in a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from coordinator.errors import BadClerk, BadPin, NameTaken
from coordinator.registry import answers
from coordinator.users import names
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import bodies, facts, typed
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import NO_RECORD, REGISTRY, Author, ClerkFact, ClerkRule
from sync.reading.view import View
from sync.rules.clerks import Clerk

CLERKS_MAX: Final = 1000
PIN_LENGTH_MIN: Final = 4
PIN_LENGTH_MAX: Final = 12
_NEW: Final = Clerk(b"", "", None, 0, 0, removed=False, heads=())


class ClerkWish(NamedTuple):
    """What a clerk is to be.

    ``desks`` is None for all desks. ``verifier`` is that of a new PIN, empty for none, None to keep
    what there is.
    """

    name: str
    desks: tuple[Author, ...] | None
    verifier: str | None


def as_pin(text: str) -> str:
    """A PIN as it is hashed: its digits in ASCII, whatever the keyboard.

    Raises:
        BadPin: it cannot be used; it says why.
    """
    pin = typed.code(text)
    if not (pin.isascii() and pin.isdecimal()):
        raise BadPin(why="it has something else than digits")
    if not PIN_LENGTH_MIN <= len(pin) <= PIN_LENGTH_MAX:
        raise BadPin(why=f"it needs {PIN_LENGTH_MIN} to {PIN_LENGTH_MAX} digits")
    steps = {int(after) - int(one) for one, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise BadPin(why="colleagues try such a row of digits first")
    return pin


def desks_of(view: View, codes: Iterable[str]) -> tuple[Author, ...]:
    """The desks of some codes or ids, in order, each once.

    Raises:
        NotFound: there is no such desk.
        BadClerk: they are too many.
    """
    found = sorted({answers.find(view.registry, code).code for code in codes})
    if len(found) > facts.CLERK_DESKS_MAX:
        raise BadClerk(why=f"name at most {facts.CLERK_DESKS_MAX} desks, or all")
    return tuple(found)


def known(view: View, ident: bytes) -> Clerk:
    """A clerk who was not removed.

    Raises:
        NotFound: there is none with that id.
    """
    found = view.registry.clerks.all.get(ident)
    if found is None or found.removed:
        raise NotFound(what="clerk", key=ident.hex())
    return found


def add(tx: Transaction, ident: bytes, wish: ClerkWish, who: str) -> None:
    """Put a clerk on the list.

    Raises:
        BadClerk, BadUserName, NameTaken: nobody was added.
    """
    if len(tx.registry.clerks.listed) >= CLERKS_MAX:
        raise BadClerk(why=f"it has {CLERKS_MAX} names already; remove those who have left")
    _write(tx, _NEW._replace(id=ident), wish, who)


def change(tx: Transaction, ident: bytes, wish: ClerkWish, who: str) -> None:
    """Let a clerk be called otherwise, work elsewhere, or have another PIN.

    Raises:
        NotFound, BadUserName, NameTaken: nothing was changed.
    """
    _write(tx, known(tx, ident), wish, who)


def remove(tx: Transaction, ident: bytes, who: str) -> None:
    """Take a clerk off the list; what they did keeps their name.

    Raises:
        NotFound: there is none with that id.
    """
    before = known(tx, ident)
    _append(tx, ClerkFact(before.heads, ident, before.name, (), 0, True, who))
    tx.store.clerk_pins.drop(ident)


def rule(tx: Transaction, typing: bool, who: str) -> None:
    """Say whether names may be typed at desks that have clerks to choose from."""
    clerks = tx.registry.clerks
    if clerks.typing != typing:
        _append(tx, ClerkRule(clerks.rule, typing, who))


def _write(tx: Transaction, before: Clerk, wish: ClerkWish, who: str) -> None:
    name = names.as_name(wish.name)
    for other in tx.registry.clerks.listed:
        if other.id != before.id and names.folded(other.name) == names.folded(name):
            raise NameTaken(name=name, what="clerk")
    pin = before.pin
    if wish.verifier is not None:
        pin = before.pins + 1 if wish.verifier else 0
    fact = ClerkFact(before.heads, before.id, name, wish.desks, pin, False, who)
    desks = frozenset(wish.desks) if wish.desks is not None else None
    if not before.heads or (before.name, before.desks, before.pin) != (name, desks, pin):
        _append(tx, fact)
    if wish.verifier is not None:
        tx.begin()
        # Every transaction that gives a PIN has both: the fact says which one a desk must have.
        tx.store.clerk_pins.drop(before.id)
        if wish.verifier:
            tx.store.clerk_pins.put(ClerkPin(before.id, pin, wish.verifier))


def _append(tx: Transaction, fact: ClerkFact | ClerkRule) -> None:
    kind = facts.CLERK if isinstance(fact, ClerkFact) else facts.CLERK_RULE
    tx.append(REGISTRY, kind, NO_RECORD, bodies.write(fact))
    tx.flush()
