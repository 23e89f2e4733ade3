"""A snapshot of a database that cannot be written to shows what a transaction shows."""

import sqlite3

import pytest

from sync.engine import issuing
from sync.errors import StoreMissing
from sync.model.facts import COORDINATOR, REGISTRY, Allocator, Author, Incarnation
from sync.reading.view import ReplicaIdentity, StoredView
from sync.storage.store import Store


@pytest.mark.parametrize(
    ("author", "is_coordinator", "names"),
    [(Author("LAB1-PC"), False, ("LAB1-PC",)), (COORDINATOR, True, (REGISTRY, COORDINATOR))],
)
def test_a_coordinator_writes_under_two_names(author, is_coordinator, names):
    assert ReplicaIdentity(author, Incarnation(b"12345678"), is_coordinator).names == names


def test_a_coordinators_snapshot_is_a_coordinators(clinic):
    hub = clinic.coordinator
    assert StoredView.of(hub.writer.store).identity == hub.writer.identity
    assert hub.writer.identity.is_coordinator


def test_a_snapshot_of_what_cannot_be_written_shows_what_a_transaction_shows(lab):
    lab.register_offline()
    reading = Store(sqlite3.connect(f"{lab.path.as_uri()}?mode=ro", uri=True))
    seen = StoredView.of(reading)
    assert seen.identity == lab.writer.identity
    assert seen.registry.terminals == lab.writer.registry.terminals
    shown = issuing.prospects(seen, lab.author, Allocator.NODE, None)
    assert shown == lab.writer.write(
        lambda tx: issuing.prospects(tx, lab.author, Allocator.NODE, None)
    )
    assert [prospect.used for prospect in shown] == [710000]
    reading.close()


def test_there_is_no_snapshot_of_a_store_that_is_nobodys(tmp_path):
    store = Store.create(tmp_path / "empty.db")
    with pytest.raises(StoreMissing):
        StoredView.of(store)
    store.close()
