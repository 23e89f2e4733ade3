"""Claims on numbers that several registrations claim, and the first of them."""

from __future__ import annotations

import pytest

from sync.model.numbers import Mrn, NumberRange
from sync.rules.admission import Rank
from sync.storage.rivals import RivalTables
from sync.storage.store import Store
from tests.sync.storage.rows import fact

MRN = Mrn("710000")


@pytest.fixture
def rivals(store: Store) -> RivalTables:
    return store.rivals


def rank(patient: int, **parts) -> Rank:
    return Rank(False, 0, True, 9, fact(patient))._replace(**parts)


def test_the_lowest_rank_is_first_whatever_came_first(rivals):
    ranks = {
        1: rank(1),
        2: rank(2, serial=3),
        3: rank(3, serial=2),
        4: rank(4, unjudged=False),
        5: rank(5, resolved=-1),
        6: rank(6, resolved=-2),
        7: rank(7, excluded=True, resolved=-9),
    }
    seen = []
    for patient, one in ranks.items():
        rivals.put(MRN, patient, one)
        seen.append(rivals.first_of(MRN))
    assert seen == [1, 2, 3, 4, 5, 6, 6]
    assert sorted(ranks, key=ranks.__getitem__)[0] == 6
    assert rivals.admitted_of(MRN) == [4]


def test_who_is_excluded_is_first_of_nothing(rivals):
    rivals.put(MRN, 1, rank(1, excluded=True))
    assert rivals.first_of(MRN) is None
    assert rivals.first_of(Mrn("1")) is None


def test_a_claim_is_ranked_again_moved_and_removed(rivals):
    for patient in (1, 2, 3):
        rivals.put(MRN, patient, rank(patient))
    rivals.put(MRN, 1, rank(1, excluded=True))
    assert rivals.first_of(MRN) == 2
    rivals.put(Mrn("710001"), 2, rank(2))
    assert rivals.numbers_of([1, 2, 3, 4]) == {1: MRN, 2: "710001", 3: MRN}
    rivals.remove(3)
    assert rivals.some_of(MRN, 5) == [1]
    assert rivals.some_of(MRN, 0) == []


def test_claims_are_found_by_the_ranges_of_their_numbers(rivals):
    for patient, mrn in enumerate(("700", "710000", "710009", "PAT-20260105-0001"), start=1):
        rivals.put(Mrn(mrn), patient, rank(patient))
    assert rivals.within([NumberRange(710_000, 710_008)]) == {2}
    assert rivals.within([NumberRange(1, 700), NumberRange(710_009, 710_009)]) == {1, 3}
    assert rivals.within([]) == set()
