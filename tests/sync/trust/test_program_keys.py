"""Keys of programs, and what they are kept as."""

import pytest

from sync.trust import program_keys


def test_a_key_has_256_random_bits():
    made = {program_keys.fresh() for _ in range(100)}
    assert len(made) == 100
    assert {len(bytes.fromhex(key)) for key in made} == {32}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (program_keys.digest("a key"), True),
        (program_keys.digest("a key").upper(), False),
        (program_keys.digest("a key")[:-1], False),
        (program_keys.digest("a key") + "0", False),
        (program_keys.digest("a key") + "\n", False),
        ("", False),
        ("g" * 64, False),
    ],
)
def test_what_can_be_a_hash(text, is_one):
    assert program_keys.is_digest(text) is is_one
