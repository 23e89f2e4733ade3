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
        ("ayesha", ["Ayesha Bibi", "عائشہ بی بی"]),
        ("bibi khan", ["Ayesha Bibi", "عائشہ بی بی"]),
        ("AYE", ["Ayesha Bibi"]),
        ("کریم", ["عائشہ بی بی", "Ayesha Bibi"]),
        ("كريم", ["عائشہ بی بی", "Ayesha Bibi"]),
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
    assert found(desk, "ayes") == ["Ayesha Bibi"]
    body = Amendment(
        fact, {"full_name": "Aisha Bibi"}, {"full_name": [fact]}, "2026-01-05T13:00:00+05:00", None
    )
    desk.writer.write(
        lambda tx: tx.append(desk.author, facts.AMENDMENT, record, bodies.write(body))
    )
    assert found(desk, "aisha") == ["Aisha Bibi", "عائشہ بی بی"]
    assert found(desk, "ayes") == ["Aisha Bibi"]


def test_a_rebuilt_index_finds_the_same(desk):
    assert found(desk, "ayes") == ["Ayesha Bibi"]
    desk.writer.rebuild()
    assert found(desk, "ayes") == ["Ayesha Bibi"]


def long_people(desk, count):
    """People with texts of which NFKC makes eighteen times as many letters, as long as may be."""
    texts = dict.fromkeys(("full_name", "father_name", "address"), "\ufdfa" * 1300)
    for number in range(count):
        row = desk.draft(**texts, phone=f"0300 55500{number:02d}")
        desk.register(row, desk.from_own_range)


def test_long_texts_are_brought_into_the_index_a_few_at_a_time(desk):
    assert found(desk, "ayes") == ["Ayesha Bibi"]
    long_people(desk, 5)
    connection = desk.writer.store.connection
    assert [search.index_some(connection) for _ in range(6)] == [1, 1, 1, 1, 1, 0]
    assert len(found(desk, "0300555")) == 5


def test_it_makes_no_difference_in_how_many_pieces_the_index_is_filled(desk, monkeypatch):
    long_people(desk, 3)
    for record in ("710001", "710004"):
        ((fact,),) = desk.query("SELECT fact FROM patients WHERE mrn = ?", record)
        desk.amend(fact, full_name="Aisha " * 300)
    connection = desk.writer.store.connection
    everything = []
    for letters in (1, 1_000, search.PIECE_LETTERS, 10**9):
        monkeypatch.setattr(search, "PIECE_LETTERS", letters)
        desk.writer.rebuild()
        pieces = []
        while done := search.index_some(connection):
            pieces.append(done)
        assert sum(pieces) == len(PEOPLE) + 3 + 2
        everything.append(
            (
                connection.execute("SELECT rowid FROM search ORDER BY rowid").fetchall(),
                connection.execute("SELECT * FROM sounds ORDER BY sound").fetchall(),
                [search.index_some(connection), found(desk, "aisha"), found(desk, "ayes")],
            )
        )
    assert everything[1:] == everything[:-1]


def test_a_number_that_came_later_finds_its_person_too(desk):
    """By a resolution; the number on the old card finds them all the same."""
    assert found(desk, "ayes") == ["Ayesha Bibi"]
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


CLERKS_TYPE = {
    "Saeed Akram": (
        *("saeed", "said akram", "Akram Saeed", "SAEED AKRAM", "Mr Saeed", "سعید", "سعید اکرم"),
        *("saeed s/o muhammad akram", "saeed mohd akram", "saeed 1986", "saeed 39", "saeed multan"),
        *("سعید ملتان", "saeed canal", "03007654321", "0300 765 4321", "0300-7654321"),
        *("+92 300 7654321", "00923007654321", "3007654321", "7654321", "4321", "saeed 4321"),
        *("42101-1234567-1", "42101 1234567 1", "4210112345671", "345671", "۴۲۱۰۱", "42101-12345"),
        *("03/02/1986", "3-2-1986", "1986-02-03", "3 feb 1986", "۳/۲/۱۹۸۶", "saeed 3/2/86"),
        *("710000", "710 000", "۷۱۰۰۰۰", "saede akram", "sayeed akram", "saeed akrem"),
    ),
    "محمد یوسف": (
        *("muhammad yousaf", "mohd yusuf", "yousuf", "M. Yousaf", "یوسف", "يوسف", "محمّد یوسف"),
        *("haji muhammad yousaf", "yousaf 2015", "yousaf lahore", "yusuf s/o ismail"),
    ),
    "Abdul Rehman": (
        *("abdul rehman", "abdulrehman", "abdur rahman", "عبدالرحمن", "عبد الرحمان", "rehman"),
        *("OLD-0000123", "old0000123", "old 0000123", "123", "0000123", "Old-0000123"),
    ),
    "Khadija Bi Bi": ("khadija bibi", "khadeeja bb", "خدیجہ بی بی", "khadija", "khadijah bi bi"),
}


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A desk with 80 people, four of whom clerks look for."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"))
    desk = clinic.desk("LAB1-PC", "710000-719999")
    wanted = [
        {
            **{"full_name": "Saeed Akram", "father_name": "Muhammad Akram", "dob": "1986-02-03"},
            **{"phone": "0300-7654321", "cnic": "42101-1234567-1", "sex": "M"},
            "address": "House 12, Canal Road, Multan",
        },
        {
            **{"full_name": "محمد یوسف", "father_name": "اسماعیل", "dob": "2015-05-05"},
            **{"phone": "+92 321 5550001", "cnic": "", "sex": "M", "address": "مال روڈ، لاہور"},
        },
        {
            **{"full_name": "Abdul Rehman", "father_name": "Ghulam Rasool", "dob": "1970-01-01"},
            **{"phone": "0345 1112223", "cnic": "", "sex": "M", "address": ""},
        },
        {
            **{"full_name": "Khadija Bi Bi", "father_name": "Tariq", "dob": "1999-09-09"},
            **{"phone": "0333 9998887", "cnic": "", "sex": "F", "address": ""},
        },
    ]
    for person in wanted:
        desk.register_offline(**person)
    others = ("Nazia Parveen", "Waqas Butt", "بلال حسین", "Shagufta Naz", "Imran Qureshi")
    for number in range(76):
        desk.register_offline(
            full_name=others[number % 5],
            father_name="Ghulam Hussain",
            dob=f"{1940 + number}-11-{1 + number % 28:02d}",
            phone=f"0311-88800{number:02d}",
            cnic="",
            address="Saddar, Karachi",
        )
    connection = desk.writer.store.connection
    connection.execute("UPDATE patients SET claimed = 'OLD-0000123' WHERE id = 3")
    while search.index_some(connection):
        pass
    yield desk
    clinic.close()


@pytest.mark.parametrize(
    ("name", "words"), [(name, words) for name, all_ in CLERKS_TYPE.items() for words in all_]
)
def test_whoever_a_clerk_looks_for_comes_first(busy, name, words):
    with reading(busy) as snapshot:
        people = snapshot.search.page(PeopleQuery(query=words)).people
    assert [person["full_name"] for person in people][:1] == [name]


@pytest.mark.parametrize("words", ["zzyzx", "saeed zzyzx", "saeed 1950", "saeed karachi", "9999"])
def test_who_does_not_fit_is_not_found(busy, words):
    with reading(busy) as snapshot:
        assert snapshot.search.page(PeopleQuery(query=words)).people == []


def test_a_word_that_more_than_so_many_people_have(busy):
    connection = busy.writer.store.connection
    assert search.is_shared(connection, "butt", 14)
    assert not search.is_shared(connection, "butt", 16)
    assert not search.is_shared(connection, "but", 14), "a beginning is no word"
    assert not search.is_shared(connection, "nobody")


def test_people_who_were_entered_again_and_again_hide_nobody_under_a_key(desk, monkeypatch):
    monkeypatch.setattr(search, "BLOCK_MAX", 4)
    connection = desk.writer.store.connection

    def under(entries):
        connection.execute("INSERT INTO search (search) VALUES ('delete-all')")
        connection.executemany(
            "INSERT INTO search (rowid, text) VALUES (?, 'one')",
            [(patient << search.REVISION_BITS | revision,) for patient, revision in entries],
        )
        return [sorted(people) for people in search.under(connection, ["one", "none"])]

    assert under((1, revision) for revision in range(9)) == [[1], []]
    often = [(1, revision) for revision in range(5)]
    assert under([*often, (2, 0), (3, 0), (4, 0)]) == [[1, 2, 3, 4], []]
    assert under([*often, (2, 0), (3, 0), (4, 0), (5, 0)]) == [[]]
    assert under((patient, 0) for patient in range(1, 6)) == [[]]
