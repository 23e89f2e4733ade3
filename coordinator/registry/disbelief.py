"""Saying that a clock was wrong, and taking that back, as facts of the registry."""

from __future__ import annotations

from coordinator.errors import BadDisbelief
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, NO_RECORD, REGISTRY, Author, Disbelief, FactId


def disbelieve(
    tx: Transaction, author: Author, first_ms: int, last_ms: int, who: str, why: str
) -> FactId:
    """Let nobody believe the times of what ``author`` wrote in a stretch, both ends included.

    Raises:
        BadDisbelief: there is no such author, or the stretch ends before it begins.
    """
    if author != COORDINATOR and author not in tx.registry.terminals:
        raise BadDisbelief(why=f"there is no terminal {author}")
    if first_ms > last_ms:
        raise BadDisbelief(why="it ends before it begins")
    return _write(tx, Disbelief(tx.new_serial(), (), author, first_ms, last_ms, who, why))


def believe_again(tx: Transaction, ident: FactId, who: str, why: str) -> None:
    """Take a disbelief back.

    Raises:
        NotFound: there is none with that id in force.
    """
    for one in tx.registry.times.disbelieved:
        if one.id == ident:
            author = one.fact.author
            _write(tx, Disbelief(tx.new_serial(), (ident,), author, 0, 0, who, why))
            return
    raise NotFound(what="disbelief", key=ident.hex())


def _write(tx: Transaction, fact: Disbelief) -> FactId:
    written = tx.append(REGISTRY, facts.DISBELIEF, NO_RECORD, bodies.write(fact))
    tx.flush()
    return written
