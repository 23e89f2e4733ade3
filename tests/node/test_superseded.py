"""A desk of which a copy was at work gets its next range; `test_accidents.py` here has more."""

from types import SimpleNamespace

import pytest

from coordinator.registry import terminals
from node.superseded import NextRange
from sync.engine import issuing
from sync.model.facts import Allocator, Incarnation
from tests.clinic import Clinic, pull


@pytest.fixture
def lab(tmp_path):
    """A desk that has used its range, and of which a copy has met the coordinator."""
    clinic = Clinic(tmp_path)
    lab = clinic.desk("LAB1-PC", "710000-710009")
    for _ in range(8):
        lab.register_offline()
    second = Incarnation(b"the copy")
    clinic.act(lambda tx: terminals.adopt_incarnation(tx, lab.author, second))
    pull(lab, clinic.coordinator)
    yield lab
    clinic.close()


class AsReplica:
    """The replica of a desk, as `NextRange` sees it."""

    def __init__(self, desk):
        self.desk = desk

    @property
    def registry(self):
        return self.desk.writer.registry

    @property
    def identity(self):
        return self.desk.writer.identity

    async def write(self, act):
        return self.desk.write(act)


def next_range(lab, heard, live=True, trusted=True, belongs=True):
    witness = SimpleNamespace(seen=lambda: SimpleNamespace(trusted=trusted, belongs=belongs))

    def prospects():
        return lambda view: issuing.prospects(view, lab.author, Allocator.NODE, None)

    line = SimpleNamespace(coordinator_live=live)
    return NextRange(AsReplica(lab), line, witness, prospects, lambda: heard.append(lab.author))


async def test_it_takes_a_new_incarnation_once_and_gives_up_what_is_left(lab):
    before = lab.writer.identity.incarnation
    watch = next_range(lab, heard := [])
    await watch.look()
    after = lab.writer.identity.incarnation
    assert after not in (before, *lab.writer.registry.terminals[lab.author].incarnations)
    assert lab.writer.store.cursors.all()[0].closed
    await watch.look()
    assert heard == [lab.author]
    assert lab.writer.identity.incarnation == after


@pytest.mark.parametrize("lacking", ["live", "trusted", "belongs"])
async def test_where_that_would_bring_no_number_what_is_left_is_kept(lab, lacking):
    """Alone it gets no range; and a witness that objects now would object to that as well."""
    before = lab.writer.identity
    await next_range(lab, heard := [], **{lacking: False}).look()
    assert (lab.writer.identity, heard) == (before, [])
    assert lab.register_offline().issued.mrn == "710008"
