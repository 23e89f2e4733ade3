"""Which PINs can be used, and what they are checked by, within its bounds."""

import msgspec
import pytest

from sync.errors import BadPin
from sync.model.clerks.pins import VERIFIER_LENGTH_MAX, ClerkPin, as_pin

GOOD = ClerkPin(b"s" * 16, 1, "scrypt$15$8$3$a$b")


def read(*fields):
    return msgspec.convert(fields, ClerkPin, builtin_types=(bytes,))


def test_it_is_read_as_it_was_written():
    assert read(*GOOD) == GOOD


@pytest.mark.parametrize(
    "bad",
    [(b"s" * 15, 1, "x"), (b"s" * 16, 0, "x"), (b"s" * 16, 1, "x" * (VERIFIER_LENGTH_MAX + 1))],
)
def test_what_is_out_of_bounds_is_refused(bad):
    with pytest.raises(msgspec.ValidationError):
        read(*bad)


@pytest.mark.parametrize(
    ("typed", "pin"), [("1357", "1357"), (" ۱۳۵۷ ", "1357"), ("135790246813", "135790246813")]
)
def test_a_pin_is_digits_of_any_keyboard(typed, pin):
    assert as_pin(typed) == pin


@pytest.mark.parametrize(
    "typed", ["", "135", "1357924680135", "12a4", "1111", "1234", "98765", "13 57"]
)
def test_a_pin_that_is_too_easy_is_refused(typed):
    with pytest.raises(BadPin):
        as_pin(typed)
