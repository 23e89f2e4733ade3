"""Two registrations of one person share a key, whatever is wrong with one of them."""

import pytest

from sync.matching import keys
from sync.matching.person import Person

SAEED = {
    "full_name": "Saeed Akram",
    "father_name": "Muhammad Akram",
    "dob": "1986-02-03",
    "sex": "M",
    "phone": "03007654321",
    "cnic": "12345-1234567-1",
    "address": "House 12, Canal Road, Multan",
}
ALONE = {"father_name": "", "phone": "", "cnic": "", "address": ""}


def shared(**change):
    one, other = Person(SAEED), Person(SAEED | change)
    return set(keys.kept(one)) & set(keys.asked(other))


@pytest.mark.parametrize(
    "change",
    [
        ALONE,
        ALONE | {"full_name": "اکرم سعید"},
        ALONE | {"full_name": "Saeed"},
        ALONE | {"dob": "1986-03-02"},
        ALONE | {"dob": "1988-01-01", "dob_estimated": "true"},
        ALONE | {"full_name": "Xyz", "phone": "+92 300 7654321", "dob": "2000-01-01"},
        ALONE | {"full_name": "Xyz", "cnic": "12345-1234567-9", "dob": "2000-01-01"},
        ALONE | {"full_name": "Xyz", "cnic": "99999-9234567-1", "dob": "2000-01-01"},
        ALONE | {"full_name": "Xyz", "address": "مکان نمبر 12، کینال روڈ، ملتان", "dob": ""},
    ],
)
def test_one_person_shares_a_key_with_a_second_registration(change):
    assert shared(**change)


def test_a_stranger_shares_none():
    other = {"full_name": "Waqas Butt", "dob": "1950-01-01"}
    assert not shared(**ALONE | other)


def test_keys_are_words_of_the_index_that_no_query_has():
    for key in keys.kept(Person(SAEED)):
        assert key[0] == keys.MARK
        assert key[1:].isalnum()
        assert len(key) == 11


def test_nobody_has_many_keys():
    name = "Abdul Rehman Saeed Akram Khan Yousafzai"
    someone = Person(SAEED | {"full_name": name, "father_name": name})
    assert len(keys.kept(someone)) <= 24
    assert len(keys.asked(someone)) <= keys.ASKED_MAX


def test_nothing_makes_no_key():
    assert keys.kept(Person({})) == []
