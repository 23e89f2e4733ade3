"""Cards to print again: which there are, and what somebody may say about them."""

import pytest

from coordinator.judging.cases import Order, Seen
from coordinator.judging.resolving import resolve
from node import cards
from node.errors import NotToReprint
from sync.daemon.conflict_alarms import ConflictWatch
from sync.errors import NotFound
from sync.model.facts import COORDINATOR, Action
from tests.clinic import Clinic
from tests.sync.daemon.test_conflict_alarms import Watched
from tests.sync.patients import reading

FRESH, SECOND = "PAT-20260105-0001", "PAT-20260105-0002"


class Desks:
    """A desk that was set back and gave the number of one person to another, and a second desk."""

    def __init__(self, folder):
        self.clinic = Clinic(folder)
        self.desk = self.clinic.desk("LAB1-PC", "710000-719999")
        self.ward = self.clinic.desk("WARD-PC", "720000-729999")
        backup = self.desk.back_up()
        self.desk.register_offline(full_name="Holder")
        self.clinic.heal()
        self.desk.restore(backup)
        self.desk.register_offline(full_name="Second")
        self.clinic.heal()

    def decide(self, action, name="Second"):
        ((fact, decision),) = self.clinic.coordinator.query(
            "SELECT p.fact, c.decision FROM patients p JOIN conflicts c ON c.patient = p.id"
            " WHERE p.full_name = ?",
            name,
        )
        order = Order(fact, Action(action), "Sadia", "saw both", seen=Seen(decision))
        arbiter = self.clinic.coordinator.arbiter
        self.clinic.act(lambda tx: resolve(tx, arbiter, order))
        self.clinic.heal()

    def patient(self, name, desk=None):
        rows = (desk or self.desk).query("SELECT id FROM patients WHERE full_name = ?", name)
        return rows[0][0]

    def said(self, name, mrn=None, desk=None):
        desk = desk or self.desk
        patient = self.patient(name, desk)
        desk.writer.write(lambda tx: cards.reprinted(tx, desk.author, patient, mrn))

    def cards(self, desk=None):
        """(name, number on the card, number) of each card to print at a desk."""
        desk = desk or self.desk
        with reading(desk) as snapshot:
            found = snapshot.conflicts.to_reprint(desk.author)
            assert snapshot.conflicts.count_to_reprint(desk.author) == len(found)
        return sorted((one["full_name"], one["card_shows"], one["mrn"]) for one in found)


@pytest.fixture
def desks(tmp_path):
    desks = Desks(tmp_path)
    yield desks
    desks.clinic.close()


def test_a_card_is_on_the_list_until_somebody_says_that_it_is_printed(desks):
    assert desks.cards() == []
    desks.decide("assign")
    assert desks.cards() == [("Second", "710000", FRESH)]
    assert desks.cards(desks.ward) == [], "it is no business of another desk"
    desks.said("Second", FRESH)
    assert desks.cards() == []
    desks.said("Second", FRESH)
    desks.desk.writer.rebuild()
    assert desks.cards() == [], "it is remembered through a rebuild"


def test_only_the_number_that_is_on_the_card_now_counts(desks):
    desks.decide("assign")
    desks.said("Second")
    desks.decide("reopen")
    assert desks.cards() == [], "a refused number is not printed"
    desks.decide("assign")
    assert desks.cards() == [], "the card shows this number already"
    desks.decide("reopen")
    desks.decide("award")
    assert desks.cards() == [("Holder", "710000", SECOND), ("Second", FRESH, "710000")]
    desks.said("Holder", SECOND)
    desks.decide("reopen")
    assert desks.cards() == [("Holder", SECOND, "710000")]
    desks.said("Holder")
    desks.clinic.now_ms -= 10**9
    desks.decide("award")
    assert desks.cards() == [("Holder", "710000", SECOND), ("Second", FRESH, "710000")]
    desks.said("Holder", SECOND)
    assert desks.cards() == [("Second", FRESH, "710000")], "whatever a clock says"


def test_nobody_prints_for_a_mistake(desks):
    desks.decide("assign")
    assert len(desks.cards()) == 1
    desks.decide("void")
    assert desks.cards() == []


def test_what_cannot_be_said_is_refused(desks):
    with pytest.raises(NotToReprint, match="has no number that is right"):
        desks.said("Second")
    with pytest.raises(NotToReprint, match="registered at LAB1-PC"):
        desks.said("Holder", desk=desks.ward)
    desks.decide("assign")
    with pytest.raises(
        NotToReprint, match=f"a card with 710000 is out of date, because the number is {FRESH}"
    ):
        desks.said("Second", "710000")
    with pytest.raises(NotFound):
        desks.desk.writer.write(lambda tx: cards.reprinted(tx, desks.desk.author, 99, None))
    assert desks.desk.query("SELECT * FROM reprinted") == []


async def test_alarms_come_with_a_conflict_and_go_with_it(desks):
    replica, hub = Watched(desks.desk), Watched(desks.clinic.coordinator)
    watch, overview = ConflictWatch(replica, desks.desk.author), ConflictWatch(hub)

    async def codes():
        for watched, one in ((watch, replica), (overview, hub)):
            one.commit(None)
            await watched.look()
        return [alarm.code for one in (watch, overview) for alarm in one.alarms()]

    assert list(watch.alarms()) == [], "before the first look it knows of nothing"
    assert await codes() == ["conflicts_here", "conflicts_open"]
    desks.decide("assign")
    before = list(watch.alarms())
    await watch.look()
    assert list(watch.alarms()) == before, "it looks only after a commit"
    assert await codes() == ["cards_to_reprint"]
    desks.said("Second")
    assert await codes() == []
    for alarm in (*before, *overview.alarms()):
        assert alarm.text.startswith("1 ")
        assert "Second" not in alarm.text + alarm.do, "no name of a patient gets into a log"


def test_a_desk_that_registers_for_another_prints_its_own_cards(desks):
    row = desks.ward.writer.store.people.registrations("full_name = ?", ("Holder",))[0]
    assert cards.is_of(row, desks.desk.author)
    assert not cards.is_of(row, desks.ward.author)
    assert not cards.is_of(row._replace(author=desks.ward.author), desks.desk.author)
    assert cards.is_of(row._replace(author=COORDINATOR), desks.desk.author)
