"""Links, signatures and digests name what they stand for."""

from __future__ import annotations

from hashlib import blake2b
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from sync.model import runs
from sync.model.facts import Author, FactId, Link
from sync.model.runs import CLIENT_MAX, End

LAB = Author("LAB1-PC")


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
        runs.author_digest(b""),
        runs.author_digest(runs.shard_row(0, one)),
        runs.author_digest(runs.shard_row(1, one)),
        runs.author_digest(runs.shard_row(0, two)),
        runs.author_digest(runs.shard_row(0, one) + runs.shard_row(1, two)),
        runs.author_digest(runs.shard_row(0, two) + runs.shard_row(1, one)),
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
    assert runs.shard_digest([]) == blake2b(b"", digest_size=32).digest()


def test_a_key_id_is_eight_bytes_of_a_hash():
    keys = [bytes([number]) * 32 for number in range(20)]
    assert len({runs.key_id(key) for key in keys}) == 20
    assert {len(runs.key_id(key)) for key in keys} == {8}
