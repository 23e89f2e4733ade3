"""The table of weights is whole: every class of every field sums up to 1."""

import pytest

from sync.matching import weights
from sync.matching.likeness import Likeness


@pytest.mark.parametrize("field", sorted({field for field, _ in weights.FIELDS}))
@pytest.mark.parametrize("of", ["same", "relative"])
def test_the_levels_of_a_field_are_all_that_can_be_found(field, of):
    total = sum(
        getattr(weight, of) for (name, _), weight in weights.FIELDS.items() if name == field
    )
    assert total == pytest.approx(1, abs=0.02)


def test_every_weight_has_a_source():
    assert all(weight.source for weight in weights.FIELDS.values())
    assert all(spelling.source for spelling in weights.SPELLINGS.values())
    assert set(weights.SPELLINGS) == set(Likeness)


def test_grades_go_down():
    least = [score for _, score in weights.GRADES]
    assert least == sorted(least, reverse=True)


def test_the_share_of_a_word_follows_the_register_when_that_is_large():
    assert weights.share("mhmd", 0, 0) == pytest.approx(0.2)
    assert weights.share("xyz", 0, 0) == pytest.approx(1 / 300)
    assert weights.share("mhmd", 100, 100_000) == pytest.approx(0.0008, abs=1e-4)
    assert weights.share("xyz", 0, 1_000_000) > 0
