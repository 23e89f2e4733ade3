"""Cards that this desk has printed, and those to print again after a number has changed."""

from __future__ import annotations

from node.errors import NotToReprint
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model.facts import COORDINATOR, Author
from sync.model.numbers import Mrn
from sync.rules.number_texts import NumberTexts
from sync.storage.people import RegistrationRow


def reprinted(tx: Transaction, desk: Author, patient: int, shows: str | None) -> None:
    """Note that the card of a person of this desk was printed with their number of now.

    It is noted for the first card too: people without a note have none yet.

    To note it twice is the same as once.

    Args:
        patient: the local id of the person.
        shows: the number on the new card, None if the caller does not say.

    Raises:
        NotFound: there is no such person.
        NotToReprint: they were registered elsewhere, hold no number, or hold another one than
            ``shows``.
        MistypedNumber: ``shows`` is none.
    """
    rows = tx.store.people.registrations("id = ?", (patient,))
    if not rows:
        raise NotFound(what="patient", key=patient)
    row = rows[0]
    if not is_of(row, desk):
        where = row.terminal or row.author
        raise NotToReprint(why=f"the person was registered at {where}, which prints the card")
    number = _held(tx, row)
    if number is None:
        raise NotToReprint(
            why="the person has no number that is right; an administrator has to decide first"
        )
    texts = NumberTexts(tx.registry, tx.store.printed)
    if shows is not None and texts.number(shows) != number:
        raise NotToReprint(
            why=f"a card with {shows} is out of date, because the number is "
            f"{texts.text(number)} now"
        )
    if tx.store.local.card_of(patient) != number:
        tx.begin()
        tx.store.local.note_reprinted(patient, number, tx.now_ms)


def is_of(row: RegistrationRow, desk: Author) -> bool:
    """True when a person was registered at a desk: by its node, or by the coordinator for it."""
    return row.author == desk or (row.author == COORDINATOR and row.terminal == desk)


def _held(tx: Transaction, row: RegistrationRow) -> Mrn | None:
    """The number that a registration holds, None if it holds none."""
    if row.mrn is None or tx.store.people.holders([row.mrn]).get(row.mrn) != row.id:
        return None
    return row.mrn
