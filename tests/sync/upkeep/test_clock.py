"""The time over HTTP, and an administrator's word."""

from sync.http.operations import Needs
from sync.upkeep.clock import ClockOperations
from tests.clinic import START_MS
from tests.stepping import DAY_MS, Computer, opened


async def test_a_clock_that_steps_is_told_of_and_is_right_when_somebody_says_so(tmp_path):
    computer = Computer()
    async with opened(tmp_path, computer) as replica:
        operations = ClockOperations(replica, Needs.THIS_COMPUTER)
        shown = await operations.show(None)
        assert (shown["believed"], shown["settled"], shown["others"]) == (True, False, {})
        computer.wall_ms += 200 * DAY_MS
        shown = await operations.show(None)
        assert shown["believed"] is False
        assert shown["time"] < shown["shown"]
        replica.believed.tell("@coordinator", START_MS + 60_000)
        right = await operations.right(None)
        assert (right["believed"], right["settled"]) == (True, True)
        assert right["time"] == right["shown"] == shown["shown"]
        assert right["others"] == {"@coordinator": 60 - 200 * 86_400}
        kept = await replica.read(lambda snapshot: snapshot.store.meta.kept_time)
        assert kept.ms == computer.wall_ms, "a start in a moment must know of it"
