"""The small table of a database: every key keeps its name and form on disk, and reads back."""

import pytest

from sync.errors import StoreDamaged
from sync.model import facts
from sync.model.believed import KeptTime
from sync.model.facts import Author, Incarnation
from sync.model.numbers import NumberRange
from sync.rules.ageing import Ageing
from sync.rules.chains import Checkpoint, Head
from sync.storage.meta import IN_DOUBT_MAX, DaySpan, Meta, Value

ON_DISK = {
    "author": (Author("LAB1-PC"), "author", "LAB1-PC"),
    "replica": (b"r" * 16, "replica", b"r" * 16),
    "incarnation": (Incarnation(b"12345678"), "incarnation", b"12345678"),
    "projection_version": (6, "projection", 6),
    "kept_time": (KeptTime(5, True, False, 7), "kept_time", b"\x94\x05\xc3\xc2\x07"),
    "serial_floor": (41, "serial_floor", 41),
    "noticed_behind": (
        frozenset({"710000-719999: up to 710005", "1-9: up to 7"}),
        "noticed_behind",
        facts.pack(["1-9: up to 7", "710000-719999: up to 710005"]),
    ),
    "given": (2**56 + 2, "given", 2**56 + 2),
    "doubted_sheet": (b"s" * 16, "doubted_sheet", b"s" * 16),
    "own_pasts_met": (2, "own_pasts_met", 2),
    "feed_epoch": ("0123456789abcdef", "feed_epoch", "0123456789abcdef"),
    "patient_floor": (1_000_000, "patient_floor", 1_000_000),
    "commits": (12, "commits", 12),
    "registry_changed_by": (11, "registry_changed_by", 11),
    "indexed": (500, "indexed", 500),
    "compared": (700, "compared", 700),
    "search_rule": ("2/15.0.0/PK", "search_rule", "2/15.0.0/PK"),
    "checked_ms": (1_767_600_000_000, "checked_ms", 1_767_600_000_000),
    "backup_wait_s": (3600, "backup_wait_s", 3600),
    "looks_ageing": (Ageing(5, 4, 3, 2, 1), "looks_ageing", b"\x95\x05\x04\x03\x02\x01"),
    "wal_base": (12, "commits before the wal", 12),
    "in_use": (True, "commits in use", 1),
    "set_back": ("its WAL is older", "set_back", "its WAL is older"),
    "recovery": ("its database is older", "recovery", "its database is older"),
    "recovery_merged": (
        frozenset({Author("WARD"), Author("LAB")}),
        "recovery_merged",
        facts.pack(["LAB", "WARD"]),
    ),
    "restored": (True, "restored", 1),
    "recovery_whole": (41, "recovery_whole", 41),
    "witness": (2**56 + 1, "witness", 2**56 + 1),
    "day_spans": (
        (DaySpan("20260105", "20280301", 10_007),),
        "day_spans",
        facts.pack([["20260105", "20280301", 10_007]]),
    ),
    "recovery_gave_up": (True, "recovery_gave_up", 1),
    "ranges_forgotten": (True, "range_floor", 1),
    "day_floors": ({"20260105": 10_007}, "day_floors", facts.pack({"20260105": 10_007})),
    "quotas_lifted": ({"LAB1-PC": 5}, "quotas_lifted", facts.pack({"LAB1-PC": 5})),
    "quotas_lifted_at": ({"LAB1-PC": 4}, "quotas_lifted_at", facts.pack({"LAB1-PC": 4})),
    "caused": ({"pins LAB1-PC": [4, 5]}, "caused", facts.pack({"pins LAB1-PC": [4, 5]})),
    "facility": ("Rehman Clinic", "facility", "Rehman Clinic"),
    "seen": ({"LAB1-PC": 5}, "seen", facts.pack({"LAB1-PC": 5})),
    "number_formats": ({"plain": ["L"]}, "number_formats", facts.pack({"plain": ["L"]})),
    "looks_checkpoint": (
        Checkpoint(Head(7, b"h" * 32), 5, b"k" * 32, b"s" * 64),
        "looks_checkpoint",
        facts.pack([7, b"h" * 32, 5, b"k" * 32, b"s" * 64]),
    ),
    "pool": ({"on": True}, "pool", facts.pack({"on": True})),
}
"""Accessor -> (a value, its key, the form in which the table holds it)."""


@pytest.fixture
def meta(store):
    return store.meta


def rows(meta):
    return dict(meta.connection.execute("SELECT key, value FROM meta"))


def test_every_accessor_is_tested_here():
    assert {name for name, one in vars(Meta).items() if isinstance(one, Value)} == set(ON_DISK)


@pytest.mark.parametrize("name", ON_DISK)
def test_a_value_has_its_key_and_form_and_reads_back(meta, name):
    value, key, stored = ON_DISK[name]
    setattr(meta, name, value)
    assert rows(meta)[key] == stored
    assert getattr(meta, name) == value


def test_the_time_that_an_earlier_version_noted_does_not_say_what_the_clock_showed(meta):
    meta.connection.execute("INSERT INTO meta VALUES ('kept_time', x'9305c3c2')")
    assert meta.kept_time == KeptTime(5, True, False, 0)


def test_what_was_never_written_has_a_value_that_says_so(meta):
    assert (meta.author, meta.recovery, meta.pool, meta.checked_ms) == (None,) * 4
    assert (meta.replica, meta.incarnation) == (b"", b"")
    assert (meta.kept_time.ms, meta.serial_floor, meta.own_pasts_met) == (0, 0, 0)
    assert (meta.patient_floor, meta.indexed, meta.feed_epoch) == (0, 0, "")
    assert (meta.recovery_whole, meta.witness, meta.day_spans) == (None, 0, ())
    assert (meta.recovery_gave_up, meta.ranges_forgotten) == (False, False)
    assert (meta.recovery_merged, meta.restored, dict(meta.day_floors)) == (set(), False, {})


def test_what_is_over_reads_like_what_never_was(meta):
    meta.recovery, meta.restored = "it was restored", True
    meta.recovery, meta.restored = None, False
    assert (meta.recovery, meta.restored) == (None, False)
    assert rows(meta)["restored"] is None, "an older version looks for NULL"


def test_a_write_belongs_to_the_transaction_around_it(meta):
    meta.serial_floor = 1
    meta.connection.execute("BEGIN IMMEDIATE")
    meta.serial_floor = 2
    meta.connection.execute("ROLLBACK")
    assert meta.serial_floor == 1


def test_each_range_has_a_count_of_its_own(meta):
    one, other = NumberRange(710000, 719999), NumberRange(720000, 729999)
    meta.set_supplied_below(one, 3)
    assert (meta.supplied_below(one), meta.supplied_below(other)) == (3, 0)
    assert rows(meta)["supplied below the cursor of 710000-719999"] == 3


def test_numbers_in_doubt_are_kept_for_each_range(meta):
    one, other = NumberRange(710000, 719999), NumberRange(720000, 729999)
    meta.add_in_doubt(one, 710003, 710003)
    meta.add_in_doubt(one, 710008, 710017)
    assert meta.in_doubt(one) == [(710003, 710003), (710008, 710017)]
    assert meta.in_doubt(other) == []
    assert "in doubt below the cursor of 710000-719999" in rows(meta)


def test_no_number_in_doubt_is_forgotten_however_many_there_are(meta):
    range_ = NumberRange(710000, 719999)
    added = [(number, number + 1) for number in range(710000, 710900, 9)]
    for first, last in added:
        meta.add_in_doubt(range_, first, last)
    found = meta.in_doubt(range_)
    assert len(found) == IN_DOUBT_MAX
    assert all(any(a <= first and last <= b for a, b in found) for first, last in added)
    assert found[-1] == added[-1]


def test_what_was_written_is_kept_by_its_place(meta):
    for run, clock in ((5, 0), (5, 17), (51, 3)):
        meta.keep_written(run, clock, bytes([run, clock]))
    assert meta.written(5) == {0: bytes([5, 0]), 17: bytes([5, 17])}
    assert meta.written(6) == {}
    assert meta.written_at(51, 3) == bytes([51, 3])
    assert meta.written_at(51, 4) is None
    assert rows(meta)["written at 51/3"] == bytes([51, 3])


@pytest.mark.parametrize(
    ("key", "attribute", "value"), [("commits", "commits", "7"), ("incarnation", "incarnation", 7)]
)
def test_a_value_of_another_kind_is_damage_where_nothing_else_would_notice_it(
    meta, key, attribute, value
):
    meta.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
    with pytest.raises(StoreDamaged, match=f"the value {key} in it cannot be read"):
        getattr(meta, attribute)


def test_addresses_are_kept_one_for_each_key(meta):
    meta.keep_addresses(b"k" * 32, b"first")
    meta.keep_addresses(b"l" * 32, b"other")
    meta.keep_addresses(b"k" * 32, b"second")
    assert sorted(meta.addresses()) == [b"other", b"second"]
    assert rows(meta)["addresses:" + "6b" * 32] == b"second"
    meta.keep_addresses(b"k" * 32, None)
    assert meta.addresses() == [b"other"]


@pytest.mark.parametrize("value", [b"\xc1", b"\x95\x01\x02\x03\x04\x05", b"\x01"])
def test_a_value_that_a_fault_of_the_disk_has_changed_is_damage(meta, value):
    meta.kept_time = KeptTime(1, True)
    meta.connection.execute("UPDATE meta SET value = ? WHERE key = 'kept_time'", (value,))
    with pytest.raises(StoreDamaged, match="the value kept_time in it cannot be read"):
        _ = meta.kept_time
