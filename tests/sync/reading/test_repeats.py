"""Who was probably sent twice: several records under one idempotency key."""

from coordinator.judging import pairs
from coordinator.judging.merging import Decider, Pair
from coordinator.registry.disbelief import disbelieve
from sync.reading.pages import Page
from sync.storage.times.days import DAY_MS
from tests.clinic import START_MS, pull
from tests.sync.patients import reading

KEY = b"k" * 16


def register(desk, key=KEY, **fields):
    return desk.register(desk.draft(**fields)._replace(key=key), desk.from_own_range)


def numbers(desk, page=Page()):  # noqa: B008 - a value that does not change
    with reading(desk) as snapshot:
        count, found = snapshot.repeats.page(page)
    return count, [[one["mrn"] for one in twice["patients"]] for twice in found]


def test_one_key_at_two_desks_is_reported_at_every_replica(clinic, lab, ward):
    register(lab)
    register(ward)
    register(lab, b"o" * 16)
    assert numbers(lab) == (0, [])
    clinic.heal()
    for desk in clinic.replicas:
        count, found = numbers(desk)
        assert (count, [sorted(twice) for twice in found]) == (1, [["710000", "720000"]])


def test_one_that_came_back_after_it_was_sent_again_is_reported(clinic, lab):
    backup = lab.back_up()
    register(lab)
    pull(clinic.coordinator, lab)
    lab.restore(backup)
    register(lab)  # before the desk hears of the first one
    clinic.heal()
    count, found = numbers(clinic.coordinator)
    assert (count, len(found[0])) == (1, 2)


def test_the_newest_comes_first_and_pages_hold_so_many(clinic, lab, ward):
    for number in range(3):
        for desk in (lab, ward):
            register(desk, bytes([number]) * 16)
    clinic.heal()
    assert numbers(lab, Page(page_size=2))[0] == 3
    first, second = (numbers(lab, Page(page_size=2, page=page))[1] for page in (1, 2))
    assert [len(first), len(second)] == [2, 1]
    assert [sorted(one) for one in [*first, *second]][-1] == ["710000", "720000"]


def test_what_was_decided_to_be_one_person_is_reported_no_more(clinic, lab, ward):
    register(lab)
    register(ward)
    clinic.heal()
    hub = clinic.coordinator
    ((second,),) = hub.query("SELECT id FROM patients WHERE mrn = '720000'")
    hub.query(
        "INSERT INTO settled (patient, fact, decision, serial, action, taken, counts)"
        " VALUES (?, x'00', x'01', 5, 'merge', '', 1)",
        second,
    )
    assert numbers(hub) == (0, [])


def test_who_was_decided_to_be_somebody_else_is_reported_no_more(clinic, lab, ward):
    for desk in (lab, ward, clinic.desk("THIRD-PC", "730000-739999")):
        register(desk)
    clinic.heal()
    hub = clinic.coordinator
    ids = [ident for (ident,) in hub.query("SELECT id FROM patients ORDER BY id")]
    who = Decider("Sadia", "each desk counts its keys from 1")

    def decide(act, one, other):
        clinic.act(lambda tx: act(tx, hub.arbiter, Pair(ids[one], ids[other]), who))

    decide(pairs.two_people, 0, 1)
    decide(pairs.two_people, 2, 0)
    assert numbers(hub)[0] == 1, "two of them may be one still"
    decide(pairs.two_people, 1, 2)
    assert numbers(hub) == (0, [])
    decide(pairs.maybe_one, 0, 1)
    assert numbers(hub)[0] == 1


def test_only_those_that_came_since_are_looked_at(clinic, lab, ward):
    register(lab)
    register(ward)
    clinic.heal()
    with reading(lab) as snapshot:
        newest = snapshot.counts.newest_id()
        assert snapshot.repeats.keys_after(0, 9) == ({KEY}, newest)
        assert snapshot.repeats.keys_after(newest, 9) == (set(), newest)
        assert snapshot.repeats.open({KEY}, clinic.now_ms) == {KEY}
        assert snapshot.repeats.open({KEY}, clinic.now_ms + 1) == set()


def test_who_came_in_late_came_in_lately_whatever_the_clocks_of_the_desks_showed(clinic, lab, ward):
    register(lab)
    register(ward)
    clinic.now_ms += 40 * DAY_MS
    since_ms = clinic.now_ms
    with reading(lab) as snapshot:
        assert snapshot.repeats.open({KEY}, since_ms) == set(), "the second has not come yet"
    pull(lab, ward)
    with reading(lab) as snapshot:
        assert snapshot.repeats.open({KEY}, since_ms) == {KEY}, "the coordinator has seen neither"
    clinic.heal()
    for _ in range(2):
        with reading(clinic.coordinator) as snapshot:
            assert snapshot.repeats.open({KEY}, since_ms) == {KEY}
        for desk in (lab, ward):  # nobody is to believe their times
            clinic.act(
                lambda tx, one=desk.author: disbelieve(tx, one, START_MS, since_ms, "A", "b")
            )
        clinic.heal()
