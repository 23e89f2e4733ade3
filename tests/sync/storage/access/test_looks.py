"""The table of who looked at whom."""

from sync.model.facts import RecordId
from sync.rules import chains
from sync.storage.access.looks import Look, LookAct, LookFilter, note, packed

ONE, OTHER = RecordId(b"1" * 16), RecordId(b"2" * 16)
OPENED = Look(10, "opened", "Sadia", "pin", "page", "127.0.0.1", 1, packed([ONE]))
LISTED = Look(20, "listed", "Imran", "", "page", "127.0.0.1", 2, packed([OTHER, ONE]))
LONG = Look(30, "listed", "Imran", "", "program", "127.0.0.1", 200)
OFF = note(40, LookAct.SWITCHED_OFF, "")


def numbers(store, **wanted):
    return [entry.number for entry in store.looks.newest(LookFilter(**wanted), 0, 10)[1]]


def test_an_entry_names_people_by_record_id(store):
    store.looks.add(OPENED, LISTED, LONG, OFF)
    found = list(store.looks.from_oldest())
    assert [entry.said for entry in found] == [OPENED, LISTED, LONG, OFF]
    assert [entry.said.named for entry in found] == [[ONE], [OTHER, ONE], [], []]
    assert chains.check(found).wrong is None


def test_entries_are_found_by_person_name_act_and_time(store):
    store.looks.add(OPENED, LISTED, LONG, OFF)
    assert numbers(store) == [4, 3, 2, 1]
    assert numbers(store, record=ONE) == [2, 1]
    assert numbers(store, record=OTHER) == [2]
    assert numbers(store, record=RecordId(b"3" * 16)) == []
    assert numbers(store, who="IMRAN", act="listed") == [3, 2]
    assert numbers(store, since_ms=20, until_ms=30) == [3, 2]
    assert store.looks.newest(LookFilter(who="Imran"), 1, 1)[0] == 2


def test_entries_that_name_nobody_are_counted_for_whoever_may_be_among_them(store):
    store.looks.add(OPENED, LISTED, LONG, OFF, note(50, LookAct.SWITCHED_ON, ""))
    assert store.looks.unnamed(LookFilter(record=ONE)) == 2
    assert store.looks.unnamed(LookFilter(record=ONE, since_ms=40)) == 1
    assert store.looks.unnamed(LookFilter(record=ONE, who="Sadia")) == 0


def test_the_oldest_are_taken_up_to_the_first_that_is_young(store):
    assert store.looks.oldest() is None
    assert store.looks.last_of_oldest(10) is None
    store.looks.add(OPENED, LONG, LISTED)
    heads = [(entry.number, entry.hash) for entry in store.looks.from_oldest()]
    assert store.looks.last_of_oldest(10) == heads[2]
    assert store.looks.last_of_oldest(2) == heads[1]
    assert store.looks.last_of_old(10, 25, 40) == heads[0], "the second one is young"
    assert store.looks.last_of_old(10, 5, 40) is None
    store.looks.remove(2)
    assert store.looks.oldest().number == 3
    assert store.looks.add(OPENED).number == 4


def test_a_time_ahead_counts_as_that_of_the_next_entry_that_is_not_ahead(store):
    at = (900, 10, 900, 900, 20, 900, 30, 900)
    store.looks.add(*(OPENED._replace(at_ms=ms) for ms in at))
    heads = [(entry.number, entry.hash) for entry in store.looks.from_oldest()]
    made = [store.looks.made_ms(number, 40) for number, _ in heads]
    assert made == [10, 10, 20, 20, 20, 30, 30, None]
    for most, before, last in [
        (10, 5, None),
        (10, 15, 2),
        (10, 25, 5),
        (10, 35, 7),
        (1, 15, 1),
        (3, 15, 2),
        (3, 25, 3),
        (4, 25, 4),
    ]:
        found = store.looks.last_of_old(most, before, 40)
        assert (found and found.number) == last, (most, before)


def test_the_newest_switch_counts(store):
    assert store.looks.switch() is None
    store.looks.add(note(1, LookAct.SWITCHED_ON, "a"), OFF, OPENED)
    assert store.looks.switch() == OFF
