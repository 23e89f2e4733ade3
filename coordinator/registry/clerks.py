"""The list of clerks: each act is a function in a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from coordinator.errors import BadClerk, NameTaken, TooManyPins
from coordinator.registry import answers, quotas
from coordinator.users import names
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import bodies, facts
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import NO_RECORD, REGISTRY, Author, ClerkFact, ClerkRule
from sync.reading.view import View
from sync.rules.clerks import Clerk
from sync.trust import passwords

CLERKS_MAX: Final = 1000
_NEW: Final = Clerk(b"", "", None, 0, 0, removed=False, heads=())


class ClerkWish(NamedTuple):
    """What a clerk is to be.

    ``desks`` is None for all desks. ``verifier`` is that of a new PIN, empty for none, None to keep
    what there is.
    """

    name: str
    desks: tuple[Author, ...] | None
    verifier: str | None


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


def change_own_pin(tx: Transaction, desk: Author, chosen: ClerkPin) -> Clerk:
    """Let a PIN count that a clerk has chosen at a desk, where she has shown the one before it.

    The same change once more is no change: its answer may have been lost.

    Raises:
        NotFound: no such clerk works at that desk.
        BadClerk: it follows on another PIN than hers, or nobody could be checked by it.
        TooManyPins: so many were changed at that desk that nobody there can have meant it.
    """
    clerk = known(tx, chosen.clerk)
    if not clerk.works_at(desk):
        raise NotFound(what="clerk", key=chosen.clerk.hex())
    if clerk.pin == chosen.pin and tx.store.clerk_pins.all().get(clerk.id) == chosen:
        return clerk
    if not clerk.pin or chosen.pin != clerk.pins + 1:
        raise BadClerk(why="the PIN was changed elsewhere meanwhile")
    if not passwords.is_hash(chosen.verifier):  # one of another cost would burden all her desks
        raise BadClerk(why="what the new PIN is checked by is not as this version makes it")
    if not quotas.takes(tx, desk, quotas.PINS):
        raise TooManyPins(terminal=desk)
    desks = tuple(sorted(clerk.desks)) if clerk.desks is not None else None
    _write(tx, clerk, ClerkWish(clerk.name, desks, chosen.verifier), clerk.name)
    return clerk


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
