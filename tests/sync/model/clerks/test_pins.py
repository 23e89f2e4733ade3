"""What a PIN is checked by, within its bounds."""

import msgspec
import pytest

from sync.model.clerks.pins import VERIFIER_LENGTH_MAX, ClerkPin

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
