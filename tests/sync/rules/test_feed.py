"""The feed of changes: each kind once and in order, and nothing twice after a rebuild."""

from sync.model.facts import Action
from sync.protocol.questions import Merge
from tests.clinic import missing_batches, pull
from tests.sync.patients import correct, feed, reading, resolve


def test_a_life_is_reported_once_and_in_order(clinic, lab):
    lab.register_offline()
    correct(lab, 1, full_name="Ayesha Khan")
    clinic.heal()
    clinic.heal()
    entries = [
        ("registered", "710000", None),
        ("amended", "710000", None),
        ("admitted", "710000", None),
    ]
    assert feed(lab) == entries
    assert sorted(feed(clinic.coordinator)) == sorted(entries)


def test_a_person_who_arrives_judged_is_told_of_as_such(clinic, lab, ward):
    lab.register_offline()
    pull(clinic.coordinator, lab)
    pull(ward, lab)
    assert feed(ward) == [("registered", "710000", None)]
    pull(ward, clinic.coordinator)
    both = [("registered", "710000", None), ("admitted", "710000", None)]
    assert feed(ward) == both
    late = clinic.desk("LATE-PC")
    batches = [*missing_batches(late, clinic.coordinator), *missing_batches(late, lab)]
    late.exchange.merge(Merge(tuple(batches)))
    assert feed(late) == both


def conflict(clinic, lab):
    """Register two people under one number; return who was refused, and a cursor behind that."""
    lab.register_offline()
    copy = lab.clone("COPY")
    lab.register_offline(full_name="Chand Bibi")
    copy.register_offline(full_name="Danish Ali")
    pull(clinic.coordinator, lab)
    pull(clinic.coordinator, copy)
    copy.close()
    hub = clinic.coordinator
    ((refused,),) = hub.query("SELECT id FROM patients WHERE status = 'rejected'")
    with reading(hub) as snapshot:
        return refused, snapshot.changes.newest()


def test_a_refused_number_is_reported(clinic, lab):
    conflict(clinic, lab)
    entries = feed(clinic.coordinator)
    assert entries.count(("rejected", "710001", None)) == 1
    assert entries.count(("admitted", "710001", None)) == 1
    assert entries.index(("registered", "710001", None)) < entries.index(
        ("rejected", "710001", None)
    )


def test_whoever_has_a_dead_number_learns_of_the_new_one(clinic, lab):
    refused, cursor = conflict(clinic, lab)
    new = "PAT-20260105-0042"
    resolve(clinic, clinic.coordinator, refused, Action.ASSIGN, new)
    entries = feed(clinic.coordinator, cursor)
    assert ("number_changed", new, "710001") in entries
    assert entries.count(("resolved", new, None)) == 1
    assert len(entries) == len(set(entries))


def test_a_rebuild_tells_nothing_again(clinic, lab):
    refused, _ = conflict(clinic, lab)
    resolve(clinic, clinic.coordinator, refused, Action.ASSIGN, "PAT-20260105-0042")
    correct(clinic.coordinator, refused, full_name="Danish Raza")
    before = feed(clinic.coordinator)
    clinic.coordinator.writer.rebuild()
    assert feed(clinic.coordinator) == before
    clinic.coordinator.reopen()
    assert feed(clinic.coordinator) == before


def test_what_fails_is_not_told(clinic, lab):
    lab.register_offline()
    before = feed(lab)
    lab.connection.fail_at(6, RuntimeError)
    try:
        lab.register_offline()
    except RuntimeError:
        pass
    else:
        raise AssertionError("it did not fail")
    lab.connection.heal()
    assert feed(lab) == before
    lab.register_offline()
    assert (feed(lab))[len(before) :] == [("registered", "710001", None)]


def test_a_database_that_was_set_back_uses_no_cursor_again(clinic, lab):
    lab.register_offline()
    backup = lab.back_up()
    for _ in range(5):
        lab.register_offline()
    with reading(lab) as snapshot:
        entries = snapshot.changes.newest()
    lab.restore(backup)
    lab.writer.renew(lab.writer.store, clinic.random.randbytes, clinic.now_ms)
    lab.reopen()
    correct(lab, 1, full_name="Ayesha Khan")
    assert feed(lab, entries) == [("amended", "710000", None)]


def test_a_coordinator_that_was_set_back_uses_no_cursor_again(clinic, lab):
    lab.register_offline()
    clinic.heal()
    hub = clinic.coordinator
    backup = hub.back_up()
    for letter in "ABCDE":
        correct(hub, 1, full_name=f"Ayesha {letter}")
    with reading(hub) as snapshot:
        entries = snapshot.changes.newest()
    hub.restore(backup)
    hub.writer.write(lambda tx: hub.arbiter.recovery.begin(tx, "it was set back"))
    correct(hub, 1, full_name="Ayesha Khan")
    assert feed(hub, entries) == [("amended", "710000", None)]
