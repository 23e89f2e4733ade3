"""What this replica's clients were told: ids, answers, changes, webhooks, cards, holders."""

import sqlite3

import pytest

from sync.model.numbers import Mrn
from sync.rules.feed import FeedChange, FeedEntry
from sync.storage.local import IDS_SKIPPED, Webhook

NOW_MS = 1_767_600_000_000
ENTRIES = [
    FeedEntry(1, FeedChange.REGISTERED, "710000"),
    FeedEntry(1, FeedChange.NUMBER_CHANGED, "710005", "710000"),
]


@pytest.fixture
def local(store):
    return store.local


def test_ids_of_people_go_on_above_the_people_and_above_what_was_skipped(store, local):
    assert local.next_patient_id() == 1
    store.connection.execute(
        "INSERT INTO patients (id, run, clock, record, fact, author, offline, status, well_formed,"
        " understood, admitted, resolved)"
        " VALUES (7, 1, 0, x'01', x'02', 'LAB', 0, 'pending', 1, 1, 0, 0)"
    )
    assert local.next_patient_id() == 8
    local.go_on_above(lambda count: bytes(count - 1) + b"\x02", NOW_MS)
    assert local.next_patient_id() == 8 + IDS_SKIPPED + 2
    store.connection.execute("UPDATE patients SET id = 2000000")
    assert local.next_patient_id() == 2000001


def test_an_answer_is_kept_once(local):
    local.keep_answer(b"key", b"request", 3)
    assert local.answer(b"key") == (b"request", 3)
    assert local.answer(b"other") is None
    with pytest.raises(sqlite3.IntegrityError):
        local.keep_answer(b"key", b"request", 4)


def test_changes_are_kept_in_order_under_growing_cursors(store, local):
    assert local.newest_change() == 0
    local.log_changes(1000, ENTRIES)
    local.log_changes(1001, [])
    rows = store.connection.execute("SELECT * FROM changes ORDER BY id").fetchall()
    assert rows == [
        (1, 1000, 1, "registered", "710000", None),
        (2, 1000, 1, "number_changed", "710005", "710000"),
    ]
    assert local.newest_change() == 2


def test_a_database_that_was_set_back_goes_on_above_every_cursor_it_may_have_told(local):
    local.log_changes(1000, ENTRIES)
    local.go_on_above(bytes, NOW_MS)
    local.log_changes(1001, ENTRIES[:1])
    first = local.newest_change()
    assert first > NOW_MS
    local.log_changes(1002, ENTRIES[:1])
    assert local.newest_change() == first + 1


def test_a_database_of_the_future_goes_on_above_its_own_cursors(store, local):
    ahead = NOW_MS + 10**12
    store.connection.execute(
        "INSERT INTO changes VALUES (?, 0, 1, 'amended', NULL, NULL)", (ahead,)
    )
    local.go_on_above(bytes, NOW_MS)
    local.log_changes(1001, ENTRIES[:1])
    assert local.newest_change() == ahead + IDS_SKIPPED + 1


def test_each_time_it_is_set_back_its_cursors_are_of_another_epoch(store, local):
    """Whatever the clock says: two copies of one backup may count the same cursors again."""
    store.meta.replica = b"r" * 16
    assert local.feed_epoch == (b"r" * 16).hex()
    for one in (b"\x01", b"\x02"):
        local.go_on_above(lambda count, one=one: one * count, NOW_MS)
        assert local.feed_epoch == one.hex() * 8


def test_webhooks_are_added_advanced_and_removed_one_by_one(local):
    one = local.add_webhook("http://one/", "secret", 5, 1000)
    two = local.add_webhook("http://two/", "other", 9, 1000)
    local.advance_webhook(one.id, 6)
    assert local.webhooks() == [Webhook(one.id, "http://one/", "secret", 6), two]
    local.remove_webhook(one.id)
    assert local.webhooks() == [two]


def test_a_removed_webhook_leaves_its_id_to_nobody(local):
    one = local.add_webhook("http://one/", "secret", 5, 1000)
    local.remove_webhook(one.id)
    assert local.add_webhook("http://two/", "other", 5, 1000).id > one.id


def test_a_card_shows_what_was_printed_last_whatever_the_clock_says(local):
    assert local.card_of(1) is None
    local.note_reprinted(1, Mrn("710005"), 5000)
    local.note_reprinted(2, Mrn("710006"), 5000)
    local.note_reprinted(1, Mrn("710000"), 1000)  # the clock was set back in between
    assert (local.card_of(1), local.card_of(2)) == ("710000", "710006")
    local.note_reprinted(1, Mrn("710005"), 2000)  # and a number that was printed before
    assert local.card_of(1) == "710005"


def test_every_change_of_hands_is_logged(store, local):
    local.log_holders(1000, [(Mrn("710000"), None, 3), (Mrn("710001"), 3, None)])
    local.log_holders(1001, [])
    rows = store.connection.execute("SELECT at_ms, mrn, former, holder FROM holder_changes")
    assert rows.fetchall() == [(1000, "710000", None, 3), (1000, "710001", 3, None)]
