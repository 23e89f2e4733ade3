"""A stretch of a run has one encoding, which Yrs emits too."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, TransactionEvent

from sync.errors import BadUpdate
from sync.model import yjs
from sync.model.runs import CLIENT_MAX, RUN_FACTS_MAX

clients = st.integers(0, CLIENT_MAX) | st.sampled_from([0, 1, 127, 128, 2**31, 2**32, CLIENT_MAX])
blobs = st.binary(max_size=40) | st.sampled_from([bytes(127), bytes(128), bytes(16_384)])
pieces = st.lists(st.lists(blobs, min_size=1, max_size=5), min_size=1, max_size=5)


def emitted(client: int, history: list[list[bytes]]) -> tuple[Doc[Array[bytes]], list[bytes]]:
    """A Y.Doc that appended each piece in a transaction, and the updates that it sent."""
    doc: Doc[Array[bytes]] = Doc(client_id=client)
    updates: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        updates.append(bytes(event.update))

    subscription = doc.observe(keep)
    array = doc.get(str(client), type=Array)
    for piece in history:
        with doc.transaction():
            for fact in piece:
                array.append(fact)
    doc.unobserve(subscription)
    return doc, updates


@settings(max_examples=60)
@given(clients, pieces)
def test_what_yrs_emits_on_append_is_the_canonical_encoding(client, history):
    _, updates = emitted(client, history)
    clock = 0
    for piece, update in zip(history, updates, strict=True):
        assert update == yjs.encode_update(client, clock, piece)
        assert yjs.decode_update(update) == (client, clock, piece)
        clock += len(piece)


@settings(max_examples=60)
@given(clients, pieces, st.data())
def test_what_yrs_gives_for_a_difference_is_the_canonical_encoding(client, history, data):
    doc, _ = emitted(client, history)
    facts = [fact for piece in history for fact in piece]
    first = data.draw(st.integers(0, len(facts) - 1))
    before, _ = emitted(client, [facts[:first]])
    update = doc.get_update(before.get_state())
    assert update == yjs.encode_update(client, first, facts[first:])
    assert doc.get_update() == yjs.encode_update(client, 0, facts)
    assert len(doc.get(str(client), type=Array)) == len(facts)


@settings(max_examples=60)
@given(clients, pieces)
def test_yrs_reads_back_what_was_encoded_in_parts(client, history):
    doc: Doc[Array[bytes]] = Doc()
    clock = 0
    for piece in history:
        doc.apply_update(yjs.encode_update(client, clock, piece))
        clock += len(piece)
    facts = [bytes(fact) for fact in doc.get(str(client), type=Array)]
    assert facts == [fact for piece in history for fact in piece]
    assert doc.get_update() == yjs.encode_update(client, 0, facts)


def test_the_encoding_is_pinned_to_the_byte():
    """Older versions wrote these bytes; signatures and stores rely on them."""
    assert yjs.encode_update(300, 0, [b"ab", b""]).hex() == (
        "0101ac02000801033330300274026162740000"
    )
    assert yjs.encode_update(300, 5, [b"ab"]).hex() == "0101ac020588ac0204017402616200"


@given(clients, st.integers(0, 999), st.lists(blobs, min_size=1, max_size=4))
def test_decoding_gives_back_what_was_encoded(client, first, facts):
    update = yjs.encode_update(client, first, facts)
    assert yjs.decode_update(update) == (client, first, facts)


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"\x01\x01" + data))
def test_decoding_any_bytes_fails_only_as_a_bad_update(data):
    try:
        client, first, facts = yjs.decode_update(data)
    except BadUpdate:
        return
    assert yjs.encode_update(client, first, facts) == data


@settings(max_examples=300)
@given(st.data())
def test_decoding_with_one_byte_changed_gives_other_facts_or_fails(data):
    honest = yjs.encode_update(data.draw(clients), data.draw(st.integers(0, 9)), [b"one", b"two"])
    at = data.draw(st.integers(0, len(honest) - 1))
    other = bytearray(honest)
    other[at] ^= data.draw(st.integers(1, 255))
    try:
        found = yjs.decode_update(bytes(other))
    except BadUpdate:
        return
    assert found != yjs.decode_update(honest)
    assert yjs.encode_update(*found) == other


@pytest.mark.parametrize("client", [CLIENT_MAX + 1, CLIENT_MAX + 8, 1 << 64])
def test_a_client_id_of_2_to_the_53_or_more_is_refused(client):
    with pytest.raises(BadUpdate, match=r"2\^53"):
        yjs.decode_update(yjs.encode_update(client, 0, [b"x"]))


def test_a_run_of_a_thousand_facts_is_the_longest():
    longest = [b"x"] * RUN_FACTS_MAX
    assert yjs.decode_update(yjs.encode_update(1, 0, longest))[2] == longest
    with pytest.raises(BadUpdate, match="1001 records"):
        yjs.decode_update(yjs.encode_update(1, 0, [*longest, b"x"]))
