"""The newest time of each author is found at once, in whatever order times come."""

import pytest

from sync.model.facts import Author
from sync.storage.times.days import DAY_MS, day_of

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
TIMES = [ms << 15 for ms in (5, 2 * DAY_MS + 9, 2 * DAY_MS + 3, DAY_MS)]


@pytest.mark.parametrize("times", [TIMES, TIMES[::-1]])
def test_the_newest_time_of_each_author_is_kept(store, times):
    assert store.written.newest(0) == []
    for hlc in times:
        store.written.note({(WARD, day_of(hlc)): hlc, (LAB, day_of(7)): 7})
    store.written.note({})
    assert store.written.newest(0) == [(LAB, 7), (WARD, max(TIMES))]
    assert store.written.newest(7) == [(WARD, max(TIMES))]
    assert store.written.newest(max(TIMES)) == []
    rows = store.connection.execute("SELECT day, newest FROM written WHERE author = ?", (WARD,))
    assert rows.fetchall() == [(0, TIMES[0]), (1, TIMES[3]), (2, TIMES[1])]
