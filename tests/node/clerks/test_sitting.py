"""Who sits at the page, as a call of it says."""

from urllib.parse import quote

import pytest
from aiohttp.test_utils import make_mocked_request

from node.clerks.sitting import HEADER, NAME_LENGTH_MAX, Sitting
from sync.model.clerks.known import NOBODY, Doer, KnownBy

SITTING = Sitting(lambda: ["Sadia Malik", "سعدیہ"])


def call(name=None):
    headers = {} if name is None else {HEADER: name}
    return make_mocked_request("GET", "/api/patients/1/", headers=headers)


@pytest.mark.parametrize("name", ["Sadia Malik", "سعدیہ"])
def test_a_name_of_the_list_is_chosen(name):
    assert SITTING.of(call(quote(name))) == Doer(name, KnownBy.CHOSEN)


def test_any_other_name_is_typed():
    assert SITTING.of(call(quote("Sadia malik"))) == Doer("Sadia malik", KnownBy.TYPED)


@pytest.mark.parametrize("header", [None, "", "%20", "a" * (NAME_LENGTH_MAX + 1), "a%00b"])
def test_a_call_may_name_nobody(header):
    assert SITTING.of(call(header)) == NOBODY


def test_what_is_no_utf_8_names_nobody_on_the_list():
    assert SITTING.of(call("%ff%fe")) == Doer("\ufffd\ufffd", KnownBy.TYPED)


@pytest.mark.parametrize(
    ("address", "header", "name"),
    [
        ("/labels/?clerk=Sadia%20Malik&person=1", None, "Sadia Malik"),
        ("/labels/?clerk=100%25&person=1", None, "100%"),
        ("/labels/?clerk=Bilal", "Sadia%20Malik", "Sadia Malik"),
        ("/labels/?clerk=&person=1", None, None),
    ],
)
def test_a_page_to_print_has_the_name_in_its_address(address, header, name):
    headers = {} if header is None else {HEADER: header}
    assert SITTING.of(make_mocked_request("GET", address, headers=headers)).name == name


def test_a_name_in_a_body_is_known_in_the_same_way():
    assert SITTING.named(call(), "Sadia Malik") == Doer("Sadia Malik", KnownBy.CHOSEN)
    assert SITTING.named(call(quote("Sadia Malik")), "Bilal") == Doer("Bilal", KnownBy.TYPED)
    assert SITTING.named(call(quote("Sadia Malik")), None) == NOBODY
