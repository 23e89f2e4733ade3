"""The feed of changes."""

from sync.reading import changes
from tests.sync.patients import correct, reading


def test_entries_behind_a_cursor_in_order_with_people_as_they_are_now(lab):
    patient = lab.register_offline(full_name="Ayesha Kan").patient
    correct(lab, patient, full_name="Ayesha Khan")
    with reading(lab) as snapshot:
        first, second = snapshot.changes.after(0, 10)
        assert (first["change"], second["change"]) == ("registered", "amended")
        assert first["patient"] == second["patient"]
        assert first["patient"]["full_name"] == "Ayesha Khan"
        assert snapshot.changes.after(first["cursor"], 10) == [second]
        assert snapshot.changes.after(0, 1) == [first]
        assert snapshot.changes.newest() == second["cursor"]
        assert snapshot.changes.after(second["cursor"], 10) == []


def test_before_the_first_the_newest_is_0(lab):
    with reading(lab) as snapshot:
        assert (snapshot.changes.newest(), snapshot.changes.after(0, 10)) == (0, [])


def test_at_most_so_many_at_once(lab, monkeypatch):
    monkeypatch.setattr(changes, "CHANGES_MAX", 2)
    for _ in range(3):
        lab.register_offline()
    with reading(lab) as snapshot:
        assert len(snapshot.changes.after(0, 100)) == 2
