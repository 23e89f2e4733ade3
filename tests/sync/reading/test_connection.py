"""A connection that reads: the registry of a snapshot is the one of its own tables."""

from datetime import date

import pytest

from sync.reading.connection import FoldedRegistry, ReadConnection
from tests.clinic import pull


@pytest.fixture
def connection(lab):
    one = ReadConnection(lab.path, lambda: date(2026, 1, 5), FoldedRegistry())
    yield one
    one.close()


def test_its_registry_is_that_of_its_tables(clinic, lab, connection):
    before = lab.query("SELECT count(*) FROM registry")[0][0]
    with connection.snapshot() as snapshot:
        clinic.grant_range("LAB1-PC", "730000-739999")
        pull(lab, clinic.coordinator)
        assert len(list(snapshot.store.decisions.registry_entries())) == before
        assert [block.range.text for block in snapshot.registry.blocks] == ["710000-719999"]
    with connection.snapshot() as snapshot:
        ranges = [block.range.text for block in snapshot.registry.blocks]
        assert ranges == ["710000-719999", "730000-739999"]


def test_the_registry_is_folded_anew_only_after_a_commit_that_changed_it(clinic, lab, connection):
    found = []
    for _ in range(3):
        lab.register_offline()
        with connection.snapshot() as snapshot:
            found.append(snapshot.registry)
    assert found[0] is found[1] is found[2]
    clinic.grant_range("LAB1-PC", "730000-739999")
    pull(lab, clinic.coordinator)
    with connection.snapshot() as snapshot:
        assert snapshot.registry is not found[0]
