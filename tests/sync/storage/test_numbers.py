"""Which numbers are used: marks only rise, and a number in use is found wherever it stands."""

import pytest

from sync.model.facts import COORDINATOR, Grant
from sync.model.numbers import Mrn, NumberRange
from sync.rules.admission import Rank
from sync.storage.numbers import OldClaim, RivalTables, note_day
from sync.storage.queries import IN_MAX
from sync.storage.store import Store
from tests.sync.storage.rows import LAB, WARD, fact, insert, record

RANGE, OTHER = NumberRange(90, 110), NumberRange(200, 299)


@pytest.fixture
def numbers(store):
    return store.numbers


# marks


def test_marks_of_days_only_rise(numbers):
    assert (numbers.day_mark("20260105"), numbers.day_marks()) == (0, {})
    numbers.raise_day_marks({"20260105": 7, "20260106": 1})
    numbers.raise_day_marks({"20260105": 3, "20260106": 2})
    numbers.raise_day_marks({})
    assert numbers.day_mark("20260105") == 7
    assert numbers.day_marks() == {"20260105": 7, "20260106": 2}


def test_marks_of_ranges_only_rise_and_each_range_has_its_own(numbers):
    assert numbers.range_mark(RANGE) == 0
    numbers.raise_range_marks({RANGE: 100, NumberRange(90, 120): 95})
    numbers.raise_range_marks({RANGE: 99})
    assert numbers.range_marks() == {RANGE: 100, NumberRange(90, 120): 95}
    assert (numbers.range_mark(RANGE), numbers.range_mark(OTHER)) == (100, 0)


@pytest.mark.parametrize(
    ("mrn", "marks"),
    [
        ("PAT-20260105-0007", {"20260105": 7}),
        ("PAT-20260105-12345", {"20260105": 12345}),
        ("pat-20260105-7", {"20260105": 7}),  # a legacy number that looks like one
        ("710000", {}),
    ],
)
def test_only_what_looks_like_an_online_number_raises_the_mark_of_its_day(mrn, marks):
    days: dict[str, int] = {}
    note_day(Mrn(mrn), days)
    assert days == marks


def test_the_mark_of_a_day_is_the_highest_of_all_its_numbers():
    days = {"20260105": 5}
    for counter in (3, 9, 7):
        note_day(Mrn(f"PAT-20260105-000{counter}"), days)
    assert days == {"20260105": 9}


# the highest number of a range


def test_the_highest_issued_is_compared_as_a_number_never_as_a_text(store, numbers):
    for patient, mrn in enumerate(("95", "99", "103", "10A", "1010"), 1):
        insert(store, patient, mrn)
    assert numbers.highest_issued(RANGE, LAB) == 103
    assert numbers.highest_issued(NumberRange(90, 99), LAB) == 99
    assert numbers.highest_issued(NumberRange(1, 94), LAB) == 0


def test_the_highest_issued_is_of_those_who_may_issue(store, numbers):
    insert(store, 1, "91", author=LAB)
    insert(store, 2, "92", author=COORDINATOR)
    insert(store, 3, "93", author=WARD)
    insert(store, 4, "94", author=LAB, terminal=WARD)
    insert(store, 5, "95", author=LAB, well_formed=False)
    assert numbers.highest_issued(RANGE, LAB) == 92
    assert numbers.highest_issued(RANGE, WARD) == 0, "another author, and another terminal"


def test_the_highest_issued_is_what_was_registered_not_what_was_assigned(store, numbers):
    insert(store, 1, "91")
    insert(store, 2, "109", claimed="93")
    assert numbers.highest_issued(RANGE, LAB) == 93


# single numbers


def test_a_number_is_used_if_it_is_claimed_was_claimed_or_looks_like_one_that_is(store, numbers):
    insert(store, 1, "91", claimed="92")
    insert(store, 2, None, claimed="93")
    numbers.add_look_alikes([(Mrn("94"), Mrn("9-4"))])
    used = [mrn for mrn in ("90", "91", "92", "93", "94", "9-4") if numbers.is_used(Mrn(mrn))]
    assert used == ["91", "92", "93", "94"]


def test_claims_name_everybody_who_has_or_had_a_number(store, numbers):
    insert(store, 1, "91", key=b"k" * 16)
    insert(store, 2, "95", claimed="91")
    found = numbers.claims_on([Mrn("91"), Mrn("95"), Mrn("99")])
    first, second = OldClaim(record(1), "clerk", b"k" * 16), OldClaim(record(2), "clerk", None)
    assert {mrn: set(claims) for mrn, claims in found.items()} == {
        "91": {first, second},
        "95": {second},
    }


def test_one_who_claims_what_they_registered_with_is_named_once(store, numbers):
    insert(store, 1, "91")
    assert len(numbers.claims_on([Mrn("91")])["91"]) == 1


def test_granted_numbers_are_told_from_others(store, numbers):
    grant = Grant(1, Mrn("PAT-20260105-0001"), LAB)
    store.decisions.add_grants([(record(1), fact(1), grant)])
    wanted = [Mrn(str(number)) for number in range(IN_MAX)] + [grant.mrn]
    assert numbers.granted_among(wanted) == {grant.mrn}


def test_look_alikes_are_found_under_the_number_they_could_be_taken_for(numbers):
    pairs = [(Mrn("94"), Mrn("9-4")), (Mrn("94"), Mrn("9 4")), (Mrn("95"), Mrn("9-5"))]
    for _ in range(2):
        numbers.add_look_alikes(pairs)
    assert numbers.look_alikes_of([Mrn("94"), Mrn("96")]) == {"94": ["9 4", "9-4"]}


# numbers that several registrations claim

CONTESTED = Mrn("710000")


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
        rivals.put(CONTESTED, patient, one)
        seen.append(rivals.first_of(CONTESTED))
    assert seen == [1, 2, 3, 4, 5, 6, 6]
    assert sorted(ranks, key=ranks.__getitem__)[0] == 6
    assert rivals.admitted_of(CONTESTED) == [4]


def test_who_is_excluded_is_first_of_nothing(rivals):
    rivals.put(CONTESTED, 1, rank(1, excluded=True))
    assert rivals.first_of(CONTESTED) is None
    assert rivals.first_of(Mrn("1")) is None


def test_a_claim_is_ranked_again_moved_and_removed(rivals):
    for patient in (1, 2, 3):
        rivals.put(CONTESTED, patient, rank(patient))
    rivals.put(CONTESTED, 1, rank(1, excluded=True))
    assert rivals.first_of(CONTESTED) == 2
    rivals.put(Mrn("710001"), 2, rank(2))
    assert rivals.numbers_of([1, 2, 3, 4]) == {1: CONTESTED, 2: "710001", 3: CONTESTED}
    rivals.remove(3)
    assert rivals.some_of(CONTESTED, 5) == [1]
    assert rivals.some_of(CONTESTED, 0) == []


def test_claims_are_found_by_the_ranges_of_their_numbers(rivals):
    for patient, mrn in enumerate(("700", "710000", "710009", "PAT-20260105-0001"), start=1):
        rivals.put(Mrn(mrn), patient, rank(patient))
    assert rivals.within([NumberRange(710_000, 710_008)]) == {2}
    assert rivals.within([NumberRange(1, 700), NumberRange(710_009, 710_009)]) == {1, 3}
    assert rivals.within([]) == set()


def test_claims_that_a_sheet_may_cover_are_found_by_its_numbers(rivals):
    claims = {1: ("710000", LAB), 2: ("710000", None), 3: ("710005", LAB), 4: ("710009", WARD)}
    for patient, (mrn, desk) in claims.items():
        rivals.put(Mrn(mrn), patient, rank(patient), desk)
    assert rivals.typed_in(LAB, [710_000, 710_009]) == {1}
    assert rivals.typed_in(WARD, [710_000, 710_009]) == {4}
    assert rivals.typed_in(LAB, [*range(710_000, 711_000)]) == {1, 3}
    assert rivals.typed_in(LAB, []) == set()
