"""Who may be somebody already: in the index and beside it, with grade and reasons."""

import pytest

from coordinator.judging import merging, pairs
from coordinator.judging.merging import Decider, Pair
from sync.matching import weights
from sync.matching.sounds import sound
from sync.reading import matching
from sync.storage import search
from tests.sync.patients import correct, reading


def index(desk):
    while search.index_some(desk.writer.store.connection):
        pass


def best(desk, but=0, **fields):
    with reading(desk) as snapshot:
        return [(one.patient, one.grade) for one in snapshot.matching.best(fields, but)]


SAEED = {
    "full_name": "Saeed Akram",
    "father_name": "Muhammad Akram",
    "dob": "1986-02-03",
    "sex": "M",
    "phone": "0300 7654321",
    "cnic": "",
    "address": "House 12, Canal Road, Multan",
}
SECOND_TIME = [
    {"full_name": "Said Akram"},
    {"full_name": "Akram Saeed"},
    {"full_name": "سعید اکرم", "father_name": "محمد اکرم"},
    {"full_name": "Mr. Saeed Akram s/o Mohd. Akram", "father_name": ""},
    {"phone": "+92 300 7654321", "dob": "1986-03-02"},
    {"phone": "03211234567", "address": ""},
    {"dob": "1986-06-30", "dob_estimated": "true"},
    {"full_name": "Saeed", "father_name": ""},
]


@pytest.mark.parametrize("change", SECOND_TIME)
@pytest.mark.parametrize("indexed", [True, False])
def test_who_comes_a_second_time_is_probably_found(lab, change, indexed):
    for name in ("Nazia Bibi", "Waqas Ahmed", "Bilal Hussain"):
        lab.register_offline(**SAEED | {"full_name": name, "dob": "1950-01-01"})
    lab.register_offline(**SAEED)
    if indexed:
        index(lab)
    (patient, grade), *_ = best(lab, **SAEED | change)
    assert (patient, grade in ("certain", "probable")) == (4, True)


def test_people_are_looked_for_among_the_indexed_and_the_newest_others(lab, monkeypatch):
    monkeypatch.setattr(matching, "UNINDEXED_MAX", 2)
    for _ in range(4):
        lab.register_offline(full_name="Ayesha Khan", cnic="12345-1234567-1")
    with reading(lab) as snapshot:
        found = snapshot.matching.possible_duplicates(4)
    assert [other["id"] for other in found] == [3]
    index(lab)
    with reading(lab) as snapshot:
        found = snapshot.matching.possible_duplicates(4)
    assert [other["id"] for other in found] == [3, 2, 1]


def test_of_very_long_texts_that_are_not_in_the_index_the_newest_are_candidates(lab, monkeypatch):
    monkeypatch.setattr(matching, "UNINDEXED_LETTERS", 5000)
    for _ in range(4):
        lab.register_offline(cnic="12345-1234567-1", address="x" * 4000)
    with reading(lab) as snapshot:
        found = snapshot.matching.possible_duplicates(4)
    assert [other["id"] for other in found] == [3]


def test_whoever_was_corrected_is_found_by_what_they_are_now(lab):
    patient = lab.register_offline(**SAEED).patient
    index(lab)
    other = {"full_name": "Junaid Butt", "father_name": "Rashid Butt", "dob": "1999-09-09"}
    other |= {"phone": "03459876543", "address": "", "cnic": ""}
    correct(lab, patient, **other)
    for _ in range(2):
        assert best(lab, **SAEED | {"phone": "03330000001"}) == []
        assert best(lab, **other) == [(patient, "certain")]
        index(lab)


def test_never_more_than_five(lab):
    for _ in range(9):
        lab.register_offline(**SAEED)
    index(lab)
    assert len(best(lab, **SAEED)) == matching.BEST


def test_among_230_namesakes_the_right_one_is_first(lab):
    def act(desk):
        for number in range(230):
            born = f"{1930 + number % 80}-{1 + number % 12:02d}-{1 + number % 28:02d}"
            phone = f"03{number:09d}"
            desk.register_offline(
                full_name="Muhammad Ali", father_name="Ghulam Ali", dob=born, phone=phone
            )

    act(lab)
    index(lab)
    with reading(lab) as snapshot:
        wanted = snapshot.people.by_id(117)
    fields = {"full_name": "محمد علی", "father_name": "Ghulam Ali", "dob": wanted["dob"]}
    (first, _), *_ = best(lab, **fields, phone=wanted["phone"], sex="F")
    assert first == 117


def test_the_index_counts_how_many_people_have_a_sound(lab):
    for name, father in [("Muhammad Ali", "Ali Khan"), ("محمد خان", "")]:
        lab.register_offline(full_name=name, father_name=father)
    index(lab)
    correct(lab, 1, full_name="Muhammad Ali Khan")
    index(lab)
    connection = lab.writer.store.connection
    counts = search.having(connection, ["", "mhmd", "al", "kn", "zz"])
    assert counts == {"": 2, "mhmd": 2, "al": 1, "kn": 2}


@pytest.mark.parametrize("number", [{"phone": "0300 1112223"}, {"cnic": "12345-1234567-1"}])
def test_a_number_that_very_many_have_says_nothing(lab, number):
    """The clinic's telephone, or a CNIC that stands there because the form wants one."""
    given = ("Nazia", "Shagufta", "Rukhsana", "Farzana", "Sadia", "Tahira", "Zubaida")
    for count in range(weights.SHARING_MAX + 1):
        name = f"{given[count % 7]} {'Bibi' if count % 2 else 'Khatoon'}"
        born = {"dob": f"{1950 + 2 * count}-0{1 + count % 9}-11", "father_name": "", "cnic": ""}
        unlike = {"address": "", "phone": f"03{count:09d}"}
        lab.register_offline(full_name=name, sex="F", **born | unlike | number)
        if count == 2:
            index(lab)
            asked = {"full_name": "Nazia Khatoon", "dob": "1951-06-01", "sex": "F", **number}
            assert 1 in [patient for patient, _ in best(lab, **asked)]
    index(lab)
    assert [grade for _, grade in best(lab, **asked) if grade != "possible"] == []
    again = {"full_name": "Nazia Khatoon", "dob": "1950-01-11", "sex": "F", **number}
    assert best(lab, **again)[0] == (1, "certain"), "by name and birth"


def test_a_placeholder_is_no_name_to_match_or_to_count(lab):
    mother = SAEED | {"full_name": "Rukhsana Parveen", "sex": "F", "dob": "1995-02-03"}
    mother["father_name"] = "Ghulam Rasool"
    lab.register_offline(**mother)
    stands = "Baby of Rukhsana Parveen"
    newborn = {"full_name": stands, "name_placeholder": stands, "dob": "2026-01-05", "sex": "F"}
    for order in ("1", "2"):
        lab.register_offline(**SAEED | newborn | {"birth_order": order})
    lab.register_offline(full_name="Unknown man", sex="M", dob="1986-02-03")
    counted = dict(best(lab, **SAEED | newborn))
    assert counted.get(1) is None, "the mother is not her baby"
    assert counted == {2: "possible", 3: "possible"}
    index(lab)
    assert dict(best(lab, **SAEED | newborn)) == counted
    assert best(lab, full_name="Unknown man", sex="M") == []
    spoken = dict(lab.query("SELECT sound, people FROM sounds"))
    assert spoken[search.EVERYBODY] == 4
    assert max(n for one, n in spoken.items() if one in map(sound, ("rukhsana", "parveen"))) == 1
    assert spoken.get(sound("unknown")) is None


# who is somebody else, as was decided


@pytest.fixture
def sisters(clinic, lab):
    """Three records that look alike (1, 2, 3) at the coordinator."""
    for name in ("Ayesha Khan", "Aisha Khan", "Aysha Khan"):
        lab.register_offline(**SAEED | {"full_name": name, "sex": "F"})
    clinic.heal()
    index(clinic.coordinator)
    return clinic.coordinator


def decide(clinic, act, *pair):
    who = Decider("Sadia", "seen")
    clinic.act(lambda tx: act(tx, clinic.coordinator.arbiter, Pair(*pair), who))


def suggested(desk, patient):
    """Who is told of by all that tells of anybody."""
    with reading(desk) as snapshot:
        matching_ = snapshot.matching
        fields = matching_._fields(patient)
        return (
            sorted(one["patient"]["id"] for one in matching_.matches(fields, patient)),
            sorted(one["id"] for one in matching_.possible_duplicates(patient)),
            sorted(one["patient"]["id"] for one in matching_.probable(patient)),
        )


def test_whoever_was_dismissed_is_told_of_nowhere_until_a_correction(sisters, clinic):
    assert suggested(sisters, 3) == ([1, 2], [1, 2], [1, 2])
    decide(clinic, pairs.two_people, 3, 1)
    assert suggested(sisters, 3) == ([2], [2], [2])
    assert suggested(sisters, 1)[:2] == ([2], [2])
    with reading(sisters) as snapshot:
        assert {one.patient for one in snapshot.matching.alike(3)} == {1, 2}
    correct(sisters, 1, address="Multan")
    assert suggested(sisters, 3) == ([1, 2], [1, 2], [1, 2])


def test_a_dismissed_record_is_not_told_of_as_the_one_that_counts_for_it(sisters, clinic):
    decide(clinic, pairs.two_people, 3, 1)
    decide(clinic, merging.merge, 1, 2)
    assert suggested(sisters, 3)[0] == [2], "2 is alike itself, and nobody has looked at 3 and 2"
    decide(clinic, pairs.two_people, 2, 3)
    assert suggested(sisters, 3) == ([], [], [])
    assert suggested(sisters, 2)[0] == []


def test_who_counts_for_a_record_is_not_told_of_by_what_the_record_says(sisters, clinic):
    decide(clinic, pairs.two_people, 2, 3)
    decide(clinic, merging.merge, 1, 2)
    assert suggested(sisters, 3)[0] == [], "1 is alike, and stands for 2, who was dismissed"


def test_a_record_that_counts_is_not_told_of_by_what_a_dismissed_one_says(sisters, clinic):
    correct(sisters, 2, full_name="Waqas Butt", sex="M", phone="03331111111", dob="1950-01-01")
    index(sisters)
    decide(clinic, pairs.two_people, 3, 1)
    decide(clinic, merging.merge, 1, 2)
    assert suggested(sisters, 3)[0] == []
    decide(clinic, pairs.maybe_one, 3, 1)
    assert suggested(sisters, 3)[0] == [2]


def test_whoever_asks_about_a_merged_record_asks_about_the_one_that_counts(sisters, clinic):
    decide(clinic, pairs.two_people, 3, 2)
    assert suggested(sisters, 1)[0] == [2, 3]
    decide(clinic, merging.merge, 1, 2)
    assert suggested(sisters, 1)[0] == []


def test_nobody_was_dismissed_for_somebody_who_is_not_registered(sisters, clinic):
    decide(clinic, pairs.two_people, 3, 1)
    assert {patient for patient, _ in best(sisters, **SAEED | {"full_name": "Ayesha Khan"})} == {
        1,
        2,
        3,
    }


@pytest.mark.parametrize("indexed", [True, False])
def test_one_identifier_is_as_strong_as_a_cnic_and_a_shared_one_says_nothing(lab, indexed):
    held = {"id:passport": "AB1234567", "no:insurance": "F99"}
    lab.register_offline(full_name="Nadia Aslam", sex="F", dob="1990-01-05", **held)
    lab.register_offline(full_name="Omar Aslam", sex="M", **{"no:insurance": "F99"})
    if indexed:
        index(lab)
    asked = {"full_name": "Nadya Aslam", "sex": "F", "identifiers": '{"id:passport": "ab-1234567"}'}
    (first, *_) = best(lab, **asked)
    assert first in ((1, "certain"), (1, "probable"))
    other = {"full_name": "Someone Else", "sex": "M", "identifiers": asked["identifiers"]}
    assert [patient for patient, _ in best(lab, **other)] == [1], "always told of"
    assert best(lab, full_name="Zubair Khan", sex="M", identifiers='{"no:insurance": "F99"}') == []
