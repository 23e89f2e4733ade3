"""Where the next number comes from, against a line to the coordinator that a test controls."""

import pytest

from coordinator.judging.arbiter import Arbiter
from node.allocator import PROBES_NEEDED, NodeAllocator, Trust
from sync.errors import NoRange, RangeExhausted
from sync.protocol.questions import Granted, Merge
from sync.witness.memory import Witness
from tests.clinic import Clinic, missing_batches
from tests.sync.patients import reading


class Line:
    """A line to the real coordinator of a test clinic, which can be cut or hang."""

    def __init__(self, clinic, desk) -> None:
        self.clinic = clinic
        self.desk = desk
        self.coordinator_live = True
        self.hangs = False
        self.asked = 0

    async def request_number(self, record, terminal, timeout_s):
        self.asked += 1
        if self.hangs:
            return None
        arbiter: Arbiter = self.clinic.coordinator.arbiter
        issued = self.clinic.act(lambda tx: arbiter.grant(tx, record, terminal))
        batches = missing_batches(self.desk, self.clinic.coordinator)
        self.desk.exchange.merge(Merge(tuple(batches)))
        return Granted(issued.mrn)

    async def probe(self, timeout_s):
        return not self.hangs


class Replica:
    """The desk's writer where the allocator expects a replica."""

    def __init__(self, desk) -> None:
        self.desk = desk

    async def register(self, author, draft, issue):
        return self.desk.register(draft, issue)

    async def was_answered(self, key):
        return key is not None and self.desk.writer.store.local.answer(key) is not None


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def desk(clinic):
    return clinic.desk("LAB1-PC", "710000-710002")


@pytest.fixture
def line(clinic, desk):
    return Line(clinic, desk)


@pytest.fixture
def witness(tmp_path):
    return Witness.create(tmp_path / "witness", "machine", 0)


@pytest.fixture
def allocator(desk, line, witness):
    desk.be_witnessed(witness)
    return NodeAllocator(desk.author, line, witness)


async def number(allocator, desk, offline=False, **draft):
    registered = await allocator.register(Replica(desk), desk.draft()._replace(**draft), offline)
    return registered.issued.mrn


async def test_the_coordinator_gives_numbers_while_it_answers(allocator, desk):
    assert await number(allocator, desk) == "PAT-20260105-0001"
    assert await number(allocator, desk) == "PAT-20260105-0002"


async def test_a_client_may_ask_for_the_desks_own_numbers(allocator, desk, line):
    assert await number(allocator, desk, offline=True) == "710000"
    assert line.asked == 0


async def test_without_a_line_the_own_range_is_used_at_once(allocator, desk, line):
    line.coordinator_live = False
    assert await number(allocator, desk) == "710000"
    assert line.asked == 0


async def test_after_one_time_out_nobody_waits_until_three_probes_succeed(allocator, desk, line):
    line.hangs = True
    assert await number(allocator, desk) == "710000"
    assert await number(allocator, desk) == "710001"
    assert line.asked == 1
    line.hangs = False
    pauses = 0

    async def pause(_seconds):
        nonlocal pauses
        pauses += 1
        if pauses > PROBES_NEEDED:
            raise StopAsyncIteration
        assert not allocator.online

    with pytest.raises(StopAsyncIteration):
        await allocator.probe_while_suspended(pause)
    assert await number(allocator, desk) == "PAT-20260105-0001"


@pytest.mark.parametrize(
    ("answers", "suspended"),
    [
        ([True, True], True),
        ([True, True, True], False),
        ([True, True, False, True, True], True),
        ([False, True, True, True], False),
    ],
)
def test_only_probes_in_a_row_count(answers, suspended):
    trust = Trust()
    trust.timed_out()
    for answered in answers:
        trust.probed(answered)
    assert trust.suspended is suspended


async def test_an_exhausted_desk_asks_even_a_line_that_it_does_not_trust(allocator, desk, line):
    line.hangs = True
    for _ in range(3):
        await number(allocator, desk)
    with pytest.raises(RangeExhausted, match="710000-710002"):
        await number(allocator, desk)
    line.hangs = False
    assert not allocator.online
    assert await number(allocator, desk) == "PAT-20260105-0001"


async def test_a_desk_set_back_behind_its_witness_gives_nothing(allocator, witness, desk):
    backup = desk.back_up()
    for _ in range(2):
        await allocator.register(Replica(desk), desk.draft(), offline=True)
    desk.restore(backup)
    witness.read()
    with pytest.raises(NoRange, match="up to 710001 were issued"):
        await number(allocator, desk, offline=True)


async def test_a_repeated_request_asks_for_no_second_number(allocator, desk, line):
    first = await allocator.register(Replica(desk), desk.draft()._replace(key=b"k" * 16), False)
    again = await allocator.register(Replica(desk), desk.draft()._replace(key=b"k" * 16), False)
    assert again == (first.patient, None)
    assert line.asked == 1


async def test_the_witness_is_not_newer_than_what_is_read_of_the_ranges(allocator, desk):
    """Else each number that is issued meanwhile would seem to have been lost by the database."""

    async def register() -> None:
        await allocator.register(Replica(desk), desk.draft(), True)

    await register()
    before = allocator.prospects()
    with reading(desk) as snapshot:
        await register()
        (prospect,) = before(snapshot)
        assert (prospect.used, prospect.objection) == (710000, None)
        (prospect,) = allocator.prospects()(snapshot)
        assert "does not know" in prospect.objection, "the order of the two matters"
    with reading(desk) as snapshot:
        (prospect,) = before(snapshot)
        assert (prospect.used, prospect.objection) == (710001, None)
