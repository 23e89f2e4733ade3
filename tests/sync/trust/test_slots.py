"""Slots for handshakes: nobody takes all of them, and who was here before always has some."""

import pytest

from sync.trust import slots
from sync.trust.slots import Crowd, HandshakeSlots


@pytest.fixture
def door():
    return HandshakeSlots(lambda: 0.0)


def test_one_address_has_few(door):
    taken = [door.take("10.0.0.7") for _ in range(10_000)]
    assert sum(slot is not None for slot in taken) == slots.OF_ADDRESS_MAX
    assert door.take("10.0.0.8") is not None


def test_what_is_given_back_can_be_taken_again(door):
    for _ in range(3):
        taken = [door.take("10.0.0.7") for _ in range(slots.OF_ADDRESS_MAX)]
        assert door.take("10.0.0.7") is None
        for slot in taken:
            door.give_back(slot)


def test_ten_thousand_strangers_keep_no_known_desk_out(door):
    door.remember("10.0.0.7")
    for number in range(10_000):
        door.take(f"10.9.{number % 250}.1")
    assert door.take("10.9.251.1") is None
    assert door.take("10.0.0.7") is not None


def test_a_known_address_has_no_more_than_others_at_once(door):
    door.remember("10.0.0.7")
    taken = [door.take("10.0.0.7") for _ in range(100)]
    assert sum(slot is not None for slot in taken) == slots.OF_ADDRESS_MAX


def test_known_addresses_leave_the_slots_of_strangers_alone(door):
    for number in range(200):
        door.remember(f"10.0.{number}.1")
        door.take(f"10.0.{number}.1")
    assert door.take("10.9.9.9") is None, "all slots of both kinds are taken"
    assert door._strangers == slots.HANDSHAKES_MAX
    assert door._reserved == slots.RESERVED_MAX


def test_a_network_of_ipv6_counts_as_one_address(door):
    for number in range(slots.OF_ADDRESS_MAX):
        assert door.take(f"fd00::{number}") is not None
    assert door.take("fd00::ffff") is None
    assert door.take("fd00:0:0:1::1") is not None


def test_an_address_of_ipv4_is_the_same_however_it_is_written(door):
    for _ in range(slots.OF_ADDRESS_MAX):
        assert door.take("::ffff:10.0.0.7") is not None
    assert door.take("10.0.0.7") is None


def test_the_address_that_was_used_longest_ago_is_forgotten_first(door):
    door.remember("10.0.0.7")
    for number in range(slots.KNOWN_MAX):
        door.remember(f"10.{number // 250 + 1}.{number % 250}.1")
    assert len(door._known) == slots.KNOWN_MAX
    assert "10.0.0.7" not in door._known


def test_nothing_is_kept_of_an_address_without_a_handshake(door):
    slot = door.take("10.0.0.7")
    assert slot is not None
    door.give_back(slot)
    assert not door._of


def test_whoever_begins_again_and_again_is_slowed_down():
    now = [0.0]
    door = HandshakeSlots(lambda: now[0])

    def begun(address, times):
        count = 0
        for _ in range(times):
            slot = door.take(address)
            if slot is not None:
                count += 1
                door.give_back(slot)
        return count

    assert begun("10.0.0.7", 2 * slots.BEGUN_AT_ONCE) == slots.BEGUN_AT_ONCE
    assert begun("10.0.0.8", 10) == 10, "others have theirs"
    now[0] = 2.0
    assert begun("10.0.0.7", 1000) == 2 * slots.BEGUN_S
    now[0] = 10_000.0
    assert begun("10.0.0.7", 1000) == slots.BEGUN_AT_ONCE
    for number in range(2 * slots.KNOWN_MAX):
        now[0] += 1 / slots.STRANGERS_S
        begun(f"10.1.{number // 250}.{number % 250}", 1)
    assert len(door._begun) == slots.KNOWN_MAX


def test_all_strangers_together_begin_so_many_and_known_desks_as_before():
    """A handshake costs some milliseconds, from however many addresses they come."""
    now = [0.0]
    door = HandshakeSlots(lambda: now[0])
    door.remember("10.0.0.7")

    def begun(prefix, count):
        taken = [door.take(f"{prefix}.{number // 250}.{number % 250}") for number in range(count)]
        return sum(slot is not None and door.give_back(slot) is None for slot in taken)

    served = sum(begun(f"10.{part}", 50) for part in range(1, 101))
    assert served == slots.STRANGERS_AT_ONCE
    assert door.take("10.0.0.7") is not None
    now[0] = 2.0
    assert sum(begun(f"10.{part}", 50) for part in range(1, 101)) == 2 * slots.STRANGERS_S


# after the handshake


def test_one_certificate_has_few_connections_and_others_have_theirs():
    crowd = Crowd()
    lines = [object() for _ in range(100)]
    assert sum(crowd.enter("LAB1-PC", line) for line in lines) == slots.OF_ONE_MAX
    assert crowd.enter("WARD-PC", object())
    crowd.leave(lines[-1])
    assert not crowd.enter("LAB1-PC", object()), "one that was never counted frees nothing"
    crowd.leave(lines[0])
    assert crowd.enter("LAB1-PC", object())


def test_nothing_is_left_of_connections_that_have_ended():
    crowd = Crowd()
    lines = [object() for _ in range(slots.OF_ONE_MAX)]
    for line in lines:
        crowd.enter("LAB1-PC", line)
    for line in lines:
        crowd.leave(line)
    assert (crowd._of, crowd._names) == ({}, {})


def test_a_known_desk_counts_by_itself_in_its_network_of_ipv6(door):
    """A stranger of the same network, who has all its addresses, takes no slot of it."""
    door.remember("fd00::5")
    for number in range(100, 100 + 2 * slots.OF_ADDRESS_MAX):
        door.take(f"fd00::{number}")
    assert door.take("fd00::99") is None
    for _ in range(slots.OF_ADDRESS_MAX):
        assert door.take("fd00::5") is not None
    assert door.take("fd00::5") is None
