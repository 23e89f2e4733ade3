"""Digests that are kept up to date say what digests made anew from the store would say."""

import random
import tracemalloc

import pytest

from sync.engine.digests import AuthorDigests, Digests
from sync.model import runs
from sync.model.facts import COORDINATOR, REGISTRY, Author, Link
from sync.model.runs import CROWDED, End
from sync.protocol.questions import AuthorRow, ShardDigest
from sync.storage.store import Store

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")


@pytest.fixture
def store(tmp_path):
    opened = Store.create(tmp_path / "register.db")
    yield opened
    opened.close()


@pytest.fixture
def digests(store):
    return Digests(store.shards)


def sign(store, author: Author, number: int, client: int, length: int) -> End:
    """A run of a shard has a signature up to ``length``, and one more fact without."""
    shard = store.shards.find(author, number) or store.shards.add(author, number)
    found = [run for run in store.shards.runs_of(shard.id) if run.client == client]
    run = (
        found[0]
        if found
        else store.shards.add_run(shard.id, client, client, None, 0, Link(bytes(16)))
    )
    end = End(client, length, Link(f"{author}{number}{client}{length}".encode()[:16].ljust(16)))
    store.connection.execute("UPDATE runs SET count = ? WHERE id = ?", (length + 1, run.id))
    store.shards.sign_run(run.id, end, b"key", b"signature")
    return end


def everything(digests, authors=(LAB, WARD, COORDINATOR, REGISTRY)):
    return digests.roots(), digests.summary(), [digests.shards(author, 0, 99) for author in authors]


def test_an_empty_store_has_the_digests_of_nothing(digests):
    nothing = runs.author_digest(b"")
    assert digests.roots() == (nothing, nothing, runs.root_digest([]))
    assert (digests.summary(), digests.shards(LAB, 0, 99)) == ((), ())


def test_digests_are_those_of_the_signed_ends(store, digests):
    ends = [sign(store, LAB, 0, client, 3) for client in (7, 9)]
    second = sign(store, LAB, 1, 7, 1)
    first_digest, second_digest = runs.shard_digest(ends), runs.shard_digest([second])
    assert digests.shards(LAB, 0, 99) == (
        ShardDigest(0, first_digest),
        ShardDigest(1, second_digest),
    )
    row = AuthorRow(LAB, 1, runs.author_digest(runs.shard_row(0, first_digest)), second_digest)
    assert digests.summary() == (row,)
    author = runs.author_digest(runs.shard_row(0, first_digest) + runs.shard_row(1, second_digest))
    assert digests.roots().document == runs.root_digest([(LAB, author)])


def test_a_run_without_a_signature_is_not_there(store, digests):
    shard = store.shards.add(LAB, 0)
    store.shards.add_run(shard.id, 7, 7, None, 0, Link(bytes(16)))
    assert digests.summary() == ()


def test_authors_are_reported_in_order_or_one_by_one(store, digests):
    for author in (WARD, LAB, REGISTRY):
        sign(store, author, 0, 7, 1)
    assert [row.author for row in digests.summary()] == sorted([WARD, LAB, REGISTRY])
    assert [row.author for row in digests.summary(LAB)] == [LAB]
    assert digests.summary(COORDINATOR) == ()


def test_the_coordinators_two_names_have_digests_of_their_own(store, digests):
    before = digests.roots()
    sign(store, REGISTRY, 0, 7, 1)
    digests.touch(REGISTRY, 0)
    registry = digests.roots()
    assert registry.registry != before.registry
    assert registry.coordinator == before.coordinator
    sign(store, LAB, 0, 7, 1)
    digests.touch(LAB, 0)
    assert digests.roots()[:2] == registry[:2]
    assert digests.roots().document != registry.document


def test_only_what_was_touched_is_read_again(store, digests):
    sign(store, LAB, 0, 7, 1)
    before = everything(digests)
    sign(store, LAB, 0, 7, 2)
    assert everything(digests) == before
    digests.touch(LAB, 0)
    assert everything(digests) == everything(Digests(store.shards)) != before


def test_whatever_happens_they_are_as_if_made_anew(store, digests):
    dice = random.Random(7)
    lengths: dict[tuple[Author, int, int], int] = {}
    for _ in range(60):
        run = (dice.choice((LAB, WARD, REGISTRY)), dice.randrange(3), dice.randrange(1, 4))
        lengths[run] = lengths.get(run, 0) + dice.randrange(1, 5)
        sign(store, *run, lengths[run])
        if dice.random() < 0.5:
            everything(digests)  # so that some are kept and some are not
        digests.touch(*run[:2])
        assert everything(digests) == everything(Digests(store.shards))


def crowd(store, digests, author: Author, number: int) -> None:
    store.connection.execute(
        "UPDATE shards SET facts = ? WHERE author = ? AND number = ?",
        (runs.SHARD_FACTS_MAX + 1, author, number),
    )
    digests.touch(author, number)


def test_a_crowded_shard_leaves_the_digests_and_is_named(store, digests):
    for author, number in ((LAB, 0), (WARD, 1)):
        sign(store, author, number, 7, 1)
    others = everything(Digests(store.shards))
    sign(store, WARD, 0, 7, 1)
    everything(digests)
    crowd(store, digests, WARD, 0)
    assert digests.roots() == others[0]
    assert digests.summary() == others[1]
    assert digests.shards(WARD, 0, 99) == (ShardDigest(0, CROWDED), *others[2][1])
    assert everything(digests) == everything(Digests(store.shards))


def test_an_author_with_crowded_shards_only_has_a_row_and_no_part_in_the_root(store, digests):
    nothing = digests.roots()
    sign(store, LAB, 0, 7, 1)
    everything(digests)
    crowd(store, digests, LAB, 0)
    assert digests.roots() == nothing
    assert digests.summary() == (AuthorRow(LAB, 0, runs.author_digest(b""), CROWDED),)
    assert everything(digests) == everything(Digests(store.shards))


def test_many_runs_crowd_a_shard_too(store, digests, monkeypatch):
    monkeypatch.setattr(runs, "SHARD_RUNS_MAX", 60)
    everything(digests)
    for client in range(1, runs.SHARD_RUNS_MAX + 1):
        sign(store, LAB, 0, client, 1)
    store.connection.execute("UPDATE shards SET facts = ?", (runs.SHARD_RUNS_MAX + 1,))
    digests.touch(LAB, 0)
    assert digests.shards(LAB, 0, 99)[0].digest != CROWDED
    sign(store, LAB, 0, runs.SHARD_RUNS_MAX + 1, 1)
    sign(store, LAB, 0, runs.SHARD_RUNS_MAX + 2, 1)
    digests.touch(LAB, 0)
    assert digests.shards(LAB, 0, 99) == (ShardDigest(0, CROWDED),)
    ends = store.shards.ends_of(LAB, 0)
    assert len(ends) == runs.SHARD_RUNS_MAX + 1, "with so many another replica's is crowded too"


def test_after_forgetting_everything_is_read_again(store, digests):
    sign(store, LAB, 0, 7, 1)
    before = everything(digests)
    sign(store, LAB, 0, 7, 2)
    digests.forget()
    assert everything(digests) == everything(Digests(store.shards)) != before


def test_one_page_of_very_many_shards_costs_a_page(store, digests):
    """Of an author with a million shards nobody makes a list to answer with a thousand."""
    author = AuthorDigests()
    numbers = range(0, 20_000, 2)
    for number in numbers:
        author.put(number, number.to_bytes(32))
    for crowded in (3, 5, 9_999):
        author.put(crowded, CROWDED)
    assert [row.number for row in author.some(0, 5)] == [0, 2, 3, 4, 5]
    assert [row.number for row in author.some(4, 2)] == [4, 5]
    assert [row.number for row in author.some(9_998, 3)] == [9_998, 9_999, 10_000]
    assert author.some(19_999, 5) == []
    assert [author.get(number) for number in (2, 5, 7, 20_000)] == [
        (2).to_bytes(32),
        CROWDED,
        None,
        None,
    ]
    assert author.some(2, 1) == [ShardDigest(2, (2).to_bytes(32))]
    tracemalloc.start()
    author.some(0, 1_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
