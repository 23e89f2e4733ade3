"""One run has one encoding, which Yrs emits too; links and digests name what they stand for."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, TransactionEvent

from sync.errors import BadUpdate
from sync.model import runs
from sync.model.facts import Author, FactId, Link
from sync.model.runs import CLIENT_MAX, RUN_FACTS_MAX, End

LAB = Author("LAB1-PC")
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


@settings(max_examples=60, deadline=None)
@given(clients, pieces)
def test_what_yrs_emits_on_append_is_the_canonical_encoding(client, history):
    _, updates = emitted(client, history)
    clock = 0
    for piece, update in zip(history, updates, strict=True):
        assert update == runs.encode_update(client, clock, piece)
        assert runs.decode_update(update) == (client, clock, piece)
        clock += len(piece)


@settings(max_examples=60, deadline=None)
@given(clients, pieces, st.data())
def test_what_yrs_gives_for_a_difference_is_the_canonical_encoding(client, history, data):
    doc, _ = emitted(client, history)
    facts = [fact for piece in history for fact in piece]
    first = data.draw(st.integers(0, len(facts) - 1))
    before, _ = emitted(client, [facts[:first]])
    update = doc.get_update(before.get_state())
    assert update == runs.encode_update(client, first, facts[first:])
    assert doc.get_update() == runs.encode_update(client, 0, facts)
    assert runs.state_vector(doc.get_state()) == {client: len(facts)}


@settings(max_examples=60, deadline=None)
@given(clients, pieces)
def test_yrs_reads_back_what_was_encoded_in_parts(client, history):
    doc: Doc[Array[bytes]] = Doc()
    clock = 0
    for piece in history:
        doc.apply_update(runs.encode_update(client, clock, piece))
        clock += len(piece)
    facts = [bytes(fact) for fact in doc.get(str(client), type=Array)]
    assert facts == [fact for piece in history for fact in piece]
    assert doc.get_update() == runs.encode_update(client, 0, facts)


def test_the_encoding_is_pinned_to_the_byte():
    """Older versions wrote these bytes; signatures and stores rely on them."""
    assert runs.encode_update(300, 0, [b"ab", b""]).hex() == (
        "0101ac02000801033330300274026162740000"
    )
    assert runs.encode_update(300, 5, [b"ab"]).hex() == "0101ac020588ac0204017402616200"


@given(clients, st.integers(0, 999), st.lists(blobs, min_size=1, max_size=4))
def test_decoding_gives_back_what_was_encoded(client, first, facts):
    update = runs.encode_update(client, first, facts)
    assert runs.decode_update(update) == (client, first, facts)


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"\x01\x01" + data))
def test_decoding_any_bytes_fails_only_as_a_bad_update(data):
    try:
        client, first, facts = runs.decode_update(data)
    except BadUpdate:
        return
    assert runs.encode_update(client, first, facts) == data


@settings(max_examples=300)
@given(st.data())
def test_decoding_with_one_byte_changed_gives_other_facts_or_fails(data):
    honest = runs.encode_update(data.draw(clients), data.draw(st.integers(0, 9)), [b"one", b"two"])
    at = data.draw(st.integers(0, len(honest) - 1))
    other = bytearray(honest)
    other[at] ^= data.draw(st.integers(1, 255))
    try:
        found = runs.decode_update(bytes(other))
    except BadUpdate:
        return
    assert found != runs.decode_update(honest)
    assert runs.encode_update(*found) == other


@pytest.mark.parametrize("client", [CLIENT_MAX + 1, CLIENT_MAX + 8, 1 << 64])
def test_a_client_id_of_2_to_the_53_or_more_is_refused(client):
    with pytest.raises(BadUpdate, match=r"2\^53"):
        runs.decode_update(runs.encode_update(client, 0, [b"x"]))


def test_a_run_of_a_thousand_facts_is_the_longest():
    longest = [b"x"] * RUN_FACTS_MAX
    assert runs.decode_update(runs.encode_update(1, 0, longest))[2] == longest
    with pytest.raises(BadUpdate, match="1001 records"):
        runs.decode_update(runs.encode_update(1, 0, [*longest, b"x"]))


# links, signatures, digests


def link_of(author: Author, shard: int, client: int, facts: list[bytes]) -> Link:
    link = runs.first_link(author, shard, client)
    for fact in facts:
        link = runs.next_link(link, FactId(fact))
    return link


def test_a_link_names_author_shard_client_and_every_fact_in_order():
    one, two, three = (bytes([number]) * 16 for number in (1, 2, 3))
    links = [
        link_of(LAB, 0, 1, []),
        link_of(Author("LAB2-PC"), 0, 1, []),
        link_of(LAB, 1, 0, []),
        link_of(LAB, 1, 1, []),
        link_of(LAB, 0, 2, []),
        *(link_of(LAB, 0, 1, list(order)) for order in permutations([one, two, three])),
        *(link_of(LAB, 0, 1, list(order)) for order in permutations([one, two, three], 2)),
        link_of(LAB, 0, 1, [one, one]),
        link_of(LAB, 0, 1, [one]),
    ]
    assert len(set(links)) == len(links)
    assert all(len(link) == 16 for link in links)


def test_what_is_signed_differs_in_every_part():
    end = End(1, 2, link_of(LAB, 0, 1, [b"a", b"b"]))
    signed = [
        runs.signed_bytes(LAB, 0, end),
        runs.signed_bytes(Author("LAB2-PC"), 0, end),
        runs.signed_bytes(LAB, 1, end),
        runs.signed_bytes(LAB, 0, end._replace(client=2)),
        runs.signed_bytes(LAB, 0, end._replace(length=3)),
        runs.signed_bytes(LAB, 0, end._replace(link=Link(bytes(16)))),
    ]
    assert len(set(signed)) == len(signed)
    assert all(data.startswith(b"mrnmesh run 1\0") for data in signed)


def test_a_branch_id_depends_on_its_link_and_first_fact_and_fits_yrs():
    link = runs.first_link(LAB, 0, 1)
    facts = [FactId(bytes([number]) * 16) for number in range(100)]
    found = {runs.branch_client(link, fact) for fact in facts}
    found |= {runs.branch_client(runs.next_link(link, fact), facts[0]) for fact in facts}
    assert len(found) == 200
    assert all(0 <= client <= CLIENT_MAX for client in found)


ends = st.builds(
    End, st.integers(0, 3), st.integers(1, 3), st.binary(min_size=16, max_size=16).map(Link)
)


@given(st.lists(ends, max_size=6), st.randoms())
def test_a_shard_digest_is_of_its_ends_in_any_order(found, random):
    shuffled = found.copy()
    random.shuffle(shuffled)
    assert runs.shard_digest(shuffled) == runs.shard_digest(found)


@given(st.sets(st.frozensets(ends, max_size=3), min_size=2, max_size=6))
def test_shards_that_differ_have_digests_that_differ(shards):
    assert len({runs.shard_digest(shard) for shard in shards}) == len(shards)


def test_digests_tell_apart_who_has_what():
    one, two = runs.shard_digest([]), runs.shard_digest([End(1, 1, Link(bytes(16)))])
    authors = [
        runs.author_digest([]),
        runs.author_digest([(0, one)]),
        runs.author_digest([(1, one)]),
        runs.author_digest([(0, two)]),
        runs.author_digest([(0, one), (1, two)]),
        runs.author_digest([(0, two), (1, one)]),
    ]
    assert len(set(authors)) == len(authors)
    roots = [
        runs.root_digest([]),
        runs.root_digest([(LAB, one)]),
        runs.root_digest([(Author("LAB2-PC"), one)]),
        runs.root_digest([(LAB, one), (Author("LAB2-PC"), two)]),
        runs.root_digest([(LAB, two), (Author("LAB2-PC"), one)]),
    ]
    assert len(set(roots)) == len(roots)
    assert runs.shard_digest([]) == runs.DIGEST_EMPTY


def test_a_key_id_is_eight_bytes_of_a_hash():
    keys = [bytes([number]) * 32 for number in range(20)]
    assert len({runs.key_id(key) for key in keys}) == 20
    assert {len(runs.key_id(key)) for key in keys} == {8}
