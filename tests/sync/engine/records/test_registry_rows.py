"""What the coordinator decided is in force after a start, whatever the disk made of its rows."""

import pytest

from coordinator.registry import pool
from sync.engine.records import registry_rows
from sync.model.facts import RANGE, REGISTRY
from sync.model.numbers import NumberRange
from tests.sync.conftest import LAB

RANGE_ROW = f"kind = '{RANGE}'"
FAULTS = {
    "it is gone": f"DELETE FROM registry WHERE {RANGE_ROW}",
    "its bytes are others": f"UPDATE registry SET body = x'c1' || body WHERE {RANGE_ROW}",
    "its bytes say something else": (
        "UPDATE registry SET body = (SELECT body FROM registry WHERE kind = 'terminal' LIMIT 1)"
        f" WHERE {RANGE_ROW}"
    ),
    "they are a text": f"UPDATE registry SET body = 'a text' WHERE {RANGE_ROW}",
    "its time is none": f"UPDATE registry SET hlc = 'a text' WHERE {RANGE_ROW}",
    "it is of another kind": f"UPDATE registry SET kind = 'other' WHERE {RANGE_ROW}",
    "its kind is no text": f"UPDATE registry SET kind = CAST(x'ff' AS TEXT) WHERE {RANGE_ROW}",
    "it is of nobody": f"UPDATE registry SET fact = x'00' WHERE {RANGE_ROW}",
    "whose it is is a text": f"UPDATE registry SET fact = CAST(x'ff' AS TEXT) WHERE {RANGE_ROW}",
    "it is there twice": (
        f"INSERT INTO registry SELECT x'00', kind, hlc, body FROM registry WHERE {RANGE_ROW}"
    ),
}


def next_block(clinic):
    return clinic.act(pool.next_block)


@pytest.fixture
def given(clinic, lab):
    """The block after the one that the lab has."""
    clinic.act(lambda tx: pool.change(tx, NumberRange(710_000, 739_999), 10_000, None, False))
    return next_block(clinic)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_block_is_not_granted_again_where_its_row_has_changed(clinic, given, fault):
    rows = clinic.coordinator.query("SELECT * FROM registry ORDER BY fact")
    clinic.coordinator.query(FAULTS[fault])
    clinic.coordinator.reopen()
    assert clinic.coordinator.writer.store.unreadable, "the database is looked at"
    assert next_block(clinic) == given
    assert clinic.coordinator.query("SELECT * FROM registry ORDER BY fact") == rows


def test_rows_stay_where_the_facts_have_changed(clinic, given):
    """Only the rows know then what was written."""
    rows = clinic.coordinator.query("SELECT * FROM registry ORDER BY fact")
    clinic.coordinator.query(
        "UPDATE facts SET data = substr(data, 1, length(data) - 1) || x'00' WHERE run IN"
        " (SELECT r.id FROM runs r JOIN shards s ON s.id = r.shard WHERE s.author = ?)"
        " AND clock = 0",
        REGISTRY,
    )
    clinic.coordinator.reopen()
    assert clinic.coordinator.query("SELECT * FROM registry ORDER BY fact") == rows
    assert next_block(clinic) == given
    assert {block.terminal for block in clinic.coordinator.writer.registry.blocks} == {LAB}


def test_a_row_stays_whose_record_is_lost_with_its_run(clinic, given):
    """Who got a range must not be forgotten."""
    rows = clinic.coordinator.query("SELECT * FROM registry ORDER BY fact")
    clinic.coordinator.query(
        "DELETE FROM runs WHERE shard IN (SELECT id FROM shards WHERE author = ?)", REGISTRY
    )
    clinic.coordinator.reopen()
    assert clinic.coordinator.query("SELECT * FROM registry ORDER BY fact") == rows
    assert next_block(clinic) == given


def test_nothing_is_written_where_nothing_has_changed(clinic, lab):
    store = clinic.coordinator.writer.store
    before = store.connection.total_changes
    registry_rows.mend(store)
    assert not store.unreadable
    assert store.connection.total_changes == before
