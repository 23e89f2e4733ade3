"""Check digits are those that python-stdnum computes, and notice what they promise."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import damm, luhn, verhoeff
from stdnum.iso7064 import mod_11_10, mod_97_10

from sync.model.printed.checks import ALPHABET_30, DIGITS, Check, check_digits

ORACLES = {
    Check.NONE: lambda digits: "",
    Check.LUHN: luhn.calc_check_digit,
    Check.LUHN_30: lambda digits: luhn.calc_check_digit(digits, ALPHABET_30),
    Check.MOD_11_10: mod_11_10.calc_check_digit,
    Check.MOD_97_10: mod_97_10.calc_check_digits,
    Check.VERHOEFF: verhoeff.calc_check_digit,
    Check.DAMM: damm.calc_check_digit,
}
CHECKING = [check for check in Check if check is not Check.NONE]
MISSED = {
    Check.LUHN: {"09"},
    Check.MOD_11_10: {f"{one}{one + 1}" for one in range(9)} | {"09"},
}
"""Pairs of digits that may be swapped without being noticed, the lower one first."""

digits = st.text(DIGITS, min_size=1, max_size=20)


@pytest.mark.parametrize("check", Check)
@given(digits)
def test_they_are_those_of_another_implementation(check, text):
    assert check_digits(check, text) == ORACLES[check](text)


@pytest.mark.parametrize("check", Check)
@given(digits)
def test_they_have_the_length_and_characters_that_are_said(check, text):
    found = check_digits(check, text)
    assert len(found) == check.length
    assert set(found) <= set(check.alphabet)


@pytest.mark.parametrize("check", CHECKING)
@given(digits)
def test_every_single_wrong_digit_is_noticed(check, text):
    right = check_digits(check, text)
    for place, digit in enumerate(text):
        for wrong in set(DIGITS) - {digit}:
            assert check_digits(check, text[:place] + wrong + text[place + 1 :]) != right


@pytest.mark.parametrize("check", CHECKING)
@given(digits)
def test_neighbours_that_were_swapped_are_noticed_except_where_it_is_said(check, text):
    right = check_digits(check, text)
    for place, (one, other) in enumerate(pairwise(text)):
        swapped = text[:place] + other + one + text[place + 2 :]
        if one != other and check_digits(check, swapped) == right:
            assert "".join(sorted((one, other))) in MISSED.get(check, set())


@pytest.mark.parametrize("check", CHECKING)
def test_no_more_pairs_are_called_missed_than_are(check):
    missed = {
        f"{min(one, other)}{max(one, other)}"
        for before in ("", *DIGITS)
        for one, other in permutations(DIGITS, 2)
        if check_digits(check, f"{before}{one}{other}")
        == check_digits(check, f"{before}{other}{one}")
    }
    assert missed == MISSED.get(check, set())
