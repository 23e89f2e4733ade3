"""How two words of names agree, and how well-known pairs of different names do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.matching.likeness import Likeness, distance, likeness, slip, vowels_agree

WORDS = st.text("abdehilmnrsu", min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("saeed", "saeed", Likeness.EXACT),
        ("saeed", "said", Likeness.VARIANT),
        ("saeed", "saad", Likeness.SOUND),
        ("yusuf", "yousaf", Likeness.VARIANT),
        ("زیدی", "ذیدی", Likeness.VARIANT),
        ("رحمن", "رحمان", Likeness.VARIANT),
        ("akram", "akrma", Likeness.SOUND),
        ("akram", "akrm", Likeness.VARIANT),
        ("farhan", "parhan", Likeness.NEAR),
        ("طلحہ", "لطحہ", Likeness.NEAR),
        ("khurshid", "kurxhid", Likeness.NEAR),
        ("danish", "aish", Likeness.FAR),
        ("hassan", "hussain", Likeness.SOUND),
        ("حسن", "حسین", Likeness.SOUND),
        ("tahir", "tahira", Likeness.SOUND),
        ("hassan", "حسن", Likeness.SCRIPT),
        ("hussain", "حسین", Likeness.SCRIPT),
        ("hassan", "حسین", Likeness.SOUND),
        ("tahir", "طاہرہ", Likeness.SOUND),
        ("nadeem", "ندیم", Likeness.SCRIPT),
        ("shmaila", "شمایلہ", Likeness.SCRIPT),
        ("rukhsna", "رخسانہ", Likeness.SOUND),
        ("kalsoom", "کلثم", Likeness.SOUND),
        ("farhan", "فرحت", Likeness.FAR),
        ("ali", "علی", Likeness.SCRIPT),
        ("ali", "عالیہ", Likeness.SOUND),
        ("bushra", "بشری", Likeness.SCRIPT),
        ("ali", "umar", None),
        ("kausar", "kosa", Likeness.FAR),
        ("ali", "عمر", None),
        ("ab", "ac", None),
        ("شمایلہ", "شملایہ", Likeness.SOUND),
        ("شمایلہ", "شمیلہ", Likeness.VARIANT),
        ("شمایلہ", "شمالہ", Likeness.NEAR),
        ("amna", "amina", Likeness.VARIANT),
    ],
)
def test_how_two_words_agree(one, other, how):
    assert likeness(one, other) is how
    assert likeness(other, one) is how


@pytest.mark.parametrize(
    ("roman", "urdu", "agree"),
    [
        ("usman", "عثمان", True),
        ("zulfiqar", "ذوالفقار", True),
        ("jamal", "جمیل", False),
        ("saad", "سعید", False),
        ("razi", "رضا", False),
        ("qazi", "قاضی", True),
        ("shah", "شاہ", True),
        ("noor", "نر", False),
        ("shamaam", "شم", True),
        ("shah", "شہ", True),
    ],
)
def test_vowels_of_two_scripts(roman, urdu, agree):
    assert vowels_agree(roman, urdu) is agree


@pytest.mark.parametrize(
    ("roman", "urdu", "how"),
    [
        ("hawa", "حوا", Likeness.SCRIPT),
        ("haya", "حیا", Likeness.SCRIPT),
        ("hawa", "حیا", None),
        ("haya", "حوا", None),
        ("yahya", "یحیی", Likeness.SCRIPT),
        ("eva", "عا", None),
        ("aa", "ایوا", None),
    ],
)
def test_words_without_a_firm_consonant_are_told_apart_in_two_scripts(roman, urdu, how):
    assert likeness(roman, urdu) == likeness(urdu, roman) == how


@pytest.mark.parametrize(
    ("one", "other"), [("राम", "सीता"), ("ځوړ", "ډېړ"), ("李", "王"), ("אבי", "דוד")]
)
def test_words_of_another_alphabet_are_not_all_alike(one, other):
    assert likeness(one, one) == Likeness.EXACT
    assert likeness(one, other) is None


def test_long_words_cost_no_more_than_a_few_steps_a_letter(monkeypatch):
    class Letter(str):
        compared = 0

        def __eq__(self, other):
            Letter.compared += 1
            return str(self) == str(other)

        def __ne__(self, other):
            return not self == other

        __hash__ = str.__hash__

    one = [Letter(letter) for letter in "abcdefghij" * 20]
    assert distance(one, [*one[2:], "x", "y"], 4) == 4
    assert Letter.compared < 20 * len(one)


@given(WORDS, WORDS)
def test_a_slip_is_a_distance_of_one(one, other):
    assert slip(one, other) == (distance(one, other, 1) <= 1)


@pytest.mark.parametrize(
    ("one", "other", "most", "found"),
    [("ca", "abc", 5, 3), ("abcd", "badc", 5, 2), ("a", "abcd", 2, 3), ("aaaa", "bbbb", 2, 3)],
)
def test_a_distance_counts_letters_and_swaps(one, other, most, found):
    assert distance(one, other, most) == found
