"""Identifiers and own fields: as settings, as somebody types them, in facts and in answers."""

from datetime import date

import pytest

from sync.model.person import more
from sync.model.person.more import read_extra, read_identifier

TODAY = date(2026, 1, 5)
PASSPORT = read_identifier("passport unique [A-Z]{2}[0-9]{7} urn:pk:passport")
KNOWN = (
    PASSPORT,
    read_identifier("insurance shared"),
    read_extra("blood_group choice A+|A-|O+"),
    read_extra("email email"),
    read_extra("guardian text"),
    read_extra("due date"),
    read_extra("weight number"),
    read_extra("other_phone telephone"),
)


def checked(current=None, **given):
    return more.checked(given, KNOWN, current or {}, TODAY)


def test_a_setting_says_what_an_identifier_is():
    assert (PASSPORT.fact, PASSPORT.unique, PASSPORT.group) == ("id:passport", True, "identifiers")
    assert PASSPORT.system == "urn:pk:passport"
    shared = read_identifier("insurance shared")
    assert (shared.fact, shared.unique, shared.pattern) == ("no:insurance", False, None)
    blood = read_extra("blood_group choice A+ | A-")
    assert (blood.fact, blood.group, blood.choices) == ("x:blood_group", "extra", ("A+", "A-"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Passport unique", "must begin with a name"),
        ("", "must begin with a name"),
        ("passport", "is not NAME"),
        ("passport once", "is not NAME"),
        ("passport unique [0-9] urn:a b", "is not NAME"),
        ("passport unique [0-9", "is no pattern"),
    ],
)
def test_a_wrong_identifier_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        read_identifier(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Blood Blood group", "must begin with a name"),
        ("blood", "has no label behind the name"),
        ("blood | خون", "has no label behind the name"),
        (f"blood {'B' * 61}", "at most 60 characters"),
        (f"blood B | {'B' * 61}", "at most 60 characters"),
        ("blood Blood\x07", "at most 60 characters"),
    ],
)
def test_a_wrong_label_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        more.read_label(text)


def test_fields_get_the_labels_of_their_names():
    labels = dict([more.read_label("guardian  Guardian |سرپرست"), more.read_label("weight Kg")])
    found = {one.name: one.label for one in more.labelled(KNOWN, labels) if one.label}
    assert found == {"guardian": ("Guardian", "سرپرست"), "weight": ("Kg", "")}
    with pytest.raises(ValueError, match="'shoe' is none of"):
        more.labelled(KNOWN, labels | {"shoe": more.Label("Shoe", "")})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9lives text", "must begin with a name"),
        ("blood", "has none of the kinds"),
        ("blood liquid", "has none of the kinds"),
        ("blood choice", "a choice, and nothing else"),
        ("email email a|b", "a choice, and nothing else"),
    ],
)
def test_a_wrong_field_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        read_extra(text)


def test_what_is_typed_is_kept_in_one_form():
    given = {"passport": " ab1234567 ", "insurance": "F-99/1"}
    own = {"blood_group": "O+", "email": "a.b@example.org", "guardian": "  Gul  Khan "}
    more_of_it = {"weight": 62.5, "other_phone": "(021) 555 0101"}
    values, wrong = checked(identifiers=given, extra=own | more_of_it)
    assert wrong == {}
    assert values == {
        "id:passport": "AB1234567",
        "no:insurance": "F-99/1",
        "x:blood_group": "O+",
        "x:email": "a.b@example.org",
        "x:guardian": "Gul Khan",
        "x:weight": "62.5",
        "x:other_phone": "(021) 555 0101",
    }
    assert checked(extra={"due": "2026-05-01", "guardian": ""}) == ({"x:due": "2026-05-01"}, {})
    assert checked(extra=None, identifiers="x") == ({}, {})


@pytest.mark.parametrize(
    ("group", "name", "text", "why"),
    [
        ("identifiers", "passport", "A1", "must have the form [A-Z]{2}[0-9]{7}"),
        ("identifiers", "insurance", "--", "must have a letter or a digit"),
        ("identifiers", "visa", "A1", "is not known here"),
        ("extra", "passport", "AB1234567", "is not known here"),
        ("extra", "blood_group", "C", "must be one of A+, A-, O+"),
        ("extra", "email", "a@b", "must be an address such as name@example.org"),
        ("extra", "guardian", "x" * 201, "at most 200 characters are allowed"),
        ("extra", "guardian", "a\x00b", "control characters are not allowed"),
        ("extra", "due", "soon", "must be a date as YYYY-MM-DD"),
        ("extra", "due", "20260501", "must be a date as YYYY-MM-DD"),
        ("extra", "due", "2026-W01-1", "must be a date as YYYY-MM-DD"),
        ("extra", "weight", "heavy", "must be a number"),
        ("extra", "other_phone", "12345", "must have 7 to 15 digits"),
        ("extra", "other_phone", "call 0300 1234567", "must have 7 to 15 digits"),
    ],
)
def test_a_wrong_value_is_named(group, name, text, why):
    assert checked(**{group: {name: text}}) == ({}, {f"{group}.{name}": why})


def test_a_value_that_the_settings_do_not_know_may_be_sent_back_and_emptied():
    current = {"id:visa": "V1", "x:tribe": "Mohmand"}
    same, wrong = checked(current, identifiers={"visa": "V1"}, extra={"tribe": None})
    assert (same, wrong) == ({"id:visa": "V1", "x:tribe": ""}, {})
    assert more.named({"identifiers": {"visa": "V1"}, "extra": {"tribe": ""}, "sex": "F"}) == [
        *("id:visa", "no:visa", "x:tribe")
    ]
    assert more.named({"identifiers": None, "extra": "none"}) == []
    _, wrong = checked(current, identifiers={"visa": "V2"})
    assert wrong == {"identifiers.visa": "is not known here"}


def test_a_number_that_was_shared_elsewhere_is_unique_once_it_is_corrected():
    values, _ = checked({"no:passport": "AB1"}, identifiers={"passport": "AB1234567"})
    assert values == {"no:passport": "", "id:passport": "AB1234567"}


def test_every_replica_keeps_and_shows_what_a_fact_has():
    fields = {"full_name": "A", "id:visa": "V1", "no:visa": "V2", "x:tribe": "Mohmand", "x:no": ""}
    identifiers, extra = more.packed(fields | {"id:": "1", "y:a": "2", "x:B": "3"})
    assert more.unpacked(identifiers) == {"id:visa": "V1", "no:visa": "V2"}
    assert more.shown(identifiers) == {"visa": "V1"}, "that of one person goes first"
    assert more.shown(extra) == {"tribe": "Mohmand"}
    assert (more.packed({"full_name": "A"}), more.shown(None)) == ((None, None), {})
    many = {f"x:a{n:02}": "1" for n in range(40)}
    assert more.folded(many) == sorted(many)[: more.FOLDED_MAX]
    assert more.shown_fields({"id:visa": "", "x:tribe": "Mohmand", "sex": "F"}) == {
        "identifiers": {"visa": None},
        "extra": {"tribe": "Mohmand"},
    }
    assert more.of_groups({"visa": "V1"}, {"tribe": "Mohmand"}) == {
        "id:visa": "V1",
        "x:tribe": "Mohmand",
    }


def test_identifiers_are_compared_by_letters_and_digits():
    assert more.compared("AB-123 4567") == more.compared("ab1234567") == "ab1234567"
