"""The sentences that a client reads when what it sent does not fit a type."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from sync.errors import InvalidFields
from sync.model import validation


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Thing(msgspec.Struct, kw_only=True):
    name: Annotated[str, Meta(max_length=5)]
    number: Annotated[int, Meta(ge=1, le=9)] = 1
    share: float = 0.5
    flag: bool = False
    choice: Literal["a", "b", "c"] | None = None
    colour: Colour | None = None
    code: Annotated[str, Meta(pattern="^[A-Z]+$", title="must be capitals")] | None = None
    digits: Annotated[str, Meta(pattern="^[0-9]+$")] | None = None
    names: list[str] | None = None
    inner: dict[str, int] | None = None
    count: int | None = None


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({}, "name", "this field is required"),
        ({"name": None}, "name", "this field is required"),
        ({"name": 5}, "name", "must be a text"),
        ({"name": "abcdef"}, "name", "at most 5 characters are allowed"),
        ({"number": "x"}, "number", "must be a whole number"),
        ({"number": 1.5}, "number", "must be a whole number"),
        ({"number": True}, "number", "must be a whole number"),
        ({"number": 0}, "number", "must be a whole number >= 1"),
        ({"number": 10}, "number", "must be a whole number <= 9"),
        ({"share": "x"}, "share", "must be a number"),
        ({"flag": "perhaps"}, "flag", "must be true or false"),
        ({"choice": "d"}, "choice", "must be a, b or c"),
        ({"choice": 1}, "choice", "must be a, b or c"),
        ({"colour": "green"}, "colour", "must be red or blue"),
        ({"code": "abc"}, "code", "must be capitals"),
        ({"code": 5}, "code", "must be a text"),
        ({"digits": "x"}, "digits", "does not have the right form"),
        ({"names": 5}, "names", "must be a list"),
        ({"names": [1]}, "names", "holds something wrong: each must be a text"),
        ({"inner": 5}, "inner", "must be an object"),
        ({"choice": "null"}, "choice", "must be a, b or c"),
        ({"colour": "NULL"}, "colour", "must be red or blue"),
        ({"count": "null"}, "count", "must be a whole number"),
        ({"count": "x"}, "count", "must be a whole number"),
        ({"inner": {"a": "x"}}, "inner", "holds something wrong: each must be a whole number"),
    ],
)
def test_each_fault_has_its_sentence(given, field, sentence):
    with pytest.raises(InvalidFields) as caught:
        validation.checked({"name": "ok"} | given if field != "name" else given, Thing)
    assert caught.value.fields == {field: sentence}


def test_all_faults_are_reported_at_once():
    with pytest.raises(InvalidFields) as caught:
        validation.checked({"number": "x", "flag": "x"}, Thing)
    assert caught.value.fields.keys() == {"name", "number", "flag"}


def test_texts_of_a_form_or_a_query_become_what_they_mean():
    thing = validation.checked({"name": "n", "number": "3", "flag": "true", "share": "0.25"}, Thing)
    assert (thing.number, thing.flag, thing.share) == (3, True, 0.25)


def test_nothing_and_an_empty_text_leave_what_is_there_by_default():
    thing = validation.checked({"name": "n", "number": None, "choice": "", "code": ""}, Thing)
    assert (thing.number, thing.choice, thing.code) == (1, None, None)


def test_somebody_may_be_called_null():
    assert validation.checked({"name": "Null"}, Thing).name == "Null"


def test_a_name_that_nobody_knows_is_refused_with_the_one_that_may_be_meant():
    for name, hint in (
        ("nick", ""),
        ("nmae", "; perhaps 'name' is meant"),
        ("Name", "; perhaps 'name' is meant"),
    ):
        with pytest.raises(InvalidFields) as caught:
            validation.checked({"name": "n", name: "x"}, Thing)
        assert caught.value.fields == {name: f"is not known here{hint}"}
    assert validation.checked({"name": "n", "nick": "x"}, Thing, ignored=("nick",)).name == "n"


def test_what_cannot_be_set_may_be_sent_back_as_it_is_shown():
    present = {"id": 7, "at": "2026-01-05T12:00:00Z"}
    for sent in (
        {"id": 7},
        {"at": "2026-01-05T12:00:00Z"},
        {"at": "2026-01-05T17:00:00.000+05:00"},
    ):
        assert validation.checked({"name": "n"} | sent, Thing, present).name == "n"
    for sent in ({"at": "2026-01-05T12:00:01Z"}, {"at": "at noon"}, {"at": 12}):
        with pytest.raises(InvalidFields):
            validation.checked({"name": "n"} | sent, Thing, present)
    with pytest.raises(InvalidFields) as caught:
        validation.checked({"name": "n", "id": 8}, Thing, present)
    assert "read it again" in caught.value.fields["id"]


def test_what_is_good_is_kept_beside_what_is_wrong_and_some_fields_may_be_left_out():
    values, wrong = validation.sort_out({"name": "n", "number": "x", "flag": 3}, Thing, {"flag"})
    assert values == {"name": "n"}
    assert wrong.keys() == {"number"}
