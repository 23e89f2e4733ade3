"""A snapshot: one commit and nothing newer, its own registry, and no way to write."""

import sqlite3
from datetime import date

import pytest

from sync.model import runs
from sync.reading.connection import FoldedRegistry, ReadConnection
from tests.sync.patients import reading


@pytest.fixture
def connection(lab):
    one = ReadConnection(lab.path, lambda: date(2026, 1, 5), FoldedRegistry())
    yield one
    one.close()


def test_what_is_committed_meanwhile_is_not_in_it(lab, connection):
    lab.register_offline()
    with connection.snapshot() as snapshot:
        assert snapshot.counts.newest_id() == 1
        lab.register_offline()
        assert snapshot.counts.newest_id() == 1
        assert snapshot.people.by_id(2) is None
    with connection.snapshot() as snapshot:
        assert snapshot.counts.newest_id() == 2


def test_it_knows_which_database_it_is(lab):
    with reading(lab) as snapshot:
        assert snapshot.identity.incarnation == lab.writer.identity.incarnation


def test_nothing_can_be_written_through_it(lab):
    with reading(lab) as snapshot, pytest.raises(sqlite3.OperationalError, match="readonly"):
        snapshot.store.meta.checked_ms = 1


def test_shards_that_are_too_large_are_named(lab, monkeypatch):
    lab.register_offline()
    with reading(lab) as snapshot:
        assert snapshot.oversized_shards() == []
    monkeypatch.setattr(runs, "SHARD_FACTS_MAX", 0)
    monkeypatch.setattr(runs, "SHARD_RUNS_MAX", 0)
    with reading(lab) as snapshot:
        assert "LAB1-PC/0" in snapshot.oversized_shards()
