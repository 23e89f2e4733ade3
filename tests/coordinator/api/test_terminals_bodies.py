"""What clients send about terminals, without a daemon."""

import pytest

from coordinator.api.terminals_bodies import (
    RangeGrant,
    TerminalSetup,
    TerminalUpdate,
    joining_of,
    printable,
    range_of,
)
from sync.errors import BadRange, InvalidFields
from sync.model.facts import State
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.model.validation import checked

KEY, INCARNATION = "ab" * 32, "cd" * 8


def wrong(kind, **fields):
    with pytest.raises(InvalidFields) as caught:
        checked(fields, kind)
    return caught.value.fields


def test_a_range_has_both_ends_or_none():
    assert range_of(None, None) is None
    assert range_of(710000, 719999) == NumberRange(710000, 719999)
    for bounds, missing in (((1, None), "offline_range_end"), ((None, 9), "offline_range_start")):
        with pytest.raises(InvalidFields) as caught:
            range_of(*bounds)
        assert caught.value.fields.keys() == {missing}
    with pytest.raises(BadRange):
        range_of(9, 1)


def test_a_name_can_be_printed():
    assert printable(" Laboratory ۳ ") == "Laboratory ۳"
    assert printable(None) is None
    for name in ("a\n", "a\u0000", "a\u200e"):
        with pytest.raises(InvalidFields):
            printable(name)


def test_a_node_joins_with_a_key_and_an_incarnation():
    assert joining_of(TerminalSetup(code="A")) is None
    body = checked(
        {"code": "A", "public_key": KEY.upper(), "incarnation": INCARNATION}, TerminalSetup
    )
    assert joining_of(body) == (bytes.fromhex(KEY), bytes.fromhex(INCARNATION))
    with pytest.raises(InvalidFields) as caught:
        joining_of(TerminalSetup(code="A", public_key=KEY))
    assert caught.value.fields.keys() == {"incarnation"}


@pytest.mark.parametrize("text", ["ab", KEY[:-2], KEY + "ab", "zz" * 32, f" {KEY}"])
def test_a_key_is_32_bytes_in_hexadecimal(text):
    assert wrong(TerminalSetup, code="A", public_key=text) == {
        "public_key": "must be 32 bytes in hexadecimal"
    }


def test_all_that_is_wrong_is_said_at_once():
    found = wrong(
        TerminalSetup,
        name="x" * 256,
        offline_range_start=0,
        offline_range_end=NUMBER_MAX + 1,
        offline_current=-1,
        is_active="perhaps",
        incarnation="cd",
    )
    assert found.keys() == {
        *("code", "name", "offline_range_start", "offline_range_end", "offline_current"),
        *("is_active", "incarnation"),
    }


def test_a_change_and_a_grant_take_only_what_there_is():
    assert checked({"state": "revoked", "reason": "stolen"}, TerminalUpdate).state is State.REVOKED
    assert wrong(TerminalUpdate, state="lost").keys() == {"state"}
    assert checked({}, RangeGrant) == RangeGrant(range=None, allocator=None)
    assert wrong(RangeGrant, allocator="client") == {"allocator": "must be coordinator or node"}
