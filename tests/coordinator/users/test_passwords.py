"""Which passwords are too easily guessed."""

import pytest

from coordinator.errors import BadPassword
from coordinator.users import passwords

GOOD = "correct horse battery"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "10 to 200"),
        ("x" * 201, "10 to 200"),
        ("aaaaaaaaaaaa", "different"),
        ("SADIA  MALIK", "the name"),
    ],
)
def test_what_is_easily_guessed_is_refused(password, why):
    with pytest.raises(BadPassword, match=why):
        passwords.require_good(password, "Sadia Malik")


def test_a_good_one_is_taken():
    passwords.require_good(GOOD, "Sadia Malik")
