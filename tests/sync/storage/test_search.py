"""Finding people through the index and the reader, on a real database."""

import pytest

from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, Action, Amendment, Resolution
from sync.reading.answers import PeopleQuery
from sync.storage import search
from tests.clinic import Clinic
from tests.sync.patients import reading

PEOPLE = [
    {"full_name": "Ayesha Bibi", "father_name": "Karim Khan", "phone": "0300-1234567"},
    {"full_name": "عائشہ بی بی", "father_name": "كريم خان", "phone": "+92 301 7654321"},
    {
        "full_name": "Zoë O'Brien",
        "father_name": "Liam",
        "phone": "021 5550101",
        "cnic": "42101-1234567-1",
    },
]


@pytest.fixture
def desk(tmp_path):
    clinic = Clinic(tmp_path)
    desk = clinic.desk("LAB1-PC", "710000-719999")
    for person in PEOPLE:
        desk.register_offline(**person)
    yield desk
    clinic.close()


def found(desk, words):
    connection = desk.writer.store.connection
    while search.index_some(connection):
        pass
    with reading(desk) as snapshot:
        people = snapshot.search.page(PeopleQuery(query=words))
    assert people.total == len(people.people)
    return [person["full_name"] for person in people.people]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("ayesha", ["Ayesha Bibi"]),
        ("bibi khan", ["Ayesha Bibi"]),
        ("AYE", ["Ayesha Bibi"]),
        ("کریم", ["عائشہ بی بی"]),
        ("كريم", ["عائشہ بی بی"]),
        ("zoe", ["Zoë O'Brien"]),
        ("o'brien", ["Zoë O'Brien"]),
        ("03001234567", ["Ayesha Bibi"]),
        ("0300-1234567", ["Ayesha Bibi"]),
        ("923017654321", ["عائشہ بی بی"]),
        ("42101-1234567-1", ["Zoë O'Brien"]),
        ("710001", ["عائشہ بی بی"]),
        ("7100", ["Zoë O'Brien", "عائشہ بی بی", "Ayesha Bibi"]),
        ("nobody", []),
        ("", []),
        ('"*', []),
        ("ayesha AND", []),
    ],
)
def test_people_are_found_by_the_beginnings_of_words_and_numbers(desk, words, names):
    assert found(desk, words) == names


def test_a_corrected_name_and_the_old_one_both_find_the_person(desk):
    ((record, fact),) = desk.query("SELECT record, fact FROM patients WHERE mrn = '710000'")
    assert found(desk, "ayesha") == ["Ayesha Bibi"]
    body = Amendment(
        fact, {"full_name": "Aisha Bibi"}, {"full_name": [fact]}, "2026-01-05T13:00:00+05:00", None
    )
    desk.writer.write(
        lambda tx: tx.append(desk.author, facts.AMENDMENT, record, bodies.write(body))
    )
    assert found(desk, "aisha") == ["Aisha Bibi"]
    assert found(desk, "ayesha") == ["Aisha Bibi"]


def test_a_rebuilt_index_finds_the_same(desk):
    assert found(desk, "bibi") == ["Ayesha Bibi"]
    desk.writer.rebuild()
    assert found(desk, "bibi") == ["Ayesha Bibi"]


def test_a_number_that_came_later_finds_its_person_too(desk):
    """By a resolution; the number on the old card finds them all the same."""
    assert found(desk, "ayesha") == ["Ayesha Bibi"]
    clinic = desk.clinic
    clinic.heal()
    ((fact, record),) = desk.query(
        "SELECT fact, record FROM patients WHERE full_name = 'Ayesha Bibi'"
    )
    arbiter = clinic.coordinator.arbiter

    def assign(tx):
        fresh = arbiter.grant_fresh(tx, record, desk.author)
        resolution = Resolution(
            tx.new_serial(), (), fact, Action.ASSIGN, fresh, None, None, None, "Sadia", "a test"
        )
        tx.append(COORDINATOR, facts.RESOLUTION, record, bodies.write(resolution))

    clinic.act(assign)
    clinic.heal()
    assert found(desk, "PAT-20260105-0001") == ["Ayesha Bibi"]
    assert found(desk, "710000") == ["Ayesha Bibi"]
    desk.writer.rebuild()
    assert found(desk, "PAT-20260105-0001") == ["Ayesha Bibi"]
