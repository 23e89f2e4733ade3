"""Which forms grants name, and which numbers look like those of a form."""

import pytest

from sync.model.facts import FactId, Grant, RecordId
from sync.model.numbers import Mrn
from sync.model.printed.checks import Check
from sync.model.printed.formats import NumberFormat, PrintedKind

ONLINE = NumberFormat(PrintedKind.ONLINE, "PAT-", 0, "-", Check.LUHN_30)
OTHER = ONLINE._replace(prefix="K-", check=Check.DAMM)
CARD = NumberFormat(PrintedKind.PLAIN, "C-", 7, "-", Check.LUHN)


def grant(store, number, mrn, form=None, serial=1):
    ident = bytes([number]) * 16
    one = Grant(serial, Mrn(mrn), None, form)
    store.decisions.add_grants([(RecordId(ident), FactId(ident), one)])


def test_the_forms_that_grants_name(store):
    assert store.printed.formats() == frozenset()
    grant(store, 1, "PAT-20261103-0001")
    grant(store, 2, "PAT-20261103-0002", ONLINE)
    grant(store, 3, "PAT-20261103-0003", OTHER)
    grant(store, 4, "PAT-20261103-0004", OTHER)
    grant(store, 5, "PAT-20261103-0005", CARD)
    assert store.printed.formats() == {ONLINE, OTHER}, "the last is none of online numbers"
    found = [store.printed.of(Mrn(f"PAT-20261103-000{one}")) for one in range(1, 7)]
    assert found == [None, ONLINE, OTHER, OTHER, None, None]


def test_of_two_grants_the_first_says_what_the_number_looks_like(store):
    grant(store, 9, "PAT-20261103-0001", ONLINE, serial=3)
    grant(store, 1, "PAT-20261103-0001", OTHER, serial=4)
    assert store.printed.of(Mrn("PAT-20261103-0001")) == ONLINE


@pytest.mark.parametrize(
    ("mrn", "form"),
    [
        ("c-1234567-0", CARD),
        ("C-1234 567-0", CARD),
        ("123456-7", CARD._replace(prefix="", width=6)),
        ("K-20261103-0001-5", OTHER),
    ],
)
def test_a_number_that_looks_like_a_form_is_found(store, mrn, form):
    grant(store, 1, "C-123")
    grant(store, 2, "D-1234567-0")
    assert store.printed.alike(form) is None
    grant(store, 3, mrn)
    assert store.printed.alike(form) == mrn
