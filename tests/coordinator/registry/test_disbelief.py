"""An administrator says that a clock was wrong, and takes that back."""

import pytest

from coordinator.errors import BadDisbelief
from coordinator.registry.disbelief import believe_again, disbelieve
from sync.errors import NotFound
from sync.model.facts import COORDINATOR, Author, FactId

LAB = Author("LAB1-PC")


def test_a_stretch_that_cannot_be_is_refused(clinic):
    clinic.desk("LAB1-PC")
    for author, first, last in ((Author("WARD-PC"), 1, 2), (LAB, 2, 1)):
        with pytest.raises(BadDisbelief):
            clinic.act(lambda tx, one=(author, first, last): disbelieve(tx, *one, "A", "b"))
    assert clinic.coordinator.writer.registry.times.disbelieved == []


def test_a_disbelief_has_a_serial_of_its_own_and_can_be_taken_back(clinic):
    before = clinic.coordinator.writer.serial
    ident = clinic.act(lambda tx: disbelieve(tx, COORDINATOR, 5, 9, "Sadia", "mistyped"))
    assert clinic.coordinator.writer.serial == before + 1
    (one,) = clinic.coordinator.writer.registry.times.disbelieved
    assert (one.id, one.fact.who, one.fact.why) == (ident, "Sadia", "mistyped")
    clinic.act(lambda tx: believe_again(tx, ident, "Sadia", "no, it was not"))
    assert clinic.coordinator.writer.registry.times.believes(COORDINATOR, 7 << 15)
    with pytest.raises(NotFound):
        clinic.act(lambda tx: believe_again(tx, ident, "Sadia", "again"))
    with pytest.raises(NotFound):
        clinic.act(lambda tx: believe_again(tx, FactId(bytes(16)), "Sadia", "what?"))


def test_whoever_follows_the_feed_hears_of_what_a_disbelief_changes(clinic):
    lab, hub = clinic.desk("LAB1-PC", "710000-719999"), clinic.coordinator
    clinic.heal()
    lab.register_offline()
    clinic.heal()
    now = clinic.now_ms
    for act in (
        lambda tx: disbelieve(tx, LAB, now - 1000, now + 1000, "Sadia", "battery"),
        lambda tx: believe_again(tx, hub.writer.registry.times.disbelieved[0].id, "Sadia", "no"),
    ):
        before = [replica.writer.newest_change for replica in (hub, lab)]
        clinic.act(act)
        clinic.heal()
        after = [replica.writer.newest_change for replica in (hub, lab)]
        assert after == [replica.writer.store.local.newest_change() for replica in (hub, lab)]
        assert all(one > other for one, other in zip(after, before, strict=True))


def test_serials_go_on_above_it_after_a_restart(clinic):
    clinic.act(lambda tx: disbelieve(tx, COORDINATOR, 5, 9, "Sadia", "mistyped"))
    before = clinic.coordinator.writer.serial
    clinic.coordinator.reopen()
    assert clinic.coordinator.writer.serial == before
