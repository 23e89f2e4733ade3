"""Searching beside the index: whoever is not in it yet is found as if they were."""

import sqlite3
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.matching import query
from sync.model import bodies, facts
from sync.model.facts import Action, RecordId, Registration
from sync.model.numbers import Mrn
from sync.reading import searching
from sync.reading.answers import PeopleQuery
from sync.storage import search
from tests.clinic import PERSON, pull
from tests.sync.patients import correct, merge, reading, resolve


def page(desk, **query):
    with reading(desk) as snapshot:
        return snapshot.search.page(PeopleQuery(**query))


def names(desk, **query):
    return [person["full_name"] for person in page(desk, **query).people]


def index(desk):
    while search.index_some(desk.writer.store.connection):
        pass


def register_many(desk, count, first=710000):
    """People in one transaction; their numbers count up."""

    def act(tx):
        for number in range(first, first + count):
            registration = Registration(
                Mrn(str(number)),
                desk.author,
                True,
                "2026-01-05T12:00:00+05:00",
                None,
                None,
                {**PERSON, "full_name": f"Person {number}", "phone": "", "cnic": ""},
            )
            record = RecordId(number.to_bytes(16))
            tx.append(desk.author, facts.REGISTRATION, record, bodies.write(registration))

    desk.writer.write(act)


def test_a_single_letter_is_no_mistyped_name(lab, monkeypatch):
    """To look for each of eight letters without the others reads nearly everybody sixteen times."""
    asked = []

    def instead(typed, place):
        asked.append(typed.words[place])
        return query.instead(typed, place)

    monkeypatch.setattr(searching, "instead", instead)
    lab.register_offline(full_name="K Ayesha Khan")
    index(lab)
    assert names(lab, query="k ayehsa") == ["K Ayesha Khan"]
    assert names(lab, query="a b c d e f g h") == []
    assert asked == ["ayehsa"]


def test_whoever_was_just_registered_is_found_at_once(lab):
    lab.register_offline(full_name="Ayesha Khan")
    index(lab)
    lab.register_offline(full_name="Ayesha Bibi", phone="0301 7654321", cnic="12345-1234567-1")
    assert names(lab, query="aye") == ["Ayesha Bibi", "Ayesha Khan"]
    assert names(lab, query="bibi ayesha") == ["Ayesha Bibi"]
    assert names(lab, query="710001") == ["Ayesha Bibi"]
    assert names(lab, cnic="12345-1234567-1") == ["Ayesha Bibi"]
    assert names(lab, phone="+923017654321") == ["Ayesha Bibi"]
    assert names(lab, query="aye", mrn_status="admitted") == []
    found = page(lab, query="aye", page_size=1, page=2)
    assert (found.total, found.not_searched) == (2, 0)
    assert [person["full_name"] for person in found.people] == ["Ayesha Khan"]


def test_a_corrected_name_is_found_at_once_and_the_former_one_still(lab):
    patient = lab.register_offline(full_name="Ayesha Kan").patient
    index(lab)
    correct(lab, patient, full_name="Aisha Khan")
    for _ in range(2):
        assert names(lab, query="aisha") == names(lab, query="kan") == ["Aisha Khan"]
        assert names(lab, query="kha") == ["Aisha Khan"], "once, in the index or beside it"
        index(lab)


def test_a_list_that_is_no_search_tells_nothing_of_the_index(lab):
    lab.register_offline()
    assert page(lab, mrn="710000").not_searched is None
    assert page(lab).not_searched is None


@pytest.mark.parametrize("query", [{"query": "?"}, {"cnic": "-"}, {"phone": "+"}])
def test_a_search_for_nothing_finds_nobody_beside_the_index_either(lab, query):
    lab.register_offline()
    assert page(lab, **query) == (0, [], 0)


def test_of_those_who_are_not_in_the_index_the_newest_are_looked_at(lab, monkeypatch):
    monkeypatch.setattr(searching, "UNINDEXED_MAX", 3)
    first = lab.register_offline(full_name="First").patient
    index(lab)
    correct(lab, first, full_name="First Corrected")
    for name in ("Second", "Third", "Fourth"):
        lab.register_offline(full_name=name)
    assert page(lab, query="corrected") == (0, [], 1), "who was corrected counts as the oldest"
    assert names(lab, query="second") == ["Second"]
    lab.register_offline(full_name="Fifth")
    assert page(lab, query="second") == (0, [], 2)
    assert page(lab, cnic="12345-1234567-1").not_searched == 2
    index(lab)
    assert page(lab, query="corrected").not_searched == 0
    assert names(lab, query="corrected") == ["First Corrected"]
    assert names(lab, query="second") == ["Second"]


def test_of_very_long_texts_that_are_not_in_the_index_the_newest_are_looked_at(lab, monkeypatch):
    monkeypatch.setattr(searching, "UNINDEXED_LETTERS", 5000)
    lab.register_offline(full_name="First")
    for name in ("Second", "Third"):
        lab.register_offline(full_name=name, address="x" * 4000)
    assert names(lab, query="third") == ["Third"]
    assert names(lab, query="second") == ["Second"]
    assert page(lab, query="first") == (0, [], 1)
    index(lab)
    assert names(lab, query="first") == ["First"]


def test_after_a_merge_of_more_people_than_are_looked_at_the_answer_says_so(clinic, lab, ward):
    register_many(lab, 2100)
    pull(ward, lab)
    with reading(ward) as snapshot:
        newest, oldest = (person["mrn"] for person in snapshot.people.by_ids([1, 2100]))
    found = page(ward, query=newest)
    assert (found.total, found.not_searched) == (1, 100)
    assert page(ward, query=oldest) == (0, [], 100)
    index(ward)
    for number in (newest, oldest):
        found = page(ward, query=number)
        assert (found.total, found.not_searched) == (1, 0)
    assert page(ward, query="person").total == 2100


LETTERS = st.sampled_from(
    "abcdefßıñéÅøđAZİ09 .-'/ΑΣςΰЖёйآأإئابةتثعغفقكلمنهويىيکگےہھۃپچژڑٹअआइकखगािी५٣۴²½ﷲﬁ"
)


@given(st.text(LETTERS, max_size=12), st.text(LETTERS, max_size=30))
def test_a_person_is_found_beside_the_index_exactly_if_the_index_would(typed, name):
    asked = query.read(typed, date(2026, 1, 5))
    values = ("PAT-20260105-0001", None, name, "Imran", "0300-1234567", "12345-1234567-1", None)
    values += (None, "F", "12 Canal Road, Lahore", None, None)
    words = search.words_of("PK", *values)
    with sqlite3.connect(":memory:") as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE search USING fts5 (text, content='', detail='none',"
            " tokenize='ascii')"
        )
        connection.execute("INSERT INTO search VALUES (?)", (words,))
        for parts in filter(None, (asked.exact, asked.broad)):
            found = connection.execute(
                "SELECT count(*) FROM search WHERE search MATCH ?", (search.match(parts),)
            ).fetchone()
            assert found == (int(query.fits(parts, words)),)
    connection.close()


MOTHER = {"full_name": "Rukhsana Parveen", "sex": "F", "phone": "03007777777"}


def registered(desk, **fields):
    """The record id of somebody who was just registered, as text."""
    patient = desk.register_offline(**fields).patient
    with reading(desk) as snapshot:
        return snapshot.people.by_id(patient)


@pytest.mark.parametrize("indexed", [True, False])
def test_a_placeholder_is_shown_and_finds_nobody(lab, indexed):
    mother = registered(lab, **MOTHER)
    stands = "Baby of Rukhsana Parveen"
    marks = {"identity": "unconfirmed", "name_placeholder": stands, "mother": mother["record_id"]}
    baby = registered(lab, full_name=stands, **marks)
    other = registered(lab, full_name="B/O Rukhsana Parveen")
    bus = "Somebody off the bus"
    unknown = registered(lab, full_name=bus, name_placeholder=bus)
    if indexed:
        index(lab)
    assert [one["id"] for one in page(lab, query="Rukhsana Parveen").people] == [mother["id"]]
    assert page(lab, query="somebody").total == 0
    for person in (baby, other, unknown):
        assert page(lab, query=person["mrn"]).people == [person]
    correct(lab, baby["id"], full_name="Hina Parveen")
    if indexed:
        index(lab)
    assert [one["id"] for one in page(lab, query="Hina Parveen").people] == [baby["id"]]


def test_the_unconfirmed_are_listed_until_they_are_confirmed_merged_or_void(clinic, lab):
    for name in ("Unknown man", "Unknown woman", "Gul Bano", "Nazia Bibi"):
        registered(lab, full_name=name, identity="unconfirmed")
    registered(lab, full_name="Sana Malik")

    def listed(of="unconfirmed"):
        return sorted(one["id"] for one in page(lab, identity=of).people)

    assert (listed(), listed("confirmed")) == ([1, 2, 3, 4], [5])
    correct(lab, 3, identity="confirmed")
    pull(clinic.coordinator, lab)
    numbers = [mrn for (mrn,) in lab.query("SELECT mrn FROM patients ORDER BY id")]
    merge(clinic, numbers[0], numbers[4])
    resolve(clinic, clinic.coordinator, 2, Action.VOID)
    pull(lab, clinic.coordinator)
    assert listed() == [4]


def test_the_newborns_of_a_mother_are_found_by_each_of_her_records(clinic, lab):
    mother, again = registered(lab, **MOTHER), registered(lab, **MOTHER)
    for order, record in (("1", mother), ("2", again)):
        registered(lab, full_name=f"Baby {order}", mother=record["record_id"], birth_order=order)
    pull(clinic.coordinator, lab)
    merge(clinic, mother["mrn"], again["mrn"])
    pull(lab, clinic.coordinator)

    def babies(record):
        return sorted(one["birth_order"] for one in page(lab, mother=record).people)

    assert babies(again["record_id"].upper()) == [1, 2]
    assert babies(mother["record_id"]) == [1]
    assert babies("nobody") == []


@pytest.mark.parametrize("indexed", [True, False])
def test_identifiers_are_found_by_what_is_typed(lab, indexed):
    registered(lab, full_name="Nadia Aslam", **{"id:passport": "AB-1234567", "no:card": "77-12"})
    if indexed:
        index(lab)
    for typed in ("AB-1234567", "ab1234567", "77-12", "Nadia AB1234567"):
        assert page(lab, query=typed).total == 1, typed
    assert page(lab, query="AB1234568").total == 0
