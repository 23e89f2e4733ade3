"""Shards in memory hold what they are given, load again from the store, and fail by name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pycrdt import Array, Doc

from sync.engine.documents import Documents
from sync.errors import DocumentBroken

ME, OTHER, BRANCH = 11, 22, 33
Segments = dict[int, dict[int, list[bytes]]]


class Stored:
    """A store in a dictionary, that notes what is loaded."""

    def __init__(self) -> None:
        self.shards: Segments = {}
        self.loads: list[tuple[int, int]] = []

    def load(self, shard: int, client: int) -> Sequence[bytes]:
        self.loads.append((shard, client))
        return list(self.shards.get(shard, {}).get(client, []))

    def keep(self, shard: int, client: int, facts: list[bytes]) -> None:
        self.shards.setdefault(shard, {}).setdefault(client, []).extend(facts)


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def documents(stored: Stored) -> Documents:
    return Documents(stored.load, ME)


def test_what_is_merged_is_held_in_its_order(documents):
    documents.apply(1, ME, 0, [b"a", b"b"])
    documents.apply(1, ME, 2, [b"c"])
    assert documents.facts(1, ME) == [b"a", b"b", b"c"]


def test_shards_and_clients_are_kept_apart(documents):
    documents.apply(1, ME, 0, [b"a"])
    documents.apply(2, ME, 0, [b"b"])
    documents.apply(1, OTHER, 0, [b"c"])
    documents.apply(1, OTHER, 1, [b"d"])
    documents.apply(1, BRANCH, 0, [b"e"])
    assert documents.facts(1, ME) == [b"a"]
    assert documents.facts(1, OTHER) == [b"c", b"d"]
    assert documents.facts(1, BRANCH) == [b"e"]
    assert documents.facts(2, ME) == [b"b"]
    assert documents.facts(2, OTHER) == []


def test_what_a_copy_wrote_under_our_id_is_gone_on_from(documents):
    """A machine resumed twice from one snapshot: its other half was ahead."""
    documents.apply(1, ME, 0, [b"a"])
    documents.apply(1, ME, 1, [b"b"])
    documents.apply(1, ME, 2, [b"c"])
    assert documents.facts(1, ME) == [b"a", b"b", b"c"]


@pytest.mark.parametrize("first", [1, 2, 5])
def test_facts_behind_a_gap_are_noticed(documents, first):
    """Yrs would keep them aside, and lose them on the next load."""
    documents.apply(1, OTHER, 0, [b"a"])
    with pytest.raises(DocumentBroken):
        documents.apply(1, OTHER, first + 1, [b"b"])


def test_shards_are_forgotten_by_their_bytes_too_the_least_recently_used_first(stored):
    documents = Documents(stored.load, ME, bytes_max=100)
    for shard in (1, 2, 3):
        stored.keep(shard, OTHER, [bytes(30)])
        assert documents.facts(shard, OTHER) == [bytes(30)]
    assert len(documents) == 3
    documents.apply(1, ME, 0, [bytes(30)])
    assert len(documents) == 2
    documents.apply(1, ME, 1, [bytes(200)])
    assert len(documents) == 1, "the one in use stays, however large it is"
    stored.loads.clear()
    assert documents.facts(1, ME) == [bytes(30), bytes(200)]
    assert documents.facts(3, OTHER) == [bytes(30)]
    assert stored.loads == [(3, OTHER)]
    assert len(documents) == 1


@pytest.mark.parametrize("again", [[b"x"], [b"x", b"y", b"z"], [b"a", b"b", b"c", b"d"]])
def test_facts_that_are_there_already_are_noticed(documents, again):
    """Yrs would pass over those at clocks that it has, also where they are others."""
    documents.apply(1, OTHER, 0, [b"a", b"b", b"c"])
    with pytest.raises(DocumentBroken, match="exactly its records"):
        documents.apply(1, OTHER, 0, again)


def test_of_a_shard_each_client_is_loaded_once_when_it_is_needed(documents, stored):
    stored.shards = {1: {ME: [b"a"], OTHER: [b"b", b"c"], BRANCH: []}}
    documents.apply(1, ME, 1, [b"d"])
    documents.apply(1, OTHER, 2, [b"e"])
    assert documents.facts(1, ME) == [b"a", b"d"]
    assert documents.facts(1, OTHER) == [b"b", b"c", b"e"]
    assert stored.loads == [(1, ME), (1, OTHER)]


def test_only_a_bounded_number_stays_and_the_least_used_leaves(stored):
    documents = Documents(stored.load, ME, loaded_max=3)
    for shard in range(1, 7):
        documents.apply(shard, ME, 0, [b"%d" % shard])
        stored.keep(shard, ME, [b"%d" % shard])
        documents.facts(1, ME)
    assert len(documents) == 3
    assert stored.loads == [(shard, ME) for shard in range(1, 7)]
    stored.loads.clear()
    for shard in (1, 6, 5):
        assert documents.facts(shard, ME) == [b"%d" % shard]
    assert stored.loads == []
    documents.apply(2, ME, 1, [b"more"])
    assert stored.loads == [(2, ME)]


def test_what_was_dropped_is_as_the_store_has_it(documents, stored):
    stored.shards = {1: {OTHER: [b"a"]}}
    documents.apply(1, ME, 0, [b"never committed"])
    documents.apply(1, OTHER, 1, [b"nor this"])
    documents.drop(44)
    assert (documents.client, len(documents)) == (44, 0)
    assert documents.facts(1, ME) == []
    assert documents.facts(1, OTHER) == [b"a"]
    documents.apply(1, 44, 0, [b"b"])
    assert documents.facts(1, 44) == [b"b"]


class Failing(Doc[Array[bytes]]):
    """A Y.Doc whose library fails in the way that ``error`` says."""

    error: BaseException

    def apply_update(self, update: bytes) -> None:
        raise self.error


def rust_panic() -> BaseException:
    """A true ``PanicException``, from a number that Yrs cannot hold."""
    doc: Doc[Array[int]] = Doc()
    array = doc.get("a", type=Array)
    with pytest.raises(BaseException, match="Result::unwrap") as caught:
        array.append(1 << 64)
    assert not isinstance(caught.value, Exception)
    return caught.value


@pytest.mark.parametrize("make", [rust_panic, lambda: ValueError("from Yrs")])
def test_a_failure_of_yrs_has_one_name(documents, monkeypatch, make):
    """Rust's panics are no `Exception`: unnamed, they would pass every handler."""
    monkeypatch.setattr("sync.engine.documents.Doc", Failing)
    monkeypatch.setattr(Failing, "error", make(), raising=False)
    with pytest.raises(DocumentBroken, match="Yrs"):
        documents.apply(1, OTHER, 0, [b"a"])


def test_an_interrupt_keeps_its_own_name(documents, monkeypatch):
    monkeypatch.setattr("sync.engine.documents.Doc", Failing)
    monkeypatch.setattr(Failing, "error", KeyboardInterrupt(), raising=False)
    with pytest.raises(KeyboardInterrupt):
        documents.apply(1, OTHER, 0, [b"a"])
