"""Forms of numbers that are switched on: how the numbers of new ranges and grants are printed.

What is switched on is a setting in the coordinator's database; each range and grant that it gives
names its form in its fact, and numbers that were given before stay as they are. Nobody may be able
to take a number of a form for another one, so a form is looked at here when it is switched on and
when a range is granted, and what is imported is compared with all forms (`numbers_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from coordinator.errors import DesksBehind
from coordinator.registry import pool
from sync.engine.transaction import Transaction
from sync.errors import BadNumberFormat
from sync.model import bodies, facts
from sync.model.facts import Author, State
from sync.model.numbers import Mrn, NumberRange
from sync.model.printed.formats import NumberFormat, PrintedKind
from sync.protocol.handshake import PRINTS_FORMS
from sync.reading.view import View
from sync.rules.number_texts import NumberTexts
from sync.storage.store import Store


class Behind(NamedTuple):
    """Active desks that would print numbers without their form, or of which that is not known."""

    earlier: list[Author]
    unknown: list[Author]


def read(store: Store) -> dict[PrintedKind, NumberFormat]:
    """The forms that are switched on."""
    found: dict[PrintedKind, NumberFormat] = {}
    for kind in PrintedKind:
        form = bodies.format_of(facts.pack(store.meta.number_formats.get(kind)), kind)
        if form is not None:
            found[kind] = form
    return found


def numbers_of(view: View) -> NumberTexts:
    """Texts and numbers by all forms that are in use or switched on."""
    return NumberTexts(view.registry, view.store.printed, read(view.store).values())


def behind(view: View, speaking: Mapping[Author, int]) -> Behind:
    """Which active desks hold a form back.

    Args:
        speaking: the protocol version of each desk that is connected.
    """
    terminals = view.registry.terminals.values()
    desks = sorted(one.code for one in terminals if one.state is State.ACTIVE and one.has_node)
    return Behind(
        [code for code in desks if speaking.get(code, PRINTS_FORMS) < PRINTS_FORMS],
        [code for code in desks if code not in speaking],
    )


def require_known(found: Behind, *, updated: bool) -> None:
    """Raise if desks would print numbers without their form.

    Args:
        updated: somebody says that the desks that are not connected run this version.

    Raises:
        DesksBehind: names them.
    """
    desks = found.earlier + ([] if updated else found.unknown)
    if desks:
        raise DesksBehind(desks=", ".join(desks))


def switch(tx: Transaction, kind: PrintedKind, form: NumberFormat | None) -> None:
    """Print the numbers of new ranges or grants in a form, or as they are (None).

    Raises:
        BadNumberFormat: its numbers can be taken for others, or are too short for the pool.
    """
    if form is not None:
        require_usable(tx, form)
    tx.begin()
    stored = dict(tx.store.meta.number_formats)
    tx.store.meta.number_formats = {**stored, str(kind): form}


def for_range(tx: Transaction, range_: NumberRange) -> NumberFormat | None:
    """The form of a range that is granted now, looked at once more; None for none.

    Raises:
        BadNumberFormat: see `switch`.
    """
    form = read(tx.store).get(PrintedKind.PLAIN)
    if form is not None:
        _require_fits(form, range_)
        _require_apart(tx, form)
    return form


def is_taken(tx: Transaction, form: NumberFormat, mrn: Mrn) -> bool:
    """True when the text of a number is somebody's number."""
    text = Mrn(form.text(mrn))
    return tx.store.numbers.is_used(text) or bool(tx.store.numbers.granted_among([text]))


def require_pool_fits(tx: Transaction) -> None:
    """Raise if the pool has numbers that are too long for the form of new ranges.

    Raises:
        BadNumberFormat: it has.
    """
    form = read(tx.store).get(PrintedKind.PLAIN)
    if form is not None:
        _require_fits(form, pool.read(tx.store).range)


def require_usable(view: View, form: NumberFormat) -> None:
    """Raise unless a form can be switched on.

    Raises:
        BadNumberFormat: see `switch`.
    """
    _require_apart(view, form)
    if form.kind is PrintedKind.PLAIN:
        _require_fits(form, pool.read(view.store).range)


def _require_apart(view: View, form: NumberFormat) -> None:
    """Raise unless numbers of a form can be told from all others.

    Raises:
        BadNumberFormat: names the form or the number that it could be taken for.
    """
    form.require_sound()
    for other in sorted(numbers_of(view).formats):
        if other != form and not form.is_apart(other):
            raise BadNumberFormat(
                format=form.description,
                why=f"its numbers could be taken for those of {other.description}, which is in use",
            )
    alike = view.store.printed.alike(form)
    if alike is not None:
        raise BadNumberFormat(
            format=form.description, why=f"the number {alike} of this register looks like that"
        )


def _require_fits(form: NumberFormat, range_: NumberRange) -> None:
    if not form.fits(range_):
        raise BadNumberFormat(
            format=form.description,
            why=f"the range {range_.text} has numbers of more than {form.width} digits",
        )
