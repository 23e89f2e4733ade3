"""A day's work of one desk."""

from datetime import date

from coordinator.judging import merging
from coordinator.judging.merging import Decider, Pair
from sync.model.clerks.known import KnownBy
from tests.clinic import pull
from tests.sync.patients import reading

DAY = date(2026, 1, 5)


def test_who_has_registered_how_many(lab, ward):
    for operator, known in (
        ("Sadia", KnownBy.PIN),
        ("Bilal", KnownBy.TYPED),
        ("Sadia", KnownBy.PIN),
        ("Sadia", KnownBy.CHOSEN),
        ("Sadia", None),
    ):
        draft = lab.draft()._replace(operator=operator, known=known)
        lab.register(draft, lab.from_own_range)
    ward.register_offline()
    pull(lab, ward)
    with reading(lab) as snapshot:
        assert snapshot.desk_day.by_operator(lab.author, DAY) == [
            {"operator": "Sadia", "operator_known": "pin", "count": 2},
            {"operator": "Bilal", "operator_known": "typed", "count": 1},
            {"operator": "Sadia", "operator_known": None, "count": 1},
            {"operator": "Sadia", "operator_known": "chosen", "count": 1},
        ]
        assert snapshot.desk_day.by_operator(lab.author, date(2026, 1, 6)) == []


def test_whose_label_is_not_printed(lab, ward):
    for _ in range(2):
        lab.register_offline()
    ward.register_offline()
    pull(lab, ward)
    lab.writer.write(lambda tx: (tx.begin(), tx.store.local.note_reprinted(1, "710000", 5)))
    with reading(lab) as snapshot:
        found = snapshot.desk_day.unprinted(lab.author, DAY, DAY)
        assert [person["id"] for person in found] == [2]
        assert snapshot.desk_day.unprinted(lab.author, date(2026, 1, 6), date(2026, 1, 7)) == []


def test_no_label_is_missed_of_a_mistake_or_of_a_record_for_which_another_one_counts(clinic, lab):
    ids = [lab.register_offline().patient for _ in range(4)]
    clinic.heal()
    hub = clinic.coordinator
    facts = [fact for (fact,) in lab.query("SELECT fact FROM patients ORDER BY id")]
    there = [hub.query("SELECT id FROM patients WHERE fact = ?", fact)[0][0] for fact in facts]
    who = Decider("Sadia", "a test")
    clinic.act(lambda tx: merging.void(tx, hub.arbiter, there[0], who))
    clinic.act(lambda tx: merging.merge(tx, hub.arbiter, Pair(there[1], there[2]), who))
    clinic.heal()
    with reading(lab) as snapshot:
        found = snapshot.desk_day.unprinted(lab.author, DAY, DAY)
        assert [person["id"] for person in found] == [ids[3], ids[2]]
    clinic.act(lambda tx: merging.unvoid(tx, hub.arbiter, there[0], who))
    clinic.heal()
    with reading(lab) as snapshot:
        assert len(snapshot.desk_day.unprinted(lab.author, DAY, DAY)) == 3
