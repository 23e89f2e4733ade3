"""A chain that is shorter than the witness knows."""

import pytest

from sync.engine import keys
from sync.engine import replica as replicas
from sync.engine.records.lost_entries import LostEntries, lost
from sync.engine.replica import Replica
from sync.model.facts import Author
from sync.storage.access.audit import AuditEvent

SAID = AuditEvent(1000, "Sadia", "127.0.0.1", "users.add_user", "", "done")
LOST = LostEntries(
    "entries", lambda store: store.audit, SAID.act, lambda _, text: SAID._replace(about=text)
)


class Marks:
    """A witness that remembers in memory."""

    trusted = True

    def __init__(self, known=None):
        self.known = {"entries": known} if known is not None else {}

    def mark(self, name):
        return self.known.get(name)

    def note_marks(self, numbers):
        self.known.update(numbers)


@pytest.fixture
async def replica(tmp_path):
    signer = keys.Signer.from_seed(bytes(32))
    replicas.init(tmp_path, Author("LAB1-PC"))
    opened = await Replica.open(tmp_path, signer, signer.public_key)
    yield opened
    await opened.close()


def abouts(replica):
    return replica.read(
        lambda snapshot: [entry.said.about for entry in snapshot.store.audit.from_oldest()]
    )


def add(replica, count):
    def act(tx):
        tx.begin()
        tx.store.audit.add(*[SAID] * count)

    return replica.write(act)


async def test_the_witness_is_told_how_many_there_are_and_never_fewer(replica):
    marks = Marks()
    await add(replica, 3)
    await LOST.tell(replica, marks)
    assert marks.known == {"entries": 3}
    marks.known["entries"] = 7
    await LOST.tell(replica, marks)
    assert marks.known == {"entries": 7}


async def test_what_the_witness_knows_and_the_database_lacks_is_an_entry_once(replica):
    await add(replica, 2)
    for _ in range(2):
        await LOST.look_back(replica, Marks(3))
    assert await abouts(replica) == ["", "", "entries 3 to 3 are lost"]


async def test_entries_that_come_after_are_not_lost_at_the_next_start(replica):
    """The witness goes on knowing of more entries than there are."""
    marks = Marks(9)
    await add(replica, 2)
    for _ in range(3):
        await LOST.look_back(replica, marks)
        await LOST.tell(replica, marks)
        await add(replica, 1)
    said = [about for about in await abouts(replica) if about]
    assert said == ["entries 3 to 9 are lost"]


@pytest.mark.parametrize("known", [None, 1, 2])
async def test_a_database_that_lacks_nothing_gets_no_entry(replica, known):
    await add(replica, 2)
    await LOST.look_back(replica, Marks(known))
    assert await abouts(replica) == ["", ""]


async def test_a_witness_of_another_computer_says_nothing_and_is_told_nothing(replica):
    marks = Marks(5)
    marks.trusted = False
    await LOST.look_back(replica, marks)
    await add(replica, 7)
    await LOST.tell(replica, marks)
    assert (await abouts(replica), marks.known) == ([""] * 7, {"entries": 5})


def test_what_is_lost_is_said_as_far_as_it_is_known():
    assert lost(4, 9) == "entries 5 to 9 are lost"
    assert lost(4, 0) == "what was written after entry 4 is lost, if there was anything"
