"""Facts are canonical, and their ids are of author and bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import BadFact
from sync.model import facts
from sync.model.facts import Author, Envelope, RecordId

RECORD = RecordId(bytes(range(16)))
INCARNATION = facts.Incarnation(bytes(8))


def envelope(kind: str, body: bytes) -> Envelope:
    return Envelope(kind, RECORD, 5, INCARNATION, body)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_decoding_any_bytes_fails_only_as_a_bad_fact(data):
    try:
        outer = facts.decode(data)
    except BadFact:
        return
    assert facts.encode(outer) == data


WRONG_ENVELOPES = {
    "kind is empty": ["", RECORD, 5, INCARNATION, b""],
    "kind is too long": ["k" * 33, RECORD, 5, INCARNATION, b""],
    "kind is Urdu": ["قسم", RECORD, 5, INCARNATION, b""],
    "kind is bytes": [b"kind", RECORD, 5, INCARNATION, b""],
    "record id is too short": ["kind", RECORD[:15], 5, INCARNATION, b""],
    "record id is too long": ["kind", RECORD + b"x", 5, INCARNATION, b""],
    "record id is text": ["kind", "x" * 16, 5, INCARNATION, b""],
    "hlc is negative": ["kind", RECORD, -1, INCARNATION, b""],
    "hlc is too large": ["kind", RECORD, 1 << 63, INCARNATION, b""],
    "hlc is a float": ["kind", RECORD, 5.0, INCARNATION, b""],
    "hlc is a boolean": ["kind", RECORD, True, INCARNATION, b""],
    "incarnation is too short": ["kind", RECORD, 5, INCARNATION[:7], b""],
    "incarnation is nil": ["kind", RECORD, 5, None, b""],
    "body is an array": ["kind", RECORD, 5, INCARNATION, [1]],
    "body is text": ["kind", RECORD, 5, INCARNATION, "body"],
    "too few": ["kind", RECORD, 5, INCARNATION],
    "too many": ["kind", RECORD, 5, INCARNATION, b"", b""],
}


@pytest.mark.parametrize("parts", WRONG_ENVELOPES.values(), ids=WRONG_ENVELOPES)
def test_an_envelope_that_breaks_its_layout_is_no_fact(parts):
    with pytest.raises(BadFact):
        facts.decode(facts.pack(parts))


def test_an_envelope_has_exactly_one_encoding():
    honest = facts.encode(envelope("kind", b"body"))
    assert facts.decode(honest) == envelope("kind", b"body")
    tail = honest[1:]
    others = [
        b"\xdc\x00\x05" + tail,
        b"\xdd\x00\x00\x00\x05" + tail,
        honest.replace(b"\xa4kind", b"\xd9\x04kind"),
        honest.replace(b"\xc4\x04body", b"\xc5\x00\x04body"),
        honest.replace(b"\x05\xc4\x08", b"\xcc\x05\xc4\x08"),
        honest.replace(b"\x05\xc4\x08", b"\xd0\x05\xc4\x08"),
        honest + b"\x00",
        honest + honest,
    ]
    assert len({honest, *others}) == len(others) + 1
    for other in others:
        with pytest.raises(BadFact):
            facts.decode(other)


def test_a_fact_has_at_most_16_kib():
    room = facts.FACT_BYTES_MAX - len(facts.encode(envelope("kind", bytes(300)))) + 300
    longest = facts.encode(envelope("kind", bytes(room)))
    assert len(longest) == facts.FACT_BYTES_MAX
    assert facts.decode(longest).body == bytes(room)
    with pytest.raises(BadFact):
        facts.encode(envelope("kind", bytes(room + 1)))
    with pytest.raises(BadFact):
        facts.decode(facts.pack(envelope("kind", bytes(room + 1))))


def test_a_fact_id_is_of_author_and_bytes():
    """And of where the one ends and the other begins."""
    pairs = [("LAB", b"x"), ("LAB1", b"x"), ("LAB", b"1x"), ("LAB", b"y"), ("", b"LABx")]
    assert len({facts.fact_id(Author(author), data) for author, data in pairs}) == len(pairs)
    assert facts.fact_id(Author("LAB"), b"x") == facts.fact_id(Author("LAB"), b"x")


NO_CODES = ["L" * 51, "", "lab1", "LAB 1", "@registry", "LÄB", "٣", None, b"LAB"]


def test_a_terminal_code():
    assert all(map(facts.is_terminal_code, ["LAB1-PC", "A_1", "L" * 50]))
    assert not any(map(facts.is_terminal_code, NO_CODES))
    assert facts.is_usable_code("1-A")
    assert not any(map(facts.is_usable_code, ["1", "42", *filter(None, NO_CODES)]))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("lab1-pc", "LAB1-PC"),
        (" Lab_1 ", "LAB_1"),
        ("ＬＡＢ１‑ＰＣ\u200e", "LAB1-PC"),
        ("lab۱", "LAB1"),
        ("straße", "straße"),
    ],
)
def test_a_code_is_meant_in_capitals(typed, code):
    """Only of ASCII: no capital of another letter may be two that are somebody else's code."""
    assert facts.as_terminal_code(typed) == code
