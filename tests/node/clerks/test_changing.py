"""A clerk's own PIN changes only when the coordinator says so."""

from types import SimpleNamespace

import pytest

from node.clerks.changing import PinChanging
from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from node.errors import PinChangeUnanswered, PinNeedsCoordinator, PinNotChanged
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import COORDINATOR, Author
from sync.protocol.events import PinChangeArrived
from sync.rules.clerks import Clerk, Clerks

LAB = Author("LAB1-PC")
SADIA = Clerk(b"s" * 16, "Sadia", None, 1, 1, removed=False, heads=())


class Line:
    """A connection that answers as a test says."""

    def __init__(self, bench, author, answers, welcomed=True):
        self.peer = SimpleNamespace(author=author)
        self.welcomed = welcomed
        self.is_ending = False
        self.sent = []
        self._bench = bench
        self._answers = answers

    async def ask(self, send, _timeout_s):
        send(SimpleNamespace(change_pin=self.sent.append))
        return self._answers(self._bench)


class Bench:
    def __init__(self, folder):
        self.list = Clerks({SADIA.id: SADIA}, True, ())
        self.pins = PinFile(folder, lambda: 0.0)
        self.clerks = DeskClerks(LAB, (), lambda: self.list, self.pins)
        self.lines = []
        self.changing = PinChanging(self.clerks, self.pins, lambda: self.lines)
        self.pins.keep([ClerkPin(SADIA.id, 1, "first")], {SADIA.id: SADIA})

    def meet(self, answers, author=COORDINATOR, welcomed=True):
        self.lines.append(Line(self, author, answers, welcomed))
        return self.lines[-1]

    def hears_of_it(self):
        self.list = Clerks({SADIA.id: SADIA._replace(pin=2, pins=2)}, True, ())

    def counts(self):
        return self.pins.verifier_of(self.clerks.named("Sadia"))


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def done(bench):
    bench.hears_of_it()
    return PinChangeArrived(1, "")


async def test_the_next_pin_is_sent_and_counts_here_at_once(bench):
    bench.meet(done, Author("WARD-PC"))
    line = bench.meet(done)
    await bench.changing.change(SADIA, "second")
    assert line.sent == [ClerkPin(SADIA.id, 2, "second")]
    assert bench.counts() == "second"
    assert bench.lines[0].sent == [], "another desk hears nothing"


async def test_what_the_fact_does_not_say_yet_does_not_count(bench):
    bench.meet(lambda _: PinChangeArrived(1, ""))
    await bench.changing.change(SADIA, "second")
    assert bench.counts() == "first"


@pytest.mark.parametrize(
    ("answer", "error"),
    [(PinChangeArrived(1, "in_recovery"), PinNotChanged), (None, PinChangeUnanswered)],
)
async def test_without_a_yes_the_former_one_counts(bench, answer, error):
    bench.meet(lambda _: answer)
    with pytest.raises(error):
        await bench.changing.change(SADIA, "second")
    assert bench.counts() == "first"


async def test_out_of_touch_nothing_is_asked(bench):
    bench.meet(done, Author("WARD-PC"))
    early = bench.meet(done, welcomed=False)
    ending = bench.meet(done)
    ending.is_ending = True
    with pytest.raises(PinNeedsCoordinator):
        await bench.changing.change(SADIA, "second")
    assert early.sent == ending.sent == []
