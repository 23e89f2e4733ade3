"""Names of users and keys: readable, and nobody's is taken for another's."""

import pytest

from coordinator.errors import BadUserName
from coordinator.users import names


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Sadia", "Sadia"),
        ("  Sadia \t Malik ", "Sadia Malik"),
        ("عائشہ خان", "عائشہ خان"),
        ("a.khan-2_x O'Neil", "a.khan-2_x O'Neil"),
        ("x" * names.LENGTH_MAX, "x" * names.LENGTH_MAX),
    ],
)
def test_a_name_is_kept_as_it_was_typed(typed, name):
    assert names.as_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "x" * (names.LENGTH_MAX + 1),
        "@coordinator",
        "console:sadia",
        "Sadia\u202emalik",
        "Sadia\u200b",
        "a\x00b",
        "-rf",
        ".hidden",
        "a/b",
        "half \ud800",
    ],
)
def test_what_could_deceive_is_no_name(typed):
    with pytest.raises(BadUserName):
        names.as_name(typed)


def test_case_spaces_and_forms_of_a_letter_make_no_other_name():
    assert names.folded("SADIA   malik") == names.folded("Sadia Malik")
    assert names.folded("Jose\u0301") == names.folded("José")
    assert names.folded("Sadia") != names.folded("Sadiya")
