"""The next signing key says what counts of the former one, and ends what that had given."""

from __future__ import annotations

import pytest

from coordinator.registry import authorities, enrolments, succession
from coordinator.registry.enrolments import NewCode
from coordinator.registry.succession import Replaced
from sync.engine import keys
from sync.engine.writer import Writer
from sync.model import runs
from sync.model.facts import COORDINATOR, ENDS_MAX, REGISTRY

NEXT = keys.Signer.from_seed(b"n" * 32)


@pytest.fixture
def former(clinic, lab):
    """The key of before, with a code and an authority that it vouched for."""
    clinic.act(lambda tx: authorities.vouch(tx, b"certificate"))
    clinic.act(lambda tx: enrolments.new_code(tx, "WARD-PC", None, NewCode(b"id", b"secret"), 60))
    return clinic.coordinator_key.public_key


def replace(clinic, former, trusted):
    """The coordinator's writer with the next key, which has taken over."""
    clinic.coordinator.close()
    clinic.coordinator.signer = NEXT
    clinic.coordinator.open()
    writer = clinic.coordinator.writer
    writer.live = True
    former_key = Replaced((former,), trusted, "why", "console:admin")
    writer.write(lambda tx: succession.take_over(tx, former_key, NEXT.public_key))
    return writer


def runs_of(writer: Writer):
    return [
        (shard, run)
        for shard, run in writer.store.shards.all_runs()
        if shard.author in (REGISTRY, COORDINATOR)
    ]


def test_after_a_loss_the_former_key_counts_on(clinic, former):
    writer = replace(clinic, former, trusted=True)
    assert writer.registry.succession.trusted == {former}
    assert not any(fact.ends for fact in writer.registry.succession.said)


def test_after_a_theft_every_run_counts_up_to_where_it_ends_here(clinic, former):
    coordinator = clinic.coordinator.writer
    before = {(shard.author, shard.number, run.signed_link) for shard, run in runs_of(coordinator)}
    writer = replace(clinic, former, trusted=False)
    found = writer.registry.succession
    assert (found.former, found.trusted) == ({former}, frozenset())
    vouched = {(end.author, end.shard, end.link) for fact in found.said for end in fact.ends}
    assert vouched == before
    own = runs.key_id(NEXT.public_key)
    assert [run.key for _, run in runs_of(writer)].count(own) == 1


def test_codes_and_authorities_of_before_end(clinic, former):
    writer = replace(clinic, former, trusted=True)
    assert writer.registry.authorities_withdrawn == {b"certificate"}
    assert enrolments.all_codes(writer.store) == {}


def test_it_is_said_once(clinic, former):
    writer = replace(clinic, former, trusted=False)
    commits = writer.commit_number
    former_key = Replaced((former,), False, "again", "console:admin")
    writer.write(lambda tx: succession.take_over(tx, former_key, NEXT.public_key))
    assert writer.commit_number == commits


def test_of_several_keys_each_is_said_once_and_the_ends_beside_one(clinic, former):
    writer = replace(clinic, former, trusted=True)
    both = Replaced((former, b"2" * 32), False, "found", "console:admin")
    writer.write(lambda tx: succession.take_over(tx, both, NEXT.public_key))
    found = writer.registry.succession
    assert (found.former, found.trusted) == ({former, b"2" * 32}, frozenset())
    assert len({fact.ends for fact in found.said if fact.ends}) == 1
    assert sum(bool(fact.ends) for fact in found.said) == 1


def test_more_ends_than_one_fact_holds_are_said_by_several(clinic, former, monkeypatch):
    monkeypatch.setattr(succession, "ENDS_MAX", 1)
    clinic.coordinator.reopen()
    clinic.act(lambda tx: authorities.vouch(tx, b"another"))
    clinic.coordinator.writer.sign_tails()
    writer = replace(clinic, former, trusted=False)
    said = writer.registry.succession.said
    assert len(said) == len(runs_of(writer)) - 1 > 1
    assert ENDS_MAX > 1


def test_a_key_that_signed_nothing_here_is_told_from_one_that_did(clinic, former):
    store = clinic.coordinator.writer.store
    assert succession.is_used(store, former)
    assert not succession.is_used(store, NEXT.public_key)
