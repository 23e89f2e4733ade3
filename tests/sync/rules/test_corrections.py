"""A correction beats what it replaces, whatever the clocks say; only true rivals are ordered."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from sync.model.facts import Amendment, Author, FactId
from sync.rules.corrections import AppliedCorrection, FieldValue, current_fields, last_change

REGISTRATION = FactId(bytes(16))
BEFORE = {"full_name": "Fatima", "phone": "0300"}


def ident(number: int) -> FactId:
    return FactId(number.to_bytes(16))


def correction(
    number: int,
    fields: dict[str, str],
    replaces: dict[str, list[int]] | None = None,
    *,
    hlc: int = 0,
    author: str = "LAB1-PC",
) -> AppliedCorrection:
    replaced = {name: [ident(one) for one in ids] for name, ids in (replaces or {}).items()}
    fact = Amendment(REGISTRATION, fields, replaced, f"time {number}", None)
    return AppliedCorrection(ident(number), Author(author), hlc, fact)


def fields_of(*corrections: AppliedCorrection) -> dict[str, FieldValue]:
    """The fields in force, which are the same in any order of the corrections."""
    found = [current_fields(REGISTRATION, BEFORE, order) for order in permutations(corrections)]
    assert all(fields == found[0] for fields in found)
    return found[0]


def test_without_corrections_the_registration_speaks():
    assert fields_of() == {
        "full_name": FieldValue("Fatima", REGISTRATION, (REGISTRATION,)),
        "phone": FieldValue("0300", REGISTRATION, (REGISTRATION,)),
    }


def test_a_correction_changes_its_field_and_no_other():
    fields = fields_of(correction(1, {"phone": "0301", "cnic": "3520212345671"}, {"phone": [0]}))
    assert fields == {
        "full_name": FieldValue("Fatima", REGISTRATION, (REGISTRATION,)),
        "phone": FieldValue("0301", ident(1), (ident(1),)),
        "cnic": FieldValue("3520212345671", ident(1), (ident(1),)),
    }


def test_a_correction_beats_the_registration_even_if_it_names_nothing():
    assert fields_of(correction(1, {"phone": "0301"}, hlc=-1))["phone"].text == "0301"


def test_replacing_beats_any_clock():
    """The desk that corrected the correction had a clock that was years behind."""
    fields = fields_of(
        correction(1, {"phone": "0301"}, {"phone": [0]}, hlc=10**15),
        correction(2, {"phone": "0302"}, {"phone": [1]}, hlc=5),
        correction(3, {"phone": "0303"}, {"phone": [2]}, hlc=1),
    )
    assert fields["phone"] == FieldValue("0303", ident(3), (ident(3),))


def test_rivals_are_ordered_by_clock_then_author_then_id():
    late = correction(1, {"phone": "late"}, {"phone": [0]}, hlc=9, author="A")
    early = correction(2, {"phone": "early"}, {"phone": [0]}, hlc=8, author="Z")
    assert fields_of(late, early)["phone"] == FieldValue("late", ident(1), (ident(2), ident(1)))
    one = correction(3, {"phone": "of A"}, hlc=9, author="A")
    other = correction(1, {"phone": "of B"}, hlc=9, author="B")
    assert fields_of(one, other)["phone"].text == "of B"
    low = correction(1, {"phone": "low"}, hlc=9)
    high = correction(2, {"phone": "high"}, hlc=9)
    assert fields_of(low, high)["phone"].text == "high"


def test_a_correction_that_has_seen_both_rivals_ends_their_rivalry():
    fields = fields_of(
        correction(1, {"phone": "0301"}, {"phone": [0]}, hlc=9),
        correction(2, {"phone": "0302"}, {"phone": [0]}, hlc=8),
        correction(3, {"phone": "0303"}, {"phone": [1, 2]}, hlc=1),
    )
    assert fields["phone"] == FieldValue("0303", ident(3), (ident(3),))


def test_replacing_counts_for_the_named_field_only():
    """The name was corrected later in the knowledge of the first; the phone was not."""
    fields = fields_of(
        correction(1, {"full_name": "Fatima B", "phone": "0301"}, hlc=9),
        correction(2, {"full_name": "Fatima Bibi", "phone": "0302"}, {"full_name": [1]}, hlc=5),
    )
    assert fields["full_name"] == FieldValue("Fatima Bibi", ident(2), (ident(2),))
    assert fields["phone"] == FieldValue("0301", ident(1), (ident(2), ident(1)))


def test_to_replace_a_value_one_must_give_another():
    """A correction that names a fact under a field that it does not set takes nothing away."""
    fields = fields_of(
        correction(1, {"phone": "0301"}, hlc=2),
        correction(2, {"phone": "0302"}, hlc=1),
        correction(3, {"full_name": "Fatima Bibi"}, {"phone": [1]}, hlc=3),
    )
    assert fields["phone"].text == "0301"


def test_a_circle_of_replacements_still_gives_a_value():
    fields = fields_of(
        correction(1, {"phone": "0301"}, {"phone": [2]}, hlc=9),
        correction(2, {"phone": "0302"}, {"phone": [1]}, hlc=8),
        correction(3, {"cnic": "1"}, {"cnic": [3]}),
    )
    assert fields["phone"] == FieldValue("0301", ident(1), (ident(2), ident(1)))
    assert fields["cnic"].text == "1"


def test_a_replacement_that_is_not_here_yet_changes_nothing():
    assert fields_of(correction(5, {"phone": "0305"}, {"phone": [4]}))["phone"].text == "0305"


histories = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["phone", "cnic"]), st.text(max_size=2), max_size=2),
        st.dictionaries(
            st.sampled_from(["phone", "cnic"]), st.lists(st.integers(0, 6), max_size=3)
        ),
        st.integers(0, 3),
        st.sampled_from(["A", "B"]),
    ),
    max_size=6,
)


@given(histories, st.randoms())
def test_the_fields_do_not_depend_on_the_order_of_arrival(history, random):
    corrections = [
        correction(number, fields, replaces, hlc=hlc, author=author)
        for number, (fields, replaces, hlc, author) in enumerate(history, start=1)
    ]
    fields = current_fields(REGISTRATION, BEFORE, corrections)
    random.shuffle(corrections)
    assert current_fields(REGISTRATION, BEFORE, iter(corrections)) == fields
    by_id = {one.id: one for one in corrections}
    for name, value in fields.items():
        about = [one for one in corrections if name in one.fact.fields]
        assert (value.source == REGISTRATION) == (not about)
        if about:
            assert value.text == by_id[value.source].fact.fields[name]
            assert value.source in value.rivals


def test_the_last_change_is_that_of_the_latest_correction():
    corrections = [correction(number, {}, hlc=hlc) for number, hlc in ((1, 5), (2, 9), (3, 7))]
    assert {last_change(order) for order in permutations(corrections)} == {"time 2"}
    assert last_change([]) is None
