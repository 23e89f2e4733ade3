"""The coordinator is asked for what is lacking, and only what it says counts."""

from types import SimpleNamespace

import pytest

from node.clerks.asking import PinAsking
from node.clerks.names import DeskClerks
from node.clerks.pins import PinFile
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import COORDINATOR, Author
from sync.protocol.events import PinsArrived, PongArrived, Welcomed
from sync.protocol.questions import Commit
from sync.rules.clerks import Clerk, Clerks

LAB = Author("LAB1-PC")
SADIA = Clerk(b"s" * 16, "Sadia", None, 1, 1, removed=False, heads=())
PIN = ClerkPin(SADIA.id, 1, "a hash")


class Line:
    """A connection that keeps what is asked on it."""

    def __init__(self, author, welcomed=True):
        self.peer = SimpleNamespace(author=author)
        self.welcomed = welcomed
        self.is_ending = False
        self.asked = []

    def say(self, what):
        what(SimpleNamespace(ask_pins=self.asked.append))


class Bench:
    def __init__(self, folder):
        self.list = Clerks({SADIA.id: SADIA}, True, ())
        self.pins = PinFile(folder, lambda: 0.0)
        self.clerks = DeskClerks(LAB, (), lambda: self.list, self.pins)
        self.lines = []
        self.asking = PinAsking(self.clerks, self.pins, lambda: self.lines)

    def hears(self, line, event):
        self.asking.heard(line, event, self.lines)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_the_coordinator_is_asked_when_it_comes_and_its_answer_is_kept(bench):
    line = Line(COORDINATOR)
    bench.hears(line, Welcomed())
    assert line.asked == [[SADIA.id]]
    bench.hears(line, PinsArrived((PIN,)))
    assert bench.pins.verifier_of(SADIA) == "a hash"
    bench.hears(line, Welcomed())
    bench.hears(line, PongArrived(1))
    assert line.asked == [[SADIA.id]], "nothing is lacking"


def test_another_desk_is_not_asked_and_not_believed(bench):
    line = Line(Author("WARD-PC"))
    bench.hears(line, Welcomed())
    bench.hears(line, PinsArrived((PIN,)))
    assert (line.asked, bench.pins.verifier_of(SADIA)) == ([], None)
    line.peer = None
    bench.hears(line, PinsArrived((PIN,)))
    assert bench.pins.verifier_of(SADIA) is None


def test_when_the_list_changes_it_is_asked_again_and_forgets(bench):
    hub, early, ward = Line(COORDINATOR), Line(COORDINATOR, False), Line(Author("WARD-PC"))
    bench.lines = [hub, early, ward]
    bench.hears(hub, PinsArrived((PIN,)))
    second = SADIA._replace(pin=2, pins=2)
    bench.list = Clerks({SADIA.id: second}, True, ())
    bench.asking.committed(Commit((), None, False))
    assert hub.asked == []
    bench.asking.committed(Commit((), None, True))
    assert (hub.asked, early.asked, ward.asked) == ([[SADIA.id]], [], [])
    bench.list = Clerks({SADIA.id: second._replace(desks=frozenset())}, True, ())
    bench.asking.look()
    bench.list = Clerks({SADIA.id: SADIA}, True, ())
    assert bench.pins.verifier_of(SADIA) is None, "what is kept is gone with the work here"
