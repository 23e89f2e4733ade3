"""Names on the network: readable for whom they are meant, and for nobody else."""

from sync.network.announcements import door_label, is_door, replica_label

HUB = b"h" * 32


def test_a_name_follows_from_keys_and_shows_none_of_them():
    one = replica_label(HUB, b"a" * 32)
    assert one == replica_label(HUB, b"a" * 32)
    assert len({one, replica_label(HUB, b"b" * 32), replica_label(b"i" * 32, b"a" * 32)}) == 3
    assert (b"a" * 4).hex() not in one
    assert not is_door(one)


def test_a_code_has_what_the_name_of_the_door_is_made_of():
    fingerprint = bytes(range(32))
    assert door_label(fingerprint) == door_label(fingerprint[:16]) == "e-0001020304050607"
    assert is_door(door_label(fingerprint))


def test_names_fit_into_a_label():
    """RFC 1035: 63 bytes."""
    assert len(replica_label(HUB, HUB)) <= 63
