"""What became of each number that somebody was registered with, along an index."""

from sync.model.numbers import NumberRange
from sync.reading.reports.ledger import ClaimedNumber, Fate
from tests.sync.patients import reading


def test_numbers_of_different_lengths_are_in_their_order(clinic):
    desk = clinic.desk("DESK-PC", "98-103")
    for _ in range(4):
        desk.register_offline()
    with reading(desk) as snapshot:
        assert list(snapshot.ledger.of_range(NumberRange(99, 101))) == [
            ClaimedNumber(99, Fate.WAITING),
            ClaimedNumber(100, Fate.WAITING),
            ClaimedNumber(101, Fate.WAITING),
        ]


def test_a_range_is_read_along_an_index(lab):
    lab.register_offline()
    with reading(lab) as snapshot:
        asked: list[str] = []
        connection = snapshot.store.connection
        connection.set_trace_callback(asked.append)
        list(snapshot.ledger.of_range(NumberRange(710000, 719999)))
        list(snapshot.ledger.of_day("20260105"))
        connection.set_trace_callback(None)
        for sql in asked:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert not [step for step in plan if step.startswith("SCAN p")], plan
        assert len(asked) == 2
        assert snapshot.ledger.granted_on("20260105") == set()
